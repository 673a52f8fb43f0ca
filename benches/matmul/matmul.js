function matrix(n, seed) {
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) m[i * n + j] = seed * (i - j) * (i + j);
  }
  return m;
}

function multiply(a, b, n) {
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k];
      for (let j = 0; j < n; j++) c[i * n + j] += factor * b[k * n + j];
    }
  }
  return c;
}

const n = Number(process.argv[2]);
const scale = 1 / (n * n);
const c = multiply(matrix(n, scale), matrix(n, 2 * scale), n);
const half = Math.floor(n / 2);
console.log(c[half * n + half].toFixed(6));
