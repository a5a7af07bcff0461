import { isObject, type JsonObject } from '../schema/keywords.ts';
import { chatsOf } from './chats.ts';

/** What deliveries are found by: read from a payload that strangers wrote, all of it bounded. */
export interface Facets {
  /** Chats it is about, as chat ids. */
  readonly chats: readonly string[];
  /** Who wrote the messages or made the calls: digits, or a hidden number's id. */
  readonly senders: readonly string[];
  /** Types of its messages. */
  readonly types: readonly string[];
  /** Whether the channel itself sent one of its messages; null where it has none that says. */
  readonly fromMe: boolean | null;
}

/** Items of one list that are looked at, and different values of one kind that are kept. */
const MOST_ITEMS = 200;
const MOST_VALUES = 50;
const LONGEST_ID = 100;
/** Characters of text kept of one delivery, and of one of its members. */
const MOST_TEXT = 64_000;
const LONGEST_TEXT = 16_000;
/** Members of one content object that are looked at, and levels of them. */
const MOST_MEMBERS = 200;
const DEEPEST = 5;

const own = (fields: unknown, key: string): unknown => (isObject(fields) && Object.hasOwn(fields, key) ? fields[key] : undefined);

const NONE: readonly unknown[] = [];

const list = (fields: unknown, key: string): readonly unknown[] => {
  const value = own(fields, key);
  if (!Array.isArray(value)) return NONE;
  return value.length > MOST_ITEMS ? value.slice(0, MOST_ITEMS) : value;
};

/** Ids are bounded and have no white space; anything else that stands in their place is none. */
const asId = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_ID && !/[\s\0]/.test(value) ? value : undefined;

/** The number before the @ of a person's chat id; hidden numbers (`…@lid`) stay whole. */
const asSender = (value: unknown): string | undefined => asId(value)?.replace(/@(?:s\.whatsapp\.net|c\.us)$/, '');

const distinct = (values: readonly (string | undefined)[]): string[] => {
  // Most events have one item.
  if (values.length < 2) return values[0] === undefined ? [] : [values[0]];
  const seen = new Set<string>();
  for (const value of values) {
    if (value === undefined) continue;
    seen.add(value);
    if (seen.size === MOST_VALUES) break;
  }
  return [...seen];
};

/** An update tells of one thing twice, before and after. */
const sides = (update: unknown): unknown[] => [own(update, 'after_update'), own(update, 'before_update')];

/** The messages of a payload. Of an update, what the message has become, else what it was. */
const messagesOf = (payload: unknown): JsonObject[] => {
  const messages = list(payload, 'messages').filter(isObject);
  for (const update of list(payload, 'messages_updates')) {
    const message = sides(update).find(isObject);
    if (message !== undefined) messages.push(message);
  }
  return messages;
};

/** Members whose strings a person reads; preview, links and ids are not among them. */
const TEXTS = new Set([
  'body',
  'caption',
  'title',
  'text',
  'description',
  'name',
  'header',
  'footer',
  'comment',
  'filename',
  'file_name',
  'address',
  'label',
  'options',
]);
/** Objects of a message that are not its content. */
const NOT_CONTENT = new Set(['context', 'labels', 'reactions']);

const gather = (content: unknown, texts: string[], isText: boolean, depth: number): void => {
  if (typeof content === 'string') {
    if (isText && content !== '') texts.push(content.slice(0, LONGEST_TEXT));
  } else if (depth < DEEPEST && Array.isArray(content)) {
    for (const item of content.slice(0, MOST_MEMBERS)) gather(item, texts, isText, depth + 1);
  } else if (depth < DEEPEST && isObject(content)) {
    let seen = 0;
    for (const key in content) {
      if (++seen > MOST_MEMBERS) break;
      gather(content[key], texts, TEXTS.has(key), depth + 1);
    }
  }
};

/**
 * The texts of the messages of a payload, one below the other, bounded together.
 * @param payload the parsed body, whatever it is
 */
export const textOf = (payload: unknown): string => {
  const messages = messagesOf(payload);
  const texts: string[] = [];
  let length = 0;
  for (const message of messages) {
    const found: string[] = [];
    let seen = 0;
    for (const key in message) {
      if (++seen > MOST_MEMBERS) break;
      if (typeof message[key] === 'object' && !NOT_CONTENT.has(key)) gather(message[key], found, false, 0);
    }
    for (const text of found) {
      const rest = MOST_TEXT - length;
      if (rest <= 0) return texts.join('\n');
      texts.push(text.slice(0, rest));
      length += text.length;
    }
  }
  return texts.join('\n');
};

/**
 * What a delivery is found by.
 * @param payload the parsed body, whatever it is
 */
export const facetsOf = (payload: unknown): Facets => {
  const messages = messagesOf(payload);
  const writers: unknown[] = [...messages];
  for (const update of list(payload, 'messages_updates')) writers.push(own(update, 'trigger'));
  writers.push(...list(payload, 'calls'));
  const mine = messages.map((message) => own(message, 'from_me')).filter((value) => typeof value === 'boolean');
  return {
    chats: distinct(chatsOf(payload).map(asId)),
    senders: distinct(writers.map((item) => asSender(own(item, 'from')))),
    types: distinct(messages.map((message) => asId(own(message, 'type')))),
    fromMe: mine.length === 0 ? null : mine.includes(true),
  };
};
