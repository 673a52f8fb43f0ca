// What all of these benchmarks share; see harness.fl.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Runs `expression`, an int, as often as the command line says; it must give the same every time.
// Nothing that a benchmark computes may be kept from one time to the next: it gets its size from here.
static volatile int opaque_zero = 0;

#define RUN(name, expression)                                                    \
    int main(int argc, char **argv) {                                            \
        int times = argc > 1 ? atoi(argv[1]) : 1;                                \
        int first = (expression);                                                \
        for (int i = 1; i < times; i++) {                                        \
            if ((expression) != first) {                                         \
                fprintf(stderr, name " gave something else than %d\n", first);   \
                return 1;                                                        \
            }                                                                    \
        }                                                                        \
        printf(name ": %d\n", first);                                            \
        return 0;                                                                \
    }

static inline int next_random(int *seed) {
    *seed = (*seed * 1309 + 13849) & 65535;
    return *seed;
}
