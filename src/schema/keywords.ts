/**
 * What the x- keywords of our schemas mean. A standard keyword states what is an error; an x- keyword
 * states what is only remarked on (SEVERITY.md), so that a standard validator lets real traffic pass.
 * The compiled validators call these functions by name: `words` is `x-words`.
 */
import leven from 'leven';

/** Something worth a warning at a place below the value looked at. */
export interface Remark {
  readonly rule: string;
  /** Appended to the pointer of the value; '' is the value itself. */
  readonly at: string;
  readonly expected: string;
  /** A getter where it takes a search: most remarks on a hostile body are never shown. */
  readonly nearest?: string | undefined;
  /** What the message has to tell when the value at the place does not say it. */
  readonly detail?: string;
}

/** An object of strangers makes at most this many remarks. */
const MOST_REMARKS = 100;

export type JsonObject = { readonly [member: string]: unknown };

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** One member name as a part of a JSON pointer (RFC 6901). */
export const pointerPart = (name: string | number): string => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** Keys that reach into the prototype when code copies objects carelessly. */
export const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** The word of `known` that `word` was probably meant to be: at most a third of its letters off. */
export const nearest = (word: string, known: Iterable<string>): string | undefined => {
  if (word.length > 64) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let distance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const candidateDistance = candidate.toLowerCase() === lower ? 0 : leven(lower, candidate.toLowerCase());
    if (candidateDistance < distance) {
      best = candidate;
      distance = candidateDistance;
    }
  }
  return best;
};

/** A remark that looks for the nearest word only when asked. */
const near = (remark: Remark, word: string, known: Iterable<string>): Remark => ({
  ...remark,
  get nearest() {
    return nearest(word, known);
  },
});

const list = (words: Iterable<string>): string => {
  const all = [...words];
  return all.length > 12 ? `one of ${all.length} known words` : `one of ${all.join(', ')}`;
};

/** x-words: a closed list of section 6. Lists grow, so a foreign word is remarked on. */
export const words = (known: ReadonlySet<string>, value: string): Remark[] | undefined =>
  known.has(value) ? undefined : [near({ rule: 'unknown-word', at: '', expected: list(known) }, value, known)];

/** What has a `has` and its words: a set of them, or a table. */
interface Words {
  has(word: string): boolean;
  keys(): Iterable<string>;
}

/** Injected for every object whose members are declared: the ones that are not. */
export const known = (members: Words, value: JsonObject): Remark[] | undefined => {
  let remarks: Remark[] | undefined;
  for (const key in value) {
    if (members.has(key) || UNSAFE_KEYS.has(key)) continue;
    remarks ??= [];
    if (remarks.length === MOST_REMARKS) break;
    remarks.push(near({ rule: 'unknown-member', at: pointerPart(key), expected: 'a documented member' }, key, members.keys()));
  }
  return remarks;
};

/** x-recommended: members whose absence nobody has explained. */
export const recommended = (members: readonly string[], value: JsonObject): Remark[] | undefined => {
  let remarks: Remark[] | undefined;
  for (const member of members) {
    if (Object.hasOwn(value, member)) continue;
    remarks ??= [];
    remarks.push({ rule: 'missing-recommended', at: pointerPart(member), expected: `the member ${member}` });
  }
  return remarks;
};

// No id holds control characters; the patterns take them as foreign like anything else.
const PERSON = /^\d+(?:@s\.whatsapp\.net|@lid)?$/;
const MESSAGE_ID = /^[A-Za-z0-9._]{4,30}-[A-Za-z0-9._]{4,30}(?:-[A-Za-z0-9._]{2,30})?(?:-[A-Za-z0-9._]{2,30})?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CHAT = /^[^@\s\u0000-\u001f\u007f-\u009f]+@(?:s\.whatsapp\.net|g\.us|newsletter|lid|broadcast|c\.us)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const GROUP = /^[^@\s\u0000-\u001f\u007f-\u009f]+@g\.us$/;

/** Digits that a text begins with. Most ids are told by them, in a fraction of the time that a pattern takes. */
const digitsOf = (text: string): number => {
  let end = 0;
  while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return end;
};

const isChat = (id: string): boolean => {
  const digits = digitsOf(id);
  const rest = id.length - digits;
  if (digits > 0 && ((rest === 15 && id.endsWith('@s.whatsapp.net')) || (rest === 5 && id.endsWith('@g.us')))) return true;
  return CHAT.test(id) || id === 'stories' || id === 'status@broadcast';
};

const hasControl = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
};

/** x-form: what an id looks like (SEVERITY.md, last table; CONTRACT.md section 6). */
const FORMS = {
  'chat-id': {
    fits: isChat,
    expected: 'a chat id such as 99900011122@s.whatsapp.net or …@g.us',
  },
  'group-id': { fits: (id: string) => GROUP.test(id), expected: 'a group id such as 120363000000000000@g.us' },
  'person-id': {
    fits: (id: string) => (digitsOf(id) === id.length ? id !== '' : PERSON.test(id)),
    expected: 'digits, alone or with @s.whatsapp.net or @lid',
  },
  // Empty is an error of its own (minLength), so not remarked on as well.
  'message-id': { fits: (id: string) => id === '' || MESSAGE_ID.test(id), expected: 'a message id such as Abc123Def456Gh-ijKL78' },
  id: { fits: (id: string) => id !== '' && !hasControl(id), expected: 'an id that is not empty' },
  // What the compiler makes of `id` beside minLength.
  any: { fits: (id: string) => !hasControl(id), expected: 'an id' },
} as const;

export type Form = keyof typeof FORMS;

export const form = (name: Form, value: string): Remark[] | undefined => {
  const { fits, expected } = FORMS[name];
  if (fits(value)) return undefined;
  return [{ rule: 'odd-id', at: '', expected: hasControl(value) ? `${expected}, without control characters` : expected }];
};

/** 1e11 as seconds is the year 5138, as milliseconds March 1973: nothing WhatsApp tells lies beyond it in its own unit. */
const UNIT_BORDER = 1e11;

/** x-unit: seconds or milliseconds since 1970; a string of digits counts as the number it writes (CONTRACT.md 8.20). */
export const unit = (name: 'seconds' | 'milliseconds', value: unknown): Remark[] | undefined => {
  if (typeof value === 'string' && !/^\d{1,20}$/.test(value)) {
    return [{ rule: 'odd-time', at: '', expected: `digits: ${name} since 1970` }];
  }
  const time = typeof value === 'string' ? Number(value) : value;
  if (typeof time !== 'number' || time <= 0) return undefined;
  const wrong = name === 'seconds' ? time >= UNIT_BORDER : time < UNIT_BORDER;
  if (!wrong) return undefined;
  const looks = name === 'seconds' ? 'milliseconds' : 'seconds';
  return [{ rule: 'odd-time', at: '', expected: `${name} since 1970`, detail: `looks like ${looks}` }];
};

/** x-range: a number that can't be, such as a latitude of 91. */
export const range = ([least, most]: readonly [number | null, number | null], value: number): Remark[] | undefined => {
  if ((least === null || value >= least) && (most === null || value <= most)) return undefined;
  const expected = most === null ? `${least} or more` : least === null ? `${most} or less` : `a number from ${least} to ${most}`;
  return [{ rule: 'out-of-range', at: '', expected }];
};

/**
 * x-agree: two members that say the same thing, where both are known (3 is delivered, 4 is read).
 * `words` are the known words of the second member, added when compiled; a foreign one is remarked on as such.
 */
export const agree = (
  rule: {
    readonly member: string;
    readonly with: string;
    readonly pairs: Readonly<Record<string, string>>;
    readonly words: readonly string[];
  },
  value: JsonObject,
): Remark[] | undefined => {
  const code = value[rule.member];
  const word = value[rule.with];
  if (typeof code !== 'number' || typeof word !== 'string') return undefined;
  const wanted = rule.pairs[String(code)];
  if (wanted === undefined || wanted === word || !rule.words.includes(word)) return undefined;
  return [
    {
      rule: 'code-disagrees',
      at: pointerPart(rule.member),
      expected: `${rule.with} ${wanted} beside ${rule.member} ${code}`,
      detail: `${rule.with} says ${word}`,
    },
  ];
};

/** x-branch: the member named by the type must stand there, and none of another type (`branches`, added when compiled). */
export const branch = (
  rule: { readonly member: string; readonly branches: readonly string[] },
  value: JsonObject,
): Remark[] | undefined => {
  const type = value[rule.member];
  if (typeof type !== 'string' || !rule.branches.includes(type)) return undefined;
  const remarks: Remark[] = [];
  if (!Object.hasOwn(value, type)) {
    remarks.push({ rule: 'reply-branch', at: pointerPart(type), expected: `the member ${type}, as ${rule.member} says` });
  }
  for (const other of rule.branches) {
    if (other === type || !Object.hasOwn(value, other)) continue;
    remarks.push({ rule: 'reply-branch', at: pointerPart(other), expected: `only ${type}, as ${rule.member} says` });
  }
  return remarks.length === 0 ? undefined : remarks;
};

/** x-content, compiled from the message type schemas: each type's content members, and all there are. */
export interface ContentTable {
  readonly types: ReadonlyMap<string, readonly string[]>;
  readonly owned: ReadonlySet<string>;
}

/** Whether a member is the content of a type, or nobody knows the type: then there is nothing to say about the one that is there. */
export const isContent = ({ types }: ContentTable, type: unknown, member: string): boolean => {
  const own = typeof type === 'string' ? types.get(type) : undefined;
  return own === undefined || own.includes(member);
};

export const content = ({ types, owned }: ContentTable, value: JsonObject): Remark[] | undefined => {
  const { type } = value;
  const own = typeof type === 'string' ? types.get(type) : undefined;
  if (own === undefined) return undefined;
  let remarks: Remark[] | undefined;
  let found = own.length === 0;
  for (const member in value) {
    if (!owned.has(member)) continue;
    if (own.includes(member)) {
      found = true;
      continue;
    }
    const expected = own.length === 0 ? `no content in a message of type ${type}` : `only ${own.join(' or ')} in a message of type ${type}`;
    remarks ??= [];
    remarks.push({ rule: 'foreign-content', at: pointerPart(member), expected });
  }
  if (!found) {
    remarks ??= [];
    remarks.unshift({ rule: 'missing-content', at: pointerPart(own[0] ?? ''), expected: `the content of a message of type ${type}` });
  }
  return remarks;
};
