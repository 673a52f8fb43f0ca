#!/usr/bin/env python3
"""A flame graph of a cold start, from samples of `perf`.

    python3 benches/start/flame.py [--runs 200] [--out docs/start.svg] [COMMAND ...]

Without a command: `target/release/flash-rt --no-cache` (or the directory FLASH_RELEASE) on hello world. The width of a
box is the share of samples in which the function, or something that it called, was running; boxes lie on their
callers. Pointing at a box shows its name and share.
"""

import argparse
import html
import os
import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RELEASE = Path(os.environ.get("FLASH_RELEASE", ROOT / "target" / "release"))
WIDTH, ROW, LETTER = 1200.0, 17, 6.6
# Boxes narrower than this are left out.
NARROWEST = 0.6


def record(command, runs, directory):
    data = Path(directory) / "perf.data"
    loop = 'count=$1; shift; for _ in $(seq "$count"); do "$@" > /dev/null; done'
    perf = ["perf", "record", "-q", "-F", "15000", "-g", "-o", data, "--", "sh", "-c", loop, "sh", str(runs), *command]
    subprocess.run(perf, check=True)
    script = ["perf", "script", "-i", data, "--demangle", "-F", "comm,ip,sym"]
    return subprocess.run(script, capture_output=True, text=True, check=True).stdout


def plain(name):
    """A function's name without what only the compiler needs."""
    name = re.sub(r"\+0x[0-9a-f]+$", "", name)
    name = re.sub(r"::h[0-9a-f]{16}$", "", name)
    name = re.sub(r"<impl ([^<>]*)>::", "", name)
    return name.replace("flashc::", "").replace("alloc::", "").strip()


def stacks(text, program):
    """Samples of the program, each the names from the outermost to the innermost function."""
    for sample in text.split("\n\n"):
        lines = sample.strip().splitlines()
        if not lines or not lines[0].strip().startswith(program[:15]):
            continue
        frames = [line.split(None, 1) for line in lines[1:]]
        names = [plain(frame[1]) if len(frame) > 1 else "?" for frame in frames]
        names = [name for name in names if name not in ("?", "[unknown]")]
        if names:
            yield names[::-1]


class Box:
    def __init__(self, name):
        self.name, self.count, self.inner = name, 0, {}

    def add(self, names):
        self.count += 1
        if names:
            self.inner.setdefault(names[0], Box(names[0])).add(names[1:])

    def depth(self, scale):
        deepest = [box.depth(scale) for box in self.inner.values() if box.count * scale >= NARROWEST]
        return 1 + max(deepest, default=0)


def colour(name):
    if re.match(r"(__x64_|do_|asm_|exc_|entry_|sys|handle_|__handle|ksys|vfs|mm|exit_|load_|begin_|bprm|ret_from)", name):
        return "#d9a441"
    shade = sum(map(ord, name)) % 40
    stages = [("typecheck", "#d06b54"), ("parser", "#6aa86f"), ("lexer", "#86bd6a"), ("driver", "#7f9fc4")]
    stages += [("ssa", "#a884c4"), ("opt", "#b893cf"), ("lower", "#c483b0"), ("cranelift", "#c483b0"), ("_dl_", "#8fa3ad")]
    for word, found in stages:
        if word in name:
            return found
    return f"#{190 + shade:02x}{170 + shade:02x}{150 + shade:02x}"


def draw(box, left, level, height, total, out):
    scale = WIDTH / total
    width = box.count * scale
    if width < NARROWEST:
        return
    top = height - (level + 1) * ROW
    label = html.escape(box.name)
    share = f"{100 * box.count / total:.1f}%"
    out.append(f'<g><title>{label}, {share}</title><rect x="{left:.1f}" y="{top}" width="{width:.1f}" ')
    out.append(f'height="{ROW - 1}" fill="{colour(box.name)}"/>')
    room = int((width - 6) / LETTER)
    if room >= 3:
        shown = box.name if len(box.name) <= room else box.name[: room - 1] + "…"
        out.append(f'<text x="{left + 3:.1f}" y="{top + 12}">{html.escape(shown)}</text>')
    out.append("</g>\n")
    for inner in sorted(box.inner.values(), key=lambda b: b.name):
        draw(inner, left, level + 1, height, total, out)
        left += inner.count * scale


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--out", default=str(ROOT / "docs" / "start.svg"))
    parser.add_argument("command", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        command = options.command
        if not command:
            hello = Path(directory) / "hello.fl"
            hello.write_text('println("Hello, World!");\n')
            command = [str(RELEASE / "flash-rt"), "--no-cache", str(hello)]
        text = record(command, options.runs, directory)
    root = Box(" ".join(os.path.basename(part) for part in command))
    for names in stacks(text, os.path.basename(command[0])):
        root.add(names)
    height = root.depth(WIDTH / root.count) * ROW + 4
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:.0f}" height="{height}" ']
    out.append(f'viewBox="0 0 {WIDTH:.0f} {height}" font-family="monospace" font-size="11">\n')
    out.append(f"<!-- python3 benches/start/flame.py: {root.count} samples of {options.runs} runs -->\n")
    draw(root, 0.0, 0, height, root.count, out)
    out.append("</svg>\n")
    Path(options.out).write_text("".join(out))
    print(f"{options.out}: {root.count} samples")


if __name__ == "__main__":
    main()
