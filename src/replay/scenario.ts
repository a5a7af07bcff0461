/** A scenario: events that follow one another and speak of the same people, chats and messages. */
import { EVENT_NAMES, type EventName, isEventName } from '../event/name.ts';
import { isObject, type JsonObject, nearest } from '../schema/keywords.ts';
import { readDuration } from '../units.ts';
import type { Path } from './paths.ts';

/** Something wrong with a scenario, and where: `key` where its name is meant, not what stands behind it. */
export interface ScenarioProblem {
  readonly path: Path;
  readonly key?: boolean;
  /** A sentence without its full stop. */
  readonly message: string;
}

/** Thrown by what builds one. */
export class ScenarioError extends Error {
  readonly problem: ScenarioProblem;

  constructor(problem: ScenarioProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

export interface ScenarioStep {
  /** What later steps refer to it by. */
  readonly id: string | undefined;
  /** null where a payload stands there as it is and names its event itself, or none. */
  readonly event: EventName | null;
  readonly sample: string | undefined;
  readonly type: string | undefined;
  /** The payload itself, instead of one made of a sample. */
  readonly payload: JsonObject | undefined;
  /** Paths and what stands there. */
  readonly set: JsonObject;
  readonly unset: readonly string[];
  /** Milliseconds between the step before and this one. */
  readonly delay: number;
  readonly expect: readonly string[];
  /** How often, or the variables of each time; a text is a reference. */
  readonly repeat: number | string | readonly JsonObject[] | undefined;
}

export interface Scenario {
  readonly name: string;
  readonly description: string | undefined;
  readonly variables: JsonObject;
  readonly steps: readonly ScenarioStep[];
}

/** Whether a document is meant to be a scenario: no payload and no map of payloads has a list of steps. */
export const isScenario = (value: unknown): boolean => isObject(value) && Array.isArray(value['steps']);

const MEMBERS = ['$schema', 'name', 'description', 'variables', 'steps'];
const STEP_MEMBERS = ['id', 'event', 'sample', 'type', 'payload', 'set', 'unset', 'delay', 'expect', 'repeat'];

/** What a step or a variable may be called: it stands in `${…}`. */
const NAME = /^[A-Za-z_][\w-]*$/;
/** The number of the time, in a step that is repeated. */
export const TURN = 'turn';

/** Whether a step may be called that. */
export const isStepName = (text: string): boolean => NAME.test(text) && text !== TURN;

export const LONGEST_DELAY = 86_400_000;
export const MOST_TURNS = 10_000;
export const MOST_STEPS = 10_000;

const kind = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a map' : `a ${typeof value}`;

/** Reads the members of a scenario, and keeps what is wrong with them. */
class Reader {
  readonly problems: ScenarioProblem[] = [];

  wrong(path: Path, message: string, key = false): undefined {
    this.problems.push({ path, message, ...(key ? { key } : {}) });
  }

  known(value: JsonObject, path: Path, members: readonly string[], what: string): void {
    for (const member of Object.keys(value)) {
      if (members.includes(member)) continue;
      const near = nearest(member, members);
      const hint = near === undefined ? `; it has ${members.filter((name) => name !== '$schema').join(', ')}` : `; did you mean ${near}?`;
      this.wrong([...path, member], `${what} has no ${member}${hint}`, true);
    }
  }

  text(value: JsonObject, member: string, path: Path): string | undefined {
    if (!Object.hasOwn(value, member)) return undefined;
    const found = value[member];
    return typeof found === 'string' && found !== '' ? found : this.wrong([...path, member], `${member} is ${kind(found)}, not a text`);
  }

  map(value: JsonObject, member: string, path: Path): JsonObject | undefined {
    if (!Object.hasOwn(value, member)) return undefined;
    const found = value[member];
    return isObject(found) ? found : this.wrong([...path, member], `${member} is ${kind(found)}, not a map`);
  }

  /** One text, or a list of them. */
  texts(value: JsonObject, member: string, path: Path): readonly string[] {
    if (!Object.hasOwn(value, member)) return [];
    const found = value[member];
    if (typeof found === 'string') return [found];
    if (!Array.isArray(found)) {
      this.wrong([...path, member], `${member} is ${kind(found)}, not a list of texts`);
      return [];
    }
    return found.filter(
      (item, index): item is string =>
        typeof item === 'string' || this.wrong([...path, member, index], `it is ${kind(item)}, not a text`) !== undefined,
    );
  }

  delay(value: JsonObject, path: Path): number {
    if (!Object.hasOwn(value, 'delay')) return 0;
    const { delay } = value;
    const ms = delay === 0 ? 0 : typeof delay === 'string' ? readDuration(delay) : undefined;
    if (ms !== undefined && ms <= LONGEST_DELAY) return ms;
    this.wrong([...path, 'delay'], 'a delay is written 500ms, 2s, 1m or 1h, up to 24h');
    return 0;
  }

  repeat(value: JsonObject, path: Path): ScenarioStep['repeat'] {
    if (!Object.hasOwn(value, 'repeat')) return undefined;
    const { repeat } = value;
    if (typeof repeat === 'string') return repeat;
    if (typeof repeat === 'number' && Number.isInteger(repeat) && repeat >= 0 && repeat <= MOST_TURNS) return repeat;
    if (!Array.isArray(repeat) || repeat.length > MOST_TURNS)
      return this.wrong([...path, 'repeat'], `repeat is a whole number up to ${MOST_TURNS} or a list of maps of variables`);
    return (repeat as unknown[]).filter((item, index): item is JsonObject => {
      const at = [...path, 'repeat', index];
      if (!isObject(item)) return this.wrong(at, `it is ${kind(item)}, not a map of variables`) !== undefined;
      for (const name of Object.keys(item)) this.name(name, [...at, name], true);
      return true;
    });
  }

  name(name: string, path: Path, key: boolean): void {
    if (!NAME.test(name)) this.wrong(path, `${JSON.stringify(name)} is no name: letters, digits, _ and -, a letter first`, key);
    else if (name === TURN) this.wrong(path, `${TURN} is the number of the time in a step that is repeated; take another name`, key);
  }

  event(value: JsonObject, path: Path): EventName | null {
    const event = this.text(value, 'event', path);
    if (event === undefined || isEventName(event)) return event ?? null;
    const near = nearest(event, EVENT_NAMES);
    this.wrong([...path, 'event'], `${JSON.stringify(event)} is no event${near === undefined ? '' : `; did you mean ${near}?`}`);
    return null;
  }

  step(value: unknown, path: Path): ScenarioStep | undefined {
    if (!isObject(value)) return this.wrong(path, `a step is a map with an event, not ${kind(value)}`);
    this.known(value, path, STEP_MEMBERS, 'a step');
    const payload = this.map(value, 'payload', path);
    if (!Object.hasOwn(value, 'event') && !Object.hasOwn(value, 'payload'))
      this.wrong(path, 'a step needs an event, such as messages.post');
    for (const other of ['sample', 'type'])
      if (payload !== undefined && Object.hasOwn(value, other)) this.wrong([...path, other], `beside a payload there is no ${other}`, true);
    if (Object.hasOwn(value, 'sample') && Object.hasOwn(value, 'type'))
      this.wrong([...path, 'type'], 'a step has a sample or a type, not both', true);
    return {
      id: this.text(value, 'id', path),
      event: this.event(value, path),
      sample: this.text(value, 'sample', path),
      type: this.text(value, 'type', path),
      payload,
      set: this.map(value, 'set', path) ?? {},
      unset: this.texts(value, 'unset', path),
      delay: this.delay(value, path),
      expect: this.texts(value, 'expect', path),
      repeat: this.repeat(value, path),
    };
  }
}

/** Reads a scenario as JSON or YAML gives it. @returns what is wrong with it instead, all of it at once */
export const readScenario = (value: unknown): Scenario | { readonly problems: readonly ScenarioProblem[] } => {
  const reader = new Reader();
  if (!isObject(value)) return { problems: [{ path: [], message: `a scenario is a map with a name and steps, not ${kind(value)}` }] };
  reader.known(value, [], MEMBERS, 'a scenario');
  const name = reader.text(value, 'name', []);
  if (!Object.hasOwn(value, 'name')) reader.wrong([], 'a scenario needs a name');
  const variables = reader.map(value, 'variables', []) ?? {};
  for (const variable of Object.keys(variables)) reader.name(variable, ['variables', variable], true);
  const list = value['steps'];
  const steps: ScenarioStep[] = [];
  if (!Array.isArray(list) || list.length === 0)
    reader.wrong(Object.hasOwn(value, 'steps') ? ['steps'] : [], 'a scenario needs a list of steps');
  else if (list.length > MOST_STEPS) reader.wrong(['steps'], `a scenario has at most ${MOST_STEPS} steps`);
  else {
    const names = new Set(Object.keys(variables));
    for (const [index, item] of list.entries()) {
      const step = reader.step(item, ['steps', index]);
      if (step === undefined) continue;
      steps.push(step);
      if (step.id === undefined) continue;
      reader.name(step.id, ['steps', index, 'id'], false);
      if (names.has(step.id)) reader.wrong(['steps', index, 'id'], `there is a step or a variable ${step.id} already`);
      names.add(step.id);
    }
  }
  const { problems } = reader;
  if (problems.length > 0 || name === undefined) return { problems };
  return { name, description: reader.text(value, 'description', []), variables, steps };
};
