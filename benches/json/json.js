const make = (count) => {
    const users = [];
    let seed = 42n;
    for (let i = 0; i < count; i++) {
        seed = (seed * 1103515245n + 12345n) & 0x7fffffffn;
        const s = Number(seed);
        users.push({
            id: i, name: 'User ' + s, email: `user${i}@example.org`, score: (s % 10000) / 100, active: s % 2 === 0,
            tags: ['alpha', 'beta', 'line\nbreak'],
            address: {
                street: 'Long Street ' + (s % 300), city: 'Städtchen', zip: s % 90000,
                latitude: (s % 180000) / 1000 - 90, longitude: (s % 360000) / 1000 - 180,
            },
            note: i % 3 === 0 ? 'a note' : null,
        });
    }
    return users;
};
const rounds = Number(process.argv[2] ?? 10);
const users = make(20000);
const text = JSON.stringify(users);
let start = performance.now();
let total = 0;
for (let i = 0; i < rounds; i++) total += Buffer.byteLength(JSON.stringify(users));
const write = (performance.now() - start) / rounds;
console.log('written', total);
start = performance.now();
let sum = 0;
for (let i = 0; i < rounds; i++) {
    const read = JSON.parse(text);
    sum += read[i * 7].address.zip + read.length;
}
const typed = (performance.now() - start) / rounds;
console.log('typed', sum);
start = performance.now();
sum = 0;
for (let i = 0; i < rounds; i++) {
    const read = JSON.parse(text);
    sum += read[i * 7].address.zip + read.length;
}
const doc = (performance.now() - start) / rounds;
console.log('document', sum);
if (process.argv.length > 3) {
    console.log(`bytes ${Buffer.byteLength(text)} write ${write.toFixed(0)} ms typed ${typed.toFixed(0)} ms document ${doc.toFixed(0)} ms`);
}
