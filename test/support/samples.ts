import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Node, parseTree } from 'jsonc-parser';
import { packageRoot } from './runtime.ts';

export type Json = string | number | boolean | null | Json[] | { [member: string]: Json };
export type JsonMap = { [member: string]: Json };

/** A sample with its own characters in the file. */
export interface Sample {
  readonly file: string;
  readonly name: string;
  /** As replay names it: `samples/groups.json > participant added`. */
  readonly origin: string;
  /** Its event, as its member `event` says. */
  readonly event: string;
  readonly text: string;
  /** A copy of its own at every read. */
  readonly payload: JsonMap;
}

export const read = (...parts: string[]): string => readFileSync(join(packageRoot, ...parts), 'utf8');
export const readMap = (...parts: string[]): JsonMap => JSON.parse(read(...parts)) as JsonMap;

const samplesOf = (file: string): Sample[] => {
  const text = read('samples', file);
  const members: Node[] = parseTree(text)?.children ?? [];
  return members.map((member) => {
    const [key, value] = member.children ?? [];
    if (key === undefined || value === undefined) throw new Error(`${file} has a member without a value`);
    const own = text.slice(value.offset, value.offset + value.length);
    const { event } = JSON.parse(own) as { event?: { type?: string; event?: string } };
    return {
      file,
      name: String(key.value),
      origin: `samples/${file} > ${key.value}`,
      event: `${event?.type}.${event?.event}`,
      text: own,
      get payload() {
        return JSON.parse(own) as JsonMap;
      },
    };
  });
};

/** Every sample, in the order of the files and of the samples in them. */
export const SAMPLES: readonly Sample[] = readdirSync(join(packageRoot, 'samples'))
  .filter((file) => file.endsWith('.json'))
  .sort()
  .flatMap(samplesOf);

/** Every value of a JSON document with the name of the member it stands in, the document itself first. */
export function* values(value: Json, member = ''): Generator<{ member: string; value: Json }> {
  yield { member, value };
  if (Array.isArray(value)) for (const item of value) yield* values(item, member);
  else if (typeof value === 'object' && value !== null) for (const [name, inner] of Object.entries(value)) yield* values(inner, name);
}
