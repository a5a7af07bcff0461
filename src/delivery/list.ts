import { type Finding, finding } from '../event/finding.ts';

/** An element of a list, or what is wrong with the list itself. */
export type Element =
  | { readonly body: Uint8Array; readonly line: number; readonly column: number }
  | { readonly problem: Finding; readonly line: number; readonly column: number };

const [QUOTE, COMMA, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [34, 44, 92, 91, 93, 123, 125] as const;

const isSpace = (byte: number | undefined): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/** End (exclusive) of the value that begins at an index, or undefined where it does not end in these bytes. */
const endOfValue = (bytes: Uint8Array, start: number): number | undefined => {
  let depth = 0;
  let inString = false;
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) {
        inString = false;
        if (depth === 0) return i + 1;
      }
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      if (depth === 0) return i; // a number or a word that the list's end follows
      if (--depth === 0) return i + 1;
    } else if (depth === 0 && i > start && (byte === COMMA || isSpace(byte))) return i;
  }
  return undefined;
};

const notJson = (cause: string): Finding => finding('not-json', '', cause, 'one JSON document', `not JSON: ${cause}`);

/**
 * The elements of a JSON list that is too large to be held, one after the other; no more than one element and one
 * piece of the file are in memory. What stands inside an element is not judged here.
 * @param chunks bytes of a list, perhaps with white space and a byte order mark around it
 */
export function* elementsOf(chunks: Iterable<Uint8Array>): Generator<Element> {
  const pieces = chunks[Symbol.iterator]();
  let bytes: Uint8Array = new Uint8Array();
  let at = 0;
  let line = 1;
  let column = 1;

  /** Reads on; what has been dealt with is let go. */
  const more = (): boolean => {
    const { done, value } = pieces.next();
    if (done === true) return false;
    const rest = bytes.subarray(at);
    const joined = new Uint8Array(rest.length + value.length);
    joined.set(rest);
    joined.set(value, rest.length);
    bytes = joined;
    at = 0;
    return true;
  };
  /** Goes on to an index, counting lines and columns (UTF-16 units: a byte that begins a character counts one, of four bytes two). */
  const advance = (to: number): void => {
    for (; at < to; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === 10) {
        line++;
        column = 1;
      } else if ((byte & 0xc0) !== 0x80) column += byte >= 0xf0 ? 2 : 1;
    }
  };
  /** The next byte that is no white space; undefined at the end of the file. */
  const peek = (): number | undefined => {
    for (;;) {
      while (at < bytes.length && isSpace(bytes[at])) advance(at + 1);
      if (at < bytes.length) return bytes[at];
      if (!more()) return undefined;
    }
  };
  const here = (cause: string): Element => ({ problem: notJson(cause), line, column });

  more();
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = 3;
  peek();
  advance(at + 1); // the bracket that the caller has seen
  for (let count = 0; ; count++) {
    const first = peek();
    if (first === CLOSE_LIST && count === 0) break;
    if (first === undefined || first === CLOSE_LIST || first === COMMA) {
      yield here(first === undefined ? 'it is cut off' : first === COMMA ? 'a value is expected' : 'a comma before the closing bracket');
      return;
    }
    let end = endOfValue(bytes, at);
    while (end === undefined && more()) end = endOfValue(bytes, at);
    if (end === undefined || end === at) {
      yield here(end === undefined ? 'it is cut off' : 'a value is expected');
      return;
    }
    // No copy: these bytes are never written again.
    yield { body: bytes.subarray(at, end), line, column };
    advance(end);
    const next = peek();
    if (next === CLOSE_LIST) break;
    if (next !== COMMA) {
      yield here(next === undefined ? 'it is cut off' : 'a comma is expected');
      return;
    }
    advance(at + 1);
  }
  advance(at + 1);
  if (peek() !== undefined) yield here('more stands after the end of the document');
}
