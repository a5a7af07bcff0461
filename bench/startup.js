// Start-up, as milliseconds over `node -e 0` in one run. Runs alternate, so that drift of the machine cancels out.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'bin', 'whapi-hooks.cjs');
const rounds = Number(process.argv[2] ?? 15);
const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-bench-'));
const payload = JSON.stringify({
  messages: [
    {
      id: 'Abc123Def456Gh-ijKL78',
      from_me: false,
      type: 'text',
      chat_id: '99900011122@s.whatsapp.net',
      timestamp: 1750000000,
      text: { body: 'hi' },
      from: '99900011122',
    },
  ],
  event: { type: 'messages', event: 'post' },
  channel_id: 'ABCDEF-A1B2C',
});
const file = join(folder, 'messages.post.json');
writeFileSync(file, payload);

/** A command from its start to its end, in milliseconds. */
const whole = (...args) => {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return performance.now() - start;
};

/** `listen` from its start to the answer to the first request that got through. */
const firstRequest = async (...flags) => {
  const port = 20_000 + Math.floor(Math.random() * 12_000); // below the ports that Linux gives to clients
  const start = performance.now();
  const child = spawn(process.execPath, [bin, 'listen', '--port', String(port), '--quiet', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  // A raw socket: the load that asks must not slow what is asked.
  const attempt = () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('connect', () =>
        socket.write(`POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`),
      );
      socket.on('data', (data) => {
        resolve(data.toString().startsWith('HTTP/1.1 200'));
        socket.destroy();
      });
      socket.on('error', () => resolve(false));
    });
  while (!(await attempt())) {
    if (child.exitCode !== null) throw new Error(`listen ended with ${child.exitCode} before its first request: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const took = performance.now() - start;
  child.kill('SIGINT');
  await once(child, 'exit');
  return took;
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
let number = 0;
const cases = [
  ['--help', 20, 10, () => whole(bin, '--help')],
  ['--version', 20, 10, () => whole(bin, '--version')],
  ['validate of one file', 40, 20, () => whole(bin, 'validate', file)],
  ['listen to its first accepted request', 60, 30, () => firstRequest('--history', join(folder, 'history.db'))],
  ['the same, --history a new file', 60, 30, () => firstRequest('--history', join(folder, `${number++}.db`))],
  ['the same, --no-history', 60, 30, () => firstRequest('--no-history')],
];
const base = [];
const times = cases.map(() => []);
for (let round = -1; round < rounds; round++) {
  const empty = whole('-e', '0');
  if (round >= 0) base.push(empty);
  for (const [index, [, , , measure]] of cases.entries()) {
    const took = await measure();
    if (round >= 0) times[index].push(took);
  }
}
console.log(`node ${process.version}, ${rounds} rounds, medians`);
console.log(`node -e 0                                  ${median(base).toFixed(0).padStart(4)} ms`);
let missed = false;
for (const [index, [name, target, reach]] of cases.entries()) {
  const over = median(times[index].map((took, round) => took - base[round]));
  missed ||= over > target;
  console.log(
    `${name.padEnd(40)} + ${over.toFixed(0).padStart(4)} ms   target + ${target}, reach for + ${reach}${over > target ? '   MISSED' : ''}`,
  );
}
process.exitCode = missed ? 1 : 0;
