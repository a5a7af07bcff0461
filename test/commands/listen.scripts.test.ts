import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/io/database.ts';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { closedPort, send } from '../support/http.ts';
import { delivered, named } from '../support/payloads.ts';
import { checkedRecords } from '../support/records.ts';
import { startListener } from '../support/runtime.ts';

/** The time of --for passes when the test says so. */
const clock = (): { after: (ms: number, action: () => void) => () => void; pass: () => void; asked: number[] } => {
  const actions: (() => void)[] = [];
  const asked: number[] = [];
  return {
    asked,
    after: (ms, action) => {
      asked.push(ms);
      actions.push(action);
      return () => {};
    },
    pass: () => {
      for (const action of actions.splice(0)) action();
    },
  };
};

type Listener = Awaited<ReturnType<typeof startListener>>;
const last = (listener: Listener): Record<string, unknown> | undefined => checkedRecords(listener.runtime.stdout.text).at(-1);

describe('a listener that ends by itself', () => {
  it.each([
    ['--for alone: exit 0', [], 0, 0],
    ['--count that is not reached: exit 1', ['--count', '2'], 1, 1],
    ['--stop-on that does not come: exit 1', ['--stop-on', 'calls'], 1, 1],
  ])('when the time is over, with %s', async (_what, flags, sent, code) => {
    const { after, pass, asked } = clock();
    const listener = await startListener(['--json', '--for', '30s', ...flags], { after });
    for (let i = 0; i < sent; i++) await send(listener.url, named('hi'));
    expect(asked).toEqual([30_000]);
    pass();
    expect(await listener.ended).toBe(code);
    expect(listener.runtime.stderr.text.includes('ended before what was waited for had come')).toBe(code === 1);
    expect(last(listener)).toMatchObject({ type: 'stopped', reason: 'time', deliveries: sent });
  });

  it.each([
    ['--count', ['--count', '2'], [delivered, named('hi')], 'count', 2],
    ['--stop-on an event', ['--stop-on', 'messages.post'], [delivered, named('hi')], 'stop-on', 2],
    ['--stop-on a pattern', ['--stop-on', '!statuses'], [delivered, delivered, named('hi')], 'stop-on', 3],
    ['the first of both', ['--stop-on', 'messages', '--count', '9'], [named('hi')], 'stop-on', 1],
  ])('%s: exit 0 before the time is over', async (_what, flags, bodies, reason, deliveries) => {
    const { after } = clock();
    const listener = await startListener(['--json', '--for', '1h', ...flags], { after });
    for (const body of bodies) expect((await send(listener.url, body)).status).toBe(200);
    expect(await listener.ended).toBe(0);
    expect(last(listener)).toMatchObject({ type: 'stopped', reason, deliveries });
  });

  it.each([
    ['a body that is not valid', ['--exit-on', 'invalid'], named('odd', { from_me: 'no' }), 'invalid'],
    ['what is no event', ['--exit-on', 'forward-error,invalid'], 'rubbish', 'invalid'],
  ])('--exit-on: %s is exit 1', async (_what, flags, body, reason) => {
    const listener = await startListener(['--json', ...flags]);
    await send(listener.url, named('fine'));
    await send(listener.url, body);
    expect(await listener.ended).toBe(1);
    expect(last(listener)).toMatchObject({ reason, deliveries: 2, invalid: 1 });
  });

  it('--exit-on forward-error: an app that is down, also where the listener is ending anyway', async () => {
    const port = String(await closedPort());
    const listener = await startListener(['--json', '-f', port, '--exit-on', 'forward-error']);
    await send(listener.url, named('hi'));
    expect(await listener.ended).toBe(1);
    expect(last(listener)).toMatchObject({ reason: 'forward-error', failed: 1 });
    const other = await startListener(['--json', '-f', port, '--exit-on', 'forward-error', '--count', '1']);
    await send(other.url, named('hi'));
    expect(await other.ended).toBe(1);
    expect(last(other)).toMatchObject({ reason: 'count', failed: 1 });
  });

  it('--exit-on invalid counts chosen events only', async () => {
    const listener = await startListener(['--json', '-e', 'messages', '--exit-on', 'invalid']);
    await send(listener.url, 'rubbish');
    await send(listener.url, named('fine'));
    expect(await listener.stop()).toBe(0);
    expect(last(listener)).toMatchObject({ reason: 'signal', deliveries: 1, other: 1 });
  });

  it('a burst: exactly --count are taken, the others are answered 503 and told', async () => {
    const listener = await startListener(['--json', '--count', '5']);
    const replies = await Promise.all(
      Array.from({ length: 20 }, () =>
        send(listener.url, named('hi')).then(
          ({ status }) => status,
          () => 0,
        ),
      ),
    );
    expect(await listener.ended).toBe(0);
    expect(replies.filter((status) => status === 200)).toHaveLength(5);
    expect(last(listener)).toMatchObject({ deliveries: 5 });
  });
});

describe('a listener whose history another program holds', () => {
  /** Holds a history, so that nothing can be stored, until it is let go. */
  const held = async (
    flags: readonly string[],
  ): Promise<{ listener: Awaited<ReturnType<typeof startListener>>; asked: () => Promise<unknown>; letGo: () => void }> => {
    const file = join(temporaryFolder({}), 'h.db');
    const listener = await startListener(['--json', '--history', file, ...flags]);
    const holder = await openDatabase(file);
    onTestFinished(() => holder.close());
    holder.exec('BEGIN IMMEDIATE');
    // What was sent before has been read when this is answered.
    const asked = (): Promise<unknown> => send(listener.url, '', { method: 'GET' });
    return { listener, asked, letGo: () => holder.exec('ROLLBACK') };
  };

  it('answers 200 when the delivery is stored, and shows and forwards it then', async () => {
    const app = await startApp();
    onTestFinished(() => app.close());
    const { listener, asked, letGo } = await held(['-f', app.url]);
    let status = 0;
    const sent = send(listener.url, named('hi')).then((reply) => (status = reply.status));
    await asked();
    expect([status, app.received.length, listener.runtime.stdout.text.includes('"delivery"')]).toEqual([0, 0, false]);
    letGo();
    expect(await sent).toBe(200);
    await listener.runtime.stdout.line(/"outcome"/);
    expect(await listener.stop()).toBe(0);
    expect(app.received).toHaveLength(1);
  });

  it('answers 503 when that takes too long, tells it, forwards nothing; --count does not count it', async () => {
    const app = await startApp();
    onTestFinished(() => app.close());
    const { listener, asked, letGo } = await held(['--count', '1', '-f', app.url]);
    const first = send(listener.url, named('one'));
    await asked();
    expect((await send(listener.url, named('late'))).status).toBe(503);
    expect(await first).toMatchObject({ status: 503, text: 'The delivery could not be stored.\n', headers: { 'retry-after': '1' } });
    expect(app.received).toEqual([]);
    letGo();
    expect((await send(listener.url, named('two'))).status).toBe(200);
    expect(await listener.ended).toBe(3);
    expect(listener.runtime.stderr.text).toMatch(/Deliveries cannot be stored: .*held by another program/);
    expect(last(listener)).toMatchObject({ reason: 'count', deliveries: 1, refused: { late: 1, unstored: 1 } });
  });

  it('Ctrl-C: what is being stored is still answered and shown', async () => {
    const { listener, asked, letGo } = await held([]);
    const sent = send(listener.url, named('hi'));
    await asked();
    listener.runtime.stop();
    letGo();
    expect((await sent).status).toBe(200);
    expect(await listener.ended).toBe(0);
    expect(last(listener)).toMatchObject({ deliveries: 1 });
  });
});

it('names what was not delivered by its ids, or by the time of the first', async () => {
  for (const [count, command] of [
    [2, /replay history:d1 history:d2 --to http:\/\/127\.0\.0\.1:\d+\/ --history /m],
    [
      7,
      /\(d1, d2, d3, d4, d5 and 2 more\)\.\nSend them with: whapi-hooks replay history: --since 2026-03-01T09:30:\d\d\.000Z --status failed,none,3xx,4xx,5xx --to/,
    ],
  ] as const) {
    const file = join(temporaryFolder({}), 'h.db');
    const listener = await startListener(['--history', file, '-f', `127.0.0.1:${await closedPort()}`]);
    for (let i = 1; i <= count; i++) await send(listener.url, named('hi'));
    await listener.runtime.stdout.line(new RegExp(`<-- .*d${count}\\b`));
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stderr.text).toMatch(command);
  }
});
