/** What the content member of a message says, by its type. */
import {
  asObject,
  asText,
  bool,
  clock,
  count,
  cut,
  enumerate,
  type Fields,
  formatSize,
  INNER,
  isoTime,
  line,
  list,
  num,
  object,
  objects,
  own,
  quote,
  text,
} from './read.ts';

const MEDIA: ReadonlyMap<string, string> = new Map([
  ['image', 'photo'],
  ['video', 'video'],
  ['gif', 'GIF'],
  ['short', 'video note'],
  ['audio', 'audio'],
  ['voice', 'voice message'],
  ['document', 'document'],
  ['documentWithCaption', 'document'],
  ['sticker', 'sticker'],
]);

/** Types for which the contract defines no content. */
const BARE: ReadonlyMap<string, string> = new Map([
  ['call', 'a call'],
  ['pin', 'pinned a message'],
  ['carousel', 'carousel'],
  ['album', 'album'],
]);

export const quoted = (value: string | null, most?: number): string | null => (value === null ? null : quote(value, most));

const aside = (value: string | null): string | null => (value === null || value === '' ? null : `(${value})`);

/** The words of any content, be it a message's own, a quoted or an edited one. */
export const phraseOf = (content: Fields | null): string | null =>
  text(content, 'body') ??
  text(content, 'text') ??
  text(content, 'caption') ??
  text(object(content, 'body'), 'text') ??
  text(content, 'title');

const mediaWords = (word: string, media: Fields): string => {
  const size = num(media, 'file_size');
  const seconds = num(media, 'seconds');
  const pages = num(media, 'page_count');
  return line(
    bool(media, 'animated') === true ? `animated ${word}` : word,
    quoted(text(media, 'caption')),
    cut(text(media, 'filename') ?? text(media, 'file_name') ?? '', 80),
    size === null || size < 0 ? null : formatSize(size),
    seconds === null || seconds < 0 ? null : clock(seconds),
    pages === null ? null : count(pages, 'page'),
  );
};

/** The titles of buttons or of the rows of a list that a reader can choose from. */
const choices = (content: Fields | null): string | null => {
  // Most contents have none.
  if (own(content, 'buttons') === undefined && own(content, 'sections') === undefined) return null;
  const buttons = objects(content, 'buttons');
  const rows = objects(content, 'sections').flatMap((section) => objects(section, 'rows'));
  const titles = [...buttons, ...rows]
    .slice(0, INNER)
    .map((choice) => text(choice, 'title') ?? text(choice, 'text'))
    .filter((title) => title !== null);
  return titles.length === 0 ? null : `choices: ${enumerate(titles)}`;
};

const locationWords = (word: string, place: Fields): string => {
  const name = text(place, 'name');
  const street = text(place, 'address');
  const latitude = num(place, 'latitude');
  const longitude = num(place, 'longitude');
  const spot = latitude === null || longitude === null ? null : `${latitude}, ${longitude}`;
  const told = [quoted(name, 80), street === null ? null : cut(street, 120)].filter((part) => part !== null);
  return line(word, told.length === 0 ? spot : told.join(', '), quoted(text(place, 'caption') ?? text(place, 'comment')));
};

const cardName = (card: Fields): string => {
  const name = text(card, 'name');
  if (name !== null) return name;
  return /^FN[^:\r\n]*:([^\r\n]+)/m.exec(text(card, 'vcard') ?? '')?.[1]?.trim() ?? 'no name';
};

/** Who has how many votes ("Pizza 3, Pasta 1"), or how many votes there are when names are missing. */
export const pollResult = (poll: Fields | null): string | null => {
  const results = objects(poll, 'results');
  const named = results.flatMap((result) => {
    const name = text(result, 'name');
    const votes = num(result, 'count');
    return name === null || votes === null || votes === 0 ? [] : [`${cut(name, 30)} ${votes}`];
  });
  if (named.length > 0) return enumerate(named);
  const total = num(poll, 'total');
  if (total !== null) return count(total, 'vote');
  return results.length === 0
    ? null
    : count(
        results.reduce((sum, result) => sum + (num(result, 'count') ?? 0), 0),
        'vote',
      );
};

const pollWords = (poll: Fields): string => {
  const all = list(poll, 'options');
  const options = all
    .slice(0, INNER)
    .map((option) => asText(option) ?? text(asObject(option), 'name') ?? text(asObject(option), 'title'))
    .filter((option) => option !== null)
    .map((option) => cut(option, 30));
  const more = all.length > INNER ? ` and ${all.length - INNER} more` : '';
  const voted = (num(poll, 'total') ?? 0) > 0 || objects(poll, 'results').length > 0;
  return line('poll', quoted(text(poll, 'title'), 120), `${options.join(' / ')}${more}`, aside(voted ? pollResult(poll) : null));
};

const replyWords = (reply: Fields): string => {
  const answer = object(reply, 'buttons_reply') ?? object(reply, 'list_reply');
  return `chose ${quoted(text(answer, 'title') ?? text(answer, 'id')) ?? 'something'}`;
};

const productWords = (product: Fields): string => {
  const id = text(product, 'product_id');
  const catalog = text(product, 'catalog_id');
  return line(
    'product',
    quoted(text(product, 'title') ?? text(product, 'body')),
    id === null ? null : cut(id, 80),
    catalog === null ? null : `of catalog ${cut(catalog, 80)}`,
  );
};

const interactiveWords = (content: Fields): string => {
  const action = object(content, 'action');
  const product = object(action, 'product');
  return line(
    phraseOf(content) ?? text(object(content, 'header'), 'text') ?? 'interactive message',
    aside(choices(action) ?? choices(object(action, 'list'))),
    product === null ? null : aside(productWords(product)),
  );
};

const templateWords = (content: Fields, otherwise: string): string => {
  const header = object(content, 'header');
  const media = MEDIA.get(text(header, 'type') ?? '');
  return line(
    media ?? null,
    phraseOf(content) ?? text(content, 'header') ?? text(object(header, 'text'), 'body') ?? otherwise,
    aside(choices(content)),
  );
};

/** An invite or a catalog: what it leads to, and the words it was sent with. */
const inviteWords = (word: string, content: Fields): string => {
  const title = text(content, 'title') ?? text(content, 'newsletter_name');
  const body = text(content, 'body');
  return line(word, quoted(title, 80), title === body ? null : quoted(body));
};

const orderWords = (order: Fields): string => {
  const items = num(order, 'item_count');
  const price = num(order, 'total_price');
  const currency = text(order, 'currency');
  const facts = [
    items === null ? null : count(items, 'item'),
    price === null ? null : `${price.toFixed(2)}${currency === null ? '' : ` ${cut(currency, 10)}`}`,
    text(order, 'status'),
  ].filter((fact) => fact !== null);
  return line('order', quoted(text(order, 'title'), 80), aside(facts.join(', ')), quoted(text(order, 'text')));
};

const eventWords = (event: Fields): string => {
  const start = num(event, 'start');
  const going = objects(event, 'responses').filter((answer) => text(answer, 'response') === 'GOING').length;
  return line(
    bool(event, 'is_canceled') === true ? 'canceled event' : 'event',
    quoted(text(event, 'name'), 120),
    start === null ? null : isoTime(start),
    going === 0 ? null : `(${going} going)`,
  );
};

const linkWords = (link: Fields): string => {
  const body = text(link, 'body');
  const url = text(link, 'url');
  const title = text(link, 'title');
  const told = url !== null && (body === null || !body.includes(url)) ? url : null;
  return line(body, told, title === null ? null : `(link ${quote(title, 120)})`) || 'link';
};

/** Content of a type the contract has no member for, or nothing at all. */
const otherWords = (type: string | null, content: Fields | null): string => {
  const phrase = phraseOf(content);
  if (type === null) return 'no content (no type)';
  if (phrase !== null) return line(cut(type, 40), quote(phrase));
  return BARE.get(type) ?? `no content (type ${cut(type, 40)})`;
};

/** What content of a type says; `content` is the member itself. */
export const contentWords = (type: string | null, content: Fields | null): string => {
  if (type === null || content === null) return otherWords(type, content);
  const media = MEDIA.get(type);
  if (media !== undefined) return line(mediaWords(media, content), aside(choices(content)));
  switch (type) {
    case 'text':
      return line(text(content, 'body') ?? 'empty text', aside(choices(content)));
    case 'system':
      return line(text(content, 'body') ?? 'empty system text');
    case 'link_preview':
      return linkWords(content);
    case 'location':
      return locationWords('location', content);
    case 'live_location':
      return locationWords('live location', content);
    case 'contact':
      return line('contact', cut(cardName(content), 80));
    case 'contact_list': {
      const cards = objects(content, 'list');
      return line('contacts', enumerate(cards.map(cardName), list(content, 'list').length) || 'none');
    }
    case 'poll':
      return pollWords(content);
    case 'reply':
      return replyWords(content);
    case 'interactive':
      return interactiveWords(content);
    case 'hsm':
      return templateWords(content, 'template message');
    case 'list':
      return templateWords(content, 'list');
    case 'buttons':
      return templateWords(content, 'buttons');
    case 'order':
      return orderWords(content);
    case 'event':
      return eventWords(content);
    case 'product':
      return productWords(content);
    case 'catalog':
      return inviteWords('catalog', content);
    case 'group_invite':
      return inviteWords('invites to the group', content);
    case 'newsletter_invite':
      return inviteWords('invites to the newsletter', content);
    case 'admin_invite':
      return inviteWords('invites to be an admin of the newsletter', content);
    default:
      return otherWords(type, content);
  }
};
