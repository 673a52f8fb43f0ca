#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct tree {
    struct tree *left, *right;
};

static struct tree *build(int32_t depth) {
    struct tree *t = malloc(sizeof *t);
    t->left = depth == 0 ? NULL : build(depth - 1);
    t->right = depth == 0 ? NULL : build(depth - 1);
    return t;
}

static int32_t count(const struct tree *t) {
    int32_t total = 1;
    if (t->left) total += count(t->left);
    if (t->right) total += count(t->right);
    return total;
}

static void release(struct tree *t) {
    if (t->left) release(t->left);
    if (t->right) release(t->right);
    free(t);
}

static int32_t counted(struct tree *t) {
    int32_t total = count(t);
    release(t);
    return total;
}

int main(int argc, char **argv) {
    (void)argc;
    int32_t depth = atoi(argv[1]);
    printf("stretch %d\n", counted(build(depth + 1)));
    struct tree *long_lived = build(depth);
    for (int32_t d = 4; d <= depth; d += 4) {
        int32_t rounds = 1 << (depth - d + 4), total = 0;
        for (int32_t i = 0; i < rounds; i++) total += counted(build(d));
        printf("%d trees of depth %d %d\n", rounds, d, total);
    }
    printf("long lived %d\n", counted(long_lived));
    return 0;
}
