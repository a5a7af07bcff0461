/** A whole message in words: its content, what it answers, how it came. */
import { actionWords } from './action.ts';
import { contentWords, phraseOf } from './content.ts';
import { bool, cut, type Fields, line, num, object, objects, own, quote, text } from './read.ts';

/** What a story can be; its message holds the member of its kind. */
const STORY_KINDS = ['text', 'image', 'video', 'gif', 'short', 'audio', 'voice', 'document', 'sticker', 'link_preview'];

/** The content member of a message and the type it has there. */
const contentOf = (message: Fields | null): { type: string | null; content: Fields | null } => {
  const type = text(message, 'type');
  if (type === 'documentWithCaption') return { type, content: object(message, 'document') };
  if (type === 'story') {
    const kind = STORY_KINDS.find((word) => object(message, word) !== null) ?? null;
    return { type: kind, content: kind === null ? null : object(message, kind) };
  }
  return { type, content: type === null ? null : object(message, type) };
};

/** The text of a message that an edit can change: its body or its caption. */
export const textOf = (message: Fields | null): string | null => {
  const { content } = contentOf(message);
  return text(content, 'body') ?? text(content, 'caption');
};

/** "first words…" */
const firstWords = (phrase: string): string => {
  if (phrase.length <= 40) return phrase;
  const start = cut(phrase, 41).slice(0, -1);
  const space = start.lastIndexOf(' ');
  return `${(space > 15 ? start.slice(0, space) : start).trimEnd()}…`;
};

/** What a message answers, and how it came here. */
const contextWords = (context: Fields | null): string | null => {
  if (context === null) return null;
  const phrase = phraseOf(object(context, 'quoted_content'));
  const ad = object(context, 'ad');
  const title = text(ad, 'title') ?? text(ad, 'body') ?? text(ad, 'advertiser_name');
  const words = [
    phrase === null ? null : `(reply to “${firstWords(phrase)}”)`,
    phrase === null && text(context, 'quoted_id') !== null ? '(a reply)' : null,
    bool(context, 'forwarded') === true ? '(forwarded)' : null,
    ad === null ? null : `(from ${title === null ? 'an ad' : `ad ${quote(title, 60)}`})`,
  ].filter((word) => word !== null);
  return words.length === 0 ? null : words.join(' ');
};

/** A whole message in words. */
export const messageWords = (message: Fields | null): string => {
  const { type, content } = contentOf(message);
  if (type === 'action' && content !== null) return actionWords(content, null);
  const told = contentWords(type, content);
  return line(
    text(message, 'type') === 'story' ? `story: ${content === null ? 'no content' : told}` : told,
    bool(content, 'view_once') === true ? '(view once)' : null,
    contextWords(object(message, 'context')),
  );
};

/** The finer kind of a message: its type, for actions the action's own. */
export const messageKind = (message: Fields | null): string | null => {
  const type = text(message, 'type');
  return type === 'action' ? (text(object(message, 'action'), 'type') ?? type) : type;
};

/** "👍 ❤️ 2" */
export const reactionWords = (message: Fields | null): string | null => {
  const reactions = objects(message, 'reactions').flatMap((reaction) => {
    const emoji = text(reaction, 'emoji');
    const times = num(reaction, 'count');
    if (emoji === null) return [];
    return [`${cut(emoji, 16)}${times === null || times === 1 ? '' : ` ${times}`}`];
  });
  return reactions.length === 0 ? null : reactions.join(' ');
};

/** A message that came whole after a change: which change it was, only an edit says. */
export const changedMessageWords = (message: Fields): string => {
  if (text(message, 'type') === 'action') return messageWords(message);
  const edited = num(message, 'edited_at') !== null || Array.isArray(own(message, 'edit_history'));
  const reactions = reactionWords(message);
  return line(`${edited ? 'edited' : 'changed'}, now: ${messageWords(message)}`, reactions === null ? null : `(reactions ${reactions})`);
};
