// `listen` as a ratio to a bare node:http server, in one run, in turn: npm run bench:listen [seconds] [rounds] [words of a case]
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasWrk, load } from './load.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'bin', 'whapi-hooks.cjs');
const bare = join(root, 'bench', 'bare.js');
const seconds = Number(process.argv[2] ?? 3);
const rounds = Number(process.argv[3] ?? 5);
const only = process.argv[4];
const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-bench-'));
const toFile = () => openSync(join(folder, 'out.txt'), 'w');

/** Starts a server and finds the url it tells on one of its streams. */
const start = async (args, stdout = 'pipe') => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'pipe'], cwd: folder });
  const url = await new Promise((resolve, reject) => {
    let text = '';
    const look = (chunk) => {
      text += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(text);
      if (found !== null) resolve(found[0]);
    };
    child.stdout?.on('data', look);
    child.stderr.on('data', look);
    child.on('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}: ${text}`)));
  });
  const memory = async () => {
    const { readFileSync } = await import('node:fs');
    try {
      return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1000;
    } catch {
      return Number.NaN;
    }
  };
  return { url, memory, stop: () => child.kill('SIGKILL') };
};

const app = await start([bare]);
const listen = (...flags) => [bin, 'listen', '--port', '0', ...flags];
const forwarding = ['-f', app.url, '--ack', 'forward', '--concurrency', '50'];
/** The history is a new file for each round. */
const STORED = ['--history', 'history.db'];
const UNSTORED = ['--no-history'];
/** Targets: the least ratio to bare, the most that one connection's p50 may gain, in milliseconds; p99 at most 4 times bare's. */
const WHOLE = { ratio: 0.35, added: 0.4, p99: 4 };
const FORWARDED = { ratio: 0.22, added: 0.6 };
const cases = [
  ['bare node:http', [bare], {}],
  ['--no-history --quiet', listen(...UNSTORED, '--quiet'), {}],
  ['--no-history, printed to a file', listen(...UNSTORED), {}],
  ['--no-history --json', listen(...UNSTORED, '--json'), {}],
  ['--no-history --quiet --record', listen(...UNSTORED, '--quiet', '--record', 'all.jsonl'), {}],
  ['--no-history, printed, --ack forward', listen(...UNSTORED, ...forwarding), {}],
  ['stored, --quiet', listen(...STORED, '--quiet'), {}],
  ['stored, printed to a file', listen(...STORED), WHOLE],
  ['stored, --json', listen(...STORED, '--json'), {}],
  ['stored, printed, --ack forward', listen(...STORED, ...forwarding), FORWARDED],
].filter(([name], index) => index === 0 || only === undefined || name.includes(only));
const results = cases.map(() => []);
for (let round = 0; round < rounds; round++) {
  for (const [index, [, args]] of cases.entries()) {
    const server = await start(args, args[0] === bare ? 'pipe' : toFile());
    load(server.url, 1, 50); // warm
    const busy = load(server.url, seconds, 50);
    const calm = load(server.url, 1, 1);
    results[index].push({ ...busy, calm: calm.p50, memory: await server.memory() });
    server.stop();
    for (const file of ['all.jsonl', 'history.db', 'history.db-wal', 'history.db-shm']) rmSync(join(folder, file), { force: true });
  }
}
app.stop();
rmSync(folder, { recursive: true });

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const of = (index, key) => median(results[index].map((result) => result[key]));
console.log(`node ${process.version}, ${hasWrk ? 'wrk' : 'undici'}, 50 connections, 400 bytes, ${rounds} rounds of ${seconds} s, medians`);
let missed = false;
const judged = (value, most) => (value <= most ? '' : ` MISSED: ${most}`);
for (const [index, [name, , target]] of cases.entries()) {
  const ratio = median(results[index].map(({ rate }, round) => rate / results[0][round].rate));
  const p99 = median(results[index].map((result, round) => result.p99 / results[0][round].p99));
  const added = median(results[index].map(({ calm }, round) => calm - results[0][round].calm));
  const bad = results[index].reduce((sum, result) => sum + result.bad, 0);
  const line = [
    name.padEnd(38),
    `${of(index, 'rate').toFixed(0).padStart(6)}/s`,
    `${ratio.toFixed(2)}${ratio < (target.ratio ?? 0) ? ` MISSED: ${target.ratio}` : ''}`,
    `p50 ${of(index, 'p50').toFixed(2)} ms`,
    `p99 ${of(index, 'p99').toFixed(2)} ms (${p99.toFixed(1)} x bare)${judged(p99, target.p99 ?? Number.POSITIVE_INFINITY)}`,
    `one connection + ${added.toFixed(2)} ms${judged(added, target.added ?? Number.POSITIVE_INFINITY)}`,
    `${of(index, 'memory').toFixed(0)} MB`,
  ].join('  ');
  missed ||= line.includes('MISSED');
  console.log(bad > 0 ? `${line}  ${bad} not answered 2xx` : line);
}
process.exitCode = missed ? 1 : 0;
