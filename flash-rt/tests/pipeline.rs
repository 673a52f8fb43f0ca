//! From SSA text through lowering and the object writer to a program in this process: what compiler and runtime
//! must agree on, end to end.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use flashc::emit::object::{ObjectOptions, write};
use flashc::lower::{LowerOptions, lower};
use flashc::source::SourceMap;
use flashc::ssa::parse::parse_module;
use flashc::ssa::verify::verify;
use std::process::{Command, Output};

/// With no argument: builds lists, keeps one in a global, sums them, prints. With one: fails a bounds check in an
/// inlined call. With two: recurses without end.
const PROGRAM: &str = r#"region r7 Node.next
globals 8 [0]
entry @main
descriptor t0 "Node" fixed 24 [8 exact]
data @hello align 1 "hello\n"

function @list(i64) -> ptr {
b0(v0: i64):
    v1 = iconst.i64 0
    v2 = iconst.ptr 0
    jump b1(v1, v2)
b1(v3: i64, v4: ptr):
    v5 = icmp.i64 slt v3, v0
    branch v5, b2, b3
b2:
    v6 = alloc t0
    store.ptr v6+8, v4 [r7]
    store.i64 v6+16, v3 [r7]
    v7 = iconst.i64 1
    v8 = iadd.i64 v3, v7
    jump b1(v8, v6)
b3:
    return v4
}

function @sum(ptr) -> i64 {
b0(v0: ptr):
    v1 = iconst.i64 0
    jump b1(v0, v1)
b1(v2: ptr, v3: i64):
    v4 = iconst.ptr 0
    v5 = icmp.ptr ne v2, v4
    branch v5, b2, b3
b2:
    v6 = load.i64 v2+16 [r7]
    v7 = iadd.i64 v3, v6
    v8 = load.ptr v2+8 [r7]
    jump b1(v8, v7)
b3:
    return v3
}

function @deep(i64) -> i64 {
b0(v0: i64):
    v1 = iconst.i64 1
    v2 = iadd.i64 v0, v1
    v3 = call @deep(v2) #0:70
    v4 = iadd.i64 v3, v2
    return v4
}

function @index(i64) -> i64 {
    scope 1 "inlined" #0:22
b0(v0: i64):
    v1 = iconst.i64 3
    bounds.i64 v0, v1 #0:47/1
    return v0
}

function @main() -> i64 {
b0:
    v0 = call_rt flash_arg_count()
    switch v0, b4 [0: b1, 1: b5]
b1:
    v1 = iconst.i64 300
    v2 = call @list(v1)
    v3 = global_addr 0
    store.ptr v3, v2 [r7]
    v4 = iconst.i64 0
    jump b2(v4)
b2(v5: i64):
    v6 = call @list(v5)
    v7 = call @sum(v6)
    v8 = iconst.i64 1
    v9 = isub.i64 v5, v8
    v10 = imul.i64 v5, v9
    v11 = sshr.i64 v10, v8
    v12 = icmp.i64 eq v11, v7
    branch v12, b3, b6
b3:
    v13 = iconst.i64 1
    v14 = iadd.i64 v5, v13
    v15 = iconst.i64 60
    v16 = icmp.i64 slt v14, v15
    branch v16, b2(v14), b7
b4:
    v17 = iconst.i64 0
    v18 = call @deep(v17) #0:5
    return v18
b5:
    v19 = iconst.i64 7
    v20 = call @index(v19) #0:5
    return v20
b6:
    v21 = iconst.i64 99
    return v21
b7:
    v22 = data_addr @hello
    v23 = iconst.i64 6
    call_rt flash_print(v22, v23)
    v24 = global_addr 0
    v25 = load.ptr v24 [r7]
    v26 = call @sum(v25)
    return v26
}
"#;

const SOURCE: &str = "    main();\nfn index(i) { get(i) }\nfn get(i) { xs[i] }\nfn deep(n) { deep(n + 1) + n }\n";

fn object() -> Vec<u8> {
    let mut sources = SourceMap::default();
    sources.add("test.fl".to_owned(), SOURCE.to_owned());
    let module = parse_module(PROGRAM).unwrap();
    verify(&module).unwrap();
    let options = LowerOptions::new("x86_64-unknown-linux-gnu".parse().unwrap());
    write(&lower(&module, &sources, &options).unwrap(), &ObjectOptions::default())
}

const CHILD: &str = "FLASH_TEST_PIPELINE";

/// Not a test of its own: the process that [`run`] starts.
#[test]
fn child() {
    let Ok(arguments) = std::env::var(CHILD) else { return };
    let arguments = arguments.split_whitespace().map(str::to_string).collect();
    match flash_rt::run(&object(), arguments) {
        Ok(code) => std::process::exit(code),
        Err(error) => panic!("{error}"),
    }
}

fn run(arguments: &str, mode: &str) -> (Output, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--quiet"]).env(CHILD, arguments).env("FLASH_GC", mode);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, text)
}

#[test]
fn compiled_code_allocates_and_returns() {
    for mode in ["", "verify", "stress", "stress,verify"] {
        let (output, text) = run("", mode);
        // The low byte of the sum of 0 to 299.
        assert_eq!(output.status.code(), Some(44850 & 255), "{mode}: {text}");
        assert!(String::from_utf8_lossy(&output.stdout).ends_with("hello\n"));
    }
}

#[test]
fn failures_name_their_places() {
    let (output, text) = run("one", "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text,
        "error: index out of bounds: the length is 3 but the index is 7\n \
         --> test.fl:3:13\n  \
           |\n\
         3 | fn get(i) { xs[i] }\n  \
           |             ^\n  \
           at inlined (test.fl:3:13)\n  \
           at index (test.fl:2:11)\n  \
           at main (test.fl:1:6)\n"
    );
}

#[test]
fn endless_recursion_ends_in_words() {
    let (output, text) = run("one two", "");
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("error: stack overflow: the calls are nested too deeply\n --> test.fl:4:"), "{text}");
    assert!(text.contains(" more calls ...\n"), "{text}");
    assert!(text.ends_with("  at main (test.fl:1:6)\n"), "{text}");
}

#[test]
fn natives_fail_with_the_trace_of_their_callers() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--quiet"]).env(CHILD, "").env("FLASH_HEAP_MB", "0");
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("error: out of memory: the system has no 24 bytes left\n --> test.fl:"), "{text}");
    let lines: Vec<&str> = text.lines().rev().take(2).collect();
    assert!(lines[0].starts_with("  at main (") && lines[1].starts_with("  at list ("), "{text}");
}
