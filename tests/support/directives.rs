//! The directives that stand in a program, and running it against them.
//!
//! ```text
//! //= a line of standard output, in order; also at the end of a line of code, behind three blanks
//! //- the same, without a line end
//! //! exit: 3
//! //! stderr: a part of standard error
//! //! stdin: a line of standard input
//! //! args: one two
//! //! env: NAME=value
//! //! allocates: much (too much for a collection at every allocation)
//! //! warns: a part of the warnings; a program without it must have none
//! //! fails: a part of the diagnostics; then the program must not compile
//! ```

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// What a program says of itself.
#[derive(Debug, Default)]
pub struct Expected {
    pub stdout: String,
    pub stderr: Vec<String>,
    pub stdin: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub exit: i32,
    pub fails: Vec<String>,
    pub warns: Vec<String>,
    pub allocates_much: bool,
}

/// The directives of a program.
pub fn expected(text: &str) -> Expected {
    let mut expected = Expected::default();
    for line in text.lines().map(str::trim_start) {
        // At the end of a line, too: behind the code that prints it.
        if let Some((_, rest)) = line.split_once("   //= ") {
            expected.stdout.push_str(rest);
            expected.stdout.push('\n');
        } else if let Some(rest) = line.strip_prefix("//=") {
            expected.stdout.push_str(rest.strip_prefix(' ').unwrap_or(rest));
            expected.stdout.push('\n');
        } else if let Some(rest) = line.strip_prefix("//- ") {
            expected.stdout.push_str(rest);
        } else if let Some((key, value)) = line.strip_prefix("//! ").and_then(|rest| rest.split_once(':')) {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match key {
                "exit" => expected.exit = value.trim().parse().expect("exit: a number"),
                "stderr" => expected.stderr.push(value.to_owned()),
                "stdin" => expected.stdin += &format!("{value}\n"),
                "args" => expected.args = value.split_whitespace().map(str::to_owned).collect(),
                "env" => {
                    let (name, value) = value.split_once('=').expect("env: NAME=value");
                    expected.env.push((name.to_owned(), value.to_owned()));
                }
                "allocates" => expected.allocates_much = value == "much",
                "warns" => expected.warns.push(value.to_owned()),
                "fails" => expected.fails.push(value.to_owned()),
                _ => panic!("unknown directive `{key}`"),
            }
        }
    }
    expected
}

/// Runs to the end, with this on standard input.
pub fn run(command: &mut Command, stdin: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    // A program that does not read its input may close it first.
    let _ = child.stdin.take().expect("piped").write_all(stdin.as_bytes());
    child.wait_with_output().expect("the program's end")
}

/// How a run differs from what the program says; empty when it does not.
pub fn problems(output: &Output, expected: &Expected) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let mut problems = String::new();
    if stdout != expected.stdout {
        problems += &format!("stdout is\n{stdout}instead of\n{}", expected.stdout);
    }
    if output.status.code() != Some(expected.exit) {
        problems += &format!("ended with {} instead of exit code {}\nstderr: {stderr}", output.status, expected.exit);
    }
    for part in expected.stderr.iter().filter(|part| !stderr.contains(part.as_str())) {
        problems += &format!("stderr lacks `{part}`:\n{stderr}");
    }
    if expected.stderr.is_empty() && expected.exit == 0 && !stderr.is_empty() {
        problems += &format!("stderr is not empty:\n{stderr}");
    }
    problems
}
