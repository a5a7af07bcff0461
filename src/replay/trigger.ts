/** One fresh event, made of a sample and what is to be different. */
import type { EventName } from '../event/name.ts';
import type { Samples } from '../event/sample.ts';
import { didYouMean, firstSample, sampleNamed, sampleOfType } from '../event/sample.ts';
import type { JsonObject } from '../schema/keywords.ts';
import { freshEvent } from './fresh.ts';
import { type Path, PathError, withoutValue, withValue } from './paths.ts';
import type { Random } from './random.ts';
import { typesOf } from './types.ts';

/** What is to be different, as it was asked for. */
export interface Change {
  /** The flag and its value, for the sentence about a path that leads nowhere. */
  readonly text: string;
  readonly path: Path;
  /** Left out where what stands there is to go. */
  readonly value?: { readonly json: unknown };
}

/** Which sample an event is made of: the first, the first of a type, or the one of a name. */
export interface Wanted {
  readonly type?: string | undefined;
  readonly sample?: string | undefined;
}

/**
 * The sample that is wanted.
 * @throws PathError where there is none, with the nearest word
 */
export const wantedSample = (event: EventName, { type, sample }: Wanted, samplesOf: (event: EventName) => Samples): JsonObject => {
  const samples = samplesOf(event);
  const types = (payload: JsonObject): string[] => typesOf(event, payload);
  if (type === undefined && sample === undefined) return firstSample(event, samplesOf).payload;
  const named = sample === undefined ? undefined : sampleNamed(samples, sample);
  if (sample !== undefined && named === undefined)
    throw new PathError(`${event} has no sample ${JSON.stringify(sample)}${didYouMean(sample, Object.keys(samples))}`);
  if (type === undefined) return (named ?? firstSample(event, samplesOf)).payload;
  const found = named === undefined ? sampleOfType(samples, type, types) : types(named.payload).includes(type) ? named : undefined;
  if (found !== undefined) return found.payload;
  const known = [...new Set(Object.values(samples).flatMap(types))];
  if (named !== undefined)
    throw new PathError(`the sample ${JSON.stringify(sample)} is not of type ${type} but of ${types(named.payload).join(', ')}`);
  const near = didYouMean(type, known);
  throw new PathError(`${event} has no sample of type ${JSON.stringify(type)}${near || `; its types: ${known.join(', ') || 'none'}`}`);
};

/**
 * A fresh event, with the changes made in their order.
 * @param at milliseconds since 1970
 * @throws PathError that begins with the change that cannot be made
 */
export const triggered = (sample: JsonObject, changes: readonly Change[], options: { random: Random; at: number }): JsonObject => {
  let payload: unknown = freshEvent(sample, options);
  for (const { text, path, value } of changes) {
    try {
      payload = value === undefined ? withoutValue(payload, path) : withValue(payload, path, value.json);
    } catch (error) {
      throw error instanceof PathError ? new PathError(`${text}: ${error.message}`) : error;
    }
  }
  return payload as JsonObject; // paths change members and items, an object stays one
};
