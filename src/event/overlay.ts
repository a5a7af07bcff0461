import { isObject, type JsonObject, nearest } from '../schema/keywords.ts';
import type { Finding, Rule, Verdict } from './finding.ts';
import { EVENT_NAMES, type EventName, isEventName } from './name.ts';
import type { Parsed } from './parse.ts';

/** Types that JSON tells apart, in the order in which they are listed. */
export const JSON_TYPES = ['string', 'number', 'boolean', 'object', 'array', 'null'] as const;
export type JsonType = (typeof JSON_TYPES)[number];

/** Rules that an overlay can silence at a place: what traffic does that the schemas do not know. */
export const DRIFT_RULES = ['unknown-member', 'unknown-word', 'missing-member', 'missing-recommended', 'wrong-type'] as const;
export type DriftRule = (typeof DRIFT_RULES)[number];

/** Something that traffic does and that a team has accepted. */
export interface Acceptance {
  readonly event: EventName;
  /** Pattern of pointers, as `patternOf` makes it. */
  readonly pointer: string;
  readonly rule: DriftRule;
  /** Of an unknown member or another type: the types accepted. */
  readonly types?: readonly JsonType[];
  /** Of unknown words: the words accepted. */
  readonly words?: readonly string[];
}

/** What a team has accepted, to be looked up by event, rule and pattern. */
export interface Overlay {
  /** One for each event, pattern and rule, in order of them. */
  readonly accept: readonly Acceptance[];
  readonly index: ReadonlyMap<EventName, ReadonlyMap<Rule, ReadonlyMap<string, Acceptance>>>;
}

export const OVERLAY_VERSION = 1;
const SCHEMA = 'https://unpkg.com/whapi-hooks@1/schemas/overlay.schema.json';

/** @returns the JSON type of a value that JSON.parse made */
export const jsonType = (value: unknown): JsonType => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonType; // JSON has no other types
};

/** More digits than this in a name, and it is a number or an id. */
const MOST_DIGITS = 3;

/**
 * Whether a name or word is one that a programmer chose. Others may be phone numbers, ids or text of people: those
 * are neither shown nor written down.
 */
export const isPlain = (name: string): boolean =>
  name.length <= 60 && /^[A-Za-z_$][\w$.-]*$/.test(name) && name.replace(/\D/g, '').length <= MOST_DIGITS;

/** Stands for a member whose name is not plain. */
export const ODD_NAME = '{name}';

/**
 * A pointer of a finding as a pattern that fits all its like, and the value there: `/messages/0/foo` becomes
 * `/messages/*` + `/foo`, and a member whose name is an id or a text becomes `{name}`.
 */
export const patternOf = (pointer: string, payload: unknown): { pattern: string; value: unknown } => {
  let value = payload;
  let pattern = '';
  for (const part of pointer.split('/').slice(1)) {
    if (Array.isArray(value)) {
      pattern += '/*';
      value = (value as unknown[])[Number(part)];
      continue;
    }
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    pattern += `/${isPlain(name) ? name : ODD_NAME}`;
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return { pattern, value };
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byPlace = (a: Acceptance, b: Acceptance): number =>
  byText(a.event, b.event) || byText(a.pointer, b.pointer) || byText(a.rule, b.rule);

/** Both together: of one event, pattern and rule. */
const joined = (a: Acceptance, b: Acceptance): Acceptance => {
  const types = JSON_TYPES.filter((type) => a.types?.includes(type) === true || b.types?.includes(type) === true);
  const words = [...new Set([...(a.words ?? []), ...(b.words ?? [])])].sort(byText);
  const { event, pointer, rule } = a;
  return { event, pointer, rule, ...(types.length === 0 ? {} : { types }), ...(words.length === 0 ? {} : { words }) };
};

/** An overlay of what is accepted; what is said of one place several times is joined. */
export const createOverlay = (accept: Iterable<Acceptance>): Overlay => {
  const index = new Map<EventName, Map<Rule, Map<string, Acceptance>>>();
  for (const one of accept) {
    const rules = index.get(one.event) ?? new Map<Rule, Map<string, Acceptance>>();
    const places = rules.get(one.rule) ?? new Map<string, Acceptance>();
    index.set(one.event, rules.set(one.rule, places.set(one.pointer, joined(one, places.get(one.pointer) ?? one))));
  }
  const all = [...index.values()].flatMap((rules) => [...rules.values()].flatMap((places) => [...places.values()]));
  return { accept: all.sort(byPlace), index };
};

/** An overlay as the JSON of its file. */
export const overlayJson = ({ accept }: Overlay): JsonObject => ({ $schema: SCHEMA, v: OVERLAY_VERSION, accept });

const accepts = ({ rule, types, words }: Acceptance, value: unknown): boolean => {
  if (rule === 'unknown-word') return typeof value === 'string' && words?.includes(value) === true;
  if (rule === 'unknown-member' || rule === 'wrong-type') return types?.includes(jsonType(value)) === true;
  return true;
};

/**
 * The findings that an overlay does not accept. A member is accepted with the types that were seen, a word where it
 * is listed, a missing member or another type at that place; all else stays.
 * @param event the event of the payload; where there is none, nothing is accepted
 * @param payload what the pointers of the findings lead into
 */
export const applyOverlay = (
  overlay: Overlay,
  event: EventName | null,
  findings: readonly Finding[],
  payload: unknown,
): readonly Finding[] => {
  const rules = event === null ? undefined : overlay.index.get(event);
  if (rules === undefined || findings.length === 0) return findings;
  return findings.filter(({ rule, pointer }) => {
    const places = rules.get(rule);
    if (places === undefined) return true;
    const { pattern, value } = patternOf(pointer, payload);
    const acceptance = places.get(pattern);
    return acceptance === undefined || !accepts(acceptance, value);
  });
};

/** What is left of the findings on a body, and the verdict, once an overlay has been laid on it. */
export const judgeWith = (
  overlay: Overlay | undefined,
  { name, payload, findings, verdict }: Pick<Parsed, 'name' | 'payload' | 'findings' | 'verdict'>,
): { readonly findings: readonly Finding[]; readonly verdict: Verdict } => {
  if (overlay === undefined) return { findings, verdict };
  const left = applyOverlay(overlay, name, findings, payload);
  const isFine = verdict === 'invalid' && !left.some(({ severity }) => severity === 'error');
  return { findings: left, verdict: isFine ? 'valid' : verdict };
};

const quoted = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : `a ${jsonType(value)}`);

const hint = (word: unknown, known: readonly string[]): string => {
  const near = typeof word === 'string' ? nearest(word, known) : undefined;
  return near === undefined ? '' : `; did you mean ${near}?`;
};

/** @throws Error where an object has a member that does not belong there */
const onlyKnown = (value: JsonObject, known: readonly string[], where: string): void => {
  const stranger = Object.keys(value).find((key) => !known.includes(key));
  if (stranger !== undefined) throw new Error(`${where}the member ${quoted(stranger)} is not known${hint(stranger, known)}`);
};

/** @throws Error where it is no list of such texts with something in it */
const texts = (value: unknown, fits: (text: string) => boolean, where: string, wanted: string): readonly string[] => {
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && fits(item))) return value as string[];
  throw new Error(`${where} must be a list of ${wanted}`);
};

/** What stands beside event, pointer and rule. */
const DETAILS: Readonly<Record<DriftRule, 'types' | 'words' | undefined>> = {
  'unknown-member': 'types',
  'unknown-word': 'words',
  'missing-member': undefined,
  'missing-recommended': undefined,
  'wrong-type': 'types',
};

const readAcceptance = (value: unknown, at: string): Acceptance => {
  if (!isObject(value)) throw new Error(`${at} is ${quoted(value)}, expected an object with event, pointer and rule`);
  const { event, pointer, rule: ruleText } = value;
  if (typeof event !== 'string' || !isEventName(event)) {
    throw new Error(`${at}.event is ${event === undefined ? 'missing' : `${quoted(event)}, which is no event${hint(event, EVENT_NAMES)}`}`);
  }
  const rule = DRIFT_RULES.find((word) => word === ruleText);
  if (rule === undefined) throw new Error(`${at}.rule must be one of ${DRIFT_RULES.join(', ')}${hint(ruleText, DRIFT_RULES)}`);
  if (typeof pointer !== 'string' || !pointer.startsWith('/') || pointer.length > 1000) {
    throw new Error(`${at}.pointer must be a pattern such as /messages/*/foo`);
  }
  if (/\/\d+(?:\/|$)/.test(pointer)) throw new Error(`${at}.pointer names one item of a list; write * for its number`);
  const detail = DETAILS[rule];
  onlyKnown(value, ['event', 'pointer', 'rule', ...(detail === undefined ? [] : [detail])], `${at}: `);
  if (detail === undefined) return { event, pointer, rule };
  if (detail === 'words') return { event, pointer, rule, words: texts(value['words'], () => true, `${at}.words`, 'words') };
  const isType = (text: string): boolean => (JSON_TYPES as readonly string[]).includes(text);
  const types = texts(value['types'], isType, `${at}.types`, `types: ${JSON_TYPES.join(', ')}`);
  return { event, pointer, rule, types: types as readonly JsonType[] }; // each was looked up just before
};

/**
 * Reads the JSON of an overlay (schemas/overlay.schema.json).
 * @throws Error with a sentence about what is wrong with it
 */
export const readOverlay = (value: unknown): Overlay => {
  if (!isObject(value)) throw new Error(`an overlay is an object with v and accept, not ${quoted(value)}`);
  onlyKnown(value, ['$schema', 'v', 'accept'], '');
  const { v, accept } = value;
  if (v === undefined) throw new Error('it has no version: an overlay has "v": 1');
  if (v !== OVERLAY_VERSION) {
    const version = typeof v === 'number' ? String(v) : quoted(v);
    throw new Error(`it has version ${version}; this whapi-hooks reads version ${OVERLAY_VERSION}`);
  }
  if (!Array.isArray(accept)) throw new Error('accept must be a list');
  return createOverlay((accept as unknown[]).map((one, index) => readAcceptance(one, `accept[${index}]`)));
};
