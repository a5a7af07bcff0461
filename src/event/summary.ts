/** What an event says, in WhatsApp's words: one summary for each of its items. */
import { call, health, label, presence, qr, removedLabel, user } from './summary/account.ts';
import { chat, contact, contactUpdate, group, participants, placeUpdate, removedChat } from './summary/chats.ts';
import { type Summary, summary } from './summary/item.ts';
import { changedMessage, clearedChat, message, messageUpdate, removedMessage, status } from './summary/messages.ts';
import { asObject, asText, enumerate, type Fields, INNER, kindOf, own } from './summary/read.ts';

export type { Summary } from './summary/item.ts';
export { formatSize } from './summary/read.ts';

const DEFAULT_LIMIT = 20;

/** Items of a payload key, still untold. */
interface Found {
  readonly total: number;
  readonly tell: (index: number) => Summary;
}

const wrong = (key: string, value: unknown, wanted: string): Summary => summary(`${key}: ${kindOf(value)} instead of ${wanted}`);

type Finder = (key: string, value: unknown) => Found;

const many =
  <Item>(read: (value: unknown) => Item | null, wanted: string, tell: (item: Item) => Summary): Finder =>
  (key, value) => {
    if (!Array.isArray(value)) return { total: 1, tell: () => wrong(key, value, 'a list') };
    return {
      total: value.length,
      tell: (index) => {
        const item = read(value[index]);
        return item === null ? wrong(key, value[index], wanted) : tell(item);
      },
    };
  };

const each = (tell: (item: Fields) => Summary): Finder => many(asObject, 'an object', tell);
const eachText = (tell: (item: string) => Summary): Finder => many(asText, 'a text', tell);

const one =
  (tell: (item: Fields) => Summary): Finder =>
  (key, value) => {
    const item = asObject(value);
    return { total: 1, tell: () => (item === null ? wrong(key, value, 'an object') : tell(item)) };
  };

const oneText =
  (tell: (item: string) => Summary): Finder =>
  (key, value) => {
    const item = asText(value);
    return { total: 1, tell: () => (item === null ? wrong(key, value, 'a text') : tell(item)) };
  };

/** The payload keys of each event and how their items are told (CONTRACT.md, section 4). */
const EVENTS: ReadonlyMap<string, readonly (readonly [key: string, find: Finder])[]> = new Map([
  ['messages.post', [['messages', each(message)]]],
  ['messages.put', [['messages', each(changedMessage)]]],
  ['messages.patch', [['messages_updates', each(messageUpdate)]]],
  [
    'messages.delete',
    [
      ['messages_removed', eachText(removedMessage)],
      ['messages_removed_all', oneText(clearedChat)],
    ],
  ],
  ['statuses.post', [['statuses', each(status)]]],
  ['statuses.put', [['statuses', each(status)]]],
  ['chats.post', [['chats', each(chat('new chat'))]]],
  ['chats.put', [['chats', each(chat('chat changed'))]]],
  ['chats.patch', [['chats_updates', each(placeUpdate)]]],
  ['chats.delete', [['chats_removed', eachText(removedChat)]]],
  ['contacts.post', [['contacts', each(contact)]]],
  ['contacts.patch', [['contacts_updates', each(contactUpdate)]]],
  ['groups.post', [['groups', each(group)]]],
  ['groups.put', [['groups_participants', each(participants)]]],
  ['groups.patch', [['groups_updates', each(placeUpdate)]]],
  ['presences.post', [['presences', each(presence)]]],
  ['channel.post', [['health', one(health)]]],
  ['channel.patch', [['qr', one(qr)]]],
  ['users.post', [['user', one(user('WhatsApp account connected'))]]],
  ['users.delete', [['user', one(user('WhatsApp account disconnected'))]]],
  ['labels.post', [['labels', each(label)]]],
  ['labels.delete', [['labels_removed', eachText(removedLabel)]]],
  ['calls.post', [['calls', each(call)]]],
]);

/** What can be said of a payload nobody knows the meaning of. */
const unknownPayload = (payload: unknown): Found => {
  const fields = asObject(payload);
  if (fields === null) return { total: 1, tell: () => summary(kindOf(payload)) };
  const keys = Object.keys(fields);
  const what = keys.length === 0 ? 'no members' : `members: ${enumerate(keys.slice(0, INNER), keys.length)}`;
  return { total: 1, tell: () => summary(what) };
};

const find = (event: string | null, payload: unknown): Found[] => {
  const fields = asObject(payload);
  const found: Found[] = [];
  for (const [key, finder] of EVENTS.get(event ?? '') ?? []) {
    if (fields !== null && Object.hasOwn(fields, key)) found.push(finder(key, own(fields, key)));
  }
  return found.length === 0 ? [unknownPayload(payload)] : found;
};

const tellAll = (event: string | null, payload: unknown, limit: number): { items: Summary[]; total: number } => {
  const found = find(event, payload);
  const most = Number.isNaN(limit) ? DEFAULT_LIMIT : Math.floor(limit);
  const items: Summary[] = [];
  for (const { total, tell } of found) {
    for (let index = 0; index < total && items.length < most; index += 1) items.push(tell(index));
  }
  return { items, total: found.reduce((sum, { total }) => sum + total, 0) };
};

/**
 * @param event its name ("groups.put"), null when it has none
 * @param payload the parsed body, whatever it is
 * @param limit how many items to tell at most
 * @returns one per item, at most `limit` (default 20) and how many items there are in all. Never throws, whatever the payload is.
 */
export const summarize = (event: string | null, payload: unknown, limit: number = DEFAULT_LIMIT): { items: Summary[]; total: number } => {
  try {
    return tellAll(event, payload, limit);
  } catch {
    // JSON never comes here; a value with throwing getters does, and must not end a listener.
    return { items: [summary('payload that cannot be read')].slice(0, Math.max(0, limit)), total: 1 };
  }
};
