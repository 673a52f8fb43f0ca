#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    (void)argc;
    int32_t n = atoi(argv[1]), inside = 0;
    uint32_t sum = 1;
    for (int32_t y = 0; y < n; y++) {
        double ci = 2.0 * (double)y / (double)n - 1.0;
        uint32_t byte = 0;
        for (int32_t x = 0; x < n; x++) {
            double cr = 2.0 * (double)x / (double)n - 1.5;
            double zr = 0, zi = 0, tr = 0, ti = 0;
            for (int32_t i = 0; i < 50 && tr + ti <= 4.0; i++) {
                zi = 2.0 * zr * zi + ci;
                zr = tr - ti + cr;
                tr = zr * zr;
                ti = zi * zi;
            }
            uint32_t bit = tr + ti <= 4.0;
            inside += (int32_t)bit;
            byte = byte << 1 | bit;
            if (x % 8 == 7) {
                sum = sum * 31 + byte;
                byte = 0;
            }
        }
    }
    printf("%d %u\n", inside, sum);
    return 0;
}
