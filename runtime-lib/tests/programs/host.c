// A C program with its own main that calls a Flash function, which calls it back.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int64_t sum_of(int64_t count, int64_t (*next)(int64_t));

static int64_t plain(int64_t i) { return i; }
static int64_t nested(int64_t i) { return i % 50 == 0 ? sum_of(10, plain) : 0; }

static void *thread(void *unused) {
    printf("%ld\n", (long)sum_of(1000, plain));
    return unused;
}

int main(int argc, char **argv) {
    if (argc > 1) sum_of(atoi(argv[1]), plain);
    printf("%ld\n", (long)sum_of(100, nested));
    pthread_t other;
    pthread_create(&other, NULL, thread, NULL);
    pthread_join(other, NULL);
    return 3;
}
