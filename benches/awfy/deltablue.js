"use strict";
const { run } = require("./harness.js");

// From strong to weak.
const REQUIRED = 0, PREFERRED = 2, STRONG_DEFAULT = 3, DEFAULT = 4, WEAKEST = 6;

class Variable {
    constructor(value) {
        this.value = value;
        this.constraints = [];
        this.determinedBy = null;
        this.mark = 0;
        this.walkStrength = WEAKEST;
        this.stay = true;
    }

    remove(constraint) {
        this.constraints = this.constraints.filter((each) => each !== constraint);
        if (this.determinedBy === constraint) this.determinedBy = null;
    }

    isKnown(mark) {
        return this.mark === mark || this.stay || this.determinedBy === null;
    }
}

class Unary {
    constructor(strength, variable, isEdit) {
        this.strength = strength;
        this.variable = variable;
        this.isInput = isEdit;
        this.satisfied = false;
    }

    output() { return this.variable; }
    isSatisfied() { return this.satisfied; }
    markUnsatisfied() { this.satisfied = false; }
    addToGraph() { this.variable.constraints.push(this); this.satisfied = false; }
    removeFromGraph() { this.variable.remove(this); this.satisfied = false; }
    chooseMethod(mark) {
        this.satisfied = this.variable.mark !== mark && this.strength < this.variable.walkStrength;
    }
    markInputs() {}
    inputsKnown() { return true; }
    recalculate() {
        this.variable.walkStrength = this.strength;
        this.variable.stay = !this.isInput;
    }
    execute() {}
}

const NONE = 0, FORWARD = 1, BACKWARD = 2;

class Equality {
    constructor(strength, first, second) {
        this.strength = strength;
        this.first = first;
        this.second = second;
        this.direction = NONE;
        this.isInput = false;
    }

    input() { return this.direction === FORWARD ? this.first : this.second; }
    output() { return this.direction === FORWARD ? this.second : this.first; }
    isSatisfied() { return this.direction !== NONE; }
    markUnsatisfied() { this.direction = NONE; }
    addToGraph() {
        this.first.constraints.push(this);
        this.second.constraints.push(this);
        this.direction = NONE;
    }
    removeFromGraph() {
        this.first.remove(this);
        this.second.remove(this);
        this.direction = NONE;
    }
    chooseMethod(mark) {
        const { first, second, strength } = this;
        if (first.mark === mark) {
            this.direction = second.mark !== mark && strength < second.walkStrength ? FORWARD : NONE;
        } else if (second.mark === mark) {
            this.direction = strength < first.walkStrength ? BACKWARD : NONE;
        } else if (second.walkStrength < first.walkStrength) {
            this.direction = strength < first.walkStrength ? BACKWARD : NONE;
        } else {
            this.direction = strength < second.walkStrength ? FORWARD : NONE;
        }
    }
    markInputs(mark) { this.input().mark = mark; }
    inputsKnown(mark) { return this.input().isKnown(mark); }
    recalculate() {
        const input = this.input();
        const output = this.output();
        output.walkStrength = Math.max(this.strength, input.walkStrength);
        output.stay = input.stay;
        if (output.stay) this.execute();
    }
    execute() { this.output().value = this.input().value; }
}

class Scale extends Equality {
    constructor(strength, first, scale, offset, second) {
        super(strength, first, second);
        this.scale = scale;
        this.offset = offset;
    }

    addToGraph() {
        super.addToGraph();
        this.scale.constraints.push(this);
        this.offset.constraints.push(this);
    }
    removeFromGraph() {
        super.removeFromGraph();
        this.scale.remove(this);
        this.offset.remove(this);
    }
    markInputs(mark) {
        this.input().mark = mark;
        this.scale.mark = mark;
        this.offset.mark = mark;
    }
    inputsKnown(mark) {
        return this.input().isKnown(mark) && this.scale.isKnown(mark) && this.offset.isKnown(mark);
    }
    recalculate() {
        const input = this.input();
        const output = this.output();
        output.walkStrength = Math.max(this.strength, input.walkStrength);
        output.stay = input.stay && this.scale.stay && this.offset.stay;
        if (output.stay) this.execute();
    }
    execute() {
        if (this.direction === FORWARD) this.second.value = this.first.value * this.scale.value + this.offset.value;
        else this.first.value = Math.trunc((this.second.value - this.offset.value) / this.scale.value);
    }
}

class Planner {
    constructor() {
        this.currentMark = 1;
    }

    newMark() { return ++this.currentMark; }

    add(constraint) {
        constraint.addToGraph();
        this.satisfyAll(constraint);
        return constraint;
    }

    satisfyAll(constraint) {
        const mark = this.newMark();
        let overridden = this.satisfy(constraint, mark);
        while (overridden !== null) overridden = this.satisfy(overridden, mark);
    }

    satisfy(constraint, mark) {
        constraint.chooseMethod(mark);
        if (!constraint.isSatisfied()) {
            if (constraint.strength === REQUIRED) throw new Error("a required constraint cannot be satisfied");
            return null;
        }
        constraint.markInputs(mark);
        const output = constraint.output();
        const overridden = output.determinedBy;
        if (overridden !== null) overridden.markUnsatisfied();
        output.determinedBy = constraint;
        if (!this.propagate(constraint, mark)) throw new Error("a cycle of constraints");
        output.mark = mark;
        return overridden;
    }

    propagate(constraint, mark) {
        const todo = [constraint];
        for (let at = 0; at < todo.length; at++) {
            const each = todo[at];
            if (each.output().mark === mark) {
                this.remove(constraint);
                return false;
            }
            each.recalculate();
            addConsumers(each.output(), todo);
        }
        return true;
    }

    destroy(constraint) {
        if (constraint.isSatisfied()) this.remove(constraint);
        else constraint.removeFromGraph();
    }

    remove(constraint) {
        const output = constraint.output();
        constraint.markUnsatisfied();
        constraint.removeFromGraph();
        for (const each of this.unsatisfiedBehind(output)) this.satisfyAll(each);
    }

    unsatisfiedBehind(output) {
        output.determinedBy = null;
        output.walkStrength = WEAKEST;
        output.stay = true;
        const unsatisfied = [];
        const todo = [output];
        for (let at = 0; at < todo.length; at++) {
            const variable = todo[at];
            for (const each of variable.constraints) {
                if (!each.isSatisfied()) {
                    unsatisfied.push(each);
                } else if (variable.determinedBy !== each) {
                    each.recalculate();
                    todo.push(each.output());
                }
            }
        }
        return unsatisfied.sort((a, b) => a.strength - b.strength);
    }

    planFor(constraints) {
        const mark = this.newMark();
        const plan = [];
        const todo = constraints.filter((each) => each.isInput && each.isSatisfied());
        for (let at = 0; at < todo.length; at++) {
            const constraint = todo[at];
            const output = constraint.output();
            if (output.mark !== mark && constraint.inputsKnown(mark)) {
                plan.push(constraint);
                output.mark = mark;
                addConsumers(output, todo);
            }
        }
        return plan;
    }

    change(variable, value) {
        const edit = this.add(new Unary(PREFERRED, variable, true));
        const plan = this.planFor([edit]);
        for (let i = 0; i < 10; i++) {
            variable.value = value;
            execute(plan);
        }
        this.destroy(edit);
    }
}

function addConsumers(variable, constraints) {
    for (const each of variable.constraints) {
        if (each.isSatisfied() && variable.determinedBy !== each) constraints.push(each);
    }
}

function execute(plan) {
    for (const constraint of plan) constraint.execute();
}

function check(condition) {
    if (!condition) throw new Error("a wrong value");
}

function chain(count) {
    const planner = new Planner();
    const variables = [];
    for (let i = 0; i <= count; i++) variables.push(new Variable(0));
    for (let i = 0; i < count; i++) planner.add(new Equality(REQUIRED, variables[i], variables[i + 1]));
    const first = variables[0];
    const last = variables[count];
    planner.add(new Unary(STRONG_DEFAULT, last, false));
    const edit = planner.add(new Unary(PREFERRED, first, true));
    const plan = planner.planFor([edit]);
    for (let value = 0; value < 100; value++) {
        first.value = value;
        execute(plan);
        check(last.value === value);
    }
    planner.destroy(edit);
}

function projection(count) {
    const planner = new Planner();
    const scale = new Variable(10);
    const offset = new Variable(1000);
    const sources = [];
    const targets = [];
    for (let i = 0; i < count; i++) {
        const source = new Variable(i);
        const target = new Variable(i);
        sources.push(source);
        targets.push(target);
        planner.add(new Unary(DEFAULT, source, false));
        planner.add(new Scale(REQUIRED, source, scale, offset, target));
    }
    const source = sources[count - 1];
    const target = targets[count - 1];
    planner.change(source, 17);
    check(target.value === 1170);
    planner.change(target, 1050);
    check(source.value === 5);
    planner.change(scale, 5);
    for (let i = 0; i < count - 1; i++) check(targets[i].value === i * 5 + 1000);
    planner.change(offset, 2000);
    for (let i = 0; i < count - 1; i++) check(targets[i].value === i * 5 + 2000);
}

run("deltablue", () => {
    chain(12000);
    projection(12000);
    return true;
});
