#!/usr/bin/env python3
"""Flash beside C (gcc -O2), Go and Node: one algorithm, one output, times side by side.

Every program gets its size on the command line. Those of `awfy/` have no side in Go, and the larger ones none in C. All sides are built first and their outputs compared;
then they run in turn, round by round, so that a noisy moment hits everyone, and the fastest run of each
counts. Ratios are Flash's time divided by the other's: below 1 Flash is faster. `flash-rt run` compiles
in every run.

    python3 benches/run.py [--runs N] [--only fib,sieve] [--quick] [--json FILE] [--profile release]
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

# Sizes so that C takes 0.3 to 2 seconds; the last number is for a quick look.
BENCHES = {
    "fib": (40, 30),
    "sieve": (60_000_000, 5_000_000),
    "nbody": (8_000_000, 500_000),
    "matmul": (1000, 300),
    "quicksort": (8_000_000, 1_000_000),
    "strings": (5_000_000, 500_000),
    "binarytrees": (18, 14),
    "spectralnorm": (2500, 500),
    "mandelbrot": (2400, 600),
    "fannkuch": (10, 8),
    "maps": (1_000_000, 50_000),
    "json": (10, 1),
    "errors": (3_000_000, 100_000),
    "tasks": (1_000_000, 50_000),
    "timers": (1_000_000, 50_000),
}
# The benchmarks of "Are We Fast Yet", each with its published inner size; the numbers say how often it is run.
AWFY = {
    "awfy/bounce": (30000, 300),
    "awfy/list": (20000, 200),
    "awfy/permute": (20000, 200),
    "awfy/queens": (20000, 200),
    "awfy/sieve": (40000, 400),
    "awfy/storage": (3000, 30),
    "awfy/towers": (15000, 150),
    "awfy/mandelbrot": (20, 1),
    "awfy/nbody": (20, 1),
    "awfy/richards": (120, 2),
    "awfy/json": (1500, 15),
    "awfy/cd": (30, 1),
    "awfy/havlak": (1, 1),
    "awfy/deltablue": (30, 1),
}
BENCHES |= AWFY
# Where memory is made and dropped rather than computed: a geometric mean of their own.
ALLOCATING = {"strings", "binarytrees", "maps", "json"}
# What is thrown and caught, and tasks and timers that wait: no mean, the languages differ too much in what they make of it.
APART = {"errors", "tasks", "timers"}

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benches"


def build(name, work, profile):
    """Builds all sides; gives the commands by side, without the size."""
    stem = name.split("/")[-1]
    source = HERE / name / stem if (HERE / name).is_dir() else HERE / name
    commands = {}

    def compile_with(side, command, run):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            commands[side] = run
        else:
            print(f"{name}: {side} does not build\n{done.stdout}{done.stderr}", file=sys.stderr)

    def exe(side):
        return str(work / f"{name.replace('/', '-')}-{side}")

    def has(kind):
        return Path(f"{source}.{kind}").exists()

    programs = ROOT / "target" / profile
    if (programs / "flashc").exists():
        compile_with("flash", [str(programs / "flashc"), "build", f"{source}.fl", "-o", exe("flash")], [exe("flash")])
    if (programs / "flash-rt").exists():
        commands["run"] = [str(programs / "flash-rt"), "run", f"{source}.fl"]
    if has("c") and shutil.which("gcc"):
        compile_with("c", ["gcc", "-O2", "-o", exe("c"), f"{source}.c", "-lm"], [exe("c")])
    if has("go") and shutil.which("go"):
        compile_with("go", ["go", "build", "-o", exe("go"), f"{source}.go"], [exe("go")])
    if has("js") and shutil.which("node"):
        commands["node"] = ["node", f"{source}.js"]
    return commands


def timed(command):
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr}")
    return seconds, done.stdout


def measure(name, commands, size, runs):
    """The fastest run of every side, after checking that all say the same."""
    best, outputs = {}, {}
    for _ in range(runs):
        for side, command in commands.items():
            if side in outputs and outputs[side] is None:
                continue
            try:
                seconds, output = timed(command + [str(size)])
            except RuntimeError as error:
                print(f"{name}: {error}", file=sys.stderr)
                outputs[side] = None
                continue
            outputs[side] = output
            best[side] = min(seconds, best.get(side, math.inf))
    expected = outputs.get("c") or next((o for o in outputs.values() if o), None)
    agree = True
    for side, output in outputs.items():
        if output != expected:
            agree = False
            best.pop(side, None)
            if output is not None:
                print(f"{name}: {side} says\n{output}instead of\n{expected}", file=sys.stderr)
    return best, agree


def geometric_mean(ratios):
    return math.exp(sum(math.log(r) for r in ratios) / len(ratios)) if ratios else None


def shown(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def table(results):
    columns = ["flash", "run", "c", "go", "node"]
    print(f"{'':16}" + "".join(f"{c + ' s':>9}" for c in columns) + "".join(f"{'/ ' + c:>9}" for c in columns[2:]))

    def ratio(best, other):
        return best["flash"] / best[other] if "flash" in best and other in best else None

    for name, best in results.items():
        times = "".join(f"{shown(best.get(c), 3):>9}" for c in columns)
        print(f"{name:16}{times}" + "".join(f"{shown(ratio(best, o)):>9}" for o in columns[2:]))
    for title, chosen in (
        ("compute", [n for n in results if n not in ALLOCATING | APART and n not in AWFY]),
        ("allocating", [n for n in results if n in ALLOCATING]),
        ("awfy", [n for n in results if n in AWFY]),
    ):
        if not chosen:
            continue
        means = [
            geometric_mean([r for n in chosen if (r := ratio(results[n], other)) is not None]) for other in columns[2:]
        ]
        print(f"{'mean ' + title:16}{'':{9 * len(columns)}}" + "".join(f"{shown(m):>9}" for m in means))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="rounds; the fastest counts (default 5)")
    parser.add_argument("--only", help="names, separated by commas; `awfy` for all of those")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work?")
    parser.add_argument("--json", help="also write the times to this file")
    parser.add_argument("--profile", default="release", help="which build of flashc and flash-rt (default release)")
    options = parser.parse_args()

    names = options.only.split(",") if options.only else list(BENCHES)
    names = [each for name in names for each in (AWFY if name == "awfy" else [name])]
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    work = ROOT / "target" / "bench"
    work.mkdir(parents=True, exist_ok=True)
    os.chdir(work)

    results, all_agree = {}, True
    for name in names:
        commands = build(name, work, options.profile)
        size = BENCHES[name][1 if options.quick else 0]
        results[name], agree = measure(name, commands, size, options.runs)
        all_agree &= agree and len(commands) > 1
        print(f"{name}: done", file=sys.stderr)
    table(results)
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=2) + "\n")
    return 0 if all_agree else 1


if __name__ == "__main__":
    sys.exit(main())
