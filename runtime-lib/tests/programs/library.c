// What the compiler would make of a module that exports a C function, in C. Needs -ffixed-r15 -fno-omit-frame-pointer.
#include <stdint.h>
#include <stddef.h>

struct Context { char *cursor, *limit, *globals, *stack_limit, *stack_base; uint64_t fail_a, fail_b; };
register struct Context *context asm("r15");

struct Descriptor { uint32_t size, pointer_count, name_len; uint8_t kind, reserved[3]; uint32_t slots[1]; char name[4]; };
static const struct Descriptor list_type = { 24, 1, 4, 0, {0}, { 8 | 1 }, "List" };
static const struct Descriptor globals_type = { 16, 0, 0, 0, {0}, {0}, "" };

struct List { uint64_t header; struct List *next; int64_t value; };

struct Context *flash_attach(struct Context *);
void *flash_alloc(struct Context *, const struct Descriptor *);
void flash_print(struct Context *, const char *, int64_t);
void flash_fail_division(void);

static int64_t entry(void) {
    ((int64_t *)context->globals)[0] = 100;
    flash_print(context, "initialised\n", 12);
    return 0;
}

static int64_t sum(int64_t count, int64_t (*next)(int64_t)) {
    struct List *list = NULL;
    for (int64_t i = 0; i < count; i++) {
        struct List *node = flash_alloc(context, &list_type);
        node->next = list;
        node->value = next(i);
        list = node;
    }
    int64_t total = 0;
    for (; list; list = list->next) total += list->value;
    return total;
}

static int64_t descend(volatile int64_t depth) { return descend(depth + 1) + depth; }

int64_t sum_of(int64_t count, int64_t (*next)(int64_t)) {
    struct Context *outer = context;
    context = flash_attach(NULL);
    int64_t result = count == -1 ? descend(0) : sum(count, next) + ((int64_t *)context->globals)[0];
    if (count == -2) flash_fail_division();
    context = outer;
    return result;
}

struct Program {
    uint64_t magic; uint32_t version, reserved; uint64_t globals_size; const void *globals; int64_t (*entry)(void);
    const void *text; uint64_t text_size; const void *rest[12];
};
const struct Program flash_program = { 0x4752504853414c46, 4, 0, 16, &globals_type, entry };
