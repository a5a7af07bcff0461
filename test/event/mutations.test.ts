/**
 * Every sample, changed in one place: a member removed, of another type, with a foreign word, an id of another
 * form, a time in another unit, a member too many. What has to be found, and that nothing else is, says the
 * contract as test/support/contract.ts has it, by hand.
 */
import { describe, expect, it } from 'vitest';
import { parse } from '../../src/event/parse.ts';
import { CATALOGUE } from '../../src/generated/catalogue.ts';
import { createQuick } from '../../src/io/quick.ts';
import { bundle } from '../../src/schema/bundle.ts';
import { CONTENT, CONTENT_MEMBERS, ENVELOPE, EVENTS, type IdKind, KINDS, type Member, membersOf, type Shape } from '../support/contract.ts';
import { type Json, type JsonMap, readMap, SAMPLES } from '../support/samples.ts';

// What has to be found

interface Expected {
  readonly severity: 'error' | 'warning';
  readonly rule: string;
  readonly pointer: string;
  /** The known word to be named; null where none is near; undefined where it is not judged here. */
  readonly nearest?: string | null;
}

const error = (rule: string, pointer: string): Expected => ({ severity: 'error', rule, pointer });
const warning = (rule: string, pointer: string): Expected => ({ severity: 'warning', rule, pointer });

/** A change to a payload, made in place. */
interface Mutation {
  readonly what: string;
  /** The object or list that changes. */
  readonly holder: Json;
  readonly expected: readonly Expected[];
  readonly change: () => void;
  readonly verdict?: 'unknown';
}

/** Where a value stands. */
interface Place {
  readonly holder: JsonMap | Json[];
  readonly key: string | number;
  readonly pointer: string;
  /** Inside last_message, where nothing counts as missing. */
  readonly typesOnly: boolean;
}

const at = ({ holder, key }: Place): Json => (holder as JsonMap)[key] as Json; // holder[key] is how the place was found
const below = (place: Place, key: string | number): Place => ({
  holder: at(place) as JsonMap | Json[], // asked for objects and lists only
  key,
  pointer: `${place.pointer}/${key}`,
  typesOnly: place.typesOnly,
});

const set = (place: Place, what: string, value: Json, expected: readonly Expected[]): Mutation => ({
  what: `${place.pointer} ${what}`,
  holder: place.holder,
  expected,
  change: () => {
    (place.holder as JsonMap)[place.key] = value;
  },
});

// Types

/** For each JSON type something of another one. */
const otherType = (value: Json): Json => {
  if (typeof value === 'string') return 12345;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return {};
  return [];
};

const takesNull = (shape: Shape): boolean => shape.is === 'word' && shape.orNull;
const isNumber = (shape: Shape): boolean =>
  shape.is === 'number' || shape.is === 'degrees' || (shape.is === 'time' && shape.type !== 'integer');
const isWhole = (shape: Shape): boolean => shape.is === 'integer' || (shape.is === 'time' && shape.type === 'integer');

function* types(place: Place, shape: Shape): Generator<Mutation> {
  const value = at(place);
  const wrong = [error('wrong-type', place.pointer)];
  const other = shape.is === 'time' && shape.type === 'string or number' ? true : otherType(value);
  yield set(place, `of another type (${JSON.stringify(other)})`, other, wrong);
  yield set(place, 'null', null, takesNull(shape) ? [] : wrong);
  if (isWhole(shape)) yield set(place, 'with a fraction', Number(exampleOf(shape)) + 0.5, wrong);
  if (isNumber(shape)) yield set(place, 'with a fraction', Number(exampleOf(shape)) + 0.5, []);
}

// Words, ids, times, places

const swapCase = (word: string): string => (word === word.toLowerCase() ? word.toUpperCase() : word.toLowerCase());

function* wordMutations(place: Place, known: readonly string[]): Generator<Mutation> {
  const value = at(place);
  if (typeof value !== 'string') return;
  const found = (nearest: string | null): Expected[] => [{ ...warning('unknown-word', place.pointer), nearest }];
  yield set(place, 'a foreign word', 'qqqqqqqqqqqq', found(null));
  yield set(place, 'with a letter too many', `${value}x`, found(value));
  yield set(place, 'in other letters', swapCase(value), found(value));
  for (const word of known) if (word !== value) yield set(place, `the word ${word}`, word, afterOtherWord(place, word));
}

/** A known word in place of another is right, but for the members that must agree with it. */
const afterOtherWord = (place: Place, word: string): Expected[] => {
  const holder = place.holder as JsonMap; // words stand in objects
  const owner = place.pointer.replace(/\/[^/]+$/, '');
  if (place.typesOnly) return [];
  if (/\/(?:messages\/\d+|before_update|after_update|trigger)$/.test(owner) && isMessage(place) && place.key === 'type') {
    const own = CONTENT[word] ?? [];
    const there = Object.keys(holder).filter((key) => CONTENT_MEMBERS.has(key));
    const missing = own.length > 0 && !own.some((key) => there.includes(key));
    return [
      ...(missing ? [warning('missing-content', `${owner}/${own[0]}`)] : []),
      ...there.filter((key) => !own.includes(key)).map((key) => warning('foreign-content', `${owner}/${key}`)),
    ];
  }
  if (/\/statuses\/\d+$/.test(owner)) {
    const agrees = ({ 3: 'delivered', 4: 'read' } as Record<number, string>)[Number(holder['code'])];
    return agrees === undefined || agrees === word ? [] : [warning('code-disagrees', `${owner}/code`)];
  }
  if (/\/reply$/.test(owner) && place.key === 'type') {
    const branches = ['list_reply', 'buttons_reply'].filter((key) => Object.hasOwn(holder, key));
    return [
      ...(branches.includes(word) ? [] : [warning('reply-branch', `${owner}/${word}`)]),
      ...branches.filter((key) => key !== word).map((key) => warning('reply-branch', `${owner}/${key}`)),
    ];
  }
  return [];
};

/** Chats and groups have updates with sides too; only messages say who they are from. */
const isMessage = ({ holder }: Place): boolean => Object.hasOwn(holder, 'from_me');

const MISFITS: { readonly [kind in IdKind]?: string } = {
  chat: 'nobody',
  group: '99900011122@s.whatsapp.net',
  person: '+999 000 111 22',
  'message form': 'abc',
};

function* idMutations(place: Place, kind: IdKind): Generator<Mutation> {
  const odd = [warning('odd-id', place.pointer)];
  const isMessageId = kind === 'message' || kind === 'message form';
  yield set(place, 'empty', '', isMessageId ? [error('empty-id', place.pointer)] : odd);
  yield set(place, 'with a control character', `${String(at(place))}\u0007`, odd);
  const misfit = MISFITS[kind];
  if (misfit !== undefined) yield set(place, 'of another form', misfit, odd);
}

function* timeMutations(place: Place, unit: 'seconds' | 'milliseconds'): Generator<Mutation> {
  const value = Number(at(place));
  const odd = [warning('odd-time', place.pointer)];
  const other = unit === 'seconds' ? value * 1000 : Math.floor(value / 1000);
  if (value === 0) return;
  yield set(place, 'in another unit', typeof at(place) === 'string' ? String(other) : other, odd);
  if (typeof at(place) === 'string') yield set(place, 'without digits', 'yesterday', odd);
}

// Objects

/** What is found when a member goes. */
const afterRemoval = (place: Place, member: Member, kind: string): Expected[] => {
  if (place.typesOnly) return [];
  const owner = place.holder as JsonMap; // members stand in objects
  if (member.wanted === 'required') return [error('missing-member', place.pointer)]; // the content of no type is not judged
  if (member.wanted === 'recommended') return [warning('missing-recommended', place.pointer)];
  if (kind === 'Message' && CONTENT_MEMBERS.has(member.name)) {
    const own = CONTENT[String(owner['type'])] ?? [];
    const left = own.some((key) => key !== member.name && Object.hasOwn(owner, key));
    return own.includes(member.name) && !left ? [warning('missing-content', place.pointer.replace(/[^/]+$/, own[0] ?? ''))] : [];
  }
  if (kind === 'Reply' && member.name === owner['type']) return [warning('reply-branch', place.pointer)];
  return [];
};

const remove = (place: Place, expected: readonly Expected[]): Mutation => ({
  what: `${place.pointer} removed`,
  holder: place.holder,
  expected,
  change: () => {
    delete (place.holder as JsonMap)[place.key];
  },
});

const add = (place: Place, key: string, value: Json, expected: readonly Expected[]): Mutation => ({
  what: `${place.pointer}/${key} added`,
  holder: at(place),
  expected,
  change: () => {
    (at(place) as JsonMap)[key] = value;
  },
});

/** Content that does not belong to the type is foreign, even if it is right in itself. */
const afterAddition = ({ holder, pointer, typesOnly }: Place, member: Member, kind: string): Expected[] => {
  const type = String((holder as JsonMap)['type']); // members stand in objects
  if (typesOnly) return [];
  if (kind === 'Message' && CONTENT_MEMBERS.has(member.name) && !CONTENT[type]?.includes(member.name)) {
    return [warning('foreign-content', pointer)];
  }
  return kind === 'Reply' && member.name.endsWith('_reply') ? [warning('reply-branch', pointer)] : [];
};

/** The least that a shape takes. */
const exampleOf = (shape: Shape): Json => {
  switch (shape.is) {
    case 'string':
    case 'string or object':
      return '';
    case 'boolean':
      return false;
    case 'number':
    case 'integer':
    case 'degrees':
      return 0;
    case 'time':
      return shape.unit === 'seconds' ? 1756800871 : 1756800871000;
    case 'word':
      return shape.words[0] ?? '';
    case 'id':
      return { any: '-', message: '-', 'message form': 'abcd-efgh', chat: '1@lid', group: '1@g.us', person: '1' }[shape.of];
    case 'list':
    case 'any object':
    case 'types of':
      return shape.is === 'list' ? [] : {};
    case 'object':
      // A message of type unknown needs no content.
      if (shape.kind === 'Message') return { id: '-', type: 'unknown', chat_id: 'stories', from_me: false, timestamp: 1756800871 };
      return Object.fromEntries(
        [...membersOf(shape.kind).values()]
          .filter(({ wanted }) => wanted !== 'optional')
          .map(({ name, shape: inner }) => [name, exampleOf(inner)]),
      );
  }
};

/** Members of the contract that some sample has. */
const visited = new Set<string>();

function* members(place: Place, known: ReadonlyMap<string, Member>, kind: string): Generator<Mutation> {
  for (const [key, member] of known) {
    const inner = below(place, key);
    if (!Object.hasOwn(at(place) as JsonMap, key)) {
      const more = afterAddition(inner, member, kind);
      const right = exampleOf(member.shape);
      yield add(place, key, right, more);
      yield add(place, key, otherType(right), [...more, error('wrong-type', inner.pointer)]);
      continue;
    }
    visited.add(`${kind}.${key}`);
    yield remove(inner, afterRemoval(inner, member, kind));
    yield* mutations(inner, member.shape);
  }
}

const STRANGER = 'zz_unheard_of';

/** All changes of a value that is as the contract wants it. */
function* mutations(place: Place, shape: Shape): Generator<Mutation> {
  const value = at(place);
  yield* types(place, shape);
  switch (shape.is) {
    case 'word':
      yield* wordMutations(place, shape.words);
      break;
    case 'id':
      yield* idMutations(place, shape.of);
      break;
    case 'time':
      yield* timeMutations(place, shape.unit);
      break;
    case 'degrees': {
      const beyond = [warning('out-of-range', place.pointer)];
      yield set(place, 'too far', shape.most + 0.5, beyond);
      yield set(place, 'too far the other way', -shape.most - 0.5, beyond);
      yield set(place, 'at the end', -shape.most, []);
      break;
    }
    case 'list':
      for (const index of (value as Json[]).keys()) yield* mutations(below(place, index), shape.of);
      yield set(place, 'empty', [], []);
      break;
    case 'any object':
      yield add(place, STRANGER, 1, []);
      yield set(place, 'another object', { deep: [{ er: null }] }, []);
      break;
    case 'string or object':
      yield set(place, 'an object', { name: 'Roses' }, []);
      break;
    case 'object':
    case 'types of': {
      const inner = shape.is === 'object' ? place : { ...place, typesOnly: true };
      yield add(place, STRANGER, 1, [{ ...warning('unknown-member', `${place.pointer}/${STRANGER}`), nearest: null }]);
      if (inner.typesOnly) yield set(place, 'with nothing in it', {}, []);
      yield* members(inner, membersOf(shape.kind), shape.kind);
    }
  }
}

// The payload itself

const ALL_KEYS = [...new Set(Object.values(EVENTS).flatMap((keys) => Object.keys(keys)))];
const METHODS = ['post', 'put', 'patch', 'delete'];

function* payloadMutations(event: string, payload: JsonMap): Generator<Mutation> {
  const keys = EVENTS[event] ?? {};
  const own = Object.keys(keys);
  const root: Place = { holder: { '': payload }, key: '', pointer: '', typesOnly: false };
  const free = own.length === 0; // service: any will do
  for (const key of own.filter((name) => Object.hasOwn(payload, name))) {
    const place = below(root, key);
    yield remove(place, [error('payload-missing', `/${own[0]}`)]);
    yield* mutations(place, keys[key] as Shape);
    for (const foreign of ALL_KEYS) {
      if (own.includes(foreign)) continue;
      yield {
        ...remove(place, [error('payload-foreign', `/${own[0]}`)]),
        what: `${foreign} in place of ${key}`,
        change: () => {
          payload[foreign] = payload[key] ?? null;
          delete payload[key];
        },
      };
    }
  }
  for (const foreign of ALL_KEYS) {
    if (!own.includes(foreign)) yield add(root, foreign, [], free ? [] : [warning('payload-extra', `/${foreign}`)]);
  }
  yield add(root, STRANGER, 1, free ? [] : [{ ...warning('unknown-member', `/${STRANGER}`), nearest: null }]);
  if (!Object.hasOwn(payload, 'errors')) {
    yield add(root, 'errors', {}, [error('wrong-type', '/errors')]);
    yield add(root, 'errors', [{ code: 400, message: 'no' }], []);
  }
  yield* members(root, ENVELOPE, 'payload');
  yield* eventMutations(root, event);
}

/** SEVERITY.md, second to fifth row. */
function* eventMutations(root: Place, event: string): Generator<Mutation> {
  const place = below(root, 'event');
  const [category = '', method = ''] = event.split('.');
  const [type, word] = [below(place, 'type'), below(place, 'event')];
  const nameless = (mutation: Mutation): Mutation => ({ ...mutation, verdict: 'unknown' });
  yield nameless(remove(place, [error('event-missing', '/event')]));
  for (const other of [null, [], 'messages', 1]) {
    yield nameless(set(place, `as ${JSON.stringify(other)}`, other, [error('event-malformed', '/event')]));
  }
  for (const inner of [type, word]) {
    yield nameless(remove(inner, [error('event-malformed', inner.pointer)]));
    for (const mutation of types(inner, { is: 'string' })) yield nameless(mutation);
  }
  const unknown = (rule: string, { pointer }: Place, nearest: string | null): Expected[] => [{ ...error(rule, pointer), nearest }];
  yield nameless(set(type, 'a foreign word', 'qqqqqqqqqqqq', unknown('unknown-category', type, null)));
  yield nameless(set(type, 'misspelt', `${category}x`, unknown('unknown-category', type, category)));
  yield nameless(set(word, 'a foreign word', 'qqqqqqqqqqqq', unknown('unknown-method', word, null)));
  yield nameless(set(word, 'misspelt', `${method}x`, unknown('unknown-method', word, method)));
  for (const other of METHODS) {
    if (`${category}.${other}` in EVENTS) continue;
    yield nameless(set(word, `the method ${other}`, other, unknown('unknown-method', word, null)));
  }
  yield add(place, STRANGER, 1, [warning('unknown-member', `/event/${STRANGER}`)]);
  yield add(place, 'method', method, []);
  yield add(place, 'method', method === 'post' ? 'put' : 'post', [error('event-conflict', '/event/method')]);
  yield {
    ...remove(word, []),
    what: 'event.event spelled event.method',
    change: () => {
      const holder = word.holder as JsonMap; // event is an object in every sample
      holder['method'] = method;
      delete holder['event'];
    },
  };
}

// The tests

/** What came is what was expected, in any order; both as lines that a failure shows. */
const lines = (findings: readonly Expected[], like: readonly Expected[]): string[] =>
  findings
    .map(({ severity, rule, pointer, nearest }) => {
      const judged = like.some((one) => one.rule === rule && one.pointer === pointer && one.nearest !== undefined);
      return `${severity} ${rule} ${pointer}${judged && typeof nearest === 'string' ? ` (${nearest})` : ''}`;
    })
    .sort();

const { isSound } = createQuick();
let count = 0;
let sounds = 0;
const rules = new Set<string>();

/** Makes a mutation, takes it back, and tells what was found besides what had to be. */
const trial = (payload: JsonMap, { what, holder, expected, change, verdict }: Mutation): string | undefined => {
  const before = Array.isArray(holder) ? [...holder] : { ...(holder as JsonMap) };
  change();
  const text = JSON.stringify(payload);
  const parsed = parse(text);
  if (Array.isArray(holder)) holder.splice(0, holder.length, ...(before as Json[]));
  else {
    for (const key of Object.keys(holder as JsonMap)) delete (holder as JsonMap)[key];
    Object.assign(holder as JsonMap, before);
  }
  count++;
  for (const { rule } of expected) rules.add(rule);
  const wanted = [...lines(expected, expected), verdict ?? (expected.some(({ severity }) => severity === 'error') ? 'invalid' : 'valid')];
  const got = [...lines(parsed.findings, expected), parsed.verdict];
  // The quick look may send a sound payload to a closer one, never the other way round.
  const sound = isSound(new TextEncoder().encode(text));
  if (sound) sounds++;
  if (sound && parsed.findings.length > 0) return `${what} is sound at a quick look`;
  return wanted.join('; ') === got.join('; ') ? undefined : `${what}\n  expected ${wanted.join('; ')}\n  found    ${got.join('; ')}`;
};

/** A schema's members, its references followed. */
const properties = (node: JsonMap, root: JsonMap): JsonMap => {
  const parts: JsonMap = {};
  for (const part of (node['allOf'] ?? []) as JsonMap[]) Object.assign(parts, properties(part, root));
  if (typeof node['$ref'] === 'string') Object.assign(parts, properties(resolve(node['$ref'], root), root));
  return Object.assign(parts, node['properties'] ?? {});
};
const resolve = (ref: string, root: JsonMap): JsonMap =>
  ref
    .split('/')
    .slice(1)
    .reduce((value, key) => value[key] as JsonMap, root); // a bundle refers to itself only

/** Members that only the schema has, or only the contract, below a node. */
const differences = (node: JsonMap, root: JsonMap, shape: Shape, pointer: string): string[] => {
  if (shape.is === 'list') {
    const target = typeof node['$ref'] === 'string' ? resolve(node['$ref'], root) : node;
    return differences(target['items'] as JsonMap, root, shape.of, `${pointer}/*`);
  }
  if (shape.is !== 'object') return [];
  const [schema, known] = [properties(node, root), membersOf(shape.kind)];
  return [...Object.keys(schema).filter((key) => !known.has(key)), ...[...known.keys()].filter((key) => !Object.hasOwn(schema, key))]
    .map((key) => `${pointer}/${key}`)
    .concat(
      [...known.values()].flatMap(({ name, shape: inner }) =>
        Object.hasOwn(schema, name) ? differences(schema[name] as JsonMap, root, inner, `${pointer}/${name}`) : [],
      ),
    );
};

describe('the contract of the test and the schemas', () => {
  it('know the same events and payload keys', () => {
    expect(Object.fromEntries(Object.entries(CATALOGUE).map(([name, { keys }]) => [name, [...keys]]))).toEqual(
      Object.fromEntries(Object.entries(EVENTS).map(([name, keys]) => [name, Object.keys(keys)])),
    );
  });

  it.each(Object.entries(CATALOGUE))('know the same members of %s', (name, { schema }) => {
    const whole = bundle(schema, (file) => readMap('schemas', file), '2020-12') as JsonMap; // schemas are JSON
    const found = Object.entries(EVENTS[name] ?? {}).flatMap(([key, shape]) =>
      differences((whole['properties'] as JsonMap)[key] as JsonMap, whole, shape, `/${key}`),
    );
    expect(found).toEqual([]);
  });
});

describe('a sample changed in one place', () => {
  it.each(SAMPLES.map((sample) => [sample.origin, sample] as const))(
    '%s has exactly the finding of each change',
    (_origin, { event, payload }) => {
      expect(EVENTS).toHaveProperty([event]);
      expect(parse(JSON.stringify(payload)).findings).toEqual([]);
      const failures: string[] = [];
      for (const mutation of payloadMutations(event, payload)) {
        const failure = trial(payload, mutation);
        if (failure !== undefined) failures.push(failure);
      }
      expect(failures).toEqual([]);
    },
  );

  it('makes changes of every kind, and at every member of the contract that samples have', () => {
    expect(count).toBeGreaterThan(50_000);
    expect(sounds).toBeGreaterThan(5000);
    expect([...rules].sort()).toEqual([
      'code-disagrees',
      'empty-id',
      'event-conflict',
      'event-malformed',
      'event-missing',
      'foreign-content',
      'missing-content',
      'missing-member',
      'missing-recommended',
      'odd-id',
      'odd-time',
      'out-of-range',
      'payload-extra',
      'payload-foreign',
      'payload-missing',
      'reply-branch',
      'unknown-category',
      'unknown-member',
      'unknown-method',
      'unknown-word',
      'wrong-type',
    ]);
    // What no sample has: only what a side of an update leaves out, and product_items, which no type names.
    const never = KINDS.flatMap((kind) => [...membersOf(kind).keys()].map((key) => `${kind}.${key}`)).filter((key) => !visited.has(key));
    expect(never.filter((key) => !/^(?:Chat|Contact|Group)Side\./.test(key))).toEqual(['Message.product_items', 'ProductItems.type']);
  });
});
