"use strict";
const { run } = require("./harness.js");

class Block {
    constructor(name) {
        this.name = name;
        this.incoming = [];
        this.outgoing = [];
    }
}

class Graph {
    constructor() {
        this.blocks = new Map();
        this.start = null;
    }

    block(name) {
        const known = this.blocks.get(name);
        if (known !== undefined) return known;
        const block = new Block(name);
        this.blocks.set(name, block);
        if (this.start === null) this.start = block;
        return block;
    }

    connect(from, to) {
        const source = this.block(from);
        const target = this.block(to);
        source.outgoing.push(target);
        target.incoming.push(source);
    }

    straight(start, count) {
        for (let i = 0; i < count; i++) this.connect(start + i, start + i + 1);
        return start + count;
    }

    diamond(start) {
        this.connect(start, start + 1);
        this.connect(start, start + 2);
        this.connect(start + 1, start + 3);
        this.connect(start + 2, start + 3);
        return start + 3;
    }

    baseLoop(start) {
        const header = this.straight(start, 1);
        const first = this.diamond(header);
        const middle = this.straight(first, 1);
        const second = this.diamond(middle);
        const footer = this.straight(second, 1);
        this.connect(second, middle);
        this.connect(first, header);
        this.connect(footer, start);
        return this.straight(footer, 1);
    }
}

class Loop {
    constructor(header, isReducible) {
        this.header = header;
        this.isReducible = isReducible;
        this.parent = null;
        this.blocks = new Set();
        this.children = new Set();
        this.nestingLevel = 0;
        this.depthLevel = 0;
    }

    setParent(parent) {
        this.parent = parent;
        parent.children.add(this);
    }
}

class LoopStructure {
    constructor() {
        this.loops = [new Loop(null, false)];
    }

    add(header, isReducible) {
        const added = new Loop(header, isReducible);
        added.blocks.add(header);
        this.loops.push(added);
        return added;
    }

    calculateNesting() {
        const root = this.loops[0];
        for (const each of this.loops) {
            if (each !== root && each.parent === null) each.setParent(root);
        }
        this.calculate(root, 0);
    }

    calculate(parent, depth) {
        parent.depthLevel = depth;
        for (const child of parent.children) {
            this.calculate(child, depth + 1);
            parent.nestingLevel = Math.max(parent.nestingLevel, child.nestingLevel + 1);
        }
    }
}

const NON_HEADER = 0, REDUCIBLE = 1, OWN = 2, IRREDUCIBLE = 3, DEAD = 4;

class Node {
    constructor() {
        this.parent = null;
        this.block = null;
        this.found = null;
        this.number = 0;
    }

    findSet() {
        const path = [];
        let node = this;
        for (;;) {
            const up = node.parent;
            if (up === node) break;
            if (up !== up.parent) path.push(node);
            node = up;
        }
        for (const each of path) each.parent = node;
        return node;
    }
}

const UNVISITED = 2147483647;

class Finder {
    constructor(graph, structure) {
        this.graph = graph;
        this.structure = structure;
        this.numbers = new Map();
        this.nodes = [];
        this.last = [];
        this.kinds = [];
        this.back = [];
        this.others = [];
    }

    find() {
        const size = this.graph.blocks.size;
        for (let i = 0; i < size; i++) {
            this.nodes.push(new Node());
            this.last.push(0);
            this.kinds.push(NON_HEADER);
            this.back.push([]);
            this.others.push(new Set());
        }
        for (const block of this.graph.blocks.values()) this.numbers.set(block, UNVISITED);
        this.visit(this.graph.start, 0);
        this.classifyEdges();
        for (let w = size - 1; w >= 0; w--) {
            if (this.nodes[w].block !== null) this.findLoop(w, this.nodes[w].block);
        }
    }

    visit(block, number) {
        const node = this.nodes[number];
        node.parent = node;
        node.block = block;
        node.number = number;
        this.numbers.set(block, number);
        let last = number;
        for (const target of block.outgoing) {
            if (this.numbers.get(target) === UNVISITED) last = this.visit(target, last + 1);
        }
        this.last[number] = last;
        return last;
    }

    isAncestor(w, v) {
        return w <= v && v <= this.last[w];
    }

    classifyEdges() {
        for (let w = 0; w < this.nodes.length; w++) {
            const block = this.nodes[w].block;
            if (block === null) {
                this.kinds[w] = DEAD;
                continue;
            }
            for (const source of block.incoming) {
                const v = this.numbers.get(source);
                if (v === UNVISITED) continue;
                if (this.isAncestor(w, v)) this.back[w].push(v);
                else this.others[w].add(v);
            }
        }
    }

    findLoop(w, block) {
        const pool = [];
        for (const v of this.back[w]) {
            if (v === w) this.kinds[w] = OWN;
            else pool.push(this.nodes[v].findSet());
        }
        const work = pool.slice();
        if (pool.length > 0) this.kinds[w] = REDUCIBLE;
        for (let at = 0; at < work.length; at++) {
            for (const v of this.others[work[at].number]) {
                const y = this.nodes[v].findSet();
                if (!this.isAncestor(w, y.number)) {
                    this.kinds[w] = IRREDUCIBLE;
                    this.others[w].add(y.number);
                } else if (y.number !== w && !pool.some((each) => each === y)) {
                    work.push(y);
                    pool.push(y);
                }
            }
        }
        if (pool.length === 0 && this.kinds[w] !== OWN) return;
        const added = this.structure.add(block, this.kinds[w] !== IRREDUCIBLE);
        this.nodes[w].found = added;
        for (const node of pool) {
            node.parent = this.nodes[w];
            if (node.found !== null) node.found.setParent(added);
            else added.blocks.add(node.block);
        }
    }
}

function findLoops(graph, structure) {
    new Finder(graph, structure).find();
}

function havlak(rounds) {
    const graph = new Graph();
    const structure = new LoopStructure();
    graph.block(0);
    graph.baseLoop(0);
    graph.block(1);
    graph.connect(0, 2);
    for (let i = 0; i < rounds; i++) findLoops(graph, structure);

    let n = 2;
    for (let i = 0; i < 10; i++) {
        graph.block(n + 1);
        graph.connect(2, n + 1);
        n += 1;
        for (let j = 0; j < 10; j++) {
            const top = n;
            n = graph.straight(n, 1);
            for (let k = 0; k < 5; k++) n = graph.baseLoop(n);
            const bottom = graph.straight(n, 1);
            graph.connect(n, top);
            n = bottom;
        }
        graph.connect(n, 1);
    }
    findLoops(graph, structure);
    for (let i = 0; i < 50; i++) findLoops(graph, new LoopStructure());
    structure.calculateNesting();
    return `(${structure.loops.length}, ${graph.blocks.size})`;
}

run("havlak", () => havlak(1500));
