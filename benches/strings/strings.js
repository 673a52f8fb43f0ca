function checksum(text, start) {
  let sum = start;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) >>> 0;
  return sum;
}

const n = Number(process.argv[2]);
let sum = 7;
let lines = 0;
let line = "";
for (let i = 0; i < n; i++) {
  const key = "key" + (i % 1000);
  line += key + "=" + i + ";";
  if (line.length > 200) {
    sum = checksum(line, sum);
    lines++;
    line = "";
  }
}
console.log(`${lines} ${checksum(line, sum)}`);
