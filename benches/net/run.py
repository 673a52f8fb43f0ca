#!/usr/bin/env python3
"""HTTP servers side by side: requests a second, latency, memory at rest and for each idle connection.

Every server has one processor (`taskset`), `wrk` another one. All servers are measured in turn, round by round, each
started anew, so that a noisy moment hits everyone; the best round of each counts, and the spread says how much the
rounds differ. An idle connection has had one answer and waits for its next request; its memory is what the server's
resident memory has grown by, over their number.

    python3 benches/net/run.py [--seconds N] [--rounds N] [--idle N] [--only NAME,...]

Flash is `target/release/flashc` (or FLASHC) with the runtime beside it. Bun and Deno come as npm packages into
`build/bench-net`; what is not there is left out, and said.
"""

import argparse
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build", "bench-net")
PATHS = [("hello", "/"), ("json", "/json"), ("64 KB", "/large")]
CONNECTIONS = 64


def find(name):
    path = os.path.join(BUILD, "node_modules", ".bin", name)
    return path if os.path.exists(path) else shutil.which(name)


def fetch_peers():
    if shutil.which("npm") and not all(find(name) for name in ("bun", "deno")):
        command = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", BUILD, "bun", "deno"]
        subprocess.run(command, check=False, timeout=600)


def commands():
    """Name -> command that takes the port."""
    os.makedirs(BUILD, exist_ok=True)
    fetch_peers()
    found = {}
    flashc = os.environ.get("FLASHC", os.path.join(ROOT, "target", "release", "flashc"))
    program = os.path.join(BUILD, "server_flash")
    subprocess.run([flashc, "build", os.path.join(HERE, "server.fl"), "-o", program], check=True)
    found["flash"] = [program]
    script = os.path.join(HERE, "server.mjs")
    for name, arguments in (("bun", ["run", script]), ("deno", ["run", "--allow-net", script]), ("node", [script])):
        if find(name):
            found[name] = [find(name), *arguments]
    if shutil.which("go"):
        program = os.path.join(BUILD, "server_go")
        subprocess.run(["go", "build", "-o", program, os.path.join(HERE, "server.go")], check=True)
        found["go"] = [program]
    for name in ("flash", "bun", "deno", "node", "go"):
        if name not in found:
            print(f"{name} is not installed and left out")
    return found


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(port, path):
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := s.recv(65536):
            answer += piece
    return answer


def wait(port):
    for _ in range(200):
        try:
            return get(port, "/")
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server does not listen")


def resident(pid):
    """Bytes of memory of a process and of those it has started."""
    with open(f"/proc/{pid}/status") as f:
        own = int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) * 1024
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return own + sum(resident(child) for child in children)


def milliseconds(text):
    number, unit = re.match(r"([\d.]+)(\w+)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measure(port, path, seconds):
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    shown = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in shown or "Socket errors" in shown:
        print(shown)
    return {
        "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", shown).group(1)),
        "p50_ms": milliseconds(re.search(r"50%\s+(\S+)", shown).group(1)),
        "p99_ms": milliseconds(re.search(r"99%\s+(\S+)", shown).group(1)),
    }


def idle_bytes(pid, port, count):
    """Memory for each connection that has had one answer and waits."""
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    before, held = resident(pid), []
    for _ in range(count):
        s = socket.create_connection(("127.0.0.1", port), 5)
        s.sendall(request)
        s.recv(4096)
        held.append(s)
    time.sleep(0.5)
    after = resident(pid)
    for s in held:
        s.close()
    return (after - before) / count


def serve(command, options):
    """One round of one server."""
    port = free_port()
    child = subprocess.Popen(["taskset", "-c", "0", *command, str(port)], stdout=subprocess.DEVNULL)
    try:
        body = wait(port).split(b"\r\n\r\n", 1)[1]
        assert b"Hello from Flash!" in body, body
        result = {"rest_mb": resident(child.pid) / 1e6, "idle_bytes": idle_bytes(child.pid, port, options.idle)}
        measure(port, "/", 1)
        for label, path in PATHS:
            result[label] = measure(port, path, options.seconds)
        result["load_mb"] = resident(child.pid) / 1e6
        return result
    finally:
        child.kill()
        child.wait()


def best_of(rounds):
    """Of each figure the best round; `spread` is by how much of the best the worst one is less."""
    best = {name: min(r[name] for r in rounds) for name in ("rest_mb", "idle_bytes", "load_mb")}
    for label, _ in PATHS:
        most = max(r[label]["per_second"] for r in rounds)
        best[label] = {
            "per_second": most,
            "p50_ms": min(r[label]["p50_ms"] for r in rounds),
            "p99_ms": min(r[label]["p99_ms"] for r in rounds),
            "spread": 1 - min(r[label]["per_second"] for r in rounds) / most,
        }
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=4, help="for each path and round (default 4)")
    parser.add_argument("--rounds", type=int, default=2, help="the best counts (default 2)")
    parser.add_argument("--idle", type=int, default=10000, help="idle connections (default 10000)")
    parser.add_argument("--only", default="", help="names of servers, separated by commas")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < options.idle + 200:
        options.idle = hard - 200
        print(f"only {options.idle} idle connections: the system allows {hard} descriptors")
    chosen = {name: c for name, c in commands().items() if not options.only or name in options.only.split(",")}
    rounds = {name: [] for name in chosen}
    for number in range(options.rounds):
        for name, command in chosen.items():
            rounds[name].append(serve(command, options))
            print(f"round {number + 1}: {name} {json.dumps(rounds[name][-1])}", flush=True)
    results = {name: best_of(rounds[name]) for name in chosen}
    heads = "".join(f"{label + ' req/s':>14}{'spread':>8}{'p50 ms':>8}{'p99 ms':>8}" for label, _ in PATHS)
    print(f"\n{'':6}{heads}{'idle B':>8}{'rest MB':>9}{'load MB':>9}")
    for name, result in results.items():
        row = "".join(
            f"{one['per_second']:>14.0f}{one['spread']:>8.0%}{one['p50_ms']:>8.2f}{one['p99_ms']:>8.2f}"
            for one in (result[label] for label, _ in PATHS)
        )
        print(f"{name:6}{row}{result['idle_bytes']:>8.0f}{result['rest_mb']:>9.1f}{result['load_mb']:>9.1f}")
    if "flash" in results:
        for label, _ in PATHS:
            ratios = [
                f"{name} x{results['flash'][label]['per_second'] / result[label]['per_second']:.2f}"
                for name, result in results.items() if name != "flash"
            ]
            print(f"flash against, {label}: " + ", ".join(ratios))


if __name__ == "__main__":
    main()
