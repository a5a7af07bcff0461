/** Levels of objects and lists a body may have (SEVERITY.md). */
export const DEEPEST = 200;

/** What one pass over a JSON text tells, without recursion and without building anything. */
export interface Scan {
  /** How deep objects and lists stand in one another. */
  readonly depth: number;
  /**
   * Whether a closer look is due: a key may stand twice or be an unsafe one, a number may overflow, a key is written
   * with escapes, an object has very many members. False means that none of these is there.
   */
  readonly suspicious: boolean;
}

/** Members of one object that are compared with each other here. */
const MOST_MEMBERS = 64;

// Kept between calls: a scan never waits, so no two are under way at once.
const hashes = new Int32Array(MOST_MEMBERS * (DEEPEST + 1));
const firsts = new Int32Array(DEEPEST + 2);
const isObject = new Uint8Array(DEEPEST + 2);

const hashOf = (key: string): number => {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
  return hash;
};
const [PROTO, CONSTRUCTOR, PROTOTYPE] = [hashOf('__proto__'), hashOf('constructor'), hashOf('prototype')];

/** Index of the quote that ends the string beginning at `start`, or -1. */
export const endOfString = (text: string, start: number): number => {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 92) backslashes++;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return -1;
};

/** Digits in a row from an index. */
const digitsFrom = (text: string, start: number): number => {
  let end = start;
  for (let code = text.charCodeAt(end); code >= 48 && code <= 57; code = text.charCodeAt(end)) end++;
  return end - start;
};

/** An exponent of three digits, or 300 digits in a row, may be too much for a number (1.8e308 is the largest). */
const mayOverflow = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at + 1);
  return digitsFrom(text, code === 43 || code === 45 ? at + 2 : at + 1) > 2;
};

/**
 * Looks through a text for what JSON.parse does not tell. For a text that is not JSON the result is of no use, but
 * there is one.
 */
export const scan = (text: string): Scan => {
  let depth = 0;
  let deepest = 0;
  let first = 0; // of the hashes of the object at hand
  let top = 0;
  let object = 0;
  let keyIsNext = false;
  let suspicious = false;
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34) {
      if (!keyIsNext) {
        i = endOfString(text, i);
        if (i === -1) break;
        continue;
      }
      keyIsNext = false;
      let hash = 0;
      let end = i + 1;
      for (; end < length; end++) {
        const letter = text.charCodeAt(end);
        if (letter === 34) break;
        if (letter === 92) {
          suspicious = true;
          end++;
        } else hash = (Math.imul(hash, 31) + letter) | 0;
      }
      i = end;
      if (hash === PROTO || hash === CONSTRUCTOR || hash === PROTOTYPE || top - first === MOST_MEMBERS) suspicious = true;
      if (suspicious) continue;
      for (let other = first; other < top; other++) {
        if (hashes[other] === hash) suspicious = true;
      }
      hashes[top++] = hash;
    } else if (code === 44) keyIsNext = object === 1;
    else if (code === 123 || code === 91) {
      depth++;
      if (depth > deepest) deepest = depth;
      if (depth > DEEPEST) {
        keyIsNext = false;
        object = 0;
        continue;
      }
      firsts[depth] = first;
      isObject[depth] = object;
      first = top;
      object = code === 123 ? 1 : 0;
      keyIsNext = code === 123;
    } else if (code === 125 || code === 93) {
      if (depth <= 0) continue;
      if (depth <= DEEPEST) {
        top = first;
        first = firsts[depth] ?? 0;
        object = isObject[depth] ?? 0;
      }
      depth--;
      keyIsNext = false;
    } else if (code === 101 || code === 69) {
      const before = text.charCodeAt(i - 1);
      if (before >= 48 && before <= 57 && mayOverflow(text, i)) suspicious = true;
    } else if (code >= 48 && code <= 57) {
      const digits = digitsFrom(text, i);
      if (digits > 300) suspicious = true;
      i += digits - 1;
    }
  }
  return { depth: deepest, suspicious };
};
