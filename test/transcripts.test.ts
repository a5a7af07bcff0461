import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startApp } from './support/app.ts';
import { packageRoot, run, startListener } from './support/runtime.ts';

/** What comes in, from the samples and some that no sample is like. */
const STORY: readonly (readonly [category: string, name: string])[] = [
  ['messages', 'text received'],
  ['messages', 'text sent by the api'],
  ['messages', 'image with caption'],
  ['messages', 'text as a reply with a quote'],
  ['messages', 'batch of two messages'],
  ['messages', 'reaction set'],
  ['messages', 'message text changed'],
  ['messages', 'text in cyrillic'],
  ['messages', 'chat cleared'],
  ['statuses', 'message read'],
  ['statuses', 'message failed'],
  ['chats', 'label put on'],
  ['contacts', 'name changed'],
  ['groups', 'participant added'],
  ['groups', 'group name changed'],
  ['presences', 'contact typing'],
  ['channel', 'channel waits for the qr code'],
  ['users', 'account connected'],
  ['calls', 'video call ringing'],
  ['labels', 'label created'],
  ['service', 'invented notice'],
];

const sample = (category: string, name: string): Record<string, unknown> => {
  const all = JSON.parse(readFileSync(join(packageRoot, 'samples', `${category}.json`), 'utf8')) as Record<string, Record<string, unknown>>;
  const payload = all[name];
  if (payload === undefined) throw new Error(`no sample ${name}`);
  return payload;
};

const odd: readonly (readonly [path: string, body: string])[] = [
  ['/', ''],
  ['/', '{"messages":['],
  [
    '/',
    JSON.stringify({
      messages: [{ id: '', type: 'txt', chat_id: 'x', from_me: 'no', text: { body: 'a\u001b[31mb\nc\u202e' } }],
      event: { type: 'messages', event: 'post' },
      channel_id: 'A-1',
    }),
  ],
  ['/groups/putt', '{"groups_participants":[],"channel_id":"A-1"}'],
  ['/stories', '{"a":1}'],
];

const colours = [
  ['without colour', {}],
  ['with colour', { FORCE_COLOR: '1' }],
] as const;
const widths = [80, 160] as const;
const cases = widths.flatMap((columns) => colours.map(([name, env]) => ({ columns, name, env })));
const file = (command: string, columns: number, name: string): string =>
  `./transcripts/${command}-${columns}${name === 'with colour' ? '-colour' : ''}.txt`;
/** Ports are new in every run. */
const steady = (text: string, ...ports: readonly (number | string)[]): string =>
  ports.reduce<string>((out, port) => out.replaceAll(String(port), 'PORT'), text);

describe.each(cases)('a transcript at $columns columns, $name', ({ columns, name, env }) => {
  it('of listen', async () => {
    const app = await startApp((_received, index, response) => {
      if (index % 9 === 8) response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Something\n broke\u001b[31m</h1>');
      else response.end('ok');
    });
    const listener = await startListener(['-f', `${app.port}/hook`], { env, columns, isTTY: false });
    const { port } = new URL(listener.url);
    const payloads = [...STORY.map(([category, title]) => ['/', JSON.stringify(sample(category, title))] as const), ...odd];
    for (const [index, [path, body]] of payloads.entries()) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect(response.status).toBe(200);
      await listener.runtime.stdout.line(new RegExp(`<-- .* \\S*d${index + 1}\\b`));
    }
    expect(await listener.stop()).toBe(0);
    await app.close();
    const { stdout, stderr } = listener.runtime;
    await expect(steady(`${stdout.text}\n--- stderr ---\n${stderr.text}`, port, app.port)).toMatchFileSnapshot(
      file('listen', columns, name),
    );
  });

  it('of one event with its JSON', async () => {
    const listener = await startListener(['-v', '--count', '1'], { env, columns });
    await fetch(listener.url, { method: 'POST', body: JSON.stringify(sample('messages', 'image with caption')) });
    expect(await listener.ended).toBe(0);
    await expect(listener.runtime.stdout.text).toMatchFileSnapshot(file('listen-verbose', columns, name));
  });

  it('of replay', async () => {
    const app = await startApp((_received, index, response) => {
      if (index === 3) response.writeHead(503).end('{"error": "the database is gone"}');
      else if (index === 5) response.destroy();
      else response.end();
    });
    const { code, stdout, stderr } = await run(['replay', 'samples/groups.json', 'calls.post', '--to', String(app.port)], { env, columns });
    expect(code).toBe(1);
    await app.close();
    await expect(steady(`${stdout}\n--- stderr ---\n${stderr}`, app.port)).toMatchFileSnapshot(file('replay', columns, name));
  });

  it('of a scenario', async () => {
    const app = await startApp();
    const flags = ['--seed', '7', '--at', '2031-05-06T07:08:09Z', '--speed', 'max'];
    const { code, stdout, stderr } = await run(['replay', 'scenarios/group', '--to', String(app.port), ...flags], { env, columns });
    expect(code).toBe(0);
    await app.close();
    await expect(steady(`${stdout}\n--- stderr ---\n${stderr}`, app.port)).toMatchFileSnapshot(file('scenario', columns, name));
  });

  it('of validate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-transcripts-'));
    const broken = sample('groups', 'participant added');
    writeFileSync(join(folder, 'good.json'), JSON.stringify(sample('messages', 'text received'), null, 2));
    writeFileSync(
      join(folder, 'list.json'),
      `[\n  ${JSON.stringify({ ...broken, groups_participants: [{ group_id: 7, action: 'ad', extra: null }] })},\n  ${JSON.stringify({ ...broken, event: { type: 'group', event: 'put' } })}\n]\n`,
    );
    writeFileSync(join(folder, 'syntax.json'), "{\n  'messages': []\n}\n");
    writeFileSync(join(folder, 'other.json'), '{"compilerOptions": {}}');
    const { code, stdout, stderr } = await run(['validate', '.', 'missing.json'], { env, columns, cwd: folder });
    expect(code).toBe(2);
    await expect(`${stdout}\n--- stderr ---\n${stderr}`).toMatchFileSnapshot(file('validate', columns, name));
  });
});

/** Kept small: what a visitor of the README sees first. */
const PICTURE: readonly (readonly [category: string, name: string])[] = [
  ['messages', 'text received'],
  ['messages', 'image with caption'],
  ['messages', 'text sent by the api'],
  ['statuses', 'message read'],
  ['groups', 'participant added'],
  ['calls', 'video call ringing'],
];

it('the picture in the README shows what listen really prints', async () => {
  const app = await startApp((_received, index, response) => {
    if (index === 5) response.writeHead(500).end('TypeError: call.from is undefined');
    else response.end('ok');
  });
  const listener = await startListener(['-f', `${app.port}/webhook`], { env: { FORCE_COLOR: '1' }, columns: 104 });
  const payloads = PICTURE.map(([category, title]) => sample(category, title));
  payloads.push({
    ...sample('messages', 'text received'),
    messages: [
      {
        id: 'Abc123Def456Gh-ijKL78',
        type: 'txt',
        from_me: false,
        chat_id: '9993170645281@s.whatsapp.net',
        timestamp: '1756801000',
        from_name: 'Anneke',
      },
    ],
  });
  for (const [index, payload] of payloads.entries()) {
    await fetch(listener.url, { method: 'POST', body: JSON.stringify(payload) });
    await listener.runtime.stdout.line(new RegExp(`<-- .* \\S*d${index + 1}\\b`));
  }
  await listener.stop();
  await app.close();
  const transcript = `$ whapi-hooks listen --forward-to 3000/webhook\nListening on \u001b[1mhttp://127.0.0.1:4545/\u001b[22m, forwarding to \u001b[1mhttp://localhost:3000/webhook\u001b[22m\n${listener.runtime.stdout.text}`;
  await expect(transcript).toMatchFileSnapshot('./transcripts/picture.txt');
  const { picture } = await import('../scripts/picture.js');
  expect(readFileSync(join(packageRoot, 'docs', 'listen.svg'), 'utf8'), 'run: node scripts/picture.js').toBe(picture(transcript));
});
