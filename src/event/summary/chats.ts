/** Items of the categories chats, contacts and groups. */
import { changeList, lastMessage, memberCount } from './changes.ts';
import { type Summary, summary } from './item.ts';
import { address, personOf } from './people.ts';
import { asObject, asText, bool, count, cut, enumerate, type Fields, INNER, list, num, object, text } from './read.ts';

/** A chat or group by its name, else by its id. */
const chatName = (...sides: (Fields | null)[]): string | null => {
  for (const key of ['name', 'id']) {
    const found = sides.map((side) => text(side, key)).find((value) => value !== null) ?? null;
    if (found !== null) return key === 'id' ? address(found) : found;
  }
  return null;
};

const chatFacts = (item: Fields): string => {
  const type = text(item, 'type');
  const unread = num(item, 'unread');
  return [
    type === 'group' || type === 'broadcast' || type === 'newsletter' ? ` (${type})` : '',
    unread === null || unread === 0 ? '' : `, ${unread} unread`,
    object(item, 'last_message') === null ? '' : `, ${lastMessage(item)}`,
  ].join('');
};

export const chat =
  (what: string) =>
  (item: Fields): Summary =>
    summary(`${what}${chatFacts(item)}`, { where: chatName(item), id: text(item, 'id') });

export const removedChat = (id: string): Summary => summary('chat deleted', { where: address(id), id });

/** An update of a chat, a contact or a group: what changed in it. */
const sides = (item: Fields): { name: string | null; id: string | null; what: string } => {
  const before = object(item, 'before_update');
  const after = object(item, 'after_update');
  const changes = changeList(item, before, after);
  return {
    name: chatName(after, before),
    id: text(after, 'id') ?? text(before, 'id'),
    what: changes.length === 0 ? 'changed, without saying what' : changes.join(', '),
  };
};

export const placeUpdate = (item: Fields): Summary => {
  const { name, id, what } = sides(item);
  return summary(what, { where: name, id });
};

export const contactUpdate = (item: Fields): Summary => {
  const { name, id, what } = sides(item);
  return summary(what, { who: name, id });
};

export const contact = (item: Fields): Summary => {
  const who = personOf(item);
  const number = address(text(item, 'id'));
  const business = bool(item, 'is_business') === true ? ', a business' : '';
  return summary(`contact added or renamed${business}${number === null || number === who ? '' : `, ${cut(number, 80)}`}`, {
    who,
    id: text(item, 'id'),
  });
};

export const group = (item: Fields): Summary => {
  const members = memberCount(item);
  const creator = address(text(item, 'created_by'));
  const community = address(text(item, 'linkedParent'));
  const main = bool(item, 'isCommunityAnnounce') === true || bool(item, 'is_default_subgroup') === true;
  const noun = bool(item, 'is_parent') === true ? 'community' : main ? 'announcement group' : 'group';
  const facts = [
    `${noun} created or joined`,
    members === null ? null : count(members, 'member'),
    creator === null ? null : `created by ${cut(creator, 80)}`,
    community === null ? null : `in community ${cut(community, 80)}`,
  ].filter((fact) => fact !== null);
  return summary(facts.join(', '), {
    who: address(text(item, 'performed_by')),
    where: chatName(item),
    id: text(item, 'id'),
  });
};

export const participants = (item: Fields): Summary => {
  const all = list(item, 'participants');
  const names = all.slice(0, INNER).map((member) => address(asText(member)) ?? personOf(asObject(member)) ?? 'somebody');
  const people = all.length === 0 ? 'nobody' : enumerate(names, all.length);
  const kind = text(item, 'action');
  const id = text(item, 'group_id');
  const words = (): string => {
    switch (kind) {
      case 'add':
        return `added ${people}`;
      case 'remove':
        return `removed ${people}`;
      case 'promote':
        return `promoted ${people} to admin`;
      case 'demote':
        return `demoted ${people} from admin`;
      case 'request':
        return `${people} ${all.length > 1 ? 'ask' : 'asks'} to join`;
      case 'revoke_request':
        return `${people} took back the request to join`;
      case 'rejected_request':
        return `request of ${people} to join was rejected`;
      case null:
        return `members changed: ${people}`;
      default:
        return `${cut(kind, 40)}: ${people}`;
    }
  };
  return summary(words(), { kind, where: address(id), id });
};
