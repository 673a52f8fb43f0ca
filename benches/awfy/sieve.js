"use strict";
const { run } = require("./harness.js");

function countPrimes(flags) {
    const size = flags.length;
    let count = 0;
    for (let i = 2; i <= size; i++) {
        if (flags[i - 1]) {
            count++;
            for (let multiple = i + i; multiple <= size; multiple += i) flags[multiple - 1] = false;
        }
    }
    return count;
}

run("sieve", () => countPrimes(new Array(5000).fill(true)));
