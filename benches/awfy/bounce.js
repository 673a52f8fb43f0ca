"use strict";
const { run, Random } = require("./harness.js");

const LIMIT = 500;

class Ball {
    constructor(random) {
        this.x = random.next() % LIMIT;
        this.y = random.next() % LIMIT;
        this.xVelocity = random.next() % 300 - 150;
        this.yVelocity = random.next() % 300 - 150;
    }

    bounce() {
        this.x += this.xVelocity;
        this.y += this.yVelocity;
        let bounced = false;
        if (this.x > LIMIT) { this.x = LIMIT; this.xVelocity = -Math.abs(this.xVelocity); bounced = true; }
        if (this.x < 0) { this.x = 0; this.xVelocity = Math.abs(this.xVelocity); bounced = true; }
        if (this.y > LIMIT) { this.y = LIMIT; this.yVelocity = -Math.abs(this.yVelocity); bounced = true; }
        if (this.y < 0) { this.y = 0; this.yVelocity = Math.abs(this.yVelocity); bounced = true; }
        return bounced;
    }
}

function bounce() {
    const random = new Random();
    const balls = [];
    for (let i = 0; i < 100; i++) balls.push(new Ball(random));
    let bounces = 0;
    for (let i = 0; i < 50; i++) {
        for (const ball of balls) {
            if (ball.bounce()) bounces++;
        }
    }
    return bounces;
}

run("bounce", bounce);
