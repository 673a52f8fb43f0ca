#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void quicksort(int32_t *xs, int64_t low, int64_t high) {
    if (low >= high) return;
    int32_t pivot = xs[low + (high - low) / 2];
    int64_t i = low, j = high;
    while (i <= j) {
        while (xs[i] < pivot) i++;
        while (xs[j] > pivot) j--;
        if (i <= j) {
            int32_t swapped = xs[i];
            xs[i] = xs[j];
            xs[j] = swapped;
            i++;
            j--;
        }
    }
    quicksort(xs, low, j);
    quicksort(xs, i, high);
}

int main(int argc, char **argv) {
    (void)argc;
    int64_t n = atoll(argv[1]);
    int32_t *xs = malloc(n * sizeof(int32_t));
    uint32_t seed = 42;
    for (int64_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        xs[i] = (int32_t)(seed >> 1);
    }
    quicksort(xs, 0, n - 1);
    uint32_t sum = 0;
    for (int64_t i = 0; i < n; i++) sum = sum * 31 + (uint32_t)xs[i];
    printf("%d %d %d %u\n", xs[0], xs[n / 2], xs[n - 1], sum);
    return 0;
}
