//! Debug information before the tools that read it.

use crate::compile::{compile, isa};
use crate::random::{Random, random_program};
use crate::{assemble, has_tool, run};
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::*;
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use flashc::emit::dwarf::DebugInfo;
use flashc::emit::{nasm, normalize, object as emit_object};
use flashc::lower::machine::{LineRange, MachineProgram, SourceFrame, SourcePlace};
use flashc::source::{FileId, SourceMap};
use std::path::Path;
use std::process::Command;

/// The place that a Cranelift source location stands for in these tests: a line of file 0; hundreds
/// are the line of a call that was inlined there.
pub fn place(location: u32) -> SourcePlace {
    let frame = |line, function: &str| SourceFrame { file: FileId(0), line, column: 5, function: function.into() };
    match (location / 100, location % 100) {
        (0, line) => SourcePlace { frames: vec![frame(line, "main.f")] },
        (call, line) => SourcePlace { frames: vec![frame(line, "Point.square"), frame(call, "main.f")] },
    }
}

const SOURCE: &str = "fn inner(x: i64) -> i64 {\n    let y = x * 3;\n    return report(y);\n}\n\nfn square(x: i64) -> i64 {\n    return x * x;\n}\n\nexport extern \"C\" fn demo(x: i64) -> i64 {\n    let a = inner(x);\n    let b = square(a);\n    return a + b;\n}\n";

pub fn demo_sources() -> SourceMap {
    let mut sources = SourceMap::default();
    sources.add("demo.fl".into(), SOURCE.into());
    sources
}

/// `demo` calls `inner`, which calls `report` of C; `square` is inlined.
pub fn demo_program(triple: &str) -> MachineProgram {
    let isa = isa(triple, &[]);
    let symbols = ["demo", "main.<inner>", "report"].map(String::from);
    let convention = isa.default_call_conv();
    let demo = unary(&isa, convention, |b, x| {
        b.set_srcloc(SourceLoc::new(11));
        let a = call(b, 1, CallConv::Tail, x);
        b.set_srcloc(SourceLoc::new(1207));
        let square = b.ins().imul(a, a);
        b.set_srcloc(SourceLoc::new(13));
        b.ins().iadd(a, square)
    });
    let inner = unary(&isa, CallConv::Tail, |b, x| {
        b.set_srcloc(SourceLoc::new(2));
        let three = b.ins().iconst(I64, 3);
        let y = b.ins().imul(x, three);
        b.set_srcloc(SourceLoc::new(3));
        call(b, 2, convention, y)
    });
    let mut program = compile(&isa, vec![demo, inner], &symbols, Vec::new());
    program.functions[1].name = "Point.inner".into();
    for relocation in program.functions.iter_mut().flat_map(|f| &mut f.relocations) {
        use flashc::lower::machine::RelocationKind::{Plt32, Relative32};
        if relocation.symbol == "report" && relocation.kind == Relative32 {
            relocation.kind = Plt32;
        }
    }
    normalize(&mut program);
    program
}

fn unary(
    isa: &OwnedTargetIsa,
    convention: CallConv,
    body: impl FnOnce(&mut FunctionBuilder<'_>, Value) -> Value,
) -> Function {
    let mut signature = Signature::new(convention);
    signature.params.push(AbiParam::new(I64));
    signature.returns.push(AbiParam::new(I64));
    let mut function = Function::with_name_signature(UserFuncName::default(), signature);
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut function, &mut context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    let x = builder.block_params(entry)[0];
    let result = body(&mut builder, x);
    builder.ins().return_(&[result]);
    builder.seal_all_blocks();
    builder.finalize(isa.frontend_config());
    function
}

fn call(b: &mut FunctionBuilder<'_>, index: u32, convention: CallConv, argument: Value) -> Value {
    let mut signature = Signature::new(convention);
    signature.params.push(AbiParam::new(I64));
    signature.returns.push(AbiParam::new(I64));
    let signature = b.import_signature(signature);
    let name = b.func.declare_imported_user_function(UserExternalName { namespace: 0, index });
    let name = ExternalName::user(name);
    let callee = b.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
    let call = b.ins().call(callee, &[argument]);
    b.inst_results(call)[0]
}

/// A C program around `demo`: prints what `report` was given and what `demo` returned.
pub const DRIVER: &str = "#include <stdio.h>\nlong long demo(long long);\nlong long report(long long y) { \
    printf(\"%lld\\n\", y); return y + 1; }\nint main(void) { printf(\"%lld\\n\", demo(5)); return 0; }\n";
pub const DRIVER_OUTPUT: &str = "15\n272\n";

fn write_object(program: &MachineProgram, sources: &SourceMap, directory: &Path, name: &str) -> std::path::PathBuf {
    let debug = DebugInfo { sources, directory: directory.to_str().unwrap() };
    let options = emit_object::ObjectOptions { debug: Some(debug), file: "demo.fl", ..Default::default() };
    let bytes = emit_object::write(program, &options);
    assert_eq!(bytes, emit_object::write(program, &options));
    let path = directory.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn dwarfdump_verifies_debug_information() {
    if !has_tool("llvm-dwarfdump") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut sources = SourceMap::default();
    sources.add("dir/main.fl".into(), "x\n".repeat(20));
    for (name, triple) in [
        ("elf.o", "x86_64-unknown-linux-gnu"),
        ("arm.o", "aarch64-unknown-linux-gnu"),
        ("coff.obj", "x86_64-pc-windows-msvc"),
    ] {
        let demo = write_object(&demo_program(triple), &demo_sources(), directory.path(), name);
        verify(&demo);
    }
    let mut program = random_program("x86_64-unknown-linux-gnu", &["has_sse41"], 77, 40);
    normalize(&mut program);
    verify(&write_object(&program, &sources, directory.path(), "random.o"));
    let mut random = Random::new(5);
    sources.add("std:array".into(), "y\n".repeat(20));
    for function in &mut program.functions {
        function.lines = random_lines(&mut random, function.code.len() as u32);
    }
    verify(&write_object(&program, &sources, directory.path(), "inlined.o"));
}

/// Ranges with gaps, with chains of inlined calls of any depth that come and go.
fn random_lines(random: &mut Random, size: u32) -> Vec<LineRange> {
    let mut frame = |functions: usize| SourceFrame {
        file: FileId(random.below(2) as u32),
        line: 1 + random.below(19) as u32,
        column: 1 + random.below(3) as u32,
        function: format!("f{}", random.below(functions)),
    };
    let mut lines = Vec::new();
    let mut frames = vec![frame(1)];
    let mut at = 0;
    while at < size {
        let wanted = 1 + frame(4).line as usize % 4;
        frames.drain(..frames.len().saturating_sub(wanted));
        if frame(4).column == 1 {
            frames[0] = SourceFrame { function: frames[0].function.clone(), ..frame(4) };
        }
        while frames.len() < wanted {
            frames.insert(0, frame(5));
        }
        let end = (at + frame(1).line).min(size);
        if frame(1).column != 2 {
            lines.push(LineRange { start: at, end, place: SourcePlace { frames: frames.clone() } });
        }
        at = end;
    }
    lines
}

#[track_caller]
fn verify(object: &Path) {
    let output = run(Command::new("llvm-dwarfdump").arg("--verify").arg(object));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("No errors.") && !text.contains("warning:"), "{text}");
}

#[test]
fn dwarfdump_sees_inlined_functions() {
    if !has_tool("llvm-dwarfdump") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let object = write_object(&demo_program("x86_64-unknown-linux-gnu"), &demo_sources(), directory.path(), "demo.o");
    let output = run(Command::new("llvm-dwarfdump").arg("--debug-info").arg(&object));
    let text = String::from_utf8_lossy(&output.stdout);
    for wanted in [
        "DW_AT_producer\t(\"flashc",
        "DW_AT_name\t(\"demo.fl\")",
        "DW_AT_linkage_name\t(\"main.~linner~g\")",
        "DW_AT_name\t(\"Point.inner\")",
        "DW_TAG_inlined_subroutine",
        "\"Point.square\"",
        "DW_AT_call_line\t(12)",
    ] {
        assert!(text.contains(wanted), "no {wanted} in\n{text}");
    }
}

#[test]
fn gdb_stops_at_lines_and_shows_flash_names() {
    if !has_tool("gdb") || !has_tool("cc") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    std::fs::write(at("demo.fl"), SOURCE).unwrap();
    std::fs::write(at("driver.c"), DRIVER).unwrap();
    let program = demo_program("x86_64-unknown-linux-gnu");
    session(directory.path(), &write_object(&program, &demo_sources(), directory.path(), "demo.o"));
    if has_tool("nasm") {
        let debug = DebugInfo { sources: &demo_sources(), directory: directory.path().to_str().unwrap() };
        let object = assemble(directory.path(), "demo", "elf64", &nasm::print_with_debug(&program, debug));
        verify(&object);
        session(directory.path(), &object);
    }
}

/// gdb with a program made from the object.
#[track_caller]
fn session(directory: &Path, object: &Path) {
    let at = |name: &str| directory.join(name);
    run(Command::new("cc").args(["-pie", "-o"]).arg(at("demo")).arg(at("driver.c")).arg(object));
    let mut gdb = Command::new("gdb");
    gdb.env("DEBUGINFOD_URLS", "").args(["-nx", "-batch"]);
    for command in [
        "break demo.fl:3",
        "run",
        "backtrace",
        "break demo.fl:7",
        "continue",
        "backtrace",
        "step",
        "break Point.inner",
        "break Point.square",
    ] {
        gdb.args(["-ex", command]);
    }
    let output = gdb.arg(at("demo")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    if text.contains("ptrace") && std::env::var("CI").is_err() {
        eprintln!("skipped: gdb may not trace here");
        return;
    }
    for wanted in [
        "Breakpoint 1, Point.inner () at demo.fl:3",
        "3\t    return report(y);",
        "#0  Point.inner () at demo.fl:3",
        "in demo () at demo.fl:11",
        "in main ()",
        "7\t    return x * x;",
        "#0  Point.square () at demo.fl:7",
        "#1  demo () at demo.fl:12",
        "demo () at demo.fl:13",
        "Breakpoint 3 at",
        "Breakpoint 4 at",
    ] {
        assert!(text.contains(wanted), "no {wanted:?} in\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn gdb_walks_frames_of_assembled_text() {
    if !has_tool("gdb") || !has_tool("cc") || !has_tool("nasm") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    std::fs::write(at("driver.c"), DRIVER).unwrap();
    let text = nasm::print(&demo_program("x86_64-unknown-linux-gnu"), &demo_sources());
    let object = assemble(directory.path(), "demo", "elf64", &text);
    // Without frame pointers in the C part, only unwind tables lead through.
    run(Command::new("cc")
        .args(["-O2", "-fomit-frame-pointer", "-o"])
        .arg(at("demo"))
        .arg(at("driver.c"))
        .arg(&object));
    let gdb = ["-nx", "-batch", "-ex", "break report", "-ex", "run", "-ex", "backtrace"];
    let output = Command::new("gdb").env("DEBUGINFOD_URLS", "").args(gdb).arg(at("demo")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    if text.contains("ptrace") && std::env::var("CI").is_err() {
        eprintln!("skipped: gdb may not trace here");
        return;
    }
    for wanted in ["in main.~linner~g ()", "in demo ()", "in main ()"] {
        assert!(text.contains(wanted), "no {wanted:?} in\n{text}");
    }
}
