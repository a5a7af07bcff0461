/** Levels of objects and lists a body may have (SEVERITY.md). */
export const DEEPEST = 200;

/** What one pass over the bytes of a JSON text tells, without recursion and without building anything. */
export interface Scan {
  /** How deep objects and lists stand in one another. */
  readonly depth: number;
  /**
   * Whether a closer look is due: a key may stand twice or be an unsafe one, a number may overflow, a key is written
   * with escapes, an object has very many members. False means that none of these is there.
   */
  readonly suspicious: boolean;
  /** Whether some character is written as \\u and a number. */
  readonly escapes: boolean;
}

/** Members of one object that are compared with each other here. */
const MOST_MEMBERS = 64;

// Kept between calls: a scan never waits, so no two are under way at once.
const hashes = new Int32Array(MOST_MEMBERS * (DEEPEST + 1));
const firsts = new Int32Array(DEEPEST + 2);
const bitsOf = new Int32Array(DEEPEST + 2);
const isObject = new Uint8Array(DEEPEST + 2);

const encoder = new TextEncoder();

const hashOf = (key: string): number => encoder.encode(key).reduce((hash, byte) => ((hash << 5) - hash + byte) | 0, 0);
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
const digitsFrom = (bytes: Uint8Array, start: number): number => {
  const { length } = bytes;
  let end = start;
  // Reading beyond the end would make V8 give up its quick way of reading bytes.
  while (end < length && (bytes[end] as number) >= 48 && (bytes[end] as number) <= 57) end++;
  return end - start;
};

/** An exponent of three digits, or 300 digits in a row, may be too much for a number (1.8e308 is the largest). */
const mayOverflow = (bytes: Uint8Array, at: number): boolean => {
  const sign = at + 1 < bytes.length ? bytes[at + 1] : 0;
  return digitsFrom(bytes, sign === 43 || sign === 45 ? at + 2 : at + 1) > 2;
};

/** Bytes of a string after which its end is looked for by other means. */
const LONG = 96;

/**
 * End of a string that an index is in, found by what the machine has for that: pictures inside a body may be long.
 * Undefined where something is escaped in the rest of it, or it does not end.
 */
const plainEnd = (bytes: Uint8Array, start: number): number | undefined => {
  const quote = bytes.indexOf(34, start);
  return quote !== -1 && bytes.subarray(start, quote).indexOf(92) === -1 ? quote : undefined;
};

/** `scan` of a text. */
export const scanText = (text: string): Scan => scan(encoder.encode(text));

/**
 * Looks through the bytes of a text (UTF-8) for what JSON.parse does not tell. For a text that is not JSON the result
 * is of no use, but there is one.
 */
export const scan = (bytes: Uint8Array): Scan => {
  let depth = 0;
  let deepest = 0;
  let first = 0; // of the hashes of the object at hand
  let top = 0;
  let bits = 0; // one for each of them, so that most keys need no look at the others
  let object = 0;
  let keyIsNext = false;
  let suspicious = false;
  let escapes = false;
  const { length } = bytes;
  // Bodies that are short are looked through byte by byte.
  const far = length < 1000 ? -1 : length - LONG;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number; // i is below the length
    if (byte === 34) {
      if (!keyIsNext) {
        let near = i < far ? i + LONG : length;
        for (;;) {
          while (++i < near) {
            const letter = bytes[i];
            if (letter === 34) break;
            if (letter === 92 && ++i < length && bytes[i] === 117) escapes = true;
          }
          if (i < near || near === length) break;
          const end = plainEnd(bytes, i);
          if (end !== undefined) {
            i = end;
            break;
          }
          near = length;
          i--;
        }
        continue;
      }
      keyIsNext = false;
      let hash = 0;
      while (++i < length) {
        const letter = bytes[i] as number; // i is below the length
        if (letter === 34) break;
        hash = ((hash << 5) - hash + letter) | 0;
        if (letter === 92) {
          suspicious = true;
          if (++i < length && bytes[i] === 117) escapes = true;
        }
      }
      if (suspicious) continue;
      if (hash === PROTO || hash === CONSTRUCTOR || hash === PROTOTYPE || top - first === MOST_MEMBERS) {
        suspicious = true;
        continue;
      }
      const bit = 1 << (hash ^ (hash >> 5));
      if ((bits & bit) !== 0) {
        for (let other = first; other < top; other++) {
          if (hashes[other] === hash) suspicious = true;
        }
      }
      bits |= bit;
      hashes[top++] = hash;
    } else if (byte === 58) {
      // Between a key and its value: frequent, so asked for early.
    } else if (byte === 44) keyIsNext = object === 1;
    else if (byte === 123 || byte === 91) {
      depth++;
      if (depth > deepest) deepest = depth;
      if (depth > DEEPEST) {
        keyIsNext = false;
        object = 0;
        continue;
      }
      firsts[depth] = first;
      bitsOf[depth] = bits;
      bits = 0;
      isObject[depth] = object;
      first = top;
      object = byte === 123 ? 1 : 0;
      keyIsNext = byte === 123;
    } else if (byte === 125 || byte === 93) {
      if (depth <= 0) continue;
      if (depth <= DEEPEST) {
        top = first;
        first = firsts[depth] as number; // depth is at most DEEPEST
        bits = bitsOf[depth] as number;
        object = isObject[depth] as number;
      }
      depth--;
      keyIsNext = false;
    } else if (byte === 101 || byte === 69) {
      const before = i > 0 ? (bytes[i - 1] as number) : 0;
      if (before >= 48 && before <= 57 && mayOverflow(bytes, i)) suspicious = true;
    } else if (byte >= 48 && byte <= 57) {
      const digits = digitsFrom(bytes, i);
      if (digits > 300) suspicious = true;
      i += digits - 1;
    }
  }
  return { depth: deepest, suspicious, escapes };
};
