//! The documentation is right: every `flash` block of it is a program that runs and prints what it says.
//!
//! In Markdown, a block is a program of its own with the directives of `support`. In std, a block stands
//! in the `///` comment of an item: a line `expression   // value` shows the value, which
//! must print as the comment does; every other line only has to compile and run.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::{Expected, expected, problems, program, root, run};

/// A `flash` block.
struct Block {
    /// `docs/language.md:12`
    place: String,
    text: String,
}

fn blocks(path: &Path, prefix: &str) -> Vec<Block> {
    let text = fs::read_to_string(path).expect("a UTF-8 file");
    let name = path.strip_prefix(root()).expect("below the root").display().to_string();
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start_matches(' ');
        let Some(line) = line.strip_prefix(prefix) else { continue };
        let line = if prefix.is_empty() { line } else { line.strip_prefix(' ').unwrap_or(line) };
        match &mut open {
            Some(block) if !line.starts_with("```") => block.text += &format!("{line}\n"),
            Some(_) => found.extend(open.take()),
            None if line == "```flash" => {
                open = Some(Block { place: format!("{name}:{}", index + 1), text: String::new() });
            }
            None => {}
        }
    }
    assert!(open.is_none(), "{name}: a block does not end");
    found
}

/// Runs a program; what was wrong with that.
fn check(text: &str, expected: &Expected) -> Result<(), String> {
    let work = tempfile::tempdir().expect("a temporary directory");
    let source = work.path().join("example.fl");
    fs::write(&source, text).expect("a file in the temporary directory");
    if !expected.fails.is_empty() {
        let output = run(Command::new(program("flashc")).arg("check").arg(&source), "");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let missing = expected.fails.iter().find(|part| !stderr.contains(part.as_str()));
        return match missing {
            _ if output.status.code() != Some(1) => Err(format!("it compiles, but should not\n{stderr}")),
            Some(part) => Err(format!("the diagnostics lack `{part}`:\n{stderr}")),
            None => Ok(()),
        };
    }
    let mut command = Command::new(program("flash-rt"));
    command.args(["run", "-w", "-O0"]).arg(&source).args(&expected.args).current_dir(work.path());
    let mut output = run(&mut command, &expected.stdin);
    if !text.contains("//=") {
        // What it prints is not said.
        output.stdout.clear();
    }
    let problems = problems(&output, expected);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn fail_if_any(failures: &[String], blocks: usize) {
    println!("{blocks} examples");
    assert!(blocks > 0, "no example found");
    assert!(failures.is_empty(), "{} examples are wrong:\n\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn examples_of_the_documents_run() {
    let mut failures = Vec::new();
    let mut count = 0;
    for name in ["docs/language.md", "docs/std.md", "README.md"] {
        for block in blocks(&root().join(name), "") {
            count += 1;
            if let Err(problem) = check(&block.text, &expected(&block.text)) {
                failures.push(format!("{}: {problem}", block.place));
            }
        }
    }
    fail_if_any(&failures, count);
}

/// An example of std as a program: each line that shows a value prints it, with what is to be seen behind it.
/// The module is imported under its name where the example uses it.
fn std_program(module: &str, block: &str) -> String {
    let mut program = String::new();
    let is_builtin = ["array", "bool", "char", "console", "float", "prelude", "str"].contains(&module);
    if !is_builtin && block.contains(&format!("{module}.")) {
        program += &format!("import {module} from \"std:{module}\";\n");
    }
    for line in block.lines() {
        match line.split_once("   // ") {
            Some((code, value)) if !code.trim_end().ends_with([';', '{', '}']) => {
                program += &format!("println([{}]);\n//= [{}]\n", code.trim(), value.trim());
            }
            _ => program += &format!("{line}\n"),
        }
    }
    program
}

/// Their examples need files, an environment, or C, or write to standard error: they are only checked.
const CHECKED_ONLY: &[&str] = &["console", "ffi", "mem", "process", "process_events"];

fn std_example(module: &str, block: &Block) -> Result<(), String> {
    let text = std_program(module, &block.text);
    let problem = if CHECKED_ONLY.contains(&module) { compiles(&text) } else { check(&text, &expected(&text)) };
    problem.map_err(|problem| format!("{}:\n{text}{problem}", block.place))
}

fn compiles(text: &str) -> Result<(), String> {
    let work = tempfile::tempdir().expect("a temporary directory");
    let source = work.path().join("example.fl");
    fs::write(&source, text).expect("a file in the temporary directory");
    let output = run(Command::new(program("flashc")).arg("check").arg(&source), "");
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn examples_of_std_run() {
    let mut failures = Vec::new();
    let mut count = 0;
    let directory = fs::read_dir(root().join("std")).expect("std");
    let mut files: Vec<_> = directory.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    for path in files {
        let module = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if std::env::var("FLASH_TEST").is_ok_and(|part| !format!("std/{module}").contains(&part)) {
            continue;
        }
        for block in blocks(&path, "///") {
            count += 1;
            failures.extend(std_example(&module, &block).err());
        }
    }
    fail_if_any(&failures, count);
}
