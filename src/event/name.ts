import { CATALOGUE, CATEGORIES, type CatalogueEntry, type Category, METHODS, type Method } from '../generated/catalogue.ts';
import { isObject, type JsonObject, nearest, pointerPart } from '../schema/keywords.ts';
import { describe, type Finding, finding } from './finding.ts';

export type EventName = keyof typeof CATALOGUE;
export { CATEGORIES, type Category, METHODS, type Method };

/** Every event, in the order of the schemas. */
export const EVENT_NAMES = Object.keys(CATALOGUE) as EventName[]; // the keys of a const object

export const isEventName = (name: string): name is EventName => Object.hasOwn(CATALOGUE, name);

export const entryOf = (name: EventName): CatalogueEntry => CATALOGUE[name];

/** Payload key → the events it belongs to. */
export const KEY_OWNERS: ReadonlyMap<string, readonly EventName[]> = (() => {
  const owners = new Map<string, EventName[]>();
  for (const name of EVENT_NAMES) {
    for (const key of entryOf(name).keys) owners.set(key, [...(owners.get(key) ?? []), name]);
  }
  return owners;
})();

/** Names of categories from before; settings still accept them (CONTRACT.md section 3). */
const DEPRECATED: ReadonlyMap<string, Category> = new Map([
  ['message', 'messages'],
  ['ack', 'statuses'],
  ['chat', 'chats'],
  ['status', 'channel'],
]);

export const isCategory = (word: string): word is Category => (CATEGORIES as readonly string[]).includes(word);
const isMethod = (word: string): word is Method => (METHODS as readonly string[]).includes(word);

/** Today's name of a category, or undefined where the word is none. */
export const readCategory = (word: string): Category | undefined => (isCategory(word) ? word : DEPRECATED.get(word));

/** The methods a category has, in the order of METHODS. */
const methodsOf = (category: Category): Method[] => METHODS.filter((method) => isEventName(`${category}.${method}`));

/** category → method → name, for a quick look at words that are as they should be. */
const NAMES: ReadonlyMap<string, ReadonlyMap<string, EventName>> = (() => {
  const names = new Map<string, Map<string, EventName>>();
  for (const name of EVENT_NAMES) {
    const { category, method } = entryOf(name);
    names.set(category, (names.get(category) ?? new Map<string, EventName>()).set(method, name));
  }
  return names;
})();

/** The name in an `event` that has nothing to remark on: a known type, a known event, and nothing else. */
const plainName = (event: unknown): EventName | undefined => {
  if (!isObject(event)) return undefined;
  for (const key in event) if (key !== 'type' && key !== 'event') return undefined;
  const { type, event: method } = event;
  return typeof type === 'string' && typeof method === 'string' ? NAMES.get(type)?.get(method) : undefined;
};

const NOTHING: Finding[] = [];

/** The words a request line or a caller gives for an event. */
export interface EventWords {
  readonly category: string;
  readonly method: string;
}

export interface Named {
  /** The event, or null where nothing names one that exists. */
  readonly name: EventName | null;
  /** What was said, even if there is no such event: `foo.post`. */
  readonly said: string | null;
  readonly findings: readonly Finding[];
}

/**
 * Two words → an event, with findings at the given pointers.
 * Deprecated category names are read as today's (SEVERITY.md).
 */
const readWords = (words: EventWords, typePointer: string, methodPointer: string): Named => {
  const { category: word, method } = words;
  const said = `${word}.${method}`;
  const findings: Finding[] = [];
  const category = readCategory(word);
  if (category === undefined) {
    findings.push(
      finding('unknown-category', typePointer, describe(word), 'one of the eleven categories', `${describe(word)} is not a category`, {
        nearest: nearest(word, CATEGORIES),
      }),
    );
    return { name: null, said, findings };
  }
  if (category !== word) {
    findings.push(
      finding('deprecated-category', typePointer, describe(word), category, `${word} is an old name of the category ${category}`),
    );
  }
  const name = `${category}.${method}`;
  if (isEventName(name)) return { name, said, findings };
  const methods = methodsOf(category);
  const expected = methods.length === 1 ? String(methods[0]) : `one of ${methods.join(', ')}`;
  findings.push(
    finding(
      'unknown-method',
      methodPointer,
      describe(method),
      expected,
      isMethod(method) ? `${category} has no method ${method}, only ${methods.join(', ')}` : `${describe(method)} is not a method`,
      { nearest: isMethod(method) ? undefined : nearest(method, methods) },
    ),
  );
  return { name: null, said, findings };
};

const EVENT_MEMBERS = new Set(['type', 'event', 'method']);

/** The member `event` of a body in mode body, in either spelling (CONTRACT.md 8.1). */
const readEvent = (event: unknown): Named => {
  if (!isObject(event)) {
    const message = `event is ${describe(event)}, expected an object with type and event`;
    return { name: null, said: null, findings: [finding('event-malformed', '/event', describe(event), 'an object', message)] };
  }
  const findings: Finding[] = [];
  for (const key of Object.keys(event)) {
    if (EVENT_MEMBERS.has(key) || key === '__proto__') continue;
    if (findings.length === 100) break;
    findings.push(
      finding(
        'unknown-member',
        `/event${pointerPart(key)}`,
        describe(event[key]),
        'type and event',
        `${JSON.stringify(key.slice(0, 60))} is not known in event`,
        {
          nearest: nearest(key, EVENT_MEMBERS),
        },
      ),
    );
  }
  const read = (member: string): string | undefined => {
    if (!Object.hasOwn(event, member)) return undefined;
    const value = event[member];
    if (typeof value === 'string') return value;
    findings.push(finding('wrong-type', `/event/${member}`, describe(value), 'a string', `is ${describe(value)}, expected a string`));
    return undefined;
  };
  const missing = (member: string): void => {
    findings.push(finding('event-malformed', `/event/${member}`, 'nothing', 'a string', `event has no ${member}`));
  };
  const type = read('type');
  const spelledEvent = read('event');
  const spelledMethod = read('method');
  if (spelledEvent !== undefined && spelledMethod !== undefined && spelledEvent !== spelledMethod) {
    const message = `event says ${JSON.stringify(spelledEvent.slice(0, 60))} and method says ${JSON.stringify(spelledMethod.slice(0, 60))}`;
    findings.push(finding('event-conflict', '/event/method', describe(spelledMethod), describe(spelledEvent), message));
  }
  if (!Object.hasOwn(event, 'type')) missing('type');
  if (!Object.hasOwn(event, 'event') && !Object.hasOwn(event, 'method')) missing('event');
  const method = spelledEvent ?? spelledMethod;
  if (type === undefined || method === undefined) {
    // The category may be wrong too; say both at once.
    if (type !== undefined && readCategory(type) === undefined) {
      findings.push(...readWords({ category: type, method: 'post' }, '/event/type', '/event/event').findings);
    }
    return { name: null, said: null, findings };
  }
  const named = readWords({ category: type, method }, '/event/type', spelledEvent === undefined ? '/event/method' : '/event/event');
  return { ...named, findings: [...findings, ...named.findings] };
};

/**
 * Which event a payload is of: its own `event` first, else the request line, else the name the caller gave
 * (SEVERITY.md). Where body and request line name different events the body wins, with a warning.
 */
export const nameEvent = (payload: JsonObject, line: EventWords | undefined, as: EventName | undefined): Named => {
  if (Object.hasOwn(payload, 'event')) {
    const { event } = payload;
    const plain = line === undefined ? plainName(event) : undefined;
    if (plain !== undefined) return { name: plain, said: plain, findings: NOTHING };
    const body = readEvent(event);
    if (body.name !== null && line !== undefined) {
      const fromLine = readWords(line, '', '');
      if (fromLine.name !== null && fromLine.name !== body.name) {
        const message = `the request line says ${fromLine.name}, the body says ${body.name}; the body wins`;
        return { ...body, findings: [...body.findings, finding('event-mismatch', '/event', body.name, fromLine.name, message)] };
      }
    }
    return body;
  }
  if (line !== undefined) return readWords(line, '', '');
  if (as !== undefined) return { name: as, said: as, findings: [] };
  const guess = Object.keys(payload).flatMap((key) => KEY_OWNERS.get(key) ?? []);
  const message =
    guess.length > 0
      ? `event is missing, so the body does not say what it is (its payload key belongs to ${[...new Set(guess)].slice(0, 3).join(' or ')})`
      : 'event is missing, so the body does not say what it is';
  return {
    name: null,
    said: null,
    findings: [finding('event-missing', '/event', 'nothing', '{"type": …, "event": …}', message)],
  };
};
