/** Who did it and where: ids and names of a payload as a person says them. */
import { bool, type Fields, text } from './read.ts';

const PHONE_SERVERS: ReadonlySet<string> = new Set(['s.whatsapp.net', 'c.us']);

const parts = (id: string): { name: string; server: string | null } => {
  const at = id.lastIndexOf('@');
  return at === -1 ? { name: id, server: null } : { name: id.slice(0, at), server: id.slice(at + 1) };
};

/** "+99900011122", "lid 123", "newsletter 120363…", "stories"; group ids and what is not known stay as they came. */
export const address = (id: string | null): string | null => {
  if (id === null) return null;
  if (id === 'stories' || id === 'status@broadcast') return 'stories';
  const { name, server } = parts(id);
  if (name === '') return id;
  if (server === 'lid') return `lid ${name}`;
  if (server === 'newsletter') return `newsletter ${name}`;
  if (server === 'broadcast') return `broadcast ${name}`;
  if (server !== null && !PHONE_SERVERS.has(server)) return id;
  return /^\d+$/.test(name) ? `+${name}` : name;
};

export const isGroup = (id: string): boolean => parts(id).server === 'g.us';

/** A chat with one person: where it happens follows from who did it. */
export const isPrivate = (id: string): boolean => {
  const { name, server } = parts(id);
  if (server === null) return /^\d+$/.test(name);
  return PHONE_SERVERS.has(server) || server === 'lid';
};

export const directionOf = (message: Fields | null): 'in' | 'out' | null => {
  const mine = bool(message, 'from_me');
  if (mine === null) return null;
  return mine ? 'out' : 'in';
};

/** The author of a message. In a private chat the chat is the author when nothing else says so. */
export const whoOf = (message: Fields | null): string | null => {
  if (bool(message, 'from_me') === true) return 'you';
  const chat = text(message, 'chat_id');
  const theirs = chat !== null && isPrivate(chat);
  return (
    text(message, 'from_name') ??
    (theirs ? text(message, 'chat_name') : null) ??
    address(text(message, 'from')) ??
    (theirs ? address(chat) : null)
  );
};

/** The chat, said always. */
export const chatOf = (message: Fields | null): string | null => {
  const chat = address(text(message, 'chat_id'));
  return chat === 'stories' ? chat : (text(message, 'chat_name') ?? chat);
};

/** The chat, unless it only repeats who wrote. */
export const whereOf = (message: Fields | null): string | null => {
  const chat = text(message, 'chat_id');
  if (bool(message, 'from_me') !== true && chat !== null && isPrivate(chat)) return null;
  return chatOf(message);
};

/** A contact by name, else by number. */
export const personOf = (item: Fields | null): string | null => text(item, 'name') ?? text(item, 'pushname') ?? address(text(item, 'id'));
