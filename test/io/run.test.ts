import { describe, expect, it } from 'vitest';
import { readExpectation, withDefaults } from '../../src/replay/expect.ts';
import type { Step } from '../../src/replay/step.ts';
import { startApp } from '../support/app.ts';
import { startRaw } from '../support/http.ts';
import { jumpingClock, runTo, stepOf } from '../support/run.ts';

const steps = (count: number): Step[] => Array.from({ length: count }, (_, index) => stepOf(index + 1));
const numbers = (bodies: readonly { readonly body: Buffer }[]): number[] =>
  bodies.map(({ body }) => (JSON.parse(body.toString()) as { n: number }).n);

describe('a run', () => {
  it('sends steps in their order and tells how each went', async () => {
    const app = await startApp();
    const { results, unsent, more } = await runTo(app.url, steps(5));
    await app.close();
    expect(numbers(app.received)).toEqual([1, 2, 3, 4, 5]);
    expect(results.map(({ step, broken }) => [step.number, broken])).toEqual([1, 2, 3, 4, 5].map((n) => [n, []]));
    expect([unsent, more]).toEqual([0, false]);
  });

  it('has no more than so many under way at once', async () => {
    const held: (() => void)[] = [];
    let most = 0;
    const app = await startApp((_received, index, response) => {
      held.push(() => void response.end());
      most = Math.max(most, held.length);
      // The first three come together; from then on one is answered for each that comes.
      if (held.length === 3 || index > 6) for (const answer of held.splice(0)) answer();
    });
    const { results } = await runTo(app.url, steps(9), { concurrency: 3 });
    await app.close();
    expect(most).toBe(3);
    expect(results).toHaveLength(9);
    expect(new Set(numbers(app.received)).size).toBe(9);
  });

  it('takes its steps as they are needed', async () => {
    let made = 0;
    let ahead = 0;
    const app = await startApp((_received, index, response) => {
      ahead = Math.max(ahead, made - index);
      response.end();
    });
    const source = async function* (): AsyncGenerator<Step> {
      while (made < 50) yield stepOf(++made);
    };
    const { results } = await runTo(app.url, source(), { concurrency: 2 });
    await app.close();
    expect(results).toHaveLength(50);
    expect(ahead).toBeLessThanOrEqual(4);
  });

  it('waits until a step is due, by the clock it was given', async () => {
    const clock = jumpingClock();
    const app = await startApp();
    const due = [0, 500, 500, 3_600_000].map((ms, index) => stepOf(index + 1, { due: ms }));
    const { results } = await runTo(app.url, due, { ...clock, elapsed: clock.elapsed, after: clock.after });
    await app.close();
    expect(results.map(({ started }) => started)).toEqual([0, 500, 500, 3_600_000]);
  });

  it('keeps deliveries apart', async () => {
    const clock = jumpingClock();
    const app = await startApp();
    const { results } = await runTo(app.url, steps(4), { elapsed: clock.elapsed, after: clock.after, spacing: 200 });
    await app.close();
    expect(results.map(({ started }) => started)).toEqual([0, 200, 400, 600]);
  });

  it('sends a step after those it comes after, even where there is a place free', async () => {
    const open: (() => void)[] = [];
    const app = await startApp((_received, index, response) => {
      if (index === 0) open.push(() => void response.end());
      else {
        response.end();
        for (const answer of open) answer();
      }
    });
    const { results } = await runTo(app.url, [stepOf(1), stepOf(2), stepOf(3, { after: [1] })], { concurrency: 3 });
    await app.close();
    expect(numbers(app.received)[2]).toBe(3);
    expect(results.map(({ step }) => step.number).at(-1)).toBe(3);
  });

  it('does not wait for a step that comes later', async () => {
    const app = await startApp();
    const { results } = await runTo(app.url, [stepOf(1, { after: [2] }), stepOf(2)]);
    await app.close();
    expect(results.map(({ step }) => step.number)).toEqual([1, 2]);
  });

  it('judges by what is expected of all, and by what a step expects instead', async () => {
    const app = await startApp((_received, index, response) => {
      response.statusCode = [200, 404, 500][index] ?? 200;
      response.setHeader('x-id', 'seven');
      response.end('{"ok":true,"list":[{"a":1}]}');
    });
    const { results } = await runTo(
      app.url,
      [stepOf(1, { expects: [readExpectation('body.list[0].a=2')] }), stepOf(2, { expects: [readExpectation('status=404')] }), stepOf(3)],
      { expects: withDefaults([readExpectation('header.X-ID=seven')]) },
    );
    await app.close();
    expect(results.map(({ broken }) => broken)).toEqual([
      [{ expected: 'body.list[0].a=2', found: 'body.list[0].a is 1' }],
      [],
      [{ expected: 'status=2xx', found: 'status 500 instead of 2xx' }],
    ]);
  });

  it('asks for the calls of a delivery after its answer, before anything else goes out in its place', async () => {
    const order: string[] = [];
    const app = await startApp((_received, index, response) => {
      order.push(`got ${index + 1}`);
      response.end();
    });
    const { results } = await runTo(app.url, steps(2), {
      expects: withDefaults([readExpectation('calls=1')]),
      onStart: ({ number }) => order.push(`start ${number}`),
      callsOf: async ({ number }) => {
        order.push(`calls ${number}`);
        return number;
      },
    });
    await app.close();
    expect(order).toEqual(['start 1', 'got 1', 'calls 1', 'start 2', 'got 2', 'calls 2']);
    expect(results.map(({ broken }) => broken[0]?.found)).toEqual([undefined, '2 calls']);
  });
});

describe('a run that is stopped', () => {
  it('leaves what is under way and counts what was not sent', async () => {
    const stop = new AbortController();
    const app = await startApp((_received, index, response) => {
      if (index < 2) response.end();
      else stop.abort();
    });
    const { results, unsent, more } = await runTo(app.url, steps(10), { signal: stop.signal });
    await app.close();
    expect(results).toHaveLength(2);
    expect([unsent, more]).toEqual([8, false]);
  });

  it('counts no more than 20,000 of them', async () => {
    const stop = new AbortController();
    stop.abort();
    let made = 0;
    const source = function* (): Generator<Step> {
      while (true) yield stepOf(++made);
    };
    const { results, unsent, more } = await runTo('http://127.0.0.1:9', source(), { signal: stop.signal });
    expect(results).toEqual([]);
    expect([unsent, more, made]).toEqual([20_000, true, 20_000]);
  });

  it('does not wait for a step that is not due', async () => {
    const stop = new AbortController();
    const { unsent } = await runTo('http://127.0.0.1:9', [stepOf(1, { due: 1000 })], {
      signal: stop.signal,
      elapsed: () => 0,
      after: () => {
        stop.abort();
        return () => {};
      },
    });
    expect(unsent).toBe(1);
  });
});

describe('a source that fails', () => {
  it('ends the run with its error', async () => {
    const app = await startApp();
    const source = async function* (): AsyncGenerator<Step> {
      yield stepOf(1);
      throw new Error('the file is gone');
    };
    await expect(runTo(app.url, source())).rejects.toThrow('the file is gone');
    await app.close();
  });
});

describe('a run that fails leaves no wait behind', () => {
  /** A clock whose waits are never over. */
  const standing = () => {
    const waits = new Set<object>();
    let waited = (): void => {};
    const isWaiting = new Promise<void>((resolve) => {
      waited = resolve;
    });
    const after = (): (() => void) => {
      const one = {};
      waits.add(one);
      waited();
      return () => void waits.delete(one);
    };
    return { waits, isWaiting, clock: { elapsed: () => 0, after } };
  };

  it.each<[string, Step[]]>([
    ['for a step that is not due', [stepOf(1), stepOf(2, { due: 3_600_000 })]],
    ['before a delivery is sent again', [stepOf(1), stepOf(2)]],
  ])('%s, where a result cannot be told', async (_what, some) => {
    const { waits, isWaiting, clock } = standing();
    const app = await startApp((_received, index, response) => void response.writeHead(index === 0 ? 200 : 500).end());
    const onResult = (): Promise<void> => isWaiting.then(() => Promise.reject(new Error('no room')));
    const running = runTo(app.url, some, { ...clock, concurrency: 2, retry: 1, onResult });
    await expect(running).rejects.toThrow('no room');
    await app.close();
    expect(waits.size).toBe(0);
  });

  it('before a delivery is sent again, where the source fails', async () => {
    const { waits, isWaiting, clock } = standing();
    const app = await startApp((_received, _index, response) => void response.writeHead(500).end());
    const source = async function* (): AsyncGenerator<Step> {
      yield stepOf(1);
      await isWaiting;
      throw new Error('the file is gone');
    };
    await expect(runTo(app.url, source(), { ...clock, retry: 1 })).rejects.toThrow('the file is gone');
    await app.close();
    expect(waits.size).toBe(0);
  });
});

describe('treatments', () => {
  it('a connection is cut in the middle of the body, and the delivery is sent again on another one', async () => {
    const app = await startRaw((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const { results } = await runTo(app.url, [stepOf(1, { body: '{"whole":"body"}', treatment: { cutAt: 8 } }), stepOf(2)]);
    expect(app.received).toHaveLength(2);
    expect(app.received[0]).toMatch(/^POST \/ HTTP\/1\.1\r\n[\s\S]*content-length: 16\r\n\r\n\{"whole"$/);
    expect(app.received[1]).toMatch(/\r\n\r\n\{"whole":"body"\}POST \//);
    expect(results[0]?.attempts.map((one) => (one.kind === 'failed' ? one.error : one.status))).toEqual([
      'the connection was cut on purpose after 8 of 16 bytes',
      200,
    ]);
    expect(results.map(({ broken }) => broken)).toEqual([[], []]);
  });

  it('a slow body comes in pieces with pauses, whole, and its time is not the answer’s', async () => {
    const clock = jumpingClock();
    const pieces: string[] = [];
    const app = await startRaw((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const { results } = await runTo(app.url, [stepOf(1, { body: 'abcdefghij', treatment: { slow: { pieces: 5, every: 4000 } } })], {
      elapsed: clock.elapsed,
      after: (ms, action) => {
        pieces.push(app.received[0]?.split('\r\n\r\n')[1] ?? '');
        return clock.after(ms, action);
      },
    });
    expect(clock.elapsed()).toBe(16_000);
    expect(pieces).toHaveLength(4);
    expect(app.received[0]?.endsWith('\r\n\r\nabcdefghij')).toBe(true);
    expect(results[0]?.broken).toEqual([]);
    expect(results[0]?.outcome.ms).toBe(0);
  });

  it('what was not answered 200 is sent again, later each time, under the same id', async () => {
    const clock = jumpingClock();
    const app = await startApp((_received, index, response) => {
      response.statusCode = [500, 204, 302][index] ?? 200;
      response.end();
    });
    const { results } = await runTo(app.url, steps(2), { elapsed: clock.elapsed, after: clock.after, retry: 5 });
    await app.close();
    expect(clock.waits).toEqual([3000, 9000, 18_000]);
    expect(numbers(app.received)).toEqual([1, 1, 1, 1, 2]);
    expect(results.map(({ outcome, attempts, step, broken }) => [outcome.delivery, attempts.length, step.faults, broken])).toEqual([
      ['d1', 4, [{ kind: 'retry', detail: 'sent 4 times' }], []],
      ['d2', 1, [], []],
    ]);
  });

  it('so many times and no more', async () => {
    const app = await startApp((_received, _index, response) => void response.writeHead(500).end());
    const { results } = await runTo(app.url, steps(1), { retry: 2 });
    await app.close();
    expect(app.received).toHaveLength(3);
    expect(results[0]?.broken).toEqual([{ expected: 'status=2xx', found: 'status 500 instead of 2xx' }]);
  });
});
