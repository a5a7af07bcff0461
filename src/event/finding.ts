/** A finding says what is wrong at one place of a payload, and how much it matters. */
export type Severity = 'error' | 'warning';

/** Every rule, its severity and what it means (SEVERITY.md). `whapi-hooks` never reports anything else. */
export const RULES = {
  'not-json': { severity: 'error', means: 'The body is not one JSON document.' },
  'empty-body': { severity: 'error', means: 'The body has no bytes, or only white space.' },
  'bad-encoding': { severity: 'error', means: 'The body is not UTF-8.' },
  'not-object': { severity: 'error', means: 'The body is JSON, but not one object.' },
  'not-payload': { severity: 'error', means: 'A file holds JSON that is no payload, no list of payloads and no map of named payloads.' },
  'not-record': { severity: 'error', means: 'A line of a recording is no record that this version reads.' },
  'too-deep': { severity: 'error', means: 'Objects and lists stand more than 200 levels inside one another.' },
  'number-overflow': { severity: 'error', means: 'A number is too large for JSON readers: it becomes infinite.' },
  'event-missing': { severity: 'error', means: 'Neither the body nor the request line names the event.' },
  'event-malformed': { severity: 'error', means: 'The member event is not an object with a type and a method.' },
  'event-conflict': { severity: 'error', means: 'The members event and method of event are both there and differ.' },
  'unknown-category': { severity: 'error', means: 'The category is not one of the eleven.' },
  'unknown-method': { severity: 'error', means: 'The category has no such method.' },
  'deprecated-category': { severity: 'warning', means: 'The category has its old name: message, ack, chat or status.' },
  'event-mismatch': { severity: 'warning', means: 'Body and request line name different events; the body wins.' },
  'payload-missing': { severity: 'error', means: 'The payload key of the event is not there.' },
  'payload-foreign': { severity: 'error', means: 'The payload key of another event stands where that of this event should.' },
  'payload-extra': { severity: 'warning', means: 'The payload key of another event stands beside the right one.' },
  'wrong-type': { severity: 'error', means: 'A value has another JSON type than the contract gives.' },
  'missing-member': { severity: 'error', means: 'A required member is missing.' },
  'empty-id': { severity: 'error', means: 'The id of a message is empty.' },
  'missing-recommended': { severity: 'warning', means: 'A member that is nearly always sent is missing.' },
  'unknown-member': { severity: 'warning', means: 'A member that the contract does not know.' },
  'unknown-word': { severity: 'warning', means: 'A word that is not in the list for this member. Lists grow.' },
  'missing-content': { severity: 'warning', means: 'A message lacks the content member of its type.' },
  'foreign-content': { severity: 'warning', means: 'A message carries the content member of another type.' },
  'reply-branch': { severity: 'warning', means: 'The member of a reply contradicts its type.' },
  'odd-id': { severity: 'warning', means: 'An id does not look like its kind.' },
  'odd-time': { severity: 'warning', means: 'A time is in the wrong unit, or not written in digits.' },
  'out-of-range': { severity: 'warning', means: 'A number cannot be, such as a latitude of 91.' },
  'code-disagrees': { severity: 'warning', means: 'The code and the word of a status contradict each other.' },
  'more-findings': { severity: 'warning', means: 'A body has more findings than are listed.' },
  'duplicate-key': { severity: 'warning', means: 'A key stands twice in one object; readers keep the last.' },
  'byte-order-mark': { severity: 'warning', means: 'The body begins with a byte order mark.' },
  'unsafe-key': { severity: 'warning', means: 'A key named __proto__, constructor or prototype: careless copying runs into it.' },
  'lone-surrogate': { severity: 'warning', means: 'A text holds half of a character (a lone surrogate).' },
} as const satisfies Record<string, { severity: Severity; means: string }>;

export type Rule = keyof typeof RULES;

export interface Finding {
  readonly severity: Severity;
  readonly rule: Rule;
  /** JSON pointer (RFC 6901) into the payload; of a missing member: where it would stand. */
  readonly pointer: string;
  /** What stands there, in short; `nothing` where nothing does. */
  readonly found: string;
  readonly expected: string;
  /** The known word nearest to a foreign one. */
  readonly nearest?: string;
  /** The whole finding in a sentence. */
  readonly message: string;
  /** Where in the text of the body, in UTF-16 units from 0, when the pointer cannot tell. */
  readonly offset?: number;
}

/** `valid` has no error; `unknown` names no event that exists; `unreadable` is not a JSON object. */
export type Verdict = 'valid' | 'invalid' | 'unknown' | 'unreadable';

/**
 * A value in a few words, safe to build for whatever strangers send.
 * @returns such as `the string "hi"`, `the number 12`, `an object`, `nothing`
 */
export const describe = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') {
    const short = value.length > 60 ? `${value.slice(0, 60)}…` : value;
    return `the string ${JSON.stringify(short)}`;
  }
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
};

/** JSON types as they are called in messages. */
export const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

export const finding = (
  rule: Rule,
  pointer: string,
  found: string,
  expected: string,
  message: string,
  more: { nearest?: string | undefined; offset?: number | undefined } = {},
): Finding => ({
  severity: RULES[rule].severity,
  rule,
  pointer,
  found,
  expected,
  ...(more.nearest === undefined ? {} : { nearest: more.nearest }),
  message: more.nearest === undefined ? message : `${message}; did you mean ${more.nearest}?`,
  ...(more.offset === undefined ? {} : { offset: more.offset }),
});
