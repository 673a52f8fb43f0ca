#!/usr/bin/env python3
"""Writes a program of many modules, for measuring compile time.

    python3 benches/generate_modules.py DIRECTORY [--modules 100] [--lines 20000] [--c]

Modules have structs, functions with loops, branches and arrays, and call the modules before them; every
function is reached from `main.fl`. With `--c` a C program of the same shape is written to `main.c`. The
output depends on the arguments only.
"""

import argparse
from pathlib import Path

# One group of functions; `{k}` numbers it in its module.
FLASH = """struct Item{k} {{
    id: i64,
    weight: f64,
    count: i32,
}}

fn make{k}(id: i64, weight: f64) -> Item{k} {{
    return Item{k} {{ id: id, weight: weight * {k}.5, count: {k} }};
}}

fn score{k}(items: [Item{k}], limit: i64) -> f64 {{
    let mut total = 0.0;
    for i in 0..items.len() {{
        let item = items[i];
        if item.id > limit {{
            total += item.weight;
        }} else if item.count > {k} {{
            total -= item.weight / 2.0;
        }} else {{
            total += 1.0;
        }}
    }}
    return total;
}}

fn digits{k}(start: i64) -> i64 {{
    let mut n = start;
    let mut sum = 0 as i64;
    while n > 0 {{
        sum += n % 10;
        n = n / 10;
    }}
    return sum + {k};
}}

fn fill{k}(values: [i64], factor: i64) {{
    let n = values.len();
    for i in 0..n {{
        values[i] = values[i] * factor + digits{k}(i);
        if values[i] < 0 {{
            values[i] = -values[i];
        }}
    }}
}}

export fn work{k}(seed: i64) -> i64 {{
    let values = [seed; 32];
    fill{k}(values, seed + {k});
    let items = [make{k}(seed, 1.5), make{k}(seed + 1, 2.5)];
    let mut best = 0 as i64;
    for value in values {{
        if value > best {{
            best = value;
        }}
    }}
    {call}
    return best + score{k}(items, seed) as i64;
}}
"""

C = """struct item_{m}_{k} {{ int64_t id; double weight; int32_t count; }};
static struct item_{m}_{k} make_{m}_{k}(int64_t id, double weight) {{
    return (struct item_{m}_{k}){{ id, weight * {k}.5, {k} }};
}}
static double score_{m}_{k}(const struct item_{m}_{k} *items, int64_t n, int64_t limit) {{
    double total = 0.0;
    for (int64_t i = 0; i < n; i++) {{
        struct item_{m}_{k} item = items[i];
        if (item.id > limit) total += item.weight;
        else if (item.count > {k}) total -= item.weight / 2.0;
        else total += 1.0;
    }}
    return total;
}}
static int64_t digits_{m}_{k}(int64_t n) {{
    int64_t sum = 0;
    while (n > 0) {{ sum += n % 10; n = n / 10; }}
    return sum + {k};
}}
static void fill_{m}_{k}(int64_t *values, int64_t n, int64_t factor) {{
    for (int64_t i = 0; i < n; i++) {{
        values[i] = values[i] * factor + digits_{m}_{k}(i);
        if (values[i] < 0) values[i] = -values[i];
    }}
}}
int64_t work_{m}_{k}(int64_t seed) {{
    int64_t *values = malloc(32 * sizeof *values);
    for (int i = 0; i < 32; i++) values[i] = seed;
    fill_{m}_{k}(values, 32, seed + {k});
    struct item_{m}_{k} items[] = {{ make_{m}_{k}(seed, 1.5), make_{m}_{k}(seed + 1, 2.5) }};
    int64_t best = 0;
    for (int i = 0; i < 32; i++) if (values[i] > best) best = values[i];
    {call}
    free(values);
    return best + (int64_t)score_{m}_{k}(items, 2, seed);
}}
"""


def flash_module(number, groups):
    """The text of a module; it calls the one before it."""
    parts = [f'import m{number - 1} from "./m{number - 1}.fl";\n'] if number else []
    for k in range(groups):
        call = f"best += m{number - 1}.work{k}(seed % 7);" if number and k % 4 == 0 else "best += seed;"
        parts.append(FLASH.format(k=k, call=call))
    return "\n".join(parts)


def c_program(modules, groups):
    parts = ["#include <stdint.h>\n#include <stdio.h>\n#include <stdlib.h>\n"]
    for m in range(modules):
        for k in range(groups):
            call = f"best += work_{m - 1}_{k}(seed % 7);" if m and k % 4 == 0 else "best += seed;"
            parts.append(C.format(m=m, k=k, call=call))
    calls = "".join(f"    sum += work_{m}_{k}({k + 1});\n" for m in range(modules) for k in range(groups))
    parts.append(f'int main(void) {{\n    int64_t sum = 0;\n{calls}    printf("%lld\\n", (long long)sum);\n}}\n')
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--modules", type=int, default=100)
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--c", action="store_true", help="write main.c as well")
    options = parser.parse_args()
    groups = max(1, round(options.lines / options.modules / (FLASH.count("\n") + 2)))
    options.directory.mkdir(parents=True, exist_ok=True)
    for number in range(options.modules):
        (options.directory / f"m{number}.fl").write_text(flash_module(number, groups))
    imports = "".join(f'import m{m} from "./m{m}.fl";\n' for m in range(options.modules))
    calls = "".join(f"sum += m{m}.work{k}({k + 1});\n" for m in range(options.modules) for k in range(groups))
    (options.directory / "main.fl").write_text(f"{imports}let mut sum = 0 as i64;\n{calls}println(sum);\n")
    if options.c:
        (options.directory / "main.c").write_text(c_program(options.modules, groups))


if __name__ == "__main__":
    main()
