// Tasks that wait, all at once, for one event, and then finish.

async function work(gate, number) {
    const open = await gate;
    return number * open;
}

async function main() {
    const count = Number(process.argv[2]);
    let open;
    const gate = new Promise((resolve) => { open = resolve; });
    const tasks = [];
    for (let number = 0; number < count; number++) tasks.push(work(gate, number));
    console.log(tasks.length);
    open(3);
    let sum = 0;
    for (const task of tasks) sum += await task;
    console.log(sum);
}
main();
