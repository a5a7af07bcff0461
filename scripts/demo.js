// The whole tool at work: a small handler, a listener that forwards to it, and samples replayed into the listener.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './schemas.js';

const bin = join(root, 'bin', 'whapi-hooks.cjs');
const STORY = [
  ['messages', 'text received'],
  ['messages', 'image with caption'],
  ['messages', 'text as a reply with a quote'],
  ['messages', 'reaction set'],
  ['statuses', 'message read'],
  ['groups', 'participant added'],
  ['calls', 'video call ringing'],
  ['presences', 'contact typing'],
  ['channel', 'channel waits for the qr code'],
];

const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-demo-'));
const payloads = STORY.map(([category, name]) => JSON.parse(readFileSync(join(root, 'samples', `${category}.json`), 'utf8'))[name]);
// One that Whapi would never send, to see what the check says.
const broken = structuredClone(payloads[0]);
broken.messages[0].timestamp = String(broken.messages[0].timestamp);
broken.messages[0].type = 'txt';
payloads.push(broken);
writeFileSync(join(folder, 'story.json'), JSON.stringify(payloads, null, 2));

const children = [];
const start = (args, env = {}) => {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, XDG_DATA_HOME: folder, ...env },
  });
  children.push(child);
  return child;
};
/** Resolves with the first match in what a stream says. */
const saying = (stream, pattern) =>
  new Promise((resolve) => {
    let text = '';
    stream.on('data', (chunk) => {
      text += chunk;
      const match = pattern.exec(text);
      if (match !== null) resolve(match[1]);
    });
  });
const say = (text) => console.log(`\n$ ${text}`);

try {
  const handler = start([join(root, 'examples', 'handler.js')], { PORT: '0' });
  const app = await saying(handler.stdout, /http:\/\/127\.0\.0\.1:(\d+)/);

  const colour = process.stdout.isTTY ? ['--color', 'always'] : [];
  const listenArgs = ['listen', '--port', '0', '--forward-to', `${app}/webhook`, '--count', String(payloads.length)];
  say(`whapi-hooks ${listenArgs.join(' ')}`);
  const columns = { COLUMNS: String(process.stdout.columns ?? 120) };
  const listener = spawn(process.execPath, [bin, ...listenArgs, ...colour], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...columns },
  });
  children.push(listener);
  listener.stderr.pipe(process.stderr);
  const ended = once(listener, 'exit');
  const url = await saying(listener.stderr, /(http:\/\/127\.0\.0\.1:\d+)/);

  const replayArgs = ['replay', 'story.json', '--to', url];
  const replay = spawn(process.execPath, [bin, ...replayArgs, ...colour], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...columns },
  });
  children.push(replay);
  let sent = '';
  replay.stdout.on('data', (chunk) => {
    sent += chunk;
  });
  const [replayCode] = await once(replay, 'exit');
  const [listenCode] = await ended;
  say(`whapi-hooks ${replayArgs.join(' ')}`);
  process.stdout.write(sent);

  say('whapi-hooks validate story.json');
  const validate = spawn(process.execPath, [bin, 'validate', 'story.json', ...colour], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...columns },
  });
  children.push(validate);
  const [validateCode] = await once(validate, 'exit');
  if (listenCode !== 0 || replayCode !== 0 || validateCode !== 1)
    throw new Error(`the demo went wrong: ${listenCode}, ${replayCode}, ${validateCode}`);
  console.log('\nThe demo is over: received, printed, validated, forwarded.');
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
