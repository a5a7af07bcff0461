/** Which sample of an event is meant: for whoever begins with one (the builders for tests, trigger, scenarios). */
import { isObject, type JsonObject, nearest } from '../schema/keywords.ts';
import { EVENT_NAMES, type EventName, entryOf } from './name.ts';

/** Samples of one event by their names, in the order of their file. */
export type Samples = Readonly<Record<string, JsonObject>>;

/** A sample, with its name; null where it is made of one of another event. */
export interface ChosenSample {
  readonly name: string | null;
  readonly payload: JsonObject;
}

/** `; did you mean image?`, or nothing where no known word is near. */
export const didYouMean = (word: string, known: Iterable<string>): string => {
  const near = nearest(word, known);
  return near === undefined ? '' : `; did you mean ${near}?`;
};

/**
 * The sample to begin with where none is named: the first of the event.
 * @param samplesOf the samples of an event; none where it has none
 */
export const firstSample = (event: EventName, samplesOf: (event: EventName) => Samples): ChosenSample => {
  const [first] = Object.entries(samplesOf(event));
  if (first !== undefined) return { name: first[0], payload: first[1] };
  // Nobody has shown a service.put or service.delete: what is known of them is what is known of service.post.
  const { schema, category, method } = entryOf(event);
  const sibling = EVENT_NAMES.find((other) => entryOf(other).schema === schema && Object.keys(samplesOf(other)).length > 0);
  const base = sibling === undefined ? {} : Object.values(samplesOf(sibling))[0];
  return { name: null, payload: { ...base, event: { type: category, event: method } } };
};

/** The sample of that name, if there is one. */
export const sampleNamed = (samples: Samples, name: string): ChosenSample | undefined => {
  const payload = Object.hasOwn(samples, name) ? samples[name] : undefined;
  return payload === undefined ? undefined : { name, payload };
};

/** The first sample of a type. @param typesOf the types that a payload is of */
export const sampleOfType = (
  samples: Samples,
  type: string,
  typesOf: (payload: JsonObject) => readonly string[],
): ChosenSample | undefined => {
  for (const [name, payload] of Object.entries(samples)) if (typesOf(payload).includes(type)) return { name, payload };
  return undefined;
};

/** The type of the one message of a payload; of a batch, none. */
export const messageTypesOf = (payload: JsonObject): string[] => {
  const { messages } = payload;
  const [message, ...more]: readonly unknown[] = Array.isArray(messages) ? messages : [];
  return more.length === 0 && isObject(message) && typeof message['type'] === 'string' ? [message['type']] : [];
};
