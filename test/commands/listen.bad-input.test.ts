import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { BAD_BODIES, largePayload } from '../support/bodies.ts';
import { impatient } from '../support/clock.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless, expectNoTrace, NASTY } from '../support/harmless.ts';
import { dial, send } from '../support/http.ts';
import { delivered, message, named, records } from '../support/payloads.ts';
import { type RunningListener, run, startListener } from '../support/runtime.ts';

interface DeliveryRecord {
  readonly type: string;
  readonly verdict: string;
  readonly event: string | null;
  readonly findings: readonly { readonly rule: string; readonly message: string }[];
}

const deliveries = (listener: RunningListener): DeliveryRecord[] =>
  records(listener.runtime.stdout.text).filter(({ type }) => type === 'delivery') as unknown as DeliveryRecord[];

describe('bodies that are no payload', () => {
  let json: RunningListener;
  let pretty: RunningListener;

  beforeAll(async () => {
    json = await startListener(['--json']);
    pretty = await startListener(['-v']);
  });
  afterAll(async () => {
    await json.stop();
    await pretty.stop();
  });

  for (const { name, bytes, verdict, rule, says } of BAD_BODIES) {
    it(`${name}: answered 200, recorded as ${verdict} with the finding ${rule}`, async () => {
      const before = deliveries(json).length;
      const reply = await send(json.url, bytes);
      expect(reply.status).toBe(200);
      await send(json.url, delivered);
      await json.runtime.stdout.line(new RegExp(`"id":"d${before + 2}"`));
      const [record, next] = deliveries(json).slice(before);
      expect(record?.verdict).toBe(verdict);
      const finding = record?.findings.find((made) => made.rule === rule);
      expect(finding?.message).toMatch(says);
      expect(next?.verdict).toBe('valid');
    });

    it(`${name}: shown as one entry, and the listener goes on`, async () => {
      const before = pretty.runtime.stdout.text.length;
      const entries = (): string[] => pretty.runtime.stdout.text.slice(before).match(/^\d\d:\d\d:\d\d .*$/gm) ?? [];
      const id = (pretty.runtime.stdout.text.match(/ d\d+$/gm) ?? []).length;
      expect((await send(pretty.url, bytes)).status).toBe(200);
      await send(pretty.url, delivered);
      await pretty.runtime.stdout.line(new RegExp(` d${id + 2}$`));
      expect(entries()).toHaveLength(2);
      expect(entries()[0]).toContain(verdict);
      expect(pretty.runtime.stdout.text.slice(before)).toMatch(says);
      expect(entries()[1]).toContain('valid');
      expectNoTrace(pretty.runtime.stdout.text + pretty.runtime.stderr.text);
    });
  }
});

describe('bodies that are too large', () => {
  it('answers 413 to 30 MB by default, says so, and takes the next delivery', async () => {
    const listener = await startListener(['--json']);
    const reply = await send(listener.url, largePayload(30_000_000));
    expect(reply.status).toBe(413);
    expect(reply.text).toContain('--max-body');
    expect((await send(listener.url, named('after it'))).status).toBe(200);
    await listener.runtime.stdout.line(/after it/);
    expect(await listener.stop()).toBe(0);
    expect(deliveries(listener)).toHaveLength(1);
    expect(listener.runtime.stderr.text).toMatch(/refused: .*25000000 bytes/);
    expect(listener.runtime.stderr.text).toMatch(/1 refused: too large \(413\)/);
  });

  it('takes 30 MB where --max-body allows it, and shows a line, not a flood', async () => {
    const listener = await startListener(['--max-body', '40MB', '-v']);
    expect((await send(listener.url, largePayload(30_000_000))).status).toBe(200);
    await listener.runtime.stdout.line(/ d1$/);
    await listener.stop();
    expect(listener.runtime.stdout.text.length).toBeLessThan(10_000);
    expect(listener.runtime.stdout.text).toMatch(/30(\.0)? MB/);
  });

  it('takes 90 MB of control characters where that is allowed, and records every byte', async () => {
    const folder = temporaryFolder();
    const listener = await startListener(['--max-body', '300MB', '--record', 'all.jsonl', '--quiet'], { cwd: folder });
    // As JSON text each of them would take six characters, more than a string has room for.
    const body = Buffer.alloc(90_000_000, 1);
    expect((await send(listener.url, body)).status).toBe(200);
    expect((await send(listener.url, named('after it'))).status).toBe(200);
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stderr.text).toMatch(/^2 deliveries, 1 not valid$/m);
    const [, large, after] = records(readFileSync(join(folder, 'all.jsonl'), 'utf8'));
    expect(Buffer.from(String(large?.['bodyBase64']), 'base64').equals(body)).toBe(true);
    expect(after?.['body']).toBe(named('after it'));
  });

  it('ends though a body that is too large never ends', async () => {
    const listener = await startListener(['--max-body', '1KB', '--json']);
    const { socket } = await dial(listener.url);
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n800\r\n${'x'.repeat(1500)}`);
    await listener.runtime.stderr.line(/larger than/);
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stdout.text).toMatch('"type":"stopped"');
  });

  it('takes a body of exactly --max-body and refuses one byte more, announced or not', async () => {
    const listener = await startListener(['--max-body', '100B']);
    expect((await send(listener.url, 'x'.repeat(100))).status).toBe(200);
    expect((await send(listener.url, 'x'.repeat(101))).status).toBe(413);
    for (const [size, status] of [
      [100, 200],
      [101, 413],
    ] as const) {
      const { socket, answered } = await dial(listener.url);
      socket.write('POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n');
      socket.write(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`);
      expect(await answered).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    }
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stderr.text).toContain('2 deliveries');
  });
});

describe('clients that misbehave', () => {
  it('tells once of a client that stops half-way, and goes on', async () => {
    const listener = await startListener();
    const { socket } = await dial(listener.url);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"messages":');
    socket.end();
    await listener.runtime.stderr.line(/went away after 12 of 1000 bytes/);
    await send(listener.url, named('after it'));
    await listener.runtime.stdout.line(/after it/);
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stderr.text).toMatch(/^1 delivery, 1 refused: broken off$/m);
  });

  it('tells once of a client whose connection is reset half-way', async () => {
    const listener = await startListener();
    const { socket } = await dial(listener.url);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3e8\r\n{"messages":', () => socket.resetAndDestroy());
    await listener.runtime.stderr.line(/went away/);
    await send(listener.url, named('after it'));
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stderr.text).toMatch(/^1 delivery, 1 refused: broken off$/m);
  });

  it('does not count a client that closes a connection it no longer needs', async () => {
    const listener = await startListener();
    const { socket } = await dial(listener.url);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
    await listener.runtime.stdout.line(/ d1$/);
    socket.resetAndDestroy();
    await send(listener.url, named('after it'));
    await listener.runtime.stdout.line(/ d2$/);
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stderr.text).toMatch(/^2 deliveries, 1 not valid$/m);
  });

  it.each([
    ['text that is not HTTP', 'hello\r\n\r\n'],
    ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    ['two contradicting lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
    ['length and chunks at once', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc'],
    ['headers without end', `POST / HTTP/1.1\r\nhost: x\r\n${'x-long: '.padEnd(20_000, 'x')}`],
  ])('answers %s with 4xx, counts it and goes on', async (_name, bytes) => {
    const listener = await startListener();
    const { socket, answered } = await dial(listener.url);
    socket.write(Buffer.from(bytes, 'latin1'));
    expect(await answered).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await send(listener.url, named('after it'))).status).toBe(200);
    await listener.runtime.stdout.line(/after it/);
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stderr.text).toMatch(/^1 delivery, 1 refused: not HTTP/m);
    expectNoTrace(listener.runtime.stdout.text + listener.runtime.stderr.text);
  });

  it('ends at Ctrl-C though a client never finishes its body', async () => {
    const listener = await startListener([], { after: impatient });
    const { socket, answered } = await dial(listener.url);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"messages":');
    await send(listener.url, named('hello'));
    await listener.runtime.stdout.line(/hello/);
    expect(await listener.stop()).toBe(0);
    await answered;
    expect(listener.runtime.stderr.text).toMatch(/1 refused: broken off/);
  });
});

describe('text from payloads is harmless on the terminal', () => {
  /** Payloads with the worst characters at every place that is shown. */
  const payloads: Record<string, unknown>[] = [
    { messages: [message(NASTY, { from_name: NASTY, chat_name: NASTY })], event: { type: 'messages', event: 'post' }, channel_id: NASTY },
    {
      messages: [message('x', { id: NASTY, chat_id: NASTY, from: NASTY, type: NASTY })],
      event: { type: 'messages', event: 'post' },
      channel_id: 'x',
    },
    {
      messages: [message('x', { [NASTY]: NASTY })],
      event: { type: 'messages', event: 'post', [NASTY]: NASTY },
      channel_id: 'x',
      [NASTY]: 1,
    },
    { messages: NASTY, event: { type: NASTY, event: NASTY }, channel_id: 'x' },
    { messages: [NASTY], event: { type: 'messages', event: NASTY }, channel_id: 'x' },
    { [NASTY]: [NASTY], event: NASTY, channel_id: 'x' },
    { statuses: [{ id: NASTY, code: 3, status: NASTY, recipient_id: NASTY }], event: { type: 'statuses', event: 'post' } },
  ];
  const escaped = (payload: unknown): string =>
    JSON.stringify(payload).replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const bodies = [
    ...payloads.map((payload) => JSON.stringify(payload)),
    ...payloads.map(escaped),
    NASTY,
    `"${NASTY}"`,
    `{"${NASTY}`,
    `${NASTY}=${NASTY}`,
    `<${NASTY}>`,
  ];

  it.each([['pretty'], ['compact'], ['json'], ['quiet'], ['pretty', '-v'], ['compact', '-v']])(
    '--output %s %s',
    async (style, ...flags) => {
      const app = await startApp((_received, _index, response) => {
        response.statusCode = 500;
        response.end(NASTY);
      });
      const listener = await startListener(['--output', style, ...flags.filter((flag) => flag !== undefined), '--forward-to', app.url]);
      for (const body of bodies) expect((await send(listener.url, body)).status).toBe(200);
      for (const path of ['/%1b%5b31m', '/messages/%e2%80%ae', '/a%0ab/c%0dd?x=%1b']) await send(listener.url + path.slice(1), '{}');
      for (const path of ['/\u009b\u0085/\u0080', '/messages?x=\u009b31m', '/\u009b/\u009b/\u009b']) {
        const { socket, answered } = await dial(listener.url);
        socket.write(
          Buffer.from(
            `POST ${path} HTTP/1.1\r\nhost: x\r\nx-\u0021: \u009b\u0085\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`,
            'latin1',
          ),
        );
        await answered;
      }
      await app.count(bodies.length + 3);
      expect(await listener.stop()).toBe(0);
      await app.close();
      const { stdout, stderr } = listener.runtime;
      if (style !== 'quiet') expect(stdout.text.split('\n').length).toBeGreaterThan(bodies.length);
      expectHarmless(stdout.text);
      expectHarmless(stderr.text);
      expectNoTrace(stdout.text + stderr.text);
    },
  );

  it('keeps what came, whatever was shown: recorded and replayed it is the same bytes', async () => {
    const folder = temporaryFolder();
    const listener = await startListener(['--quiet', '--record', 'all.jsonl'], { cwd: folder });
    for (const body of bodies) await send(listener.url, body);
    await listener.stop();
    const app = await startApp();
    expect((await run(['replay', 'all.jsonl', '--to', app.url], { cwd: folder })).code).toBe(0);
    await app.close();
    expect(app.received.map(({ body }) => body.toString())).toEqual(bodies);
  });
});
