import { EVENT_NAMES, entryOf, isEventName } from '../event/name.ts';
import { validate } from '../event/parse.ts';
import { didYouMean, firstSample, messageTypesOf, type Samples, sampleNamed, sampleOfType } from '../event/sample.ts';
import type { EventName, EventPayloads } from '../index.ts';
import { isObject, type JsonObject } from '../schema/keywords.ts';
import { findingLines } from './lines.ts';
import type { SampleNames } from './names.ts';
import type { BuildOptions, BuiltEvent, Overrides, Which } from './types.ts';

type SamplesByEvent = Readonly<Record<string, Samples>>;

let parsed: SamplesByEvent | undefined;

const samplesOf = (name: EventName): Samples => {
  parsed ??= JSON.parse(__SAMPLES__) as SamplesByEvent; // made by the build, of our own samples
  return parsed[name] ?? {};
};

/** @throws TypeError where the name is not that of an event */
export const knownEvent = (name: unknown): EventName => {
  if (typeof name === 'string' && isEventName(name)) return name;
  throw new TypeError(`${JSON.stringify(name)} is not the name of an event${didYouMean(String(name), EVENT_NAMES)}`);
};

/** A deep copy of `base` with `changes`: objects are merged, lists replaced, members set to undefined removed. */
const merged = (base: unknown, changes: unknown): unknown => {
  if (Array.isArray(changes)) return changes.map((item) => merged(undefined, item));
  if (!isObject(changes)) return changes;
  const members = new Map<string, unknown>();
  if (isObject(base)) for (const [key, value] of Object.entries(base)) members.set(key, copied(value));
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) members.delete(key);
    else members.set(key, merged(isObject(base) && Object.hasOwn(base, key) ? base[key] : undefined, value));
  }
  // Even a member called __proto__ becomes a member here, and nothing else.
  return Object.fromEntries(members);
};

const copied = (value: unknown): unknown => merged(undefined, value);

/** The sample to start from. */
const chosen = (name: EventName, which: string | undefined): JsonObject => {
  if (which === undefined) return firstSample(name, samplesOf).payload;
  const own = samplesOf(name);
  const typesOf = name === 'messages.post' ? messageTypesOf : () => [];
  const sample = sampleOfType(own, which, typesOf) ?? sampleNamed(own, which);
  if (sample !== undefined) return sample.payload;
  const types = new Set(Object.values(own).flatMap(typesOf));
  const what = types.size > 0 ? 'neither a message type nor the name of a sample' : 'not the name of a sample';
  const near = didYouMean(which, [...types, ...Object.keys(own)]);
  throw new TypeError(`${JSON.stringify(which)} is ${what} of ${name}${near || '; `whapi-hooks samples` lists them'}`);
};

/** The payload with its item, or the first of its items, changed. */
const withChanges = (name: EventName, payload: JsonObject, changes: unknown): unknown => {
  const key = entryOf(name).keys.find((candidate) => Object.hasOwn(payload, candidate));
  if (key === undefined) return merged(payload, changes);
  const value = payload[key];
  if (!Array.isArray(value)) return merged(payload, { [key]: isObject(changes) ? changes : copied(changes) });
  const [first, ...rest] = value as unknown[];
  return merged(payload, { [key]: [merged(first, changes), ...rest] });
};

/**
 * Makes an event for a test, from the first sample that fits: the same at every call, a copy of its own at every call.
 * @param name such as `messages.post`
 * @param which a message type (for messages.post) or the name of a sample; left out or undefined for the first one
 * @param overrides members of the item (of the message, the chat, …; of the first where there are several) that are to be
 *   different: objects are merged, lists replaced, `undefined` removes a member
 * @param options `{ unchecked: true }` for an event that is meant to be invalid
 * @throws TypeError where there is no such event, message type or sample, and where the overrides made the event invalid
 */
export function build<Name extends EventName, From extends Which<Name> | undefined = undefined>(
  name: Name,
  which?: From,
  overrides?: Overrides<Name, NoInfer<From>>,
  options?: { readonly unchecked?: false },
): BuiltEvent<Name, From>;
export function build<Name extends EventName, From extends Which<Name> | undefined>(
  name: Name,
  which: From,
  overrides: unknown,
  options: BuildOptions,
): BuiltEvent<Name, From>;
export function build<Name extends EventName>(
  name: Name,
  overrides: Overrides<Name, undefined> & object,
  options?: { readonly unchecked?: false },
): EventPayloads[Name];
export function build<Name extends EventName>(name: Name, overrides: object, options: BuildOptions): EventPayloads[Name];
export function build(name: unknown, ...given: readonly unknown[]): unknown {
  const event = knownEvent(name);
  const named = given[0] === undefined || typeof given[0] === 'string';
  const [which, overrides, options] = named ? given : [undefined, ...given];
  const sample = chosen(event, which as string | undefined); // looked at above
  const payload = overrides === undefined ? copied(sample) : withChanges(event, sample, overrides);
  if (isObject(options) && options['unchecked'] === true) return payload;
  const { name: became, findings, verdict } = validate(payload, { as: event });
  if (verdict === 'valid' && became === event) return payload;
  const errors = findings.filter(({ severity }) => severity === 'error');
  throw new TypeError(
    `With these overrides it is no valid ${event} event:\n${findingLines(errors)}\nAn event that is meant to be invalid is built with { unchecked: true } as the last argument.`,
  );
}

/**
 * The samples of an event by their names, as `whapi-hooks samples show` prints them; a copy of its own at every call.
 * @throws TypeError where there is no such event
 */
export const samples = <Name extends EventName>(name: Name): Record<SampleNames[Name], EventPayloads[Name]> =>
  copied(samplesOf(knownEvent(name))) as Record<SampleNames[Name], EventPayloads[Name]>; // the build groups them by their event
