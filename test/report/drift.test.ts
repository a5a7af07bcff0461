import { describe, expect, it } from 'vitest';
import { parse } from '../../src/event/parse.ts';
import { anonymousExample } from '../../src/report/drift/anonymous.ts';
import { driftText } from '../../src/report/drift/text.ts';
import { acceptancesOf, createDrift, type Drift, driftJson, hasDrift } from '../../src/report/drift.ts';
import { plain } from '../../src/view/paint.ts';
import { delivered, message, named } from '../support/payloads.ts';

/** Bodies as if each stood in a line of one recording, a second apart. */
const driftOf = (bodies: readonly string[], times: readonly (number | undefined)[] = []): Drift => {
  const drift = createDrift();
  for (const [index, body] of bodies.entries()) {
    const { name, payload, findings } = parse(body);
    drift.add({ event: name, payload, findings, file: 'a.jsonl', time: times[index], lineOf: () => index + 1 });
  }
  return drift.result();
};

const text = (drift: Drift): string => driftText(drift, { paint: plain }).join('\n');
const kinds = ({ groups }: Drift): string[] =>
  groups.map(({ count, deliveries, event, pointer, rule, word }) => [count, deliveries, event, pointer, rule, word ?? '-'].join(' '));

const many = (...more: object[]): string =>
  JSON.stringify({
    messages: more.map((one) => message('hi', { ...one })),
    event: { type: 'messages', event: 'post' },
    channel_id: 'AB-CD',
  });

describe('drift', () => {
  it('is grouped by event, place, rule and word, the most frequent first, form and content last', () => {
    const drift = driftOf([
      many({ foo: 'a' }, { foo: 1 }, { source: 'tv' }),
      many({ foo: null, source: 'tv' }, { source: 'car' }),
      many({ chat_id: 'nowhere' }, { chat_id: 'nowhere' }, { chat_id: 'nowhere' }, { chat_id: 'nowhere' }),
      delivered.replace('"code":3', '"code":"3"'),
      delivered.replace(',"channel_id":"JZGNAY-C53WG"', ''),
      named('fine'),
    ]);
    expect(kinds(drift)).toEqual([
      '3 2 messages.post /messages/*/foo unknown-member -',
      '2 2 messages.post /messages/*/source unknown-word tv',
      '1 1 messages.post /messages/*/source unknown-word car',
      '1 1 statuses.post /channel_id missing-recommended -',
      '1 1 statuses.post /statuses/*/code wrong-type -',
      '4 1 messages.post /messages/*/chat_id odd-id -',
    ]);
    expect(drift).toMatchObject({ deliveries: 6, drifting: 5, beyond: 0, omitted: 0, unreadable: 0, unknown: 0 });
    expect(drift.groups[0]?.types).toEqual(['string', 'number', 'null']);
  });

  it('tells the first and the last of a kind, by time where times are known', () => {
    const body = named('hi', { foo: 1 });
    const at = (drift: Drift): unknown => [drift.groups[0]?.first, drift.groups[0]?.last];
    expect(at(driftOf([body, named('fine'), body, body]))).toEqual([
      { file: 'a.jsonl', line: 1 },
      { file: 'a.jsonl', line: 4 },
    ]);
    expect(at(driftOf([body, body, body], [2000, 3000, 1000]))).toEqual([
      { file: 'a.jsonl', line: 3, time: 1000 },
      { file: 'a.jsonl', line: 2, time: 3000 },
    ]);
  });

  it('is no drift where a body cannot be read or names no event, and what is wrong with the text alone', () => {
    const drift = driftOf(['{', '[]', '{"messages":[]}', named('hi').replace('"from_me":false', '"from_me":false,"from_me":false')]);
    expect(hasDrift(drift)).toBe(false);
    expect(drift).toMatchObject({ deliveries: 4, drifting: 0, unreadable: 2, unknown: 1 });
    expect(text(drift)).toBe(
      '4 deliveries: no drift\nNot looked at: 2 that cannot be read, 1 of no event that is known. whapi-hooks validate tells why.',
    );
  });

  it('holds 10,000 kinds and counts the rest', () => {
    const word = (index: number): string => `zz${index.toString(36).replace(/\d/g, (digit) => String.fromCharCode(65 + Number(digit)))}`;
    const bodies = Array.from({ length: 103 }, (_, n) => many(...Array.from({ length: 100 }, (_m, m) => ({ source: word(100 * n + m) }))));
    const drift = driftOf(bodies);
    expect([drift.groups.length, drift.beyond]).toEqual([10_000, 300]);
    expect(text(drift)).toMatch(/103 deliveries: more than 10000 kinds of drift in 103 of them\n300 findings of other kinds: not listed/);
    expect(driftJson(drift)).toMatchObject({ notListed: 300 });
  });

  it('counts what the check of one body leaves out', () => {
    const crowd = Array.from({ length: 30 }, (_, n) =>
      Object.fromEntries(Array.from({ length: 90 }, (_m, m) => [`f${'a'.repeat(m % 50)}${m > 49 ? 'b' : ''}${n % 7}`, 1])),
    );
    const drift = driftOf([many(...crowd)]);
    expect(drift.omitted).toBeGreaterThan(10);
    expect(text(drift)).toMatch(/At least \d+ findings more in bodies that have very many/);
  });

  it('is accepted with what was seen; words that look like text, and odd form, cannot be', () => {
    const drift = driftOf([
      many({ foo: 1 }, { source: 'tv' }, { source: 'Nadir Berg, 99900011122' }, { source: '99900011133' }, { chat_id: 'nowhere' }),
    ]);
    const { accept, left } = acceptancesOf(drift);
    expect(accept).toEqual([
      { event: 'messages.post', pointer: '/messages/*/foo', rule: 'unknown-member', types: ['number'] },
      { event: 'messages.post', pointer: '/messages/*/source', rule: 'unknown-word', words: ['tv'] },
    ]);
    expect(left.map(({ rule, count }) => `${count} ${rule}`)).toEqual(['2 unknown-word', '1 odd-id']);
  });

  it('is harmless to a terminal', () => {
    const drift = driftOf([named('hi', { 'a\u001b[31m\nb': '\u001b[2J', source: '\u202eevil\u0007' })]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(`${text(drift).replaceAll('\n', '')}${JSON.stringify(driftJson(drift))}`).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  it('reads as a table', () => {
    const drift = driftOf(
      [many({ foo: 'Nadir 99' }, { source: 'tv' }), many({ foo: 'Berg' })],
      [Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 2)],
    );
    expect(text(drift)).toBe(
      [
        '×2  messages.post  /messages/*/foo     unknown-member  string, such as "xxxxx 99"',
        '    in 2 deliveries, first a.jsonl:1 at 2026-03-01T00:00:00.000Z, last a.jsonl:2 at 2026-03-02T00:00:00.000Z',
        '×1  messages.post  /messages/*/source  unknown-word    tv',
        '    at a.jsonl:1 at 2026-03-01T00:00:00.000Z',
        '',
        '2 deliveries: 2 kinds of drift in 2 of them',
      ].join('\n'),
    );
  });
});

describe('an example', () => {
  it.each<readonly [string, unknown, unknown]>([
    ['a text', 'Nadir Berg, 2nd!', 'xxxxx xxxx, 9xx!'],
    ['a phone number', '+999 000 111-22', '+999 999 999-99'],
    ['an id', '99900011122@s.whatsapp.net', '99999999999@x.xxxxxxxx.xxx'],
    ['other scripts and pictures', 'Надир 😀٣\u0007', 'xxxxx x9x'],
    ['an address', 'https://nadir.example.org/a?b=1', 'https://example.com/…'],
    ['an address of another kind', 'whatsapp://send?phone=99900011122', 'https://example.com/…'],
    ['a long text', 'ab1 '.repeat(40), `${'xx9 '.repeat(10)}…`],
    ['a whole number', 1719195391, 9999999999],
    ['a negative fraction', -12.75, -99.99],
    ['a large number', 1e300, 9e9],
    ['a yes', true, true],
    ['null', null, null],
    ['a list', ['Nadir', 'Berg'], ['xxxxx']],
    ['an object', { name: 'Nadir', '99900011122': { a: 1, b: [{ c: 'd' }] } }, { '99999999999': { a: 9, b: [{}] }, name: 'xxxxx' }],
    ['many members', { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }, { a: 9, b: 9, c: 9, d: 9, e: 9 }],
  ])('of %s keeps its shape alone', (_what, value, expected) => {
    expect(anonymousExample(value)).toEqual(expected);
  });

  it('looks at the beginning of a huge value alone', () => {
    const huge = 'a😀'.repeat(5_000_000);
    const start = performance.now();
    anonymousExample(huge);
    expect(performance.now() - start).toBeLessThan(200);
  });
});
