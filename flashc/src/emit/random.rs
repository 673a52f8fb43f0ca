//! Random modules as machine code against the interpreter: the same calls, results and failing
//! checks, before and after the optimiser, at both levels of Cranelift. `FLASH_FUZZ` and
//! `FLASH_FUZZ_START` choose the seeds.

use super::object::{ObjectOptions, write};
use crate::lower::{Cpu, LowerOptions, Optimize, lower};
use crate::opt::random::{INPUTS, module, outcomes};
use crate::opt::{Level, optimize};
use crate::source::SourceMap;
use crate::ssa::interp::{End, Outcome};
use crate::ssa::{Aux, FuncId, Module, Op};
use std::fmt::Write;
use std::process::Command;
use target_lexicon::Architecture;

/// The compiler of C for aarch64 and what runs its programs here.
const ARM: [&str; 2] = ["aarch64-linux-gnu-gcc", "qemu-aarch64"];

/// How many modules go into one program.
const BATCH: u64 = 50;

#[test]
fn random_modules_do_what_the_interpreter_says() {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return;
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (start, count) = (number("FLASH_FUZZ_START").unwrap_or(1), number("FLASH_FUZZ").unwrap_or(100));
    let baseline = LowerOptions::new("x86_64-unknown-linux-gnu".parse().expect("a triple"));
    let native = LowerOptions { cpu: Cpu::Native, ..baseline.clone() };
    let plain = LowerOptions { optimize: Optimize::None, ..baseline.clone() };
    let arm = LowerOptions::new("aarch64-unknown-linux-gnu".parse().expect("a triple"));
    for first in (start..start + count).step_by(BATCH as usize) {
        let seeds = first..(first + BATCH).min(start + count);
        let modules: Vec<(u64, Module)> = seeds.map(|seed| (seed, deterministic(module(seed)))).collect();
        let expected: Vec<Vec<Outcome>> = modules.iter().map(|(_, module)| outcomes(module)).collect();
        let merged = merge(&modules);
        let mut optimised = merged.clone();
        optimize(&mut optimised, Level::Full);
        let mut roads = vec![(&merged, &baseline), (&merged, &plain), (&optimised, &native)];
        if ARM.iter().all(|tool| Command::new(tool).arg("--version").output().is_ok()) {
            roads.extend([(&merged, &arm), (&optimised, &arm)]);
        }
        for (module, options) in roads {
            let found = run(module, &modules, &expected, options);
            let wanted: String = modules.iter().zip(&expected).map(|((seed, _), all)| describe(*seed, all)).collect();
            for (found, wanted) in found.lines().zip(wanted.lines()) {
                assert_eq!(found, wanted, "{} {:?} {:?}", options.target, options.optimize, options.cpu);
            }
            assert_eq!(found.lines().count(), wanted.lines().count());
        }
    }
}

/// A NaN's sign is the machine's business, and this operation would show it.
fn deterministic(mut module: Module) -> Module {
    for inst in module.functions.iter_mut().flat_map(|function| &mut function.insts) {
        if inst.op == Op::Fcopysign {
            inst.op = Op::Fmax;
        }
    }
    module
}

/// A line for each input, as the C program prints it.
fn describe(seed: u64, outcomes: &[Outcome]) -> String {
    let mut lines = String::new();
    for (input, outcome) in outcomes.iter().enumerate() {
        let end = match &outcome.end {
            End::Returned(values) => format!("returned {}", values[0]),
            End::Failed("bounds", operands) => format!("bounds {} {}", operands[0], operands[1]),
            End::Failed(check, _) => (*check).to_owned(),
            End::OutOfFuel => continue,
            End::Broken(what) => panic!("seed {seed}: {what}"),
        };
        let trace = outcome.trace.iter().map(|call| call.rsplit_once(", ").map_or("", |(_, arg)| arg));
        let trace = trace.map(|arg| format!("{} ", arg.trim_end_matches(']'))).collect::<String>();
        let _ = writeln!(lines, "{seed} {input}: {trace}{end}");
    }
    lines
}

/// All the modules in one, their functions named by the seed. They share globals and descriptors.
fn merge(modules: &[(u64, Module)]) -> Module {
    let mut merged = Module { functions: Vec::new(), ..modules[0].1.clone() };
    for (seed, module) in modules {
        let first = merged.functions.len() as u32;
        for function in &module.functions {
            let mut function = function.clone();
            function.symbol = format!("{}_{seed}", function.symbol);
            for inst in &mut function.insts {
                if let Aux::Function(id) = &mut inst.aux {
                    *id = FuncId(id.0 + first);
                }
            }
            merged.functions.push(function);
        }
    }
    merged
}

fn run(merged: &Module, modules: &[(u64, Module)], expected: &[Vec<Outcome>], options: &LowerOptions) -> String {
    let mut sources = SourceMap::default();
    sources.add("random.fl".to_owned(), String::new());
    let program = lower(merged, &sources, options).expect("machine code");
    let (mut c, mut main) = (RUNTIME.to_owned(), String::new());
    for ((seed, _), outcomes) in modules.iter().zip(expected) {
        let _ = writeln!(c, "long start_{seed}(long, long);");
        for (input, [a, b]) in INPUTS.iter().enumerate() {
            if outcomes[input].end != End::OutOfFuel {
                let _ = writeln!(main, "CASE({seed}, {input}, {}UL, {}UL)", *a as u64, *b as u64);
            }
        }
    }
    let _ = writeln!(c, "int main(void) {{\n{main}return 0;\n}}");

    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("flash.o"), write(&program, &ObjectOptions::default())).expect("a file");
    std::fs::write(path("main.c"), c).expect("a file");
    let is_arm = matches!(options.target.architecture, Architecture::Aarch64(_));
    let mut cc = Command::new(if is_arm { ARM[0] } else { "cc" });
    cc.args(if is_arm { &["-w", "-static", "-o"][..] } else { &["-w", "-o"] });
    cc.arg(path("program")).arg(path("main.c")).arg(path("flash.o"));
    let linked = cc.output().expect("a C compiler");
    assert!(linked.status.success(), "{}", String::from_utf8_lossy(&linked.stderr));
    let mut program = Command::new(if is_arm { ARM[1].into() } else { path("program") });
    program.args(is_arm.then(|| path("program")));
    let output = program.output().expect("the program");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const RUNTIME: &str = r#"
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct { char *cursor, *limit, *globals, *stack_limit, *stack_base; uint64_t fail_a, fail_b; void *more[3]; } context;
static char globals[32], area[100];
static jmp_buf failed;
static const char *check;
void *flash_attach(void) { return &context; }
void *flash_alloc(void *c, uint32_t *descriptor) {
    uint64_t *object = calloc(1, descriptor[0]);
    object[0] = (uint64_t)descriptor;
    return object;
}
void flash_buf_i64(void *c, void *buffer, long value) { printf("%ld ", value); }
void flash_fail_bounds(void) { check = "bounds"; longjmp(failed, 1); }
void flash_fail_null(void) { check = "nonnull"; longjmp(failed, 1); }
void flash_fail_division(void) { check = "nonzero"; longjmp(failed, 1); }
void flash_fail_overflow(void) { check = "no_overflow"; longjmp(failed, 1); }
#define CASE(seed, input, a, b) \
    memset(globals, 0, sizeof globals); context.globals = globals; \
    memset(area, 0, sizeof area); context.cursor = area; context.limit = area + sizeof area; \
    printf(#seed " " #input ": "); \
    if (!setjmp(failed)) printf("returned %ld\n", start_##seed((long)a, (long)b)); \
    else if (strcmp(check, "bounds")) printf("%s\n", check); \
    else printf("bounds %ld %ld\n", (long)context.fail_a, (long)context.fail_b);
"#;
