import { describe, expect, it } from 'vitest';
import { DEEPEST, scan } from '../../src/event/scan.ts';
import { createQuick } from '../../src/io/quick.ts';
import { named } from '../support/payloads.ts';
import { randomNumbers } from '../support/random.ts';

const { cut } = createQuick();
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The lines of a text, and whether each needs a closer look. */
const linesOf = (text: string): { line: string; look: boolean }[] => {
  const lines = cut(bytesOf(text));
  if (lines === undefined) throw new Error('the cutter did not take it');
  let start = 0;
  return [...lines.ends].map((told) => {
    const line = lines.text(start, told >> 2);
    start = (told >> 2) + 1;
    return { line, look: (told & 1) === 1 };
  });
};

const clear = (line: string): boolean => {
  const { depth, suspicious, escapes } = scan(bytesOf(line));
  return depth <= DEEPEST && !suspicious && !escapes;
};

describe('lines cut by WebAssembly', () => {
  it.each([
    ['none', '', []],
    ['one without an end', '{"a":1}', ['{"a":1}']],
    ['blank ones', '\n\n a\n', ['', '', ' a']],
    ['CRLF', '{}\r\n{}\r\n', ['{}\r', '{}\r']],
    ['a string that is not closed', '{"a\n{"b":1}\n', ['{"a', '{"b":1}']],
    ['a line that ends with a backslash in a string', '{"a":"b\\\n{"b":1}\n', ['{"a":"b\\', '{"b":1}']],
    ['a line longer than its memory was', `{"a":"${'x'.repeat(5_000_000)}"}\n{}`, [`{"a":"${'x'.repeat(5_000_000)}"}`, '{}']],
  ])('%s', (_what, text, expected) => {
    expect(linesOf(text).map(({ line }) => line)).toEqual(expected);
  });

  it.each([
    ['a key that stands twice', '{"key":1,"key":2}'],
    ['a long key that stands twice', '{"the_key_of_many_letters":1,"other":{},"the_key_of_many_letters":2}'],
    ['a key with an escape', '{"a\\nb":1}'],
    ['an unsafe key', '{"a":{"__proto__":1}}'],
    ['another unsafe key', '{"constructor":1}'],
    ['one more', '{"prototype":1}'],
    ['an escaped character', '{"a":"\\ud800"}'],
    ['an exponent', '{"a":1e999}'],
    ['a long number', `{"a":${'1'.repeat(400)}}`],
    ['a deep body', `${'['.repeat(201)}${']'.repeat(201)}`],
    ['more members than are compared', `{${Array.from({ length: 65 }, (_, index) => `"k${index}":1`).join()}}`],
  ])('%s needs a closer look, wherever it stands, and the lines beside it do not', (_what, line) => {
    for (let space = 0; space < 20; space++) {
      expect(linesOf(`${named('hi')}\n${' '.repeat(space)}${line}\n${named('hi')}`).map(({ look }) => look)).toEqual([false, true, false]);
    }
  });

  it.each([
    ['a payload', named('hi')],
    ['equal keys of different objects', '{"a":{"id":1},"b":{"id":1},"c":[{"id":1},{"id":2}]}'],
    ['equal words', '{"a":"a","b":["a","a"],"c":{"a":"a"}}'],
    ['escapes without a number', '{"a":"\\"\\\\\\n\\/","b":"\\\\"}'],
    ['signs of JSON in strings', '{"a":"{[,\\":1e5","b":"]}"}'],
    ['as many levels as there may be', `${'['.repeat(200)}${']'.repeat(200)}`],
  ])('%s needs none', (_what, line) => {
    for (let space = 0; space < 20; space++) expect(linesOf(`${' '.repeat(space)}${line}`)).toMatchObject([{ look: false }]);
  });

  it('misses nothing that a scan of the line tells', () => {
    const random = randomNumbers(7);
    const pieces = [
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '\\',
        '"a":',
        '"b":',
        '"long_key_number_1":',
        '"long_key_number_2":',
        '1',
        '1e5',
        '2E308',
        'e',
      ],
      ...[
        '"__proto__":',
        '"prototype":',
        '"constructor":',
        '\\u0041',
        '\\\\',
        '\\"',
        ' ',
        'ä',
        '😀',
        'true',
        '12345678901234567',
        '9'.repeat(310),
      ],
      ...['{"a":1,"b":2}', '"text in a string"', '{"a":{"b":[1,2]},"c":"d"}', '\r', '[[[[', ']]]]', '"x"', '{"', '":1,"', '"}'],
    ];
    let [clears, looks] = [0, 0];
    for (let round = 0; round < 400; round++) {
      const lines = Array.from({ length: 40 }, () => Array.from({ length: random(25) }, () => pieces[random(pieces.length)]).join(''));
      const found = linesOf(`${lines.join('\n')}\n`);
      expect(found.map(({ line }) => line)).toEqual(lines);
      for (const { line, look } of found) {
        if (look) looks++;
        else {
          clears++;
          // A text that is not JSON is told by JSON.parse.
          let json = true;
          try {
            JSON.parse(line);
          } catch {
            json = false;
          }
          if (json) expect(line).toSatisfy(clear);
        }
      }
    }
    expect(Math.min(clears, looks)).toBeGreaterThan(1000);
  });

  it('misses nothing in JSON made of few keys', () => {
    const random = randomNumbers(11);
    const keys = [
      'a',
      'b',
      'id',
      'chat_id',
      'timestamp',
      'timestamps',
      'participants_1',
      'participants_2',
      'a_very_long_key_1',
      'a_very_long_key_2',
    ];
    const words = ['""', '"\\\\"', '"a,b:{c}"', '1', '-0.5', '1e2', 'null', '"ö"', '"\\u00e4"', '"sixteen letters!"', 'false'];
    const value = (levels: number): string => {
      const kind = levels === 0 ? 2 : random(4);
      const size = random(5);
      if (kind === 0) return `{${Array.from({ length: size }, () => `"${keys[random(keys.length)]}":${value(levels - 1)}`).join()}}`;
      if (kind === 1) return `[${Array.from({ length: size }, () => value(levels - 1)).join()}]`;
      return words[random(words.length)] ?? '';
    };
    const lines = Array.from({ length: 5000 }, () => `{"x":${value(4)},"y":${value(3)}}`);
    const found = linesOf(lines.join('\n'));
    expect(found.map(({ line }) => line)).toEqual(lines);
    const missed = found.filter(({ line, look }) => !look && !clear(line));
    expect(missed).toEqual([]);
    expect(found.filter(({ look }) => !look).length).toBeGreaterThan(500);
  });

  it('leaves bytes alone that are not UTF-8, and more lines than it has room for', () => {
    expect(cut(Uint8Array.of(123, 0xff, 125))).toBeUndefined();
    expect(cut(new Uint8Array(200_000).fill(10))).toBeUndefined();
  });
});
