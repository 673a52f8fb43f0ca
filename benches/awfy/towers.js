"use strict";
const { run } = require("./harness.js");

const DISKS = 13;

class Disk {
    constructor(size) {
        this.size = size;
        this.next = null;
    }
}

class Towers {
    constructor() {
        this.piles = [null, null, null];
        this.moves = 0;
    }

    push(disk, pile) {
        const top = this.piles[pile];
        if (top !== null && disk.size >= top.size) throw new Error("a disk does not go on a smaller one");
        disk.next = top;
        this.piles[pile] = disk;
    }

    pop(pile) {
        const top = this.piles[pile];
        if (top === null) throw new Error("no disk");
        this.piles[pile] = top.next;
        top.next = null;
        return top;
    }

    build(pile, disks) {
        for (let size = disks; size >= 0; size--) this.push(new Disk(size), pile);
    }

    moveDisks(disks, from, to) {
        if (disks === 1) {
            this.push(this.pop(from), to);
            this.moves++;
            return;
        }
        const other = 3 - from - to;
        this.moveDisks(disks - 1, from, other);
        this.moveDisks(1, from, to);
        this.moveDisks(disks - 1, other, to);
    }
}

run("towers", () => {
    const towers = new Towers();
    towers.build(0, DISKS);
    towers.moveDisks(DISKS, 0, 1);
    return towers.moves;
});
