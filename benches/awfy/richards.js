"use strict";
const { run } = require("./harness.js");

const IDLER = 0, WORKER = 1, HANDLER_A = 2, HANDLER_B = 3, DEVICE_A = 4, DEVICE_B = 5;
const DEVICE = 0, WORK = 1;

class Packet {
    constructor(link, identity, kind) {
        this.link = link;
        this.identity = identity;
        this.kind = kind;
        this.datum = 0;
        this.data = [0, 0, 0, 0];
    }
}

function append(packet, queue) {
    packet.link = null;
    if (queue === null) return packet;
    let last = queue;
    while (last.link !== null) last = last.link;
    last.link = packet;
    return queue;
}

class Task {
    constructor(link, identity, priority, input, waiting, step) {
        this.link = link;
        this.identity = identity;
        this.priority = priority;
        this.input = input;
        this.packetPending = input !== null;
        this.waiting = waiting;
        this.holding = false;
        this.step = step;
    }

    cannotRun() {
        return this.holding || (!this.packetPending && this.waiting);
    }

    run() {
        let message = null;
        if (this.packetPending && this.waiting && !this.holding) {
            message = this.input;
            this.input = message.link;
            this.packetPending = this.input !== null;
            this.waiting = false;
            this.holding = false;
        }
        return this.step(message);
    }

    addInput(packet, current) {
        if (this.input !== null) {
            this.input = append(packet, this.input);
            return current;
        }
        this.input = packet;
        this.packetPending = true;
        return this.priority > current.priority ? this : current;
    }
}

class Scheduler {
    constructor() {
        this.tasks = null;
        this.current = null;
        this.table = new Array(6).fill(null);
        this.queued = 0;
        this.held = 0;
    }

    create(identity, priority, input, waiting, step) {
        const task = new Task(this.tasks, identity, priority, input, waiting, step);
        this.tasks = task;
        this.table[identity] = task;
    }

    schedule() {
        this.current = this.tasks;
        while (this.current !== null) {
            const task = this.current;
            this.current = task.cannotRun() ? task.link : task.run();
        }
    }

    hold() {
        this.held++;
        this.current.holding = true;
        return this.current.link;
    }

    wait() {
        this.current.waiting = true;
        return this.current;
    }

    release(identity) {
        const task = this.table[identity];
        task.holding = false;
        return task.priority > this.current.priority ? task : this.current;
    }

    queue(packet) {
        const task = this.table[packet.identity];
        this.queued++;
        packet.link = null;
        packet.identity = this.current.identity;
        return task.addInput(packet, this.current);
    }
}

function createIdler(system) {
    let control = 1;
    let count = 10000;
    system.create(IDLER, 0, null, false, () => {
        count--;
        if (count === 0) return system.hold();
        if ((control & 1) === 0) {
            control >>= 1;
            return system.release(DEVICE_A);
        }
        control = (control >> 1) ^ 53256;
        return system.release(DEVICE_B);
    });
}

function createWorker(system, input) {
    let destination = HANDLER_A;
    let count = 0;
    system.create(WORKER, 1000, input, true, (work) => {
        if (work === null) return system.wait();
        destination = destination === HANDLER_A ? HANDLER_B : HANDLER_A;
        work.identity = destination;
        work.datum = 0;
        for (let i = 0; i < 4; i++) {
            count = count === 26 ? 1 : count + 1;
            work.data[i] = 65 + count - 1;
        }
        return system.queue(work);
    });
}

function createHandler(system, identity, priority, input) {
    let works = null;
    let devices = null;
    system.create(identity, priority, input, true, (packet) => {
        if (packet !== null) {
            if (packet.kind === WORK) works = append(packet, works);
            else devices = append(packet, devices);
        }
        if (works !== null) {
            const work = works;
            if (work.datum >= 4) {
                works = work.link;
                return system.queue(work);
            }
            if (devices !== null) {
                const device = devices;
                devices = device.link;
                device.datum = work.data[work.datum];
                work.datum++;
                return system.queue(device);
            }
        }
        return system.wait();
    });
}

function createDevice(system, identity, priority) {
    let pending = null;
    system.create(identity, priority, null, true, (packet) => {
        if (packet !== null) {
            pending = packet;
            return system.hold();
        }
        if (pending !== null) {
            const done = pending;
            pending = null;
            return system.queue(done);
        }
        return system.wait();
    });
}

function packets(count, identity, kind) {
    let first = null;
    for (let i = 0; i < count; i++) first = new Packet(first, identity, kind);
    return first;
}

run("richards", () => {
    const system = new Scheduler();
    createIdler(system);
    createWorker(system, packets(2, WORKER, WORK));
    createHandler(system, HANDLER_A, 2000, packets(3, DEVICE_A, DEVICE));
    createHandler(system, HANDLER_B, 3000, packets(3, DEVICE_B, DEVICE));
    createDevice(system, DEVICE_A, 4000);
    createDevice(system, DEVICE_B, 5000);
    system.schedule();
    return `(${system.queued}, ${system.held})`;
});
