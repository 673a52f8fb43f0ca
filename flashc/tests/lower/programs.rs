//! Small programs: control flow, memory, calls of every kind, allocation, failing checks.

use crate::harness::{Outcome, compile, one_file, roads, run};
use flashc::emit::object::{ObjectOptions, write};
use flashc::lower::{LowerError, LowerOptions, clif_text, lower};
use flashc::ssa::parse::parse_module;
use iced_x86::{Decoder, DecoderOptions, Mnemonic, OpKind};
use std::fmt::Write;

/// The C text prints; the program must print that on every road, and exit with 0.
#[track_caller]
fn prints(ssa: &str, c: &str, expected: &str) {
    outcome(ssa, c, expected, 0);
}

#[track_caller]
fn outcome(ssa: &str, c: &str, expected: &str, exit: i32) {
    for road in roads() {
        let got = run(ssa, c, &road);
        assert_eq!(got, Outcome { stdout: expected.to_owned(), exit: Some(exit) }, "{}", road.name);
    }
}

const FIB: &str = "
function @main.fib(i64) -> i64 {
b0(v0: i64):
    v1 = iconst.i64 2
    v2 = icmp.i64 slt v0, v1
    branch v2, b1(v0), b2
b1(v3: i64):
    return v3
b2:
    v4 = iconst.i64 1
    v5 = isub.i64 v0, v4
    v6 = call @main.fib(v5)
    v7 = isub.i64 v0, v1
    v8 = call @main.fib(v7)
    v9 = iadd.i64 v6, v8
    jump b1(v9)
}
function @fib(i64) -> i64 export_c {
b0(v0: i64):
    v1 = call @main.fib(v0)
    return v1
}
";

#[test]
fn recursion() {
    prints(FIB, "long fib(long); int main(void) { printf(\"%ld\\n\", fib(20)); }", "6765\n");
}

#[test]
fn loops_and_memory() {
    // Counts primes below the limit in a byte array on the stack.
    let sieve = "
function @sieve(i64) -> i64 export_c {
    slot s0 1000 align 8
b0(v0: i64):
    v1 = slot_addr s0
    zero v1, 1000 [stack]
    v2 = iconst.i64 2
    v3 = iconst.i64 0
    v4 = iconst.i8 1
    v5 = iconst.i64 1
    jump b1(v2, v3)
b1(v6: i64, v7: i64):
    v8 = icmp.i64 slt v6, v0
    branch v8, b2, b6
b2:
    v9 = ptr_add v1, v6
    v10 = load.i8 v9 [stack]
    branch v10, b5(v7), b3
b3:
    v11 = iadd.i64 v7, v5
    jump b4(v6)
b4(v12: i64):
    v13 = icmp.i64 slt v12, v0
    branch v13, b7, b5(v11)
b7:
    v14 = ptr_add v1, v12
    store.i8 v14, v4 [stack]
    v15 = iadd.i64 v12, v6
    jump b4(v15)
b5(v16: i64):
    v17 = iadd.i64 v6, v5
    jump b1(v17, v16)
b6:
    return v7
}
";
    prints(sieve, "long sieve(long); int main(void) { printf(\"%ld\\n\", sieve(1000)); }", "168\n");
}

#[test]
fn copies_and_fills_of_all_sizes() {
    let sizes = [0, 1, 2, 3, 5, 8, 15, 16, 24, 31, 40, 127, 128, 129, 1000];
    let (mut ssa, mut c, mut expected) =
        (String::new(), String::from("static char a[1100], b[1100];\n"), String::new());
    let mut main = String::from("for (int i = 0; i < 1100; i++) a[i] = 'a' + i % 26;\n");
    for size in sizes {
        let _ = write!(
            ssa,
            "function @copy{size}(ptr, ptr) export_c {{\nb0(v0: ptr, v1: ptr):\n    copy v0, v1, {size} [any]\n    \
             return\n}}\nfunction @zero{size}(ptr) export_c {{\nb0(v0: ptr):\n    zero v0, {size} [any]\n    return\n}}\n"
        );
        let _ = writeln!(c, "void copy{size}(char *, char *); void zero{size}(char *);");
        let _ = writeln!(
            main,
            "memset(b, '#', 1100); copy{size}(b + 1, a + 3);\n\
             printf(\"%d %d %d\\n\", memcmp(b + 1, a + 3, {size}), b[0], b[{size} + 1]);\n\
             memset(b, '#', 1100); zero{size}(b + 1); int n{size} = 0;\n\
             for (int i = 0; i < {size}; i++) n{size} += b[1 + i];\n\
             printf(\"%d %d %d\\n\", n{size}, b[0], b[{size} + 1]);"
        );
        expected.push_str("0 35 35\n0 35 35\n");
    }
    let _ = writeln!(c, "int main(void) {{ {main} }}");
    prints(&ssa, &c, &expected);
}

#[test]
fn switches_sparse_dense_and_negative() {
    let dense: String = (0..12).map(|i| format!("{i}: b1(v{}), ", i + 1)).collect();
    let constants: String = (0..12).map(|i| format!("    v{} = iconst.i32 {}\n", i + 1, i * i + 100)).collect();
    let ssa = format!(
        "function @dense(i32) -> i32 export_c {{
b0(v0: i32):
{constants}    v20 = iconst.i32 -1
    switch v0, b1(v20) [{}]
b1(v21: i32):
    return v21
}}
function @sparse(i8) -> i32 export_c {{
b0(v0: i8):
    v1 = iconst.i32 1
    v2 = iconst.i32 2
    v3 = iconst.i32 3
    switch v0, b2 [-128: b1(v1), -1: b1(v2), 100: b3]
b1(v4: i32):
    return v4
b2:
    return v3
b3:
    v5 = iadd.i32 v3, v3
    return v5
}}
",
        dense.trim_end_matches(", ")
    );
    let c = "int dense(int); int sparse(unsigned char);
int main(void) {
    for (int i = -1; i < 13; i++) printf(\"%d \", dense(i));
    printf(\"%d %d %d %d\\n\", sparse(128), sparse(255), sparse(100), sparse(0));
}";
    prints(&ssa, c, "-1 100 101 104 109 116 125 136 149 164 181 200 221 -1 1 2 6 3\n");
}

#[test]
fn many_arguments_and_results() {
    // More arguments and results than registers, of both kinds.
    let ints = 12;
    let floats = 11;
    let types = format!("{}, {}", vec!["i64"; ints].join(", "), vec!["f64"; floats].join(", "));
    let params: String = (0..ints + floats)
        .map(|i| format!("v{i}: {}", if i < ints { "i64" } else { "f64" }))
        .collect::<Vec<_>>()
        .join(", ");
    let values = |from: usize| (from..from + ints + floats).map(|i| format!("v{i}")).collect::<Vec<_>>().join(", ");
    let constants: String = (0..ints).map(|i| format!("    v{i} = iconst.i64 {}\n", i + 1)).collect::<String>()
        + &(ints..ints + floats).map(|i| format!("    v{i} = fconst.f64 {i}.5\n")).collect::<String>();
    let results: String = (100..100 + ints + floats).map(|i| format!("v{i}")).collect::<Vec<_>>().join(", ");
    let mut sum = String::new();
    for i in 0..ints {
        let _ = writeln!(
            sum,
            "    v{} = iconst.i64 {}\n    v{} = imul.i64 v{}, v{}\n    v{} = iadd.i64 v{}, v{}",
            200 + 10 * i,
            i + 1,
            201 + 10 * i,
            100 + i,
            200 + 10 * i,
            209 + 10 * i,
            201 + 10 * i,
            if i == 0 { 0 } else { 199 + 10 * i }
        );
    }
    for i in 0..floats {
        let before = if i == 0 { 100 + ints } else { 500 + i - 1 };
        let _ = writeln!(sum, "    v{} = fadd.f64 v{}, v{before}", 500 + i, 100 + ints + i);
    }
    let ssa = format!(
        "function @pass({types}) -> ({types}) inline_never {{
b0({params}):
    return {}
}}
function @sum() -> f64 export_c {{
b0:
{constants}    {results} = call @pass({})
{sum}    v600 = sint_to_float.f64 v{}
    v601 = fadd.f64 v600, v{}
    return v601
}}
",
        values(0),
        values(0),
        199 + 10 * ints,
        500 + floats - 1,
    );
    // 1 + sum of squares of 1..=12, and the floats with the first counted twice.
    let expected = 1.0 + 650.0 + (12..23).map(|i| f64::from(i) + 0.5).sum::<f64>() + 12.5;
    prints(&ssa, "double sum(void); int main(void) { printf(\"%.1f\\n\", sum()); }", &format!("{expected:.1}\n"));
}

#[test]
fn allocation_fast_and_slow() {
    let ssa = "
region r7 Node.next
descriptor t0 \"Node\" fixed 20 [8]
function @list(i64) -> ptr export_c {
b0(v0: i64):
    v1 = iconst.i64 0
    v2 = bitcast.ptr v1
    jump b1(v0, v2)
b1(v3: i64, v4: ptr):
    branch v5, b2, b3
b2:
    v6 = alloc t0
    store.ptr v6+8, v4 [Node.next]
    v7 = iconst.i64 1
    v8 = isub.i64 v3, v7
    jump b1(v8, v6)
b3:
    return v4
}
"
    .replace("b1(v3: i64, v4: ptr):\n", "b1(v3: i64, v4: ptr):\n    v5 = icmp.i64 ne v3, v1\n");
    let c = "char *list(long);
static uint64_t area[10];
int main(void) {
    context.cursor = (char *)area; context.limit = (char *)(area + 10);
    int inside = 0, all = 0, named = 0;
    for (char *p = list(5); p; p = *(char **)(p + 8)) {
        all++; inside += p >= (char *)area && p < (char *)(area + 10);
        uint32_t *d = *(uint32_t **)p;
        named += d[0] == 20 && d[1] == 1 && d[2] == 4 && d[3] == 0 && d[4] == 8 && memcmp(d + 5, \"Node\", 4) == 0;
    }
    printf(\"%d %d %d slow %d left %d\\n\", all, inside, named, slow_allocations, (int)(context.limit - context.cursor));
}";
    // 24 bytes each: three fit in 80.
    prints(&ssa, c, "5 3 5 slow 2 left 8\n");
}

#[test]
fn runtime_and_c_are_called_with_their_conventions() {
    let ssa = "
extern @getenv(ptr) -> ptr
extern @labs(i64) -> i64
data @text align 1 \"trim me   \"
data @number align 1 \"2.5\\x00\"
function @run() -> f64 export_c {
b0:
    v0 = data_addr @text
    v1 = iconst.i64 10
    v2, v3 = call_rt flash_str_trim_end(v0, v1)
    call_rt flash_print(v2, v3)
    v4 = data_addr @number
    v5 = iconst.i64 3
    v6, v14 = call_rt flash_parse_f64(v4, v5)
    v7 = bitcast.f64 v14
    v8 = zext.i64 v6
    v9 = iconst.i64 -7
    v10 = call_extern @labs(v9)
    v11 = iadd.i64 v8, v10
    v12 = sint_to_float.f64 v11
    v13 = fadd.f64 v12, v7
    return v13
}
function @address() -> ptr export_c {
b0:
    v0 = extern_addr @getenv
    return v0
}
";
    let c = "double run(void); char *(*address(void))(const char *);
int main(void) { printf(\" %.2f %d\\n\", run(), address()(\"surely not set\") == 0); }";
    prints(ssa, c, "trim me 10.50 1\n");
}

#[test]
fn closures_globals_and_data() {
    let ssa = "
globals 32 [16]
data @closure.twice align 8 \"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\" { 8: function @twice }
data @list align 8 \"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\" { 0: data @closure.twice }
data @dead align 8 \"never\"
function @twice(ptr, i64) -> i64 {
b0(v0: ptr, v1: i64):
    v2 = iadd.i64 v1, v1
    return v2
}
function @apply(i64) -> i64 export_c {
b0(v0: i64):
    v1 = data_addr @list
    v2 = load.ptr readonly v1 [any]
    v3 = load.ptr readonly v2+8 [closure]
    v4 = call_indirect v3(v2, v0) (ptr, i64) -> i64
    v5 = func_addr @twice
    v6 = call_indirect v5(v2, v4) (ptr, i64) -> i64
    v7 = global_addr 8
    v8 = load.i64 v7 [any]
    v9 = iadd.i64 v8, v6
    store.i64 v7, v9 [any]
    v10 = context
    v11 = load.ptr v10+16 [any]
    v12 = load.i64 v11+8 [any]
    return v12
}
";
    let c = "long apply(long);
int main(void) { apply(10); long sum = apply(1); printf(\"%ld %ld\\n\", sum, ((long *)globals)[1]); }";
    prints(ssa, c, "44 44\n");
    let program = compile(ssa, &one_file(), &LowerOptions::new("x86_64-unknown-linux-gnu".parse().unwrap()));
    assert!(program.data.iter().any(|data| data.symbol == "closure.twice"));
    assert!(!program.data.iter().any(|data| data.symbol == "dead"));
}

#[test]
fn failing_checks_tell_their_operands() {
    let ssa = "
function @check(i32, i32) -> i32 export_c {
b0(v0: i32, v1: i32):
    bounds.i32 v0, v1
    v2 = iadd.i32 v0, v1
    return v2
}
function @divide(i32, i32) -> i32 export_c {
b0(v0: i32, v1: i32):
    nonzero.i32 v1
    v2 = sdiv.i32 v0, v1
    return v2
}
function @follow(ptr) -> i64 export_c {
b0(v0: ptr):
    nonnull v0
    v1 = load.i64 v0 [any]
    return v1
}
function @add(i32, i32) -> i32 export_c {
b0(v0: i32, v1: i32):
    v2, v3 = sadd_overflow.i32 v0, v1
    no_overflow v3
    return v2
}
";
    let c = |call: &str| {
        format!(
            "int check(int, int), divide(int, int), add(int, int); long follow(long *);
int main(void) {{ long l = 5; printf(\"%d %d %ld %d\\n\", check(2, 3), divide(-9, 2), follow(&l), add(1, 2));
    fflush(stdout); {call}; return 0; }}"
        )
    };
    outcome(ssa, &c("check(3, 3)"), "5 -4 5 3\nbounds 3 3\n", 3);
    outcome(ssa, &c("check(-1, 3)"), "5 -4 5 3\nbounds -1 3\n", 3);
    outcome(ssa, &c("divide(1, 0)"), "5 -4 5 3\ndivision 0 0\n", 3);
    outcome(ssa, &c("follow(0)"), "5 -4 5 3\nnull 0 0\n", 3);
    outcome(ssa, &c("add(0x7fffffff, 1)"), "5 -4 5 3\noverflow 0 0\n", 3);
}

#[test]
fn loads_of_any_region_see_stores_of_every_region() {
    let ssa = "
region r7 A.x
region r8 B.x
function @mixed(ptr, ptr) -> i64 export_c {
b0(v0: ptr, v1: ptr):
    v2 = iconst.i64 1
    v3 = iconst.i64 2
    store.i64 v0, v2 [A.x]
    v4 = load.i64 v1 [any]
    store.i64 v1, v3 [any]
    v5 = load.i64 v0 [A.x]
    store.i64 v0, v2 [A.x]
    v6 = load.i64 v1 [any]
    v7 = iadd.i64 v4, v5
    v8 = iadd.i64 v7, v6
    return v8
}
";
    // 1 + 2 + 1 when both are the same place.
    let c = "long mixed(long *, long *); int main(void) { long x; printf(\"%ld\\n\", mixed(&x, &x)); }";
    prints(ssa, c, "4\n");
}

#[test]
fn the_entry_is_called_with_the_context_in_its_register() {
    let ssa = "
entry @main
globals 8 []
function @main() -> i64 {
b0:
    v0 = global_addr 0
    v1 = load.i64 v0 [any]
    return v1
}
";
    let c = "extern struct { uint64_t magic; uint32_t version, reserved; uint64_t globals_size; void *globals_descriptor, *entry; } flash_program;
int main(void) {
    flash_attach(); globals[0] = 42;
    long result;
#ifdef __x86_64__
    __asm__ volatile(\"mov %2, %%r15\\n\\tcall *%1\" : \"=a\"(result) : \"r\"(flash_program.entry), \"r\"(&context)
        : \"r15\", \"rcx\", \"rdx\", \"rsi\", \"rdi\", \"r8\", \"r9\", \"r10\", \"r11\", \"cc\", \"memory\");
#else
    register long x0 __asm__(\"x0\");
    __asm__ volatile(\"mov x21, %2\\n\\tblr %1\" : \"=r\"(x0) : \"r\"(flash_program.entry), \"r\"(&context)
        : \"x21\", \"x1\", \"x2\", \"x3\", \"x4\", \"x5\", \"x6\", \"x7\", \"x8\", \"x9\", \"x10\", \"x11\", \"x12\", \"x13\", \"x14\",
          \"x15\", \"x16\", \"x17\", \"x30\", \"cc\", \"memory\");
    result = x0;
#endif
    printf(\"%ld %.8s %d\\n\", result, (char *)&flash_program.magic, (int)flash_program.globals_size);
}";
    prints(ssa, c, "42 FLASHPRG 8\n");
}

/// A module of many functions of different sizes.
fn many_functions() -> String {
    let mut ssa = String::new();
    for i in 0..60 {
        let _ = writeln!(ssa, "function @main.f{i}(i64) -> i64 {{\nb0(v0: i64):\n    v1 = iconst.i64 {i}");
        for j in 0..i {
            let _ = writeln!(
                ssa,
                "    v{} = imul.i64 v{}, v1\n    nonzero.i64 v{}",
                j + 2,
                if j == 0 { 0 } else { j + 1 },
                j + 2
            );
        }
        let callee = if i == 0 {
            "    return v1\n}\n".to_owned()
        } else {
            format!("    v200 = call @main.f{}(v{})\n    return v200\n}}\n", i - 1, i + 1)
        };
        ssa.push_str(&callee);
    }
    ssa
}

#[test]
fn output_does_not_depend_on_the_number_of_threads() {
    let text = many_functions();
    let module = parse_module(&text).unwrap();
    let sources = one_file();
    let object = |threads| {
        let options = LowerOptions { threads, ..LowerOptions::new("x86_64-unknown-linux-gnu".parse().unwrap()) };
        write(&lower(&module, &sources, &options).unwrap(), &ObjectOptions::default())
    };
    let one = object(1);
    for threads in [2, 3, 8, 0] {
        assert!(object(threads) == one, "{threads} threads");
    }
}

#[test]
fn very_large_functions_compile() {
    let mut ssa = String::from("function @large(i64) -> i64 export_c {\nb0(v0: i64):\n");
    let count = 21_000;
    for i in 0..count {
        let _ = writeln!(ssa, "    v{} = {}.i64 v{i}, v0", i + 1, if i % 3 == 0 { "iadd" } else { "xor" });
    }
    let _ = writeln!(ssa, "    return v{count}\n}}");
    let mut x = 12345_i64;
    for i in 0..count {
        x = if i % 3 == 0 { x.wrapping_add(12345) } else { x ^ 12345 };
    }
    let c = "long large(long); int main(void) { printf(\"%ld\\n\", large(12345)); }";
    if let Some(road) = roads().first() {
        assert_eq!(run(&ssa, c, road).stdout, format!("{x}\n"));
    }
}

#[test]
fn a_frame_beyond_the_stack_is_refused() {
    let ssa =
        "function @big() as \"big\" {\n    slot s0 100000000 align 8\nb0:\n    v0 = slot_addr s0\n    return\n}\n";
    let module = parse_module(ssa).unwrap();
    let options = LowerOptions::new("x86_64-unknown-linux-gnu".parse().unwrap());
    let error = lower(&module, &one_file(), &options).unwrap_err();
    assert!(matches!(&error, LowerError::TooLarge { function, .. } if function == "big"), "{error}");
}

#[test]
fn two_functions_of_one_link_name_are_refused() {
    let function = |symbol| format!("function @{symbol}() export_c {{\nb0:\n    return\n}}\n");
    let mut module = parse_module(&(function("one") + &function("two"))).unwrap();
    module.functions[1].symbol = "one".to_owned();
    let options = LowerOptions::new("x86_64-unknown-linux-gnu".parse().unwrap());
    let error = lower(&module, &one_file(), &options).unwrap_err();
    assert_eq!(error, LowerError::Duplicate { symbol: "one".to_owned() });
}

/// A load that is safe only behind a check must stay behind it, however constant it is.
#[test]
fn loads_of_constants_do_not_pass_checks() {
    let ssa = "
function @sum(ptr, i64) -> i64 export_c {
b0(v0: ptr, v1: i64):
    v2 = iconst.i64 0
    v3 = iconst.i64 1
    v4 = bitcast.ptr v2
    jump b1(v1, v2)
b1(v5: i64, v6: i64):
    v7 = icmp.i64 sgt v5, v2
    branch v7, b2, b3
b2:
    v8 = isub.i64 v5, v3
    v9 = icmp.ptr ne v0, v4
    branch v9, b4, b1(v8, v6)
b4:
    v10 = load.i64 readonly v0+8 [closure]
    v11 = iadd.i64 v6, v10
    jump b1(v8, v11)
b3:
    return v6
}
";
    let c = "long sum(long *, long);
int main(void) { long x[2] = {0, 7}; printf(\"%ld %ld\\n\", sum(0, 3), sum(x, 3)); }";
    prints(ssa, c, "0 21\n");
}

#[test]
fn big_frames_touch_every_page() {
    let ssa = "
function @big(i64) -> i8 export_c {
    slot s0 1000000 align 8
b0(v0: i64):
    v1 = slot_addr s0
    v2 = ptr_add v1, v0
    v3 = iconst.i8 7
    store.i8 v2, v3 [stack]
    v4 = load.i8 v2 [stack]
    return v4
}
";
    prints(ssa, "char big(long); int main(void) { printf(\"%d\\n\", big(999999) + big(0)); }", "14\n");
}

#[test]
fn clif_text_names_every_function() {
    let module = parse_module(FIB).unwrap();
    let text = clif_text(&module, &LowerOptions::new("x86_64-unknown-linux-gnu".parse().unwrap())).unwrap();
    assert!(text.contains("; main.fib\nfunction u0:0(i64) -> i64 tail {"), "{text}");
    assert!(text.contains("; fib$flash\n") && text.contains("; fib\n"), "{text}");
}

/// What the optimiser put before a loop must not come back into it behind a check or a way out.
#[test]
fn invariant_code_stays_before_loops() {
    let ssa = "
function @row(ptr, i64, i64, i64) -> i64 {
b0(v0: ptr, v1: i64, v2: i64, v3: i64):
    v4 = iconst.i64 0
    v5 = iconst.i64 1
    v6 = iconst.i64 3
    v7 = imul.i64 v1, v2
    jump b1(v4, v4)
b1(v8: i64, v9: i64):
    v10 = icmp.i64 slt v8, v2
    branch v10, b2, b3
b2:
    bounds.i64 v8, v3
    v11 = iadd.i64 v7, v8
    v12 = shl.i64 v11, v6
    v13 = ptr_add v0, v12
    v14 = load.i64 v13 [any]
    v15 = iadd.i64 v9, v14
    v16 = iadd.i64 v8, v5
    jump b1(v16, v15)
b3:
    return v9
}
";
    let program = compile(ssa, &one_file(), &LowerOptions::new("x86_64-unknown-linux-gnu".parse().unwrap()));
    let code = &program.functions[0].code;
    let instructions: Vec<_> = Decoder::with_ip(64, code, 0, DecoderOptions::NONE).into_iter().collect();
    let branches = instructions.iter().filter(|i| i.op0_kind() == OpKind::NearBranch64);
    let loop_start = branches.filter(|i| i.near_branch64() < i.ip()).map(|i| i.near_branch64()).min();
    let multiplications = instructions.iter().filter(|i| i.mnemonic() == Mnemonic::Imul).map(|i| i.ip());
    let multiplications: Vec<u64> = multiplications.collect();
    assert_eq!(multiplications.len(), 1);
    assert!(loop_start.is_some_and(|start| multiplications[0] < start), "{instructions:?}");
}
