// What all of these benchmarks share; see harness.fl.
"use strict";

function run(name, benchmark) {
    const times = Number(process.argv[2] ?? 1);
    const first = String(benchmark());
    for (let i = 1; i < times; i++) {
        const again = String(benchmark());
        if (again !== first) throw new Error(`${name} gave ${first}, then ${again}`);
    }
    console.log(`${name}: ${first}`);
}

class Random {
    constructor() {
        this.seed = 74755;
    }

    next() {
        this.seed = (this.seed * 1309 + 13849) & 65535;
        return this.seed;
    }
}

module.exports = { run, Random };
