class Refused extends Error {
    constructor(n) { super('refused ' + n); this.n = n; }
}
const check = (n) => {
    if (n % 3 === 0) throw new Refused(n);
    return n;
};
const twice = (n) => check(n) + check(n + 1);
const work = (n) => twice(n) + 1;
const n = Number(process.argv[2] ?? 100000);
let sum = 0;
let caught = 0;
for (let i = 0; i < n; i++) {
    try {
        sum += work(i);
    } catch (e) {
        if (!(e instanceof Refused)) throw e;
        caught += e.n & 7;
    }
}
console.log(sum, caught);
