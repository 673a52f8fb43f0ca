/* A C program that calls Flash. */
#include <stdint.h>
#include <stdio.h>

/* Declared by hand, as the Flash side has them. */
double polygon_area(double *corners, int64_t count);
int32_t triangular(int32_t n);

int main(void) {
    double square[] = {0, 0, 2, 0, 2, 2, 0, 2};
    double triangle[] = {0, 0, 4, 0, 0, 3};
    printf("square: %g\n", polygon_area(square, 4));
    printf("triangle: %g\n", polygon_area(triangle, 3));
    printf("triangular(100): %d\n", triangular(100));
    return 0;
}
