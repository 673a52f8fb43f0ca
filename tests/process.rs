//! A Flash program is a process like any other: signals end it, a closed pipe ends it quietly, a closed standard
//! input is its end, and `main`'s result is its exit code. For the runner and for executables.

mod support;

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use support::{directory, program, quiet};

const WAITS: &str = "import console from \"std:console\";
console.error(\"ready\");
let mut n: i64 = 0;
while n >= 0 { n = (n + 1) & 0xffff; }
";
const LINES: &str = "for i in 0..1000000 { println(\"line\", i); }\n";
const READS: &str = "import console from \"std:console\";
let mut lines = 0;
while console.readline(\"\") != null { lines += 1; }
println(lines);
";
const CODE: &str = "fn main() -> i32 { println(\"out\"); return 7; }\n";

/// The commands that run a program: by `flash-rt`, and as an executable made in `at`.
fn commands(at: &Path, source: &str) -> [Command; 2] {
    let executable = at.join(source).with_extension("exe");
    let output = executable.to_string_lossy().into_owned();
    quiet(at, program("flashc"), &["build", source, "-o", &output]);
    let mut runner = Command::new(program("flash-rt"));
    runner.arg(at.join(source));
    [runner, Command::new(executable)]
}

fn start(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn rest(mut stream: impl Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("UTF-8");
    text
}

#[test]
fn signals_end_a_program() {
    let at = directory(&[("waits.fl", WAITS)]);
    for command in &mut commands(at.path(), "waits.fl") {
        for (name, number) in [("INT", 2), ("TERM", 15), ("KILL", 9)] {
            let mut child = start(command);
            let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
            let mut line = String::new();
            stderr.read_line(&mut line).expect("a line");
            assert_eq!(line, "ready\n");
            let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
            assert!(sent.expect("kill").success());
            let status = child.wait().expect("the program's end");
            assert_eq!(status.signal(), Some(number), "SIG{name}: {status}");
            assert_eq!(rest(stderr), "", "nothing is said about SIG{name}");
        }
    }
}

#[test]
fn a_closed_pipe_ends_a_program_quietly() {
    let at = directory(&[("lines.fl", LINES)]);
    for command in &mut commands(at.path(), "lines.fl") {
        // Executables keep what they inherit, and Rust's test runner has SIGPIPE ignored: a shell resets nothing, so
        // the program may also end by itself when writing fails. What counts: it ends, soon, without a word.
        let mut child = start(command);
        let mut first = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        stdout.read_line(&mut first).expect("a line");
        drop(stdout);
        child.wait().expect("the program's end");
        assert_eq!(first, "line 0\n");
        assert_eq!(rest(child.stderr.take().expect("piped")), "");
    }
}

#[test]
fn the_end_of_input_is_null() {
    let at = directory(&[("reads.fl", READS)]);
    for command in &mut commands(at.path(), "reads.fl") {
        let mut child = start(command);
        assert_eq!(rest(child.stdout.take().expect("piped")), "0\n");
        assert!(child.wait().expect("the program's end").success());
    }
}

#[test]
fn the_result_of_main_is_the_exit_code() {
    let at = directory(&[("code.fl", CODE)]);
    for command in &mut commands(at.path(), "code.fl") {
        let mut child = start(command);
        assert_eq!(rest(child.stdout.take().expect("piped")), "out\n");
        assert_eq!(child.wait().expect("the program's end").code(), Some(7));
    }
}

/// The trace of an error that was made for a promise begins where that was done, not in std.
#[test]
fn traces_of_rejections_begin_at_the_caller() {
    let rejects = "fn refuse() -> Promise<i32> { return Promise.reject(Error(\"no\")); }\nawait refuse();\n";
    let late = "let p: Promise<i32> = Promise.new(fn(_resolve, reject) { setTimeout(fn() { reject(Error(\"no\")); }, 1); });\n\
                await p;\n";
    for (source, first) in [(rejects, "  at refuse ("), (late, "  at <closure in <top level>> (")] {
        let at = directory(&[("a.fl", source)]);
        let output = Command::new(program("flash-rt")).arg(at.path().join("a.fl")).output().expect("runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let line = stderr.lines().find(|line| line.starts_with("  at ")).unwrap_or_default();
        assert!(line.starts_with(first), "{stderr}");
    }
}

#[test]
fn output_that_is_lost_is_told() {
    let sources = [
        ("short.fl", "println(\"x\");\n"),
        ("long.fl", LINES),
        ("code.fl", CODE),
        ("exit.fl", "import process from \"std:process\";\nprintln(\"x\");\nprocess.exit(0);\n"),
    ];
    let at = directory(&sources);
    for (source, _) in sources {
        for command in &mut commands(at.path(), source) {
            let full = std::fs::File::options().write(true).open("/dev/full").expect("a full disk");
            let run = command.stdout(full).stderr(Stdio::piped()).output().expect("a program");
            let told = String::from_utf8_lossy(&run.stderr);
            assert_eq!(told, "error: cannot write standard output: No space left on device\n", "{source}");
            assert_eq!(run.status.code(), Some(if source == "code.fl" { 7 } else { 1 }), "{source}");
        }
    }
}
