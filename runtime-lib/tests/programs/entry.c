// The assembly on its own, for machines that only an emulator has: entry, register capture, shims.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __aarch64__
#define PINNED "x21"
#else
#define PINNED "r15"
#endif

struct Context { char *cursor, *limit, *globals, *stack_limit, *stack_base; uint64_t fail_a, fail_b; char *pc, *frame; };
int64_t flash_enter(struct Context *, int64_t (*code)(void), void *stack_top);
void flash_spill_registers(void *argument, void (*then)(void *, const void *));
void flash_fail_division(void);
const void *flash_linked_program(void);

static struct Context context;
static char stack[65536] __attribute__((aligned(16)));

static struct Context *pinned(void) {
    struct Context *value;
    __asm__ volatile("mov " 
#ifdef __aarch64__
        "%0, x21"
#else
        "%%r15, %0"
#endif
        : "=r"(value));
    return value;
}

static void spilled(void *argument, const void *low) {
    // The pinned register is among the spilled ones, and they lie below this caller's frame.
    for (const uint64_t *word = low; (const char *)word < stack + sizeof stack; word++) {
        if (*word == (uint64_t)&context) *(int *)argument = 1;
    }
}

__attribute__((noinline)) static int64_t code(void) {
    char here;
    int found = 0;
    if (pinned() != &context || &here < stack || &here >= stack + sizeof stack) return 1;
    flash_spill_registers(&found, spilled);
    return found ? 42 : 2;
}

void flash_overflow_returned(struct Context *ctx, uint64_t stack, uint64_t frame) { abort(); }
void flash_overflow_ended(struct Context *ctx, uint64_t thrown) { abort(); }

static int64_t failing(void) {
    flash_fail_division();
    return 0;
}

void flash_check_failed(struct Context *ctx, uint32_t check) {
    char *frame = __builtin_frame_address(0);
    int is_right = ctx == &context && check == 2 && ctx->pc > (char *)failing && ctx->pc < (char *)failing + 64;
    is_right &= ctx->frame > stack && ctx->frame < stack + sizeof stack && frame < ctx->frame;
    puts(is_right ? "ok" : "wrong");
    exit(0);
}

int main(void) {
    double kept = 1.5;
    if (flash_linked_program() != NULL) return 1;
    if (flash_enter(&context, code, stack + sizeof stack) != 42) return 2;
    if (flash_enter(&context, failing, stack + sizeof stack) != 0 || kept != 1.5) return 3;
    return 4;
}
