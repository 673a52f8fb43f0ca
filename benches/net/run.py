#!/usr/bin/env python3
"""HTTP servers side by side: requests a second, latency, memory of idle connections.

Every server has one thread and one processor (`taskset`), `wrk` another one. `run.py [--seconds N] [--only NAME,...]`.
Flash is `target/release/flashc` (or FLASHC) with the runtime beside it. Bun and Deno come as npm packages into
`build/bench-net`; what is not there is left out, and said.
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build", "bench-net")
PATHS = [("hello", "/"), ("json", "/json"), ("64 KB", "/large")]
CONNECTIONS = 64
IDLE = 2000


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


def idle_bytes(pid, port):
    """Memory for each connection that has had one answer and waits."""
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    before, held = resident(pid), []
    for _ in range(IDLE):
        s = socket.create_connection(("127.0.0.1", port), 5)
        s.sendall(request)
        s.recv(4096)
        held.append(s)
    time.sleep(0.5)
    after = resident(pid)
    for s in held:
        s.close()
    return (after - before) / IDLE


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    results = {}
    for name, command in commands().items():
        if options.only and name not in options.only.split(","):
            continue
        port = free_port()
        child = subprocess.Popen(["taskset", "-c", "0", *command, str(port)], stdout=subprocess.DEVNULL)
        try:
            body = wait(port).split(b"\r\n\r\n", 1)[1]
            assert b"Hello from Flash!" in body, body
            results[name] = {"idle_bytes": idle_bytes(child.pid, port)}
            measure(port, "/", 1)
            for label, path in PATHS:
                results[name][label] = measure(port, path, options.seconds)
            results[name]["resident_mb"] = resident(child.pid) / 1e6
        finally:
            child.kill()
            child.wait()
        print(name, json.dumps(results[name]))
    print(f"\n{'':8}" + "".join(f"{label + ' req/s':>16}{'p50 ms':>9}{'p99 ms':>9}" for label, _ in PATHS) + f"{'idle B':>10}{'MB':>7}")
    for name, result in results.items():
        row = "".join(
            f"{result[label]['per_second']:>16.0f}{result[label]['p50_ms']:>9.2f}{result[label]['p99_ms']:>9.2f}"
            for label, _ in PATHS
        )
        print(f"{name:8}{row}{result['idle_bytes']:>10.0f}{result['resident_mb']:>7.0f}")
    if "flash" in results:
        for label, _ in PATHS:
            ratios = [
                f"{name} x{results['flash'][label]['per_second'] / result[label]['per_second']:.2f}"
                for name, result in results.items() if name != "flash"
            ]
            print(f"flash against, {label}: " + ", ".join(ratios))


if __name__ == "__main__":
    main()
