#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int32_t fib(int32_t n) {
    if (n < 2) return n;
    return fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv) {
    (void)argc;
    printf("%d\n", fib(atoi(argv[1])));
    return 0;
}
