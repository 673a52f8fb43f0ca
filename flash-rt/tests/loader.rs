//! The in-process linker: objects made by the system's compiler and assembler, and broken ones.
#![cfg(target_os = "linux")]

use flash_rt::loader::{self, LoadError};
use std::path::Path;
use std::process::{Command, Output};

/// Compiles a source text of this language ("c", "assembler") to an object.
fn object(language: &str, source: &str, flags: &[&str]) -> Vec<u8> {
    compile("cc", language, source, flags).expect("cc makes an object")
}

fn compile(compiler: &str, language: &str, source: &str, flags: &[&str]) -> Option<Vec<u8>> {
    let directory = tempfile::tempdir().ok()?;
    let (input, output) = (directory.path().join("source"), directory.path().join("object.o"));
    std::fs::write(&input, source).ok()?;
    let mut command = Command::new(compiler);
    command.args(["-c", "-O1", "-fPIC", "-x", language]).args(flags).arg("-o").arg(&output).arg(&input);
    command.status().ok().filter(|status| status.success())?;
    std::fs::read(output).ok()
}

fn call(loaded: &loader::Loaded, name: &str, argument: i64) -> i64 {
    let address = loaded.symbol(name).expect("the symbol is defined");
    // SAFETY: the test's C functions take and return an `int64_t`.
    unsafe { std::mem::transmute::<*const u8, extern "C" fn(i64) -> i64>(address)(argument) }
}

const C: &str = r#"
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
static const char *const words[] = { "zero", "one", "two", "three" };
static int64_t counter = 40;
int64_t zeroes[1000];
int64_t common;
static int64_t twice(int64_t x) { return 2 * x; }
int64_t (*operation)(int64_t) = twice;
int64_t lengths(int64_t n) { return strlen(words[n & 3]); }
int64_t count(int64_t n) { counter += n; zeroes[999] += n; common -= n; return counter + zeroes[999] + common; }
int64_t indirect(int64_t n) { return operation(n); }
int64_t absolute(int64_t n) { return llabs(n); }
__attribute__((weak)) extern int64_t nobody(int64_t);
int64_t weak(int64_t n) { return nobody ? nobody(n) : n + 1; }
int64_t jumps(int64_t n) {
    switch (n) { case 0: return 5; case 1: return 77; case 2: return 3; case 3: return 19; case 4: return 2; case 5: return 8; }
    return -1;
}
"#;

#[test]
fn code_constants_and_variables_find_each_other() {
    for flags in [&["-fcommon"][..], &["-fno-common", "-ffunction-sections", "-fdata-sections"], &["-fno-plt"]] {
        let loaded = loader::load(&object("c", C, flags), &loader::find_symbol).expect("it loads");
        assert_eq!((0..4).map(|n| call(&loaded, "lengths", n)).collect::<Vec<_>>(), [4, 3, 3, 5]);
        assert_eq!(call(&loaded, "count", 2), 42);
        assert_eq!(call(&loaded, "count", 5), 47 + 7 - 7);
        assert_eq!(call(&loaded, "indirect", 21), 42);
        assert_eq!(call(&loaded, "absolute", -9), 9);
        assert_eq!(call(&loaded, "weak", 1), 2);
        assert_eq!((0..7).map(|n| call(&loaded, "jumps", n)).collect::<Vec<_>>(), [5, 77, 3, 19, 2, 8, -1]);
    }
}

#[test]
fn code_is_never_writable() {
    let loaded = loader::load(&object("c", C, &[]), &loader::find_symbol).expect("it loads");
    let access = |name: &str| {
        let address = loaded.symbol(name).expect("defined") as usize;
        let maps = std::fs::read_to_string("/proc/self/maps").expect("linux");
        let line = maps.lines().find(|line| {
            let mut ends = line.split(' ').next().unwrap_or_default().split('-');
            let mut number = || usize::from_str_radix(ends.next().unwrap_or_default(), 16).unwrap_or(0);
            (number()..number()).contains(&address)
        });
        line.expect("mapped").split(' ').nth(1).expect("access").to_string()
    };
    assert_eq!(access("lengths"), "r-xp");
    assert_eq!(access("zeroes"), "rw-p");
}

#[test]
fn all_missing_symbols_are_named_at_once() {
    let bytes = object("c", "void a1(void); void b2(void); void f(void) { a1(); b2(); }", &[]);
    let error = loader::load(&bytes, &loader::find_symbol).expect_err("undefined");
    assert_eq!(error, LoadError::Undefined(vec!["a1".to_string(), "b2".to_string()]));
}

#[test]
fn what_it_does_not_know_is_refused() {
    let tls = object("c", "__thread int x; int f(void) { return x; }", &[]);
    assert!(matches!(loader::load(&tls, &loader::find_symbol), Err(LoadError::Unsupported(_))));
    let plain = object("c", "int f(void) { return 1; }", &[]);
    let loaded = loader::load(&plain, &loader::find_symbol).expect("it loads");
    assert!(matches!(loaded.program(), Err(LoadError::NoProgram(_))));
    assert!(matches!(loader::load(b"", &loader::find_symbol), Err(LoadError::Broken(_))));
    assert!(matches!(flash_rt::run(b"\x7fELF", vec![]), Err(LoadError::Broken(_))));
    let other =
        object("c", "struct { char magic[8]; unsigned v; long t[20]; } flash_program = { \"FLASHPRG\", 99 };", &[]);
    let Err(LoadError::NoProgram(words)) = flash_rt::run(&other, vec![]) else { panic!("it was not refused") };
    assert!(words.contains("ABI version is 99"), "{words}");
}

#[test]
fn broken_objects_are_errors() {
    let bytes = object("c", C, &[]);
    let resolve = |_: &str| Some(0x1000);
    // Nothing is called: it must only come back.
    for end in (0..bytes.len()).step_by(37) {
        let _ = loader::load(&bytes[..end], &resolve);
    }
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..3000 {
        let mut broken = bytes.clone();
        for _ in 0..1 + random % 4 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let at = (random >> 20) as usize % broken.len();
            broken[at] = (random >> 56) as u8;
        }
        let _ = loader::load(&broken, &resolve);
    }
}

#[test]
fn objects_of_aarch64_link() {
    let Some(bytes) = compile("aarch64-linux-gnu-gcc", "c", C, &[]) else {
        eprintln!("skipped: no aarch64-linux-gnu-gcc");
        return;
    };
    if cfg!(target_arch = "x86_64") {
        assert!(matches!(loader::load(&bytes, &loader::find_symbol), Err(LoadError::Unsupported(_))));
    }
}

const CHILD: &str = "FLASH_TEST_OBJECT";

/// Not a test of its own: the process that [`run_object`] starts.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let arguments = std::env::var("FLASH_TEST_ARGUMENTS").unwrap_or_default();
    let bytes = std::fs::read(path).expect("the object is there");
    let arguments = arguments.split_whitespace().map(str::to_string).collect();
    match flash_rt::run(&bytes, arguments) {
        Ok(code) => std::process::exit(code),
        Err(error) => panic!("{error}"),
    }
}

/// Runs an object in a process of its own.
fn run_object(object: &[u8], arguments: &str, environment: &[(&str, &str)]) -> Output {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("object.o");
    std::fs::write(&path, object).expect("the object is written");
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.args(["--exact", "child", "--nocapture", "--quiet"]).env(CHILD, &path);
    command.env("FLASH_TEST_ARGUMENTS", arguments).envs(environment.iter().copied());
    command.output().expect("it starts")
}

fn program(name: &str, language: &str, flags: &[&str]) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime-lib/tests/programs").join(name);
    object(language, &std::fs::read_to_string(path).expect("the program is there"), flags)
}

#[test]
#[cfg(target_arch = "x86_64")]
fn programs_run_and_fail_as_executables_do() {
    let failing = program("failing.s", "assembler", &[]);
    let output = run_object(&failing, "", &[]);
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("hello\n"));
    for (arguments, message) in [
        ("a", "error: index out of bounds: the length is 3 but the index is 5\n --> failing.fl:3:26\n"),
        ("a b", "error: stack overflow: the calls are nested too deeply\n --> failing.fl:4:16\n"),
        ("a b c d", "error: hello\n --> failing.fl:1:13\n"),
    ] {
        let output = run_object(&failing, arguments, &[]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.starts_with(message), "{text}");
        assert!(text.ends_with("  at main (failing.fl:1:13)\n"), "{text}");
    }
    assert_eq!(run_object(&failing, "1 2 3 4 5 6", &[]).status.code(), Some(9));
}

#[test]
#[cfg(target_arch = "x86_64")]
fn the_collector_works_for_loaded_programs() {
    let trees = program("trees.c", "c", &["-ffixed-r15", "-fno-omit-frame-pointer"]);
    let output = run_object(&trees, "", &[("FLASH_GC", "verify,stats")]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("gc 1: allocated "), "{text}");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_debugger_sees_loaded_code() {
    let trees = program("trees.c", "c", &["-ffixed-r15", "-fno-omit-frame-pointer", "-g"]);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("object.o");
    std::fs::write(&path, trees).expect("the object is written");
    let mut command = Command::new("gdb");
    command.args(["-batch", "-nx", "-ex", "set breakpoint pending on", "-ex", "break build if depth == 3"]);
    command
        .args(["-ex", "run", "-ex", "backtrace", "-ex", "kill", "--args"])
        .arg(std::env::current_exe().expect("a path"));
    command.args(["--exact", "child", "--nocapture", "--quiet"]).env(CHILD, &path);
    let Ok(output) = command.output() else {
        eprintln!("skipped: no gdb");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let frames =
        ["hit Breakpoint 1, build (depth", "in build (depth", "in entry ()", "in flash_enter ()", "flash_rt::run"];
    let mut rest = &*text;
    for frame in frames {
        let at = rest.find(frame);
        assert!(at.is_some(), "`{frame}` is not in:\n{text}{}", String::from_utf8_lossy(&output.stderr));
        rest = &rest[at.unwrap_or(0)..];
    }
}
