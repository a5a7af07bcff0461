/** What changed between the two sides of an update, one phrase a member. */
import { pollResult } from './content.ts';
import { messageWords, reactionWords } from './message.ts';
import { whoOf } from './people.ts';
import {
  bool,
  cut,
  duration,
  enumerate,
  type Fields,
  INNER,
  isoTime,
  list,
  num,
  object,
  objects,
  own,
  quote,
  text,
  texts,
} from './read.ts';

const NAMES: ReadonlyMap<string, string> = new Map([
  ['unread_mention', 'unread mention'],
  ['read_only', 'read only'],
  ['not_spam', 'not spam'],
  ['pushname', 'own name'],
  ['is_business', 'business'],
  ['invite_code', 'invite code'],
  ['adminAddMemberMode', 'only admins add members'],
  ['isCommunityAnnounce', 'community announcements'],
  ['is_default_subgroup', 'default group of the community'],
  ['is_parent', 'community'],
  ['linkedParent', 'community'],
]);

/** Members that move along with others and say nothing beside them. */
const QUIET: ReadonlySet<string> = new Set(['timestamp', 'name_at', 'name_owner', 'description_id', 'description_owner']);

/** A plain value in words; null for what has no short form. */
const valueWords = (value: unknown): string | null => {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return `${value}`;
  return typeof value === 'string' && value !== '' ? quote(value, 120) : null;
};

/** "unread 2 → 3"; switches that are missing on one side are off there, as they are on the wire. */
const fromTo = (name: string, before: unknown, after: unknown): string => {
  const old = valueWords(before) ?? (typeof after === 'boolean' ? 'off' : null);
  const now = valueWords(after) ?? (typeof before === 'boolean' ? 'off' : null);
  if (old === now) return name;
  if (old === null) return `${name} now ${now ?? 'none'}`;
  return `${name} ${old} → ${now ?? 'none'}`;
};

const labelChange = (before: Fields | null, after: Fields | null): string => {
  const [had, has] = [list(before, 'labels').length, list(after, 'labels').length];
  if (had > INNER || has > INNER) return had === has ? 'labels' : `labels ${had} → ${has}`;
  const named = (side: Fields | null): Map<string, string> =>
    new Map(
      objects(side, 'labels').map((label) => {
        const id = text(label, 'id') ?? text(label, 'name') ?? '';
        return [id, quote(text(label, 'name') ?? id, 30)];
      }),
    );
  const [old, now] = [named(before), named(after)];
  const on = [...now].filter(([id]) => !old.has(id)).map(([, name]) => name);
  const off = [...old].filter(([id]) => !now.has(id)).map(([, name]) => name);
  const told = [
    on.length === 0 ? null : `${on.length === 1 ? 'label' : 'labels'} ${enumerate(on)} put on`,
    off.length === 0 ? null : `${off.length === 1 ? 'label' : 'labels'} ${enumerate(off)} taken off`,
  ].filter((part) => part !== null);
  return told.length === 0 ? 'labels' : told.join(', ');
};

const pictureChange = (key: string, before: Fields | null, after: Fields | null): string => {
  const what = key.startsWith('profile') ? 'profile picture' : 'picture';
  if (text(after, key) !== null) return `new ${what}`;
  return text(before, key) === null ? what : `${what} removed`;
};

const muteEnd = (until: number | null): string => {
  if (until === null || until === 0) return 'mute end none';
  const time = isoTime(until);
  return time === null || until < 0 ? 'muted for good' : `muted until ${time}`;
};

const ephemeralChange = (before: Fields | null, after: Fields | null): string => {
  const words = (seconds: number | null): string => (seconds === null || seconds <= 0 ? 'off' : duration(seconds));
  const [old, now] = [words(num(before, 'ephemeral')), words(num(after, 'ephemeral'))];
  return old === now ? 'disappearing messages' : `disappearing messages ${old} → ${now}`;
};

/** How many members a group has: the count it tells, else the length of its list. */
export const memberCount = (group: Fields | null): number | null => {
  const told = num(group, 'participants_count');
  if (told !== null) return told;
  const members = own(group, 'participants');
  return Array.isArray(members) ? members.length : null;
};

/** "last message Ann: see you" */
export const lastMessage = (after: Fields | null): string => {
  const message = object(after, 'last_message');
  if (message === null) return 'last message';
  const who = whoOf(message);
  return `last message ${who === null ? '' : `${cut(who, 40)}: `}${cut(messageWords(message), 160)}`;
};

const changeWords = (key: string, before: Fields | null, after: Fields | null): string => {
  switch (key) {
    case 'labels':
      return labelChange(before, after);
    case 'chat_pic':
    case 'chat_pic_full':
    case 'profile_pic':
    case 'profile_pic_full':
      return pictureChange(key, before, after);
    case 'mute_until':
      return muteEnd(num(after, 'mute_until'));
    case 'ephemeral':
      return ephemeralChange(before, after);
    case 'participants':
    case 'participants_count':
      return fromTo('members', memberCount(before), memberCount(after));
    case 'last_message':
      return lastMessage(after);
    case 'poll': {
      const result = pollResult(object(after, 'poll'));
      return result === null ? 'poll' : `poll now ${result}`;
    }
    case 'reactions':
      return `reactions now ${reactionWords(after) ?? 'none'}`;
    case 'mute':
    case 'pin':
    case 'archive':
      return fromTo(key, bool(before, key), bool(after, key));
    default:
      return fromTo(NAMES.get(key) ?? cut(key, 40), own(before, key), own(after, key));
  }
};

/** What the update says has changed, in words and each once; `told` are members that were told already. */
export const changeList = (
  update: Fields,
  before: Fields | null,
  after: Fields | null,
  told: ReadonlySet<string> = new Set(),
): string[] => {
  const keys = texts(update, 'changes').filter((key) => !told.has(key));
  const main = keys.filter((key) => !QUIET.has(key) && !(key === 'mute_until' && num(after, key) === null));
  const telling = main.length === 0 ? keys : main;
  const phrases = new Set(telling.map((key) => changeWords(key, before, after)));
  const more = list(update, 'changes').length - INNER;
  return more > 0 ? [...phrases, `${more} more`] : [...phrases];
};
