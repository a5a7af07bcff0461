import { createServer, type Server } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { impatient } from '../support/clock.ts';
import { temporaryFolder } from '../support/folder.ts';
import { closedPort, send, startRaw } from '../support/http.ts';
import { delivered, message, named } from '../support/payloads.ts';
import { checkedRecords } from '../support/records.ts';
import { run, startListener, type testRuntime } from '../support/runtime.ts';
import { startProxy, startTlsApp, TEST_CERTIFICATE } from '../support/tls.ts';

type After = ReturnType<typeof testRuntime>['after'];

/** A clock on which retries come at once; longer waits keep their length. */
const fast = (most = 40_000): { after: After; waits: number[] } => {
  const waits: number[] = [];
  const after: After = (ms, action) => {
    waits.push(ms);
    const timer = setTimeout(action, ms < most ? 5 : ms);
    return () => clearTimeout(timer);
  };
  return { after, waits };
};

const app = async (...args: Parameters<typeof startApp>): Promise<App> => {
  const started = await startApp(...args);
  onTestFinished(() => started.close());
  return started;
};
const texts = ({ received }: App): string[] => received.map(({ body }) => /"body":"(.*?)"/.exec(body.toString())?.[1] ?? '');
const inChat = (text: string, chat: string): string => named(text, { chat_id: chat, id: `${chat} ${text}` });

describe('several apps', () => {
  it('each gets its events, and what fits none goes to none', async () => {
    const [all, bot, acks] = [await app(), await app(), await app()];
    const listener = await startListener(['-f', all.url, '-f', `messages.*=${bot.url}/bot`, '-f', `statuses=${acks.url}`, '--json']);
    expect(listener.runtime.stderr.text).toContain(`forwarding to ${all.url}/, messages.* to ${bot.url}/bot, statuses to ${acks.url}/`);
    await send(listener.url, named('hi'));
    await send(listener.url, delivered);
    await send(listener.url, 'rubbish');
    await Promise.all([all.count(3), bot.count(1), acks.count(1)]);
    expect(await listener.stop()).toBe(0);
    expect(bot.received.map(({ url, body }) => [url, body.toString()])).toEqual([['/bot', named('hi')]]);
    expect(acks.received.map(({ body }) => body.toString())).toEqual([delivered]);
    expect(listener.runtime.stderr.text).toMatch(/^3 deliveries, 1 not valid, 5 forwarded$/m);
    checkedRecords(listener.runtime.stdout.text);
  });

  it('one that is down does not hold up the other', async () => {
    const up = await app();
    const listener = await startListener(['-f', String(await closedPort()), '-f', up.url]);
    for (const text of ['one', 'two', 'three']) await send(listener.url, named(text));
    await up.count(3);
    expect(await listener.stop()).toBe(0);
    expect(texts(up)).toEqual(['one', 'two', 'three']);
    expect(listener.runtime.stderr.text).toMatch(/3 forwarded, 3 failed/);
  });

  it('each answer says whose it is; with one app that goes without saying', async () => {
    const [one, two] = [await app(), await app()];
    const listener = await startListener(['-f', one.url, '-f', `${two.url}/bot`]);
    await send(listener.url, named('hi'));
    await listener.runtime.stdout.line(new RegExp(`<-- .* 200 .* d1  127\\.0\\.0\\.1:${one.port}/$`));
    await listener.runtime.stdout.line(new RegExp(`<-- .* 200 .* d1  127\\.0\\.0\\.1:${two.port}/bot$`));
    await listener.stop();
    const alone = await startListener(['-f', one.url]);
    await send(alone.url, named('hi'));
    await alone.runtime.stdout.line(/<-- .* d1$/);
    await alone.stop();
  });

  it('the listener itself is none of them', async () => {
    const port = String(await closedPort());
    const { code, stderr } = await run(['listen', '--port', port, '-f', '3000', '-f', `calls=${port}/x`]);
    expect(code).toBe(2);
    expect(stderr).toContain(`forward to itself: http://localhost:${port}/x`);
  });
});

describe('localhost', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1'],
    ['::1', 'http://[::1]'],
  ])('is tried in both families: %s answers and is named once', async (address) => {
    const server: Server = createServer((request, response) => void request.resume().on('end', () => response.end()));
    const listens = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(0, address, () => resolve(true));
    });
    if (!listens) {
      process.stdout.write(`skipped: this machine has no ${address}\n`);
      return;
    }
    onTestFinished(() => void server.closeAllConnections());
    onTestFinished(() => void server.close());
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const listener = await startListener(['-f', String(port)]);
    await send(listener.url, named('one'));
    await listener.runtime.stdout.line(/<-- messages\.post +200/);
    await send(listener.url, named('two'));
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stderr.text.match(/answers on/g)).toHaveLength(1);
    expect(listener.runtime.stderr.text).toContain(`localhost:${port} answers on ${address}`);
  });

  it('in a container is the container: said once, with what to write instead', async () => {
    const listener = await startListener(['-f', String(await closedPort()), '--json'], { inContainer: true });
    for (const text of ['one', 'two']) await send(listener.url, inChat(text, 'a'));
    await listener.runtime.stderr.line(/host\.docker\.internal/);
    await listener.stop();
    expect(listener.runtime.stderr.text.match(/This is a container/g)).toHaveLength(1);
    const warnings = checkedRecords(listener.runtime.stdout.text).filter(({ type }) => type === 'warning');
    expect(warnings).toMatchObject([{ cause: 'container' }]);
  });
});

it('-H adds and replaces, --drop-header removes', async () => {
  const one = await app();
  const listener = await startListener(['-f', one.url, '-H', 'x-key: new', '-H', 'X-More: a: b', '--drop-header', 'cookie', '--json']);
  await send(listener.url, named('hi'), { headers: { 'X-Key': 'old', Cookie: 'c', 'X-Stays': 'yes' } });
  await one.count(1);
  await listener.stop();
  const headers = one.received[0]?.headers.join('|') ?? '';
  expect(headers).toContain('X-Stays|yes');
  expect(headers).toContain('x-key|new|X-More|a: b');
  expect(headers).not.toMatch(/old|cookie/i);
});

describe('TLS', () => {
  it('a self-signed certificate: the reason and both flags, in the outcome', async () => {
    const { port } = await startTlsApp();
    const listener = await startListener(['-f', `https://localhost:${port}`, '--json']);
    await send(listener.url, named('hi'));
    await listener.runtime.stdout.line(/"outcome".*the certificate is self-signed; --ca-cert <file> trusts it, --skip-verify trusts any/);
    await listener.stop();
    checkedRecords(listener.runtime.stdout.text);
  });

  it.each([['--skip-verify'], ['--insecure'], ['--ca-cert', 'ca.pem']])('%s %s: it is taken', async (...flags) => {
    const tls = await startTlsApp();
    const cwd = temporaryFolder({ 'ca.pem': TEST_CERTIFICATE });
    const listener = await startListener(['-f', `https://localhost:${tls.port}/hook`, ...flags], { cwd });
    await send(listener.url, named('hi'));
    await listener.runtime.stdout.line(/<-- messages\.post +200/);
    expect(await listener.stop()).toBe(0);
    expect(tls.received).toEqual([`POST /hook localhost:${tls.port}`]);
  });

  it.each([
    ['holds no certificate', 'hello', /--ca-cert: ca\.pem holds no certificate that can be read: it holds none/],
    ['holds a broken one', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /--ca-cert: ca\.pem holds no certificate/],
  ])('a --ca-cert that %s: exit 2', async (_what, content, says) => {
    const cwd = temporaryFolder({ 'ca.pem': content });
    const { code, stderr } = await run(['listen', '-f', 'https://localhost:1', '--ca-cert', 'ca.pem'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });
});

describe('a proxy', () => {
  it('of HTTP_PROXY is asked by the whole url; headers stay as they came', async () => {
    const proxy = await startProxy(0);
    const env = { HTTP_PROXY: proxy.url.replace('//', '//me:s%20x@') };
    const listener = await startListener(['-f', 'http://app.example:8080/hook'], { env });
    await send(`${listener.url}messages?a=b`, '{}', { headers: { 'X-Twice': ['one', 'two'] } });
    await listener.runtime.stdout.line(/<-- .* 200/);
    await listener.stop();
    const [asked] = proxy.asked;
    expect(asked?.line).toBe('POST http://app.example:8080/hook/messages?a=b');
    expect(asked?.headers.host).toBe('app.example:8080');
    expect(asked?.headers['proxy-authorization']).toBe(`Basic ${Buffer.from('me:s x').toString('base64')}`);
    expect(asked?.raw.join('|')).toContain('X-Twice|one|X-Twice|two');
    expect(listener.runtime.stdout.text + listener.runtime.stderr.text).not.toMatch(/s%20x|s x/);
  });

  it('of HTTPS_PROXY leads a tunnel to the app: it sees nothing of the delivery', async () => {
    const tls = await startTlsApp();
    const proxy = await startProxy(tls.port);
    const cwd = temporaryFolder({ 'ca.pem': TEST_CERTIFICATE });
    const listener = await startListener(['-f', 'https://app.example/hook', '--ca-cert', 'ca.pem'], {
      cwd,
      env: { https_proxy: proxy.url.replace('//', '//me:secret@') },
    });
    for (const text of ['one', 'two']) await send(listener.url, inChat(text, 'a'));
    await listener.runtime.stdout.line(/<-- .* d2/);
    await listener.stop();
    expect(proxy.asked.map(({ line }) => line)).toEqual(['CONNECT app.example:443']);
    expect(proxy.asked[0]?.headers['proxy-authorization']).toMatch(/^Basic /);
    expect(tls.received).toEqual(['POST /hook app.example', 'POST /hook app.example']);
  });

  it('that refuses is named in the outcome', async () => {
    const proxy = await startProxy(0, 407);
    const listener = await startListener(['-f', 'https://app.example/hook', '--json'], { env: { HTTPS_PROXY: proxy.url } });
    await send(listener.url, named('hi'));
    await listener.runtime.stdout.line(/"outcome".*the proxy 127\.0\.0\.1:\d+ refuses: 407/);
    await listener.stop();
  });

  it('is never asked for this machine, nor for what NO_PROXY names', async () => {
    const proxy = await startProxy(0);
    const near = await app();
    const listener = await startListener(['-f', near.url], { env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url } });
    await send(listener.url, named('hi'));
    await near.count(1);
    await listener.stop();
    expect(proxy.asked).toEqual([]);
  });
});

describe('order', () => {
  it('--concurrency: chats at once, each in order of arrival; what names none waits and holds', async () => {
    const under = new Set<string>();
    const together: string[][] = [];
    const waiting: { key: string; go: () => void }[] = [];
    const one = await app((received, _index, response) => {
      const [, key = 'none'] = /"body":"(.*?)"/.exec(received.body.toString()) ?? [];
      under.add(key);
      together.push([...under].sort());
      waiting.push({
        key,
        go: () => {
          under.delete(key);
          response.end();
        },
      });
    });
    const listener = await startListener(['-f', one.url, '--concurrency', '3', '--quiet']);
    for (const [text, chat] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ] as const)
      await send(listener.url, inChat(text, chat));
    await send(listener.url, JSON.stringify({ labels: [], event: { type: 'labels', event: 'post' }, channel_id: 'X' }));
    await send(listener.url, inChat('c1', 'c'));
    const go = (key: string): void => waiting.find((one) => one.key === key)?.go();
    await one.count(2);
    expect(together.at(-1)).toEqual(['a1', 'b1']);
    go('a1');
    await one.count(3);
    expect(together.at(-1)).toEqual(['a2', 'b1']);
    go('a2');
    go('b1');
    await one.count(4);
    expect(together.at(-1)).toEqual(['none']);
    go('none');
    await one.count(5);
    expect(together.at(-1)).toEqual(['c1']);
    go('c1');
    expect(await listener.stop()).toBe(0);
  });
});

describe('--ack forward', () => {
  it.each([200, 201, 202, 302, 400, 404, 429, 500, 503])("%i: the app's own status, body and content type go back", async (status) => {
    const one = await app((_received, _index, response) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'retry-after': '7', 'x-own': 'stays here' });
      response.end(`{"status":${status}}`);
    });
    const listener = await startListener(['-f', one.url, '--ack', 'forward']);
    const reply = await send(listener.url, named('hi'));
    expect(reply).toMatchObject({ status, text: `{"status":${status}}` });
    expect(reply.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'retry-after': '7' });
    expect(reply.headers['x-own']).toBeUndefined();
    expect(await listener.stop()).toBe(0);
  });

  it('204 has no body; a page of 3 MB goes back whole, of a longer one the beginning', async () => {
    const one = await app((_received, index, response) => {
      if (index === 0) response.writeHead(204).end();
      else response.end('x'.repeat(index === 1 ? 3_000_000 : 6_000_000));
    });
    const listener = await startListener(['-f', one.url, '--ack', 'forward', '--json']);
    expect(await send(listener.url, inChat('1', 'a'))).toMatchObject({ status: 204, text: '' });
    expect((await send(listener.url, inChat('2', 'a'))).text).toHaveLength(3_000_000);
    expect((await send(listener.url, inChat('3', 'a'))).text).toHaveLength(5_000_000);
    await listener.stop();
    expect(listener.runtime.stderr.text).toMatch(/more than 5 MB/);
    checkedRecords(listener.runtime.stdout.text);
  });

  it('504 where the app is slow, 502 where it is down or breaks off, 503 where too many wait', async () => {
    const slow = await startRaw(() => {});
    const listener = await startListener(['-f', slow.url, '--ack', 'forward', '--timeout', '80ms']);
    expect(await send(listener.url, named('hi'))).toMatchObject({ status: 504, text: 'The app did not answer in time.\n' });
    await listener.stop();

    const broken = await startRaw((socket) => void socket.destroy());
    for (const address of [broken.url, String(await closedPort())]) {
      const other = await startListener(['-f', address, '--ack', 'forward']);
      expect((await send(other.url, named('hi'))).status).toBe(502);
      expect(await other.stop()).toBe(0);
    }

    const full = await startListener(['-f', slow.url, '--ack', 'forward', '--max-waiting', '1', '--timeout', '2s']);
    const replies = await Promise.all([1, 2, 3, 4].map(() => send(full.url, named('hi'))));
    expect(replies.map(({ status }) => status).sort()).toEqual([503, 503, 504, 504]);
    await full.stop();
  });

  it('the first app that gets the event answers; what fits none is 200', async () => {
    const [calls, first, second] = await Promise.all(
      [500, 201, 400].map((status) => app((_received, _index, response) => void response.writeHead(status).end())),
    );
    const listener = await startListener([
      ...['-f', `calls=${calls?.url}`, '-f', `messages=${first?.url}`, '-f', `messages,statuses=${second?.url}`],
      ...['--ack', 'forward'],
    ]);
    expect((await send(listener.url, named('hi'))).status).toBe(201);
    expect((await send(listener.url, delivered)).status).toBe(400);
    expect((await send(listener.url, 'rubbish')).status).toBe(200);
    expect(await listener.stop()).toBe(0);
    expect(second?.received).toHaveLength(2);
  });

  it('with --count the last one is answered before it ends', async () => {
    const one = await app((_received, _index, response) => void setTimeout(() => response.writeHead(418).end(), 50));
    const listener = await startListener(['-f', one.url, '--ack', 'forward', '--count', '1']);
    expect((await send(listener.url, named('hi'))).status).toBe(418);
    expect(await listener.ended).toBe(0);
  });
});

describe('--retry', () => {
  it('tries until the app takes it; each attempt is an outcome, and order stays', async () => {
    const { after, waits } = fast();
    const one = await app((_received, index, response) => void response.writeHead(index < 3 ? 503 : 200).end());
    const listener = await startListener(['-f', one.url, '--retry', '--json'], { after });
    for (const text of ['one', 'two']) await send(listener.url, inChat(text, 'a'));
    await listener.runtime.stdout.line(/"outcome","delivery":"d2"/);
    expect(await listener.stop()).toBe(0);
    expect(texts(one)).toEqual(['one', 'one', 'one', 'one', 'two']);
    const outcomes = checkedRecords(listener.runtime.stdout.text).filter(({ type }) => type === 'outcome');
    expect(outcomes.map(({ delivery, status, attempt }) => [delivery, status, attempt])).toEqual([
      ['d1', 503, 1],
      ['d1', 503, 2],
      ['d1', 503, 3],
      ['d1', 200, 4],
      ['d2', 200, 1],
    ]);
    expect(waits.slice(0, 3)).toEqual([500, 1000, 2000]);
    expect(listener.runtime.stderr.text).toMatch(/^2 deliveries, 2 forwarded$/m);
  });

  it('an app that is down gets all of it when it comes up again, in order', async () => {
    const { after } = fast();
    const port = await closedPort();
    const listener = await startListener(['-f', `127.0.0.1:${port}`, '--retry'], { after });
    for (const text of ['one', 'two', 'three']) await send(listener.url, inChat(text, 'a'));
    await listener.runtime.stdout.line(/attempt 3/);
    const got: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        got.push(/"body":"(.*?)"/.exec(body)?.[1] ?? '');
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    onTestFinished(() => server.closeAllConnections());
    await listener.runtime.stdout.line(/<-- .* 200 .* d3/);
    expect(await listener.stop()).toBe(0);
    expect(got).toEqual(['one', 'two', 'three']);
  });

  it('a number bounds it, and what is given up is named with the command that sends it', async () => {
    const { after } = fast();
    const one = await app((_received, _index, response) => void response.writeHead(500).end());
    const cwd = temporaryFolder();
    const listener = await startListener(['-f', `${one.url}/a?b=1&c=2`, '--retry', '2', '--record', 'it is.jsonl'], { after, cwd });
    await send(listener.url, named('one'));
    await listener.runtime.stdout.line(/attempt 3/);
    expect(await listener.stop()).toBe(0);
    expect(one.received).toHaveLength(3);
    const { text } = listener.runtime.stderr;
    expect(text).toContain(`Not delivered to ${one.url}/a?b=1&c=2: 1 delivery (d1).`);
    expect(text).toContain(`Send all of the recording with: whapi-hooks replay 'it is.jsonl' --to '${one.url}/a?b=1&c=2'`);
    expect(text).toMatch(/^1 delivery, 0 forwarded, 1 failed$/m);
  });

  it('without it each is sent once', async () => {
    const one = await app((_received, _index, response) => void response.writeHead(500).end());
    const listener = await startListener(['-f', one.url]);
    await send(listener.url, named('one'));
    await listener.runtime.stdout.line(/<--/);
    expect(await listener.stop()).toBe(0);
    expect(one.received).toHaveLength(1);
    expect(listener.runtime.stderr.text).toMatch(/Not delivered .*: 1 delivery \(d1\)\.\nNothing was kept to send again; --record/);
  });

  it('Ctrl-C while it waits for the next attempt: named, exit 1, and nothing is left running', async () => {
    const waits: number[] = [];
    let running = 0;
    // The waits of the end pass at once, those of the attempts do not.
    const after: After = (ms, action) => {
      if (ms === 5000) return impatient(ms, action);
      waits.push(ms);
      running++;
      return () => void running--;
    };
    const listener = await startListener(['-f', String(await closedPort()), '--retry'], { after });
    for (const text of ['one', 'two']) await send(listener.url, inChat(text, 'a'));
    await listener.runtime.stdout.line(/failed/);
    expect(await listener.stop()).toBe(1);
    expect(listener.runtime.stderr.text).toMatch(/2 deliveries were not forwarded: the listener ended before/);
    expect(listener.runtime.stderr.text).toMatch(/Not delivered to .*: 2 deliveries \(d1, d2\)\./);
    expect(waits).toEqual([500]);
    expect(running).toBe(0);
  });

  it('names what is left in the order it came in, whatever chat it is of', async () => {
    const after: After = (ms, action) => (ms === 5000 ? impatient(ms, action) : () => undefined);
    const listener = await startListener(['-f', String(await closedPort()), '--retry', '--concurrency', '2'], { after });
    for (const chat of ['a', 'b', 'b', 'a']) await send(listener.url, inChat('hi', chat));
    await listener.runtime.stdout.line(/ d4\b/);
    expect(await listener.stop()).toBe(1);
    expect(listener.runtime.stderr.text).toMatch('4 deliveries (d1, d2, d3, d4).');
  });
});

it('a redirect is told and not followed', async () => {
  const one = await app((_received, _index, response) => void response.writeHead(302, { location: '/login' }).end());
  const listener = await startListener(['-f', one.url]);
  await send(listener.url, named('one'));
  await listener.runtime.stdout.line(/answer: redirects to \/login, which is not followed/);
  await listener.stop();
  expect(one.received).toHaveLength(1);
});

it('a message that comes twice is told once', async () => {
  const listener = await startListener(['--json']);
  for (let i = 0; i < 3; i++)
    await send(
      listener.url,
      JSON.stringify({ messages: [message('x', { id: 'twice\u001b[2J' })], event: { type: 'messages', event: 'post' }, channel_id: 'X' }),
    );
  await listener.stop();
  const warnings = checkedRecords(listener.runtime.stdout.text).filter(({ type }) => type === 'warning');
  expect(warnings).toMatchObject([{ cause: 'duplicate', delivery: 'd2' }]);
  expect(listener.runtime.stderr.text.match(/came twice/g)).toHaveLength(1);
  expect(listener.runtime.stderr.text).not.toContain('\u001b');
});
