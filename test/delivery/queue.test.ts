import { describe, expect, it } from 'vitest';
import { createQueue, type Queue, type Turn } from '../../src/delivery/queue.ts';

interface Item {
  readonly number: number;
  readonly chat: string | undefined;
}

/** Numbers that look random and are the same in every run (mulberry32). */
const randomFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Starts all that may start. */
const startAll = <Of>(queue: Queue<Of>): Turn<Of>[] => {
  const started: Turn<Of>[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) started.push(next);
  return started;
};

describe('the order of deliveries to one endpoint', () => {
  it('with a concurrency of 1: plain order of arrival, one at a time', () => {
    const queue = createQueue<string>(1);
    for (const [item, chat] of [
      ['a1', 'a'],
      ['b1', 'b'],
      ['x', undefined],
      ['a2', 'a'],
    ] as const)
      queue.push(item, chat);
    const order: string[] = [];
    for (let i = 0; i < 4; i++) {
      const [only, ...more] = startAll(queue);
      expect(more).toEqual([]);
      order.push(only?.item ?? '');
      only?.done();
    }
    expect(order).toEqual(['a1', 'b1', 'x', 'a2']);
    expect(queue.next()).toBeUndefined();
  });

  it('different chats at once, one chat one after the other', () => {
    const queue = createQueue<string>(2);
    for (const item of ['a1', 'a2', 'b1', 'c1']) queue.push(item, item[0]);
    const first = startAll(queue);
    expect(first.map(({ item }) => item)).toEqual(['a1', 'b1']);
    first[0]?.done();
    expect(startAll(queue).map(({ item }) => item)).toEqual(['c1']);
    first[1]?.done();
    expect(startAll(queue).map(({ item }) => item)).toEqual(['a2']);
  });

  it('a delivery of no chat waits for what came before and holds what comes after', () => {
    const queue = createQueue<string>(8);
    queue.push('a1', 'a');
    queue.push('b1', 'b');
    queue.push('barrier', undefined);
    queue.push('c1', 'c');
    const before = startAll(queue);
    expect(before.map(({ item }) => item)).toEqual(['a1', 'b1']);
    before[0]?.done();
    expect(startAll(queue)).toEqual([]);
    before[1]?.done();
    const barrier = startAll(queue);
    expect(barrier.map(({ item }) => item)).toEqual(['barrier']);
    queue.push('d1', 'd');
    expect(startAll(queue)).toEqual([]);
    barrier[0]?.done();
    expect(startAll(queue).map(({ item }) => item)).toEqual(['c1', 'd1']);
  });

  it('done twice counts once', () => {
    const queue = createQueue<string>(1);
    queue.push('a', 'a');
    queue.push('b', 'b');
    queue.push('c', 'c');
    const [a] = startAll(queue);
    a?.done();
    a?.done();
    expect(startAll(queue)).toHaveLength(1);
    expect(queue.running).toBe(1);
    expect(queue.waiting).toBe(1);
  });

  it('what is drained does not come any more', () => {
    const queue = createQueue<string>(4);
    for (const item of ['a1', 'a2', 'b1']) queue.push(item, item[0]);
    queue.push('x', undefined);
    queue.push('c1', 'c');
    const under = queue.next();
    expect(queue.drain().sort()).toEqual(['a2', 'b1', 'c1', 'x']);
    expect(queue.waiting).toBe(0);
    under?.done();
    expect(queue.next()).toBeUndefined();
    queue.push('d1', 'd');
    expect(queue.next()?.item).toBe('d1');
  });

  it.each([1, 2, 3, 8, 64])('holds for any traffic with a concurrency of %i', (concurrency) => {
    for (let seed = 1; seed <= 15; seed++) {
      const random = randomFrom(seed * 1000 + concurrency);
      const total = 300;
      const queue = createQueue<Item>(concurrency);
      const under = new Map<Item, Turn<Item>>();
      const ended: Item[] = [];
      const started: Item[] = [];
      let pushed = 0;
      while (ended.length < total) {
        if (pushed < total && random() < 0.5) {
          const chat = random() < 0.08 ? undefined : `chat ${Math.floor(random() * 6)}`;
          queue.push({ number: pushed++, chat }, chat);
        }
        for (const turn of startAll(queue)) {
          started.push(turn.item);
          under.set(turn.item, turn);
        }
        // Never more at once than allowed; a barrier alone; a chat once.
        const now = [...under.keys()];
        expect(now.length).toBeLessThanOrEqual(concurrency);
        if (now.some(({ chat }) => chat === undefined)) expect(now).toHaveLength(1);
        const chats = now.map(({ chat }) => chat);
        expect(new Set(chats).size).toBe(chats.length);
        expect(queue.running).toBe(now.length);
        expect(queue.waiting).toBe(pushed - started.length);
        // Something always goes on.
        if (pushed > ended.length) expect(now.length).toBeGreaterThan(0);
        const one = now[Math.floor(random() * now.length)];
        if (one !== undefined && random() < 0.6) {
          under.get(one)?.done();
          under.delete(one);
          ended.push(one);
        }
      }
      // Each once; each chat in order of arrival; nothing crosses a barrier.
      expect(started.map(({ number }) => number).sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, index) => index));
      const last = new Map<string | undefined, number>();
      let barrier = -1;
      for (const [index, { number, chat }] of started.entries()) {
        expect(number).toBeGreaterThan(last.get(chat) ?? -1);
        last.set(chat, number);
        expect(number).toBeGreaterThan(barrier);
        if (chat === undefined) {
          barrier = number;
          expect(started.slice(0, index).every((before) => before.number < number)).toBe(true);
        }
      }
    }
  });

  it('holds for many more chats than are remembered, some of which come again', () => {
    const queue = createQueue<number>(3);
    const chatOf = (number: number): number => (number % 5 === 0 ? number % 50 : number);
    const total = 6000;
    const under: Turn<number>[] = [];
    const started: number[] = [];
    for (let number = 0; number < total; number++) {
      queue.push(number, `chat ${chatOf(number)}`);
      // One is always under way, so that it stays one stretch; now and then many wait.
      if (number % 40 < 20) under.shift()?.done();
      for (const turn of startAll(queue)) {
        started.push(turn.item);
        under.push(turn);
      }
    }
    while (under.length > 0) {
      under.shift()?.done();
      for (const turn of startAll(queue)) {
        started.push(turn.item);
        under.push(turn);
      }
    }
    expect(started.toSorted((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, number) => number));
    const last = new Map<number, number>();
    for (const number of started) {
      expect(number).toBeGreaterThan(last.get(chatOf(number)) ?? -1);
      last.set(chatOf(number), number);
    }
  });

  it('costs the same for each delivery, however many wait', () => {
    const queue = createQueue<number>(4);
    const total = 300_000;
    for (let i = 0; i < total; i++) queue.push(i, i % 1000 === 999 ? undefined : `chat ${i % 700}`);
    let count = 0;
    for (;;) {
      const started = startAll(queue);
      if (started.length === 0) break;
      for (const turn of started) turn.done();
      count += started.length;
    }
    expect(count).toBe(total); // within the time a test has: not so if the cost grew with the length
  });
});
