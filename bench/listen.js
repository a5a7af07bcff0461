// `listen` as a ratio to a bare node:http server, in one run, in turn: npm run bench:listen [seconds] [rounds]
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
const cases = [
  ['bare node:http', [bare], undefined],
  ['listen --quiet', listen('--quiet'), undefined],
  ['listen, printed to a file', listen(), 0.35],
  ['listen --json, to a file', listen('--json'), undefined],
  ['listen --quiet, recorded', listen('--quiet', '--record', 'all.jsonl'), undefined],
  ['listen, printed, forwarded, --ack forward', listen(...forwarding), 0.22],
];
const results = cases.map(() => []);
for (let round = 0; round < rounds; round++) {
  for (const [index, [, args]] of cases.entries()) {
    const server = await start(args, args[0] === bare ? 'pipe' : toFile());
    load(server.url, 1, 50); // warm
    const busy = load(server.url, seconds, 50);
    const calm = load(server.url, 1, 1);
    results[index].push({ ...busy, calm: calm.p50, memory: await server.memory() });
    server.stop();
    rmSync(join(folder, 'all.jsonl'), { force: true });
  }
}
app.stop();
rmSync(folder, { recursive: true });

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const of = (index, key) => median(results[index].map((result) => result[key]));
console.log(`node ${process.version}, ${hasWrk ? 'wrk' : 'undici'}, 50 connections, 400 bytes, ${rounds} rounds of ${seconds} s, medians`);
let missed = false;
for (const [index, [name, , target]] of cases.entries()) {
  const ratio = median(results[index].map(({ rate }, round) => rate / results[0][round].rate));
  missed ||= target !== undefined && ratio < target;
  const bad = results[index].reduce((sum, result) => sum + result.bad, 0);
  console.log(
    `${name.padEnd(42)} ${of(index, 'rate').toFixed(0).padStart(6)}/s  ${ratio.toFixed(2)}  p50 ${of(index, 'p50').toFixed(2)} ms  p99 ${of(index, 'p99').toFixed(2)} ms  one connection + ${(of(index, 'calm') - of(0, 'calm')).toFixed(2)} ms  ${of(index, 'memory').toFixed(0)} MB${target === undefined ? '' : `  target ${target}${ratio < target ? ' MISSED' : ''}`}${bad > 0 ? `  ${bad} not answered 2xx` : ''}`,
  );
}
process.exitCode = missed ? 1 : 0;
