"use strict";
const { run, Random } = require("./harness.js");

class Builder {
    constructor() {
        this.random = new Random();
        this.count = 0;
    }

    build(depth) {
        this.count++;
        if (depth === 1) return { branches: new Array(this.random.next() % 10 + 1).fill(null) };
        const branches = new Array(4).fill(null);
        for (let i = 0; i < 4; i++) branches[i] = this.build(depth - 1);
        return { branches };
    }
}

run("storage", () => {
    const builder = new Builder();
    builder.build(7);
    return builder.count;
});
