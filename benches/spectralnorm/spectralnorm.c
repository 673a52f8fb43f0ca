#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static double element(int64_t i, int64_t j) {
    return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1);
}

static void times(const double *v, double *result, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++) sum += element(i, j) * v[j];
        result[i] = sum;
    }
}

static void times_transposed(const double *v, double *result, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++) sum += element(j, i) * v[j];
        result[i] = sum;
    }
}

int main(int argc, char **argv) {
    (void)argc;
    int64_t n = atoll(argv[1]);
    double *u = malloc(n * sizeof(double)), *v = malloc(n * sizeof(double)), *between = malloc(n * sizeof(double));
    for (int64_t i = 0; i < n; i++) u[i] = 1;
    for (int i = 0; i < 10; i++) {
        times(u, between, n);
        times_transposed(between, v, n);
        times(v, between, n);
        times_transposed(between, u, n);
    }
    double uv = 0, vv = 0;
    for (int64_t i = 0; i < n; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    printf("%.9f\n", sqrt(uv / vv));
    return 0;
}
