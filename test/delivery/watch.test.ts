import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/delivery/delivery.ts';
import { FIRST_DELAY, LONGEST_DELAY, MOST_ANSWERS, nextDelay } from '../../src/delivery/retry.ts';
import { createWatch, type Watch } from '../../src/delivery/watch.ts';

const CHAT = '99900011122@s.whatsapp.net';
const watch = (inContainer = false): Watch => createWatch({ isLocal: (url) => url.includes('localhost'), inContainer: () => inContainer });
let ids = 0;
const messages = (...items: unknown[]): Parameters<Watch['onDelivery']>[2] => ({ name: 'messages.post', payload: { messages: items } });
const message = (fromMe: boolean, chat = CHAT): unknown => ({ id: `m${++ids}`, chat_id: chat, from_me: fromMe });

const answered = (ms: number, status = 200): Outcome => ({
  kind: 'answered',
  delivery: 'd1',
  endpoint: 'http://localhost:3000/',
  ms,
  status,
  answer: { bytes: new Uint8Array(), cut: false },
});
const failed = (cause: Extract<Outcome, { kind: 'failed' }>['cause'], endpoint = 'http://localhost:3000/', ms = 1): Outcome => ({
  kind: 'failed',
  delivery: 'd1',
  endpoint,
  ms,
  error: 'refused',
  cause,
});

describe('the same message twice', () => {
  it('is told once, with the delivery it came in first', () => {
    const one = watch();
    expect(one.onDelivery('d1', 0, messages({ id: 'a', chat_id: CHAT }))).toEqual([]);
    expect(one.onDelivery('d2', 0, messages({ id: 'b', chat_id: CHAT }))).toEqual([]);
    const [warning, ...more] = one.onDelivery('d3', 0, messages({ id: 'a', chat_id: CHAT }));
    expect(warning).toMatchObject({ cause: 'duplicate', delivery: 'd3', message: 'The message a came twice, first in delivery d1.' });
    expect(more).toEqual([]);
    expect(one.onDelivery('d4', 0, messages({ id: 'b', chat_id: CHAT }))).toEqual([]);
  });

  it('within one delivery too', () => {
    expect(watch().onDelivery('d1', 0, messages({ id: 'a' }, { id: 'a' }))[0]?.message).toMatch(/first in the same delivery/);
  });

  it('is no duplicate where another event names it', () => {
    const one = watch();
    one.onDelivery('d1', 0, messages({ id: 'a' }));
    expect(one.onDelivery('d2', 0, { name: 'messages.put', payload: { messages: [{ id: 'a' }] } })).toEqual([]);
  });

  it('is remembered for at least 20,000 messages, and not for ever', () => {
    const one = watch();
    one.onDelivery('d0', 0, messages({ id: 'first' }));
    for (let i = 0; i < 19_999; i++) one.onDelivery('d1', 0, messages({ id: `x${i}` }));
    expect(one.onDelivery('d2', 0, messages({ id: 'first' }))).toHaveLength(1);
    const other = watch();
    other.onDelivery('d0', 0, messages({ id: 'first' }));
    for (let i = 0; i < 40_001; i++) other.onDelivery('d1', 0, messages({ id: `x${i}` }));
    expect(other.onDelivery('d2', 0, messages({ id: 'first' }))).toEqual([]);
  });
});

describe('a bot that answers itself', () => {
  /** How many messages it takes until it is told. */
  const until = (pattern: string, gap: number): number | undefined => {
    const one = watch();
    for (let i = 0; i < 40; i++) {
      const warnings = one.onDelivery('d', i * gap, messages(message(pattern[i % pattern.length] === 'o')));
      if (warnings.some(({ cause }) => cause === 'loop')) return i + 1;
    }
    return undefined;
  };
  it.each([
    ['answers itself', 'o', 1000, 8],
    ['talks with another bot', 'io', 1000, 16],
    ['talks with a person who takes time', 'io', 20_000, undefined],
    ['sends something each half minute', 'o', 30_000, undefined],
    ['answers each message of a person who types fast in three parts', 'iiooo', 2000, undefined],
    ['only listens', 'i', 100, undefined],
  ])('%s', (_what, pattern, gap, count) => {
    expect(until(pattern, gap)).toBe(count);
  });

  it('in each chat for itself, and told once', () => {
    const one = watch();
    const told: unknown[] = [];
    for (let i = 0; i < 100; i++) told.push(...one.onDelivery('d', i * 100, messages(message(true, `chat ${i}`))));
    expect(told).toEqual([]);
    for (let i = 0; i < 100; i++) told.push(...one.onDelivery('d', 50_000 + i * 100, messages(message(true), message(true, 'other'))));
    expect(told).toHaveLength(1);
  });
});

describe('an app', () => {
  it('that takes longer than 5 s is told once, whether it answers in the end or not', () => {
    const one = watch();
    expect(one.onOutcome(answered(4999))).toEqual([]);
    expect(one.onOutcome(answered(5001))[0]).toMatchObject({ cause: 'slow-app', delivery: 'd1' });
    expect(one.onOutcome(failed('timeout', undefined, 30_000))).toEqual([]);
    expect(watch().onOutcome(failed('timeout', undefined, 30_000))[0]?.cause).toBe('slow-app');
  });

  it('on localhost of a container: told once, and only where nothing was reached', () => {
    const inside = watch(true);
    expect(inside.onOutcome(failed('broken'))).toEqual([]);
    expect(inside.onOutcome(failed('unreachable', 'http://app:3000/'))).toEqual([]);
    expect(inside.onOutcome(failed('unreachable'))[0]).toMatchObject({
      cause: 'container',
      hint: expect.stringMatching(/host\.docker\.internal/),
    });
    expect(inside.onOutcome(failed('unreachable'))).toEqual([]);
    expect(watch(false).onOutcome(failed('unreachable'))).toEqual([]);
  });
});

it.each([
  undefined,
  null,
  7,
  [],
  { messages: 7 },
  { messages: [null, 7, { id: 7, chat_id: [] }, { id: 'x'.repeat(1000), chat_id: 'y'.repeat(1000) }] },
])('any shape is taken: %j', (payload) => {
  const one = watch();
  for (let i = 0; i < 20; i++) expect(one.onDelivery('d', i, { name: 'messages.post', payload })).toEqual([]);
});

describe('the next attempt', () => {
  it('comes after delays that double up to 30 s', () => {
    const delays = Array.from({ length: 10 }, (_, index) => nextDelay({ most: undefined }, failed('unreachable'), index + 1));
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
    expect(delays[0]).toBe(FIRST_DELAY);
    expect(nextDelay({ most: undefined }, failed('broken'), 1_000_000)).toBe(LONGEST_DELAY);
  });
  it.each([
    ['without --retry', undefined, failed('unreachable'), 1, false],
    ['after 2xx', { most: 5 }, answered(1, 204), 1, false],
    ['after another answer', { most: 5 }, answered(1, 500), 1, true],
    ['after a redirect', { most: 5 }, answered(1, 302), 1, true],
    ['after as many as were asked for', { most: 5 }, answered(1, 500), 6, false],
    ['of an app that answers errors, without a number', { most: undefined }, answered(1, 500), MOST_ANSWERS, true],
    ['of an app that goes on doing so', { most: undefined }, answered(1, 500), MOST_ANSWERS + 1, false],
  ] as const)('%s', (_when, plan, outcome, attempt, comes) => {
    expect(nextDelay(plan, outcome, attempt) !== undefined).toBe(comes);
  });
});
