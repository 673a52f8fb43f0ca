"use strict";
const { run } = require("./harness.js");

class Element {
    constructor(value, next) {
        this.value = value;
        this.next = next;
    }

    len() {
        return this.next === null ? 1 : 1 + this.next.len();
    }
}

function makeList(length) {
    return length === 0 ? null : new Element(length, makeList(length - 1));
}

function isShorter(x, y) {
    let left = x;
    let right = y;
    while (right !== null) {
        if (left === null) return true;
        left = left.next;
        right = right.next;
    }
    return false;
}

function tail(x, y, z) {
    if (!isShorter(y, x)) return z;
    return tail(tail(x.next, y, z), tail(y.next, z, x), tail(z.next, x, y));
}

run("list", () => tail(makeList(15), makeList(10), makeList(6)).len());
