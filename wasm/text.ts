// What stands in the strings of JSON. All functions are given places; behind the bytes stands one that ends everything.
import { hashOf, headOf, tailOf } from './memory';
import { GROUPS, LAST_SERVER, LID, NAME, names, SLOTS, STORIES, slots, WHATSAPP } from './tables';

/** What a text has to be. */
export const WORD = 1;
export const CHAT = 2;
export const GROUP = 3;
export const PERSON = 4;
export const MESSAGE = 5;
export const ID = 6;
export const NO_CONTROL = 7;
export const SECONDS = 8;
export const MILLISECONDS = 9;
/** 1e11: what src/schema/keywords.ts tells seconds from milliseconds by. */
const UNIT_BORDER: f64 = 100000000000;

function special(p: i32): i32 {
  const bytes = v128.load(p);
  const ends = v128.or(i8x16.eq(bytes, i8x16.splat(34)), i8x16.eq(bytes, i8x16.splat(92)));
  return i8x16.bitmask(v128.or(ends, i8x16.lt_u(bytes, i8x16.splat(32))));
}

/** The closing quote of a text without escapes; 0 where it has one, or is no text. */
export function plainEnd(from: i32): i32 {
  let p = from;
  let mask = special(p);
  while (mask === 0) {
    p += 16;
    mask = special(p);
  }
  p += ctz(mask);
  return load<u8>(p) === 34 ? p : 0;
}

/** A digit of a hexadecimal number; -1 where it is none. */
function hex(byte: i32): i32 {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** The closing quote of a text; 0 where it is none, or may hold half of a character. */
export function textEnd(from: i32): i32 {
  let p = from;
  while (true) {
    const mask = special(p);
    if (mask === 0) {
      p += 16;
      continue;
    }
    p += ctz(mask);
    const byte = load<u8>(p);
    if (byte === 34) return p;
    if (byte !== 92) return 0;
    const next = load<u8>(p + 1);
    if (next === 117) {
      const first = hex(load<u8>(p + 2));
      const second = hex(load<u8>(p + 3));
      if (first < 0 || second < 0 || hex(load<u8>(p + 4)) < 0 || hex(load<u8>(p + 5)) < 0) return 0;
      // Surrogates.
      if (first === 13 && second >= 8) return 0;
      p += 6;
    } else if (next === 110 || next === 34 || next === 92 || next === 47 || next === 98 || next === 102 || next === 114 || next === 116) {
      p += 2;
    } else return 0;
  }
}

/** The number of a name; 0 where it is not one of the tables. */
export function numberOf(from: i32, size: i32): i32 {
  const head = headOf(from, size);
  const tail = tailOf(from, size);
  let slot = <i32>(hashOf(head, tail, size) >> 54);
  while (true) {
    const name = <i32>load<u16>(slots + slot * 2);
    if (name === 0) return 0;
    const entry = names + name * NAME;
    if (head === load<u64>(entry) && tail === load<u64>(entry, 8) && size === load<i32>(entry, 16)) {
      if (size <= 16 || sameMiddle(from, load<i32>(entry, 20), size)) return name;
    }
    slot = (slot + 1) & (SLOTS - 1);
  }
}

function sameMiddle(a: i32, b: i32, size: i32): bool {
  for (let i = 8; i < size - 8; i++) if (load<u8>(a + i) !== load<u8>(b + i)) return false;
  return true;
}

export function isDigit(byte: i32): bool {
  return <u32>(byte - 48) < 10;
}

export function digitsFrom(from: i32): i32 {
  let p = from;
  while (isDigit(load<u8>(p))) p++;
  return p - from;
}

/** Letters of ids before the server: letters, digits, dot, hyphen, underscore. */
function isIdLetter(byte: i32): bool {
  return isDigit(byte) || <u32>((byte | 32) - 97) < 26 || byte === 46 || byte === 45 || byte === 95;
}

/** The forms of src/schema/keywords.ts, as they nearly always are. */
export function fits(form: i32, from: i32, end: i32): bool {
  const size = end - from;
  if (form === PERSON) {
    const digits = digitsFrom(from);
    if (digits === 0) return false;
    if (digits === size) return true;
    const server = numberOf(from + digits, size - digits);
    return server === WHATSAPP || server === LID;
  }
  if (form === CHAT || form === GROUP) {
    let p = from;
    while (p < end && isIdLetter(load<u8>(p))) p++;
    if (p === from) return false;
    if (p === end) return form === CHAT && numberOf(from, size) === STORIES;
    const server = numberOf(p, end - p);
    if (form === GROUP) return server === GROUPS;
    return server !== 0 && server <= LAST_SERVER;
  }
  if (form === MESSAGE) {
    let parts = 0;
    let begin = from;
    for (let p = from; ; p++) {
      const byte = p < end ? <i32>load<u8>(p) : 45;
      if (byte === 45) {
        const length = p - begin;
        if (length > 30 || length < (parts < 2 ? 4 : 2)) return false;
        parts++;
        begin = p + 1;
        if (p === end) return parts > 1 && parts < 5;
      } else if (!isIdLetter(byte)) return false;
    }
  }
  if (form === SECONDS || form === MILLISECONDS) {
    if (size === 0 || size > 15 || digitsFrom(from) !== size) return false;
    let time: f64 = 0;
    for (let p = from; p < end; p++) time = time * 10 + <f64>(load<u8>(p) - 48);
    return isTime(form, time, false);
  }
  // Ids: without control characters, which may be of two bytes too.
  for (let p = from; p < end; p++) if (load<u8>(p) === 127 || load<u8>(p) === 0xc2) return false;
  return form === ID ? size > 0 : form === NO_CONTROL;
}

/** @param more whether the time is a little more than that */
export function isTime(unit: i32, time: f64, more: bool): bool {
  return unit === SECONDS ? time < UNIT_BORDER : time >= UNIT_BORDER || (time === 0 && !more);
}
