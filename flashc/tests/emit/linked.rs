//! Objects and text before real linkers, and what they link run where it can.

use crate::debugger::{DRIVER, DRIVER_OUTPUT, demo_program, demo_sources};
use crate::{assemble, has_tool, run};
use flashc::emit::{nasm, object as emit_object};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The demo's object by both roads.
fn objects(directory: &Path, triple: &str) -> Vec<PathBuf> {
    let program = demo_program(triple);
    let object = directory.join("demo.o");
    std::fs::write(&object, emit_object::write(&program, &emit_object::ObjectOptions::default())).unwrap();
    let mut objects = vec![object];
    if nasm::supports(&program.target) && has_tool("nasm") {
        let format = if triple.contains("windows") { "win64" } else { "elf64" };
        objects.push(assemble(directory, "demo", format, &nasm::print(&program, &demo_sources())));
    }
    objects
}

#[test]
fn programs_link_and_run() {
    if !has_tool("cc") || !has_tool("readelf") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let driver = directory.path().join("driver.c");
    std::fs::write(&driver, DRIVER).unwrap();
    for object in objects(directory.path(), "x86_64-unknown-linux-gnu") {
        for mode in ["-pie", "-no-pie"] {
            let program = directory.path().join("demo");
            let strict = ["-Wl,-z,text", "-Wl,--fatal-warnings", mode, "-o"];
            run(Command::new("cc").args(strict).arg(&program).arg(&driver).arg(&object));
            let output = run(&mut Command::new(&program));
            assert_eq!(String::from_utf8_lossy(&output.stdout), DRIVER_OUTPUT, "{object:?} {mode}");
            let headers = run(Command::new("readelf").arg("-lW").arg(&program));
            let headers = String::from_utf8_lossy(&headers.stdout);
            let stack = headers.lines().find(|line| line.contains("GNU_STACK")).unwrap_or("");
            assert!(stack.contains("RW ") && !stack.contains("RWE"), "{stack}");
        }
        let library = directory.path().join("libdemo.so");
        run(Command::new("cc")
            .args(["-shared", "-Wl,-z,text", "-Wl,--fatal-warnings", "-o"])
            .arg(&library)
            .arg(&object));
        let frames = run(Command::new("readelf").arg("--debug-dump=frames").arg(&library));
        let frames = String::from_utf8_lossy(&frames.stdout);
        assert!(frames.matches("FDE").count() >= 2 && frames.contains("DW_CFA_def_cfa_register: r6 (rbp)"), "{frames}");
    }
}

#[test]
fn windows_programs_link() {
    let compiler = "x86_64-w64-mingw32-gcc";
    if !has_tool(compiler) || !has_tool("x86_64-w64-mingw32-objdump") {
        return;
    }
    for triple in ["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"] {
        let directory = tempfile::tempdir().unwrap();
        let driver = directory.path().join("driver.c");
        std::fs::write(&driver, DRIVER).unwrap();
        for object in objects(directory.path(), triple) {
            let program = directory.path().join("demo.exe");
            run(Command::new(compiler).args(["-Wl,--fatal-warnings", "-o"]).arg(&program).arg(&driver).arg(&object));
            let output = run(Command::new("x86_64-w64-mingw32-objdump").arg("-p").arg(&program));
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(text.contains("The Function Table"), "{text}");
            if Command::new("wine").arg("--version").output().is_ok() {
                let output = Command::new("wine").arg(&program).output().unwrap();
                let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
                assert_eq!(text, DRIVER_OUTPUT);
            }
        }
    }
}

#[test]
fn aarch64_programs_link_and_run() {
    let compiler = "aarch64-linux-gnu-gcc";
    if !has_tool(compiler) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let driver = directory.path().join("driver.c");
    std::fs::write(&driver, DRIVER).unwrap();
    for object in objects(directory.path(), "aarch64-unknown-linux-gnu") {
        let program = directory.path().join("demo");
        let strict = ["-static-pie", "-Wl,-z,text", "-Wl,--fatal-warnings", "-o"];
        run(Command::new(compiler).args(strict).arg(&program).arg(&driver).arg(&object));
        if has_tool("qemu-aarch64") {
            let output = run(Command::new("qemu-aarch64").arg(&program));
            assert_eq!(String::from_utf8_lossy(&output.stdout), DRIVER_OUTPUT);
        }
    }
}
