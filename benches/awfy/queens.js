"use strict";
const { run } = require("./harness.js");

class Board {
    constructor() {
        this.freeRows = new Array(8).fill(true);
        this.freeSums = new Array(16).fill(true);
        this.freeDifferences = new Array(16).fill(true);
        this.rows = new Array(8).fill(-1);
    }

    place(column) {
        for (let row = 0; row < 8; row++) {
            if (this.isFree(row, column)) {
                this.rows[row] = column;
                this.occupy(row, column, false);
                if (column === 7 || this.place(column + 1)) return true;
                this.occupy(row, column, true);
            }
        }
        return false;
    }

    isFree(row, column) {
        return this.freeRows[row] && this.freeSums[column + row] && this.freeDifferences[column - row + 7];
    }

    occupy(row, column, free) {
        this.freeRows[row] = free;
        this.freeSums[column + row] = free;
        this.freeDifferences[column - row + 7] = free;
    }
}

run("queens", () => {
    let placed = true;
    for (let i = 0; i < 10; i++) placed = placed && new Board().place(0);
    return placed;
});
