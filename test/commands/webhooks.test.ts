import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { type Behaviour, CHANNEL, SETTINGS, TOKEN } from '../support/gateway.ts';
import { expectHarmless } from '../support/harmless.ts';
import { closedPort } from '../support/http.ts';
import { journalOf, LEFT_SECRET, LEFT_URL, leaveBehind, living, quick, startGateway } from '../support/registering.ts';
import { run } from '../support/runtime.ts';

const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

describe('list', () => {
  it('shows what the channel sends where, and of headers the names alone', async () => {
    const { env, gateway } = await startGateway();
    const { code, stdout } = await run(['webhooks'], { env, columns: 120 });
    expect(code).toBe(0);
    expect(stdout).toBe(
      '#  url                           mode    headers  events\n' +
        '1  https://crm.example.com/hook  body    X-Key    messages.post\n' +
        '2  https://stats.example.com/    method  -        statuses.post\n',
    );
    expect(gateway.calls.map(({ call }) => call)).toEqual(['GET /settings']);
    expect(gateway.calls[0]?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'user-agent': 'whapi-hooks/0.0.0-test',
      accept: 'application/json',
    });
  });

  it('--json is one document, without values of headers', async () => {
    const { env } = await startGateway();
    const { stdout } = await run(['webhooks', 'list', '--json'], { env });
    expect(json(stdout)).toEqual({
      webhooks: [
        { number: 1, url: 'https://crm.example.com/hook', mode: 'body', events: ['messages.post'], headers: ['X-Key'] },
        { number: 2, url: 'https://stats.example.com/', mode: 'method', events: ['statuses.post'], headers: [] },
      ],
    });
    expect(stdout).not.toContain('s3cr3t');
  });

  it('says whose they are: of a running listener, or left by a dead one', async () => {
    const at = await startGateway();
    leaveBehind(at);
    expect((await run(['webhooks'], at)).stdout).toMatch(
      /left by a listener that ended without taking it out: whapi-hooks webhooks restore/,
    );
    expect(json((await run(['webhooks', '--json'], at)).stdout)).toMatchObject({ webhooks: [{}, {}, { of: 'left' }] });
    leaveBehind(at, { owner: living(at.env) });
    expect((await run(['webhooks'], at)).stdout).toContain(`of the listener that runs here (process ${process.pid})`);
  });

  it.each([
    ['[]', ''],
    ['null', 'no list'],
    [undefined, 'no list'],
  ])('settings whose webhooks are %s', async (list, words) => {
    const { env } = await startGateway({ settings: list === undefined ? '{"x":1}' : `{"webhooks":${list}}` });
    const { code, stdout, stderr } = await run(['webhooks'], { env });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('sends its events nowhere');
    expect(stderr).toContain(words);
  });

  it('makes what strangers wrote harmless', async () => {
    const nasty = JSON.stringify('https://x.example/\u001b[31m\u202e\n');
    const { env } = await startGateway({
      settings: `{"webhooks":[{"url":${nasty},"mode":${nasty},"events":[],"headers":{${nasty}:"x"}}]}`,
    });
    for (const flags of [[], ['--json']]) expectHarmless((await run(['webhooks', ...flags], { env })).stdout);
  });
});

describe('add and remove', () => {
  it('add shows the difference, and adds behind the others, which stay as they were', async () => {
    const { env, gateway } = await startGateway();
    const { code, stdout, stderr } = await run(
      ['webhooks', 'add', 'https://new.example/', '-e', 'messages.post,calls', '--mode', 'path', '-H', 'X-A: b', '--yes'],
      { env, columns: 160 },
    );
    expect([code, stdout]).toEqual([0, 'Done.\n']);
    expect(stderr).toContain('  + https://new.example/ (mode path, events messages.post, calls.post, headers X-A)');
    const entry =
      '{"url":"https://new.example/","mode":"path","events":[{"type":"messages","method":"post"},{"type":"calls","method":"post"}],"headers":{"X-A":"b"}}';
    expect(gateway.settings).toBe(SETTINGS.replace('-0.0]}} ]', `-0.0]}},${entry} ]`));
    const removed = await run(['webhooks', 'remove', 'https://new.example/', '--yes', '--json'], { env });
    expect(json(removed.stdout)).toMatchObject({ changed: true, webhooks: [{}, {}] });
    expect(removed.stderr).toContain('  - https://new.example/');
    expect(gateway.settings).toBe(SETTINGS);
  });

  it('asks on a terminal; anything but yes changes nothing and is 1', async () => {
    const { env, gateway } = await startGateway();
    const no = await run(['webhooks', 'remove', '2'], { env, answers: ['n'] });
    expect(no.code).toBe(1);
    expect(no.stderr).toContain('Nothing was changed.');
    expect(gateway.settings).toBe(SETTINGS);
    const yes = await run(['webhooks', 'remove', '2'], { env, answers: ['y'] });
    expect(yes.code).toBe(0);
    expect(gateway.webhooks().map(({ url }) => url)).toEqual(['https://crm.example.com/hook']);
  });

  it.each([
    [['add', 'https://a.example'], 'webhooks add … --yes'],
    [['remove', '1'], 'webhooks remove … --yes'],
    [['restore'], 'webhooks restore … --yes'],
    [['restore', '--forget'], 'webhooks restore --forget … --yes'],
  ])('%s without --yes and without a terminal is 2, and changes nothing', async (argv, hint) => {
    const at = await startGateway();
    leaveBehind(at);
    const before = at.gateway.settings;
    const { code, stderr } = await run(['webhooks', ...argv], at);
    expect(code).toBe(2);
    expect(stderr).toContain(hint);
    expect(at.gateway.settings).toBe(before);
    expect(journalOf(at.data)).toHaveLength(1);
  });

  it.each([
    [['add', 'nowhere'], /no url that can be called/],
    [['add', 'ftp://x/'], /no url that can be called/],
    [['add', 'https://stats.example.com/', '--mode', 'method'], /already: number 2/],
    [['add', 'https://x.example', '-e', 'labels.delete'], /chooses none of the events/],
    [['add', 'https://x.example', '-e', 'mesages'], /did you mean messages\?/],
    [['add', 'https://x.example', '--mode', 'bdy'], /Did you mean body\?/],
    [
      ['add', 'https://x.example', ...['a', 'b', 'c', 'd', 'e', 'f'].flatMap((name) => ['-H', `${name}: 1`])],
      /5 headers at most, and these are 6/,
    ],
    [['add', 'https://x.example', '-H', 'A: 1', '-H', 'a: 2'], /stands twice/],
    [['remove', '3'], /no webhook number 3[\s\S]*1: https:\/\/crm/],
    [['remove', '0'], /no webhook number 0/],
    [['remove', 'https://other.example'], /no webhook with the url/],
    [['lst'], /Did you mean list\?/],
    [['test'], /2 webhooks, and no listener runs here[\s\S]*--url/],
    [['test', '--url', 'x'], /no url that can be called/],
    [['test', '--category', 'mesages'], /Did you mean messages\?/],
  ])('%s is 2', async (argv, message) => {
    const { env, gateway } = await startGateway();
    const { code, stdout, stderr } = await run(['webhooks', ...argv], { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(gateway.settings).toBe(SETTINGS);
  });

  it('of webhooks with one url the number says which', async () => {
    const twins = '{"webhooks":[{"url":"https://a.example","events":[]}, {"url":"https://a.example","events":[] ,"n":1.0}]}';
    const { env, gateway } = await startGateway({ settings: twins });
    expect((await run(['webhooks', 'remove', 'https://a.example', '--yes'], { env })).stderr).toMatch(
      /2 webhooks have this url[\s\S]*1, 2/,
    );
    await run(['webhooks', 'remove', '1', '--yes'], { env });
    expect(gateway.settings).toBe('{"webhooks":[{"url":"https://a.example","events":[] ,"n":1.0}]}');
  });

  it('what somebody adds between the look and the change is kept', async () => {
    const { env, gateway } = await startGateway();
    const theirs = '{"url":"https://theirs.example","events":[] , "n":1.0}';
    gateway.behave = (call, nth) =>
      call === 'PATCH /settings' && nth === 0
        ? { kind: 'meanwhile', change: (text) => text.replace('-0.0]}} ]', `-0.0]}},${theirs} ]`) }
        : undefined;
    const { code } = await run(['webhooks', 'remove', '1', '--yes'], { env });
    expect(code).toBe(0);
    expect(gateway.webhooks().map(({ url }) => url)).toEqual(['https://stats.example.com/', 'https://theirs.example']);
    expect(gateway.settings).toContain(theirs);
  });
});

describe('restore', () => {
  it('takes out what a dead listener left, and strikes it from the journal', async () => {
    const at = await startGateway();
    leaveBehind(at);
    const { code, stdout, stderr } = await run(['webhooks', 'restore', '--yes'], at);
    expect([code, stdout]).toEqual([0, `${LEFT_URL} is taken out; the settings are as they were.\n`]);
    expect(stderr).toContain(`  - ${LEFT_URL}`);
    expect(at.gateway.settings).toBe(SETTINGS);
    expect(journalOf(at.data)).toEqual([]);
    expect((await run(['webhooks', 'restore'], at)).stdout).toBe('There is nothing to restore.\n');
  });

  it('brings back what was set aside, as it was', async () => {
    const at = await startGateway();
    leaveBehind(at, { exclusive: true });
    const { stdout, stderr } = await run(['webhooks', 'restore', '--yes', '--json'], at);
    expect(stderr).toContain('  + https://crm.example.com/hook');
    expect(at.gateway.settings).toBe(SETTINGS);
    expect(json(stdout)).toEqual({ restored: [{ url: LEFT_URL, channel: CHANNEL, changed: true, added: [], removed: [] }] });
  });

  it('says what others changed meanwhile, and leaves it', async () => {
    const at = await startGateway();
    leaveBehind(at);
    at.gateway.settings = at.gateway.settings.replace('stats.example.com', 'other.example.com');
    const { stdout } = await run(['webhooks', 'restore', '--yes'], at);
    expect(stdout).toContain('Others changed the webhooks meanwhile');
    expect(stdout).toMatch(/- https:\/\/stats\.example\.com[\s\S]*\+ https:\/\/other\.example\.com/);
    expect(at.gateway.settings).toBe(SETTINGS.replace('stats.example.com', 'other.example.com'));
  });

  it('leaves alone what belongs to a listener that runs', async () => {
    const at = await startGateway();
    leaveBehind(at, { owner: living(at.env) });
    const before = at.gateway.settings;
    const { code, stdout, stderr } = await run(['webhooks', 'restore', '--yes'], at);
    expect([code, stdout]).toEqual([0, 'There is nothing to restore.\n']);
    expect(stderr).toContain('1 listener at work');
    expect(at.gateway.settings).toBe(before);
    expect(at.gateway.calls).toEqual([]);
  });

  it('of another channel: says whose token is needed, is 1; --forget lets go of it without any token', async () => {
    const at = await startGateway();
    leaveBehind(at, { channel: 'OTHER-CHANNEL' });
    const other = await run(['webhooks', 'restore', '--yes'], at);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain('need the token of theirs');
    expect(journalOf(at.data)).toHaveLength(1);
    const { WHAPI_TOKEN: _, ...env } = at.env;
    const forgotten = await run(['webhooks', 'restore', '--forget', '--yes'], { env });
    expect([forgotten.code, forgotten.stdout]).toEqual([0, '1 registration forgotten.\n']);
    expect(journalOf(at.data)).toEqual([]);
  });

  it('where the provider tells no channel, our entry in the settings says whose it is', async () => {
    const at = await startGateway();
    at.gateway.health = { status: { code: 4, text: 'AUTH' } };
    leaveBehind(at, { channel: null });
    expect((await run(['webhooks', 'restore', '--yes'], at)).code).toBe(0);
    expect(at.gateway.settings).toBe(SETTINGS);
  });

  it('a damaged note is named, is 3, and can be forgotten', async () => {
    const at = await startGateway();
    leaveBehind(at);
    const [note] = journalOf(at.data);
    writeFileSync(note?.path ?? '', '{');
    const { code, stderr } = await run(['webhooks', 'restore', '--yes'], at);
    expect(code).toBe(3);
    expect(stderr).toContain('cannot be used: it is damaged');
    await run(['webhooks', 'restore', '--forget', '--yes'], at);
    expect(journalOf(at.data)).toEqual([]);
  });

  it('cannot be done now: 3, and the note stays', async () => {
    const at = await startGateway();
    leaveBehind(at);
    at.gateway.behave = (call) => (call === 'PATCH /settings' ? { kind: 'answer', status: 500 } : undefined);
    const { code } = await run(['webhooks', 'restore', '--yes'], { ...at, after: quick });
    expect(code).toBe(3);
    expect(journalOf(at.data)).toHaveLength(1);
    at.gateway.behave = () => undefined;
    expect((await run(['webhooks', 'restore', '--yes'], at)).code).toBe(0);
    expect(at.gateway.settings).toBe(SETTINGS);
  });
});

describe('events, health, test', () => {
  it('lists the events that may be subscribed', async () => {
    const { env } = await startGateway();
    expect((await run(['webhooks', 'events'], { env })).stdout).toMatch(/^messages\.post\nmessages\.put\n[\s\S]*calls\.post\n$/);
    expect(json((await run(['webhooks', 'events', '--json'], { env })).stdout)['events']).toHaveLength(25);
  });

  it.each([
    [{ code: 4, text: 'AUTH' }, 0, `${CHANNEL}: channel is connected to WhatsApp as Ann (AUTH)`],
    [{ code: 3, text: 'QR' }, 1, `${CHANNEL}: channel waits for a phone to scan the QR code as Ann (QR)`],
    [{ code: 77, text: 'ODD\u001b[31m' }, 1, `${CHANNEL}: channel state ODD\\x1b[31m as Ann (ODD\\x1b[31m)`],
    [{ code: 9 }, 1, `${CHANNEL}: channel state code 9 as Ann`],
  ])('health %j is %s', async (status, code, words) => {
    const { env, gateway } = await startGateway();
    gateway.health = { ...(gateway.health as object), status };
    expect(await run(['webhooks', 'health'], { env })).toMatchObject({ code, stdout: `${words}\n` });
    expect(json((await run(['webhooks', 'health', '--json'], { env })).stdout)).toMatchObject({ channel: CHANNEL, health: { status } });
  });

  it('test has the provider call the url, and tells what it got there', async () => {
    const { env } = await startGateway();
    const answers = [200, 404];
    const server = createServer((request, response) =>
      request.resume().on('end', () => response.writeHead(answers.shift() ?? 500).end('no such page')),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const fine = await run(['webhooks', 'test', '--url', url], { env });
    expect(fine.code).toBe(0);
    expect(fine.stdout).toContain(`The provider called ${url} (messages, mode body) and was answered with success.`);
    expect(fine.stdout).toContain('nobody here can say whether it arrived');
    const wrong = await run(['webhooks', 'test', '--url', url, '--mode', 'path', '--json'], { env });
    expect(wrong.code).toBe(1);
    expect(json(wrong.stdout)).toEqual({
      url,
      type: 'messages',
      mode: 'path',
      ok: false,
      status: 409,
      told: '404 - "no such page"',
      arrived: null,
    });
  });
});

describe('what the provider answers, and what the user is told', () => {
  const page = '<!DOCTYPE html><html><title>Sign in</title>';
  const echo = JSON.stringify({ error: { code: 401, message: `no such token: Bearer ${TOKEN}` } });
  it.each<[string, Behaviour, RegExp]>([
    [
      '400',
      { kind: 'answer', status: 400, body: '{"error":{"code":400,"message":"Bad","details":"mode is wrong"}}' },
      /refuses GET \/settings \(400\)\. It says: Bad: mode is wrong\./,
    ],
    ['401', { kind: 'answer', status: 401 }, /does not take the token \(401\)[\s\S]*Copy the channel's token/],
    ['401 that repeats the token', { kind: 'answer', status: 401, body: echo }, /no such token: Bearer \(token\)/],
    [
      '401 that repeats the token where its words are cut short',
      { kind: 'answer', status: 401, body: JSON.stringify({ error: { message: `${'x'.repeat(292)} ${TOKEN}` } }) },
      /xxx \(token\)\./,
    ],
    [
      '302 that repeats the token where the address is cut short',
      { kind: 'answer', status: 302, headers: { location: `https://elsewhere.example/${'x'.repeat(267)}${TOKEN}` } },
      /elsewhere \(302 to https:\/\/elsewhere\.example\/x+\(token/,
    ],
    ['402', { kind: 'answer', status: 402 }, /used up what its plan allows \(402\)[\s\S]*trial/],
    ['403', { kind: 'answer', status: 403 }, /does not take the token \(403\)/],
    ['403 with a page', { kind: 'answer', status: 403, body: page }, /with a web page[\s\S]*HTTPS_PROXY/],
    ['404', { kind: 'answer', status: 404 }, /does not know GET \/settings \(404\)[\s\S]*--api-url/],
    ['407', { kind: 'answer', status: 407 }, /proxy on the way wants a name and password/],
    ['409', { kind: 'answer', status: 409 }, /cannot do GET \/settings \(409\) now[\s\S]*webhooks health/],
    [
      '429 that asks for too long',
      { kind: 'answer', status: 429, headers: { 'retry-after': '3600' } },
      /fewer calls \(429\)[\s\S]*wait 3600 s/,
    ],
    ['429 again and again', { kind: 'answer', status: 429, headers: { 'retry-after': '2' } }, /waiting 2 s[\s\S]*fewer calls \(429\)/],
    ['500', { kind: 'answer', status: 500 }, /failed at GET \/settings \(500\)[\s\S]*on its side/],
    ['503', { kind: 'answer', status: 503, body: 'down' }, /failed at GET \/settings \(503\)/],
    ['200 with a page', { kind: 'answer', status: 200, body: page }, /with a web page/],
    ['200 that is no JSON', { kind: 'answer', status: 200, body: 'OK' }, /something that is not JSON/],
    ['200 without a body', { kind: 'answer', status: 200, body: '' }, /something that is not JSON/],
    ['200 with a list', { kind: 'answer', status: 200, body: '[]' }, /does not understand: they are not a JSON object/],
    ['200 with webhooks that are no list', { kind: 'answer', status: 200, body: '{"webhooks":1}' }, /webhooks is not a list/],
    [
      '302',
      { kind: 'answer', status: 302, headers: { location: 'https://elsewhere.example/' } },
      /sends GET \/settings elsewhere \(302 to https:\/\/elsewhere\.example\/\)/,
    ],
    ['more than 5 MB', { kind: 'answer', status: 200, body: `"${'x'.repeat(6_000_000)}"` }, /more than 5 MB/],
    ['a connection that is cut', { kind: 'drop', when: 'before' }, /GET \/settings: the connection was closed before the answer/],
    ['an answer that is cut', { kind: 'drop', when: 'middle' }, /GET \/settings: /],
    ['nothing', { kind: 'hang', applied: false }, /no answer within 0\.3 s[\s\S]*--api-timeout/],
  ])('%s', async (_name, behaviour, told) => {
    const { env, gateway } = await startGateway();
    gateway.behave = () => behaviour;
    const { code, stdout, stderr } = await run(['webhooks', '--api-timeout', behaviour.kind === 'hang' ? '300ms' : '20s'], {
      env,
      after: quick,
    });
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(told);
    expect(stderr).not.toContain(TOKEN.slice(0, 6));
    expect(gateway.settings).toBe(SETTINGS);
  });

  it('what is safe is repeated: reading after 5xx, a cut connection, and 429', async () => {
    const { env, gateway } = await startGateway();
    const first: Behaviour[] = [
      { kind: 'answer', status: 502 },
      { kind: 'drop', when: 'before' },
    ];
    gateway.behave = (_call, nth) => first[nth];
    expect((await run(['webhooks'], { env, after: quick })).code).toBe(0);
    expect(gateway.calls).toHaveLength(3);
  });

  it.each<[string, Behaviour]>([
    ['its answer is lost', { kind: 'drop', when: 'after' }],
    ['its answer is cut', { kind: 'drop', when: 'middle' }],
    ['its answer never comes', { kind: 'hang', applied: true }],
    ['it never arrives', { kind: 'drop', when: 'before' }],
    ['the provider fails', { kind: 'answer', status: 500 }],
    ['it wants fewer calls', { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }],
  ])('a change where %s is decided anew from settings read again, and made once', async (_name, behaviour) => {
    const { env, gateway } = await startGateway();
    gateway.behave = (call, nth) => (call === 'PATCH /settings' && nth === 0 ? behaviour : undefined);
    const { code } = await run(
      ['webhooks', 'add', 'https://new.example/', '--yes', '--api-timeout', behaviour.kind === 'hang' ? '2s' : '20s'],
      {
        env,
        after: quick,
      },
    );
    expect(code).toBe(0);
    expect(gateway.webhooks().map(({ url }) => url)).toEqual([
      'https://crm.example.com/hook',
      'https://stats.example.com/',
      'https://new.example/',
    ]);
  });

  it('a refused change is not repeated', async () => {
    const { env, gateway } = await startGateway();
    gateway.behave = (call) => (call === 'PATCH /settings' ? { kind: 'answer', status: 400 } : undefined);
    expect((await run(['webhooks', 'remove', '1', '--yes'], { env })).code).toBe(3);
    expect(gateway.calls.filter(({ call }) => call === 'PATCH /settings')).toHaveLength(1);
  });

  it('settings that do not stay as they are written: says so after some tries', async () => {
    const { env, gateway } = await startGateway();
    gateway.moment = (moment) => {
      if (moment === 'after PATCH /settings') gateway.settings = SETTINGS;
    };
    const { code, stderr } = await run(['webhooks', 'remove', '1', '--yes'], { env, after: quick });
    expect(code).toBe(3);
    expect(stderr).toContain('do not stay as they are written');
  });

  it('no network', async () => {
    const port = await closedPort();
    const { code, stderr } = await run(['webhooks', '--api-url', `http://127.0.0.1:${port}`], { env: { WHAPI_TOKEN: TOKEN } });
    expect(code).toBe(3);
    expect(stderr).toMatch(/cannot be reached: connection refused[\s\S]*--api-url/);
  });
});

describe('token and address', () => {
  it('the token comes from a file, or from standard input', async () => {
    const { env, gateway } = await startGateway();
    const { WHAPI_TOKEN: _, ...without } = env;
    const cwd = temporaryFolder({ token: `  ${TOKEN}\n` });
    expect((await run(['webhooks', '--token-file', 'token'], { cwd, env: without })).code).toBe(0);
    expect((await run(['webhooks', '--token-file', '-'], { env: without, stdin: `Bearer ${TOKEN}\n` })).code).toBe(0);
    expect(gateway.calls).toHaveLength(2);
  });

  it.each([
    [{}, [], 2, /token is missing[\s\S]*WHAPI_TOKEN/],
    [{ WHAPI_TOKEN: ' ' }, [], 2, /token is missing/],
    [{ WHAPI_TOKEN: 'two words' }, [], 2, /WHAPI_TOKEN holds something that is no token/],
    [{}, ['--token-file', 'tOkEn-as-an-argument'], 3, /the file cannot be read: there is no such file[\s\S]*not the token/],
    [{}, ['--token-file', '-'], 2, /Standard input holds no token/],
    [{ WHAPI_TOKEN: 'x' }, ['--api-url', 'gate'], 2, /--api-url is no address/],
    [{ WHAPI_TOKEN: 'x' }, ['--api-url', 'http://gate.example'], 2, /travel in the open/],
    [{ WHAPI_TOKEN: 'x' }, ['--api-url', 'https://a:b@gate.example'], 2, /a name, a password or a query/],
    [{ WHAPI_TOKEN: 'x', WHAPI_API_URL: 'ftp://x' }, [], 2, /WHAPI_API_URL is no address/],
    [{ WHAPI_TOKEN: 'x' }, ['--api-timeout', '5'], 2, /2s/],
  ])('%j %j is %s', async (env, flags, code, told) => {
    const result = await run(['webhooks', ...flags], { env: env as Record<string, string> });
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toMatch(told);
    expect(result.stderr).not.toMatch(/two words|tOkEn/);
  });
});

it('the journal is for its owner alone', async () => {
  const at = await startGateway();
  leaveBehind(at);
  const [note] = journalOf(at.data);
  expect(note?.text).not.toContain(LEFT_SECRET);
  expect(note?.text).not.toContain(TOKEN);
  at.gateway.behave = (call) => (call === 'PATCH /settings' ? { kind: 'answer', status: 400 } : undefined);
  await run(['webhooks', 'restore', '--yes'], at);
  const path = journalOf(at.data)[0]?.path ?? '';
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(join(path)).not.toContain(CHANNEL);
});
