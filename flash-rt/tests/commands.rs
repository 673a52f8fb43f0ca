//! The command lines: exit statuses, what goes where, and that the output does not depend on the
//! number of threads. What programs do is tested in `tests/run.rs`.

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// `flashc` and the runtime library are built by the workspace, beside the runner.
fn command(name: &str, directory: &TempDir) -> Command {
    let beside = assert_cmd::cargo::cargo_bin("flash-rt").with_file_name(name);
    let mut command = Command::new(beside);
    command.current_dir(directory.path()).env("NO_COLOR", "1");
    command
}

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        fs::write(directory.path().join(name), text).expect("a source file");
    }
    directory
}

const HELLO: (&str, &str) = ("hello.fl", "import { name } from \"./lib.fl\";\nprintln(\"hello \" + name());\n");
const LIB: (&str, &str) = ("lib.fl", "export fn name() -> str { \"you\" }\n");
const ARGS: (&str, &str) = ("args.fl", "fn main(args: [str]) -> i32 { println(args); args.len() as i32 }\n");
const WRONG: (&str, &str) = ("wrong.fl", "let x: i32 = \"text\";\nlet y = ;\n");

#[test]
fn the_runner_has_three_spellings() {
    let at = directory(&[HELLO, LIB]);
    command("flash-rt", &at).arg("hello.fl").assert().success().stdout("hello you\n").stderr("");
    command("flash-rt", &at).args(["run", "hello.fl"]).assert().success().stdout("hello you\n");
    command("flash", &at).arg("hello.fl").assert().success().stdout("hello you\n");
    command("flash", &at).args(["run", "hello.fl"]).assert().success().stdout("hello you\n");
    let output =
        command("flash-rt", &at).args(["--compile-and-run", "--no-cache", "hello.fl"]).output().expect("output");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("Compiling hello.fl...\nhello you\nExecution time: "), "{text}");
}

#[test]
fn the_runner_runs_objects_without_their_sources() {
    let at = directory(&[ARGS]);
    command("flashc", &at).args(["compile", "args.fl", "-o", "args.o"]).assert().success();
    fs::remove_file(at.path().join("args.fl")).expect("a removed source");
    command("flash-rt", &at).args(["run", "args.o", "a", "b"]).assert().code(2).stdout("[\"a\", \"b\"]\n").stderr("");
    command("flash-rt", &at).arg("other.o").assert().code(1).stdout("");
    fs::write(at.path().join("text.o"), "fn main() { }").expect("a file");
    let output = command("flash-rt", &at).arg("text.o").assert().code(1).get_output().clone();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("the object is broken"), "{text}");
}

#[test]
fn what_stands_behind_the_script_is_the_programs() {
    let at = directory(&[ARGS]);
    let shown = "[\"--version\", \"-O0\", \"a b\"]\n";
    command("flash-rt", &at).args(["args.fl", "--version", "-O0", "a b"]).assert().code(3).stdout(shown);
    command("flash", &at).args(["run", "-O0", "args.fl", "--version", "-O0", "a b"]).assert().code(3).stdout(shown);
}

#[test]
fn programs_need_no_file() {
    let at = directory(&[LIB]);
    let code = "import { name } from \"./lib.fl\"; println(name());";
    command("flash-rt", &at).args(["-e", code]).assert().success().stdout("you\n").stderr("");
    command("flash", &at).args(["run", "--eval", "println(1 + 1)"]).assert().success().stdout("2\n");
    command("flash-rt", &at).arg("-").write_stdin(code).assert().success().stdout("you\n");
    let args = "fn main(args: [str]) { println(args); }";
    command("flash-rt", &at).args(["-e", args, "-O0", "x"]).assert().success().stdout("[\"x\"]\n");
    command("flash-rt", &at).args(["-e", args, "x", "-O0"]).assert().success().stdout("[\"x\", \"-O0\"]\n");
    command("flash-rt", &at).args(["-", "x", "-e"]).write_stdin(args).assert().success().stdout("[\"x\", \"-e\"]\n");
    let failing = command("flash-rt", &at).args(["-e", "let x: i32 = true;"]).assert().code(1).get_output().clone();
    assert!(String::from_utf8_lossy(&failing.stderr).contains("<eval>:1:14"));
    let failing = command("flash-rt", &at).arg("-").write_stdin("panic(\"no\");").assert().code(1).get_output().clone();
    assert!(String::from_utf8_lossy(&failing.stderr).contains("<stdin>:1:1"));
    command("flash-rt", &at).arg("-").write_stdin([0xff, 0xfe]).assert().code(1);
}

#[test]
fn diagnostics_end_with_one_and_wrong_usage_with_two() {
    let at = directory(&[WRONG]);
    for (name, first) in
        [("flashc", Some("check")), ("flash", Some("check")), ("flash-rt", None), ("flash", Some("run"))]
    {
        let output = command(name, &at).args(first).arg("wrong.fl").assert().code(1).stdout("").get_output().clone();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains("wrong.fl:2:9"), "{text}");
    }
    command("flashc", &at).args(["check", "missing.fl"]).assert().code(1);
    command("flash-rt", &at).arg("missing.fl").assert().code(1);
    command("flashc", &at).args(["compile", "wrong.fl", "-O7"]).assert().code(2);
    command("flashc", &at).args(["compile", "wrong.fl", "-o", "x.strange"]).assert().code(2);
    command("flashc", &at).args(["compile", "wrong.fl", "--target", "nonsense"]).assert().code(2);
    command("flashc", &at).assert().code(2);
}

#[test]
fn tools_get_an_object_a_line() {
    let at = directory(&[WRONG]);
    let output =
        command("flashc", &at).args(["check", "--message-format", "json", "wrong.fl"]).output().expect("output");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.lines().count() >= 1 && text.lines().all(|l| l.starts_with('{') && l.ends_with('}')), "{text}");
    assert!(text.contains("\"line\":2,\"column\":9"), "{text}");
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    let at = directory(&[]);
    fs::write(at.path().join("bytes.fl"), [0xff, 0xfe, 0, 1]).expect("a file");
    command("flashc", &at).args(["check", "bytes.fl"]).assert().code(1);
    command("flashc", &at).args(["compile", "--emit", "tokens", "bytes.fl"]).assert().code(1);
    command("flash-rt", &at).arg(".").assert().code(1);
}

#[test]
fn every_stage_can_be_shown() {
    let at = directory(&[HELLO, LIB]);
    for (stage, part) in [
        ("tokens", "Import import"),
        ("ast", "import { name } from \"./lib.fl\""),
        ("tir", "call"),
        ("ssa", "function @"),
        ("clif", "function u0"),
        ("asm", "default rel"),
    ] {
        let output = command("flashc", &at)
            .args(["compile", "--emit", stage, "hello.fl"])
            .assert()
            .success()
            .get_output()
            .clone();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains(part), "{stage}: {text}");
    }
}

#[test]
fn make_learns_what_the_output_depends_on() {
    let at = directory(&[HELLO, LIB]);
    command("flashc", &at).args(["compile", "hello.fl", "-o", "hello.o", "--emit-deps", "hello.d"]).assert().success();
    let rule = fs::read_to_string(at.path().join("hello.d")).expect("the rule");
    assert_eq!(rule, "hello.o: \\\n  hello.fl \\\n  lib.fl\n\nlib.fl:\n");
}

#[test]
fn extensions_decide_the_format_and_threads_decide_nothing() {
    let at = directory(&[HELLO, LIB]);
    let bytes = |name: &str, threads: &str| {
        let _ = fs::remove_file(at.path().join(name));
        command("flashc", &at).args(["compile", "-g", "hello.fl", "-o", name, "--threads", threads]).assert().success();
        fs::read(at.path().join(name)).expect("the output")
    };
    for (name, magic) in [("a.o", &b"\x7fELF"[..]), ("a.obj", &b"\x64\x86"[..]), ("a.asm", &b"; Made by"[..])] {
        let one = bytes(name, "1");
        assert!(one.starts_with(magic), "{name}");
        assert!(one == bytes(name, "4"), "{name} depends on the number of threads");
    }
    assert!(leftovers(at.path()).is_empty(), "{:?}", leftovers(at.path()));
}

#[test]
fn executables_are_built_and_linked() {
    let at = directory(&[HELLO, LIB]);
    if std::process::Command::new("cc").arg("--version").output().is_err() {
        eprintln!("skipped: there is no cc");
        return;
    }
    command("flashc", &at).args(["build", "hello.fl"]).assert().success().stdout("").stderr("");
    Command::new(at.path().join("hello")).assert().success().stdout("hello you\n");
    command("flashc", &at).args(["compile", "hello.fl"]).assert().success();
    command("flashc", &at).args(["link", "hello.o", "-o", "linked"]).assert().success();
    Command::new(at.path().join("linked")).assert().success().stdout("hello you\n");
    command("flashc", &at).args(["link", "missing.o", "-o", "x"]).assert().code(1);
    command("flashc", &at).args(["build", "hello.fl"]).env("FLASH_CC", "no-such-cc").assert().code(1);
    command("flashc", &at).args(["build", "hello.fl"]).env("FLASH_RUNTIME_LIB", "/none").assert().code(1);
    assert!(leftovers(at.path()).is_empty(), "{:?}", leftovers(at.path()));
}

/// Temporary files that somebody forgot.
fn leftovers(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the directory");
    entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| {
            p.to_string_lossy().contains("tmp.") || p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'))
        })
        .collect()
}

#[test]
fn overflow_is_an_error_when_it_is_checked() {
    let program = "fn add(a: i32, b: i32) -> i32 { return a + b; }
fn shrink(n: u8) -> u8 { let mut m = n; m -= 10; return m; }
fn main() {
    try { println(add(2147483647, 1)); } catch e: OverflowError { println(e.message(), e is OverflowError); }
    println(try? shrink(5), try? shrink(15), try? -(add(-2147483647, -1)), (5u8).wrapping_sub(10));
    let mut n: i64 = 1;
    try { loop { n *= 3; } } catch { println(n); }
    println(add(1, 2) * add(2000000000, 5));
}
";
    let at = directory(&[("over.fl", program)]);
    let wrapped = "-2147483648\n251 5 -2147483648 251\n";
    let checked = "arithmetic overflow: the result does not fit the type true\nnull 5 null 251\n4052555153018976267\n";
    for level in ["-O0", "-O2"] {
        let output = command("flash-rt", &at)
            .args(["run", level, "--overflow-checks", "over.fl"])
            .assert()
            .code(1)
            .get_output()
            .clone();
        assert_eq!(String::from_utf8_lossy(&output.stdout), checked);
        let report = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(report.contains("error: arithmetic overflow") && report.contains("over.fl:8:"), "{report}");
    }
    // Without it the loop would not end.
    fs::write(at.path().join("over.fl"), program.replace("loop { n *= 3; }", "")).expect("a source file");
    let output = command("flash-rt", &at).arg("over.fl").assert().success().get_output().clone();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(wrapped));
}
