function sieve(limit) {
  const composite = new Uint8Array(limit + 1);
  let count = 0;
  for (let p = 2; p <= limit; p++) {
    if (composite[p] === 0) {
      count++;
      for (let multiple = p * p; multiple <= limit; multiple += p) {
        composite[multiple] = 1;
      }
    }
  }
  return count;
}

console.log(String(sieve(Number(process.argv[2]))));
