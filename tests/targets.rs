//! Real programs for other machines: Windows objects and their NASM text agree and are accepted by mingw's tools, and
//! objects for aarch64 by its linker. Output does not depend on the number of threads.

mod support;

use object::{Object, ObjectSection};
use std::fs;
use std::path::Path;
use support::{directory, has, program, quiet, root};

const PROGRAMS: &[&str] = &["examples/wordcount/main.fl", "examples/mandelbrot.fl", "benches/nbody/nbody.fl"];

fn compile(at: &Path, source: &Path, output: &str, options: &[&str]) {
    let source = source.to_string_lossy();
    let mut args = vec!["compile", &*source, "-o", output];
    args.extend(options);
    quiet(at, program("flashc"), &args);
}

/// The bytes of a section.
fn section(at: &Path, file: &str, name: &str) -> Vec<u8> {
    let bytes = fs::read(at.join(file)).expect("an object");
    let object = object::File::parse(&*bytes).expect("a readable object");
    let section = object.section_by_name(name).unwrap_or_else(|| panic!("{file} has no {name}"));
    section.data().expect("its bytes").to_vec()
}

#[test]
fn windows_text_assembles_to_the_object() {
    if !has("nasm") || !has("x86_64-w64-mingw32-ld") {
        return;
    }
    for source in PROGRAMS {
        let (at, source) = (directory(&[]), root().join(source));
        let target = ["--target", "x86_64-pc-windows-msvc"];
        compile(at.path(), &source, "ours.obj", &target);
        compile(at.path(), &source, "text.asm", &target);
        quiet(at.path(), "nasm", &["-f", "win64", "-w+all", "text.asm", "-o", "nasm.obj"]);
        assert_eq!(section(at.path(), "ours.obj", ".text"), section(at.path(), "nasm.obj", ".text"), "{source:?}");
        for object in ["ours.obj", "nasm.obj"] {
            quiet(at.path(), "x86_64-w64-mingw32-ld", &["-r", object, "-o", "linked.obj"]);
        }
    }
}

#[test]
fn aarch64_objects_are_accepted() {
    if !has("aarch64-linux-gnu-ld") {
        return;
    }
    for source in PROGRAMS {
        let at = directory(&[]);
        compile(at.path(), &root().join(source), "a.o", &["--target", "aarch64-unknown-linux-gnu", "-g"]);
        quiet(at.path(), "aarch64-linux-gnu-ld", &["-r", "a.o", "-o", "linked.o"]);
        let listing = quiet(at.path(), "aarch64-linux-gnu-objdump", &["-d", "a.o"]);
        assert!(listing.contains("ret"), "{source}");
    }
}

#[test]
fn threads_change_nothing() {
    for source in PROGRAMS {
        let (at, source) = (directory(&[]), root().join(source));
        for (output, target) in [
            ("a.o", "x86_64-unknown-linux-gnu"),
            ("a.asm", "x86_64-unknown-linux-gnu"),
            ("a.obj", "x86_64-pc-windows-msvc"),
            ("b.o", "aarch64-unknown-linux-gnu"),
        ] {
            let mut outputs = Vec::new();
            for threads in ["1", "2", "7"] {
                compile(at.path(), &source, output, &["--target", target, "--threads", threads, "-g"]);
                outputs.push(fs::read(at.path().join(output)).expect("the output"));
            }
            assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]), "{source:?} to {output}");
        }
    }
}
