#include "harness.h"

typedef struct Tree { int len; struct Tree **branches; } Tree;

static int seed, count;

static Tree *build(int depth) {
    count++;
    Tree *tree = malloc(sizeof(Tree));
    tree->len = depth == 1 ? next_random(&seed) % 10 + 1 : 4;
    tree->branches = calloc(tree->len, sizeof(Tree *));
    if (depth > 1) {
        for (int i = 0; i < 4; i++) tree->branches[i] = build(depth - 1);
    }
    return tree;
}

static void drop(Tree *tree) {
    for (int i = 0; i < tree->len; i++) {
        if (tree->branches[i]) drop(tree->branches[i]);
    }
    free(tree->branches);
    free(tree);
}

static int storage(void) {
    seed = 74755;
    count = 0;
    drop(build(7));
    return count;
}

RUN("storage", storage())
