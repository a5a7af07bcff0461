import { existsSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ReplayCall, ReplayError, type ReplayedDelivery, type ReplayResult, replay } from '../../src/index.ts';
import { type App, startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { newText, sendText, startHandler } from '../support/handler.ts';
import { fill } from '../support/history.ts';
import { closedPort, takePort } from '../support/http.ts';
import { message, named } from '../support/payloads.ts';
import { run } from '../support/runtime.ts';
import { startTlsApp, TEST_CERTIFICATE } from '../support/tls.ts';

const app = async (answer?: Parameters<typeof startApp>[0]): Promise<App> => {
  const started = await startApp(answer);
  onTestFinished(() => started.close());
  return started;
};

/** The payload of messages.post as an object. */
const payload = (text: string): object => JSON.parse(named(text)) as object;
const payloads = (texts: string): object[] => [...texts].map(payload);

/** The letters of what an app got. */
const texts = ({ received }: App): string => received.map(({ body }) => /"body":"(\w+)"/.exec(body.toString())?.[1] ?? '?').join('');

/** What a test of a handler looks at. */
const brief = ({ ok, exitCode, ending, sent, failed, unsent }: ReplayResult) => ({ ok, exitCode, ending, sent, failed, unsent });
const GOOD = { ok: true, exitCode: 0, ending: 'done', failed: 0, unsent: 0 };

const recorded = (text: string): object => ({
  ...{ v: 1, type: 'delivery', id: 'k1', time: '2026-01-01T00:00:00.000Z', method: 'PUT', url: '/messages/put' },
  ...{ headers: [['X-Old', 'yes']], body: text, mode: 'path', event: 'messages.put' },
});

describe('what is sent', () => {
  it('everything that the command takes for a source, in its order', async () => {
    const one = await app();
    const folder = temporaryFolder({
      'a.json': `[${named('a')},${named('b')}]`,
      'more/c.json': named('c'),
      'd.jsonl': `${JSON.stringify(recorded(named('d')))}\n`,
      'told.yaml': 'name: told\nsteps:\n  - event: messages.post\n    set:\n      messages[0].text.body: e\n',
    });
    const history = join(folder, 'h.db');
    await fill(history, [{ id: 'k1aaaaaa', body: named('f') }]);
    const at = (name: string): string => join(folder, name);
    const sources = [at('a.json#2'), at('more'), at('d.json*'), at('told.yaml'), 'history:', 'samples/users.json', 'users', 'users.post'];
    const result = await replay({ to: one.url, sources, history, event: ['messages.*'] });
    expect(brief(result)).toEqual({ ...GOOD, sent: one.received.length });
    expect(texts(one)).toMatch(/^bcdef\?+$/);
    expect(result.results.map(({ source }) => source).slice(0, 5)).toEqual([
      `${at('a.json')} > 2`,
      expect.stringMatching(/c\.json$/),
      `${at('d.jsonl')} > k1`,
      expect.stringMatching(/told\.yaml/),
      'history > k1aaaaaa',
    ]);
    expect(result.results.at(-1)).toMatchObject({ event: 'users.post', source: expect.stringMatching(/^samples\/users\.json > /) });
  });

  it.each<[string, unknown, { method?: string; url?: string; body: string; header?: string }]>([
    ['an object', payload('a'), { body: named('a') }],
    ['the text of a body', '{"broken', { body: '{"broken' }],
    ['the bytes of a body', new Uint8Array([0xff, 0]), { body: '\ufffd\0' }],
    ['a buffer of them', new Uint8Array([0xff, 0]).buffer, { body: '\ufffd\0' }],
    [
      'a request with an object',
      { method: 'PATCH', url: '/messages/patch?x=1', headers: { 'X-A': ['1', '2'] }, body: { messages: [] } },
      { method: 'PATCH', url: '/hook/messages/patch?x=1', body: '{"messages":[]}', header: 'X-A: 1, X-A: 2' },
    ],
    ['a request with a text', { method: 'POST', url: '/', body: 'hi' }, { body: 'hi', header: 'content-type: application/json' }],
    ['a record of a recording', recorded('{}'), { method: 'PUT', url: '/hook/messages/put', body: '{}', header: 'X-Old: yes' }],
  ])('%s among payloads goes out as it is', async (_name, given, { method = 'POST', url = '/hook', body, header }) => {
    const one = await app();
    const result = await replay({ to: `${one.url}/hook`, payloads: [given as object] }); // also what a program without types hands over
    expect(brief(result)).toEqual({ ...GOOD, sent: 1 });
    expect(result.results[0]).toMatchObject({ source: 'payloads > 1', number: 1, ok: true, status: 200 });
    const [got] = one.received;
    expect([got?.method, got?.url, got?.body.toString()]).toEqual([method, url, body]);
    const lines = (got?.headers ?? []).flatMap((name, index, all) => (index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : []));
    if (header !== undefined) expect(lines.join(', ')).toContain(header);
  });

  it('payloads come behind the sources, and cannot be named by a command', async () => {
    const one = await app((_received, _index, response) => void response.writeHead(500).end());
    const file = join(temporaryFolder({ 'a.json': named('a') }), 'a.json');
    const { failures, results } = await replay({ to: one.url, sources: [file], payloads: payloads('bc'), repeat: 2 });
    expect(texts(one)).toBe('abcabc');
    expect(failures).toMatchObject([{ cause: 'status 500', count: 6, example: { again: `whapi-hooks replay ${file} --to ${one.url}/` } }]);
    expect(results.map(({ again }) => again !== undefined)).toEqual([true, false, false, true, false, false]);
  });
});

describe('options', () => {
  const headersOf = ({ received }: App): string => JSON.stringify(received.map(({ headers }) => headers)).toLowerCase();

  it.each<[string, Partial<ReplayCall>, (app: App, result: ReplayResult) => void]>([
    ['mode', { mode: 'path' }, (one) => expect(one.received.map(({ url }) => url)).toEqual(Array(3).fill('/messages/post'))],
    ['mode all', { mode: 'all' }, (one) => expect(one.received.map(({ method }) => method)).toHaveLength(9)],
    ['only', { only: ['!messages'], sources: ['users'] }, (one) => expect(texts(one)).toMatch(/^\?+$/)],
    ['repeat', { repeat: 2 }, (one) => expect(texts(one)).toBe('abcabc')],
    ['headers', { headers: { 'X-A': '1', 'x-b': ['2', '3'] } }, (one) => expect(headersOf(one)).toContain('"x-a","1","x-b","2","x-b","3"')],
    ['secretHeader', { secretHeader: 'X-Key: s' }, (one) => expect(headersOf(one)).toContain('"x-key","s"')],
    ['dropHeader', { dropHeader: ['content-type'] }, (one) => expect(headersOf(one)).not.toContain('content-type')],
    ['keepAlive', { keepAlive: false }, (one) => expect(headersOf(one)).toContain('"connection","close"')],
    ['keepAlive, as it is anyway', { keepAlive: true }, (one) => expect(headersOf(one)).toContain('"connection","keep-alive"')],
    ['duplicate', { duplicate: 1 }, (one, { results }) => expect([texts(one), results[1]?.copyOf]).toEqual(['aabbcc', 1])],
    ['a share as the flag has it', { duplicate: '100%' }, (one) => expect(texts(one)).toBe('aabbcc')],
    [
      'dropConnection',
      { dropConnection: '100%' },
      (_one, { attempts, faults }) => expect([attempts, faults['drop-connection']]).toEqual([6, 3]),
    ],
    ['slowBody', { slowBody: '100%:10ms' }, (one, { faults }) => expect([texts(one), faults['slow-body']]).toEqual(['abc', 3])],
    ['late', { late: '100%:10ms' }, (_one, { faults }) => expect(faults.late).toBe(3)],
    ['seed', { shuffle: true, seed: 7 }, (_one, { seed }) => expect(seed).toBe(7)],
    ['delay in milliseconds', { delay: 50 }, (_one, { ms }) => expect(ms).toBeGreaterThan(90)],
    ['rate', { rate: 20 }, (_one, { ms }) => expect(ms).toBeGreaterThan(90)],
    ['what is undefined', { only: undefined, shuffle: undefined, retry: undefined }, (one) => expect(texts(one)).toBe('abc')],
    ['what is false', { shuffle: false, retry: false, failFast: false }, (one) => expect(texts(one)).toBe('abc')],
  ])('%s', async (_name, options, check) => {
    const one = await app();
    const result = await replay({ to: one.url, payloads: payloads('abc'), ...options });
    expect(brief(result)).toMatchObject(GOOD);
    check(one, result);
  });

  it('the same seed gives the same order', async () => {
    const orders = [];
    for (const seed of [7, 7, 8]) {
      const one = await app();
      await replay({ to: one.url, payloads: payloads('abcdefghijklmnop'), shuffle: true, reorder: 3, seed });
      orders.push(texts(one));
    }
    expect(orders[0]).toBe(orders[1]);
    expect(orders[0]).not.toBe(orders[2]);
  });

  it.each<[string, Partial<ReplayCall>, Partial<ReplayResult>]>([
    ['expect', { expect: ['status=200', 'body.ok=false'] }, { sent: 3, failed: 3, ending: 'done' }],
    ['failFast', { expect: ['status=404'], failFast: true }, { sent: 1, failed: 1, unsent: 2, ending: 'failures' }],
    ['maxFailures', { expect: ['status=404'], maxFailures: 2 }, { sent: 2, failed: 2, unsent: 1, ending: 'failures' }],
    ['expectUnauthorized', { secretHeader: 'X-Key', expectUnauthorized: true }, { sent: 3, failed: 3, ending: 'done' }],
  ])('%s: a handler that fails is in the result, and nothing is thrown', async (_name, options, wanted) => {
    const one = await app((_received, _index, response) => void response.end('{"ok":true}'));
    const result = await replay({ to: one.url, payloads: payloads('abc'), ...options });
    expect(result).toMatchObject({ ok: false, exitCode: 1, ...wanted });
    expect(one.received).toHaveLength(result.sent);
  });

  it('timeout, for one that never answers', async () => {
    const one = await app(() => {});
    const result = await replay({ to: one.url, payloads: payloads('a'), timeout: '50ms' });
    expect(result.failures).toMatchObject([{ cause: 'no answer in time', found: 'no answer within 0.05 s' }]);
    expect(result.results).toMatchObject([{ error: 'no answer within 0.05 s', ok: false }]);
  });

  it('caCert and skipVerify', async () => {
    const { port } = await startTlsApp();
    const to = `https://localhost:${port}`;
    const caCert = join(temporaryFolder({ 'ca.pem': TEST_CERTIFICATE }), 'ca.pem');
    const call = { to, payloads: payloads('a') };
    expect((await replay(call)).failures[0]?.found).toMatch(/^the certificate is self-signed/);
    expect(brief(await replay({ ...call, caCert }))).toEqual({ ...GOOD, sent: 1 });
    expect(brief(await replay({ ...call, skipVerify: true }))).toEqual({ ...GOOD, sent: 1 });
  });

  it('apiPort, with the address told before the first delivery; forbidEcho, checkIdempotent, calls', async () => {
    let api = 0;
    const seen = new Set<string>();
    const { url } = await startHandler((hook) => {
      const text = newText(seen, hook);
      if (text === undefined) hook.response.end('ok');
      else void sendText(api, text.chat_id, text.id).then(() => hook.response.end('ok'));
    });
    const own = { ...payload('x'), messages: [message('x', { from_me: true, id: 'Own123Def456Gh-ijKL78' })] };
    const call = {
      to: url,
      payloads: [payload('a'), own],
      apiPort: 0,
      settle: 1,
      onApi: (told: string) => (api = Number(new URL(told).port)),
    };
    const first = await replay({ ...call, expect: ['calls<=1'], forbidEcho: true, checkIdempotent: true });
    expect(brief(first)).toEqual({ ...GOOD, sent: 4 });
    expect(api).toBeGreaterThan(0);
    // The second time nothing is new to the handler.
    const second = await replay({ ...call, checkIdempotent: true });
    expect(second).toMatchObject({
      ok: false,
      exitCode: 1,
      failed: 0,
      notes: [expect.stringMatching(/^Nothing was checked by --check-idempotent/)],
    });
    // The port is free again.
    expect(await takePort(api)).toBe(api);
  });
});

describe('the result', () => {
  it('is what the command tells, member by member', async () => {
    const halting: Parameters<typeof startApp>[0] = (_received, index, response) =>
      void response.writeHead(index % 2 === 0 ? 200 : 500).end('{"ok":true}');
    const [one, two, other] = [await app(halting), await app(halting), await app(halting)];
    const flags = ['--duplicate', '50%', '--shuffle', '--seed', '3', '--expect', 'status=200'];
    const { code, stdout } = await run(['replay', 'samples/groups.json', '--to', one.url, ...flags, '--reporter', 'json']);
    const lines = await run(['replay', 'samples/groups.json', '--to', two.url, ...flags, '--json']);
    const call = { sources: ['samples/groups.json'], to: other.url, duplicate: '50%', shuffle: true, seed: 3, expect: ['status=200'] };
    const { ok, ending, exitCode, results, trouble, notes, ...document } = await replay(call);
    // Times and ports are those of each run, and so is which one was the slowest.
    const steady = (value: unknown): unknown => {
      const text = JSON.stringify(value).replaceAll(/(127\.0\.0\.1):\d+/g, '$1:PORT');
      return JSON.parse(text.replaceAll(/"(ms|p50|p95|p99|max|time|version|delivery)":(?:"[^"]*"|[\d.]+)/g, '"$1":0'));
    };
    const { tool, ok: count, histogram: _, slowest: __, ...told } = JSON.parse(stdout);
    const { histogram, slowest, ...own } = document;
    expect(steady(own)).toEqual(steady(told));
    expect([ok, exitCode, ending, tool, count]).toEqual([false, code, 'done', 'whapi-hooks', document.sent - document.failed]);
    expect(histogram.reduce((sum, { count: some }) => sum + some, 0)).toBe(document.sent);
    expect(slowest).toHaveLength(10);
    expect([trouble, notes]).toEqual([[], []]);
    const records = lines.stdout
      .trim()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { again?: string });
    const withCommand = records.map(({ again, ...record }) => ({
      ...record,
      ...(again === undefined ? {} : { again: `whapi-hooks replay ${again} --to ${two.url}/ --expect status=200` }),
    }));
    expect(steady(results.map((result) => ({ v: 1, type: 'outcome', ...result })))).toEqual(steady(withCommand));
  });

  it('an endpoint at which nobody listens: what the command ends with 3', async () => {
    const result = await replay({ to: `127.0.0.1:${await closedPort()}`, payloads: payloads('abc') });
    expect(brief(result)).toEqual({ ok: false, exitCode: 3, ending: 'unreachable', sent: 1, failed: 1, unsent: 2 });
    expect(result.failures).toMatchObject([{ cause: 'not reachable', found: expect.stringMatching(/^connection refused/) }]);
  });

  it('tells what could not be sent, and is not ok then', async () => {
    const one = await app();
    const file = join(temporaryFolder({ 'bad.json': '{' }), 'bad.json');
    const result = await replay({ to: one.url, sources: [file], payloads: [payload('a'), '{}'], mode: 'path' });
    expect(brief(result)).toEqual({ ...GOOD, ok: false, exitCode: 1, sent: 1 });
    expect(result.trouble).toEqual([
      expect.stringMatching(/bad\.json:1:2 {2}error .* not JSON/),
      'payloads > 2: it names no event, so it cannot be sent in mode path.',
    ]);
    expect(await replay({ to: one.url, sources: [file] })).toMatchObject({ ok: false, exitCode: 1, sent: 0, ending: 'done' });
  });

  it('says of payloads that do not fit the schemas that they were sent all the same', async () => {
    const one = await app();
    const { ok, notes } = await replay({ to: one.url, payloads: [payload('a'), '{}'] });
    expect([ok, notes]).toEqual([true, ['1 of 2 payloads does not fit the schemas; whapi-hooks validate says where.']]);
  });

  it('holds nothing that would act on the terminal of whoever prints it', async () => {
    const one = await app((_received, _index, response) => void response.end('{"ok":"\\u001b[31m\\u202ered"}'));
    const file = join(temporaryFolder({ 'a.json': JSON.stringify({ 'x\u001b[2J': payload('a') }) }), 'a.json');
    const result = await replay({ to: one.url, sources: [file], expect: ['body.ok=true'] });
    expect(result.results[0]?.source).toContain('\\x1b[2J');
    const told: string[] = [];
    JSON.stringify(result, (_key, value: unknown) => {
      if (typeof value === 'string') told.push(value);
      return value;
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(told.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('nor does the advice of an error', async () => {
    const file = join(temporaryFolder({ 'a.json': JSON.stringify({ 'joined\u001b': payload('a') }) }), 'a.json');
    const error: unknown = await replay({ sources: [`${file}#joined`] }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 2, hint: `Did you mean ${file}#joined\\x1b?` });
  });

  it('onResult hears each delivery as it is answered, and is waited for', async () => {
    const one = await app();
    const heard: ReplayedDelivery[] = [];
    let under = 0;
    const { results } = await replay({
      to: one.url,
      payloads: payloads('abc'),
      async onResult(result) {
        expect(++under).toBe(1);
        expect(one.received).toHaveLength(result.number);
        await new Promise((resolve) => setImmediate(resolve));
        heard.push(result);
        under--;
      },
    });
    expect(heard).toEqual(results);
  });

  it('what onResult throws is thrown on', async () => {
    const one = await app();
    const mine = new Error('mine');
    const failing = (): never => {
      throw mine;
    };
    await expect(replay({ to: one.url, payloads: payloads('abc'), onResult: failing })).rejects.toBe(mine);
    await expect(replay({ to: one.url, payloads: payloads('abc'), onResult: () => Promise.reject(mine) })).rejects.toBe(mine);
  });
});

describe('a signal', () => {
  it('ends the run in the middle: what is under way is left, and its connection closed', async () => {
    const stop = new AbortController();
    let closed = (): void => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const one = await app((_received, index, response) => {
      if (index < 2) response.end('ok');
      else {
        response.socket?.once('close', closed);
        stop.abort();
      }
    });
    const result = await replay({ to: one.url, payloads: payloads('abcde'), signal: stop.signal });
    expect(brief(result)).toEqual({ ok: false, exitCode: 1, ending: 'interrupted', sent: 2, failed: 0, unsent: 3 });
    await gone;
  });

  it.each([
    ['while a delay is waited for', { delay: '1h' }],
    ['while calls are waited for', { apiPort: 0, settle: '1h' }],
  ])('ends it %s', async (_name, options) => {
    const stop = new AbortController();
    const one = await app((_received, _index, response) => {
      response.end('ok', () => setImmediate(() => stop.abort()));
    });
    const result = await replay({ to: one.url, payloads: payloads('ab'), signal: stop.signal, ...options });
    expect(result.ending).toBe('interrupted');
  });

  it('that was aborted before lets nothing be sent', async () => {
    const one = await app();
    const result = await replay({ to: one.url, payloads: payloads('ab'), signal: AbortSignal.abort() });
    expect(brief(result)).toEqual({ ok: false, exitCode: 1, ending: 'interrupted', sent: 0, failed: 0, unsent: 2 });
    expect(one.received).toEqual([]);
  });

  it('that comes with the last answer changes nothing', async () => {
    const stop = new AbortController();
    const one = await app();
    const result = await replay({
      to: one.url,
      payloads: payloads('ab'),
      signal: stop.signal,
      onResult: ({ number }) => number === 2 && stop.abort(),
    });
    expect(brief(result)).toEqual({ ...GOOD, sent: 2 });
  });

  it('serves many calls', async () => {
    const warnings: Error[] = [];
    const heard = (warning: Error): void => void warnings.push(warning);
    process.on('warning', heard);
    onTestFinished(() => void process.off('warning', heard));
    const { signal } = new AbortController();
    const one = await app();
    for (let i = 0; i < 12; i++) await replay({ to: one.url, payloads: payloads('a'), signal });
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });
});

it('10,000 deliveries, ten at once', async () => {
  const one = await app();
  const many = Array.from({ length: 10_000 }, (_, index) => ({ ...payload('a'), channel_id: `N${index}` }));
  const result = await replay({ to: one.url, payloads: many, concurrency: 10, timeout: '2m', expect: ['time<2m'] });
  expect(brief(result)).toEqual({ ...GOOD, sent: 10_000 });
  expect(new Set(result.results.map(({ number }) => number)).size).toBe(10_000);
  expect(new Set(one.received.map(({ body }) => (JSON.parse(body.toString()) as { channel_id: string }).channel_id)).size).toBe(10_000);
});

/** Files of a folder that this process has open. */
const openIn = (folder: string): string[] =>
  readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${name}`);
      return file.startsWith(folder) ? [file] : [];
    } catch {
      return []; // the one that this list was read by
    }
  });

it.skipIf(!existsSync('/proc/self/fd'))('sources of more than is read ahead are closed, though not all of them is sent', async () => {
  // More than the 20,000 that are read before the first is sent, and more bytes than are read at once.
  const folder = realpathSync(temporaryFolder({ 'many.jsonl': `{"a":"${'x'.repeat(100)}"}\n`.repeat(21_000) }));
  const one = await app((_received, _index, response) => void response.writeHead(500).end());
  const open: string[][] = [];
  const call: ReplayCall = {
    ...{ to: one.url, sources: [join(folder, 'many.jsonl')], settle: 1, apiPort: 0 },
    onApi: () => void open.push(openIn(folder)),
  };
  const calls: Partial<ReplayCall>[] = [
    { failFast: true },
    { signal: AbortSignal.abort() },
    { apiPort: await takePort() },
    {
      onApi() {
        throw new Error('mine');
      },
    },
  ];
  const ends: string[] = [];
  for (const more of calls)
    await replay({ ...call, ...more }).then(
      ({ ending }) => ends.push(ending),
      ({ name }: Error) => ends.push(name),
    );
  expect(ends).toEqual(['failures', 'interrupted', 'ReplayError', 'Error']);
  expect(open).toEqual([[join(folder, 'many.jsonl')], [join(folder, 'many.jsonl')]]);
  expect(openIn(folder)).toEqual([]);
});

it('two calls at once do not meet', async () => {
  const one = await app();
  const two = await app((_received, _index, response) => void response.writeHead(500).end());
  const [good, bad] = await Promise.all([
    replay({ to: one.url, payloads: payloads('abcdef'), headers: { 'x-run': 'one' }, repeat: 20 }),
    replay({ to: two.url, payloads: payloads('xyz'), headers: { 'x-run': 'two' }, repeat: 20 }),
  ]);
  expect(brief(good)).toEqual({ ...GOOD, sent: 120 });
  expect(brief(bad)).toMatchObject({ ok: false, sent: 60, failed: 60 });
  const runs = ({ received }: App): string[] => [
    ...new Set(received.flatMap(({ headers }) => headers[headers.indexOf('x-run') + 1] ?? '')),
  ];
  expect([texts(one), runs(one)]).toEqual(['abcdef'.repeat(20), ['one']]);
  expect([texts(two), runs(two)]).toEqual(['xyz'.repeat(20), ['two']]);
});

describe('wrong use', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const one = { payloads: [{}] };

  it.each<[unknown, string, (string | RegExp)?]>([
    [undefined, 'replay takes one object: { to, sources, … }.'],
    ['samples', 'replay takes one object: { to, sources, … }.'],
    [{}, 'There is nothing to send.'],
    [{ sources: 'samples' }, 'replay: sources is a list of texts.'],
    [{ sources: [1] }, 'replay: sources is a list of texts.'],
    [{ sources: ['-'] }, 'replay: standard input is not read here.', 'Hand over what it would hold as payloads.'],
    [{ sources: ['grops'] }, 'There is no grops.', /^Did you mean groups\?/],
    [{ payloads: {} }, 'replay: payloads is a list.'],
    [{ payloads: [{}, null] }, 'replay: payloads[1] is no payload: neither an object nor a text nor bytes.'],
    [{ payloads: [5] }, 'replay: payloads[0] is no payload: neither an object nor a text nor bytes.'],
    [{ payloads: [circle] }, 'replay: payloads[0] cannot be written as JSON.'],
    [{ payloads: [Promise.resolve({})] }, 'replay: payloads[0] is a promise, not what it holds.'],
    [{ payloads: [{ method: 'PUT', url: '/', body: Promise.resolve('') }] }, 'replay: payloads[0].body is a promise, not what it holds.'],
    [
      { payloads: [{ method: 'GET', url: '/', body: '' }] },
      'replay: payloads[0] cannot be sent: the delivery has no method POST, PUT, PATCH or DELETE.',
    ],
    [
      { payloads: [{ method: 'PUT', url: '/', body: 5 }] },
      'replay: payloads[0].body is no payload: neither an object nor a text nor bytes.',
    ],
    [{ payloads: [{ v: 1, type: 'ready', url: '' }] }, 'replay: payloads[0] is a record of no delivery.'],
    [{ ...one, concurency: 4 }, 'replay has no option "concurency".', 'Did you mean concurrency?'],
    [{ ...one, dryRun: true }, 'replay has no option "dryRun".'],
    [{ ...one, concurrency: 0 }, "option '--concurrency <n>' argument '0' is invalid. It is a whole number from 1 to 999999999."],
    [{ ...one, concurrency: [1] }, 'replay: concurrency is one value, not a list.'],
    [{ ...one, timeout: null }, 'replay: timeout is a text or a number.'],
    [
      { ...one, timeout: 'soon' },
      "option '--timeout <duration>' argument 'soon' is invalid. A duration is written 500ms, 2s, 1m or 1h, up to 24h.",
    ],
    [{ ...one, only: 'messages' }, 'replay: only is a list of texts.'],
    [{ ...one, shuffle: 1 }, 'replay: shuffle is true or false.'],
    [{ ...one, headers: ['X-A: 1'] }, 'replay: headers is an object of names and values.'],
    [{ ...one, headers: { 'X-A': 1 } }, 'replay: headers["X-A"] is no header: a name, and a text or a list of texts.'],
    [{ ...one, headers: { 'X-A': 'a\r\nb' } }, '--header: the value of X-A holds characters that no header may have.'],
    [{ ...one, to: 'nowhere at all' }, '"nowhere at all" is not an endpoint.', /^Forms: /],
    [{ ...one, expect: ['statsu=200'] }, /^--expect: .*there is no statsu; did you mean status\?/, /./],
    [{ ...one, rate: 5, delay: 5 }, '--rate and --delay both say when deliveries are sent.', 'Use one of them.'],
    [{ ...one, forbidEcho: true }, '--forbid-echo needs --api-port: nothing else shows an echo.', /4010/],
    [{ ...one, chat: ['999'] }, '--chat chooses from the history, and no source is history:.', /./],
    [{ ...one, secretHeader: 'X-Key' }, '--secret-header names a header, but nothing gives its value.', /WHAPI_HOOKS_SECRET/],
    [{ ...one, signal: {} }, 'replay: signal is an AbortSignal.'],
    [{ ...one, onResult: 'log' }, 'replay: onResult is a function.'],
    [{ sources: ['\u001b[2J'] }, 'No file fits \\x1b[2J.'],
  ] as [unknown, string, (string | RegExp)?][])('%j: in the words of the command, with 2', async (call, sentence, hint) => {
    const error: unknown = await replay(call as ReplayCall).catch((thrown: unknown) => thrown); // what a program without types may say
    expect(error).toBeInstanceOf(ReplayError);
    expect(error).toMatchObject({
      name: 'ReplayError',
      exitCode: 2,
      message: typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
    });
    const told = (error as ReplayError).hint; // looked at above
    if (hint === undefined) expect(told).toBeUndefined();
    else expect(told).toMatch(hint);
  });

  it('what is not to be had: 3, and nothing is sent', async () => {
    const one = await app();
    const folder = temporaryFolder({ 'a.json': named('a') });
    const port = await takePort();
    const calls: [ReplayCall, RegExp][] = [
      [{ sources: [join(folder, 'a.json'), 'history:'], history: join(folder, 'h.db') }, /^There is no history yet/],
      [{ payloads: payloads('a'), apiPort: port }, /port/],
      [
        { payloads: payloads('a'), checkIdempotent: true, probe: `http://127.0.0.1:${await closedPort()}/` },
        /^The probe .* connection refused/,
      ],
    ];
    for (const [call, sentence] of calls) {
      await expect(replay({ to: one.url, ...call })).rejects.toMatchObject({
        name: 'ReplayError',
        exitCode: 3,
        message: expect.stringMatching(sentence),
      });
    }
    expect(one.received).toEqual([]);
  });
});

it('has an option for each flag of the command that is not for a terminal', async () => {
  // The compiler holds this list complete.
  const options: Record<Exclude<keyof ReplayCall, 'sources' | 'payloads' | 'signal' | 'onResult' | 'onApi'>, true> = {
    ...{ to: true, mode: true, only: true, repeat: true, shuffle: true, speed: true, var: true, at: true, rate: true, delay: true },
    ...{ concurrency: true, timeout: true, headers: true, dropHeader: true, secretHeader: true, keepAlive: true, caCert: true },
    ...{ skipVerify: true, duplicate: true, reorder: true, late: true, dropConnection: true, slowBody: true, retry: true, seed: true },
    ...{ expect: true, expectUnauthorized: true, apiPort: true, settle: true, forbidEcho: true, checkIdempotent: true, probe: true },
    ...{ failFast: true, maxFailures: true, schemaOverlay: true, history: true, event: true, chat: true, from: true, type: true },
    ...{ status: true, verdict: true, since: true, until: true, search: true, limit: true },
  };
  const { stdout } = await run(['replay', '--help']);
  const flags = [...stdout.matchAll(/^ {2}(?:-\w, )?--(?:no-)?([\w-]+)/gm)].map(([, name = '']) =>
    name.replaceAll(/-(\w)/g, (_all, letter: string) => letter.toUpperCase()),
  );
  const others = ['forwardTo', 'insecure', 'check', 'rule', 'dryRun', 'json', 'reporter', 'help'];
  const wanted = flags.filter((name) => !others.includes(name)).map((name) => (name === 'header' ? 'headers' : name));
  expect(Object.keys(options).sort()).toEqual(wanted.sort());
});
