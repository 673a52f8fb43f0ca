//! Compiles SSA text and runs it beside C.

use flashc::emit::object::{ObjectOptions, write};
use flashc::emit::{nasm, normalize};
use flashc::lower::machine::MachineProgram;
use flashc::lower::{Cpu, LowerOptions, Optimize, lower};
use flashc::source::SourceMap;
use flashc::ssa::parse::parse_module;
use flashc::ssa::verify::verify;
use object::{Object, ObjectSection};
use std::path::Path;
use std::process::Command;

/// A way to compile and run.
#[derive(Clone, Debug)]
pub struct Road {
    pub name: &'static str,
    pub options: LowerOptions,
    cc: &'static str,
    /// What runs the program, where the machine cannot.
    emulator: Option<&'static str>,
    /// The object is made by `nasm` from our text.
    by_text: bool,
}

/// Every road that this machine can take.
pub fn roads() -> Vec<Road> {
    let x86 = LowerOptions::new("x86_64-unknown-linux-gnu".parse().unwrap());
    let arm = LowerOptions::new("aarch64-unknown-linux-gnu".parse().unwrap());
    let plain = |options: &LowerOptions| LowerOptions { optimize: Optimize::None, ..options.clone() };
    let native = LowerOptions { cpu: Cpu::Native, ..x86.clone() };
    let all = [
        ("x86-64", x86.clone(), "cc", None),
        ("x86-64 -O0", plain(&x86), "cc", None),
        ("x86-64 native", native, "cc", None),
        ("aarch64", arm.clone(), "aarch64-linux-gnu-gcc", Some("qemu-aarch64")),
        ("aarch64 -O0", plain(&arm), "aarch64-linux-gnu-gcc", Some("qemu-aarch64")),
    ];
    let roads = all.map(|(name, options, cc, emulator)| Road { name, options, cc, emulator, by_text: false });
    let text = Road { name: "x86-64 nasm", by_text: true, ..roads[0].clone() };
    roads.into_iter().chain([text]).filter(|road| road.is_open()).collect()
}

impl Road {
    fn is_open(&self) -> bool {
        let exists = |tool: &str| Command::new(tool).arg("--version").output().is_ok_and(|o| o.status.success());
        let host_is_x86 = cfg!(all(target_arch = "x86_64", target_os = "linux"));
        match self.emulator {
            Some(emulator) => exists(emulator) && exists(self.cc),
            None => host_is_x86 && exists(self.cc) && (!self.by_text || exists("nasm")),
        }
    }
}

/// What a program did.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub stdout: String,
    pub exit: Option<i32>,
}

/// Texts without locations are taken to stand at the start of the first file.
pub fn one_file() -> SourceMap {
    let mut sources = SourceMap::default();
    sources.add("test.fl".to_owned(), String::new());
    sources
}

pub fn compile(text: &str, sources: &SourceMap, options: &LowerOptions) -> MachineProgram {
    let module = parse_module(text).unwrap();
    verify(&module).unwrap();
    lower(&module, sources, options).unwrap()
}

/// Compiles SSA text, links it with `RUNTIME` and the C text given, and runs the program.
pub fn run(ssa: &str, c: &str, road: &Road) -> Outcome {
    let mut program = compile(ssa, &one_file(), &road.options);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    if road.by_text {
        normalize(&mut program);
        std::fs::write(path("flash.asm"), nasm::print(&program, &one_file())).unwrap();
        let mut nasm = Command::new("nasm");
        nasm.args(["-w+all", "-f", "elf64", "-o"]).arg(path("flash.o")).arg(path("flash.asm"));
        let nasm = nasm.output().unwrap();
        assert!(nasm.status.success() && nasm.stderr.is_empty(), "{}", String::from_utf8_lossy(&nasm.stderr));
        let assembled = std::fs::read(path("flash.o")).unwrap();
        let object = write(&program, &ObjectOptions::default());
        assert!(code(&assembled) == code(&object), "object and text disagree");
    } else {
        std::fs::write(path("flash.o"), write(&program, &ObjectOptions::default())).unwrap();
    }
    std::fs::write(path("main.c"), format!("{RUNTIME}\n{c}")).unwrap();
    let mut cc = Command::new(road.cc);
    cc.args(["-O0", "-w", "-o"]).arg(path("program")).arg(path("main.c")).arg(path("flash.o")).arg("-lm");
    if road.emulator.is_some() {
        cc.arg("-static");
    }
    let linked = cc.output().unwrap();
    assert!(linked.status.success(), "{}: {}", road.name, String::from_utf8_lossy(&linked.stderr));
    let output = command(road, &path("program")).output().unwrap();
    Outcome { stdout: String::from_utf8_lossy(&output.stdout).into_owned(), exit: output.status.code() }
}

/// The `.text` of an object, with zeros where the linker writes.
fn code(object: &[u8]) -> Vec<u8> {
    let file = object::File::parse(object).unwrap();
    file.section_by_name(".text").unwrap().data().unwrap().to_vec()
}

fn command(road: &Road, program: &Path) -> Command {
    match road.emulator {
        Some(emulator) => {
            let mut command = Command::new(emulator);
            command.arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// As little of a runtime as the tests need. Failing checks print their operands and exit with 3.
const RUNTIME: &str = r#"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct Context {
    char *cursor, *limit, *globals, *stack_limit, *stack_base;
    uint64_t fail_a, fail_b;
    void *fail_pc, *fail_frame, *runtime;
} context;
static char globals[4096];
void *flash_attach(void) { context.globals = globals; return &context; }
static void fail(const char *what) {
    printf("%s %lld %lld\n", what, (long long)context.fail_a, (long long)context.fail_b);
    exit(3);
}
// Set by tests in which checks throw.
static void (*on_bounds)(void *pc, void *frame);
void flash_fail_bounds(void) {
    if (on_bounds) on_bounds(__builtin_return_address(0), *(void **)__builtin_frame_address(0));
    fail("bounds");
}
void flash_fail_null(void) { fail("null"); }
void flash_fail_division(void) { fail("division"); }
void flash_fail_overflow(void) { fail("overflow"); }
static int slow_allocations;
void *flash_alloc(struct Context *c, uint32_t *descriptor) {
    slow_allocations++;
    uint64_t *object = calloc(1, (descriptor[0] + 7) / 8 * 8);
    object[0] = (uint64_t)descriptor;
    return object;
}
void flash_print(struct Context *c, const char *text, int64_t length) {
    printf("%s", c == &context ? "" : "wrong context ");
    fwrite(text, 1, length, stdout);
}
struct parsed { uint8_t found; uint64_t bits; };
static uint64_t bits64(double f) { uint64_t bits; memcpy(&bits, &f, 8); return bits; }
struct parsed flash_parse_f64(struct Context *c, const char *text, int64_t length) {
    return (struct parsed){ length > 0, bits64(strtod(text, 0)) };
}
struct str { const char *data; int64_t length; };
struct str flash_str_trim_end(struct Context *c, const char *text, int64_t length) {
    while (length > 0 && text[length - 1] == ' ') length--;
    return (struct str){ text, length };
}
static float f32(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }
static double f64(uint64_t bits) { double f; memcpy(&f, &bits, 8); return f; }
static uint32_t bits32(float f) { uint32_t bits; memcpy(&bits, &f, 4); return bits; }
"#;
