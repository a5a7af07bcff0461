/** Lists too large for one piece are read element by element; what comes out does not depend on where the pieces end. */
import { describe, expect, it } from 'vitest';
import { collect, readDocument, readParts } from '../../src/delivery/document.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A text in pieces of some bytes, so that it is read as a stream. */
function* pieces(text: string, size: number): Generator<Uint8Array> {
  const all = bytes(text);
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

const streamed = (text: string, size: number) => collect(readParts('a.json', pieces(text, size)));

const ONE = '{"labels_removed":["a ] , } \\" \\\\"],"channel_id":"A-1"}';
const TWO = '{ "labels_removed": [ "😀ü" ],\n  "channel_id": "A-1" }';

describe.each([1, 2, 3, 7, 31])('in pieces of %i bytes', (size) => {
  it.each([
    ['a list', `[${ONE},${TWO}]`],
    ['over lines', ` \n[\n  ${ONE} ,\n\t${TWO}\r\n, ${ONE}]\n`],
    ['with strangers in it', '[1, "a,]", null, [1,[2]], {"a":{}}, -1.5e3 , true]'],
    ['without elements', ' [ ] '],
    ['behind a byte order mark', `\ufeff[${ONE}]`],
  ])('%s gives what it gives whole', (_what, text) => {
    expect(streamed(text, size)).toEqual({ ...readDocument('a.json', bytes(text)), problems: streamed(text, size).problems });
    expect(streamed(text, size).problems.map(({ finding }) => finding.rule)).toEqual(text.startsWith('\ufeff') ? ['byte-order-mark'] : []);
  });

  it.each([
    ['cut off in an element', `[${ONE},\n{"a":[1`, '2:1 it is cut off', 1],
    ['cut off behind an element', `[${ONE}\n`, '2:1 it is cut off', 1],
    ['without its comma', `[${ONE} ${ONE}]`, `1:${ONE.length + 3} a comma is expected`, 1],
    ['with a comma too many', `[${ONE},]`, `1:${ONE.length + 3} a comma before the closing bracket`, 1],
    ['with two commas', `[${ONE},,${ONE}]`, `1:${ONE.length + 3} a value is expected`, 1],
    ['with a second document', `[${ONE}]\n[]`, '2:1 more stands after the end of the document', 1],
    ['closed by the wrong bracket', `[${ONE}}`, `1:${ONE.length + 2} a comma is expected`, 1],
  ])('a list %s says so where it is', (_what, text, expected, count) => {
    const { entries, problems } = streamed(text, size);
    expect(problems.map(({ line, column, finding }) => `${line}:${column} ${finding.found}`)).toEqual([expected]);
    expect(entries).toHaveLength(count);
  });
});
