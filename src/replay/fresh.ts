/** New ids for a payload, so that a handler has not seen it yet. */
import { isObject, type JsonObject } from '../schema/keywords.ts';
import { atTime } from './fresh-times.ts';
import type { Random } from './random.ts';

/** From an old id to its new one. Of people and chats their number only, without what stands behind the @. */
export type Cast = Map<string, string>;

/**
 * The numbers of the two channels that the samples are of: they stay, as `channel_id` does, for it is the same
 * channel that says more.
 */
export const OWN_NUMBERS: ReadonlySet<string> = new Set(['999201445560', '999201445577']);

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** As many characters of an alphabet as the text has; signs between them stay. */
const like = (text: string, alphabet: string, random: Random): string =>
  text.replaceAll(/[A-Za-z0-9]/g, () => alphabet[random.below(alphabet.length)] as string);

/** Made-up numbers begin with 999, a country that there is not; no real one is ever made. */
const person = (old: string, random: Random): string => `999${like(old.slice(3).padEnd(9, '0'), DIGITS, random)}`;

/** Kinds of ids: how one is told, and how a new one is made. `$1` is what is replaced. */
interface Kind {
  /** Whether it belongs to the cast, which keeps its ids for a whole scenario. */
  readonly cast?: true;
  /** Members it stands in; any where there are none. */
  readonly members?: ReadonlySet<string>;
  readonly form: RegExp;
  readonly make: (old: string, random: Random) => string;
}

const PEOPLE = new Set(
  'id from contact_id participants created_by name_owner description_owner performed_by quoted_author voters viewer_id participant mentions phone_number'.split(
    ' ',
  ),
);
const hex = (letters: string) => (old: string, random: Random) => like(old, letters, random);

/** CONTRACT.md section 6, "Id formats", and what samples of the rest look like. The first that fits counts. */
const KINDS: readonly Kind[] = [
  { cast: true, form: /^(\d{7,15})@(?:s\.whatsapp\.net|lid|c\.us)$/, make: person },
  { cast: true, members: PEOPLE, form: /^(\d{7,15})$/, make: person },
  { cast: true, members: new Set(['vcard']), form: /waid=(\d{7,15})/, make: person },
  {
    cast: true,
    form: /^(\d{7,15}-\d{10})@g\.us$/,
    make: (old, random) => {
      const [number = '', time = ''] = old.split('-');
      return `${person(number, random)}-1${like(time.slice(1), '3456', random)}`; // a time of the years 2012 to 2016
    },
  },
  { cast: true, form: /^(120363\d{6,14})@(?:g\.us|newsletter)$/, make: (old, random) => `120363${like(old.slice(6), DIGITS, random)}` },
  { cast: true, form: /^(\d{7,18})@(?:g\.us|newsletter|broadcast)$/, make: (old, random) => `1${like(old.slice(1), DIGITS, random)}` },
  // Media before messages: their ids would pass for those.
  {
    form: /^([a-z0-9]{2,5}-[0-9a-f]{12,}(?:-[0-9a-f]+)*)$/,
    make: (old, random) => old.replace(/-.*/, (rest) => like(rest, '0123456789abcdef', random)),
  },
  {
    members: new Set(['id', 'quoted_id', 'target', 'messages_removed']),
    form: /^(?=.*[A-Z])([\w.]{4,30}-[\w.]{4,30}(?:-[\w.]{2,30}){0,2})$/,
    make: hex(LETTERS),
  },
  { members: new Set(['id', 'description_id']), form: /^([0-9A-F]{20}|[0-9A-F]{32})$/, make: hex('0123456789ABCDEF') },
  { members: new Set(['invite_code']), form: /^([A-Za-z0-9]{14,22})$/, make: hex(LETTERS) },
  { members: new Set(['order_id']), form: /^(\d{6,20})$/, make: (old, random) => `1${like(old.slice(1), DIGITS, random)}` },
];

/** Members whose ids the handler's own developer or WhatsApp's catalogue made up: they mean something. */
const MEANT = new Set(['buttons', 'sections', 'results', 'product_items', 'ad', 'buttons_reply', 'list_reply', 'reply']);

/**
 * What of a text is an id that others refer to: of people and chats their number only.
 * @param member the member it stands in, or the one whose list it stands in
 */
export const idIn = (member: string, text: string): string | undefined => kindOf(member, text)?.old;

const kindOf = (member: string, text: string): { readonly kind: Kind; readonly old: string } | undefined => {
  for (const kind of KINDS) {
    if (kind.members?.has(member) === false) continue;
    const old = kind.form.exec(text)?.[1];
    if (old !== undefined) return { kind, old };
  }
  return undefined;
};

const isLabel = (member: string, within: string, value: string): boolean =>
  member === 'id' && within === 'labels' && /^\d{1,2}$/.test(value);

/** Every text of a payload with its member and the member around that. */
function* textsOf(value: unknown, member = '', within = ''): Generator<{ text: string; member: string; within: string }> {
  if (typeof value === 'string') yield { text: value, member, within };
  else if (Array.isArray(value)) for (const item of value) yield* textsOf(item, member, within);
  else if (isObject(value)) for (const [key, inner] of Object.entries(value)) if (!MEANT.has(key)) yield* textsOf(inner, key, member);
}

/** A new id that no other one has got. */
const unused = (old: string, make: Kind['make'], random: Random, taken: ReadonlySet<string>): string => {
  for (;;) {
    const made = make(old, random);
    if (!taken.has(made)) return made;
  }
};

const LABELS = 99;

/** Fills the cast and the ids of one payload. */
const collect = (payload: JsonObject, cast: Cast, random: Random): { ids: Cast; labels: Cast } => {
  const [ids, labels]: [Cast, Cast] = [new Map(), new Map()];
  const taken = new Set([...cast.values(), ...OWN_NUMBERS]);
  for (const { text, member, within } of textsOf(payload)) {
    if (isLabel(member, within, text)) {
      if (labels.has(text) || labels.size === LABELS) continue;
      labels.set(
        text,
        unused(text, () => String(1 + random.below(LABELS)), random, new Set(labels.values())),
      );
      continue;
    }
    const found = kindOf(member, text);
    if (found === undefined) continue;
    const { kind, old } = found;
    const map = kind.cast === true ? cast : ids;
    if (map.has(old) || OWN_NUMBERS.has(old)) continue;
    const made = unused(old, kind.make, random, taken);
    map.set(old, made);
    taken.add(made);
  }
  return { ids, labels };
};

const escaped = (text: string): string => text.replaceAll(/[.-]/g, '\\$&');

/**
 * A payload with new ids in the provider's formats: the same person, chat, message, file or label gets the same new
 * id wherever it occurs, in quotes, links and mentions too. The channel stays the same.
 * @param cast who has a new id already; people and chats that have none yet are added
 */
export const freshIds = (payload: JsonObject, random: Random, cast: Cast = new Map()): JsonObject => {
  const { ids, labels } = collect(payload, cast, random);
  const all = new Map([...cast, ...ids]);
  // Longer ones first: the number of a person is the beginning of an old group's id.
  const olds = [...all.keys()].sort((a, b) => b.length - a.length);
  const pattern = olds.length === 0 ? undefined : new RegExp(`(?<![A-Za-z0-9])(?:${olds.map(escaped).join('|')})(?![A-Za-z0-9])`, 'g');
  const renew = (value: unknown, member: string, within: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => renew(item, member, within));
    if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renew(inner, key, member)]));
    if (typeof value !== 'string') return value;
    if (isLabel(member, within, value)) return labels.get(value) ?? value;
    return pattern === undefined ? value : value.replaceAll(pattern, (old) => all.get(old) ?? old);
  };
  return renew(payload, '', '') as JsonObject; // an object stays one
};

/** A payload with new ids that comes at a time. @param at milliseconds since 1970 */
export const freshEvent = (payload: JsonObject, options: { random: Random; at: number; cast?: Cast }): JsonObject =>
  atTime(freshIds(payload, options.random, options.cast), options.at);
