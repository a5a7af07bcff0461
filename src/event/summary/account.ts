/** Items of the categories presences, channel, users, labels and calls. */
import { type Summary, summary } from './item.ts';
import { address, isGroup, isPrivate, personOf } from './people.ts';
import { bool, cut, type Fields, isoTime, line, num, object, quote, text } from './read.ts';

export const presence = (item: Fields): Summary => {
  const id = text(item, 'contact_id');
  const kind = text(item, 'status');
  const seen = num(item, 'last_seen');
  const time = seen === null ? null : isoTime(seen);
  const grouped = id !== null && isGroup(id);
  const word = kind === 'recording' ? 'recording a voice message' : kind;
  const told = [word, time === null ? null : `last seen ${time}`].filter((part) => part !== null);
  return summary(told.join(', ') || 'no presence told', {
    kind,
    who: grouped ? null : address(id),
    where: grouped ? address(id) : null,
    id,
  });
};

const STATES: ReadonlyMap<string, string> = new Map([
  ['NOT_INIT', 'channel is not started'],
  ['INIT', 'channel is starting'],
  ['LAUNCH', 'channel is launching WhatsApp'],
  ['QR', 'channel waits for a phone to scan the QR code'],
  ['AUTH', 'channel is connected to WhatsApp'],
  ['ERROR', 'channel has an error'],
  ['SYNC_ERROR', 'channel could not synchronize with the phone'],
  ['STOP', 'channel is stopped'],
]);

export const health = (item: Fields): Summary => {
  const state = object(item, 'status');
  const kind = text(state, 'text');
  const code = num(state, 'code');
  const user = personOf(object(item, 'user'));
  const unknown = code === null ? 'channel state not told' : `channel state code ${code}`;
  const words = kind === null ? unknown : (STATES.get(kind) ?? `channel state ${cut(kind, 60)}`);
  return summary(`${words}${user === null ? '' : ` as ${cut(user, 80)}`}`, { kind, id: text(item, 'channel_id') });
};

const QR_STATES: ReadonlyMap<string, string> = new Map([
  ['OK', 'new QR code to scan'],
  ['TIMEOUT', 'QR code timed out'],
  ['WAITING', 'QR code is not ready yet'],
  ['ERROR', 'no QR code: error'],
]);

export const qr = (item: Fields): Summary => {
  const kind = text(item, 'status');
  const expire = num(item, 'expire');
  const words = kind === null ? 'QR code' : (QR_STATES.get(kind) ?? `QR code ${cut(kind, 60)}`);
  return summary(`${words}${expire === null ? '' : `, expires in ${expire} s`}`, { kind });
};

export const user =
  (what: string) =>
  (item: Fields): Summary =>
    summary(what, { who: personOf(item), id: text(item, 'id') });

export const label = (item: Fields): Summary => {
  const name = text(item, 'name');
  const id = text(item, 'id');
  const amount = num(item, 'count');
  const facts = [
    line('label', name === null ? id : quote(name, 120), 'created or changed'),
    text(item, 'color'),
    amount === null ? null : `count ${amount}`,
  ].filter((fact) => fact !== null);
  return summary(facts.join(', '), { id });
};

export const removedLabel = (name: string): Summary => summary(`label ${quote(name)} deleted`, { id: name });

export const call = (item: Fields): Summary => {
  const kind = text(item, 'status');
  const chat = text(item, 'chat_id');
  const shared = chat !== null && !isPrivate(chat);
  const facts = [
    kind ?? 'call',
    bool(item, 'video_call') === true ? 'video' : null,
    bool(item, 'group_call') === true ? 'group call' : null,
    bool(item, 'offline_call') === true ? 'while offline' : null,
  ].filter((fact) => fact !== null);
  return summary(facts.join(', '), {
    kind,
    who: address(text(item, 'from')) ?? (shared ? null : address(chat)),
    where: shared ? address(chat) : null,
    id: text(item, 'id'),
  });
};
