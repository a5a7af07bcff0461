/** Deliveries that came → a scenario that tells them again. */
import { type EventName, isEventName } from '../event/name.ts';
import { isObject, type JsonObject } from '../schema/keywords.ts';
import { idIn } from './fresh.ts';
import { type Path, pathText } from './paths.ts';
import { isStepName, LONGEST_DELAY } from './scenario.ts';
import { literal } from './scenario-references.ts';
import { typesOf } from './types.ts';

/** What came. */
export interface Told {
  readonly event: string | null;
  readonly payload: JsonObject;
  /** Milliseconds since 1970; undefined where it is not known. */
  readonly time: number | undefined;
}

const CHANNEL = 'channel';

/** A duration in the form that scenarios have. */
const delayText = (ms: number): string => (ms < 1000 ? `${ms}ms` : `${ms / 1000}s`);

/** Names of steps, each once: the type of what came, else its category. */
const namer = (): ((event: EventName | null, payload: JsonObject) => string) => {
  const taken = new Set<string>([CHANNEL]);
  return (event, payload) => {
    const [type = event?.split('.')[0] ?? ''] = event === null ? [] : typesOf(event, payload);
    const word = isStepName(type) ? type : 'step';
    let name = word;
    for (let number = 2; taken.has(name); number++) name = `${word}-${number}`;
    taken.add(name);
    return name;
  };
};

/** Whether a reference can name all of a path. */
const canBeNamed = (path: Path): boolean => path.every((part) => typeof part === 'number' || /^\w[\w-]*$/.test(part));

/** Ids that earlier steps have told, and where they stand: `text.messages[0].id`. */
class Index {
  private readonly places = new Map<string, string>();
  /** Steps that were referred to. */
  readonly used = new Set<string>();

  /** A text with the ids in it that are known already written as references. */
  refer(member: string, text: string): string {
    const id = idIn(member, text);
    const whole = id === undefined ? undefined : this.place(text);
    if (whole !== undefined) return `\${${whole}}`;
    const inner = id === undefined || id === text ? undefined : this.place(id);
    if (id === undefined || inner === undefined) return literal(text);
    const at = text.indexOf(id);
    return `${literal(text.slice(0, at))}\${${inner}}${literal(text.slice(at + id.length))}`;
  }

  private place(text: string): string | undefined {
    const place = this.places.get(text);
    if (place !== undefined) this.used.add(place.slice(0, place.search(/[.[]/)));
    return place;
  }

  /** Keeps the ids of a step. */
  learn(step: string, value: unknown, path: Path, member: string): void {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) this.learn(step, item, [...path, index], member);
    else if (isObject(value)) for (const [key, inner] of Object.entries(value)) this.learn(step, inner, [...path, key], key);
    else if (typeof value === 'string' && idIn(member, value) !== undefined && !this.places.has(value) && canBeNamed(path))
      this.places.set(value, pathText([step, ...path]));
  }
}

/**
 * A scenario of what came, as data: ids that come again are references to the step that had them first, times between
 * the deliveries are delays. Told, it makes the same events.
 * @param name what the scenario is called
 */
export const scenarioFrom = (name: string, deliveries: readonly Told[]): JsonObject => {
  const nameOf = namer();
  const index = new Index();
  const channels = deliveries.map(({ payload }) => payload['channel_id']);
  const [channel] = channels;
  // One channel says everything: its name stands in one place.
  const isOne = typeof channel === 'string' && channels.length > 1 && channels.every((other) => other === channel);
  const write = (value: unknown, member: string, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((item, at) => write(item, member, [...path, at]));
    if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, write(inner, key, [...path, key])]));
    if (typeof value !== 'string') return value;
    return isOne && path.length === 1 && member === 'channel_id' ? `\${${CHANNEL}}` : index.refer(member, value);
  };
  const written = deliveries.map(({ event, payload, time }, at) => {
    const known = event !== null && isEventName(event) ? event : null;
    const id = nameOf(known, payload);
    const told = write(payload, '', []);
    index.learn(id, payload, [], '');
    const before = deliveries[at - 1]?.time;
    const gap = time === undefined || before === undefined ? 0 : Math.min(LONGEST_DELAY, Math.max(0, Math.round(time - before)));
    return { id, step: { ...(known === null ? {} : { event: known }), ...(gap > 0 ? { delay: delayText(gap) } : {}), payload: told } };
  });
  return {
    name,
    ...(isOne ? { variables: { [CHANNEL]: literal(channel) } } : {}),
    steps: written.map(({ id, step }) => (index.used.has(id) ? { id, ...step } : step)),
  };
};
