import { MODES } from '../../event/mode.ts';
import { EVENT_NAMES, type EventName, entryOf } from '../../event/name.ts';
import { WORDS } from '../../generated/catalogue.ts';
import { isObject } from '../../schema/keywords.ts';

/** The member of members that a path of names leads to; undefined where strangers sent something else. */
export const at = (value: unknown, ...path: readonly string[]): unknown => {
  let found = value;
  for (const name of path) {
    if (!isObject(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
};

/** What stands in a list; nothing where there is none. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The event as it counts: service has no content of its own by method, so its four methods are one. */
export const eventWord = (name: EventName): string => {
  const { category, keys } = entryOf(name);
  return keys.length === 0 ? category : name;
};

/**
 * Kinds of chat by the end of their id, or by the whole of it (schemas/common/chat-id.schema.json; a test holds the
 * two together). A LID is the id of somebody who hides the phone number.
 */
export const CHAT_KINDS = {
  private: ['@s.whatsapp.net', '@c.us'],
  group: ['@g.us'],
  newsletter: ['@newsletter'],
  LID: ['@lid'],
  broadcast: ['@broadcast'],
  stories: ['stories', 'status@broadcast'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type ChatKind = keyof typeof CHAT_KINDS;

const KIND_BY_END: ReadonlyMap<string, ChatKind> = new Map(
  Object.entries(CHAT_KINDS).flatMap(([kind, ends]) => ends.map((end) => [end, kind as ChatKind] as const)), // keys of a const object
);

/** What kind of chat an id is of; undefined where it does not look like one. */
export const chatKind = (id: unknown): ChatKind | undefined => {
  if (typeof id !== 'string') return undefined;
  const sign = id.lastIndexOf('@');
  // An end alone is no id.
  return sign === 0 ? undefined : (KIND_BY_END.get(id) ?? (sign === -1 ? undefined : KIND_BY_END.get(id.slice(sign))));
};

/** Everything that counts, with all the words it has: from the folder of schemas, but for what is no word there. */
export const DIMENSIONS = {
  event: [...new Set(EVENT_NAMES.map(eventWord))],
  'message type': WORDS['message type'],
  'action type': WORDS['action type'],
  chat: Object.keys(CHAT_KINDS),
  from: ['me', 'others'],
  'group action': WORDS['group action'],
  'status word': WORDS['status word'],
  'call status': WORDS['call status'],
  presence: WORDS.presence,
  'channel state': WORDS['channel state'],
  mode: MODES,
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type DimensionName = keyof typeof DIMENSIONS;

/** Is told each word that is met; what is no word of its dimension is left to it. */
export type See = (dimension: DimensionName, word: unknown) => void;

const seeMessage = (message: unknown, see: See): void => {
  see('message type', at(message, 'type'));
  see('chat', chatKind(at(message, 'chat_id')));
  const fromMe = at(message, 'from_me');
  if (typeof fromMe === 'boolean') see('from', fromMe ? 'me' : 'others');
  if (at(message, 'type') === 'action') see('action type', at(message, 'action', 'type'));
};

/** What an item of an event shows. A message before and after a change is no message that came; its trigger is. */
const SEERS: Readonly<Partial<Record<EventName, (item: unknown, see: See) => void>>> = {
  'messages.post': seeMessage,
  'messages.put': seeMessage,
  'messages.patch': (update, see) => {
    see('action type', at(update, 'trigger', 'action', 'type'));
    see('chat', chatKind(at(update, 'after_update', 'chat_id')));
  },
  'statuses.post': (status, see) => {
    see('status word', at(status, 'status'));
    see('chat', chatKind(at(status, 'recipient_id')));
  },
  'statuses.put': (status, see) => {
    see('status word', at(status, 'status'));
    see('chat', chatKind(at(status, 'recipient_id')));
  },
  'chats.post': (chat, see) => see('chat', chatKind(at(chat, 'id'))),
  'chats.put': (chat, see) => see('chat', chatKind(at(chat, 'id'))),
  'chats.patch': (update, see) => see('chat', chatKind(at(update, 'after_update', 'id'))),
  'chats.delete': (id, see) => see('chat', chatKind(id)),
  'groups.post': (group, see) => see('chat', chatKind(at(group, 'id'))),
  'groups.patch': (update, see) => see('chat', chatKind(at(update, 'after_update', 'id'))),
  'groups.put': (change, see) => {
    see('group action', at(change, 'action'));
    see('chat', chatKind(at(change, 'group_id')));
  },
  'calls.post': (call, see) => {
    see('call status', at(call, 'status'));
    see('chat', chatKind(at(call, 'chat_id')));
  },
  'presences.post': (presence, see) => see('presence', at(presence, 'status')),
  'channel.post': (health, see) => see('channel state', at(health, 'status', 'text')),
};

/** The items of a payload, one by one: what its payload keys hold, lists taken apart. */
export function* itemsOf(name: EventName, payload: unknown): Generator<unknown> {
  for (const key of entryOf(name).keys) {
    const value = at(payload, key);
    if (Array.isArray(value)) yield* value;
    else if (value !== undefined) yield value;
  }
}

/** Tells what an item shows, whatever its shape. */
export const seeItem = (name: EventName, item: unknown, see: See): void => SEERS[name]?.(item, see);
