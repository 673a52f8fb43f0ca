function element(i, j) {
  return 1 / (((i + j) * (i + j + 1) >> 1) + i + 1);
}

function times(v, result) {
  const n = v.length;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += element(i, j) * v[j];
    result[i] = sum;
  }
}

function timesTransposed(v, result) {
  const n = v.length;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += element(j, i) * v[j];
    result[i] = sum;
  }
}

const n = Number(process.argv[2]);
const u = new Float64Array(n).fill(1);
const v = new Float64Array(n);
const between = new Float64Array(n);
for (let i = 0; i < 10; i++) {
  times(u, between);
  timesTransposed(between, v);
  times(v, between);
  timesTransposed(between, u);
}
let uv = 0, vv = 0;
for (let i = 0; i < n; i++) {
  uv += u[i] * v[i];
  vv += v[i] * v[i];
}
console.log(Math.sqrt(uv / vv).toFixed(9));
