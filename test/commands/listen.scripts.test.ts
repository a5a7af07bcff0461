import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Keeper } from '../../src/delivery/keeper.ts';
import { environmentError } from '../../src/errors.ts';
import { startApp } from '../support/app.ts';
import { closedPort, send } from '../support/http.ts';
import { delivered, named } from '../support/payloads.ts';
import { checkedRecords } from '../support/records.ts';
import { startListener } from '../support/runtime.ts';

const kept = vi.hoisted(() => ({ keeper: undefined as Keeper | undefined }));
vi.mock('../../src/commands/listen/keeper.ts', async (original) => ({
  ...(await original<typeof import('../../src/commands/listen/keeper.ts')>()),
  openKeeper: async () => kept.keeper,
}));
beforeEach(() => {
  kept.keeper = undefined;
});

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
    pass();
    expect(await listener.ended).toBe(code);
    expect(asked).toEqual([30_000]);
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

describe('a listener with a store', () => {
  /** A store whose answers a test gives. */
  const store = (): Keeper & { adds: { id: string; resolve: () => void; reject: (error: Error) => void }[]; log: string[] } => {
    const adds: { id: string; resolve: () => void; reject: (error: Error) => void }[] = [];
    const log: string[] = [];
    return {
      adds,
      log,
      add: (delivery) =>
        new Promise<void>((resolve, reject) => {
          log.push(`add ${delivery.id}`);
          adds.push({ id: delivery.id, resolve, reject });
        }),
      addOutcome: ({ delivery, attempt }) => void log.push(`outcome ${delivery} ${attempt}`),
      flush: async () => void log.push('flush'),
      close: async () => void log.push('close'),
    };
  };
  const added = (keeper: ReturnType<typeof store>, count: number): Promise<void> =>
    vi.waitFor(() => expect(keeper.adds).toHaveLength(count));

  it('answers 200 when the delivery is stored, and shows and forwards it then', async () => {
    const keeper = store();
    kept.keeper = keeper;
    const app = await startApp();
    onTestFinished(() => app.close());
    const listener = await startListener(['--json', '-f', app.url]);
    let status = 0;
    const sent = send(listener.url, named('hi')).then((reply) => (status = reply.status));
    await added(keeper, 1);
    expect(status).toBe(0);
    expect(app.received).toEqual([]);
    expect(listener.runtime.stdout.text).not.toContain('"delivery"');
    keeper.adds[0]?.resolve();
    expect(await sent).toBe(200);
    await listener.runtime.stdout.line(/"outcome"/);
    expect(await listener.stop()).toBe(0);
    expect(keeper.log).toEqual(['add d1', 'outcome d1 1', 'flush', 'close']);
  });

  it('answers 503 where it cannot be stored, tells it once, forwards nothing, ends with 3', async () => {
    const keeper = store();
    kept.keeper = keeper;
    const app = await startApp();
    onTestFinished(() => app.close());
    const listener = await startListener(['--json', '-f', app.url]);
    for (let i = 0; i < 2; i++) {
      const sent = send(listener.url, named('hi'));
      await added(keeper, i + 1);
      keeper.adds[i]?.reject(Object.assign(new Error('disk'), { code: 'ENOSPC' }));
      expect(await sent).toMatchObject({ status: 503, text: 'The delivery could not be stored.\n', headers: { 'retry-after': '1' } });
    }
    expect(await listener.stop()).toBe(3);
    expect(app.received).toEqual([]);
    expect(listener.runtime.stderr.text.match(/Deliveries cannot be stored: the disk is full/g)).toHaveLength(1);
    expect(listener.runtime.stderr.text).toMatch(/^0 deliveries, 0 forwarded, 2 refused: not stored \(503\)$/m);
    expect(last(listener)).toMatchObject({ deliveries: 0, refused: { unstored: 2 } });
  });

  it('--count: exactly so many, and one that could not be stored does not count', async () => {
    const keeper = store();
    kept.keeper = keeper;
    const listener = await startListener(['--json', '--count', '1']);
    const first = send(listener.url, named('one'));
    await added(keeper, 1);
    expect((await send(listener.url, named('late'))).status).toBe(503);
    keeper.adds[0]?.reject(new Error('locked'));
    expect((await first).status).toBe(503);
    const second = send(listener.url, named('two'));
    await added(keeper, 2);
    keeper.adds[1]?.resolve();
    expect((await second).status).toBe(200);
    expect(await listener.ended).toBe(3);
    expect(last(listener)).toMatchObject({ reason: 'count', deliveries: 1, refused: { late: 1, unstored: 1 } });
  });

  it('Ctrl-C: what is being stored is still answered and shown', async () => {
    const keeper = store();
    kept.keeper = keeper;
    const listener = await startListener(['--json']);
    const sent = send(listener.url, named('hi'));
    await added(keeper, 1);
    listener.runtime.stop();
    keeper.adds[0]?.resolve();
    expect((await sent).status).toBe(200);
    expect(await listener.ended).toBe(0);
    expect(last(listener)).toMatchObject({ deliveries: 1 });
  });

  it('outcomes that could not be written are told at the end, beside all else, and end it with 3', async () => {
    const keeper = store();
    kept.keeper = {
      ...keeper,
      add: async () => {},
      flush: async () => {
        throw environmentError('1 outcome is missing in the history: the disk is full.', 'Make room.');
      },
    };
    const listener = await startListener(['-f', `127.0.0.1:${await closedPort()}`]);
    await send(listener.url, named('hi'));
    await listener.runtime.stdout.line(/<-- .*d1\b/);
    expect(await listener.stop()).toBe(3);
    expect(keeper.log.at(-1)).toBe('close');
    const told = listener.runtime.stderr.text;
    expect(told).toMatch(/^error: 1 outcome is missing in the history: the disk is full\.$/m);
    expect(told).toMatch(/^Send it with: whapi-hooks replay history:d1/m);
    expect(told).toMatch(/^1 delivery, 0 forwarded, 1 failed$/m);
  });

  it('names what was not delivered by its ids, or by the time of the first', async () => {
    for (const [count, command] of [
      [2, /replay history:d1 history:d2 --to http:\/\/127\.0\.0\.1:\d+\/$/m],
      [
        7,
        /\(d1, d2, d3, d4, d5 and 2 more\)\.\nSend them with: whapi-hooks replay history: --since 2026-03-01T09:30:\d\d\.000Z --status failed,none,3xx,4xx,5xx --to/,
      ],
    ] as const) {
      const keeper = store();
      kept.keeper = { ...keeper, add: async () => {} };
      const listener = await startListener(['-f', `127.0.0.1:${await closedPort()}`]);
      for (let i = 1; i <= count; i++) await send(listener.url, named('hi'));
      await listener.runtime.stdout.line(new RegExp(`<-- .*d${count}\\b`));
      expect(await listener.stop()).toBe(0);
      expect(listener.runtime.stderr.text).toMatch(command);
    }
  });
});
