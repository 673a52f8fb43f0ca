#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int32_t sieve(int32_t limit) {
    bool *composite = calloc(limit + 1, sizeof(bool));
    int32_t count = 0;
    for (int32_t p = 2; p <= limit; p++) {
        if (!composite[p]) {
            count++;
            for (int64_t multiple = (int64_t)p * p; multiple <= limit; multiple += p) {
                composite[multiple] = true;
            }
        }
    }
    free(composite);
    return count;
}

int main(int argc, char **argv) {
    (void)argc;
    printf("%d\n", sieve(atoi(argv[1])));
    return 0;
}
