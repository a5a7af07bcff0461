// Load for a listener, in a process of its own where wrk is not installed: node bench/load.js <url> <seconds> <connections>
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';

/** A body of 400 bytes; messages and chats (500 of them) differ. */
export const bodyParts = (() => {
  const id = '@ID@';
  const chat = '@CHAT@';
  const text = JSON.stringify({
    messages: [
      {
        id: `PQ7.mN-hQ${id}-wGYBhZs8QJ`,
        from_me: false,
        type: 'text',
        chat_id: `${chat}@s.whatsapp.net`,
        timestamp: 1719195391,
        source: 'mobile',
        text: { body: 'Good morning! Is the blue one still there? I would come by at six. PADDING' },
        from: chat,
        from_name: 'Nadir',
      },
    ],
    event: { type: 'messages', event: 'post' },
    channel_id: 'JZGNAY-C53WG',
  });
  const short = 400 - (text.length - id.length + 7 - 2 * chat.length + 2 * 11);
  const padded = text.replace('PADDING', 'x'.repeat(Math.max(1, 7 + short)));
  return padded.split(/@ID@|@CHAT@/);
})();

export const bodyOf = (number) => {
  const chat = String(99900000000 + (number % 500));
  const [a, b, c, d] = bodyParts;
  return a + String(1000000 + (number % 9000000)) + b + chat + c + chat + d;
};

const lua = () => {
  const [a, b, c, d] = bodyParts.map((part) => JSON.stringify(part));
  return `local n = 0
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
request = function()
  n = n + 1
  local chat = string.format("%d", 99900000000 + n % 500)
  return wrk.format(nil, nil, nil, ${a} .. (1000000 + n % 9000000) .. ${b} .. chat .. ${c} .. chat .. ${d})
end
`;
};

const milliseconds = (text) => {
  const [, number, unit] = /([\d.]+)(us|ms|s)/.exec(text) ?? [];
  return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
};

const withWrk = (url, seconds, connections) => {
  const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-load-'));
  const script = join(folder, 'post.lua');
  writeFileSync(script, lua());
  const { stdout } = spawnSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const bad = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? '0';
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50: milliseconds(/^ +50% +(\S+)/m.exec(stdout)?.[1] ?? ''),
    p99: milliseconds(/^ +99% +(\S+)/m.exec(stdout)?.[1] ?? ''),
    bad: Number(bad),
  };
};

/** Sends one body. @returns whether it was answered 200 */
export const post = (pool, path, body) =>
  new Promise((resolve) => {
    let status = 0;
    const over = () => resolve(status === 200);
    pool.dispatch(
      { path, method: 'POST', headers: ['content-type', 'application/json'], body },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = code;
        },
        onResponseData() {},
        onResponseEnd: over,
        onResponseError: over,
      },
    );
  });

const withUndici = async (url, seconds, connections) => {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const times = [];
  let bad = 0;
  let number = 0;
  const end = performance.now() + seconds * 1000;
  const one = async () => {
    const start = performance.now();
    if (!(await post(pool, pathname, bodyOf(number++)))) bad++;
    times.push(performance.now() - start);
  };
  const worker = async () => {
    while (performance.now() < end) await one();
  };
  await Promise.all(Array.from({ length: connections }, worker));
  await pool.destroy();
  times.sort((a, b) => a - b);
  return { rate: times.length / seconds, p50: times[Math.floor(times.length / 2)], p99: times[Math.floor(times.length * 0.99)], bad };
};

export const hasWrk = spawnSync('wrk', ['--version']).error === undefined;

/** Sends for so many seconds: requests a second, p50 and p99 in milliseconds, and how many were not answered 2xx. */
export const load = (url, seconds, connections) => {
  if (hasWrk) return withWrk(url, seconds, connections);
  const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), url, String(seconds), String(connections)], {
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, seconds, connections] = process.argv.slice(2);
  console.log(JSON.stringify(await withUndici(url, Number(seconds), Number(connections))));
}
