import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../src/main.ts';
import { type App, startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startRaw } from '../support/http.ts';
import { named, unnamed } from '../support/payloads.ts';
import { checkedRecords } from '../support/records.ts';
import { jumpingClock } from '../support/run.ts';
import { run, testRuntime } from '../support/runtime.ts';
import { startProxy, startTlsApp, TEST_CERTIFICATE } from '../support/tls.ts';

const letters = (text: string): string[] => [...text];
const list = (text: string): string =>
  `[${letters(text)
    .map((letter) => named(letter))
    .join(',')}]`;
/** A recording of one delivery a second or so, each named by a letter. */
const recording = (texts: string, seconds: readonly (number | null)[]): string =>
  letters(texts)
    .map((text, index) => {
      const time = seconds[index] === null ? 'never' : new Date(Date.UTC(2026, 0, 1) + (seconds[index] ?? 0) * 1000).toISOString();
      const record = {
        v: 1,
        type: 'delivery',
        id: `id-${text}`,
        time,
        method: 'POST',
        url: '/',
        headers: [['x-old', 'yes']],
        body: named(text),
        mode: 'body',
      };
      return `${JSON.stringify(record)}\n`;
    })
    .join('');

/** The letters of what an app got. */
const texts = (app: App): string => app.received.map(({ body }) => /"body":"(\w+)"/.exec(body.toString())?.[1] ?? '?').join('');
const app = async (answer?: Parameters<typeof startApp>[0]): Promise<App> => {
  const started = await startApp(answer);
  onTestFinished(() => started.close());
  return started;
};

describe('which payloads', () => {
  it('--repeat sends all of it again, standard input too', async () => {
    const one = await app();
    const { code, stdout } = await run(['replay', 'a.json', '-', '--repeat', '3', '--to', one.url], {
      cwd: temporaryFolder({ 'a.json': list('ab') }),
      stdin: named('c'),
    });
    expect(code).toBe(0);
    expect(texts(one)).toBe('abcabcabc');
    expect(stdout).toMatch(/9 deliveries: 9 ok/);
  });

  it('--repeat tells what is wrong with a source once', async () => {
    const one = await app();
    const cwd = temporaryFolder({ 'a.json': list('a'), 'bad.json': '{' });
    const { code, stderr } = await run(['replay', 'a.json', 'bad.json', '--repeat', '3', '--to', one.url], { cwd });
    expect(code).toBe(1);
    expect(stderr.match(/bad\.json/g)).toHaveLength(1);
    expect(texts(one)).toBe('aaa');
  });

  it('--shuffle changes the order, the same for the same seed', async () => {
    const cwd = temporaryFolder({ 'a.json': list('abcdefghij') });
    const order = async (...flags: string[]): Promise<string> => {
      const one = await app();
      const { stdout } = await run(['replay', 'a.json', '--shuffle', '--to', one.url, ...flags], { cwd });
      expect(stdout).toContain(`the same plan comes again with --seed ${flags[1]}.`);
      return texts(one);
    };
    const first = await order('--seed', '7');
    expect(await order('--seed', '7')).toBe(first);
    expect(await order('--seed', '8')).not.toBe(first);
    expect([...first].sort().join('')).toBe('abcdefghij');
    expect(first).not.toBe('abcdefghij');
  });

  it.each([
    ['map.json#b', 'b'],
    ['map.json#1', 'a'],
    ['map.json#odd name', 'c'],
    ['list.json#2', 'b'],
    ['lines.jsonl#2', 'b'],
    ['lines.jsonl#line 2', 'b'],
    ['rec.jsonl#id-b', 'b'],
    ['with#sign.json', 'x'],
    ['with#sign.json#1', 'x'],
  ])('%s is one payload of a file', async (source, sent) => {
    const one = await app();
    const cwd = temporaryFolder({
      'map.json': `{"a":${named('a')},"b":${named('b')},"odd name":${named('c')}}`,
      'list.json': list('ab'),
      'lines.jsonl': letters('ab')
        .map((letter) => named(letter))
        .join('\n'),
      'rec.jsonl': recording('ab', [0, 1]),
      'with#sign.json': named('x'),
    });
    expect((await run(['replay', source, '--to', one.url], { cwd })).code).toBe(0);
    expect(texts(one)).toBe(sent);
  });

  it('one payload of a sample file of the package', async () => {
    const one = await app();
    expect((await run(['replay', 'samples/groups.json#admin demoted', '--to', one.url], { cwd: temporaryFolder() })).code).toBe(0);
    expect(one.received).toHaveLength(1);
    expect(one.received[0]?.body.toString()).toContain('demote');
  });

  it.each([
    ['map.json#c', /map\.json has no payload "c"; it has 2\./],
    ['map.json#alpa', /has no payload "alpa"; it has 2\.\n +Did you mean map\.json#alpha\?/],
    ['map.json#3', /has no payload "3"/],
    ['none.json#1', /There is no none\.json#1/],
  ])('%s is not there: exit 2, nothing is sent', async (source, says) => {
    const one = await app();
    const cwd = temporaryFolder({ 'map.json': `{"alpha":${named('a')},"b":${named('b')}}` });
    const { code, stderr } = await run(['replay', 'map.json', source, '--to', one.url], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect(one.received).toEqual([]);
  });

  it('more than are read ahead are sent too, and a source that is missing behind them keeps all from being sent', async () => {
    const one = await app();
    const cwd = temporaryFolder({ 'many.jsonl': `${named('a')}\n`.repeat(20_100), 'last.json': named('z') });
    const wrong = await run(['replay', 'many.jsonl', 'missing.json', '--to', one.url], { cwd });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/There is no missing\.json/);
    expect(one.received).toEqual([]);
    const { code, stdout } = await run(['replay', 'many.jsonl', 'last.json', '--to', one.url, '--concurrency', '20', '--json'], { cwd });
    expect(code).toBe(0);
    expect(one.received).toHaveLength(20_101);
    expect(one.received.at(-1)?.body.toString()).toBe(named('z'));
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ sent: 20_101, ok: 20_101, unsent: 0 });
  });
});

it('payloads that do not fit the schemas are counted wherever they stand, with event and type like all others', async () => {
  const one = await app();
  const unfit = named('a').replace('"type":"text"', '"type":7');
  const lines = Array.from({ length: 300 }, (_, at) => (at % 100 === 99 ? unfit : named('a')));
  const cwd = temporaryFolder({ 'many.jsonl': lines.join('\n') });
  const { code, stdout, stderr } = await run(['replay', 'many.jsonl', '--to', one.url, '--json'], { cwd });
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/^3 of 300 payloads do not fit the schemas; whapi-hooks validate says where\.$/m),
  ]);
  const { groups } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { groups: object[] };
  expect(groups).toMatchObject([
    { event: 'messages.post', kind: 'text', sent: 297 },
    { event: 'messages.post', kind: null, sent: 3 },
  ]);
});

describe('without sending', () => {
  it('--dry-run shows the copies of --check-idempotent', async () => {
    const cwd = temporaryFolder({ 'a.json': list('ab') });
    const { code, stdout, stderr } = await run(['replay', 'a.json', '--dry-run', '--check-idempotent', '--api-port', '4010'], { cwd });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^4 deliveries would be sent/)]);
    expect(stdout.match(/copy of [13]$/gm)).toEqual(['copy of 1', 'copy of 3']);
  });

  it('--dry-run ends with its reader, however much is left to show', async () => {
    const runtime = testRuntime({ cwd: temporaryFolder({ 'a.json': list('ab') }) });
    void runtime.stdout.line(/a\.json/).then(() => runtime.stdout.close());
    expect(await main(['replay', 'a.json', '--dry-run', '--repeat', '200000'], runtime)).toBe(0);
    expect(runtime.stderr.text).toBe('');
  });
});

describe('when they are sent', () => {
  /** When deliveries were begun, by the clock that was handed in. */
  const begins = async (flags: readonly string[], files: Record<string, string>): Promise<number[]> => {
    const clock = jumpingClock();
    const at: number[] = [];
    const one = await app((_received, _index, response) => {
      at.push(clock.elapsed());
      response.end();
    });
    const sources = Object.keys(files);
    const { code, stderr } = await run(['replay', ...sources, '--to', one.url, ...flags], {
      ...{ cwd: temporaryFolder(files), elapsed: clock.elapsed, after: clock.after },
    });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return at;
  };

  it.each([
    ['--speed original: as they were recorded', ['--speed', 'original'], [0, 1000, 1000, 63_000]],
    ['--speed 2x: twice as fast', ['--speed', '2x'], [0, 500, 500, 31_500]],
    ['--speed 0.5x: half as fast', ['--speed', '0.5x'], [0, 2000, 2000, 126_000]],
    ['as fast as it goes without it', [], [0, 0, 0, 0]],
    ['--rate 50/s', ['--rate', '50/s'], [0, 20, 40, 60]],
    ['--rate 30/m', ['--rate', '30/m'], [0, 2000, 4000, 6000]],
    ['--delay 250ms', ['--delay', '250ms'], [0, 250, 500, 750]],
  ])('%s', async (_what, flags, wanted) => {
    expect(await begins(flags, { 'rec.jsonl': recording('abcd', [10, 11, 11, 73]) })).toEqual(wanted);
  });

  it('several recordings one behind the other; what has no time comes at once; a clock that was put back is waited for', async () => {
    const files = {
      'a.jsonl': recording('abc', [5, 3, 7]),
      'b.json': list('xy'),
      'c.jsonl': recording('de', [100, 101]),
      'd.jsonl': recording('f', [null]),
    };
    expect(await begins(['--speed', 'original'], files)).toEqual([0, 0, 2000, 2000, 2000, 2000, 3000, 3000]);
  });

  it('--delay lies between deliveries also where the endpoint is slow', async () => {
    const clock = jumpingClock();
    const at: number[] = [];
    const one = await app((_received, index, response) => {
      at.push(clock.elapsed());
      if (index === 0) clock.after(5000, () => void response.end());
      else response.end();
    });
    const cwd = temporaryFolder({ 'a.json': list('abcd') });
    await run(['replay', 'a.json', '--delay', '1s', '--to', one.url], { cwd, elapsed: clock.elapsed, after: clock.after });
    expect(at).toEqual([0, 5000, 6000, 7000]);
  });

  it.each([
    [['--speed', '2x', '--rate', '5'], /--speed and --rate both say when/],
    [['--delay', '1s', '--rate', '5'], /--rate and --delay both say when/],
    [['--speed', 'fast'], /It is original, max, or how many times as fast, such as 2x/],
    [['--rate', '0/s'], /A rate is written 50\/s/],
    [['--repeat', '0'], /whole number from 1/],
    [['--seed', '4294967296'], /whole number from 0 to 4294967295/],
    [['--reorder', '1'], /whole number from 2/],
    [['--duplicate', '120%'], /A share is written 10% or 0\.1/],
    [['--duplicate', '10%:soon'], /Behind the share stands a duration/],
    [['--late', '10%'], /How late has to follow: 10%:5s/],
    [['--drop-connection', '10%:1s'], /a share alone/],
    [['--max-failures', '-1'], /whole number from 1/],
    [['--drop-header', 'a: b'], /takes the name of a header alone/],
    [
      ['--expect', 'stauts=200'],
      /^error: --expect: "stauts=200" cannot be read at column 1: there is no stauts; did you mean status\?\.?\n +Forms: /,
    ],
    [['--expect', 'status=200', '--expect-unauthorized'], /--expect-unauthorized expects status 401 or 403/],
    [['--ca-cert', 'none.pem'], /--ca-cert: none\.pem cannot be read/],
  ])('%j is a usage error, nothing is sent', async (flags, says) => {
    const one = await app();
    const { code, stdout, stderr } = await run(['replay', '-', '--to', one.url, ...flags], { stdin: named('a') });
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect(stdout).toBe('');
    expect(one.received).toEqual([]);
  });
});

describe('how they are sent', () => {
  it('--mode all sends each in all three modes, one after the other', async () => {
    const one = await app();
    const { code, stderr } = await run(['replay', '-', '--mode', 'all', '--to', `${one.url}/hook`], {
      stdin: `[${named('a')},${unnamed('b')}]`,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/- > 2: it names no event, so it cannot be sent in mode path/);
    expect(one.received.map(({ method, url, body }) => `${method} ${url} ${body.includes('"event"')}`)).toEqual([
      'POST /hook true',
      'POST /hook/messages/post false',
      'POST /hook/messages false',
      'POST /hook false',
    ]);
  });

  it('--concurrency has so many under way', async () => {
    const held: (() => void)[] = [];
    const one = await app((_received, index, response) => {
      held.push(() => void response.end());
      if ((index + 1) % 4 === 0) for (const answer of held.splice(0)) answer();
    });
    const { code } = await run(['replay', '-', '--concurrency', '4', '--to', one.url], { stdin: list('abcdefgh') });
    expect(code).toBe(0);
    expect([...texts(one)].sort().join('')).toBe('abcdefgh');
  });

  it.each([
    ['one connection is used for all', [], 1, 'keep-alive'],
    ['--no-keep-alive: each has one of its own', ['--no-keep-alive'], 3, 'close'],
  ])('%s', async (_what, flags, connections, header) => {
    const raw = await startRaw((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    expect((await run(['replay', '-', '--to', raw.url, ...flags], { stdin: list('abc') })).code).toBe(0);
    expect(raw.received).toHaveLength(connections);
    expect(raw.received.join('').match(new RegExp(`^connection: ${header}\r$`, 'gim'))).toHaveLength(3);
  });

  it('--drop-header leaves out what was recorded; -H takes its place', async () => {
    const one = await app();
    const cwd = temporaryFolder({ 'rec.jsonl': recording('ab', [0, 1]) });
    await run(['replay', 'rec.jsonl', '--to', one.url, '--drop-header', 'X-OLD', '-H', 'X-New: 1'], { cwd });
    const headers = one.received.map((received) => received.headers.join('|'));
    for (const text of headers) {
      expect(text).toContain('X-New|1');
      expect(text).not.toContain('x-old');
    }
  });

  it.each([['--skip-verify'], ['--insecure'], ['--ca-cert', 'ca.pem']])('%s %s: a certificate is taken', async (...flags) => {
    const tls = await startTlsApp();
    const cwd = temporaryFolder({ 'ca.pem': TEST_CERTIFICATE });
    const { code } = await run(['replay', '-', '--to', `https://localhost:${tls.port}/hook`, ...flags], { cwd, stdin: named('a') });
    expect(code).toBe(0);
    expect(tls.received).toEqual([`POST /hook localhost:${tls.port}`]);
  });

  it('a certificate that nobody trusts: the reason and both flags', async () => {
    const tls = await startTlsApp();
    const { code, stdout } = await run(['replay', '-', '--to', `https://localhost:${tls.port}`], { stdin: named('a') });
    expect(code).toBe(1);
    expect(stdout).toMatch(/the certificate is self-signed; --ca-cert <file> trusts it, --skip-verify trusts any/);
  });

  it('proxies of the environment are asked for what is not local, never for this machine', async () => {
    const proxy = await startProxy(0);
    const env = { HTTP_PROXY: proxy.url };
    expect((await run(['replay', '-', '--to', 'http://app.example:8080/hook'], { stdin: named('a'), env })).code).toBe(0);
    expect(proxy.asked.map(({ line }) => line)).toEqual(['POST http://app.example:8080/hook']);
    const near = await app();
    expect((await run(['replay', '-', '--to', near.url], { stdin: named('a'), env })).code).toBe(0);
    expect(proxy.asked).toHaveLength(1);
  });
});

describe('what is expected', () => {
  const answering = (status: number, body = '{"ok":true}'): Promise<App> =>
    app((_received, _index, response) => void response.writeHead(status, { 'x-id': '7' }).end(body));

  it.each([
    ['status=404', 404, 0],
    ['status=200', 204, 1],
    ['body.ok=true', 200, 0],
    ['body.ok=false', 200, 1],
    ['header.x-id=7', 200, 0],
    ['header.x-id>7', 200, 1],
    ['time<1s', 200, 0],
    ['time<2ms', 200, 1],
  ])('--expect %s of an answer %i: exit %i', async (text, status, wanted) => {
    const one = await answering(status);
    const { code, stdout } = await run(['replay', '-', '--to', one.url, '--expect', text], { stdin: named('a') });
    expect(code).toBe(wanted);
    if (wanted === 1) expect(stdout).toContain(`expected ${text}: `);
  });

  it('an answer after more than 5 s is a failure where nothing else was asked for', async () => {
    const clock = jumpingClock();
    const one = await app((_received, _index, response) => void clock.after(5001, () => void response.end()));
    const options = { stdin: named('a'), elapsed: clock.elapsed, after: clock.after };
    const { code, stdout } = await run(['replay', '-', '--to', one.url], options);
    expect(code).toBe(1);
    expect(stdout).toContain('expected time<=5s: answered after 5 s');
    expect((await run(['replay', '-', '--to', one.url, '--expect', 'time<10s'], options)).code).toBe(0);
  });

  it('--expect-unauthorized leaves the secret out and wants 401 or 403', async () => {
    const guarded = await app((received, _index, response) => {
      response.statusCode = received.headers.includes('s3cret') ? 200 : 401;
      response.end();
    });
    const flags = ['--to', guarded.url, '--secret-header', 'X-Secret: s3cret'];
    expect((await run(['replay', '-', ...flags], { stdin: named('a') })).code).toBe(0);
    expect((await run(['replay', '-', ...flags, '--expect-unauthorized'], { stdin: named('a') })).code).toBe(0);
    const recorded = recording('a', [0]).replace('"x-old","yes"', '"x-secret","s3cret"');
    const cwd = temporaryFolder({ 'rec.jsonl': recorded });
    expect((await run(['replay', 'rec.jsonl', ...flags, '--expect-unauthorized'], { cwd })).code).toBe(0);
    const open = await answering(200);
    const { code, stdout } = await run(['replay', '-', '--to', open.url, '--secret-header', 'X-Secret', '--expect-unauthorized'], {
      stdin: named('a'),
    });
    expect(code).toBe(1);
    expect(stdout).toContain('expected status=401,403: status 200 instead of 401,403');
  });

  it.each([
    ['--fail-fast', ['--fail-fast'], 3],
    ['--max-failures 2', ['--max-failures', '2'], 5],
  ])('%s stops there', async (_what, flags, sent) => {
    const one = await app((_received, index, response) => void response.writeHead(index % 2 === 0 && index > 0 ? 500 : 200).end());
    const { code, stdout } = await run(['replay', '-', '--to', one.url, ...flags], { stdin: list('abcdefghij') });
    expect(code).toBe(1);
    expect(one.received).toHaveLength(sent);
    expect(stdout).toMatch(new RegExp(`${10 - sent} not sent`));
  });
});

/** The first command that a report names, without the program. */
const commandIn = (stdout: string): string => /\$ whapi-hooks (replay .*)$/m.exec(stdout)?.[1] ?? '';
/** Its words, as a shell takes them. */
const wordsOf = (command: string): string[] => [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

describe('what is reported', () => {
  it('three deliveries of two events: their lines and one more', async () => {
    const one = await app();
    const { stdout } = await run(['replay', 'samples/calls.json#1', 'samples/groups.json#1', 'samples/labels.json#1', '--to', one.url]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
  });

  it('more: a table by event and type, a histogram, the slowest ten, failures by cause with a command that sends one again', async () => {
    const one = await app((received, index, response) => {
      response.statusCode = received.body.includes('promote') ? 503 : 200;
      response.end(index === 0 ? '' : 'x');
    });
    const { code, stdout } = await run(['replay', 'groups', 'calls', '--to', one.url, '--secret-header', 'X-Secret: s3cret']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ +sent +ok +failed +p50 +p95 +p99 +max$/m);
    expect(stdout).toMatch(/^groups\.put promote +1 +0 +1 +2 ms/m);
    expect(stdout).toMatch(/^calls\.post ringing +\d+ +\d+ +0 /m);
    expect(stdout).toMatch(/^Time to answer\n +≤ 2 ms 30 █+$/m);
    expect(/^Slowest\n((?: +2 ms .*\n){10})\n/m.test(stdout)).toBe(true);
    expect(stdout).toMatch(/^Failures\n {2}1 × status 503, first 10 {2}groups\.put {2}samples\/groups\.json > participant promoted$/m);
    expect(stdout).not.toContain('s3cret');
    const command = commandIn(stdout);
    expect(command).toBe(`replay 'samples/groups.json#participant promoted' --to ${one.url}/ --secret-header X-Secret`);
    const before = one.received.length;
    const again = await run(wordsOf(command), { env: { WHAPI_HOOKS_SECRET: 's3cret' } });
    expect(again.code).toBe(1);
    expect(one.received).toHaveLength(before + 1);
    expect(one.received.at(-1)?.body.equals(one.received[9]?.body ?? Buffer.alloc(0))).toBe(true);
  });

  it.each([
    ['an expectation', ['--expect', 'body.ok=true', '--expect', 'time<2s'], "--expect body.ok=true --expect 'time<2s'"],
    ['another time to answer', ['--timeout', '2s', '--expect', 'status=500'], '--timeout 2000ms --expect status=500'],
    ['headers, without their values', ['-H', 'X-Key: s3cret', '--drop-header', 'X-Old'], "-H 'X-Key: …' --drop-header X-Old"],
    ['how it is reached', ['--no-keep-alive', '--insecure', '--expect', 'status=404'], '--no-keep-alive --skip-verify --expect status=404'],
    [
      'the free port that was taken',
      ['--api-port', '0', '--settle', '20ms', '--expect', 'calls=1'],
      '--api-port PORT --settle 20ms --expect calls=1',
    ],
  ])('the command of a failure repeats what decided about it: %s', async (_what, flags, behind) => {
    const one = await app((_received, _index, response) => void response.writeHead(flags.includes('-H') ? 500 : 200).end('{}'));
    const cwd = temporaryFolder({ 'a.json': list('abc') });
    const { stdout } = await run(['replay', 'a.json', '--to', one.url, ...flags], { cwd });
    const command = commandIn(stdout);
    expect(command.replace(/(--api-port) \d+/, '$1 PORT')).toBe(`replay a.json#1 --to ${one.url}/ ${behind}`);
    // The value of a header is for a person to fill in.
    if (flags.includes('-H')) return;
    const causeIn = (text: string): string | undefined => /\(\d+ × (.*)\)/.exec(text)?.[1];
    const again = await run(wordsOf(command), { cwd });
    expect([again.code, causeIn(again.stdout)]).toEqual([1, causeIn(stdout)]);
  });

  it('--json has all of it, as the schema of records says', async () => {
    const one = await app((received, _index, response) => void response.writeHead(received.body.includes('promote') ? 503 : 200).end());
    const { stdout } = await run([
      'replay',
      'groups',
      '--to',
      one.url,
      '--json',
      '--duplicate',
      '50%',
      '--seed',
      '3',
      '--expect',
      'time<1s',
    ]);
    const records = checkedRecords(stdout);
    const broken = records.find((record) => record['status'] === 503);
    expect(broken).toMatchObject({
      ok: false,
      event: 'groups.put',
      kind: 'promote',
      broken: [{ expected: 'status=2xx', found: 'status 503 instead of 2xx' }],
      again: "'samples/groups.json#participant promoted'",
    });
    const copies = records.filter((record) => record['copyOf'] !== undefined);
    expect(copies.length).toBeGreaterThan(3);
    for (const copy of copies) expect(copy['faults']).toEqual([{ kind: 'duplicate', detail: 'at once' }]);
    expect(records.at(-1)).toMatchObject({ type: 'summary', seed: 3, sent: 20 + copies.length, faults: { duplicate: copies.length } });
  });

  it('on a terminal a long run shows a line only for what went wrong', async () => {
    const one = await app((_received, index, response) => void response.writeHead(index === 5 ? 500 : 200).end());
    const runtime = testRuntime({ isTTY: true, columns: 100, stdin: `[${Array(150).fill(named('a')).join(',')}]`, env: { NO_COLOR: '1' } });
    // A terminal that ora can write to, whose text is not looked at here.
    const stderr = { ...runtime.stderr, stream: process.stderr };
    expect(await main(['replay', '-', '--to', one.url], { ...runtime, stderr })).toBe(1);
    expect(runtime.stdout.text.match(/^(?:200|500) /gm)).toEqual(['500 ']);
    expect(runtime.stdout.text).toContain('150 deliveries: 149 ok, 1 failed');
  });
});

describe('endpoints that misbehave', () => {
  const good = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  const page = `HTTP/1.1 500 Oh\r\ncontent-length: 10000000\r\n\r\n${'<p>'.repeat(3_333_333)}x`;
  it.each([
    ['answers 500 with 10 MB', (socket: Socket) => void socket.write(page), [500, 200, 200]],
    [
      'redirects',
      (socket: Socket) => void socket.write('HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n'),
      [302, 200, 200],
    ],
    ['speaks HTTP/1.0', (socket: Socket) => void socket.end('HTTP/1.0 200 OK\r\n\r\nok'), [200, 200, 200]],
    [
      'announces that it closes, and does',
      (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
      [200, 200, 200],
    ],
    ['closes behind its answer without a word', (socket: Socket) => void socket.end(good), [200, 200, 200]],
    ['closes instead of answering', (socket: Socket) => void socket.end(), [/closed before the answer/, 200, 200]],
    ['resets', (socket: Socket) => void socket.resetAndDestroy(), [/connection reset|closed before/, 200, 200]],
    [
      'answers half a page and closes',
      (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'),
      [/status 200, but not the whole answer: the connection was closed/, 200, 200],
    ],
    ['never answers', () => {}, [/no answer within 0\.2 s/, 200, 200]],
    ['speaks something else', (socket: Socket) => void socket.end('SSH-2.0-OpenSSH\r\n'), [/not HTTP/, 200, 200]],
  ] as [string, (socket: Socket) => void, (number | RegExp)[]][])(
    '%s: told as it is, nothing hangs, the next is sent',
    async (_what, act, wanted) => {
      // Only what never comes has to be waited for.
      const limit = wanted.some((one) => String(one).includes('no answer')) ? '200ms' : '20s';
      const raw = await startRaw((socket, _request, index) => {
        if (index === 0) act(socket);
        else socket.write(good);
      });
      const { code, stdout } = await run(['replay', '-', '--to', raw.url, '--timeout', limit, '--json'], { stdin: list('abc') });
      const outcomes = checkedRecords(stdout).slice(0, -1);
      expect(outcomes).toHaveLength(3);
      for (const [index, one] of wanted.entries()) {
        if (typeof one === 'number') expect(outcomes[index]?.['status']).toBe(one);
        else expect(outcomes[index]?.['error']).toMatch(one);
      }
      expect(code).toBe(wanted.every((one) => one === 200) ? 0 : 1);
      expect(stdout.length).toBeLessThan(10_000);
    },
  );

  it('closes connections at random while ten are under way: each delivery has one outcome, and all that came were told', async () => {
    let count = 0;
    const raw = await startRaw((socket, _request, index) => {
      count++;
      if (index % 7 === 3) socket.destroy();
      else if (index % 5 === 2) socket.end(good);
      else socket.write(good);
    });
    const { code, stdout } = await run(['replay', '-', '--to', raw.url, '--concurrency', '10', '--json'], {
      stdin: `[${Array(200).fill(named('a')).join(',')}]`,
    });
    expect(code).toBe(1);
    const records = checkedRecords(stdout);
    const summary = records.at(-1) as { ok: number; failed: number };
    expect(records).toHaveLength(201);
    expect(summary.ok + summary.failed).toBe(200);
    expect(count).toBe(200);
    expect(summary.failed).toBe(records.filter((record) => record['error'] !== undefined).length);
    expect(summary.failed).toBeGreaterThanOrEqual(28);
  });
});
