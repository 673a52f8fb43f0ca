const n = Number(process.argv[2]);
let inside = 0;
let sum = 1;

function run() {
  for (let y = 0; y < n; y++) {
    const ci = 2.0 * y / n - 1.0;
    let byte = 0;
    for (let x = 0; x < n; x++) {
      const cr = 2.0 * x / n - 1.5;
      let zr = 0, zi = 0, tr = 0, ti = 0;
      for (let i = 0; i < 50 && tr + ti <= 4.0; i++) {
        zi = 2.0 * zr * zi + ci;
        zr = tr - ti + cr;
        tr = zr * zr;
        ti = zi * zi;
      }
      const bit = tr + ti <= 4.0 ? 1 : 0;
      inside += bit;
      byte = byte << 1 | bit;
      if (x % 8 === 7) {
        sum = (Math.imul(sum, 31) + byte) >>> 0;
        byte = 0;
      }
    }
  }
}

run();
console.log(`${inside} ${sum}`);
