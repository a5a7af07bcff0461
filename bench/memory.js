// Memory of a listener over many deliveries, with the history as it is by default: npm run bench:memory [deliveries]
// Exits with 1 where it needs more than 130 MB at the end, or grew by more than 10 MB after the first 300,000.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { bodyOf, post } from './load.js';
import { root } from './parts.js';

const total = Number(process.argv[2] ?? 1_000_000);
const EACH = 50_000;
const SETTLED = 300_000;
const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-memory-'));
const listener = spawn(
  process.execPath,
  [join(root, 'bin', 'whapi-hooks.cjs'), 'listen', '--port', '0', '--history', join(folder, 'history.db'), '--quiet'],
  { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder },
);
let told = '';
const ended = new Promise((resolve) => listener.on('exit', resolve));
const url = await new Promise((resolve) => {
  listener.stderr.on('data', (chunk) => {
    told += chunk;
    const found = /Listening on (http:\/\/[\d.:]+)/.exec(told);
    if (found !== null) resolve(found[1]);
  });
});
/** Resident memory and the most there was of it, in MB; only Linux tells. */
const memory = () => {
  const status = readFileSync(`/proc/${listener.pid}/status`, 'utf8');
  const of = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1000;
  return { now: of('VmRSS'), most: of('VmHWM'), own: of('RssAnon') };
};

const pool = new Pool(url, { connections: 50, pipelining: 1 });
let number = 0;
let bad = 0;
let settled;
const start = performance.now();
const sample = () => {
  const { now, most, own } = memory();
  const rate = number / ((performance.now() - start) / 1000);
  console.log(
    `${number} deliveries, ${rate.toFixed(0)}/s: ${now.toFixed(0)} MB (without mapped files ${own.toFixed(0)}, most ${most.toFixed(0)})`,
  );
  return now;
};
const worker = async () => {
  while (number < total) {
    const mine = ++number;
    if (!(await post(pool, '/', bodyOf(mine)))) bad++;
    if (mine % EACH !== 0) continue;
    const now = sample();
    if (mine === SETTLED) settled = now;
  }
};
await Promise.all(Array.from({ length: 50 }, worker));
const last = sample();
await pool.close();
listener.kill('SIGINT');
await ended;
rmSync(folder, { recursive: true });
const growth = last - (settled ?? last);
const after = settled === undefined ? '' : `, ${growth.toFixed(0)} MB more than after ${SETTLED}`;
console.log(`${total} deliveries, ${bad} not answered 200: ${last.toFixed(0)} MB at the end${after}`);
console.log(told.trim().split('\n').at(-1));
process.exitCode = bad === 0 && last <= 130 && growth <= 10 ? 0 : 1;
