/** What the x- keywords of the schemas remark on. */
import { describe, expect, it } from 'vitest';
import {
  agree,
  branch,
  content,
  type Form,
  form,
  isObject,
  known,
  nearest,
  pointerPart,
  type Remark,
  range,
  recommended,
  unit,
  words,
} from '../../src/schema/keywords.ts';

/** `rule /pointer` of each remark, with the nearest word. */
const said = (remarks: Remark[] | undefined): string[] =>
  (remarks ?? []).map(({ rule, at, nearest: near }) => [rule, at, near === undefined ? '' : `(${near})`].filter(Boolean).join(' '));

describe('the nearest word', () => {
  const WORDS = ['online', 'offline', 'typing', 'recording', 'pending', 'OK', 'gold', 'goldenrod'];
  it.each([
    ['onlin', 'online'],
    ['ONLINE', 'online'],
    ['typping', 'typing'],
    ['Recordnig', 'recording'],
    ['ok', 'OK'],
    ['okk', 'OK'],
    ['golden', 'gold'],
    ['goldenrot', 'goldenrod'],
    ['xxxx', undefined],
    ['', undefined],
    ['away', undefined],
    ['online '.repeat(10), undefined],
    [`online${'x'.repeat(60)}`, undefined],
  ])('to %j is %s', (word, expected) => {
    expect(nearest(word, WORDS)).toBe(expected);
  });

  it('differs in at most a third of the letters, or in one', () => {
    expect(nearest('abcdefxyz', ['abcdef'])).toBe('abcdef');
    expect(nearest('abcdefwxyz', ['abcdef'])).toBeUndefined();
    expect(nearest('ab', ['ac'])).toBe('ac');
    expect(nearest('ab', ['cd'])).toBeUndefined();
  });

  it('of two equally near is the first, of two the nearer', () => {
    expect(nearest('put', ['cut', 'but'])).toBe('cut');
    expect(nearest('offline', ['online', 'offlin'])).toBe('offlin');
  });
});

describe('x-words', () => {
  const known = new Set(['admin', 'member', 'creator']);
  it('says nothing of a known word', () => {
    expect(words(known, 'admin')).toBeUndefined();
  });

  it('remarks on a foreign one, with the nearest', () => {
    expect(said(words(known, 'Admin'))).toEqual(['unknown-word (admin)']);
    expect(said(words(known, 'owner of it all'))).toEqual(['unknown-word']);
    expect(words(known, '')).toMatchObject([{ expected: 'one of admin, member, creator' }]);
  });

  it('counts long lists', () => {
    expect(words(new Set('abcdefghijklm'), 'xx')).toMatchObject([{ expected: 'one of 13 known words' }]);
  });
});

describe('x-known', () => {
  const members = new Set(['id', 'name', 'rank']);
  it.each<[value: Record<string, unknown>, ...remarks: string[]]>([
    [{}],
    [{ id: 1, rank: null }],
    [{ id: 1, Name: 1 }, 'unknown-member /Name (name)'],
    [{ 'a/b~c': 1, '': 2 }, 'unknown-member /a~1b~0c', 'unknown-member /'],
    // The text of the body is remarked on for these.
    [JSON.parse('{"__proto__":1,"constructor":2,"prototype":3}') as Record<string, unknown>],
  ])('of %j says what it should', (value, ...remarks) => {
    expect(said(known(members, value))).toEqual(remarks);
  });

  it('remarks on a hundred members at most', () => {
    expect(known(members, Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`m${index}`, 1])))).toHaveLength(100);
  });
});

describe('x-recommended', () => {
  it('remarks on each member that is not there itself', () => {
    expect(recommended(['id', 'name'], { id: null, name: undefined })).toBeUndefined();
    expect(said(recommended(['id', 'name', 'toString'], { name: '' }))).toEqual([
      'missing-recommended /id',
      'missing-recommended /toString',
    ]);
  });
});

describe('x-form', () => {
  it.each<[name: Form, fits: string[], odd: string[]]>([
    [
      'chat-id',
      ['1@lid', '99900011122-1500000000@g.us', 'stories', 'status@broadcast'],
      ['', '1', '1@x', 'stories ', 'a b@lid', '1@lid\n'],
    ],
    ['group-id', ['1@g.us'], ['', '1@lid', '@g.us', 'stories', '1@g.us\u0000']],
    ['person-id', ['1', '1@lid', '1@s.whatsapp.net'], ['', '+1', '1@g.us', '1@c.us', 'Ann', '1\u007f']],
    ['message-id', ['', 'abcd-efgh', 'abcd-efgh-ij-kl'], ['abc-efgh', 'abcd', 'abcd-efgh-i', 'abcd-efgh\r']],
    ['id', ['x', ' ', '🌼'], ['', 'x\ty', 'x\u0085']],
    ['any', ['', 'x'], ['\u0000', 'a\u001b[2J']],
  ])('%s takes %j, and remarks on %j', (name, fits, odd) => {
    for (const id of fits) expect(form(name, id), JSON.stringify(id)).toBeUndefined();
    for (const id of odd) expect(said(form(name, id)), JSON.stringify(id)).toEqual(['odd-id']);
  });

  it('says that control characters are the trouble', () => {
    expect(form('person-id', '1\u0007')).toMatchObject([{ expected: expect.stringMatching(/, without control characters$/) as string }]);
  });
});

describe('x-unit', () => {
  it.each<['seconds' | 'milliseconds', unknown, string | undefined]>([
    ['seconds', 1756800871, undefined],
    ['seconds', 0, undefined],
    ['seconds', -1, undefined],
    ['seconds', 99_999_999_999, undefined],
    ['seconds', 100_000_000_000, 'looks like milliseconds'],
    ['seconds', '1756800871', undefined],
    ['seconds', '1756800871000', 'looks like milliseconds'],
    ['seconds', '0', undefined],
    ['milliseconds', 1756800871000, undefined],
    ['milliseconds', 0, undefined],
    ['milliseconds', 99_999_999_999, 'looks like seconds'],
    ['seconds', null, undefined],
    ['seconds', [], undefined],
  ])('%s: %j %s', (name, value, detail) => {
    const remarks = unit(name, value);
    expect(said(remarks)).toEqual(detail === undefined ? [] : ['odd-time']);
    if (detail !== undefined) expect(remarks).toMatchObject([{ detail, expected: `${name} since 1970` }]);
  });

  it.each(['', ' 1', '1.0', '1e9', 'now', '9'.repeat(21)])('of a text is not %j', (value) => {
    expect(unit('seconds', value)).toMatchObject([{ rule: 'odd-time', expected: 'digits: seconds since 1970' }]);
  });
});

describe('x-range', () => {
  it.each<[[number | null, number | null], number, string | undefined]>([
    [[-90, 90], 90, undefined],
    [[-90, 90], -90, undefined],
    [[-90, 90], 90.001, 'a number from -90 to 90'],
    [[-90, 90], -91, 'a number from -90 to 90'],
    [[0, null], 0, undefined],
    [[0, null], 1e300, undefined],
    [[0, null], -1, '0 or more'],
    [[null, 5], -1e300, undefined],
    [[null, 5], 6, '5 or less'],
  ])('%j of %d', (bounds, value, expected) => {
    const remarks = range(bounds, value);
    expect(said(remarks)).toEqual(expected === undefined ? [] : ['out-of-range']);
    if (expected !== undefined) expect(remarks).toMatchObject([{ expected }]);
  });
});

describe('x-agree', () => {
  const rule = { member: 'code', with: 'status', pairs: { 3: 'delivered', 4: 'read' }, words: ['sent', 'delivered', 'read'] };
  it.each<[value: Record<string, unknown>, ...remarks: string[]]>([
    [{ code: 3, status: 'delivered' }],
    [{ code: 3, status: 'read' }, 'code-disagrees /code'],
    [{ code: 4, status: 'sent' }, 'code-disagrees /code'],
    [{ code: 9, status: 'sent' }],
    [{ code: 3, status: 'lost' }],
    [{ code: '3', status: 'read' }],
    [{ code: 3, status: 4 }],
    [{ code: 3 }],
    [{ status: 'read' }],
  ])('of %j', (value, ...remarks) => {
    expect(said(agree(rule, value))).toEqual(remarks);
  });
});

describe('x-branch', () => {
  const rule = { member: 'type', branches: ['list', 'button'] };
  it.each<[value: Record<string, unknown>, ...remarks: string[]]>([
    [{ type: 'list', list: {} }],
    [{ type: 'list', list: null }],
    [{ type: 'list' }, 'reply-branch /list'],
    [{ type: 'list', button: {} }, 'reply-branch /list', 'reply-branch /button'],
    [{ type: 'list', list: {}, button: {} }, 'reply-branch /button'],
    [{ type: 'flow', button: {} }],
    [{ button: {}, list: {} }],
    [{ type: 7, list: {} }],
  ])('of %j', (value, ...remarks) => {
    expect(said(branch(rule, value))).toEqual(remarks);
  });
});

describe('x-content', () => {
  const types = new Map<string, string[]>(Object.entries({ text: ['text'], story: ['text', 'image'], call: [] }));
  const table = { types, owned: new Set(['text', 'image', 'poll']) };
  it.each<[value: Record<string, unknown>, ...remarks: string[]]>([
    [{ type: 'text', text: {} }],
    [{ type: 'text' }, 'missing-content /text'],
    [{ type: 'text', poll: {} }, 'missing-content /text', 'foreign-content /poll'],
    [{ type: 'story', image: {} }],
    [{ type: 'story', image: {}, text: {} }],
    [{ type: 'story', poll: {} }, 'missing-content /text', 'foreign-content /poll'],
    [{ type: 'call' }],
    [{ type: 'call', text: {}, more: {} }, 'foreign-content /text'],
    [{ type: 'new', text: {}, poll: {} }],
    [{ type: 'toString', poll: {} }],
    [{ poll: {} }],
    [{ type: null, poll: {} }],
  ])('of %j', (value, ...remarks) => {
    expect(said(content(table, value))).toEqual(remarks);
  });
});

describe('a pointer', () => {
  it.each([
    ['a', '/a'],
    [0, '/0'],
    ['', '/'],
    ['a/b', '/a~1b'],
    ['~1', '/~01'],
  ])('to %j is %s', (name, pointer) => {
    expect(pointerPart(name)).toBe(pointer);
  });
});

describe('an object', () => {
  it('is neither null nor a list', () => {
    expect([{}, Object.create(null), null, [], 'a', undefined].map(isObject)).toEqual([true, true, false, false, false, false]);
  });
});
