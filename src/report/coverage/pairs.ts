import type { EventName } from '../../event/name.ts';
import { at, chatKind, list } from './seen.ts';

/** Two things that each may be tested and still fail together. */
export interface Pair {
  /** `image × from me` */
  readonly title: string;
  /** The events it can be met in. */
  readonly events: readonly EventName[];
  /** What a handler that never met it gets wrong. */
  readonly why: string;
  /** Whether an item shows it; whatever JSON stands there, it answers. */
  fits(item: unknown, payload: unknown): boolean;
}

const MEDIA: readonly unknown[] = ['image', 'video', 'gif', 'short', 'audio', 'voice', 'document', 'documentWithCaption', 'sticker'];
const POST: readonly EventName[] = ['messages.post'];
const STATUS: readonly EventName[] = ['statuses.post'];

const type = (item: unknown): unknown => at(item, 'type');
const fromMe = (item: unknown): boolean => at(item, 'from_me') === true;
const fromOthers = (item: unknown): boolean => at(item, 'from_me') === false;
const inChat = (item: unknown, kind: ReturnType<typeof chatKind>): boolean => chatKind(at(item, 'chat_id')) === kind;
const filled = (value: unknown): boolean => typeof value === 'string' && value !== '';
const quotes = (item: unknown): boolean => filled(at(item, 'context', 'quoted_id'));
const isMedia = (item: unknown): boolean => MEDIA.includes(type(item));
/** The content of a message stands under its type; a document with a caption under document. */
const media = (item: unknown): unknown => {
  const word = type(item);
  return isMedia(item) ? at(item, word === 'documentWithCaption' ? 'document' : String(word)) : undefined;
};
const action = (item: unknown): unknown => (type(item) === 'action' ? at(item, 'action', 'type') : undefined);
const isEdit = (word: unknown): boolean => word === 'edited' || word === 'edit';

/** The pairs that coverage counts. Each can be shown by a body alone; our own samples show every one (a test). */
export const PAIRS: readonly Pair[] = [
  {
    title: 'text × from me',
    events: POST,
    why: 'A bot answers itself.',
    fits: (item) => type(item) === 'text' && fromMe(item),
  },
  {
    title: 'image × from me',
    events: POST,
    why: 'What the owner sends from the phone is taken for a customer’s.',
    fits: (item) => type(item) === 'image' && fromMe(item),
  },
  {
    title: 'text × group',
    events: POST,
    why: 'The answer goes to the sender instead of to the chat.',
    fits: (item) => type(item) === 'text' && inChat(item, 'group'),
  },
  {
    title: 'media × group',
    events: POST,
    why: 'Files of a group are stored under the sender.',
    fits: (item) => isMedia(item) && inChat(item, 'group'),
  },
  {
    title: 'text × newsletter',
    events: POST,
    why: 'A newsletter cannot be answered.',
    fits: (item) => type(item) === 'text' && inChat(item, 'newsletter'),
  },
  {
    title: 'message × LID',
    events: POST,
    why: 'An id ending in @lid is taken for a phone number.',
    fits: (item) => inChat(item, 'LID'),
  },
  {
    title: 'story × from me',
    events: POST,
    why: 'One’s own story starts a conversation.',
    fits: (item) => type(item) === 'story' && fromMe(item),
  },
  {
    title: 'text × without from_name',
    events: POST,
    why: 'The name is often absent; a greeting says undefined.',
    fits: (item) => type(item) === 'text' && at(item, 'from_name') === undefined,
  },
  {
    title: 'text × with mentions',
    events: POST,
    why: 'The text holds digits where a person sees a name.',
    fits: (item) => type(item) === 'text' && list(at(item, 'context', 'mentions')).length > 0,
  },
  {
    title: 'text × with quote',
    events: POST,
    why: 'The quoted content is shaped unlike a fresh message.',
    fits: (item) => type(item) === 'text' && quotes(item),
  },
  {
    title: 'reply × with quote',
    events: POST,
    why: 'A pressed button belongs to the message that had the buttons.',
    fits: (item) => type(item) === 'reply' && quotes(item),
  },
  {
    title: 'message × forwarded',
    events: POST,
    why: 'What was passed on is taken for the sender’s own words.',
    fits: (item) => at(item, 'context', 'forwarded') === true,
  },
  {
    title: 'text × from an ad',
    events: POST,
    why: 'Where a customer came from is lost.',
    fits: (item) => type(item) === 'text' && at(item, 'context', 'ad') !== undefined,
  },
  {
    title: 'media × without link',
    events: POST,
    why: 'Without automatic download there is only an id to fetch the file by.',
    fits: (item) => media(item) !== undefined && at(media(item), 'link') === undefined,
  },
  {
    title: 'media × view once',
    events: POST,
    why: 'What was to be seen once is kept.',
    fits: (item) => at(media(item), 'view_once') === true,
  },
  {
    title: 'reaction × from others',
    events: POST,
    why: 'An emoji is answered as if it were a message.',
    fits: (item) => action(item) === 'reaction' && fromOthers(item),
  },
  {
    title: 'reaction × from me',
    events: POST,
    why: 'One’s own reaction comes back as a message.',
    fits: (item) => action(item) === 'reaction' && fromMe(item),
  },
  {
    title: 'reaction × taken back',
    events: POST,
    why: 'It has an empty emoji, and no word for it.',
    fits: (item) => action(item) === 'reaction' && at(item, 'action', 'emoji') === '',
  },
  {
    title: 'edit × from others',
    events: POST,
    why: 'The new text is in the action, not in text.',
    fits: (item) => isEdit(action(item)) && fromOthers(item),
  },
  {
    title: 'vote × taken back',
    events: POST,
    why: 'The list of votes is empty.',
    fits: (item) => action(item) === 'vote' && Array.isArray(at(item, 'action', 'votes')) && list(at(item, 'action', 'votes')).length === 0,
  },
  {
    title: 'several messages × one body',
    events: POST,
    why: 'Only the first is handled.',
    fits: (_item, payload) => list(at(payload, 'messages')).length > 1,
  },
  {
    title: 'poll × vote via messages.patch',
    events: ['messages.patch'],
    why: 'Results come as a change of the poll.',
    fits: (item) => at(item, 'after_update', 'type') === 'poll' && at(item, 'trigger', 'action', 'type') === 'vote',
  },
  {
    title: 'message changed × without trigger',
    events: ['messages.patch'],
    why: 'What caused the change may be absent.',
    fits: (item) => at(item, 'after_update') !== undefined && at(item, 'trigger') === undefined,
  },
  {
    title: 'messages.delete × single messages',
    events: ['messages.delete'],
    why: 'Ids alone come, without their chat.',
    fits: (_item, payload) => list(at(payload, 'messages_removed')).length > 0,
  },
  {
    title: 'messages.delete × whole chat',
    events: ['messages.delete'],
    why: 'A chat’s id comes under another key.',
    fits: (_item, payload) => filled(at(payload, 'messages_removed_all')),
  },
  {
    title: 'status failed × errors',
    events: STATUS,
    why: 'The cause stands in a list of errors.',
    fits: (item) => at(item, 'status') === 'failed' && list(at(item, 'errors')).length > 0,
  },
  {
    title: 'status read × group',
    events: STATUS,
    why: 'Read by one is taken for read by all.',
    fits: (item) => at(item, 'status') === 'read' && chatKind(at(item, 'recipient_id')) === 'group',
  },
  {
    title: 'several statuses × one body',
    events: STATUS,
    why: 'Only the first is handled.',
    fits: (_item, payload) => list(at(payload, 'statuses')).length > 1,
  },
  {
    title: 'group add × several participants',
    events: ['groups.put'],
    why: 'Only the first is welcomed.',
    fits: (item) => at(item, 'action') === 'add' && list(at(item, 'participants')).length > 1,
  },
  {
    title: 'call × group',
    events: ['calls.post'],
    why: 'The chat of the call is not its caller.',
    fits: (item) => at(item, 'group_call') === true,
  },
  {
    title: 'qr × without code',
    events: ['channel.patch'],
    why: 'Unless its status is OK there is no picture to show.',
    fits: (item) => filled(at(item, 'status')) && at(item, 'status') !== 'OK' && at(item, 'base64') === undefined,
  },
];
