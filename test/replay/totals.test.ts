import { describe, expect, it } from 'vitest';
import { createRandom, seedOf } from '../../src/replay/random.ts';
import { createTimes } from '../../src/replay/times.ts';
import { result, totalsOf } from '../support/results.ts';

describe('the totals of a run', () => {
  it('are by event and type', () => {
    const { groups, sent, ok, failed } = totalsOf([
      result(1),
      result(2, { type: 'image', ms: 30 }),
      result(3, { status: 500 }),
      result(4, { event: 'calls.post', type: 'ringing', cause: 'timeout' }),
    ]);
    expect([sent, ok, failed]).toEqual([4, 2, 2]);
    expect(groups).toEqual([
      { event: 'messages.post', type: 'text', sent: 2, ok: 1, failed: 1, p50: 1, p95: 3, p99: 3, max: 3 },
      { event: 'messages.post', type: 'image', sent: 1, ok: 1, failed: 0, p50: 30, p95: 30, p99: 30, max: 30 },
      { event: 'calls.post', type: 'ringing', sent: 1, ok: 0, failed: 1, p50: null, p95: null, p99: null, max: null },
    ]);
  });

  it('group failures by their cause, each with its first example', () => {
    const { failures } = totalsOf([
      result(1, { status: 500 }),
      result(2, { broken: [{ expected: 'body.ok=true', found: 'body.ok is false' }] }),
      result(3, { status: 500 }),
      result(4, { cause: 'timeout' }),
    ]);
    expect(failures.map(({ cause, count, found, example }) => [cause, count, found, example.again])).toEqual([
      ['status 500', 2, 'status 500 instead of 2xx', 'a.json#1'],
      ['not body.ok=true', 1, 'body.ok is false', 'a.json#2'],
      ['no answer in time', 1, 'status 200 instead of 2xx', 'a.json#4'],
    ]);
  });

  it('name the slowest ten', () => {
    const { slowest, histogram } = totalsOf([5, 1, 9, 3, 7, 2, 8, 4, 6, 12, 11, 10].map((ms, index) => result(index + 1, { ms })));
    expect(slowest.map(({ ms }) => ms)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect(histogram.slice(0, 5)).toEqual([
      { upTo: 1, count: 1 },
      { upTo: 2, count: 1 },
      { upTo: 5, count: 3 },
      { upTo: 10, count: 5 },
      { upTo: 20, count: 2 },
    ]);
  });

  it('tell whether nothing at all was reached', () => {
    expect(totalsOf([result(1, { cause: 'unreachable' })]).unreachable).toBe(true);
    expect(totalsOf([result(1, { cause: 'unreachable' }), result(2)]).unreachable).toBe(false);
    expect(totalsOf([]).unreachable).toBe(false);
  });

  it('stay bounded whatever strangers call their types and however many causes there are', () => {
    const many = totalsOf(
      Array.from({ length: 1000 }, (_, n) => result(n, { type: `t${n}`, broken: [{ expected: `x${n}`, found: 'y' }] })),
    );
    expect(many.groups.length).toBeLessThanOrEqual(201);
    expect(many.groups.reduce((sum, { sent }) => sum + sent, 0)).toBe(1000);
    expect(many.failures.length).toBeLessThanOrEqual(51);
    expect(many.failures.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
  });
});

describe('times', () => {
  it('are exact up to a thousand', () => {
    const times = createTimes();
    for (let n = 1000; n > 0; n--) times.add(n);
    expect([0.5, 0.95, 0.99, 1].map((share) => times.percentile(share))).toEqual([500, 950, 990, 1000]);
  });

  it('are right within 1 % beyond, and the greatest is exact', () => {
    const times = createTimes();
    const random = createRandom(1);
    const all = Array.from({ length: 50_000 }, () => 10 ** (random.next() * 6 - 1));
    for (const ms of all) times.add(ms);
    all.sort((a, b) => a - b);
    for (const share of [0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999]) {
      const exact = all[Math.ceil(share * all.length) - 1] ?? 0;
      expect(Math.abs((times.percentile(share) ?? 0) / exact - 1), String(share)).toBeLessThanOrEqual(0.0101);
    }
    expect(times.max()).toBe(all.at(-1));
    expect(times.percentile(1)).toBe(all.at(-1));
  });
});

describe('random numbers', () => {
  it('are the same for the same seed, and others for another', () => {
    const take = (seed: number): number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 20 }, () => random.below(1000));
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
    expect(take(0)).toEqual([266, 0, 223, 146, 467, 545, 615, 648, 456, 581, 246, 97, 903, 408, 720, 659, 805, 626, 569, 121]);
  });

  it('are spread evenly', () => {
    const random = createRandom(42);
    const seen = new Array<number>(10).fill(0);
    for (let n = 0; n < 100_000; n++) {
      const at = random.below(10);
      seen[at] = (seen[at] ?? 0) + 1;
    }
    for (const count of seen) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('have a seed of 32 bits made from an id', () => {
    expect(seedOf('abc')).toBe(seedOf('abc'));
    expect(seedOf('abc')).not.toBe(seedOf('abd'));
    expect(seedOf('x'.repeat(50))).toBeLessThan(2 ** 32);
  });
});
