//! Calls and checks with handlers: where control goes, and what a handler still knows.

use crate::harness::{Outcome, roads, run};

/// Throwing as the runtime does it, as little as the tests need. A failing bounds check throws index + 1000.
const UNWINDER: &str = r#"
struct Handler { uint32_t pc, target, frame_size; };
extern struct { uint64_t head[5]; char *text; uint64_t tables[11]; struct Handler *handlers; uint64_t count; } flash_program;
static void throw_from(char *pc, char **frame, uint64_t error) {
    for (int depth = 0; depth < 1000; depth++) {
        for (int i = 0; i < flash_program.count; i++) {
            struct Handler h = flash_program.handlers[i];
            if (flash_program.text + h.pc != pc) continue;
            char *target = flash_program.text + h.target, *stack = (char *)frame - h.frame_size;
#ifdef __x86_64__
            // Whatever a handler believes to be kept must be in its frame.
            __asm__ volatile("mov %0, %%rcx\n mov %1, %%rsi\n mov %2, %%rdi\n mov %3, %%rax\n mov %4, %%r15\n"
                "mov %%rdi, %%rsp\n mov %%rsi, %%rbp\n"
                "mov $-1, %%rbx\n mov %%rbx, %%r12\n mov %%rbx, %%r13\n mov %%rbx, %%r14\n jmp *%%rcx"
                : : "r"(target), "r"(frame), "r"(stack), "r"(error), "r"(&context)
                : "rcx", "rsi", "rdi", "rax", "memory");
#else
            __asm__ volatile("mov x9, %0\n mov x10, %1\n mov x11, %2\n mov x0, %3\n mov x21, %4\n"
                "mov sp, x11\n mov x29, x10\n mov x19, -1\n mov x20, -1\n mov x22, -1\n mov x23, -1\n br x9"
                : : "r"(target), "r"(frame), "r"(stack), "r"(error), "r"(&context)
                : "x9", "x10", "x11", "x0", "memory");
#endif
        }
        pc = frame[1];
        frame = (char **)frame[0];
    }
    printf("no handler\n");
    exit(4);
}
void flash_throw(void) { throw_from(__builtin_return_address(0), *(void **)__builtin_frame_address(0), context.fail_a); }
static void throw_index(void *pc, void *frame) { throw_from(pc, frame, context.fail_a + 1000); }
"#;

#[track_caller]
fn prints(ssa: &str, c: &str, expected: &str) {
    for road in roads() {
        let got = run(ssa, &format!("{UNWINDER}\n{c}"), &road);
        assert_eq!(got, Outcome { stdout: expected.to_owned(), exit: Some(0) }, "{}", road.name);
    }
}

/// `main.thrower` throws its argument when it is below ten, and else gives it and its double.
const THROWER: &str = "
function @main.thrower(i64) -> (i64, i64) {
b0(v0: i64):
    v1 = iconst.i64 10
    v2 = icmp.i64 slt v0, v1
    branch v2, b1, b2
b1:
    v3 = context
    store.i64 v3+40, v0 [any]
    call_rt flash_throw()
    unreachable
b2:
    v4 = iadd.i64 v0, v0
    return v0, v4
}
function @main.between(i64) -> (i64, i64) {
b0(v0: i64):
    v1, v2 = call @main.thrower(v0)
    v3 = iadd.i64 v2, v0
    return v1, v3
}
";

#[test]
fn calls_with_handlers() {
    // Everything that lives across the call is used on both sides.
    let ssa = format!(
        "{THROWER}
function @run(i64, i64, i64, i64, i64) -> i64 export_c {{
b0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64):
    v5, v6 = call @main.between(v0)
    try b1(v6), b2(v1)
b1(v7: i64):
    v8 = iadd.i64 v7, v5
    v9 = iadd.i64 v8, v1
    jump b3(v9)
b2(v10: i64, v11: ptr):
    v12 = bitcast.i64 v11
    v13 = imul.i64 v12, v10
    jump b3(v13)
b3(v14: i64):
    v15 = iadd.i64 v14, v2
    v16 = imul.i64 v15, v3
    v17 = iadd.i64 v16, v4
    return v17
}}"
    );
    let c = "long run(long, long, long, long, long);
int main(void) {
    long sum = 0;
    for (int i = 0; i < 1000; i++) sum += run(i % 20, 3, 100, 10, i);
    printf(\"%ld %ld %ld\\n\", run(5, 7, 100, 10, 1), run(20, 7, 100, 10, 1), sum);
}";
    // 5 * 7 + 100 and 60 + 20 + 7 + 100, times ten, plus one.
    let expected: i64 = (0..1000i64)
        .map(|i| {
            let n = i % 20;
            let value = if n < 10 { n * 3 } else { 4 * n + 3 };
            (value + 100) * 10 + i
        })
        .sum();
    prints(&ssa, c, &format!("1351 1871 {expected}\n"));
}

#[test]
fn calls_by_address_and_throws_within() {
    let ssa = format!(
        "{THROWER}
function @run(i64) -> i64 export_c {{
b0(v0: i64):
    v1 = func_addr @main.between
    v2, v3 = call_indirect v1(v0) (i64) -> (i64, i64)
    try b1, b2
b1:
    v4 = context
    store.i64 v4+40, v3 [any]
    call_rt flash_throw()
    try b3, b4
b2(v5: ptr):
    v6 = bitcast.i64 v5
    return v6
b3:
    unreachable
b4(v7: ptr):
    v8 = bitcast.i64 v7
    v9 = ineg.i64 v8
    return v9
}}"
    );
    let c = "long run(long); int main(void) { printf(\"%ld %ld %ld\\n\", run(4), run(50), run(9)); }";
    prints(&ssa, c, "4 -150 9\n");
}

#[test]
fn checks_and_natives_with_handlers() {
    let ssa = "
function @run(i64, i64) -> i64 export_c {
b0(v0: i64, v1: i64):
    bounds.i64 v0, v1
    try b1, b2(v1)
b1:
    v2 = iconst.i64 0
    v3 = bitcast.ptr v2
    call_rt flash_print(v3, v2)
    try b3, b2(v0)
b2(v4: i64, v5: ptr):
    v6 = bitcast.i64 v5
    v7 = iadd.i64 v6, v4
    return v7
b3:
    return v0
}";
    let c = "long run(long, long);
int main(void) { on_bounds = throw_index; printf(\"%ld\\n\", run(4, 5)); printf(\"%ld\\n\", run(5, 5)); }";
    prints(ssa, c, "4\n1010\n");
}
