import { isObject } from '../schema/keywords.ts';

/** Chats of one payload that are told apart; a batch of more is a batch of many. */
const MOST_CHATS = 100;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** A contact's id is the number alone where a chat's id has the server behind it (CONTRACT.md section 6). */
const chatOfContact = (id: string | undefined): string | undefined => (id !== undefined && /^\d+$/.test(id) ? `${id}@s.whatsapp.net` : id);

type Item = Readonly<Record<string, unknown>>;
const idOf = (item: Item): string | undefined => text(item['id']);
const inside = (item: Item, read: (item: Item) => string | undefined): string | undefined => {
  const { after_update: after, before_update: before } = item;
  return (isObject(after) ? read(after) : undefined) ?? (isObject(before) ? read(before) : undefined);
};
const chatOfMessage = (item: Item): string | undefined => text(item['chat_id']);
const contact = (item: Item): string | undefined => chatOfContact(idOf(item));

/** Payload key → the chat that one of its items belongs to (CONTRACT.md sections 4 and 5). Other keys name no chat. */
const READERS: ReadonlyMap<string, (item: Item) => string | undefined> = new Map([
  ['messages', chatOfMessage],
  ['messages_updates', (item) => inside(item, chatOfMessage)],
  ['statuses', (item) => chatOfContact(text(item['recipient_id']))],
  ['chats', idOf],
  ['chats_updates', (item) => inside(item, idOf)],
  ['contacts', contact],
  ['contacts_updates', (item) => inside(item, contact)],
  ['groups', idOf],
  ['groups_updates', (item) => inside(item, idOf)],
  ['groups_participants', (item) => text(item['group_id'])],
  ['presences', (item) => chatOfContact(text(item['contact_id']))],
  ['calls', (item) => text(item['chat_id']) ?? chatOfContact(text(item['from']))],
]);

/** Chats found, and whether something in the payload belongs to none that is known. */
const look = (payload: unknown): { chats: Set<string>; unnamed: boolean } => {
  const chats = new Set<string>();
  let unnamed = false;
  const add = (chat: string | undefined): void => {
    if (chat === undefined) unnamed = true;
    else if (chats.size < MOST_CHATS) chats.add(chat);
  };
  if (!isObject(payload)) return { chats, unnamed };
  for (const key of Object.keys(payload)) {
    const value = payload[key];
    if (key === 'messages_removed_all') add(text(value));
    else if (key === 'chats_removed' && Array.isArray(value)) for (const id of value as unknown[]) add(text(id));
    else {
      const read = READERS.get(key);
      if (read !== undefined && Array.isArray(value)) for (const item of value as unknown[]) add(isObject(item) ? read(item) : undefined);
    }
  }
  return { chats, unnamed };
};

/**
 * The ids of the chats that a payload names, in the order they stand, each once and at most 100. Any shape is
 * taken; what names no chat gives none.
 */
export const chatsOf = (payload: unknown): string[] => [...look(payload).chats];

/** The one chat that everything in a payload belongs to; undefined where it names none, several, or leaves one open. */
export const chatOf = (payload: unknown): string | undefined => {
  const { chats, unnamed } = look(payload);
  if (unnamed || chats.size !== 1) return undefined;
  for (const chat of chats) return chat;
  return undefined;
};
