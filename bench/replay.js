// `replay` as a ratio to wrk with one fixed body against the same sink, in one run: npm run bench:replay [deliveries] [rounds]
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bodyOf, hasWrk, load } from './load.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'bin', 'whapi-hooks.cjs');
const deliveries = Number(process.argv[2] ?? 20_000);
const rounds = Number(process.argv[3] ?? 3);
const CONNECTIONS = 10;
const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-bench-'));

const write = (name, count) => {
  const file = openSync(join(folder, name), 'w');
  for (let at = 0; at < count; at += 1000) {
    writeSync(file, Array.from({ length: Math.min(1000, count - at) }, (_, index) => `${bodyOf(at + index)}\n`).join(''));
  }
  closeSync(file);
};

const start = () => {
  const child = spawn(process.execPath, [join(root, 'bench', 'bare.js')], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve) => {
    child.stdout.on('data', (chunk) => resolve({ url: String(chunk).trim(), stop: () => child.kill('SIGKILL') }));
  });
};

/** Runs replay to its end. @returns milliseconds, those of the processor, its summary and the most memory it had, in MB */
const replay = (url, file, ...flags) => {
  const out = openSync(join(folder, 'out.txt'), 'w');
  const command = [process.execPath, bin, 'replay', file, '--to', url, '--concurrency', String(CONNECTIONS), ...flags];
  const begun = performance.now();
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%U %S %M', ...command], { cwd: folder, stdio: ['ignore', out, 'pipe'] });
  const ms = performance.now() - begun;
  closeSync(out);
  if (status !== 0) throw new Error(`replay ended with ${status}: ${stderr}`);
  const last = readFileSync(join(folder, 'out.txt'), 'utf8').trimEnd().split('\n').at(-1);
  const [user = 0, system = 0, memory = 0] = String(stderr).trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  return { ms, busy: (user + system) * 1000, last, memory: memory / 1024 };
};

const timed = (args) => {
  const begun = performance.now();
  spawnSync(process.execPath, args, { cwd: folder, stdio: 'ignore' });
  return performance.now() - begun;
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

write('many.jsonl', deliveries);
write('one.jsonl', 1);
// What wrk sends is one fixed body of the same size.
writeFileSync(
  join(folder, 'fixed.lua'),
  `wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.body = ${JSON.stringify(bodyOf(1))}\n`,
);
const fixed = (url) => {
  if (!hasWrk) return load(url, 2, CONNECTIONS).rate;
  const args = ['-t1', `-c${CONNECTIONS}`, '-d2s', '-s', join(folder, 'fixed.lua'), url];
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(spawnSync('wrk', args, { encoding: 'utf8' }).stdout)?.[1]);
};

const sink = await start();
fixed(sink.url); // warm
const whole = [];
const beyond = [];
const rates = [];
const extra = [];
const costs = [];
for (let round = 0; round < rounds; round++) {
  const wrk = fixed(sink.url);
  const empty = timed(['-e', '0']);
  const one = timed([bin, 'replay', 'one.jsonl', '--to', sink.url]);
  const { ms, busy } = replay(sink.url, 'many.jsonl');
  costs.push(((busy - replay(sink.url, 'one.jsonl').busy) * 1000) / deliveries);
  rates.push(wrk);
  whole.push((deliveries * 1000) / ms / wrk);
  beyond.push(((deliveries - 1) * 1000) / (ms - one) / wrk);
  extra.push(one - empty);
}
console.log(`node ${process.version}, ${hasWrk ? 'wrk' : 'undici'} ${Math.round(median(rates))}/s with ${CONNECTIONS} connections`);
console.log(`${deliveries} deliveries, whole run: ${median(whole).toFixed(2)} of wrk (target 0.40)`);
console.log(`the same without the start: ${median(beyond).toFixed(2)} of wrk`);
console.log(`processor time of a delivery: ${median(costs).toFixed(0)} µs`);
console.log(`one delivery over node -e 0: + ${median(extra).toFixed(0)} ms (target 60)`);
if (process.argv[4] !== 'short') {
  for (const count of [20_000, 100_000, 300_000]) {
    write('more.jsonl', count);
    const { memory, last } = replay(sink.url, 'more.jsonl');
    console.log(`${count} distinct deliveries: ${memory.toFixed(0)} MB; ${last}`);
  }
}
sink.stop();
rmSync(folder, { recursive: true });
process.exitCode = median(whole) < 0.4 || median(extra) > 60 ? 1 : 0;
