// Many deliveries for an app that is slow, fails and is restarted: npm run soak [deliveries] [connections]
// None may be lost or stored twice, each chat keeps its order, every attempt is an outcome in the record stream and in
// the history, memory stays bounded. Exits with 1 where not.
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parts, root } from './parts.js';

const total = Number(process.argv[2] ?? 50_000);
const connections = Number(process.argv[3] ?? 50);
const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-soak-'));

// The sender and the app are those of the small soak in the tests.
const { keptIn, orderOf, pour, startBadApp } = await parts('test/support/soak.ts', folder);

const app = await startBadApp(Math.ceil(total / 5000), 2000);
const records = join(folder, 'records.jsonl');
const listener = spawn(
  process.execPath,
  [
    join(root, 'bin', 'whapi-hooks.cjs'),
    ...['listen', '--port', '0', '-f', `127.0.0.1:${app.port}`, '--retry', '--concurrency', '50'],
    ...['--max-waiting', String(total), '--json', '--count', String(total), '--timeout', '2m'],
  ],
  // The history lies where it does by default, in a data folder of its own.
  {
    stdio: ['ignore', openSync(records, 'w'), 'pipe'],
    cwd: folder,
    env: { ...process.env, XDG_DATA_HOME: folder, WHAPI_HOOKS_NO_HISTORY: '' },
  },
);
const ended = new Promise((resolve) => listener.on('exit', resolve));
const url = await new Promise((resolve) => {
  listener.stderr.on('data', (chunk) => {
    const found = /Listening on (http:\/\/[^\s,]+)/.exec(chunk);
    if (found !== null) resolve(found[1]);
  });
});
let most = 0;
const memory = setInterval(() => {
  try {
    most = Math.max(most, Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${listener.pid}/status`, 'utf8'))?.[1]) / 1000);
  } catch {
    // Only Linux tells.
  }
}, 200);

const start = performance.now();
const ok = await pour(url, total, connections);
const poured = performance.now() - start;
const code = await ended;
const took = performance.now() - start;
clearInterval(memory);
await app.close();

const { arrived, disorder } = orderOf(app.taken);
const ids = new Set();
const attempts = new Map();
let deliveries = 0;
let gaps = 0;
for (const line of readFileSync(records, 'utf8').split('\n')) {
  if (line === '') continue;
  const record = JSON.parse(line);
  if (record.type === 'delivery') {
    deliveries++;
    ids.add(record.id);
  } else if (record.type === 'outcome') {
    if (record.attempt !== (attempts.get(record.delivery) ?? 0) + 1) gaps++;
    attempts.set(record.delivery, record.attempt);
  }
}
const kept = await keptIn(join(folder, 'whapi-hooks', 'history.db'));
rmSync(folder, { recursive: true });
/** Deliveries whose attempts the history does not hold as the stream told them, or whose last one was not 200. */
const untold = [...ids].filter((id) => {
  const own = kept.attempts.get(id) ?? [];
  return own.length !== attempts.get(id) || own.some(({ attempt }, index) => attempt !== index + 1) || own.at(-1)?.status !== 200;
}).length;
const tries = [...attempts.values()].reduce((sum, count) => sum + count, 0);
console.log(
  `${total} deliveries from ${connections} connections in ${(poured / 1000).toFixed(1)} s, forwarded in ${(took / 1000).toFixed(1)} s`,
);
console.log(
  `answered 200: ${ok}; recorded: ${deliveries}, twice: ${deliveries - ids.size}; arrived: ${arrived}, out of order: ${disorder}`,
);
console.log(
  `attempts: ${tries}, outcomes missing: ${gaps + (total - attempts.size)}; exit code ${code}; most memory ${most.toFixed(0)} MB`,
);
console.log(
  `history: ${kept.stored} stored, twice: ${kept.twice}, out of order: ${kept.disorder}; without all their outcomes: ${untold}; file ${kept.unsound.join('; ') || 'ok'}`,
);
const fine =
  ok === total &&
  ids.size === total &&
  deliveries === total &&
  arrived === total &&
  disorder === 0 &&
  gaps === 0 &&
  attempts.size === total &&
  kept.stored === total &&
  kept.twice === 0 &&
  kept.disorder === 0 &&
  kept.attempts.size === total &&
  untold === 0 &&
  kept.unsound.length === 0;
process.exitCode = fine && code === 0 ? 0 : 1;
