// Timers, all waiting at once: set, every third cancelled, and the others run.

const count = Number(process.argv[2]);
let fired = 0, sum = 0;
for (let number = 0; number < count; number++) {
    const timer = setTimeout(() => {
        fired += 1;
        sum += number;
        if (fired == count - Math.floor((count + 2) / 3)) console.log(fired, sum);
    }, 50 + number % 50);
    if (number % 3 == 0) clearTimeout(timer);
}
