#include "harness.h"

static bool leaves(double cr, double ci) {
    double zi = 0.0, zr_squared = 0.0, zi_squared = 0.0;
    for (int step = 0; step < 50; step++) {
        double zr = zr_squared - zi_squared + cr;
        zi = 2.0 * zr * zi + ci;
        zr_squared = zr * zr;
        zi_squared = zi * zi;
        if (zr_squared + zi_squared > 4.0) return true;
    }
    return false;
}

static int mandelbrot(int size) {
    int sum = 0, byte = 0, bits = 0;
    for (int y = 0; y < size; y++) {
        double ci = 2.0 * y / size - 1.0;
        for (int x = 0; x < size; x++) {
            double cr = 2.0 * x / size - 1.5;
            byte = (byte << 1) + leaves(cr, ci);
            bits++;
            if (bits == 8 || x == size - 1) {
                sum ^= byte << (8 - bits);
                byte = 0;
                bits = 0;
            }
        }
    }
    return sum;
}

RUN("mandelbrot", mandelbrot(500 + opaque_zero))
