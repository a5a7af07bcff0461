/**
 * Traffic that the schemas do not know: every sample with one thing changed that an overlay can accept. What may be
 * changed where says the contract of the tests (contract.ts), not the schemas.
 */
import type { Finding } from '../../src/event/finding.ts';
import { parse } from '../../src/event/parse.ts';
import { ENVELOPE, EVENTS, membersOf, type Shape } from './contract.ts';
import { type Json, type JsonMap, SAMPLES } from './samples.ts';

/** A sample changed in one place. */
export interface Plant {
  readonly event: string;
  readonly body: string;
  readonly rule: string;
  /** `/messages/*` and so on. */
  readonly pattern: string;
  /** The word or the type that stands there. */
  readonly detail: string;
  /** What the contract has there. */
  readonly shape: string;
}

export const DRIFT = ['unknown-member', 'unknown-word', 'missing-member', 'missing-recommended', 'wrong-type'];

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

const valueAt = (payload: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, part) => (value as JsonMap | undefined)?.[part], payload);

/** Place and content of a finding, as an overlay has to tell them apart; names with / or ~ do not occur. */
export const keyOf = (event: string | null, { rule, pointer }: Finding, payload: unknown): string => {
  const value = valueAt(payload, pointer);
  const detail = rule === 'unknown-word' ? String(value) : rule === 'unknown-member' || rule === 'wrong-type' ? typeOf(value) : '';
  return [event, rule, pointer.replace(/\/\d+(?=\/|$)/g, '/*'), detail].join(' ');
};

/** A change of a payload, given as the place and what to do there. */
interface Change {
  readonly pointer: string;
  readonly shape: string;
  readonly act: (holder: JsonMap, key: string) => void;
}

const put = (pointer: string, shape: string, value: Json): Change => ({
  pointer,
  shape,
  act: (holder, key) => {
    holder[key] = value;
  },
});

/** One of every JSON type. */
const VALUES: readonly Json[] = ['Nuvola Bianca', 4711.5, true, { who: 'Nuvola' }, ['Bianca'], null];

function* changes(value: Json, shape: Shape, pointer: string): Generator<Change> {
  for (const other of VALUES) if (typeOf(other) !== typeOf(value) || shape.is === 'integer') yield put(pointer, shape.is, other);
  if (shape.is === 'word') for (const word of ['zz_word', 'zz_other_word']) yield put(pointer, shape.is, word);
  if (shape.is === 'list') for (const [index, item] of (value as Json[]).entries()) yield* changes(item, shape.of, `${pointer}/${index}`);
  if (shape.is === 'object' || shape.is === 'types of') {
    for (const other of VALUES) for (const name of ['zz_new', 'zz_other']) yield put(`${pointer}/${name}`, 'stranger', other);
    yield* membersIn(value as JsonMap, membersOf(shape.kind), pointer);
  }
}

function* membersIn(holder: JsonMap, members: ReturnType<typeof membersOf>, pointer: string): Generator<Change> {
  for (const { name, shape, wanted } of members.values()) {
    const value = holder[name];
    if (value === undefined) continue;
    if (wanted !== 'optional') {
      yield {
        pointer: `${pointer}/${name}`,
        shape: 'missing',
        act: (owner, key) => {
          delete owner[key];
        },
      };
    }
    yield* changes(value, shape, `${pointer}/${name}`);
  }
}

function* changesOf(event: string, payload: JsonMap): Generator<Change> {
  for (const [key, shape] of Object.entries(EVENTS[event] ?? {})) {
    const value = payload[key];
    if (value !== undefined) yield* changes(value, shape, `/${key}`);
  }
  yield* membersIn(payload, ENVELOPE, '');
  for (const other of VALUES) yield put('/zz_new', 'stranger', other);
}

/** One of each kind: what is found is one finding that an overlay can accept. */
export const makePlants = (): Plant[] => {
  const plants = new Map<string, Plant>();
  for (const sample of SAMPLES) {
    for (const { pointer, shape, act } of changesOf(sample.event, sample.payload)) {
      const payload = sample.payload;
      const at = pointer.lastIndexOf('/');
      act(valueAt(payload, pointer.slice(0, at)) as JsonMap, pointer.slice(at + 1));
      const { findings } = parse(JSON.stringify(payload));
      const [found] = findings;
      if (found === undefined || findings.length > 1 || !DRIFT.includes(found.rule)) continue;
      const key = keyOf(sample.event, found, payload);
      if (plants.has(key)) continue;
      const [, rule = '', pattern = '', detail = ''] = key.split(' ');
      plants.set(key, { event: sample.event, body: JSON.stringify(payload), rule, pattern, detail, shape });
    }
  }
  return [...plants.values()];
};
