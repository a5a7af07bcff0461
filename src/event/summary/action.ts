/** What a message of type action does to another message. */
import { contentWords, phraseOf } from './content.ts';
import { count, cut, duration, enumerate, type Fields, line, list, num, object, objects, quote, text, texts } from './read.ts';

/** Votes are ids of options; only the results of the poll itself tell their names. */
const voteWords = (action: Fields, poll: Fields | null): string => {
  const total = list(action, 'votes').length;
  if (total === 0) return 'took back the vote';
  const names = new Map(objects(poll, 'results').map((result) => [text(result, 'id'), text(result, 'name')] as const));
  const chosen = texts(action, 'votes')
    .map((id) => names.get(id) ?? null)
    .filter((name) => name !== null);
  if (chosen.length === 0) return `voted for ${count(total, 'option')}`;
  return `voted for ${enumerate(
    chosen.map((name) => quote(name, 30)),
    total,
  )}`;
};

const ACTION_NAMES: ReadonlyMap<string, string> = new Map([
  ['pin', 'pinned a message'],
  ['unpin', 'unpinned a message'],
  ['star', 'starred a message'],
  ['unstar', 'unstarred a message'],
  ['label_change', 'changed labels of a message'],
  ['media_notify', 'media notice about a message'],
  ['status_notify', 'story notice about a message'],
  ['group_status_notify', 'group story notice about a message'],
]);

/** "set disappearing messages to 7 days" */
const ephemeralWords = (seconds: number | null): string => {
  if (seconds === null) return 'changed disappearing messages';
  return seconds <= 0 ? 'turned off disappearing messages' : `set disappearing messages to ${duration(seconds)}`;
};

/** What an edit makes of a message: the new words, for media told with their kind. */
const editWords = (action: Fields, target: string | null): string => {
  const content = object(action, 'edited_content');
  const type = text(action, 'edited_type');
  const body = text(content, 'body') ?? text(content, 'text');
  if (body !== null) return `edited to ${quote(body)}`;
  if (content === null) return line('edited a message', target);
  const phrase = phraseOf(content);
  const known = type !== null && type !== 'action' && type !== 'text';
  if (known) return `edited to ${contentWords(type, content)}`;
  return phrase === null ? line('edited a message', target) : `edited to ${quote(phrase)}`;
};

/** What an action does to another message. `poll` names the options of a vote where it is known. */
export const actionWords = (action: Fields, poll: Fields | null): string => {
  const type = text(action, 'type');
  const id = text(action, 'target');
  const target = id === null ? null : cut(id, 80);
  const to = target === null ? null : `to ${target}`;
  switch (type) {
    case 'reaction': {
      const emoji = text(action, 'emoji');
      return emoji === null ? line('took back the reaction', to) : line('reacted', cut(emoji, 40), to);
    }
    case 'edit':
    case 'edited':
      return line(editWords(action, target));
    case 'delete':
      return line('deleted a message', target);
    case 'vote':
      return line(voteWords(action, poll));
    case 'ephemeral':
      return ephemeralWords(num(action, 'ephemeral'));
    case 'comment': {
      const comment = text(action, 'comment');
      return comment === null ? line('commented', to) : line(`commented ${quote(comment)}`);
    }
    case 'event_response': {
      const answer = text(object(action, 'event_response'), 'response');
      return answer === null ? 'answers the event' : line('answers', cut(answer, 40), 'to the event');
    }
    case null:
      return line('action without a type', to);
    default:
      return line(ACTION_NAMES.get(type) ?? `action ${cut(type, 40)}`, target);
  }
};
