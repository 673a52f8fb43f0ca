"use strict";
const { run } = require("./harness.js");
const { RedBlackTree } = require("./red_black_tree.js");

const LEAST = 0.0;
const MOST = 1000.0;
const MOST_HEIGHT = 10.0;
const RADIUS = 1.0;
const COLUMN = RADIUS * 2.0;

class Vector2 {
    constructor(x, y) {
        this.x = x;
        this.y = y;
    }

    plus(x, y) { return new Vector2(this.x + x, this.y + y); }

    compareTo(other) {
        const byX = compareNumbers(this.x, other.x);
        return byX !== 0 ? byX : compareNumbers(this.y, other.y);
    }
}

function compareNumbers(a, b) {
    return a === b ? 0 : a < b ? -1 : 1;
}

class Vector3 {
    constructor(x, y, z) {
        this.x = x;
        this.y = y;
        this.z = z;
    }

    plus(o) { return new Vector3(this.x + o.x, this.y + o.y, this.z + o.z); }
    minus(o) { return new Vector3(this.x - o.x, this.y - o.y, this.z - o.z); }
    dot(o) { return this.x * o.x + this.y * o.y + this.z * o.z; }
    times(n) { return new Vector3(this.x * n, this.y * n, this.z * n); }
    squaredLength() { return this.dot(this); }
    length() { return Math.sqrt(this.squaredLength()); }

    isInside() {
        return this.x >= LEAST && this.x <= MOST && this.y >= LEAST && this.y <= MOST
            && this.z >= LEAST && this.z <= MOST_HEIGHT;
    }
}

class CallSign {
    constructor(value) {
        this.value = value;
    }

    compareTo(other) { return compareNumbers(this.value, other.value); }
}

class Motion {
    constructor(callSign, from, to) {
        this.callSign = callSign;
        this.from = from;
        this.to = to;
    }

    intersection(other) {
        const ownWay = this.to.minus(this.from);
        const otherWay = other.to.minus(other.from);
        const a = otherWay.minus(ownWay).squaredLength();
        const apart = this.from.minus(other.from);
        if (a === 0.0) {
            return apart.length() <= RADIUS ? this.from.plus(other.from).times(0.5) : null;
        }
        const b = 2.0 * apart.dot(ownWay.minus(otherWay));
        const c = apart.squaredLength() - RADIUS * RADIUS;
        const discriminant = b * b - 4.0 * a * c;
        if (discriminant < 0.0) return null;
        const enter = (-b - Math.sqrt(discriminant)) / (2.0 * a);
        const leave = (-b + Math.sqrt(discriminant)) / (2.0 * a);
        if (enter > leave || leave < 0.0 || enter > 1.0) return null;
        const time = enter <= 0.0 ? 0.0 : enter;
        const middle = this.from.plus(ownWay.times(time)).plus(other.from.plus(otherWay.times(time))).times(0.5);
        return middle.isInside() ? middle : null;
    }

    isIn(column) {
        if (column.x > MOST || column.x < LEAST || column.y > MOST || column.y < LEAST) return false;
        const dx = this.to.x - this.from.x;
        const dy = this.to.y - this.from.y;
        const [lowX, highX] = timesInside(column.x, this.from.x, dx);
        const [lowY, highY] = timesInside(column.y, this.from.y, dy);
        return isDuring(column.x, this.from.x, dx, lowX, highX)
            && isDuring(column.y, this.from.y, dy, lowY, highY)
            && (dx === 0.0 || dy === 0.0
                || (lowY <= highX && highX <= highY)
                || (lowY <= lowX && lowX <= highY)
                || (lowX <= lowY && highY <= highX));
    }
}

function timesInside(column, from, way) {
    const low = (column - RADIUS / 2.0 - from) / way;
    const high = (column + COLUMN + RADIUS / 2.0 - from) / way;
    return way < 0.0 ? [high, low] : [low, high];
}

function isDuring(column, from, way, low, high) {
    const restsInside = way === 0.0 && column <= from + RADIUS / 2.0 && from - RADIUS / 2.0 <= column + COLUMN;
    return restsInside || (low <= 1.0 && 1.0 <= high) || (low <= 0.0 && 0.0 <= high) || (0.0 <= low && high <= 1.0);
}

class Detector {
    constructor() {
        this.last = new RedBlackTree();
    }

    newFrame(frame) {
        const collisions = [];
        for (const motions of candidates(this.motions(frame))) {
            for (let i = 0; i < motions.length; i++) {
                const a = motions[i];
                for (let j = i + 1; j < motions.length; j++) {
                    const b = motions[j];
                    const position = a.intersection(b);
                    if (position !== null) collisions.push({ first: a.callSign, second: b.callSign, position });
                }
            }
        }
        return collisions;
    }

    motions(frame) {
        const motions = [];
        const present = new RedBlackTree();
        for (const aircraft of frame) {
            const from = this.last.put(aircraft.callSign, aircraft.position) ?? aircraft.position;
            present.put(aircraft.callSign, true);
            motions.push(new Motion(aircraft.callSign, from, aircraft.position));
        }
        const gone = [];
        this.last.forEach((callSign) => {
            if (!present.has(callSign)) gone.push(callSign);
        });
        for (const callSign of gone) this.last.remove(callSign);
        return motions;
    }
}

function candidates(motions) {
    const columns = new RedBlackTree();
    for (const motion of motions) draw(columns, new RedBlackTree(), columnOf(motion.from), motion);
    const result = [];
    columns.forEach((_, motions) => {
        if (motions.length > 1) result.push(motions);
    });
    return result;
}

function draw(columns, seen, column, motion) {
    if (!motion.isIn(column) || seen.put(column, true) !== null) return;
    const motions = columns.get(column);
    if (motions !== null) motions.push(motion);
    else columns.put(column, [motion]);
    draw(columns, seen, column.plus(-COLUMN, 0.0), motion);
    draw(columns, seen, column.plus(COLUMN, 0.0), motion);
    draw(columns, seen, column.plus(0.0, -COLUMN), motion);
    draw(columns, seen, column.plus(0.0, COLUMN), motion);
    draw(columns, seen, column.plus(-COLUMN, -COLUMN), motion);
    draw(columns, seen, column.plus(-COLUMN, COLUMN), motion);
    draw(columns, seen, column.plus(COLUMN, -COLUMN), motion);
    draw(columns, seen, column.plus(COLUMN, COLUMN), motion);
}

function columnOf(position) {
    return new Vector2(columnStart(position.x), columnStart(position.y));
}

function columnStart(place) {
    const start = Math.trunc(place / COLUMN) * COLUMN;
    return place < 0.0 ? start - COLUMN : start;
}

function frameAt(time, count) {
    const frame = [];
    for (let i = 0; i < count; i += 2) {
        const left = new Vector3(time, Math.cos(time) * 2.0 + i * 3.0, 10.0);
        const right = new Vector3(time, Math.sin(time) * 2.0 + i * 3.0, 10.0);
        frame.push({ callSign: new CallSign(i), position: left });
        frame.push({ callSign: new CallSign(i + 1), position: right });
    }
    return frame;
}

function cd(aircraft) {
    const detector = new Detector();
    let collisions = 0;
    for (let i = 0; i < 200; i++) collisions += detector.newFrame(frameAt(i / 10.0, aircraft)).length;
    return collisions;
}

run("cd", () => cd(100));
