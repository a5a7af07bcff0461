// The limit of every checker of NDJSON in JavaScript: lines cut from pieces of a megabyte, each given to JSON.parse.
import { closeSync, openSync, readSync } from 'node:fs';

const file = openSync(process.argv[2], 'r');
const buffer = Buffer.allocUnsafe(1 << 20);
let carried = Buffer.alloc(0);
let lines = 0;
for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer)) {
  const bytes = Buffer.concat([carried, buffer.subarray(0, size)]);
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    JSON.parse(bytes.toString('utf8', start, end));
    lines++;
    start = end + 1;
  }
  carried = bytes.subarray(start);
}
closeSync(file);
if (process.argv[3] !== undefined && lines !== Number(process.argv[3])) throw new Error(`${lines} lines`);
