//! Debug information of real programs: `llvm-dwarfdump --verify` has nothing to say, and gdb stops at lines, steps
//! over them and shows Flash names, in every form that a program has.

mod support;

use std::path::Path;
use support::{directory, has, output, program, quiet, root};

const PROGRAM: &str = "fn inner(x: i64) -> i64 {
    let y = x * 2;
    println(\"inner\", y);
    return y + 1;
}

fn apply(f: fn(i64) -> i64, v: i64) -> i64 {
    return f(v) + 1;
}

fn main() {
    let base = 10;
    let r = apply(fn(v) {
        let z = v + base;
        return inner(z);
    }, 5);
    println(r);
    println(\"end\");
}
";

const FRAMES: &[&str] =
    &["inner () at a.fl:3", "<closure in main> () at a.fl:15", "apply () at a.fl:8", "main () at a.fl:13"];

/// What gdb shows.
fn gdb(at: &Path, script: &[&str], program: &[&str]) -> String {
    let mut args = vec!["-nx", "-batch", "-ex", "set breakpoint pending on", "-ex", "set width 0"];
    for line in script {
        args.extend(["-ex", line]);
    }
    args.push("--args");
    args.extend(program);
    // Where threads end together with the process, gdb on a busy machine sometimes asks for the registers of one that
    // is gone, and does not say how the program ended.
    let mut shown = String::new();
    for _ in 0..3 {
        let output = output(at, "gdb", &args);
        shown = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !shown.contains("Couldn't get registers: No such process.") {
            break;
        }
    }
    shown
}

/// The frames of the first backtrace, without numbers and addresses.
fn frames(shown: &str) -> Vec<String> {
    let lines = shown.lines().filter_map(|line| line.strip_prefix('#')).enumerate();
    let mut frames = Vec::new();
    for (index, line) in lines {
        let Some((number, rest)) = line.split_once(' ') else { break };
        if number != index.to_string() {
            break;
        }
        let rest = rest.trim_start();
        let name = if rest.starts_with("0x") { rest.split_once(" in ").map_or(rest, |(_, name)| name) } else { rest };
        frames.push(name.to_owned());
    }
    frames
}

/// Builds `a.fl` as an executable by a road; its command line.
fn build(road: &str, level: &str, at: &Path) -> Vec<String> {
    let flashc = program("flashc");
    match road {
        "executable" => drop(quiet(at, &flashc, &["build", level, "-g", "a.fl", "-o", "prog"])),
        "object" => {
            quiet(at, &flashc, &["compile", level, "-g", "a.fl", "-o", "a.o"]);
            quiet(at, &flashc, &["link", "a.o", "-o", "prog"]);
        }
        "nasm" => {
            quiet(at, &flashc, &["compile", level, "-g", "a.fl", "-o", "a.asm"]);
            quiet(at, "nasm", &["-f", "elf64", "-w+all", "a.asm", "-o", "n.o"]);
            quiet(at, &flashc, &["link", "n.o", "-o", "prog"]);
        }
        _ => {
            let runner = program("flash-rt").display().to_string();
            return [&runner, "run", level, "-g", "a.fl"].map(str::to_owned).to_vec();
        }
    }
    vec!["./prog".to_owned()]
}

#[test]
fn gdb_shows_flash_on_every_road() {
    if !has("gdb") || !has("nasm") {
        return;
    }
    for road in ["executable", "object", "nasm", "flash-rt"] {
        for level in ["-O0", "-O2"] {
            let at = directory(&[("a.fl", PROGRAM)]);
            let command = build(road, level, at.path());
            let command: Vec<&str> = command.iter().map(String::as_str).collect();
            let script = ["break a.fl:3", "run", "bt", "tbreak a.fl:17", "continue", "next", "info source", "continue"];
            let shown = gdb(at.path(), &script, &command);
            let frames = frames(&shown);
            assert_eq!(frames[..4], *FRAMES, "{road} {level}\n{shown}");
            // What the compiler made up has no place in the source.
            assert_eq!(frames[4..6], ["flash.entry ()", "flash$entry ()"], "{road} {level}\n{shown}");
            assert!(shown.contains("3\t    println(\"inner\", y);"), "{road} {level}\n{shown}");
            let stop = shown.find("17\t    println(r);").unwrap_or_else(|| panic!("{road} {level}\n{shown}"));
            // Optimised code goes back and forth between lines.
            let next = if level == "-O0" { "18\t    println(\"end\");" } else { "\t    " };
            assert!(shown[stop + 4..].contains(next), "{road} {level}: next\n{shown}");
            assert!(shown.contains("Current source file is a.fl"), "{road} {level}\n{shown}");
            assert!(shown.contains("exited normally"), "{road} {level}\n{shown}");
        }
    }
}

#[test]
fn gdb_steps_into_functions() {
    if !has("gdb") {
        return;
    }
    let at = directory(&[("a.fl", PROGRAM)]);
    build("executable", "-O0", at.path());
    let shown = gdb(at.path(), &["break a.fl:15", "run", "step", "next", "bt"], &["./prog"]);
    let mut rest = shown.as_str();
    for line in ["15\t", "inner () at a.fl:2", "3\t", "#0  inner () at a.fl:3", "<closure in main> () at a.fl:15"] {
        let found = rest.find(line).unwrap_or_else(|| panic!("`{line}` is missing in\n{shown}"));
        rest = &rest[found + line.len()..];
    }
}

const WAITS: &str = "async fn inner(x: i64) -> i64 {
    let y = x * 2;
    await sleep(1);
    println(\"inner\", y);
    return y + 1;
}

class Worker {
    n: i64,
    async fn work(self) -> i64 {
        let first = await inner(self.n);
        try {
            let second = await inner(first);
            println(\"second\", second);
            return second;
        } finally {
            println(\"end\");
        }
    }
}

println(await Worker { n: 5 }.work());
";

#[test]
fn gdb_stops_behind_an_await() {
    if !has("gdb") || !has("nasm") {
        return;
    }
    for road in ["executable", "nasm", "flash-rt"] {
        for level in ["-O0", "-O2"] {
            let at = directory(&[("a.fl", WAITS)]);
            let command = build(road, level, at.path());
            let command: Vec<&str> = command.iter().map(String::as_str).collect();
            let script = ["tbreak a.fl:4", "tbreak a.fl:14", "run", "bt", "continue", "bt", "continue"];
            let shown = gdb(at.path(), &script, &command);
            // Who goes on with the function is the event loop, whatever it was called by at first.
            let frames = frames(&shown);
            assert_eq!(frames[0], "inner () at a.fl:4", "{road} {level}\n{shown}");
            assert!(
                frames[1].starts_with("drain () at ") && frames[1].contains("std:event_loop:"),
                "{road} {level}\n{shown}"
            );
            let entry = frames.iter().position(|frame| frame == "flash.entry ()");
            assert!(entry.is_some_and(|entry| frames[entry - 1].starts_with("run () at ")), "{road} {level}\n{shown}");
            let mut rest = shown.as_str();
            for line in [
                "4\t    println(\"inner\", y);",
                "Worker.work () at a.fl:14",
                "#0  Worker.work () at a.fl:14",
                "exited normally",
            ] {
                let found =
                    rest.find(line).unwrap_or_else(|| panic!("{road} {level}: `{line}` is missing in\n{shown}"));
                rest = &rest[found + line.len()..];
            }
        }
    }
}

/// Real programs, by their paths from the root.
const PROGRAMS: &[&str] = &["examples/wordcount/main.fl", "examples/mandelbrot.fl", "examples/make/hello.fl"];

#[test]
fn dwarf_is_as_it_should_be() {
    if !has("llvm-dwarfdump") || !has("objcopy") {
        return;
    }
    let at = directory(&[("a.fl", PROGRAM)]);
    // Debug information of Rust's std is not ours to verify.
    let library = at.path().join("runtime.a").display().to_string();
    let flashc = program("flashc");
    quiet(at.path(), "objcopy", &["--strip-debug", &program("libflash_runtime.a").display().to_string(), &library]);
    let mut sources = vec!["a.fl".to_owned()];
    sources.extend(PROGRAMS.iter().map(|path| root().join(path).display().to_string()));
    for source in &sources {
        for level in ["-O0", "-O2"] {
            quiet(at.path(), &flashc, &["compile", level, "-g", source, "-o", "x.o"]);
            quiet(
                at.path(),
                "env",
                &[&format!("FLASH_RUNTIME_LIB={library}"), &flashc.display().to_string(), "link", "x.o", "-o", "x"],
            );
            quiet(
                at.path(),
                &flashc,
                &["compile", level, "-g", source, "--target", "aarch64-unknown-linux-gnu", "-o", "arm.o"],
            );
            for file in ["x.o", "x", "arm.o"] {
                let output = output(at.path(), "llvm-dwarfdump", &["--verify", "--quiet", file]);
                let noise = [output.stdout, output.stderr].concat();
                let noise = String::from_utf8_lossy(&noise);
                assert!(output.status.success() && noise.is_empty(), "{source} {level} {file}\n{noise}");
            }
        }
    }
    // std's modules lie nowhere on the disk.
    let lines = quiet(at.path(), "llvm-dwarfdump", &["--debug-line", "x.o"]);
    assert!(lines.contains("include_directories[  1] = \"<flash std>\""), "{lines}");
    let unit = quiet(at.path(), "llvm-dwarfdump", &["--debug-info", "--name=main", "x.o"]);
    assert!(unit.contains("hello.fl\""), "{unit}");
}
