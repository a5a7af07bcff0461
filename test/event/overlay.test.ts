import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { applyOverlay, createOverlay, judgeWith, overlayJson, patternOf, readOverlay } from '../../src/event/overlay.ts';
import { parse } from '../../src/event/parse.ts';
import { delivered, named } from '../support/payloads.ts';
import { packageRoot } from '../support/runtime.ts';

const schema = JSON.parse(readFileSync(join(packageRoot, 'schemas/overlay.schema.json'), 'utf8')) as object;
const fits = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);

const of = (...accept: unknown[]): unknown => ({ v: 1, accept });
const member = (more: object = {}): object => ({
  event: 'messages.post',
  pointer: '/messages/*/foo',
  rule: 'unknown-member',
  types: ['string'],
  ...more,
});

describe('the file of an overlay', () => {
  const good: readonly (readonly [what: string, value: unknown])[] = [
    ['nothing in it', of()],
    ['a $schema', { $schema: 'x', v: 1, accept: [] }],
    ['an unknown member', of(member())],
    ['a word', of({ event: 'messages.post', pointer: '/messages/*/source', rule: 'unknown-word', words: ['wearable'] })],
    ['a missing member', of({ event: 'groups.post', pointer: '/groups/*/name', rule: 'missing-member' })],
    ['a missing recommended member', of({ event: 'service.put', pointer: '/channel_id', rule: 'missing-recommended' })],
    ['another type', of({ event: 'statuses.post', pointer: '/statuses/*/code', rule: 'wrong-type', types: ['string', 'null'] })],
  ];
  it.each(good)('may have %s', (_what, value) => {
    const written = overlayJson(readOverlay(value));
    expect(fits(value), JSON.stringify(fits.errors)).toBe(true);
    expect(fits(written), JSON.stringify(fits.errors)).toBe(true);
    expect(overlayJson(readOverlay(written))).toEqual(written);
  });

  const bad: readonly (readonly [what: string, value: unknown, says: RegExp, known?: 'only by us'])[] = [
    ['a list', [], /an overlay is an object with v and accept, not a array/],
    ['null', null, /an overlay is an object/],
    ['no version', { accept: [] }, /it has no version: an overlay has "v": 1/],
    ['another version', { v: 2, accept: [] }, /it has version 2; this whapi-hooks reads version 1/],
    ['a version in words', { v: '1', accept: [] }, /it has version "1"/],
    ['no list', { v: 1 }, /accept must be a list/],
    ['a foreign member', { v: 1, accept: [], acept: [] }, /the member "acept" is not known; did you mean accept\?/],
    ['a text in the list', of('x'), /accept\[0\] is "x", expected an object with event, pointer and rule/],
    ['no event', of(member({ event: undefined })), /accept\[0\]\.event is missing/],
    [
      'a foreign event',
      of(member({ event: 'message.post' })),
      /"message\.post", which is no event; did you mean messages\.post\?/,
      'only by us',
    ],
    ['the second of a list', of(member(), member({ rule: 'unknown' })), /accept\[1\]\.rule must be one of unknown-member, /],
    ['a rule that is none of drift', of(member({ rule: 'odd-id' })), /accept\[0\]\.rule must be one of/],
    ['a misspelt rule', of(member({ rule: 'unknown-membr' })), /did you mean unknown-member\?/],
    ['no pointer', of(member({ pointer: undefined })), /accept\[0\]\.pointer must be a pattern/],
    ['a pointer without a slash', of(member({ pointer: 'messages' })), /accept\[0\]\.pointer must be a pattern/],
    ['a pointer to one item', of(member({ pointer: '/messages/0/foo' })), /write \* for its number/, 'only by us'],
    ['no types', of(member({ types: undefined })), /accept\[0\]\.types must be a list of types: string, number, /],
    ['an empty list of types', of(member({ types: [] })), /accept\[0\]\.types must be/],
    ['a foreign type', of(member({ types: ['integer'] })), /accept\[0\]\.types must be/],
    ['words beside types', of(member({ words: ['x'] })), /accept\[0\]: the member "words" is not known/],
    [
      'words that are numbers',
      of({ event: 'messages.post', pointer: '/a', rule: 'unknown-word', words: [1] }),
      /accept\[0\]\.words must be a list of words/,
    ],
    [
      'types beside missing',
      of({ event: 'messages.post', pointer: '/a', rule: 'missing-member', types: ['null'] }),
      /"types" is not known/,
    ],
  ];
  it.each(bad)('has an error that says what is wrong: %s', (_what, value, says, known) => {
    const json: unknown = JSON.parse(JSON.stringify(value));
    expect(() => readOverlay(json)).toThrow(says);
    expect(fits(json)).toBe(known !== undefined);
  });

  it('has one entry for each place, in one order, whatever order it was read in', () => {
    const entries = [
      { event: 'users.post', pointer: '/channel_id', rule: 'missing-recommended' },
      member({ types: ['null'] }),
      { event: 'messages.post', pointer: '/messages/*/source', rule: 'unknown-word', words: ['b', 'a'] },
      member({ types: ['number', 'string'] }),
      { event: 'messages.post', pointer: '/messages/*/source', rule: 'unknown-word', words: ['c', 'a'] },
    ];
    const written = JSON.stringify(overlayJson(readOverlay(of(...entries))));
    expect(JSON.stringify(overlayJson(readOverlay(of(...entries.toReversed()))))).toBe(written);
    expect(JSON.parse(written)).toMatchObject({
      accept: [
        { pointer: '/messages/*/foo', types: ['string', 'number', 'null'] },
        { pointer: '/messages/*/source', words: ['a', 'b', 'c'] },
        { event: 'users.post' },
      ],
    });
  });
});

describe('the pattern of a pointer', () => {
  const payload = { messages: [{}, { list: { 7: 1 }, labels: ['a'] }], 'a/b': { x: 1 } };
  it.each([
    ['', ''],
    ['/messages', '/messages'],
    ['/messages/1', '/messages/*'],
    ['/messages/1/labels/0', '/messages/*/labels/*'],
    ['/messages/0/missing/deep', '/messages/*/missing/deep'],
    ['/messages/1/list/7', '/messages/*/list/{name}'], // a number, but no list
    ['/messages/0/sha256', '/messages/*/sha256'],
    ['/messages/0/99900011122@s.whatsapp.net', '/messages/*/{name}'],
    ['/messages/0/99900011122', '/messages/*/{name}'],
    ['/messages/0/Abc123Def456Gh-ijKL78', '/messages/*/{name}'],
    ['/messages/0/Nadir Berg', '/messages/*/{name}'],
    ['/messages/0/*', '/messages/*/{name}'],
    ['/messages/0/{name}', '/messages/*/{name}'],
    [`/messages/0/${'x'.repeat(61)}`, '/messages/*/{name}'],
    ['/a~1b/x', '/{name}/x'],
  ])('%s is %s', (pointer, pattern) => {
    expect(patternOf(pointer, payload).pattern).toBe(pattern);
  });

  it('comes with the value that stands there', () => {
    expect(patternOf('/messages/1/labels/0', payload).value).toBe('a');
    expect(patternOf('/messages/9/labels', payload).value).toBeUndefined();
    expect(patternOf('/a~1b/x', payload).value).toBe(1);
    expect(patternOf('/toString', payload).value).toBeUndefined();
  });
});

describe('an overlay accepts', () => {
  const left = (body: string, ...accept: object[]): string[] => {
    const { name, findings, payload } = parse(body);
    return applyOverlay(readOverlay(of(...accept)), name, findings, payload).map(({ rule, pointer }) => `${rule} ${pointer}`);
  };
  const odd = delivered.replace('"code":3', '"code":"3"');
  const status = { event: 'statuses.post', pointer: '/statuses/*/code', rule: 'wrong-type' };

  it.each<readonly [string, string, object, string[]]>([
    ['a member of its type', named('hi', { foo: 'x' }), member(), []],
    ['not a member of another type', named('hi', { foo: 1 }), member(), ['unknown-member /messages/0/foo']],
    ['not another member', named('hi', { fop: 'x' }), member(), ['unknown-member /messages/0/fop']],
    ['not the member elsewhere', named('hi', { context: { foo: 'x' } }), member(), ['unknown-member /messages/0/context/foo']],
    ['not the member in another event', named('hi', { foo: 'x' }), member({ event: 'messages.put' }), ['unknown-member /messages/0/foo']],
    [
      'a word that is listed',
      named('hi', { source: 'tv' }),
      { event: 'messages.post', pointer: '/messages/*/source', rule: 'unknown-word', words: ['tv', 'car'] },
      [],
    ],
    [
      'no other word',
      named('hi', { source: 'tvs' }),
      { event: 'messages.post', pointer: '/messages/*/source', rule: 'unknown-word', words: ['tv'] },
      ['unknown-word /messages/0/source'],
    ],
    ['another type where it is listed', odd, { ...status, types: ['string'] }, []],
    ['no type that is not', odd, { ...status, types: ['null', 'object'] }, ['wrong-type /statuses/0/code']],
    [
      'a number with a fraction as a number',
      named('hi', { context: { forwarding_score: 0.5 } }),
      { event: 'messages.post', pointer: '/messages/*/context/forwarding_score', rule: 'wrong-type', types: ['number'] },
      [],
    ],
    [
      'a missing member',
      named('hi', { chat_id: undefined }),
      { event: 'messages.post', pointer: '/messages/*/chat_id', rule: 'missing-member' },
      [],
    ],
    [
      'no other missing member',
      named('hi', { chat_id: undefined }),
      { event: 'messages.post', pointer: '/messages/*/id', rule: 'missing-member' },
      ['missing-member /messages/0/chat_id'],
    ],
    [
      'no other rule of that place',
      named('hi', { chat_id: 7 }),
      { event: 'messages.post', pointer: '/messages/*/chat_id', rule: 'missing-member' },
      ['wrong-type /messages/0/chat_id'],
    ],
    [
      'members whose names are ids, of one type',
      named('hi', { '99900011122': 'x', '99900011133': 1 }),
      member({ pointer: '/messages/*/{name}' }),
      ['unknown-member /messages/0/99900011133'],
    ],
  ])('%s', (_what, body, accept, expected) => {
    expect(left(body, accept)).toEqual(expected);
  });

  it('nothing where no event is named', () => {
    const { findings } = parse('{"messages": []}');
    expect(applyOverlay(readOverlay(of(member())), null, findings, {})).toEqual(findings);
  });

  it('what turns the verdict', () => {
    const parsed = parse(odd);
    const accepted = readOverlay(of({ ...status, types: ['string'] }));
    const other = readOverlay(of(member()));
    expect([parsed.verdict, judgeWith(accepted, parsed), judgeWith(other, parsed).verdict, judgeWith(undefined, parsed).verdict]).toEqual([
      'invalid',
      { verdict: 'valid', findings: [] },
      'invalid',
      'invalid',
    ]);
    expect(judgeWith(accepted, parse('{"messages": []}')).verdict).toBe('unknown');
  });

  it('quickly, though it has very many entries', () => {
    const accept = Array.from({ length: 20_000 }, (_, index) => ({
      ...(member() as { event: 'messages.post'; rule: 'unknown-member'; types: ['string'] }),
      pointer: `/messages/*/f${index.toString(36).replace(/\d/g, 'z')}${'q'.repeat(index % 40)}`,
    }));
    const overlay = createOverlay(accept);
    const { name, findings, payload } = parse(
      named('hi', Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`n${'a'.repeat(index % 50)}`, 1]))),
    );
    const start = performance.now();
    for (let i = 0; i < 200; i++) applyOverlay(overlay, name, findings, payload);
    // 200 × 50 findings; looking through the list for each would take seconds.
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
