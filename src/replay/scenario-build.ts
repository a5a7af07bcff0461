/** Scenario → the payloads of its steps. */
import { type EventName, entryOf } from '../event/name.ts';
import { didYouMean, firstSample, type Samples, sampleNamed, sampleOfType } from '../event/sample.ts';
import { isObject, type JsonObject } from '../schema/keywords.ts';
import { readExpectation } from './expect.ts';
import { type Cast, freshEvent } from './fresh.ts';
import { type Path, PathError, readPath, withoutValue, withValue } from './paths.ts';
import type { Random } from './random.ts';
import { MOST_TURNS, type Scenario, ScenarioError, type ScenarioStep, TURN } from './scenario.ts';
import { filled, filledText, type Scope } from './scenario-references.ts';
import { typesOf } from './types.ts';

export interface BuildingOptions {
  /** Samples of an event by their names. */
  readonly samplesOf: (event: EventName) => Samples;
  readonly random: Random;
  /** When the first step happens, in milliseconds since 1970; later ones happen after their delays. */
  readonly at: number;
  /** Variables that are different from what the scenario says. */
  readonly variables: JsonObject;
}

/** One event of a scenario, ready to be sent. */
export interface BuiltStep {
  /** `2 vote`: the step's place and id; behind it the number of the time where it is repeated. */
  readonly name: string;
  readonly event: EventName | null;
  readonly payload: JsonObject;
  /** Milliseconds between the step before and this one. */
  readonly delay: number;
  /** What is expected of the answer, in the form of `--expect`; `readExpectation` has read all of it once. */
  readonly expect: readonly string[];
  /** Its place in the list of steps, from 0. */
  readonly index: number;
}

/** Runs what may throw a PathError; it becomes one with a place in the scenario. */
const placed = <Value>(path: Path, key: boolean, action: () => Value): Value => {
  try {
    return action();
  } catch (error) {
    throw error instanceof PathError ? new ScenarioError({ path, message: error.message, ...(key ? { key } : {}) }) : error;
  }
};

/** The sample that a step begins with. @throws ScenarioError */
const sampleFor = (event: EventName, step: ScenarioStep, path: Path, scope: Scope, { samplesOf }: BuildingOptions): JsonObject => {
  const samples = samplesOf(event);
  const types = (payload: JsonObject): string[] => typesOf(event, payload);
  const find = (member: 'sample' | 'type', asked: string): JsonObject => {
    const at = [...path, member];
    const word = filledText(asked, at, scope);
    const found = member === 'sample' ? sampleNamed(samples, word) : sampleOfType(samples, word, types);
    if (found !== undefined) return found.payload;
    const known = member === 'sample' ? Object.keys(samples) : Object.values(samples).flatMap(types);
    throw new ScenarioError({ path: at, message: `${event} has no ${member} ${JSON.stringify(word)}${didYouMean(word, known)}` });
  };
  if (step.sample !== undefined) return find('sample', step.sample);
  if (step.type !== undefined) return find('type', step.type);
  return firstSample(event, samplesOf).payload;
};

/** The member `event` of mode body, where the payload has none. */
const named = (payload: JsonObject, event: EventName | null): JsonObject => {
  if (event === null || Object.hasOwn(payload, 'event')) return payload;
  const { category, method } = entryOf(event);
  return { ...payload, event: { type: category, event: method } };
};

const payloadFor = (
  step: ScenarioStep,
  path: Path,
  scope: Scope,
  options: BuildingOptions & { readonly cast: Cast; readonly time: number },
): JsonObject => {
  const { event } = step;
  let payload: unknown;
  if (step.payload !== undefined || event === null) payload = named(filled(step.payload, [...path, 'payload'], scope) as JsonObject, event);
  else {
    const { random, cast, time } = options;
    payload = freshEvent(sampleFor(event, step, path, scope, options), { random, at: time, cast });
  }
  for (const [text, value] of Object.entries(step.set)) {
    const at = [...path, 'set', text];
    const made = filled(value, at, scope);
    payload = placed(at, true, () => withValue(payload, readPath(filledText(text, at, scope, true)), made));
  }
  for (const [index, text] of step.unset.entries()) {
    const at = [...path, 'unset', index];
    payload = placed(at, false, () => withoutValue(payload, readPath(filledText(text, at, scope))));
  }
  return payload as JsonObject; // paths change members and items, an object stays one
};

/** The variables of each time a step is done. @throws ScenarioError */
const turnsOf = ({ repeat }: ScenarioStep, path: Path, scope: Scope): readonly JsonObject[] => {
  if (repeat === undefined) return [{}];
  const at = [...path, 'repeat'];
  const times = typeof repeat === 'string' ? filled(repeat, at, scope) : repeat;
  const lists = Array.isArray(times) && times.length <= MOST_TURNS && times.every(isObject) ? (times as JsonObject[]) : undefined;
  if (lists === undefined && (typeof times !== 'number' || !Number.isInteger(times) || times < 0 || times > MOST_TURNS))
    throw new ScenarioError({ path: at, message: `repeat is a whole number up to ${MOST_TURNS} or a list of maps of variables` });
  const maps = lists ?? Array.from({ length: Number(times) }, () => ({}));
  return maps.map((variables, index) => ({ ...(filled(variables, [...at, index], scope) as JsonObject), [TURN]: index + 1 }));
};

/** The variables with what they refer to: each other, those above them. @throws ScenarioError */
const variablesOf = (scenario: Scenario, own: JsonObject): Map<string, unknown> => {
  const values = new Map<string, unknown>();
  for (const [name, value] of Object.entries(scenario.variables)) {
    const scope = { values, later: new Set<string>() };
    values.set(name, Object.hasOwn(own, name) ? own[name] : filled(value, ['variables', name], scope));
  }
  return values;
};

/**
 * All events of a scenario, in order. People and chats of the samples get the same new ids in all of them; messages,
 * calls and files get new ones in each.
 * @throws ScenarioError for the first thing that cannot be made
 */
export const buildScenario = (scenario: Scenario, options: BuildingOptions): BuiltStep[] => {
  const values = variablesOf(scenario, options.variables);
  const later = new Set(scenario.steps.flatMap(({ id }) => (id === undefined ? [] : [id])));
  const cast: Cast = new Map();
  const built: BuiltStep[] = [];
  let time = options.at;
  for (const [index, step] of scenario.steps.entries()) {
    const path = ['steps', index];
    const label = step.id === undefined ? String(index + 1) : `${index + 1} ${step.id}`;
    const outer = { values, later };
    for (const turn of turnsOf(step, path, outer)) {
      const scope = { values: new Map([...values, ...Object.entries(turn)]), later };
      time += step.delay;
      const payload = payloadFor(step, path, scope, { ...options, cast, time });
      const expect = step.expect.map((text, at) => {
        const place = [...path, 'expect', at];
        const wanted = filledText(text, place, scope);
        try {
          readExpectation(wanted);
          return wanted;
        } catch (error) {
          throw new ScenarioError({ path: place, message: error instanceof Error ? error.message : String(error) });
        }
      });
      const name = step.repeat === undefined ? label : `${label} ${String(turn[TURN])}`;
      built.push({ name, event: step.event, payload, delay: step.delay, expect, index });
      if (step.id !== undefined) values.set(step.id, payload);
    }
    if (step.id !== undefined) later.delete(step.id);
  }
  return built;
};
