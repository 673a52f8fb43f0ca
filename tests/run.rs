//! Program tests: every `tests/run/**/*.fl` is run by every road (in process, executable, NASM text), in process
//! also without optimisation and with a collection and a check of the heap at every allocation. Each must give
//! the output and exit code that stand in the program itself (the directives are those of `support`). It is compiled
//! once for all of them; a sample goes by the commands that users type, and all do with `FLASH_ROADS=all`.
//!
//! Files whose name starts with `_` are modules for others. `FLASH_TEST=part` runs only the programs whose path
//! contains it.

mod support;

use flashc::opt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{Expected, expected, problems, program, roads, root, run, tool};

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

const ROADS: &[&str] = &["flash-rt", "unoptimised", "stress", "executable", "nasm"];

/// The roads as users go them, by commands alone: slower, so only a part of the programs goes there.
const COMMANDS: &[&str] = &["flash-rt run", "flashc build", "flashc compile and link", "flashc compile and nasm"];

/// One program in this many also goes by [`COMMANDS`].
const SAMPLE: u64 = 10;

/// One program in this many is linked to an executable: that is the same object, and the linker takes longer than all else.
const LINKED: u64 = 4;

/// Compiles the program and gives the commands that run it, each by a road.
fn prepare(source: &Path, work: &Path, roads: &[&'static str]) -> Vec<(&'static str, Result<Command, String>)> {
    let program = match roads::check(source) {
        Ok(program) => program,
        Err(problem) => return vec![("check", Err(problem))],
    };
    let build = |level: opt::Level, name: &str| -> Result<(roads::Code, PathBuf), String> {
        let object = work.join(name);
        let code = program.compile(level)?;
        program.write_object(&code, &object)?;
        Ok((code, object))
    };
    let (code, object) = match build(opt::Level::Full, "optimised.o") {
        Ok(built) => built,
        Err(problem) => return vec![("-O2", Err(problem))],
    };
    let prepare_one = |road: &str| match road {
        "flash-rt" => Ok(roads::runner(&object)),
        "unoptimised" => build(opt::Level::None, "unoptimised.o").map(|(_, object)| roads::runner(&object)),
        "stress" => {
            let mut command = roads::runner(&object);
            command.env("FLASH_GC", "stress,verify");
            Ok(command)
        }
        "executable" => {
            let exe = work.join("executable.exe");
            roads::link(&object, &exe).map(|()| Command::new(exe))
        }
        "nasm" => {
            let object = work.join("nasm.o");
            program.assemble(&code, &object).map(|()| roads::runner(&object))
        }
        _ => unreachable!("{road}"),
    };
    roads.iter().map(|&road| (road, prepare_one(road))).collect()
}

/// The same by commands.
fn prepare_by_commands(road: &str, source: &Path, work: &Path) -> Result<Command, String> {
    let flashc = program("flashc");
    let exe = work.join("by-command.exe");
    let object = work.join("by-command.o");
    match road {
        "flash-rt run" => {
            let mut command = Command::new(program("flash-rt"));
            command.args(["run", "-w"]).arg(source);
            return Ok(command);
        }
        "flashc build" => tool(Command::new(&flashc).args(["build", "-w"]).arg(source).arg("-o").arg(&exe))?,
        "flashc compile and link" => {
            tool(Command::new(&flashc).args(["compile", "-w", "-g"]).arg(source).arg("-o").arg(&object))?;
            tool(Command::new(&flashc).arg("link").arg(&object).arg("-o").arg(&exe))?;
        }
        "flashc compile and nasm" => {
            let text = work.join("by-command.asm");
            tool(Command::new(&flashc).args(["compile", "-w"]).arg(source).arg("-o").arg(&text))?;
            tool(Command::new("nasm").args(["-f", "elf64", "-w+all"]).arg(&text).arg("-o").arg(&object))?;
            tool(Command::new(&flashc).arg("link").arg(&object).arg("-o").arg(&exe))?;
        }
        _ => unreachable!("{road}"),
    }
    Ok(Command::new(exe))
}

/// Runs what a road prepared, in a directory of its own.
fn check(prepared: Result<Command, String>, expected: &Expected) -> Result<(), String> {
    let mut command = prepared?;
    let work = tempfile::tempdir().expect("a temporary directory");
    let output = run(command.args(&expected.args).envs(expected.env.clone()).current_dir(work.path()), &expected.stdin);
    let problems = problems(&output, expected);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Whether the program is one of those in so many, always the same ones.
fn is_sampled(name: &str, one_in: u64) -> bool {
    let sum = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, b| (sum ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    sum.is_multiple_of(one_in)
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
    let warnings = roads::warnings(source)?;
    match expected.warns.iter().find(|part| !warnings.contains(part.as_str())) {
        Some(part) => Err(format!("the warnings lack `{part}`:\n{warnings}")),
        None if expected.warns.is_empty() && !warnings.is_empty() => {
            Err(format!("warnings; mend them or tell them by `//! warns: CODE`:\n{warnings}"))
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

    let all_roads = std::env::var_os("FLASH_ROADS").is_some_and(|value| value == "all");
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
                let is_run = |road: &&str| match *road {
                    "nasm" | "flashc compile and nasm" => has_nasm,
                    "stress" => !expected.allocates_much,
                    "executable" => all_roads || is_sampled(&name, LINKED),
                    _ => true,
                };
                let work = tempfile::tempdir().expect("a temporary directory");
                let roads: Vec<_> = ROADS.iter().copied().filter(is_run).collect();
                for (road, prepared) in prepare(source, work.path(), &roads) {
                    report(road, check(prepared, &expected));
                }
                if all_roads || is_sampled(&name, SAMPLE) {
                    for road in COMMANDS.iter().copied().filter(is_run) {
                        report(road, check(prepare_by_commands(road, source, work.path()), &expected));
                    }
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
