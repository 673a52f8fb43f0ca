#include "harness.h"

static int count_primes(bool *flags, int size) {
    int count = 0;
    for (int i = 2; i <= size; i++) {
        if (flags[i - 1]) {
            count++;
            for (int multiple = i + i; multiple <= size; multiple += i) flags[multiple - 1] = false;
        }
    }
    return count;
}

static int sieve(void) {
    bool *flags = malloc(5000);
    memset(flags, true, 5000);
    int count = count_primes(flags, 5000);
    free(flags);
    return count;
}

RUN("sieve", sieve())
