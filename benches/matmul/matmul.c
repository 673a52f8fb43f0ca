#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static double *matrix(int64_t n, double seed) {
    double *m = calloc(n * n, sizeof(double));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) m[i * n + j] = seed * (double)(i - j) * (double)(i + j);
    }
    return m;
}

static double *multiply(const double *a, const double *b, int64_t n) {
    double *c = calloc(n * n, sizeof(double));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < n; k++) {
            double factor = a[i * n + k];
            for (int64_t j = 0; j < n; j++) c[i * n + j] += factor * b[k * n + j];
        }
    }
    return c;
}

int main(int argc, char **argv) {
    (void)argc;
    int64_t n = atoll(argv[1]);
    double scale = 1.0 / (double)(n * n);
    double *c = multiply(matrix(n, scale), matrix(n, 2.0 * scale), n);
    printf("%.6f\n", c[n / 2 * n + n / 2]);
    return 0;
}
