/** A scenario as a source of payloads. */
import type { Part } from '../delivery/entry.ts';
import { EXIT, UserError, usageError } from '../errors.ts';
import { readTyped } from '../replay/paths.ts';
import { createRandom, type Random } from '../replay/random.ts';
import type { Scenario } from '../replay/scenario.ts';
import { type BuiltStep, buildScenario } from '../replay/scenario-build.ts';
import type { Runtime } from '../runtime.ts';
import { type JsonObject, nearest } from '../schema/keywords.ts';
import { samplesReader } from './samples.ts';
import { findScenario, givenScenario, type OpenedScenario, openScenario } from './scenarios.ts';
import type { Source } from './sources.ts';

/** How scenarios are to be told. */
export interface ScenarioChoice {
  /** Whence new ids come: each time a scenario is told they are others. */
  readonly random: Random;
  /** When the first step happens, in milliseconds since 1970. */
  readonly at: number;
  /** `name=value`, as typed. */
  readonly variables: readonly string[];
}

/** Where nobody chose: always the same ids, for who only looks at the payloads. */
const LOOKED_AT = 1;

/** `--var name=value` → values; a variable that is a text keeps being one. @throws UserError (2) */
export const readVariables = (texts: readonly string[], { variables }: Scenario): JsonObject => {
  const values: [string, unknown][] = texts.map((text) => {
    const end = text.indexOf('=');
    if (end < 1) throw usageError(`--var: ${JSON.stringify(text)} has no name and value.`, 'Write it as --var name=value.');
    const [name, value] = [text.slice(0, end), text.slice(end + 1)];
    if (!Object.hasOwn(variables, name)) {
      const known = Object.keys(variables);
      const near = nearest(name, known);
      const hint = near === undefined ? `Its variables: ${known.join(', ') || 'none'}.` : `Did you mean ${near}?`;
      throw usageError(`--var: the scenario has no variable ${name}.`, hint);
    }
    return [name, typeof variables[name] === 'string' ? value : readTyped(value)];
  });
  return Object.fromEntries(values);
};

/** All events of a scenario. @throws UserError (2) that names the place of what is wrong */
export const tellScenario = (opened: OpenedScenario, choice: ScenarioChoice | undefined, runtime: Runtime): BuiltStep[] => {
  const { scenario, placed } = opened;
  const { random = createRandom(LOOKED_AT), at = runtime.now(), variables = [] } = choice ?? {};
  const own = readVariables(variables, scenario);
  return placed(() => buildScenario(scenario, { samplesOf: samplesReader(runtime), random, at, variables: own }));
};

const trouble = (message: string, hint?: string): Source => ({
  kind: 'trouble',
  message,
  exitCode: EXIT.usage,
  ...(hint === undefined ? {} : { hint }),
});

/**
 * Its payloads; undefined where the text names no scenario. What is wrong with one is told in its place.
 * @param bytes what came by standard input, where that is the source
 */
export const readScenarioSource = async (
  text: string,
  choice: ScenarioChoice | undefined,
  runtime: Runtime,
  bytes?: Uint8Array,
): Promise<Source[] | undefined> => {
  try {
    const found = bytes === undefined ? findScenario(text, runtime) : givenScenario(text, bytes);
    if (found === undefined) return undefined;
    const opened = await openScenario(found);
    if ('problems' in opened) return opened.problems.map((problem) => trouble(problem));
    const encoder = new TextEncoder();
    const parts = tellScenario(opened, choice, runtime).map(({ name, payload, delay, expect, index }): Part => {
      const { line, column } = opened.placeOf(['steps', index]);
      return { entry: { name, body: encoder.encode(JSON.stringify(payload)), line, column, scenario: { delay, expect } } };
    });
    return [{ kind: 'document', file: found.file, size: 0, parts, close: () => {} }];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [
      { kind: 'trouble', message: error.message, exitCode: error.exitCode, ...(error.hint === undefined ? {} : { hint: error.hint }) },
    ];
  }
};
