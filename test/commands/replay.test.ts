import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/main.ts';
import { startApp } from '../support/app.ts';
import { BAD_BODIES, largePayload } from '../support/bodies.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless, expectNoTrace, NASTY } from '../support/harmless.ts';
import { closedPort, send, startRaw } from '../support/http.ts';
import { delivered, named, records, unnamed } from '../support/payloads.ts';
import { buildProgram, otherUserRuns, spawnProgram } from '../support/program.ts';
import { run, startListener, testRuntime } from '../support/runtime.ts';

const last = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

describe('sources', () => {
  it('a file, a folder, a category, an event and standard input, one after the other', async () => {
    const cwd = temporaryFolder({
      'one.json': named('one'),
      'folder/b.json': named('three'),
      'folder/a.json': named('two'),
      'folder/no.txt': 'x',
    });
    const app = await startApp();
    const { code, stdout } = await run(['replay', 'one.json', 'folder', '-', 'users', 'groups.patch', '--to', app.url], {
      cwd,
      stdin: named('four'),
    });
    await app.close();
    expect(code).toBe(0);
    const texts = app.received.map(({ body }) => body.toString());
    expect(texts.slice(0, 4)).toEqual([named('one'), named('two'), named('three'), named('four')]);
    const events = texts.slice(4).map((text) => Object.values((JSON.parse(text) as { event: object }).event).join('.'));
    expect(new Set(events)).toEqual(new Set(['users.post', 'users.delete', 'groups.patch']));
    expect(stdout).toMatch(/^200 +messages\.post +one\.json +\d+ ms$/m);
    expect(stdout).toMatch(/^200 +messages\.post +folder\/a\.json +\d+ ms$/m);
    expect(stdout).toMatch(/^200 +messages\.post +- +\d+ ms$/m);
    expect(stdout).toMatch(/^200 +groups\.patch +samples\/groups\.json > \S/m);
    expect(last(stdout)).toMatch(new RegExp(`^${texts.length} deliveries: ${texts.length} ok; p50 \\d+ ms, p95 \\d+ ms, max \\d+ ms$`));
  });

  it('a file of the package that is not in the folder is taken from there, and that is said', async () => {
    const app = await startApp();
    const { code, stderr } = await run(['replay', 'samples/labels.json', '--to', app.url], { cwd: temporaryFolder() });
    await app.close();
    expect(code).toBe(0);
    expect(stderr).toBe('samples/labels.json is not in this folder; it is taken from the installed whapi-hooks.\n');
    expect(app.received.length).toBeGreaterThan(0);
  });

  it('a file of that name in the folder comes first, without a word', async () => {
    const app = await startApp();
    const cwd = temporaryFolder({ 'samples/labels.json': named('mine'), groups: named('a file called groups') });
    const { code, stderr } = await run(['replay', 'samples/labels.json', 'groups', '--to', app.url], { cwd });
    await app.close();
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(app.received.map(({ body }) => body.toString())).toEqual([named('mine'), named('a file called groups')]);
  });

  it.each([
    [['grops'], 2, /There is no grops\.[\s\S]*Did you mean groups\?/],
    [['groups.pit'], 2, /Did you mean groups\.put\?/],
    [['nowhere.json'], 2, /There is no nowhere\.json/],
    [['*.jsn'], 2, /No file fits \*\.jsn/],
    [['empty'], 2, /empty holds no \.json, \.jsonl or \.ndjson file/],
    [['samples/../package.json'], 2, /There is no/],
  ])('%j: exit %i, nothing is sent', async (sources, wanted, says) => {
    const app = await startApp();
    const { code, stdout, stderr } = await run(['replay', ...sources, '--to', app.url], {
      cwd: temporaryFolder({ 'empty/readme.txt': '' }),
    });
    await app.close();
    expect(code).toBe(wanted);
    expect(stderr).toMatch(says);
    expect(stdout).toBe('');
    expect(app.received).toEqual([]);
  });

  it('nothing is sent when a source is not there', async () => {
    const app = await startApp();
    const { code, stderr } = await run(['replay', 'nowhere.json', 'one.json', '--to', app.url], {
      cwd: temporaryFolder({ 'one.json': named('one') }),
    });
    await app.close();
    expect(code).toBe(2);
    expect(stderr).toMatch(/There is no nowhere\.json/);
    expect(app.received).toEqual([]);
  });

  it('no source at all is a usage error', async () => {
    const { code, stderr } = await run(['replay']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/source/);
  });

  it('--only chooses; nothing chosen is told', async () => {
    const cwd = temporaryFolder({ 'all.json': `[${named('one')},${delivered}]` });
    const app = await startApp();
    expect((await run(['replay', 'all.json', '--only', 'statuses', '--to', app.url], { cwd })).code).toBe(0);
    expect(app.received.map(({ body }) => body.toString())).toEqual([delivered]);
    const none = await run(['replay', 'all.json', '--only', 'groups', '--to', app.url], { cwd });
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/nothing to send: no payload is of groups/i);
    const wrong = await run(['replay', 'all.json', '--only', 'mesages', '--to', app.url], { cwd });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/--only: "mesages" is no event; did you mean messages\?/);
    await app.close();
    expect(app.received).toHaveLength(1);
  });
});

describe('modes', () => {
  const odd = `{ "messages" : [ {"a":1.0,"b":"\\u00fc\\/"} ] ,\r\n "event":{"type":"messages","event":"post"},\t"n":1E2}`;

  it.each([
    ['body', 'POST', '/hook', odd],
    ['path', 'POST', '/hook/messages/post', odd.replace('"event":{"type":"messages","event":"post"},\t', '')],
    ['method', 'POST', '/hook/messages', odd.replace('"event":{"type":"messages","event":"post"},\t', '')],
  ])('--mode %s touches nothing but the member event', async (mode, method, url, body) => {
    const app = await startApp();
    const cwd = temporaryFolder({ 'odd.json': odd });
    expect((await run(['replay', 'odd.json', '--mode', mode, '--to', `${app.url}/hook`], { cwd })).code).toBe(0);
    await app.close();
    expect(app.received.map((one) => [one.method, one.url, one.body.toString()])).toEqual([[method, url, body]]);
  });

  it('--mode method uses the verb of the event', async () => {
    const app = await startApp();
    expect((await run(['replay', 'groups.put', '--mode', 'method', '--to', app.url])).code).toBe(0);
    await app.close();
    expect(new Set(app.received.map(({ method, url }) => `${method} ${url}`))).toEqual(new Set(['PUT /groups']));
  });

  it('a payload that names no event cannot be sent in another mode: told', async () => {
    const app = await startApp();
    const cwd = temporaryFolder({ 'one.json': unnamed('x') });
    const { code, stderr } = await run(['replay', 'one.json', '--mode', 'path', '--to', app.url], { cwd });
    await app.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/one\.json: it names no event, so it cannot be sent in mode path/);
    expect(app.received).toEqual([]);
  });

  it('a recording goes as it was recorded, unless a mode is asked for', async () => {
    const cwd = temporaryFolder();
    const listener = await startListener(['--path', '/in', '--record', 'all.jsonl', '--quiet'], { cwd });
    await send(`${listener.url}/messages/post?a=1`, unnamed('path'), { headers: { 'X-Mine': 'yes' } });
    await send(`${listener.url}/messages`, unnamed('method'));
    await send(listener.url, named('body'));
    await listener.stop();
    const shape = async (...flags: string[]): Promise<string[]> => {
      const app = await startApp();
      expect((await run(['replay', 'all.jsonl', '--to', `${app.url}/out`, ...flags], { cwd })).code).toBe(0);
      await app.close();
      return app.received.map(({ method, url, body }) => `${method} ${url} ${body.toString()}`);
    };
    expect(await shape()).toEqual([
      `POST /out/messages/post?a=1 ${unnamed('path')}`,
      `POST /out/messages ${unnamed('method')}`,
      `POST /out ${named('body')}`,
    ]);
    const bare = (await shape('--mode', 'body')).map((text) => text.replace(/^(\S+ \S+) .*"body":"(\w+)".*$/, '$1 $2'));
    expect(bare).toEqual(['POST /out?a=1 path', 'POST /out method', 'POST /out body']);
    expect((await shape('--mode', 'body')).every((text) => text.includes('"event":{"type":"messages","event":"post"}'))).toBe(true);
    expect(
      (await shape('--mode', 'path')).every((text) => /^POST \/out\/messages\/post\S* \{/.test(text) && !text.includes('"event"')),
    ).toBe(true);
  });
});

describe('the endpoint', () => {
  it('is --to, else --forward-to, else WHAPI_HOOKS_TO, else http://localhost:3000', async () => {
    const [one, two] = [await startApp(), await startApp()];
    const cwd = temporaryFolder({ 'one.json': named('one') });
    const to = async (flags: string[], env: Record<string, string> = {}): Promise<number[]> => {
      const before = [one.received.length, two.received.length];
      expect((await run(['replay', 'one.json', ...flags], { cwd, env })).code).toBe(0);
      return [one.received.length - (before[0] ?? 0), two.received.length - (before[1] ?? 0)];
    };
    expect(await to(['--to', one.url])).toEqual([1, 0]);
    expect(await to(['-t', String(one.port)])).toEqual([1, 0]);
    expect(await to(['--forward-to', `:${one.port}`])).toEqual([1, 0]);
    expect(await to([], { WHAPI_HOOKS_TO: two.url })).toEqual([0, 1]);
    expect(await to([], { WHAPI_HOOKS_FORWARD_TO: two.url })).toEqual([0, 1]);
    expect(await to(['--to', one.url], { WHAPI_HOOKS_TO: two.url })).toEqual([1, 0]);
    expect(await to(['--forward-to', one.url], { WHAPI_HOOKS_TO: two.url })).toEqual([1, 0]);
    expect(await to(['--to', one.url, '--forward-to', two.url])).toEqual([1, 0]);
    await one.close();
    await two.close();
    const help = await run(['replay', '--help']);
    expect(help.stdout).toContain('default: http://localhost:3000');
  });

  it('that nobody listens on: exit 3, the addresses named, the rest not tried', async () => {
    const port = await closedPort();
    const { code, stdout, stderr } = await run(['replay', 'groups', '--to', `localhost:${port}/hook`]);
    expect(code).toBe(3);
    expect(stdout.match(/^failed/gm)).toHaveLength(1);
    expect(stdout).toMatch(/20 deliveries: 0 ok, 1 failed \(1 × not reachable\), 19 not sent/);
    expect(stderr).toMatch(
      new RegExp(`Nothing could be reached at http://localhost:${port}/hook: connection refused \\(.*127\\.0\\.0\\.1:${port}`),
    );
    expect(stderr).toMatch(/--to/);
  });

  it('that goes away in between: what is left is tried and told, exit 1', async () => {
    const app = await startApp((_received, index, response) => {
      response.setHeader('connection', 'close');
      response.end();
      if (index === 0) void app.close();
    });
    const { code, stdout } = await run(['replay', 'calls', '--to', app.url]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^200/m);
    expect(stdout).toMatch(/^failed/m);
    expect(last(stdout)).toMatch(/1 ok, \d+ failed \(\d+ × not reachable\)/);
  });

  it.each([
    ['a redirect, which is not followed', 302, 1, /^302 .*[\s\S]*1 failed \(1 × status 302\)/m],
    ['an error with a body', 500, 1, /^500 .*\n +answer: Oh no: no \\x1b\[31mdatabase x+…$[\s\S]*status 500/m],
    ['204', 204, 0, /^204 /m],
  ])('answers %s', async (_what, status, wanted, says) => {
    const app = await startApp((_received, _index, response) => {
      response.statusCode = status;
      response.setHeader('location', '/login');
      response.end(status === 500 ? `Oh no:\n  no \u001b[31mdatabase ${'x'.repeat(50_000)}` : '');
    });
    const { code, stdout } = await run(['replay', '-', '--to', app.url], { stdin: named('x') });
    await app.close();
    expect(code).toBe(wanted);
    expect(stdout).toMatch(says);
    expect(app.received).toHaveLength(1);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(160);
  });

  it('counts causes and times in the summary', async () => {
    const app = await startApp((_received, index, response) => {
      response.statusCode = [200, 500, 200, 404, 500][index] ?? 200;
      response.end();
    });
    const { code, stdout } = await run(['replay', '-', '--to', app.url], { stdin: `[${Array(5).fill(named('x')).join(',')}]` });
    await app.close();
    expect(code).toBe(1);
    // Every look at the test's clock is 2 ms further: each delivery takes two looks.
    expect(last(stdout)).toBe('5 deliveries: 2 ok, 3 failed (2 × status 500, 1 × status 404); p50 2 ms, p95 2 ms, max 2 ms');
  });

  it.each([
    ['closes the connection', (socket: Socket) => void socket.end(), /closed before the answer/],
    ['resets the connection', (socket: Socket) => void socket.resetAndDestroy(), /connection reset|closed before/],
    ['answers garbage', (socket: Socket) => void socket.end(`${NASTY}\r\n\r\n`), /the answer is not HTTP/],
    ['never answers', () => {}, /no answer within 0\.15 s/],
    [
      'answers half a page',
      (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'),
      /status 200, but not the whole answer/,
    ],
  ] as [string, (socket: Socket) => void, RegExp][])('%s: told, and the next delivery is sent', async (_what, act, says) => {
    const app = await startRaw((socket, _request, index) => {
      if (index === 0) act(socket);
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
    const { code, stdout, stderr } = await run(['replay', '-', '--to', app.url, '--timeout', '150ms'], {
      stdin: `[${named('a')},${named('b')}]`,
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(says);
    expect(stdout.match(/^failed/gm)).toHaveLength(1);
    expect(stdout.match(/^200/gm)).toHaveLength(1);
    expectHarmless(stdout + stderr);
    expectNoTrace(stdout + stderr);
  });

  it('answers a page of 10 MB: a bounded line', async () => {
    const app = await startApp((_received, _index, response) => {
      response.statusCode = 502;
      response.end('<html>'.repeat(1_700_000));
    });
    const { code, stdout } = await run(['replay', '-', '--to', app.url], { stdin: named('x') });
    await app.close();
    expect(code).toBe(1);
    expect(stdout.length).toBeLessThan(600);
    expect(stdout).toMatch(/answer: <html><html>.*…$/m);
  });
});

describe('headers', () => {
  it('-H adds, and replaces those of its name in whatever case', async () => {
    const cwd = temporaryFolder();
    const listener = await startListener(['--record', 'all.jsonl', '--quiet'], { cwd });
    await send(listener.url, named('x'), { headers: { 'X-TOKEN': 'old', 'X-Kept': 'yes', 'Content-Type': 'application/json' } });
    await listener.stop();
    const app = await startApp();
    const flags = ['-H', 'x-token: new', '--header', 'X-More: a: b', '-H', 'content-type: text/plain'];
    expect((await run(['replay', 'all.jsonl', '--to', app.url, ...flags], { cwd })).code).toBe(0);
    await app.close();
    const headers = (app.received[0]?.headers ?? []).join('\n');
    expect(headers).toMatch(/^x-token\nnew$/m);
    expect(headers).not.toMatch(/old/);
    expect(headers).toMatch(/^X-More\na: b$/m);
    expect(headers).toMatch(/^X-Kept\nyes$/m);
    expect(headers.match(/^content-type$/gim)).toHaveLength(1);
    expect(headers).toMatch(/^content-type\ntext\/plain$/m);
  });

  it.each([
    ['as one argument', ['--secret-header', 'X-Hook: s3cr3t'], {}],
    ['by name', ['--secret-header', 'X-Hook'], { WHAPI_HOOKS_SECRET: 's3cr3t' }],
  ] as [string, string[], Record<string, string>][])('--secret-header %s is sent and never shown', async (_how, flags, env) => {
    const listener = await startListener(['--secret-header', 'X-Hook: s3cr3t']);
    const { code, stdout, stderr } = await run(['replay', '-', '--to', listener.url, ...flags, '--json'], { stdin: named('x'), env });
    await listener.stop();
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain('s3cr3t');
  });

  it.each([['no colon'], ['Bad Name: x'], [': x'], ['X-A: b\r\nX-C: d'], ['X-A: \u0416']])('-H %j is a usage error', async (header) => {
    const { code, stderr } = await run(['replay', 'calls', '-H', header]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: --header: /);
    expectHarmless(stderr);
  });

  it.each(['Content-Length: 1', 'Transfer-Encoding: chunked', 'Expect: 100-continue', 'Connection: close'])(
    '-H "%s" contradicts the framing: exit 2, nothing is sent',
    async (header) => {
      const app = await startApp();
      for (const command of [
        ['replay', '-'],
        ['trigger', 'messages.post'],
      ]) {
        const { code, stdout, stderr } = await run([...command, '--to', app.url, '-H', header], { stdin: named('a') });
        expect([code, stdout]).toEqual([2, '']);
        expect(stderr).toMatch(/^error: --header: [\w-]+ belongs to the connection/);
        expectNoTrace(stderr);
      }
      await app.close();
      expect(app.received).toEqual([]);
    },
  );
});

describe('--json', () => {
  it('every line is JSON: an outcome with event and source for each delivery, then the summary', async () => {
    const app = await startApp((_received, index, response) => {
      response.statusCode = index === 1 ? 500 : 200;
      response.end('x');
    });
    const { code, stdout } = await run(['replay', 'samples/calls.json', '--to', app.url, '--json'], { cwd: temporaryFolder() });
    await app.close();
    expect(code).toBe(1);
    const lines = records(stdout);
    expect(lines[0]).toMatchObject({
      v: 1,
      type: 'outcome',
      status: 200,
      event: 'calls.post',
      source: expect.stringMatching(/^samples\/calls\.json > /),
    });
    expect(lines[1]).toMatchObject({ type: 'outcome', status: 500 });
    expect(lines.at(-1)).toMatchObject({
      type: 'summary',
      sent: lines.length - 1,
      ok: lines.length - 2,
      failed: 1,
      unsent: 0,
      p50: 2,
      p95: 2,
      max: 2,
    });
  });

  it('also where nothing is reached', async () => {
    const { code, stdout } = await run(['replay', 'calls', '--to', String(await closedPort()), '--json']);
    expect(code).toBe(3);
    expect(records(stdout).map(({ type }) => type)).toEqual(['outcome', 'summary']);
    expect(records(stdout)[0]?.['error']).toMatch(/connection refused/);
    expect(records(stdout)[1]).toMatchObject({ ok: 0, failed: 1, p50: null });
  });
});

describe('bad input', () => {
  for (const { name, bytes, rule, fileRule, warning, sent, says } of BAD_BODIES) {
    it(`a file with ${name} is ${sent ? 'sent as it is' : 'told, and not sent'}; the others are sent`, async () => {
      const cwd = temporaryFolder({ 'bad.json': bytes, 'good.json': named('good') });
      const app = await startApp();
      const { code, stdout, stderr } = await run(['replay', 'bad.json', 'good.json', '--to', app.url], { cwd });
      await app.close();
      const bodies = app.received.map(({ body }) => body);
      expect(bodies.at(-1)?.toString()).toBe(named('good'));
      expect(bodies).toHaveLength(sent ? 2 : 1);
      if (sent) {
        // A byte order mark belongs to the file, not to the payload.
        const wanted = Buffer.from(bytes);
        expect(bodies[0]?.toString()).toBe(rule === 'byte-order-mark' ? wanted.subarray(3).toString() : wanted.toString());
        expect(code).toBe(0);
      } else {
        expect(code).toBe(1);
        expect(stderr).toMatch(/^bad\.json:\d+:\d+ {2}error /m);
        expect(stderr.trimEnd().split('\n')).toHaveLength(1);
        if (fileRule === undefined) expect(stderr).toMatch(says);
      }
      expect(stdout).toMatch(/good\.json/);
      expect(warning === undefined || sent).toBe(true);
      expectNoTrace(stdout + stderr);
    });

    it(`a line with ${name} is sent byte for byte, if it is one line`, async () => {
      const isLine = !Buffer.from(bytes).includes(10) && Buffer.from(bytes).toString().trim() !== '';
      const cwd = temporaryFolder({ 'all.jsonl': Buffer.concat([Buffer.from(`${named('first')}\n`), bytes, Buffer.from('\n')]) });
      const app = await startApp();
      const { code, stdout, stderr } = await run(['replay', 'all.jsonl', '--to', app.url], { cwd });
      await app.close();
      expect(code).toBe(0);
      expect(app.received[0]?.body.toString()).toBe(named('first'));
      if (isLine) expect(app.received.map(({ body }) => body.toString('latin1'))[1]).toBe(Buffer.from(bytes).toString('latin1'));
      expectNoTrace(stdout + stderr);
    });
  }

  it('a payload of 30 MB is sent whole', async () => {
    const body = largePayload(30_000_000);
    const app = await startApp();
    const { code, stdout } = await run(['replay', '-', '--to', app.url], { stdin: body });
    await app.close();
    expect(code).toBe(0);
    expect(app.received[0]?.body.equals(body)).toBe(true);
    expect(stdout.length).toBeLessThan(1000);
  });

  it('a file and a folder that may not be read: exit 3, the others are sent', async () => {
    if (!otherUserRuns('a file that may not be read')) return;
    const program = await buildProgram();
    const cwd = temporaryFolder({ 'locked.json': named('secret'), 'open.json': named('open'), 'closed/x.json': named('x') });
    chmodSync(cwd, 0o755);
    chmodSync(join(cwd, 'locked.json'), 0o600);
    chmodSync(join(cwd, 'closed'), 0o700);
    const app = await startApp();
    const replay = spawnProgram(program, ['replay', 'locked.json', 'closed', 'open.json', '--to', app.url], { cwd, uid: 65_534 });
    expect(await replay.ended).toBe(3);
    await app.close();
    program.remove();
    expect(replay.stderr()).toMatch(/^error: locked\.json cannot be read: permission denied\.$/m);
    expect(replay.stderr()).toMatch(/^error: closed cannot be read: permission denied\.$/m);
    expect(app.received.map(({ body }) => body.toString())).toEqual([named('open')]);
    expectNoTrace(replay.stdout() + replay.stderr());
  });

  it('a folder whose links go in a circle is told, and its files are sent once', async () => {
    const cwd = temporaryFolder({ 'f/a.json': named('a') });
    symlinkSync('.', join(cwd, 'f/again'));
    const app = await startApp();
    const { code, stderr } = await run(['replay', 'f', '--to', app.url], { cwd });
    await app.close();
    expect(code).toBe(0);
    expect(stderr).toMatch(/f\/again is passed over: its links go in a circle/);
    expect(app.received).toHaveLength(1);
  });

  it.each([
    ['another version', '{"v":2,"type":"delivery"}', /version 2/],
    ['no verb', '{"v":1,"type":"delivery","url":"/","headers":[],"body":""}', /no method/],
    ['a verb that no webhook has', '{"v":1,"type":"delivery","method":"GET","url":"/","headers":[],"body":""}', /no method/],
    ['no url', '{"v":1,"type":"delivery","method":"POST","headers":[],"body":""}', /no url/],
    ['headers of another shape', '{"v":1,"type":"delivery","method":"POST","url":"/","headers":{},"body":""}', /headers/],
    ['no body', '{"v":1,"type":"delivery","method":"POST","url":"/","headers":[]}', /neither body nor bodyBase64/],
    [
      'a body that is no base64',
      '{"v":1,"type":"delivery","method":"POST","url":"/","headers":[],"bodyBase64":"*"}',
      /neither body nor bodyBase64|base64/,
    ],
    ['a line that was cut off', '{"v":1,"type":"delivery","method":"POST","url":"/","hea', /not JSON/],
  ])('a record with %s is told with its line; the others are sent', async (_what, line, says) => {
    const good = JSON.stringify({
      v: 1,
      type: 'delivery',
      id: 'a',
      method: 'POST',
      url: '/',
      headers: [],
      body: named('good'),
      mode: 'body',
    });
    const app = await startApp();
    const { code, stderr } = await run(['replay', 'all.jsonl', '--to', app.url], {
      cwd: temporaryFolder({ 'all.jsonl': `${good}\n${line}\n${good}\n` }),
    });
    await app.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^all\.jsonl:2:1 {2}error /);
    expect(stderr).toMatch(says);
    expect(app.received).toHaveLength(2);
  });

  it('a record whose headers cannot be sent is told; the next one is sent', async () => {
    const record = (headers: unknown): string =>
      JSON.stringify({ v: 1, type: 'delivery', id: 'a', method: 'POST', url: '/a b', headers, body: named('x'), mode: 'body' });
    const app = await startApp();
    const { code, stdout } = await run(['replay', 'all.jsonl', '--to', app.url, '--timeout', '3s'], {
      cwd: temporaryFolder({ 'all.jsonl': `${record([['x-a', 'b\r\nx-c: d']])}\n${record([])}\n` }),
    });
    await app.close();
    expect(code).toBe(1);
    expect(stdout).toMatch(/1 ok, 1 failed/);
    expect(app.received).toHaveLength(1);
    expectHarmless(stdout);
  });
});

describe('text of strangers is harmless', () => {
  it.each([[[]], [['--json']]])('answers, names of files and of payloads, with %j', async (flags) => {
    const name = `${NASTY.replaceAll('\u0000', '')}.json`;
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, name), JSON.stringify({ [NASTY]: JSON.parse(named('a')), [`${NASTY}2`]: JSON.parse(delivered) }));
    writeFileSync(join(cwd, `bad${name}`), NASTY);
    const app = await startRaw(
      (socket) => void socket.write(`HTTP/1.1 500 \u009b31m\r\ncontent-length: ${Buffer.byteLength(NASTY)}\r\n\r\n${NASTY}`),
    );
    const missing = await run(['replay', `none${name}`, '--to', app.url, ...flags], { cwd });
    expect(missing.code).toBe(2);
    expectHarmless(missing.stderr);
    const { code, stdout, stderr } = await run(['replay', name, `bad${name}`, '.', '--to', app.url, ...flags], { cwd });
    expect(code).toBe(1);
    expect(stdout.split('\n').length).toBeGreaterThan(4);
    expect(stderr).not.toBe('');
    expectHarmless(stdout);
    expectHarmless(stderr);
    expectNoTrace(stdout + stderr);
  });
});

describe('stopping', () => {
  it('Ctrl-C: the summary tells what was not sent, exit 1', async () => {
    const runtime = testRuntime();
    const app = await startApp((_received, index, response) => {
      if (index === 0) response.end();
      else runtime.stop();
    });
    const code = await main(['replay', 'groups', '--to', app.url], runtime);
    await app.close();
    expect(code).toBe(1);
    expect(last(runtime.stdout.text)).toMatch(/^20 deliveries: 1 ok, 19 not sent/);
  });

  it('a reader that goes away ends it', async () => {
    const runtime = testRuntime();
    const app = await startApp((_received, index, response) => {
      if (index === 1) runtime.stdout.close();
      response.end();
    });
    expect(await main(['replay', 'groups', '--to', app.url], runtime)).toBe(0);
    await app.close();
    expect(app.received.length).toBeLessThan(5);
    expect(runtime.stderr.text).toBe('');
  });
});
