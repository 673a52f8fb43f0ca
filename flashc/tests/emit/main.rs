//! Tests of the room: real code through NASM, linkers and debuggers. A tool that is not installed
//! skips its test, with a line that says so; with `CI=true` it fails it.

mod agree;
mod compile;
mod debugger;
mod golden;
mod linked;
mod random;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Whether a tool is there.
fn has_tool(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|o| o.status.success());
    if !found {
        assert!(std::env::var("CI").is_err(), "{tool} is not installed, and CI needs it");
        eprintln!("skipped: {tool} is not installed");
    }
    found
}

/// Runs a command that must succeed in silence on stderr.
#[track_caller]
fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{command:?}: {}\n{stderr}", output.status);
    output
}

/// Assembles text without a warning, and returns the object's path.
#[track_caller]
fn assemble(directory: &Path, name: &str, format: &str, text: &str) -> PathBuf {
    let source = directory.join(format!("{name}.asm"));
    let object = directory.join(format!("{name}-nasm.o"));
    std::fs::write(&source, text).unwrap();
    run(Command::new("nasm").arg("-w+all").args(["-f", format]).arg(&source).arg("-o").arg(&object));
    object
}
