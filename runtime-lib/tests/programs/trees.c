// A program as the compiler would make it, in C: allocates inline, keeps its roots in locals and in globals,
// and checks that nothing it holds is ever freed. Needs -ffixed-r15 -fno-omit-frame-pointer.
#include <stdint.h>
#include <stddef.h>

struct Context { char *cursor, *limit, *globals, *stack_limit, *stack_base; uint64_t fail_a, fail_b; };
register struct Context *context asm("r15");

struct Descriptor { uint32_t size, pointer_count, name_len; uint8_t kind, reserved[3]; uint32_t slots[3]; char name[8]; };
static const struct Descriptor tree_type = { 32, 2, 4, 0, {0}, { 8 | 1, 16 | 1 }, "Tree" };
static const struct Descriptor trees_type = { 8, 1, 0, 1, {0}, { 0 | 1 }, "" };
static const struct Descriptor array_type = { 32, 1, 0, 0, {0}, { 8 }, "" };
static const struct Descriptor globals_type = { 16, 2, 0, 0, {0}, { 0 | 1, 8 }, "" };

struct Tree { uint64_t header; struct Tree *left, *right; int64_t depth; };
struct Array { uint64_t header; struct Tree **data; int64_t len, capacity; };

void *flash_alloc(struct Context *, const struct Descriptor *);
void flash_array_reserve(struct Context *, struct Array *, const struct Descriptor *, int64_t);
void flash_print(struct Context *, const char *, int64_t);
int64_t flash_collect(struct Context *);

static inline void *allocate(const struct Descriptor *type) {
    char *object = context->cursor;
    if (type->size > (size_t)(context->limit - object)) return flash_alloc(context, type);
    context->cursor = object + type->size;
    *(uint64_t *)object = (uint64_t)type;
    return object;
}

static struct Tree *build(int depth) {
    struct Tree *tree = allocate(&tree_type);
    tree->depth = depth;
    if (depth > 0) {
        tree->left = build(depth - 1);
        tree->right = build(depth - 1);
    }
    return tree;
}

static int64_t count(const struct Tree *tree) {
    if (tree->header != (uint64_t)&tree_type) return -1000000;
    if (tree->depth == 0) return tree->left == NULL && tree->right == NULL;
    if (tree->left->depth != tree->depth - 1) return -1000000;
    return 1 + count(tree->left) + count(tree->right);
}

#ifndef DEPTH
#define DEPTH 12
#endif

static int64_t entry(void) {
    struct Tree **global = (struct Tree **)context->globals;
    global[0] = build(DEPTH);
    struct Array *array = allocate(&array_type);
    ((struct Array **)context->globals)[1] = array;
    for (int round = 0; round < 200; round++) {
        struct Tree *tree = build(round % DEPTH);
        if (count(tree) != (2L << (round % DEPTH)) - 1) return 1;
        if (array->len == array->capacity) flash_array_reserve(context, array, &trees_type, array->len + 1);
        array->data[array->len++] = tree;
        if (count(global[0]) != (2L << DEPTH) - 1) return 2;
        if (array->len > 40) array->len = 0;
    }
    for (int64_t i = 0; i < array->len; i++) {
        if (count(array->data[i]) < 0) return 3;
    }
    if (flash_collect(context) < (1 << DEPTH) * 32) return 4;
    flash_print(context, "trees\n", 6);
    return 0;
}

struct Program {
    uint64_t magic; uint32_t version, reserved; uint64_t globals_size; const void *globals; int64_t (*entry)(void);
    const void *text; uint64_t text_size; const void *rest[12];
};
const struct Program flash_program = { 0x4752504853414c46, 4, 0, 16, &globals_type, entry };
