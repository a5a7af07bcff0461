import { collect } from '../delivery/document.ts';
import type { Entry } from '../delivery/entry.ts';
import { environmentError } from '../errors.ts';
import { type EventName, entryOf } from '../event/name.ts';
import { parseBody } from '../event/parse.ts';
import type { Samples } from '../event/sample.ts';
import type { Runtime } from '../runtime.ts';
import type { JsonObject } from '../schema/keywords.ts';
import { readSampleFile } from './sources.ts';

/** A sample of the installed package. */
export interface Sample {
  readonly name: string;
  readonly event: string;
  readonly entry: Entry;
}

/** The samples of some categories, in the order of their files. @throws UserError (3) where a file is missing */
export const readSamples = (runtime: Runtime, categories: readonly string[]): Sample[] =>
  categories.flatMap((category) => {
    const source = readSampleFile(category, runtime);
    if (source.kind !== 'document') throw environmentError(source.message, 'Is the installation complete?');
    return collect(source.parts).entries.map((entry) => ({
      name: entry.name ?? '',
      event: parseBody(entry.body).parsed.name ?? '',
      entry,
    }));
  });

/** The payloads of the samples of an event by their names; each file is read once. */
export const samplesReader = (runtime: Runtime): ((event: EventName) => Samples) => {
  const read = new Map<string, readonly Sample[]>();
  return (event) => {
    const { category } = entryOf(event);
    const samples = read.get(category) ?? readSamples(runtime, [category]);
    read.set(category, samples);
    const decoder = new TextDecoder();
    const own = samples.filter((sample) => sample.event === event);
    // Our own samples are objects.
    return Object.fromEntries(own.map(({ name, entry }) => [name, JSON.parse(decoder.decode(entry.body)) as JsonObject]));
  };
};
