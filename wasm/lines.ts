// Compiled to WebAssembly by scripts/generate.js. Finds the lines of a piece of a file and tells of each whether it is a
// payload with nothing to be remarked on (wasm/sound.ts), else, sixteen bytes at a time, whether src/event/scan.ts would
// have nothing to say about it. It may ask for a closer look in vain, but never miss one: test/io/quick.test.ts holds it
// to that.
// The language is AssemblyScript: wasm/tsconfig.json tells editors so.
import { BYTES, DEEPEST, FOUND, HASHES, hashOf, headOf, isUnsafe, MOST_FOUND, MOST_MEMBERS, tailOf } from './memory';
import { soundLine } from './sound';

export { BYTES, FOUND, TABLES } from './memory';
export { sound } from './sound';
export { prepare } from './tables';

const LEVELS = 1024;

/** What is told of a line beside its end. */
const LOOK = 1;
const SOUND = 2;

/**
 * Writes for each line four times the offset of its end, and two more where it is a sound payload, one more where it
 * needs a closer look.
 * @param length bytes of the piece, behind which line ends stand
 * @returns the number of lines; -1 where there are too many
 */
export function cut(length: i32): i32 {
  const end = BYTES + length;
  let count = 0;
  for (let begin = BYTES; begin < end; ) {
    if (count === MOST_FOUND) return -1;
    let found = soundLine(begin);
    if (found === 0) found = look(begin);
    else found = (found - BYTES) * 4 + SOUND;
    store<i32>(FOUND + 4 * count++, found);
    begin = BYTES + (found >> 2) + 1;
  }
  return count;
}

/** Goes over a line: four times the offset of its end, and one more where it needs a closer look. */
function look(begin: i32): i32 {
  let depth = 0;
  let first = HASHES; // of the hashes of the object at hand
  let top = HASHES;
  let bits: u64 = 0;
  let object = false;
  let keyIsNext = false;
  let isKey = false;
  let inString = false;
  let keyStart = 0;
  let look = false;
  let skip = 0; // 1 where the first byte of a block is escaped
  let at = begin - 16;
  while (true) {
    at += 16;
    const bytes = v128.load(at);
    const folded = v128.or(bytes, i8x16.splat(0x20));
    const lines = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(10)));
    const strict = lines | i8x16.bitmask(v128.or(i8x16.eq(bytes, i8x16.splat(34)), i8x16.eq(bytes, i8x16.splat(92))));
    let rest = 0xffff << skip;
    skip = 0;
    // In the middle of a string.
    if (inString && (strict & rest) === 0) continue;
    const digitBefore = i8x16.lt_u(i8x16.sub(v128.load(at - 1), i8x16.splat(48)), i8x16.splat(10));
    const exponents = v128.and(i8x16.eq(folded, i8x16.splat(101)), digitBefore);
    const brackets = v128.or(i8x16.eq(folded, i8x16.splat(123)), i8x16.eq(folded, i8x16.splat(125)));
    const all = strict | i8x16.bitmask(v128.or(v128.or(brackets, exponents), i8x16.eq(bytes, i8x16.splat(44))));
    // Sixteen digits in a row may be a number too large.
    if (all === 0 && !inString && i8x16.all_true(digitBefore)) look = true;
    for (;;) {
      const mask = (look ? lines : inString ? strict : all) & rest;
      if (mask === 0) break;
      const index = ctz(mask);
      rest = 0xfffe << index;
      const p = at + index;
      const byte = load<u8>(p);
      if (byte === 34) {
        if (!inString) {
          inString = true;
          isKey = keyIsNext;
          keyIsNext = false;
          keyStart = p + 1;
          continue;
        }
        inString = false;
        if (!isKey) continue;
        const size = p - keyStart;
        const head = headOf(keyStart, size);
        if (isUnsafe(head, size)) look = true;
        // Keys that differ between their ends only are looked at closer.
        const hash = hashOf(head, tailOf(keyStart, size), size);
        const bit = (<u64>1) << (hash >> 58);
        if ((bits & bit) !== 0) {
          for (let other = first; other < top; other += 8) if (load<u64>(other) === hash) look = true;
        }
        bits |= bit;
        if (top - first === MOST_MEMBERS * 8) look = true;
        else {
          store<u64>(top, hash);
          top += 8;
        }
      } else if (byte === 44) keyIsNext = object;
      else if (byte === 92) {
        const next = load<u8>(p + 1);
        if (!inString || isKey || next === 117) look = true;
        else if (next !== 10) {
          skip = index === 15 ? 1 : 0;
          rest <<= 1;
        }
      } else if (byte === 10) return (p - BYTES) * 4 + (look ? LOOK : 0);
      else if ((byte | 0x20) === 101) look = true;
      else if ((byte | 0x20) === 123) {
        if (++depth > DEEPEST) {
          look = true;
          continue;
        }
        const level = LEVELS + depth * 32;
        store<u64>(level, bits);
        store<i32>(level, first, 8);
        store<i32>(level, object ? 1 : 0, 12);
        bits = 0;
        first = top;
        object = byte === 123;
        keyIsNext = object;
      } else if (depth > 0) {
        const level = LEVELS + depth-- * 32;
        bits = load<u64>(level);
        top = first;
        first = load<i32>(level, 8);
        object = load<i32>(level, 12) !== 0;
        keyIsNext = false;
      }
    }
  }
}
