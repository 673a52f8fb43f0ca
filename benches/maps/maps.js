const n = Number(process.argv[2] ?? 100000);
const imul = (seed) => {
    // The low 31 bits need only the low 32 of the product.
    return (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
};
const squares = new Map();
for (let i = 0; i < n; i++) squares.set((i * 7919) & 0xfffff, i);
let sum = 0;
for (let i = 0; i < 2 * n; i++) {
    const found = squares.get(i & 0xfffff);
    if (found !== undefined) sum += found;
}
console.log('integers', squares.size, sum);
const words = [];
for (let i = 0; i < Math.floor(n / 10); i++) words.push('word' + i);
const counts = new Map();
let seed = 42;
for (let i = 0; i < n; i++) {
    seed = imul(seed);
    const word = words[(seed >> 8) % words.length];
    counts.set(word, (counts.get(word) ?? 0) + 1);
}
let most = 0;
for (const [, count] of counts) if (count > most) most = count;
console.log('texts', counts.size, most);
const seen = new Set();
let kept = 0;
for (let i = 0; i < n; i++) {
    seed = imul(seed);
    const key = (seed >> 4) & 0x3ffff;
    if (seen.has(key)) seen.delete(key); else seen.add(key);
    if (i % 4 === 0 && seen.has(i & 0x3ffff)) kept++;
}
console.log('set', seen.size, kept);
