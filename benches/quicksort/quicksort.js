function quicksort(xs, low, high) {
  if (low >= high) return;
  const pivot = xs[low + ((high - low) >> 1)];
  let i = low, j = high;
  while (i <= j) {
    while (xs[i] < pivot) i++;
    while (xs[j] > pivot) j--;
    if (i <= j) {
      const swapped = xs[i];
      xs[i] = xs[j];
      xs[j] = swapped;
      i++;
      j--;
    }
  }
  quicksort(xs, low, j);
  quicksort(xs, i, high);
}

const n = Number(process.argv[2]);
const xs = new Int32Array(n);
let seed = 42;
for (let i = 0; i < n; i++) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  xs[i] = seed >>> 1;
}
quicksort(xs, 0, n - 1);
let sum = 0;
for (let i = 0; i < n; i++) sum = (Math.imul(sum, 31) + xs[i]) >>> 0;
console.log(`${xs[0]} ${xs[n >> 1]} ${xs[n - 1]} ${sum}`);
