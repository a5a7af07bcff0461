// Compiled to WebAssembly by scripts/generate.js. Tells of the bytes of a body whether nothing at all is to be remarked
// on it, without making anything of them: most bodies are such, and need no more. It may say no of a body that is sound,
// and whoever asks looks at it closer, but never yes of one that is not: test/io/sound.test.ts holds it to that.
import { BYTES, HASHES, hashOf, headOf, isUnsafe, MOST_MEMBERS, tailOf } from './memory';
import {
  AGREE,
  BY_WORD,
  CHANNEL_ID,
  categories,
  channelNode,
  ERRORS,
  EVENT,
  errorsNode,
  events,
  keyNodes,
  members,
  methods,
  NODE,
  nodes,
  payloadKeys,
  places,
  ranges,
  rules,
  SHAPE,
  shapes,
  stride,
  TYPE,
  words,
} from './tables';
import { digitsFrom, fits, isDigit, isTime, numberOf, plainEnd, textEnd, WORD } from './text';

/** Bits of the types of a value, as scripts/sound.js writes them. */
const STRING = 1;
const NUMBER = 2;
const INTEGER = 4;
const BOOLEAN = 8;
const NULL = 16;
const OBJECT = 32;
const ARRAY = 64;

/** What a number has to be, beside the two units. */
const RANGE = 1;

/** Levels of objects and lists. */
const MOST_LEVELS = 100;
/** The byte looked at next. */
let at = 0;
let level = 0;
/** Behind the hashes of the objects that are open. */
let top = 0;
/** Whether a line end is white space: it is none between lines. */
let lineEnds = false;
/** Place of the last word in its list; 0 where it was none. */
let word = 0;
/** The last number, where it is a whole one from 0 to 15; else -1. */
let code = -1;

function skipSpace(): void {
  if (load<u8>(at) > 32) return;
  skipMore();
}

function skipMore(): void {
  for (;;) {
    const byte = load<u8>(at);
    if (byte !== 32 && byte !== 13 && byte !== 9 && (byte !== 10 || !lineEnds)) return;
    at++;
  }
}

/** Goes over a key and its colon. Number of the name; 0 where it is not one of the tables. */
function key(): i32 {
  if (load<u8>(at) !== 34) return 0;
  const from = at + 1;
  const end = plainEnd(from);
  if (end === 0) return 0;
  at = end + 1;
  skipSpace();
  if (load<u8>(at++) !== 58) return 0;
  skipSpace();
  return numberOf(from, end - from);
}

/** Goes over a comma (1) or the closing bracket (2); 0 for anything else. */
function next(closing: i32): i32 {
  skipSpace();
  const byte = <i32>load<u8>(at++);
  if (byte === 44) {
    skipSpace();
    return 1;
  }
  return byte === closing ? 2 : 0;
}

function text(node: i32): bool {
  const form = <i32>load<u8>(node, 1);
  const from = ++at;
  if (form === 0) {
    const end = textEnd(from);
    if (end === 0) return false;
    at = end + 1;
    return end > from || load<u8>(node, 3) === 0;
  }
  const end = plainEnd(from);
  if (end === 0) return false;
  at = end + 1;
  if (form === WORD) {
    word = load<u8>(words + <i32>load<u16>(node, 4) * stride + numberOf(from, end - from));
    return word !== 0;
  }
  return fits(form, from, end) && (end > from || load<u8>(node, 3) === 0);
}

function number(node: i32): bool {
  const types = <i32>load<u8>(node);
  const negative = load<u8>(at) === 45;
  if (negative) at++;
  const from = at;
  let value: f64 = 0;
  while (isDigit(load<u8>(at))) value = value * 10 + <f64>(load<u8>(at++) - 48);
  const digits = at - from;
  if (digits === 0 || digits > 20 || (digits > 1 && load<u8>(from) === 48)) return false;
  let fraction = false;
  if (load<u8>(at) === 46) {
    const decimals = digitsFrom(++at);
    if (decimals === 0 || decimals > 20) return false;
    at += decimals;
    fraction = true;
  }
  if ((load<u8>(at) | 32) === 101) return false;
  if ((types & (fraction ? NUMBER : NUMBER | INTEGER)) === 0) return false;
  code = !negative && !fraction && value < 16 ? <i32>value : -1;
  const form = <i32>load<u8>(node, 2);
  if (form === 0) return true;
  if (form !== RANGE) return negative || isTime(form, value, fraction);
  // Somewhere between two whole numbers.
  const more = fraction ? value + 1 : value;
  const range = ranges + <i32>load<u16>(node, 6) * 16;
  return (negative ? -more : value) >= load<f64>(range) && (negative ? -value : more) <= load<f64>(range, 8);
}

function value(index: i32): bool {
  const node = nodes + index * NODE;
  const types = <i32>load<u8>(node);
  const byte = load<u8>(at);
  if (byte === 34) return (types & STRING) !== 0 && text(node);
  if (byte === 123) {
    if ((types & OBJECT) === 0) return false;
    at++;
    const shape = <i32>load<u16>(node, 8);
    return shape === 0 ? anyObject() : object(shape - 1);
  }
  if (byte === 91) return (types & ARRAY) !== 0 && list(<i32>load<u16>(node, 10));
  if (byte === 116) {
    if (load<u32>(at) !== 0x65757274) return false;
    at += 4;
    return (types & BOOLEAN) !== 0;
  }
  if (byte === 102) {
    if (load<u32>(at + 1) !== 0x65736c61) return false;
    at += 5;
    return (types & BOOLEAN) !== 0;
  }
  if (byte === 110) {
    if (load<u32>(at) !== 0x6c6c756e) return false;
    at += 4;
    return (types & NULL) !== 0;
  }
  return number(node);
}

function list(items: i32): bool {
  if (++level > MOST_LEVELS) return false;
  at++;
  skipSpace();
  if (load<u8>(at) === 93) at++;
  else {
    for (;;) {
      if (!value(items)) return false;
      const after = next(93);
      if (after === 2) break;
      if (after === 0) return false;
    }
  }
  level--;
  return true;
}

/** An object whose members the schemas know. */
function object(index: i32): bool {
  if (++level > MOST_LEVELS) return false;
  const shape = shapes + index * SHAPE;
  const place = places + index * stride;
  const nodesOf = members + <i32>load<u16>(shape) * 4 - 2;
  const rule = <i32>load<u8>(shape, 3);
  const wordPlace = <i32>load<u8>(shape, 4);
  const codePlace = <i32>load<u8>(shape, 5);
  let seen: u64 = 0;
  let ownWord = 0;
  let ownCode = -2;
  skipSpace();
  if (load<u8>(at) === 125) at++;
  else {
    for (;;) {
      const member = <i32>load<u8>(place + key());
      const bit = (<u64>1) << (<u64>member - 1);
      if (member === 0 || (seen & bit) !== 0) return false;
      seen |= bit;
      word = 0;
      code = -1;
      if (!value(<i32>load<u16>(nodesOf + member * 4))) return false;
      if (rule !== 0) {
        if (member === wordPlace) ownWord = word;
        else if (member === codePlace) ownCode = code;
      }
      const after = next(125);
      if (after === 2) break;
      if (after === 0) return false;
    }
  }
  level--;
  const needed = load<u64>(shape, 8);
  if ((seen & needed) !== needed) return false;
  if (rule === 0) return true;
  const table = rules + <i32>load<u16>(shape, 6);
  if (rule === BY_WORD) {
    // Of each word: the members that may not stand with it, and those of which one must.
    const mayNot = load<u64>(table + ownWord * 16);
    const oneOf = load<u64>(table + ownWord * 16, 8);
    return ownWord !== 0 && (seen & mayNot) === 0 && (oneOf === 0 || (seen & oneOf) !== 0);
  }
  // Of each number the word that goes with it, or 0.
  if (rule !== AGREE) return false;
  if (ownCode === -2 || (seen & ((<u64>1) << (<u64>wordPlace - 1))) === 0) return true;
  if (ownCode === -1) return false;
  const wanted = <i32>load<u8>(table + ownCode);
  return wanted === 0 || wanted === ownWord;
}

/** An object that may hold anything: only its keys are looked at. */
function anyObject(): bool {
  if (++level > MOST_LEVELS) return false;
  const first = top;
  let bits: u64 = 0;
  skipSpace();
  if (load<u8>(at) === 125) at++;
  else {
    for (;;) {
      if (load<u8>(at) !== 34) return false;
      const from = at + 1;
      const end = plainEnd(from);
      if (end === 0) return false;
      const size = end - from;
      const head = headOf(from, size);
      if (isUnsafe(head, size)) return false;
      const hash = hashOf(head, tailOf(from, size), size);
      const bit = (<u64>1) << (hash >> 58);
      if ((bits & bit) !== 0) {
        for (let other = first; other < top; other += 8) if (load<u64>(other) === hash) return false;
      }
      bits |= bit;
      if (top - first === MOST_MEMBERS * 8) return false;
      store<u64>(top, hash);
      top += 8;
      at = end + 1;
      skipSpace();
      if (load<u8>(at++) !== 58) return false;
      skipSpace();
      if (!value(0)) return false;
      const after = next(125);
      if (after === 2) break;
      if (after === 0) return false;
    }
  }
  top = first;
  level--;
  return true;
}

/** The event that `event` names, as a bit; 0 where it says anything else. */
function eventOf(): u32 {
  if (load<u8>(at) !== 123) return 0;
  at++;
  let category = 0;
  let method = 0;
  skipSpace();
  for (;;) {
    const name = key();
    if (load<u8>(at) !== 34) return 0;
    const from = ++at;
    const end = plainEnd(from);
    if (end === 0) return 0;
    at = end + 1;
    const said = numberOf(from, end - from);
    let place = 0;
    if (name === TYPE && category === 0) place = category = load<u8>(categories + said);
    else if (name === EVENT && method === 0) place = method = load<u8>(methods + said);
    if (place === 0) return 0;
    const after = next(125);
    if (after === 2) break;
    if (after === 0) return 0;
  }
  return category === 0 || method === 0 ? 0 : load<u32>(events + category * 16 + method * 4 - 20);
}

/** Goes over a payload from its opening brace on. */
function payload(): bool {
  let event: u32 = 0;
  let mayBe: u32 = 0xffffffff;
  let seen: u64 = 0;
  let named = false;
  let channel = false;
  let errors = false;
  at++;
  skipSpace();
  for (;;) {
    const name = key();
    const member = <i32>load<u8>(payloadKeys + name);
    if (member !== 0) {
      const bit = (<u64>1) << (<u64>member - 1);
      if ((seen & bit) !== 0) return false;
      seen |= bit;
      const entry = keyNodes + member * 8 - 8;
      mayBe &= load<u32>(entry, 4);
      if (!value(<i32>load<u16>(entry))) return false;
    } else if (name === EVENT && !named) {
      named = true;
      event = eventOf();
      if (event === 0) return false;
    } else if (name === CHANNEL_ID && !channel) {
      channel = true;
      if (!value(channelNode)) return false;
    } else if (name === ERRORS && !errors) {
      errors = true;
      if (!value(errorsNode)) return false;
    } else return false;
    const after = next(125);
    if (after === 2) break;
    if (after === 0) return false;
  }
  return channel && seen !== 0 && (event & mayBe) !== 0;
}

/**
 * Whether a line is a sound payload.
 * @returns the end of it, which is a line end; 0 where it is not sound
 */
export function soundLine(begin: i32): i32 {
  if (load<u8>(begin) !== 123) return 0;
  at = begin;
  level = 0;
  top = HASHES;
  lineEnds = false;
  if (!payload()) return 0;
  skipSpace();
  return load<u8>(at) === 10 ? at : 0;
}

/** Whether the bytes, from the first to the last, are one sound payload, perhaps with white space behind it. */
export function sound(length: i32): bool {
  if (length === 0 || load<u8>(BYTES) !== 123) return false;
  at = BYTES;
  level = 0;
  top = HASHES;
  lineEnds = true;
  if (!payload()) return false;
  const end = BYTES + length;
  while (at < end && (load<u8>(at) === 32 || load<u8>(at) === 10 || load<u8>(at) === 13 || load<u8>(at) === 9)) at++;
  return at === end;
}
