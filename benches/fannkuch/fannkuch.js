function fannkuch(n) {
  const permutation = new Int32Array(n);
  const current = new Int32Array(n);
  const count = new Int32Array(n);
  for (let i = 0; i < n; i++) permutation[i] = i;
  let most = 0, checksum = 0;
  let even = true;
  let r = n;
  for (;;) {
    for (; r !== 1; r--) count[r - 1] = r;
    for (let i = 0; i < n; i++) current[i] = permutation[i];
    let flips = 0;
    for (let first = current[0]; first !== 0; first = current[0]) {
      for (let low = 0, high = first; low < high; low++, high--) {
        const swapped = current[low];
        current[low] = current[high];
        current[high] = swapped;
      }
      flips++;
    }
    if (flips > most) most = flips;
    checksum += even ? flips : -flips;
    for (;; r++) {
      if (r === n) return [checksum, most];
      const rotated = permutation[0];
      for (let i = 0; i < r; i++) permutation[i] = permutation[i + 1];
      permutation[r] = rotated;
      count[r]--;
      if (count[r] > 0) break;
    }
    even = !even;
  }
}

const [checksum, most] = fannkuch(Number(process.argv[2]));
console.log(`${checksum} ${most}`);
