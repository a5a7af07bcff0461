/** Items of the categories messages and statuses. */
import { actionWords } from './action.ts';
import { changeList } from './changes.ts';
import { type Summary, summary } from './item.ts';
import { changedMessageWords, messageKind, messageWords, textOf } from './message.ts';
import { address, chatOf, directionOf, isPrivate, whereOf, whoOf } from './people.ts';
import { cut, type Fields, num, object, objects, quote, text } from './read.ts';

export const message = (item: Fields): Summary =>
  summary(messageWords(item), {
    direction: directionOf(item),
    kind: messageKind(item),
    who: whoOf(item),
    where: whereOf(item),
    id: text(item, 'id'),
  });

export const changedMessage = (item: Fields): Summary => ({ ...message(item), what: changedMessageWords(item) });

/** What the trigger of an update did, and which changes that already tells. */
const triggerWords = (trigger: Fields, about: Fields | null, edit: string | null): string => {
  const action = text(trigger, 'type') === 'action' ? object(trigger, 'action') : null;
  if (action === null) return messageWords(trigger);
  const type = text(action, 'type');
  if (edit !== null && (type === 'edit' || type === 'edited')) return edit;
  return actionWords(action, object(about, 'poll'));
};

export const messageUpdate = (item: Fields): Summary => {
  const before = object(item, 'before_update');
  const after = object(item, 'after_update');
  const trigger = object(item, 'trigger');
  const about = after ?? before;
  const [old, now] = [textOf(before), textOf(after)];
  const edit = old !== null && now !== null && old !== now ? `edited ${quote(old, 140)} → ${quote(now, 140)}` : null;
  const told = new Set(edit === null ? [] : [text(after, 'type') ?? '', 'body', 'caption']);
  const first = trigger === null ? edit : triggerWords(trigger, about, edit);
  const changes = changeList(item, before, after, told);
  const rest = changes.length === 0 ? null : `${first === null ? 'message changed: ' : ''}${changes.join(', ')}`;
  const edited = edit !== null && first !== edit ? edit : null;
  // Without a trigger only an edit tells who did it: the author.
  const actor = trigger ?? (edit === null ? null : about);
  const place = trigger !== null && text(trigger, 'chat_id') === null ? about : (actor ?? about);
  return summary([first, edited, rest].filter((part) => part !== null).join('; ') || 'message changed', {
    direction: directionOf(about),
    kind: messageKind(trigger ?? about),
    who: whoOf(actor),
    where: whoOf(actor) === null ? chatOf(place) : whereOf(place),
    id: text(item, 'id') ?? text(about, 'id'),
  });
};

export const removedMessage = (id: string): Summary => summary(`message ${cut(id, 80)} deleted`, { id });

export const clearedChat = (id: string): Summary => summary('chat cleared, all its messages deleted', { where: address(id), id });

const STATUS_VERBS: ReadonlyMap<string, string> = new Map([
  ['sent', 'sent to'],
  ['delivered', 'delivered to'],
  ['read', 'read by'],
  ['played', 'played by'],
  ['pending', 'waiting to be sent to'],
  ['failed', 'failed to reach'],
  ['deleted', 'deleted in the chat with'],
]);

export const status = (item: Fields): Summary => {
  const kind = text(item, 'status');
  const code = num(item, 'code');
  const recipient = text(item, 'recipient_id');
  const chat = address(recipient);
  const story = chat === 'stories';
  const viewer = address(text(item, 'viewer_id'));
  const shared = recipient !== null && !isPrivate(recipient);
  const party = viewer ?? (shared ? null : chat);
  const error = objects(item, 'errors')[0] ?? null;
  const reason = text(error, 'message') ?? text(error, 'details');
  const seen = story && kind === 'read';
  const verb = seen ? 'seen by' : (STATUS_VERBS.get(kind ?? '') ?? null);
  const word = seen ? 'seen' : (kind ?? (code === null ? 'no status' : `status code ${code}`));
  const told = party === null ? cut(word, 60) : `${verb ?? `${cut(word, 60)},`} ${cut(party, 80)}`;
  return summary(`${story ? 'story ' : ''}${told}${reason === null ? '' : `: ${reason}`}`, {
    kind,
    where: shared ? chat : null,
    id: text(item, 'id'),
  });
};
