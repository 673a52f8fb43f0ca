//! Programs made by hand, linked with the static library into executables: how they start, end and fail.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The static library. `cargo test` builds it but does not put it beside the executables; `cargo build` does.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let status = Command::new(env!("CARGO")).args(["build", "--quiet", "-p", "flash-runtime", "--lib"]).status();
        assert!(status.expect("cargo runs").success());
        let exe = std::env::current_exe().expect("the test has a path");
        exe.ancestors().nth(2).expect("target/debug").join("libflash_runtime.a")
    })
}

/// Builds `tests/programs/SOURCES` into an executable of this name.
fn build(name: &str, sources: &[&str], flags: &[&str]) -> PathBuf {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let status = Command::new("cc")
        .args(["-O1", "-ffixed-r15", "-fno-omit-frame-pointer", "-o"])
        .arg(&out)
        .args(flags)
        .args(sources.iter().map(|source| programs.join(source)))
        .arg(library())
        .args(["-lm", "-lpthread"])
        .status()
        .expect("cc runs");
    assert!(status.success());
    out
}

fn run(program: &Path, arguments: usize, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program);
    command.args((0..arguments).map(|index| index.to_string())).envs(environment.iter().copied());
    command.output().expect("the program starts")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn programs_end_and_fail_as_they_should() {
    let program = build("failing", &["failing.s"], &[]);

    let output = run(&program, 0, &[]);
    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(7), b"hello\n".as_slice()),
        "{}",
        errors(&output)
    );

    let output = run(&program, 1, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        errors(&output),
        "error: index out of bounds: the length is 3 but the index is 5\n \
         --> failing.fl:3:26\n  \
           |\n\
         3 | fn index(s: str) {    \"ü\" + xs[i]; }\n  \
           |                             ^\n  \
           at index (failing.fl:3:26)\n  \
           at get (failing.fl:2:22)\n  \
           at main (failing.fl:1:13)\n"
    );

    let output = run(&program, 2, &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = errors(&output);
    assert!(
        text.starts_with("error: stack overflow: the calls are nested too deeply\n --> failing.fl:4:16\n"),
        "{text}"
    );
    assert!(text.ends_with("  at recurse (failing.fl:4:16)\n  at main (failing.fl:1:13)\n"), "{text}");
    assert!(text.contains(" more calls ...\n"), "{text}");
    assert_eq!(text.lines().count(), 5 + 20 + 1 + 10);

    let output = run(&program, 4, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).starts_with("error: hello\n --> failing.fl:1:13\n"), "{}", errors(&output));

    assert_eq!(run(&program, 6, &[]).status.code(), Some(9));

    let text = errors(&run(&program, 7, &[]));
    assert!(text.starts_with("error: division by zero\n --> failing.fl:5:31\n"), "{text}");
    assert!(
        text.contains("  at deep (failing.fl:5:40)\n  ... 11 more calls ...\n  at deep (failing.fl:5:40)\n"),
        "{text}"
    );
}

#[test]
fn errors_go_to_their_handlers() {
    let program = build("throwing", &["failing.s"], &[]);
    let output = run(&program, 9, &[]);
    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(8), b"hello\n".as_slice()),
        "{}",
        errors(&output)
    );

    let output = run(&program, 10, &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = errors(&output);
    assert!(text.starts_with("error: uncaught Oops\n --> failing.fl:5:31\n"), "{text}");
    assert!(text.ends_with("  at deep (failing.fl:5:31)\n  at main (failing.fl:1:13)\n"), "{text}");
}

#[test]
fn crashes_are_reported_and_keep_their_signal() {
    use std::os::unix::process::ExitStatusExt;
    let program = build("crashing", &["failing.s"], &[]);
    for (arguments, signal, name) in [(3, 4, "SIGILL"), (5, 11, "SIGSEGV at 0x20010"), (8, 11, "SIGSEGV at 0x20010")] {
        let output = run(&program, arguments, &[]);
        assert_eq!(output.status.signal(), Some(signal), "{}", errors(&output));
        let text = errors(&output);
        assert!(text.starts_with(&format!("error: the program crashed ({name}")), "{text}");
        assert!(text.ends_with("  at main (failing.fl:1:13)\n"), "{text}");
    }
}

#[test]
fn small_stacks_overflow_sooner() {
    let program = build("overflowing", &["failing.s"], &[]);
    let calls = |megabytes| -> usize {
        let text = errors(&run(&program, 2, &[("FLASH_STACK_MB", megabytes)]));
        let line = text.lines().find(|line| line.ends_with("more calls ...")).expect("a deep trace").to_string();
        line.split(' ').nth(3).expect("a number").parse().expect("a number")
    };
    assert!((20_000..22_000).contains(&calls("1")));
    assert!((80_000..90_000).contains(&calls("4")));
}

#[test]
fn the_collector_keeps_what_compiled_code_can_reach() {
    let program = build("trees", &["trees.c"], &[]);
    for mode in ["", "verify"] {
        let output = run(&program, 0, &[("FLASH_GC", mode)]);
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(0), b"trees\n".as_slice()),
            "{}",
            errors(&output)
        );
    }
    let program = build("small-trees", &["trees.c"], &["-DDEPTH=4"]);
    for mode in ["stress", "stress,verify"] {
        let output = run(&program, 0, &[("FLASH_GC", mode)]);
        assert_eq!(output.status.code(), Some(0), "{mode}: {}", errors(&output));
    }
}

#[test]
fn a_heap_that_is_too_small_ends_in_words() {
    let program = build("starving", &["trees.c"], &["-DDEPTH=18"]);
    let output = run(&program, 0, &[("FLASH_HEAP_MB", "8")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).starts_with("error: out of memory: the system has no 32 bytes left\n"),
        "{}",
        errors(&output)
    );
}

#[test]
fn c_programs_call_flash_functions() {
    let program = build("host", &["host.c", "library.c"], &[]);
    for mode in ["", "stress,verify"] {
        let output = run(&program, 0, &[("FLASH_GC", mode)]);
        assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines: Vec<&str> = text.lines().collect();
        // The two standard outputs have buffers of their own.
        lines.sort_unstable();
        // 145 is 45 and the 100 of the module's top level.
        assert_eq!(lines, ["390", "499600", "initialised", "initialised"]);
    }
    let output = Command::new(&program).arg("-1").output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).starts_with("error: stack overflow"), "{}", errors(&output));
    let output = Command::new(&program).arg("-2").output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).starts_with("error: division by zero\n"), "{}", errors(&output));
}

#[test]
fn the_assembly_of_every_machine_works() {
    for (machine, compiler, runner) in
        [("x86_64", "cc", None), ("aarch64", "aarch64-linux-gnu-gcc", Some("qemu-aarch64"))]
    {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("entry-{machine}"));
        let built = Command::new(compiler)
            .args(["-static", "-O1", "-fno-omit-frame-pointer", "-DFLASH_FAIL_PC=56", "-DFLASH_FAIL_FRAME=64", "-o"])
            .arg(&program)
            .args([root.join("tests/programs/entry.c"), root.join(format!("../asm/{machine}/runtime.S"))])
            .status();
        let mut command = Command::new(runner.unwrap_or("env"));
        let (Ok(built), Ok(output)) = (built, command.arg(&program).output()) else {
            eprintln!("skipped: no {compiler} or no {runner:?}");
            continue;
        };
        assert!(built.success(), "{machine}");
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"ok\n".as_slice()), "{machine}");
    }
}
