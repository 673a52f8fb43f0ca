#!/usr/bin/env python3
"""Start-up side by side: hello world cached, cold and as an executable; a program of 100 modules; the REPL; memory and
sizes.

    python3 benches/start/run.py [--rounds N] [--modules-rounds N] [--sessions N]

Everything is measured in turns (one run of each, again and again), so that a busy machine is busy for all. Told is
the median and, behind it, the fastest run. Flash is `target/release` (or the directory FLASH_RELEASE); Bun and Deno
come as npm packages into `build/bench-start`. What is not there is left out, and said.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "bench-start"
RELEASE = Path(os.environ.get("FLASH_RELEASE", ROOT / "target" / "release"))
GREETING = "Hello, World!"

SOURCES = {
    "hello.fl": f'println("{GREETING}");\n',
    "hello.js": f'console.log("{GREETING}");\n',
    "hello.lua": f'print("{GREETING}")\n',
    "hello.c": f'#include <stdio.h>\nint main(void) {{ puts("{GREETING}"); return 0; }}\n',
    "hello.go": f'package main\n\nimport "fmt"\n\nfunc main() {{ fmt.Println("{GREETING}") }}\n',
}


def find(name):
    path = BUILD / "node_modules" / ".bin" / name
    return str(path) if path.exists() else shutil.which(name)


def fetch_peers():
    if shutil.which("npm") and not all(find(name) for name in ("bun", "deno")):
        command = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(BUILD), "bun", "deno"]
        subprocess.run(command, check=False, timeout=600)


def hello_commands():
    """What is compared -> its command."""
    runner, hello = str(RELEASE / "flash-rt"), str(BUILD / "hello.fl")
    commands = {"flash, cached": [runner, hello], "flash, cold": [runner, "--no-cache", hello]}
    executable = str(BUILD / "hello_flash")
    subprocess.run([RELEASE / "flashc", "build", hello, "-o", executable], check=True)
    commands["flash, executable"] = [executable]
    for name, arguments in (("bun", ["run"]), ("deno", ["run"]), ("node", [])):
        if find(name):
            # The program itself, not the script that starts it.
            commands[name] = [os.path.realpath(find(name)), *arguments, str(BUILD / "hello.js")]
    if find("luajit"):
        commands["luajit"] = [find("luajit"), str(BUILD / "hello.lua")]
    if shutil.which("go"):
        subprocess.run(["go", "build", "-o", BUILD / "hello_go", BUILD / "hello.go"], check=True)
        commands["go, executable"] = [str(BUILD / "hello_go")]
    subprocess.run(["gcc", "-O2", "-o", BUILD / "hello_c", BUILD / "hello.c"], check=True)
    commands["C, executable"] = [str(BUILD / "hello_c")]
    for name in ("bun", "deno", "node", "luajit", "go"):
        if not any(known.startswith(name) for known in commands):
            print(f"{name} is not installed and left out")
    return commands


def run_once(command):
    """Milliseconds from start to end, and the most memory in KB."""
    said = subprocess.run([BUILD / "launch", *command], stdout=subprocess.PIPE, check=True).stdout.split()
    nanoseconds, kilobytes, status = map(int, said)
    if status != 0:
        sys.exit(f"{' '.join(command)}: ended with {status}")
    return nanoseconds / 1e6, kilobytes


def measure(commands, rounds):
    """Name -> (median ms, fastest ms, most KB), in turns."""
    found = {name: [] for name in commands}
    for number in range(rounds + 2):
        for name, command in commands.items():
            result = run_once(command)
            # The first runs warm the caches of the system.
            if number >= 2:
                found[name].append(result)
    return {
        name: (statistics.median(t for t, _ in runs), min(t for t, _ in runs), statistics.median(m for _, m in runs))
        for name, runs in found.items()
    }


def table(results):
    print(f"\n{'':24}{'median ms':>11}{'fastest':>9}{'MiB':>8}")
    for name, (median, fastest, kilobytes) in results.items():
        print(f"{name:24}{median:>11.2f}{fastest:>9.2f}{kilobytes / 1024:>8.1f}")


def hold(what, value, limit, unit=""):
    print(f"{'   ' if value <= limit else 'NOT'} {what}: {value:.2f}{unit} (wanted: at most {limit:g}{unit})")


def check_hello(results):
    def ratio(what, name, other, limit):
        if other in results:
            hold(f"{what}, times {other}", results[name][0] / results[other][0], limit)

    ratio("cached hello", "flash, cached", "bun", 1)
    ratio("cached hello", "flash, cached", "node", 0.1)
    ratio("cold hello", "flash, cold", "bun", 2)
    ratio("cold hello", "flash, cold", "node", 0.3)
    ratio("executable", "flash, executable", "C, executable", 1.5)
    hold("memory of a hello run, cold", results["flash, cold"][2] / 1024, 15, " MiB")
    hold("memory of a hello run, cached", results["flash, cached"][2] / 1024, 15, " MiB")
    hold("memory of the executable", results["flash, executable"][2] / 1024, 4, " MiB")


def modules(rounds):
    """The generated program: cold, warm, and gcc on the same in C."""
    directory = BUILD / "modules"
    generate = [sys.executable, str(ROOT / "benches" / "generate_modules.py"), str(directory)]
    subprocess.run(generate, check=True, stdout=subprocess.DEVNULL)
    runner, main = str(RELEASE / "flash-rt"), str(directory / "main.fl")
    commands = {"20,000 lines, warm": [runner, main], "20,000 lines, cold": [runner, "--no-cache", main]}
    results = measure(commands, rounds)
    subprocess.run([*generate, "--c"], check=True, stdout=subprocess.DEVNULL)
    compiler = [shutil.which("gcc"), "-O2", "-o", str(directory / "main"), str(directory / "main.c")]
    results["gcc -O2 on like C"] = measure({"c": compiler}, 1)["c"]
    table(results)
    hold("100 modules, cold", results["20,000 lines, cold"][0], 1000, " ms")
    hold("100 modules, warm", results["20,000 lines, warm"][0], 30, " ms")
    hold("100 modules, cold, times gcc -O2", results["20,000 lines, cold"][0] / results["gcc -O2 on like C"][0], 0.5)


def read_until_prompt(process):
    """What the session says before it asks for the next entry."""
    said = b""
    while not said.endswith(b"\n> ") and said != b"> ":
        piece = os.read(process.stdout.fileno(), 65536)
        if not piece:
            sys.exit(f"the session ended, having said {said.decode(errors='replace')!r}")
        said += piece
    return said.decode(errors="replace")


def session(rounds):
    """The REPL at a pipe: from start to the first prompt; from an entry to the prompt behind its result."""
    prompts, expressions, definitions = [], [], []
    for _ in range(rounds):
        started = time.perf_counter()
        process = subprocess.Popen([RELEASE / "flash-rt", "-i"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        read_until_prompt(process)
        prompts.append((time.perf_counter() - started) * 1000)

        def enter(text):
            before = time.perf_counter()
            process.stdin.write(text.encode() + b"\n")
            process.stdin.flush()
            return read_until_prompt(process), (time.perf_counter() - before) * 1000

        enter("let mut total = 0")
        for number in range(40):
            said, took = enter(f"total + {number} * 2")
            assert f"=> {number * 2}\n" in said, said
            expressions.append(took)
            said, took = enter(f"fn scaled{number}(x: i32) -> i32 {{ return x * {number}; }}")
            assert f"function scaled{number}" in said, said
            definitions.append(took)
        process.stdin.close()
        process.wait()

    def percentile(values, share):
        return sorted(values)[min(len(values) - 1, int(len(values) * share))]

    print(f"\nREPL, {len(expressions)} expressions and as many functions in {rounds} sessions")
    hold("REPL, prompt ready (median)", statistics.median(prompts), 20, " ms")
    hold("REPL, an expression, p50", percentile(expressions, 0.5), 5, " ms")
    hold("REPL, an expression, p99", percentile(expressions, 0.99), 15, " ms")
    hold("REPL, a function, p50", percentile(definitions, 0.5), 5, " ms")


def sizes():
    def stripped(path):
        copy = BUILD / "stripped"
        subprocess.run(["strip", "-o", copy, path], check=True)
        return copy.stat().st_size

    hold("flash-rt, stripped", stripped(RELEASE / "flash-rt") / 1e6, 25, " MB")
    hold("hello executable, stripped", stripped(BUILD / "hello_flash") / 1e3, 700, " KB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--modules-rounds", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=5)
    options = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    os.environ["FLASH_CACHE_DIR"] = str(BUILD / "cache")
    for name, text in SOURCES.items():
        (BUILD / name).write_text(text)
    fetch_peers()
    subprocess.run(["gcc", "-O2", "-o", BUILD / "launch", HERE / "launch.c"], check=True)
    commands = hello_commands()
    for name, command in commands.items():
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if said != GREETING + "\n":
            sys.exit(f"{name} says {said!r}")
    results = measure(commands, options.rounds)
    table(results)
    check_hello(results)
    if options.modules_rounds > 0:
        modules(options.modules_rounds)
    if options.sessions > 0:
        session(options.sessions)
    sizes()


if __name__ == "__main__":
    main()
