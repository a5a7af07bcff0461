/** What only the text of a body shows (SEVERITY.md, first and last row of its first table). */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/event/finding.ts';
import { positionOf, positionsOf, readJson } from '../../src/event/json.ts';
import { DEEPEST, scanText } from '../../src/event/scan.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = (...parts: (string | number)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...utf8(part)])));
const line = ({ severity, rule, pointer, offset }: Finding): string => `${severity} ${rule} ${pointer} @${offset}`;
/** The findings of a body; with `!` in front where it could not be read. */
const said = (body: string | Uint8Array): string[] => {
  const read = readJson(body);
  return [...(read.ok ? [] : ['!']), ...read.findings.map(line)];
};
const message = (body: string | Uint8Array): string | undefined => readJson(body).findings.at(-1)?.message;

describe('a body', () => {
  it.each([
    '{}',
    ' {"a": 1}\r\n',
    '{"ключ":"🌼 \\u00e9\\n\\\\"}',
    '{"a":{"a":[{"a":1},{"a":2}]},"b":1.7e308}',
    '{"":{"":""}}',
    '{"a:b":"{[\\"x\\":"}',
  ])('such as %j is read without a remark, from bytes and from text', (text) => {
    expect(readJson(text)).toEqual({ ok: true, text, payload: JSON.parse(text), findings: [] });
    expect(readJson(utf8(text))).toEqual({ ok: true, text, payload: JSON.parse(text), findings: [] });
  });

  it.each(['', ' ', '\r\n\t  '])('that is empty (%j) says so', (text) => {
    expect(said(text)).toEqual(['!', 'error empty-body  @0']);
    expect(said(utf8(text))).toEqual(['!', 'error empty-body  @0']);
  });

  it.each([
    ['[]', 'a list', 0],
    [' [{"a":1}]', 'a list', 1],
    ['"text"', 'the string "text"', 0],
    ['null', 'null', 0],
    ['\n  true', 'true', 3],
    ['12.50', 'the number 12.5', 0],
  ])('%j is JSON but no object: %s', (text, what, offset) => {
    expect(said(text)).toEqual(['!', `error not-object  @${offset}`]);
    expect(message(text)).toBe(`the body is ${what}, expected one object`);
  });
});

describe('nesting', () => {
  const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

  it('of exactly two hundred levels is read', () => {
    expect(DEEPEST).toBe(200);
    expect(said(objects(200))).toEqual([]);
    expect(said(`{"a":${lists(199)}}`)).toEqual([]);
  });

  it.each([201, 1000, 20_000, 100_000])('of %i levels is too deep, without recursion', (depth) => {
    expect(said(objects(depth))).toEqual(['!', 'error too-deep  @0']);
    expect(said(utf8(`{"a":${lists(depth - 1)}}`))).toEqual(['!', 'error too-deep  @0']);
    expect(message(objects(depth))).toBe(`nested ${depth} levels deep, more than 200`);
  });

  it('never closed is too deep as well', () => {
    expect(said('['.repeat(100_000))).toEqual(['!', 'error too-deep  @0']);
    expect(said('{"a":'.repeat(100_000))).toEqual(['!', 'error too-deep  @0']);
  });

  it('does not count what stands in texts, or side by side', () => {
    expect(said(JSON.stringify({ a: `\\"${'['.repeat(500)}"` }))).toEqual([]);
    expect(said(`{"a":[${'[],'.repeat(5000)}[]]}`)).toEqual([]);
  });

  it.each([
    ['{"a":[{"b":"c:{"},{"d\\"":[]}]}', 4],
    ['12', 0],
    ['{"never closed', 1],
    ['}}]]{}', 1],
  ])('of %j is %i', (text, depth) => {
    expect(scanText(text).depth).toBe(depth);
  });

  it.each([
    ['a key twice', '{"a":1,"b":{"a":1},"a":2}', true],
    ['a key twice further in', '[{"x":{"k":[],"k":{}}}]', true],
    ['the same key in other objects', '{"a":{"a":{"a":[{"a":1},{"a":1}]}},"b":{"a":1}}', false],
    ['a key that is a value too', '{"a":"b","b":"a","c":["a","a","b"]}', false],
    ['a key with an escape', '{"\\u0061":1}', true],
    ['an unsafe key', '{"constructor":1}', true],
    ['an unsafe word as a value', '{"a":"__proto__"}', false],
    ['an exponent of three digits', '[1e100]', true],
    ['a small exponent', '[1e10,-2.5E-99,true,false]', false],
    ['301 digits', `[${'9'.repeat(301)}]`, true],
    ['a big number of the service', '{"mute_until":18446744073709552000}', false],
    ['65 members', `{${Array.from({ length: 65 }, (_, i) => `"k${i}":${i}`).join()}}`, true],
    ['64 members', `{${Array.from({ length: 64 }, (_, i) => `"k${i}":${i}`).join()}}`, false],
  ])('with %s asks for a closer look: %j', (_name, text, suspicious) => {
    expect(scanText(text).suspicious).toBe(suspicious);
  });
});

describe('numbers', () => {
  it.each([
    ['{"a":1e999}', '/a', 5],
    ['{"a":{"b/c":[0,-1e400]}}', '/a/b~1c/1', 15],
    [`{"a":${'9'.repeat(400)}}`, '/a', 5],
  ])('that become infinite are an error: %j', (text, pointer, offset) => {
    expect(said(text)).toEqual(['!', `error number-overflow ${pointer} @${offset}`]);
    expect(said(utf8(text))).toEqual(['!', `error number-overflow ${pointer} @${offset}`]);
  });

  it('that become infinite are all told, and shown in short', () => {
    expect(said('[1e999,-1e999]')).toEqual(['!', 'error number-overflow /0 @1', 'error number-overflow /1 @7']);
    expect(message(`{"a":${'9'.repeat(400)}}`)).toBe(`${'9'.repeat(20)} is too large a number: readers make it infinite`);
  });

  it('that only lose their last digits, or become nought, are fine', () => {
    expect(said('{"a":18446744073709552000,"b":1e-999,"c":0.1000000000000000000001,"d":-0}')).toEqual([]);
  });

  it('are an error behind any number of remarks', () => {
    const found = said(`{${'"a":1,'.repeat(5000)}"b":1e999}`);
    expect(found).toContain('error number-overflow /b @30005');
    expect(found).toHaveLength(1 + 100 + 1);
  });
});

describe('keys', () => {
  it.each([
    ['twice', '{"a":1,"a":2}', ['/a @7']],
    ['thrice', '{"a":1,"a":2,"a":3}', ['/a @7', '/a @13']],
    ['twice further in', '{"x":[{"b":1},{"b":1,"c":{"d":1,"d":2}}]}', ['/x/1/c/d @32']],
    ['twice, once with an escape', '{"ab":1,"\\u0061b":2}', ['/ab @8']],
    ['twice with a slash in it', '{"a/b":1,"a/b":2}', ['/a~1b @9']],
    ['twice and empty', '{"":1,"":2}', ['/ @6']],
    ['of objects side by side, once in each', '{"x":[{"a":1},{"a":2}],"a":{"a":1}}', []],
  ])('%s', (_what, text, places) => {
    expect(said(text)).toEqual(places.map((place) => `warning duplicate-key ${place}`));
    expect(said(utf8(text))).toEqual(places.map((place) => `warning duplicate-key ${place}`));
  });

  it('that stand twice give the last value, as with every reader', () => {
    expect(readJson('{"a":1,"a":2}')).toMatchObject({ ok: true, payload: { a: 2 } });
  });

  it.each([
    ['{"__proto__":{"x":1}}', '/__proto__ @1'],
    ['{"a":[{"constructor":1}]}', '/a/0/constructor @7'],
    ['{"prototype":1}', '/prototype @1'],
    ['{"\\u005f_proto__":1}', '/__proto__ @1'],
    ['{"\\u0063onstructor":1}', '/constructor @1'],
  ])('that reach into the prototype are remarked on: %j', (text, place) => {
    expect(said(text)).toEqual([`warning unsafe-key ${place}`]);
    expect(said(utf8(text))).toEqual([`warning unsafe-key ${place}`]);
  });

  it('that reach into the prototype do not', () => {
    const read = readJson('{"__proto__":{"polluted":true}}');
    expect(read.ok && Object.hasOwn(read.payload, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('that only look so are fine as values', () => {
    expect(said('{"a":"__proto__","b":["constructor"],"toString":1,"proto":1}')).toEqual([]);
  });
});

describe('half characters', () => {
  it.each([
    ['in a value', '{"a":"\\ud83d"}', ['/a @5']],
    ['in a value, the second half', '{"a":["x","\\uDE00 y"]}', ['/a/1 @10']],
    ['in a key', '{"\\ud83dx":1}', ['/\ud83dx @1']],
    ['in a key and its value', '{"\\ud83d":"\\ud83d"}', ['/\ud83d @1', '/\ud83d @10']],
    ['in the wrong order', '{"a":"\\ude00\\ud83d"}', ['/a @5']],
    ['none: two halves', '{"a":"\\ud83d\\ude00"}', []],
    ['none: no escape', '{"a":"😀"}', []],
    ['none: an escaped backslash', '{"a":"\\\\ud83d"}', []],
  ])('%s', (_what, text, places) => {
    expect(said(text)).toEqual(places.map((place) => `warning lone-surrogate ${place}`));
    expect(said(utf8(text))).toEqual(places.map((place) => `warning lone-surrogate ${place}`));
  });

  it('in a text that was decoded already', () => {
    expect(said('{"a":"\ud83d"}')).toEqual(['warning lone-surrogate /a @5']);
  });
});

describe('what is remarked on', () => {
  it('is at most a hundred of each kind', () => {
    const found = said(`{${'"a":"\\ud800","__proto__":1,'.repeat(500)}"b":1}`);
    const kinds = ['duplicate-key', 'unsafe-key', 'lone-surrogate'];
    expect(kinds.map((kind) => found.filter((text) => text.includes(kind)).length)).toEqual([100, 100, 100]);
    expect(found).toHaveLength(300);
  });
});

describe('encodings', () => {
  it('a byte order mark is passed over with a remark', () => {
    expect(readJson(bytes(0xef, 0xbb, 0xbf, '{"a":1}'))).toMatchObject({ ok: true, payload: { a: 1 }, text: '\ufeff{"a":1}' });
    expect(said(bytes(0xef, 0xbb, 0xbf, '{"a":1}'))).toEqual(['warning byte-order-mark  @0']);
    expect(said('\ufeff{"a":1}')).toEqual(['warning byte-order-mark  @0']);
  });

  it.each([
    ['an empty body', '', 'error empty-body  @0'],
    ['no object', '[1]', 'error not-object  @1'],
    ['bad JSON', '{"a":}', 'error not-json  @6'],
    ['depth', '['.repeat(201), 'error too-deep  @1'],
    ['overflow', '{"a":1e999}', 'error number-overflow /a @6'],
  ])('a byte order mark before %s is told too, and counted in its place', (_what, text, finding) => {
    expect(said(`\ufeff${text}`)).toEqual(['!', 'warning byte-order-mark  @0', finding]);
  });

  it('a second byte order mark is no JSON', () => {
    expect(said('\ufeff\ufeff{}')).toEqual(['!', 'warning byte-order-mark  @0', 'error not-json  @1']);
  });

  const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
  it.each([
    ['little end first, with its mark', utf16('\ufeff{"a":1}')],
    ['big end first, with its mark', utf16('\ufeff{"a":1}').swap16()],
    ['little end first', utf16('{"a":1}')],
    ['big end first', utf16('{"a":1}').swap16()],
  ])('UTF-16, %s, is told', (_what, body) => {
    expect(readJson(new Uint8Array(body))).toMatchObject({ ok: false, text: undefined });
    expect(said(new Uint8Array(body))).toEqual(['!', 'error bad-encoding  @undefined']);
    expect(message(new Uint8Array(body))).toBe('the body is written in UTF-16, expected UTF-8');
  });

  it.each([
    ['a byte that never is', bytes('{"a":"', 0xff, '"}'), 'byte 7 does not belong there'],
    ['the first byte', bytes(0x80, '{}'), 'byte 1 does not belong there'],
    ['a byte of Latin-1', bytes('{"a":"Jo', 0xe3, 'o"}'), 'byte 10 does not belong there'],
    ['a character of two bytes cut by a quote', bytes('{"a":"', 0xc3, '"}'), 'byte 8 does not belong there'],
    ['a surrogate', bytes('{"a":"', 0xed, 0xa0, 0x80, '"}'), 'byte 8 does not belong there'],
    ['an overlong slash', bytes('"', 0xc0, 0xaf, '"'), 'byte 2 does not belong there'],
    ['far in', bytes('{"a":"', 'é'.repeat(500_000), 0xfe, '"}'), 'byte 1000007 does not belong there'],
    ['a character cut by the end', bytes('{"a":"', 0xe2, 0x82), 'it ends in the middle of a character'],
  ])('what is not UTF-8 is told with its place: %s', (_what, body, cause) => {
    expect(said(body)).toEqual(['!', 'error bad-encoding  @undefined']);
    expect(message(body)).toBe(`the body is not UTF-8: ${cause}`);
  });
});

describe('a text that is not JSON', () => {
  it.each([
    ['a comma before a closing brace', '{"a":1,}', 1, 7, 'a comma before the closing bracket'],
    ['a comma before a closing bracket', '{"a":[1,\n2 , ]}', 2, 3, 'a comma before the closing bracket'],
    ['a comma lines before', '{\n  "a": 1,\n  "b": 2,\n}', 3, 9, 'a comma before the closing bracket'],
    ['single quotes', "{'a':1}", 1, 2, 'a single quote, where JSON has double quotes'],
    ['a value in single quotes', '{"é":1,\r\n "x":\'a\'}', 2, 6, 'a single quote, where JSON has double quotes'],
    ['a comment', '{"a":1 // one\n}', 1, 8, 'a comment, which JSON does not have'],
    ['a comment in front', '/* one */{}', 1, 1, 'a comment, which JSON does not have'],
    ['a string without its end', '{"a":"b', 1, 6, 'a string without its closing quote'],
    ['a string over two lines', '{"a":"b\nc"}', 1, 6, 'a string without its closing quote'],
    ['a tab in a string', '{"a":"b\tc"}', 1, 6, 'a control character inside a string'],
    ['an unknown escape', '{"a":"\\x41"}', 1, 6, 'a malformed escape'],
    ['a short escape', '{"a":"\\u12"}', 1, 6, 'a malformed \\u escape'],
    ['cut off in a list', '{"a":[1,2', 1, 10, 'it is cut off'],
    ['cut off behind a colon', '{"a":\n', 2, 1, 'it is cut off'],
    ['cut off behind a comma', '{"a":1,', 1, 8, 'it is cut off'],
    ['a second document', '{"a":1}\n{"a":2}', 2, 1, 'more stands after the end of the document'],
    ['NaN', '{"a":NaN}', 1, 6, 'NaN, which JSON does not have'],
    ['Infinity', '{"a":-Infinity}', 1, 6, '-Infinity, which JSON does not have'],
    ['undefined', '{"a":undefined}', 1, 6, 'undefined, which JSON does not have'],
    ['a word of Python', '{"a":True,"b":None}', 1, 6, 'True, which JSON does not have'],
    ['a key without quotes', '{a:1}', 1, 2, 'a word or sign that JSON does not have'],
    ['no colon', '{"a" 1}', 1, 6, 'a colon is expected'],
    ['no comma', '{"a":1\n "b":2}', 2, 2, 'a comma is expected'],
    ['no value', '{"a":}', 1, 6, 'a value is expected'],
    ['a number without digits behind its point', '{"a":1.}', 1, 6, 'a malformed number'],
    ['HTML', '\n<!doctype html><html></html>', 2, 1, 'it looks like HTML or XML'],
    ['XML', '<?xml version="1.0"?><a/>', 1, 1, 'it looks like HTML or XML'],
    ['a form', 'payload=%7B%7D&x=1', 1, 1, 'it looks like a form (name=value)'],
    ['a word', 'hello', 1, 1, 'a word or sign that JSON does not have'],
    ['a zero byte behind the end', '{}\u0000', 1, 3, 'a word or sign that JSON does not have'],
  ])('says why and where: %s', (_what, text, row, column, cause) => {
    expect(message(text)).toBe(`not JSON: ${cause}`);
    const [finding] = readJson(text).findings;
    expect(finding).toMatchObject({ severity: 'error', rule: 'not-json', pointer: '' });
    expect(positionOf(text, finding?.offset ?? -1)).toEqual({ line: row, column });
    expect(readJson(utf8(text))).toEqual(readJson(text));
  });

  it('keeps its text, for who wants to show it', () => {
    expect(readJson('hello')).toMatchObject({ ok: false, text: 'hello' });
  });

  it('has a cause whatever is wrong', () => {
    const good = '{"a":[1.5,"b\\n",true,null],"c":{}}';
    for (let at = 0; at <= good.length; at++) {
      for (const broken of [
        good.slice(0, at),
        `${good.slice(0, at)}\u00a0${good.slice(at)}`,
        good.slice(0, at) + good.slice(at + 1),
        `${good.slice(0, at)},${good.slice(at)}`,
      ]) {
        const read = readJson(broken);
        let isJson = true;
        try {
          JSON.parse(broken);
        } catch {
          isJson = false;
        }
        expect(
          read.findings.some(({ rule }) => rule === 'not-json' || rule === 'empty-body'),
          broken,
        ).toBe(!isJson);
        for (const { message: said } of read.findings) expect(said).not.toContain('not well formed');
      }
    }
  });
});

describe('line and column', () => {
  const text = 'a\nbc\r\n\n😀d';
  it.each([
    [0, 1, 1],
    [1, 1, 2],
    [2, 2, 1],
    [4, 2, 3],
    [6, 3, 1],
    [7, 4, 1],
    [9, 4, 3],
    [10, 4, 4],
  ])('of offset %i are %i and %i, in UTF-16 units', (offset, row, column) => {
    expect(positionOf(text, offset)).toEqual({ line: row, column });
    expect(positionsOf(text)(offset)).toEqual({ line: row, column });
  });
});
