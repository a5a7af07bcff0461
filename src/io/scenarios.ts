/** Scenarios in files: those that come with the package, and people's own. */
import { environmentError, reason, sentence, usageError } from '../errors.ts';
import type { Path } from '../replay/paths.ts';
import { isScenario, readScenario, type Scenario, ScenarioError, type ScenarioProblem } from '../replay/scenario.ts';
import type { Place } from '../replay/scenario-text.ts';
import type { Runtime } from '../runtime.ts';
import { nearest } from '../schema/keywords.ts';
import { join, kindOf, namesIn, readBytes, resolve, sizeOf } from './files.ts';

const FOLDER = 'scenarios';
const YAML = /\.ya?ml$/i;
const LARGEST = 5_000_000;

/** A scenario that was found, not yet read. */
export interface FoundScenario {
  /** As a person named it; `samples/scenarios/poll.yaml` for one of the package. */
  readonly file: string;
  readonly path: string;
  readonly shipped: boolean;
  /** All of it, where it stands in no file. */
  readonly bytes?: Uint8Array;
}

const shippedFolder = ({ packageRoot }: Runtime): string => join(packageRoot, 'samples', FOLDER);

/** Names of the scenarios that come with the package: `poll`. */
export const shippedScenarios = (runtime: Runtime): string[] =>
  namesIn(shippedFolder(runtime))
    .filter((name) => YAML.test(name))
    .map((name) => name.replace(YAML, ''))
    .sort();

const shipped = (runtime: Runtime, name: string): FoundScenario => ({
  file: `samples/${FOLDER}/${name}.yaml`,
  path: join(shippedFolder(runtime), `${name}.yaml`),
  shipped: true,
});

/**
 * Where a scenario is, by what a person typed: a YAML file, a JSON file that has steps, or one of the package by its
 * name (`scenarios/poll`, `samples/scenarios/poll.yaml`).
 * @returns undefined where the text names something else
 */
export const findScenario = (text: string, runtime: Runtime): FoundScenario | undefined => {
  const path = resolve(runtime.cwd, text);
  if (kindOf(path) === 'file') {
    if (YAML.test(text) || (/\.json$/i.test(text) && hasSteps(path))) return { file: text, path, shipped: false };
    return undefined;
  }
  if (kindOf(path) === 'folder') return undefined;
  const name = /^(?:samples[/\\])?scenarios[/\\](.+?)(?:\.ya?ml)?$/i.exec(text)?.[1];
  if (name === undefined) return undefined;
  const names = shippedScenarios(runtime);
  if (names.includes(name)) return shipped(runtime, name);
  const near = nearest(name, names);
  throw usageError(
    `There is no scenario ${name}.`,
    near === undefined ? `There are ${names.map((known) => `${FOLDER}/${known}`).join(', ')}.` : `Did you mean ${FOLDER}/${near}?`,
  );
};

/** A scenario that came by standard input. @returns undefined for JSON that is none */
export const givenScenario = (file: string, bytes: Uint8Array): FoundScenario | undefined => {
  const isJson = Buffer.from(bytes).toString('latin1').trimStart().startsWith('{');
  return isJson && !isStory(bytes) ? undefined : { file, path: file, shipped: false, bytes };
};

const isStory = (bytes: Uint8Array): boolean => {
  try {
    return isScenario(JSON.parse(textOf(bytes)));
  } catch {
    return false;
  }
};

/** Whether a JSON file is a scenario. One that is too large or no JSON is for others to judge. */
const hasSteps = (path: string): boolean => {
  try {
    return sizeOf(path) <= LARGEST && isStory(readBytes(path));
  } catch {
    return false;
  }
};

const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

/** A scenario that was read, and how to say where something in it is wrong. */
export interface OpenedScenario {
  readonly scenario: Scenario;
  readonly text: string;
  /** Line and column of a step, from 1. */
  placeOf(path: Path): Place;
  /** Runs what may throw a ScenarioError; it becomes a UserError (2) that names file, line and column. */
  placed<Value>(action: () => Value): Value;
}

/** What is wrong with a scenario: a sentence each, with file, line and column in front. */
export interface WrongScenario {
  readonly problems: readonly string[];
}

const MOST_PROBLEMS = 10;

/** Reads and checks one. @throws UserError (2) where it can be no scenario, (3) where it cannot be read */
export const openScenario = async (found: FoundScenario): Promise<OpenedScenario | WrongScenario> => {
  const { file } = found;
  const text = readWhole(found);
  const { readText } = await import('../replay/scenario-text.ts');
  const read = readText(text);
  const at = ({ line, column }: Place): string => `${file}:${line}:${column}`;
  if ('problem' in read) return { problems: [`${at(read.place)}  ${sentence(read.problem)}`] };
  const told = (problem: ScenarioProblem): string => `${at(read.placeOf(problem.path, problem.key))}  ${sentence(problem.message)}`;
  const scenario = readScenario(read.value);
  if ('problems' in scenario) {
    const { problems } = scenario;
    const more = problems.length - MOST_PROBLEMS;
    return { problems: [...problems.slice(0, MOST_PROBLEMS).map(told), ...(more > 0 ? [`${file} has ${more} more of them.`] : [])] };
  }
  return {
    scenario,
    text,
    placeOf: (where) => read.placeOf(where),
    placed(action) {
      try {
        return action();
      } catch (error) {
        throw error instanceof ScenarioError ? usageError(told(error.problem)) : error;
      }
    },
  };
};

const readWhole = ({ file, path, bytes: given }: FoundScenario): string => {
  if (given === undefined && sizeOf(path) > LARGEST)
    throw usageError(`${file} is larger than 5 MB, which no scenario is.`, 'A recording is sent as it is.');
  let bytes: Uint8Array;
  try {
    bytes = given ?? readBytes(path);
  } catch (error) {
    throw environmentError(`${file} cannot be read: ${reason(error)}.`, undefined, error);
  }
  try {
    return textOf(bytes);
  } catch {
    throw usageError(`${file} is not UTF-8.`);
  }
};
