import { describe, expect, it } from 'vitest';
import { cleanLines } from '../../src/view/clean.ts';
import { clean, cut, pad, plural, width } from '../../src/view/text.ts';
import { expectHarmless, NASTY } from '../support/harmless.ts';

describe('clean', () => {
  it.each([
    ['plain text, ünïcödé, 日本語, العربية, 👩‍👩‍👧 ❤️', 'plain text, ünïcödé, 日本語, العربية, 👩‍👩‍👧 ❤️'],
    ['', ''],
    ['a\nb', 'a⏎b'],
    ['a\r\nb', 'a⏎b'],
    ['a\rb', 'a⏎b'],
    ['a\tb', 'a b'],
    ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
    ['\u001b]8;;http://x\u0007link', '\\x1b]8;;http://x\\x07link'],
    ['\u009b2J', '\\x9b2J'],
    ['\u0000\u007f', '\\x00\\x7f'],
    ['a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
    ['a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['a\u200bb\u00adc\ufeff', 'a\\u200bb\\xadc\\ufeff'],
    ['\ud83d', '\\ud83d'],
    ['\u{e0041}', '\\ue0041'],
  ])('%j becomes %j', (text, shown) => {
    expect(clean(text)).toBe(shown);
  });

  it('leaves no character that acts on a terminal, whatever comes', () => {
    for (let code = 0; code < 0x3000; code++) expectHarmless(clean(`a${String.fromCharCode(code)}b`));
    expectHarmless(clean(NASTY));
    expect(clean(NASTY)).not.toContain('\n');
  });

  it('changes nothing the second time', () => {
    expect(clean(clean(NASTY))).toBe(clean(NASTY));
  });

  it('line by line keeps the breaks between lines, and only them', () => {
    expect(cleanLines('a\u001bb\nc\rd\n')).toBe('a\\x1bb\nc⏎d\n');
  });
});

describe('cut', () => {
  it.each([
    ['hello', 5, 'hello'],
    ['hello', 6, 'hello'],
    ['hello!', 5, 'hell…'],
    ['', 3, ''],
    ['日本語', 6, '日本語'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['e\u0301e\u0301e\u0301', 3, 'e\u0301e\u0301e\u0301'],
    ['👩‍👩‍👧👩‍👩‍👧', 4, '👩‍👩‍👧👩‍👩‍👧'],
  ])('%j to %i columns is %j', (text, columns, shown) => {
    expect(cut(text, columns)).toBe(shown);
  });

  it('never takes more columns than it may, and never leaves half a character', () => {
    const texts = [
      'a'.repeat(50),
      '日本語'.repeat(20),
      '👍🏽'.repeat(20),
      '👩‍👩‍👧'.repeat(10),
      'e\u0301'.repeat(40),
      'a日👍'.repeat(15),
      '🇩🇪'.repeat(20),
    ];
    for (const text of texts) {
      for (let columns = 1; columns < 45; columns++) {
        const short = cut(text, columns);
        expect(width(short)).toBeLessThanOrEqual(columns);
        expect(short).not.toMatch(/\p{Surrogate}/u);
        expect(short === text || short.endsWith('…')).toBe(true);
        expect(width(pad(text, columns))).toBe(columns);
      }
    }
  });

  it('looks at the beginning of a text of megabytes only', () => {
    const before = performance.now();
    expect(cut('x'.repeat(30_000_000), 80)).toBe(`${'x'.repeat(79)}…`);
    expect(width(cut(`a${'\u0301'.repeat(5_000_000)}`, 80))).toBeLessThanOrEqual(80);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('pad and plural', () => {
  it.each([
    ['ab', 4, 'ab  '],
    ['abcde', 4, 'abc…'],
    ['日', 4, '日  '],
    ['', 2, '  '],
  ])('pad(%j, %i)', (text, columns, shown) => {
    expect(pad(text, columns)).toBe(shown);
  });

  it.each([
    [0, '0 events'],
    [1, '1 event'],
    [2, '2 events'],
  ])('%i', (count, text) => {
    expect(plural(count, 'event')).toBe(text);
  });

  it('a plural of its own', () => {
    expect([plural(1, 'delivery', 'deliveries'), plural(2, 'delivery', 'deliveries')]).toEqual(['1 delivery', '2 deliveries']);
  });
});
