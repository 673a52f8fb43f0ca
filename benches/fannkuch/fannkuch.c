#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int32_t fannkuch(int64_t n, int32_t *most_out) {
    int32_t *permutation = malloc(n * sizeof(int32_t));
    int32_t *current = malloc(n * sizeof(int32_t));
    int64_t *count = malloc(n * sizeof(int64_t));
    for (int64_t i = 0; i < n; i++) permutation[i] = (int32_t)i;
    int32_t most = 0, checksum = 0;
    bool even = true;
    int64_t r = n;
    for (;;) {
        for (; r != 1; r--) count[r - 1] = r;
        for (int64_t i = 0; i < n; i++) current[i] = permutation[i];
        int32_t flips = 0;
        for (int32_t first = current[0]; first != 0; first = current[0]) {
            for (int64_t low = 0, high = first; low < high; low++, high--) {
                int32_t swapped = current[low];
                current[low] = current[high];
                current[high] = swapped;
            }
            flips++;
        }
        if (flips > most) most = flips;
        checksum += even ? flips : -flips;
        for (;; r++) {
            if (r == n) {
                *most_out = most;
                return checksum;
            }
            int32_t rotated = permutation[0];
            for (int64_t i = 0; i < r; i++) permutation[i] = permutation[i + 1];
            permutation[r] = rotated;
            count[r]--;
            if (count[r] > 0) break;
        }
        even = !even;
    }
}

int main(int argc, char **argv) {
    (void)argc;
    int32_t most;
    int32_t checksum = fannkuch(atoll(argv[1]), &most);
    printf("%d %d\n", checksum, most);
    return 0;
}
