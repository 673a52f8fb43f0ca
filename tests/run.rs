//! Program tests: every `tests/run/**/*.fl` is run by every road (in process, executable, object, NASM text), in process
//! also without optimisation and with a collection and a check of the heap at every allocation. Each must give
//! the output and exit code that stand in the program itself (the directives are those of `support`).
//!
//! Files whose name starts with `_` are modules for others. `FLASH_TEST=part` runs only the programs whose path
//! contains it.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{Expected, expected, problems, program, root, run};

fn programs(dir: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(dir).expect("a test directory").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            programs(&path, found);
        } else if name.ends_with(".fl") && !name.starts_with('_') {
            found.push(path);
        }
    }
}

/// A tool that must work: its error output on failure.
fn tool(command: &mut Command) -> Result<(), String> {
    let output = run(command, "");
    let noise = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() && noise.is_empty() { Ok(()) } else { Err(format!("{command:?}\n{noise}")) }
}

const ROADS: &[&str] = &["flash-rt", "unoptimised", "stress", "executable", "object", "nasm"];

/// Builds the program by a road and gives the command that runs it.
fn prepare(road: &str, source: &Path, work: &Path) -> Result<Command, String> {
    let flashc = program("flashc");
    let exe = work.join(format!("{road}.exe"));
    match road {
        "flash-rt" | "unoptimised" | "stress" => {
            let mut command = Command::new(program("flash-rt"));
            command.args(["run", "-w", if road == "unoptimised" { "-O0" } else { "-O2" }]).arg(source);
            if road == "stress" {
                command.env("FLASH_GC", "stress,verify");
            }
            return Ok(command);
        }
        "executable" => tool(Command::new(&flashc).args(["build", "-w"]).arg(source).arg("-o").arg(&exe))?,
        "object" => {
            let object = work.join("object.o");
            tool(Command::new(&flashc).args(["compile", "-w", "-g"]).arg(source).arg("-o").arg(&object))?;
            tool(Command::new(&flashc).arg("link").arg(&object).arg("-o").arg(&exe))?;
        }
        "nasm" => {
            let (text, object) = (work.join("nasm.asm"), work.join("nasm.o"));
            tool(Command::new(&flashc).args(["compile", "-w"]).arg(source).arg("-o").arg(&text))?;
            tool(Command::new("nasm").args(["-f", "elf64", "-w+all"]).arg(&text).arg("-o").arg(&object))?;
            tool(Command::new(&flashc).arg("link").arg(&object).arg("-o").arg(&exe))?;
        }
        _ => unreachable!("{road}"),
    }
    Ok(Command::new(exe))
}

fn check(road: &str, source: &Path, expected: &Expected) -> Result<(), String> {
    let work = tempfile::tempdir().expect("a temporary directory");
    let mut command = prepare(road, source, work.path())?;
    let output = run(command.args(&expected.args).current_dir(work.path()), &expected.stdin);
    let problems = problems(&output, expected);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn check_diagnostics(source: &Path, expected: &Expected) -> Result<(), String> {
    let output = run(Command::new(program("flashc")).arg("check").arg(source), "");
    let stderr = String::from_utf8_lossy(&output.stderr);
    match expected.fails.iter().find(|part| !stderr.contains(part.as_str())) {
        _ if output.status.code() != Some(1) => Err(format!("exit status {} instead of 1\n{stderr}", output.status)),
        Some(part) => Err(format!("the diagnostics lack `{part}`:\n{stderr}")),
        None => Ok(()),
    }
}

/// Warnings are those that the program tells, and none otherwise.
fn check_warnings(source: &Path, expected: &Expected) -> Result<(), String> {
    let output = run(Command::new(program("flashc")).arg("check").arg(source), "");
    let stderr = String::from_utf8_lossy(&output.stderr);
    match expected.warns.iter().find(|part| !stderr.contains(part.as_str())) {
        Some(part) => Err(format!("the warnings lack `{part}`:\n{stderr}")),
        None if expected.warns.is_empty() && !stderr.is_empty() => {
            Err(format!("warnings; mend them or tell them by `//! warns: CODE`:\n{stderr}"))
        }
        None => Ok(()),
    }
}

#[test]
fn programs_behave_alike_on_every_road() {
    let root = root();
    let mut sources = Vec::new();
    programs(&root.join("tests/run"), &mut sources);
    if let Ok(filter) = std::env::var("FLASH_TEST") {
        sources.retain(|path| path.to_string_lossy().contains(&filter));
    }
    assert!(!sources.is_empty(), "no program to run");
    let has_nasm = Command::new("nasm").arg("-v").output().is_ok();
    assert!(has_nasm || std::env::var_os("CI").is_none(), "nasm is missing: run `make tools`");
    if !has_nasm {
        println!("nasm is not installed: the NASM road is skipped");
    }

    let failures = Mutex::new(Vec::new());
    let (next, runs) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let worker = || {
        while let Some(source) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = source.strip_prefix(&root).expect("below the root").display().to_string();
            let expected = expected(&fs::read_to_string(source).expect("a UTF-8 program"));
            let report = |road: &str, result: Result<(), String>| {
                runs.fetch_add(1, Ordering::Relaxed);
                if let Err(problem) = result {
                    let failure = format!("{name} by {road}: {problem}");
                    failures.lock().expect("no panic while locked").push(failure);
                }
            };
            if expected.fails.is_empty() {
                let is_run = |road: &&&str| match **road {
                    "nasm" => has_nasm,
                    "stress" => !expected.allocates_much,
                    _ => true,
                };
                for road in ROADS.iter().filter(is_run) {
                    report(road, check(road, source, &expected));
                }
                report("check", check_warnings(source, &expected));
            } else {
                report("check", check_diagnostics(source, &expected));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(worker);
        }
    });
    let mut failures = failures.into_inner().expect("no panic while locked");
    failures.sort();
    println!("{} runs of {} programs", runs.into_inner(), sources.len());
    assert!(failures.is_empty(), "{} failed:\n\n{}", failures.len(), failures.join("\n\n"));
}
