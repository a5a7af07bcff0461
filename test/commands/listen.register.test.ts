import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ListenOptions } from '../../src/commands/listen/options.ts';
import type { PublicAddress } from '../../src/commands/listen/public.ts';
import { planRegistration } from '../../src/commands/listen/register.ts';
import { channelFolder } from '../../src/io/journal.ts';
import { openTerminal } from '../../src/io/terminal.ts';
import { main } from '../../src/main.ts';
import { startApp } from '../support/app.ts';
import { type Behaviour, CHANNEL, type Gateway, memberText, SETTINGS, TOKEN, withMember } from '../support/gateway.ts';
import { closedPort, send } from '../support/http.ts';
import { message } from '../support/payloads.ts';
import { checkedRecords } from '../support/records.ts';
import { filesIn, journalOf, LEFT_URL, leaveBehind, living, quick, startGateway } from '../support/registering.ts';
import { run, type TestRuntime, testRuntime } from '../support/runtime.ts';

interface Registered {
  readonly runtime: TestRuntime;
  readonly url: string;
  stop(): Promise<number>;
  readonly ended: Promise<number>;
}

/** `listen --register` on a port of its own; resolves when it is ready. */
const start = async (
  env: Record<string, string>,
  flags: readonly string[] = [],
  more: Parameters<typeof testRuntime>[0] = {},
): Promise<Registered> => {
  const port = await closedPort();
  const url = `http://127.0.0.1:${port}/`;
  const runtime = testRuntime({ env, ...more });
  const ended = main(['listen', '--port', String(port), '--public-url', url, '--register', '--json', ...flags], runtime);
  const early = await Promise.race([runtime.stdout.line(/"ready"/), ended]);
  if (typeof early === 'number') throw new Error(`listen ended with ${early}: ${runtime.stderr.text}`);
  return {
    runtime,
    url,
    ended,
    stop: async () => {
      runtime.stop();
      return ended;
    },
  };
};

const THEIR_SECRET = 'of-the-other-webhook';
const SETTINGS_WITH_SECRET = `{"webhooks":[{"url":"https://crm.example.com/","events":[],"headers":{"X-Key":"${THEIR_SECRET}"}}]}`;

const payload = { messages: [message('hello')], event: { type: 'messages', event: 'post' }, channel_id: CHANNEL };
const ours = (gateway: Gateway, url: string) => gateway.webhooks().find((webhook) => webhook.url === url);

describe('from nothing to an event, and back', () => {
  it.each(['body', 'path', 'method'])(
    'mode %s: registered, delivered, valid, forwarded; Ctrl-C leaves the settings byte for byte',
    async (mode) => {
      const { gateway, env, data } = await startGateway();
      const app = await startApp();
      const listener = await start(env, ['--mode', mode, '-f', app.url]);
      expect(gateway.webhooks()).toHaveLength(3);
      expect(ours(gateway, listener.url)).toMatchObject({ mode, headers: { 'X-Whapi-Hooks-Secret': expect.any(String) as string } });
      expect(gateway.settings.startsWith(SETTINGS.slice(0, SETTINGS.indexOf('-0.0]}}') + 7))).toBe(true);
      expect(await gateway.deliver(payload)).toEqual([200]);
      await listener.runtime.stdout.line(/"outcome"/);
      expect(await listener.stop()).toBe(0);
      expect(gateway.settings).toBe(SETTINGS);
      expect(journalOf(data)).toEqual([]);
      const records = checkedRecords(listener.runtime.stdout.text);
      expect(records.map(({ type }) => type)).toEqual(['tunnel', 'registered', 'ready', 'delivery', 'outcome', 'stopped']);
      expect(records[1]).toMatchObject({ url: listener.url, mode, channel: CHANNEL, exclusive: false });
      expect(records[1]?.['events']).toHaveLength(25);
      expect(records[3]).toMatchObject({ event: 'messages.post', mode, verdict: 'valid' });
      expect(app.received).toHaveLength(1);
      expect(app.received[0]?.headers.join()).not.toMatch(/secret/i);
      await app.close();
    },
  );

  it('--path is part of what is registered, -e chooses the events', async () => {
    const { gateway, env } = await startGateway();
    const listener = await start(env, ['--path', '/hook', '-e', 'messages,!messages.delete']);
    expect(ours(gateway, `${listener.url}hook`)?.events.map(({ method }) => method)).toEqual(['post', 'put', 'patch']);
    expect(await gateway.deliver(payload)).toEqual([200]);
    expect(await listener.stop()).toBe(0);
    expect(gateway.settings).toBe(SETTINGS);
  });

  it('--count ends it, and the settings are given back', async () => {
    const { gateway, env } = await startGateway();
    const listener = await start(env, ['--count', '1']);
    await gateway.deliver(payload);
    expect(await listener.ended).toBe(0);
    expect(gateway.settings).toBe(SETTINGS);
  });

  it.each([
    ['{"a":1.0}', '{"a":1.0,"webhooks":[]}'],
    ['{ "webhooks" : null , "a":1.0}', '{ "webhooks" : [] , "a":1.0}'],
    ['{ "webhooks" : [  ] , "a":1.0}', '{ "webhooks" : [  ] , "a":1.0}'],
  ])('settings %s come back as %s', async (settings, after) => {
    const { gateway, env } = await startGateway({ settings });
    const listener = await start(env);
    expect(gateway.webhooks()).toHaveLength(1);
    expect(await listener.stop()).toBe(0);
    expect(gateway.settings).toBe(after);
    expect(listener.runtime.stderr.text.includes('will come back with an empty one')).toBe(after !== settings);
  });

  it('--exclusive sets the others aside until the end', async () => {
    const { gateway, env } = await startGateway();
    const listener = await start(env, ['--exclusive']);
    expect(gateway.webhooks().map(({ url }) => url)).toEqual([listener.url]);
    await listener.runtime.stderr.line(/2 others set aside until the end/);
    expect(await listener.stop()).toBe(0);
    expect(gateway.settings).toBe(SETTINGS);
  });

  it('a channel that is not connected is told', async () => {
    const { gateway, env } = await startGateway();
    gateway.health = { ...(gateway.health as object), status: { code: 3, text: 'QR' } };
    const listener = await start(env);
    await listener.runtime.stderr.line(/channel waits for a phone to scan the QR code/);
    await listener.stop();
  });
});

describe('the secret', () => {
  it('without it 401, and counted; with it 200', async () => {
    const { gateway, env } = await startGateway();
    const listener = await start(env);
    const secret = ours(gateway, listener.url)?.headers?.['X-Whapi-Hooks-Secret'] ?? '';
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await send(listener.url, JSON.stringify(payload), { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ 'X-Whapi-Hooks-Secret': `${secret}x` })).toBe(401);
    expect(await status({ 'X-Whapi-Hooks-Secret': secret })).toBe(200);
    expect(await listener.stop()).toBe(0);
    expect(checkedRecords(listener.runtime.stdout.text).at(-1)).toMatchObject({ deliveries: 1, refused: { secret: 2 } });
  });

  it('is another one each time', async () => {
    const { gateway, env } = await startGateway();
    const real = (await import('../../src/runtime.ts')).createRuntime(process, '');
    expect(Buffer.from(real.secret(), 'base64url')).toHaveLength(32);
    expect(real.secret()).not.toBe(real.secret());
    const listener = await start(env);
    const first = ours(gateway, listener.url)?.headers;
    await listener.stop();
    const next = await start(env);
    expect(ours(gateway, next.url)?.headers).not.toEqual(first);
    await next.stop();
  });

  it('--secret-header is the one that is registered and demanded', async () => {
    const { gateway, env } = await startGateway();
    const listener = await start(env, ['--secret-header', 'X-Mine: of mine']);
    expect(ours(gateway, listener.url)?.headers).toEqual({ 'X-Mine': 'of mine' });
    expect((await send(listener.url, JSON.stringify(payload))).status).toBe(401);
    expect(await gateway.deliver(payload)).toEqual([200]);
    expect(await listener.stop()).toBe(0);
    expect(gateway.settings).toBe(SETTINGS);
  });

  it('two listeners with the same --secret-header: each takes out its own', async () => {
    const { gateway, env } = await startGateway();
    const one = await start(env, ['--secret-header', 'X-Mine: of mine']);
    const two = await start(env, ['--secret-header', 'X-Mine: of mine']);
    expect(await one.stop()).toBe(0);
    expect(ours(gateway, two.url)).toBeDefined();
    expect(await two.stop()).toBe(0);
    expect(gateway.settings).toBe(SETTINGS);
  });

  it('a webhook of the user with the same secret is not ours', async () => {
    const theirs = '{"url":"https://prod.example.com/","events":[],"headers":{"X-Mine":"of mine"}}';
    const settings = `{"webhooks":[${theirs}]}`;
    const { gateway, env } = await startGateway({ settings });
    const listener = await start(env, ['--secret-header', 'X-Mine: of mine']);
    expect(gateway.webhooks()).toHaveLength(2);
    expect(await listener.stop()).toBe(0);
    expect(gateway.settings).toBe(settings);
  });
});

describe('others on the same channel', () => {
  it('a listener beside another one: neither undoes the other', async () => {
    const { gateway, env, data } = await startGateway();
    const [one, two] = await Promise.all([start(env), start(env)]);
    expect(gateway.webhooks()).toHaveLength(4);
    expect(await one.stop()).toBe(0);
    expect(gateway.webhooks().map(({ url }) => url)).toContain(two.url);
    expect(await two.stop()).toBe(0);
    expect(gateway.settings).toBe(SETTINGS);
    expect(journalOf(data)).toEqual([]);
  });

  it('two machines at once: what one writes between the look and the change of the other is not lost', async () => {
    const { gateway, env } = await startGateway();
    const other = { ...env, XDG_DATA_HOME: join(env['XDG_DATA_HOME'] ?? '', 'other') };
    // Each change waits until both have looked.
    let looked = 0;
    let go = (): void => {};
    const both = new Promise<void>((resolve) => {
      go = resolve;
    });
    gateway.moment = (moment) => {
      if (moment === 'after GET /settings' && ++looked === 4) go();
      return moment === 'before PATCH /settings' ? both : undefined;
    };
    const [one, two] = await Promise.all([start(env), start(other)]);
    expect(gateway.webhooks().map(({ url }) => url)).toEqual(expect.arrayContaining([one.url, two.url]));
    expect(gateway.webhooks()).toHaveLength(4);
    expect(await Promise.all([one.stop(), two.stop()])).toEqual([0, 0]);
    expect(gateway.webhooks().map(({ url }) => url)).toEqual(['https://crm.example.com/hook', 'https://stats.example.com/']);
  });

  it('--exclusive beside a running listener is refused, here and from another machine', async () => {
    const { gateway, env } = await startGateway();
    const listener = await start(env);
    const before = gateway.settings;
    const flags = ['listen', '--port', '0', '--public-url', 'http://127.0.0.1:9/', '--register', '--exclusive'];
    const here = await run(flags, { env, after: quick });
    expect(here.code).toBe(2);
    expect(here.stderr).toContain(`another listener (process ${process.pid})`);
    const there = await run(flags, { env: { ...env, XDG_DATA_HOME: join(env['XDG_DATA_HOME'] ?? '', 'other') }, after: quick });
    expect(there.code).toBe(2);
    expect(there.stderr).toContain('a listener on another machine: number 3');
    expect(gateway.settings).toBe(before);
    expect(await listener.stop()).toBe(0);
    expect(gateway.settings).toBe(SETTINGS);
  });

  it('changed meanwhile: only what is ours is changed, and what differs is said', async () => {
    const { gateway, env } = await startGateway();
    const listener = await start(env);
    gateway.settings = gateway.settings.replace('"share": 1.0', '"share": 2.00').replace('stats.example.com', 'other.example.com');
    expect(await listener.stop()).toBe(0);
    expect(gateway.settings).toBe(SETTINGS.replace('"share": 1.0', '"share": 2.00').replace('stats.example.com', 'other.example.com'));
    expect(listener.runtime.stderr.text).toMatch(/Others changed the webhooks meanwhile[\s\S]*- https:\/\/stats[\s\S]*\+ https:\/\/other/);
  });

  it('--exclusive, and somebody adds one meanwhile: it stays, behind those that come back', async () => {
    const { gateway, env } = await startGateway();
    const listener = await start(env, ['--exclusive']);
    const list = memberText(gateway.settings, 'webhooks') ?? '';
    gateway.settings = withMember(gateway.settings, 'webhooks', `${list.slice(0, -1)},{"url":"https://late.example","events":[]}]`);
    expect(await listener.stop()).toBe(0);
    expect(gateway.webhooks().map(({ url }) => url)).toEqual([
      'https://crm.example.com/hook',
      'https://stats.example.com/',
      'https://late.example',
    ]);
  });

  it('a start takes out what dead listeners left, and leaves alone those that run', async () => {
    const at = await startGateway();
    leaveBehind(at);
    const { gateway, env, data } = at;
    const listener = await start(env);
    await listener.runtime.stderr.line(/A listener that was killed had left https:\/\/left/);
    expect(ours(gateway, LEFT_URL)).toBeUndefined();
    expect(await listener.stop()).toBe(0);
    expect(gateway.settings).toBe(SETTINGS);
    leaveBehind(at, { owner: living(env) });
    const next = await start(env);
    expect(ours(gateway, LEFT_URL)).toBeDefined();
    await next.stop();
    expect(ours(gateway, LEFT_URL)).toBeDefined();
    expect(journalOf(data)).toHaveLength(1);
  });
});

describe('what goes wrong', () => {
  it.each<[string, string, Behaviour, number]>([
    ['the token is not taken', 'GET /health', { kind: 'answer', status: 401 }, 3],
    ['no events are told', 'GET /settings/events', { kind: 'answer', status: 200, body: '{}' }, 3],
    ['settings that cannot be read', 'GET /settings', { kind: 'answer', status: 200, body: '{"webhooks":7}' }, 3],
    ['the change is refused', 'PATCH /settings', { kind: 'answer', status: 400 }, 3],
    ['the trial is over', 'PATCH /settings', { kind: 'answer', status: 402 }, 3],
  ])('%s: nothing is changed, nothing is left', async (_name, call, behaviour, code) => {
    const { gateway, env, data } = await startGateway();
    gateway.behave = (name) => (name === call ? behaviour : undefined);
    const result = await run(['listen', '--port', '0', '--public-url', 'http://127.0.0.1:9/', '--register', '--json'], {
      env,
      after: quick,
    });
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(/^error: /m);
    expect(gateway.settings).toBe(SETTINGS);
    expect(journalOf(data)).toEqual([]);
    expect(checkedRecords(result.stdout).map(({ type }) => type)).not.toContain('ready');
  });

  it('a provider that repeats what it was sent: the secrets of all webhooks are left out', async () => {
    const { gateway, env } = await startGateway({ settings: SETTINGS_WITH_SECRET });
    gateway.behave = (call) =>
      call === 'PATCH /settings'
        ? {
            kind: 'answer',
            status: 400,
            body: JSON.stringify({ error: { message: `Bad: X-Mine=of-this-listener X-Key=${THEIR_SECRET}` } }),
          }
        : undefined;
    const result = await run(
      ['listen', '--port', '0', '--public-url', 'http://127.0.0.1:9/', '--register', '--secret-header', 'X-Mine: of-this-listener'],
      { env, after: quick },
    );
    expect(result.code).toBe(3);
    expect(result.stderr).toContain('It says: Bad: X-Mine=(secret) X-Key=(secret).');
    expect(gateway.settings).toBe(SETTINGS_WITH_SECRET);
  });

  it('what a killed process had begun to write into the journal is taken away by the next one', async () => {
    const { gateway, env, data } = await startGateway();
    const folder = channelFolder(testRuntime({ env }), gateway.url, CHANNEL);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'left1.json.77.tmp'), '{"v":1,"bef');
    const listener = await start(env);
    expect(await listener.stop()).toBe(0);
    expect(filesIn(join(data, 'whapi-hooks', 'registrations'))).toEqual([]);
  });

  it('a public address that becomes another one while it is registered: the new one is told too', async () => {
    const { gateway, env } = await startGateway();
    const runtime = testRuntime({ env });
    // The flags that a registration looks at.
    const options = { register: true, mode: 'body', apiTimeout: 15_000 } as ListenOptions;
    const loan = await planRegistration(options, runtime, await openTerminal(runtime, 'never'), undefined, true);
    let url = new URL('https://first.example.com/');
    gateway.moment = (moment) => {
      if (moment === 'before PATCH /settings') url = new URL('https://second.example.com/');
    };
    const address: PublicAddress = {
      get url() {
        return url;
      },
      onChange: () => {}, // it changed before anybody asked to be told
      close: async () => {},
    };
    const moved = new Promise<void>((resolve) => {
      const announce = (line: string): void => (line.includes('second.example.com') ? resolve() : undefined);
      void loan?.open({ address, signal: new AbortController().signal, announce });
    });
    await moved;
    expect(gateway.webhooks().map(({ url: registered }) => registered)).toEqual([
      'https://crm.example.com/hook',
      'https://stats.example.com/',
      'https://second.example.com/',
    ]);
    expect(await loan?.close()).toBe(true);
    expect(gateway.settings).toBe(SETTINGS);
  });

  it('whether it was added is not known: 3, with the command, and the note stays', async () => {
    const { gateway, env, data } = await startGateway();
    let dead = false;
    gateway.behave = (call) => {
      dead ||= call === 'PATCH /settings';
      return dead ? { kind: 'drop', when: call === 'PATCH /settings' ? 'after' : 'before' } : undefined;
    };
    const result = await run(['listen', '--port', '0', '--public-url', 'http://127.0.0.1:9/', '--register'], { env, after: quick });
    expect(result.code).toBe(3);
    expect(result.stderr).toMatch(/Whether the webhook was added is not known\.[\s\S]*Take it out with: whapi-hooks webhooks restore/);
    expect(journalOf(data)).toHaveLength(1);
  });

  it.each<[string, Behaviour]>([
    ['the provider is down', { kind: 'answer', status: 503 }],
    ['it does not answer', { kind: 'hang', applied: false }],
    ['the token is not taken any more', { kind: 'answer', status: 401 }],
  ])('it cannot be given back now, for %s: 3 with the command that does it later', async (_name, behaviour) => {
    const { gateway, env, data } = await startGateway();
    const listener = await start(env, ['--api-url', gateway.url, '--api-timeout', '2s'], { after: quick });
    gateway.behave = () => behaviour;
    expect(await listener.stop()).toBe(3);
    expect(listener.runtime.stderr.text).toMatch(
      /could not be given back[\s\S]*Do it later with: whapi-hooks webhooks restore --api-url http:\/\/127/,
    );
    expect(checkedRecords(listener.runtime.stdout.text).at(-1)).toMatchObject({ type: 'stopped' });
    expect(journalOf(data)).toHaveLength(1);
    gateway.behave = () => undefined;
    // Its process is this one, which runs on: as if it had ended.
    const [note] = journalOf(data);
    const { readFileSync, writeFileSync } = await import('node:fs');
    writeFileSync(note?.path ?? '', readFileSync(note?.path ?? '', 'utf8').replace(/"started": "[^"]*"/, '"started": "before"'));
    expect((await run(['webhooks', 'restore', '--yes'], { env })).code).toBe(0);
    expect(gateway.settings).toBe(SETTINGS);
  });

  it('the journal cannot be written: 3, before anything is changed', async () => {
    const { gateway, env, data } = await startGateway();
    rmSync(data, { recursive: true });
    const { writeFileSync } = await import('node:fs');
    writeFileSync(data, '');
    const result = await run(['listen', '--port', '0', '--public-url', 'http://127.0.0.1:9/', '--register'], { env, after: quick });
    expect(result.code).toBe(3);
    expect(result.stderr).toMatch(/journal[\s\S]*nothing is changed/);
    expect(gateway.settings).toBe(SETTINGS);
  });

  it.each([
    [['--register'], /no public address[\s\S]*--tunnel/],
    [['--exclusive'], /--exclusive is for --register/],
    [['--mode', 'path'], /--mode is for --register/],
    [['--token-file', 'x'], /--token-file is for --register/],
    [['--api-timeout', '3s'], /--api-timeout is for --register/],
    [['--register', '--public-url', 'http://127.0.0.1:9/', '--mode', 'bdy'], /Did you mean body\?/],
  ])('%s is 2', async (flags, told) => {
    const { env } = await startGateway();
    const { code, stderr } = await run(['listen', '--port', '0', ...flags], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(told);
  });

  it('without a token it is 2, before it listens', async () => {
    const { code, stderr } = await run(['listen', '--port', '0', '--public-url', 'http://127.0.0.1:9/', '--register']);
    expect(code).toBe(2);
    expect(stderr).toContain('token is missing');
    expect(stderr).not.toContain('Listening');
  });
});

it('webhooks test says that it arrived at the listener, and that it did not where another one answers', async () => {
  const { gateway, env } = await startGateway();
  const listener = await start(env);
  const fine = await run(['webhooks', 'test'], { env });
  expect(fine.stdout).toContain(listener.url);
  expect([fine.code, fine.stdout.split('\n')[1]]).toEqual([0, 'It arrived at the listener that runs here.']);
  const app = await startApp();
  gateway.settings = gateway.settings.replace(listener.url, app.url);
  const elsewhere = await run(['webhooks', 'test', '--json'], { env, after: quick });
  expect(elsewhere.code).toBe(1);
  expect(JSON.parse(elsewhere.stdout)).toMatchObject({ url: app.url, ok: true, arrived: false });
  await listener.stop();
  await app.close();
  expect(gateway.settings).toBe(SETTINGS);
});

it('secret and token are nowhere in what a run leaves', async () => {
  const { gateway, env, data } = await startGateway();
  const app = await startApp();
  const listener = await start({ ...env, WHAPI_HOOKS_NO_HISTORY: '0' }, ['-f', app.url, '--record', join(data, 'r.jsonl'), '-v']);
  const secret = ours(gateway, listener.url)?.headers?.['X-Whapi-Hooks-Secret'] ?? '';
  expect(secret).toHaveLength(43);
  await gateway.deliver(payload);
  await app.count(1);
  const during = filesIn(data);
  await listener.stop();
  const left = [
    ...during,
    ...filesIn(data),
    { path: 'stdout', text: listener.runtime.stdout.text },
    { path: 'stderr', text: listener.runtime.stderr.text },
  ];
  expect(left.map(({ path }) => path).join()).toMatch(/history\.db[\s\S]*registrations[\s\S]*r\.jsonl/);
  for (const { path, text } of left) {
    expect(text.includes(secret), path).toBe(false);
    expect(text.includes(TOKEN), path).toBe(false);
  }
  expect(JSON.stringify(app.received.map(({ headers }) => headers))).not.toContain(secret);
  await app.close();
});
