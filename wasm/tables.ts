// The schemas as tables, as scripts/sound.js writes them.
import { hashOf, headOf, ROOM, TABLES, tailOf } from './memory';

// The tables, as scripts/sound.js writes them: their numbers, two bytes each, then one after the other.
/** Types, what a text has to be, what a number, whether a text may not be empty; its list of words, its range, shape, items. */
export const NODE = 12;
/** First of its members, how many; kind of its rule, the members this asks for, where it stands; bits of the members needed. */
export const SHAPE = 16;
/** Rules of a shape beyond its members: which may stand with a word, and which number a word goes with. */
export const BY_WORD = 1;
export const AGREE = 2;

// What is made of them lies behind them.
/** Name → number of it, by its hash; 0 is none. */
export const SLOTS = 1024;
export let slots = 0;
/** Of each name: head, tail, length, where it stands. */
export let names = 0;
export const NAME = 24;
export let stride = 0; // names
export let nodes = 0;
export let shapes = 0;
export let members = 0;
export let rules = 0;
export let ranges = 0;
/** Of each shape a byte for each name: the place of the member among those of the shape, from 1. */
export let places = 0;
/** Of each list of words a byte for each name: its place, from 1. */
export let words = 0;
/** Of each name a byte: the payload key it is, from 1; the category; the method. */
export let payloadKeys = 0;
export let categories = 0;
export let methods = 0;
/** Of each payload key: its node, the events it belongs to. */
export let keyNodes = 0;
/** Of each method of each category: the bit of the event. */
export let events = 0;
export let channelNode = 0;
export let errorsNode = 0;

/** Names that are asked for by their numbers, in the order in which scripts/sound.js puts them first. */
export const WHATSAPP = 1;
export const LID = 2;
export const GROUPS = 3;
export const LAST_SERVER = 6;
export const STORIES = 7;
export const TYPE = 8;
export const EVENT = 9;
export const CHANNEL_ID = 10;
export const ERRORS = 11;

/**
 * Makes the tables ready.
 * @returns whether there was room for them
 */
export function prepare(size: i32): bool {
  const countOfNames = <i32>load<u16>(TABLES, 0);
  const countOfNodes = <i32>load<u16>(TABLES, 2);
  const countOfShapes = <i32>load<u16>(TABLES, 4);
  const countOfMembers = <i32>load<u16>(TABLES, 6);
  const sizeOfRules = <i32>load<u16>(TABLES, 8);
  const countOfRanges = <i32>load<u16>(TABLES, 10);
  const countOfLists = <i32>load<u16>(TABLES, 12);
  const countOfKeys = <i32>load<u16>(TABLES, 14);
  const countOfCategories = <i32>load<u16>(TABLES, 16);
  channelNode = <i32>load<u16>(TABLES, 18);
  errorsNode = <i32>load<u16>(TABLES, 20);
  let at = TABLES + 24;
  ranges = at;
  at += countOfRanges * 16;
  rules = at;
  at += sizeOfRules;
  events = at;
  at += countOfCategories * 16;
  keyNodes = at;
  at += countOfKeys * 8;
  nodes = at;
  at += countOfNodes * NODE;
  shapes = at;
  at += countOfShapes * SHAPE;
  members = at;
  at += countOfMembers * 4;
  let list = at;
  // The payload keys, the categories, the methods, then the lists of words.
  for (let i = 0; i < countOfLists + 3; i++) at += 2 + 2 * <i32>load<u16>(at);
  let text = at;
  stride = countOfNames + 1;
  slots = TABLES + ((size + 15) & ~15);
  names = slots + SLOTS * 2;
  places = names + stride * NAME;
  payloadKeys = places + countOfShapes * stride;
  categories = payloadKeys + stride;
  methods = categories + stride;
  words = methods + stride;
  if (words + countOfLists * stride > TABLES + ROOM) return false;
  for (let name = 1; name < stride; name++) {
    const length = <i32>load<u8>(text++);
    const head = headOf(text, length);
    const tail = tailOf(text, length);
    const entry = names + name * NAME;
    store<u64>(entry, head);
    store<u64>(entry, tail, 8);
    store<i32>(entry, length, 16);
    store<i32>(entry, text, 20);
    let slot = <i32>(hashOf(head, tail, length) >> 54);
    while (load<u16>(slots + slot * 2) !== 0) slot = (slot + 1) & (SLOTS - 1);
    store<u16>(slots + slot * 2, <u16>name);
    text += length;
  }
  for (let shape = 0; shape < countOfShapes; shape++) {
    const entry = shapes + shape * SHAPE;
    const first = members + <i32>load<u16>(entry) * 4;
    const count = <i32>load<u8>(entry, 2);
    for (let i = 0; i < count; i++) store<u8>(places + shape * stride + <i32>load<u16>(first + i * 4), <u8>(i + 1));
  }
  for (let i = 0; i < countOfLists + 3; i++) {
    const count = <i32>load<u16>(list);
    list += 2;
    for (let place = 1; place <= count; place++) {
      store<u8>(payloadKeys + i * stride + <i32>load<u16>(list), <u8>place);
      list += 2;
    }
  }
  return true;
}
