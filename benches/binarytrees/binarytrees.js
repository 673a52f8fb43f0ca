class Tree {
  constructor(left, right) {
    this.left = left;
    this.right = right;
  }

  count() {
    let total = 1;
    if (this.left !== null) total += this.left.count();
    if (this.right !== null) total += this.right.count();
    return total;
  }
}

function build(depth) {
  if (depth === 0) return new Tree(null, null);
  return new Tree(build(depth - 1), build(depth - 1));
}

const depth = Number(process.argv[2]);
console.log(`stretch ${build(depth + 1).count()}`);
const longLived = build(depth);
for (let d = 4; d <= depth; d += 4) {
  const rounds = 1 << (depth - d + 4);
  let total = 0;
  for (let i = 0; i < rounds; i++) total += build(d).count();
  console.log(`${rounds} trees of depth ${d} ${total}`);
}
console.log(`long lived ${longLived.count()}`);
