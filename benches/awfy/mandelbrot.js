"use strict";
const { run } = require("./harness.js");

function leaves(cr, ci) {
    let zi = 0.0;
    let zrSquared = 0.0;
    let ziSquared = 0.0;
    for (let step = 0; step < 50; step++) {
        const zr = zrSquared - ziSquared + cr;
        zi = 2.0 * zr * zi + ci;
        zrSquared = zr * zr;
        ziSquared = zi * zi;
        if (zrSquared + ziSquared > 4.0) return true;
    }
    return false;
}

function mandelbrot(size) {
    let sum = 0;
    let byte = 0;
    let bits = 0;
    for (let y = 0; y < size; y++) {
        const ci = 2.0 * y / size - 1.0;
        for (let x = 0; x < size; x++) {
            const cr = 2.0 * x / size - 1.5;
            byte = (byte << 1) + (leaves(cr, ci) ? 1 : 0);
            bits++;
            if (bits === 8 || x === size - 1) {
                sum ^= byte << (8 - bits);
                byte = 0;
                bits = 0;
            }
        }
    }
    return sum;
}

run("mandelbrot", () => mandelbrot(500));
