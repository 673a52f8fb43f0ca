"use strict";
const { run } = require("./harness.js");

class Permuter {
    constructor() {
        this.elements = [0, 1, 2, 3, 4, 5];
        this.count = 0;
    }

    permute(n) {
        this.count++;
        if (n === 0) return;
        const last = n - 1;
        this.permute(last);
        for (let i = last; i >= 0; i--) {
            this.swap(last, i);
            this.permute(last);
            this.swap(last, i);
        }
    }

    swap(i, j) {
        const element = this.elements[i];
        this.elements[i] = this.elements[j];
        this.elements[j] = element;
    }
}

run("permute", () => {
    const permuter = new Permuter();
    permuter.permute(6);
    return permuter.count;
});
