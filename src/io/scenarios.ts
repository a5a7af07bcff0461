/** Scenarios in files: those that come with the package, and people's own. */
import { environmentError, reason, usageError } from '../errors.ts';
import type { Path } from '../replay/paths.ts';
import { isScenario, readScenario, type Scenario, ScenarioError, type ScenarioProblem } from '../replay/scenario.ts';
import type { Place } from '../replay/scenario-read.ts';
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

/** Whether a JSON file is a scenario. One that is too large or no JSON is for others to judge. */
const hasSteps = (path: string): boolean => {
  try {
    return sizeOf(path) <= LARGEST && isScenario(JSON.parse(textOf(readBytes(path))));
  } catch {
    return false;
  }
};

const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

/** A scenario that was read, and how to say where something in it is wrong. */
export interface OpenedScenario {
  readonly scenario: Scenario;
  readonly text: string;
  /** Runs what may throw a ScenarioError; it becomes a UserError (2) that names file, line and column. */
  placed<Value>(action: () => Value): Value;
}

const MOST_PROBLEMS = 10;

/** Reads and checks one. @throws UserError (2) with the places of all that is wrong with it, (3) where it cannot be read */
export const openScenario = async ({ file, path }: FoundScenario): Promise<OpenedScenario> => {
  let text: string;
  try {
    if (sizeOf(path) > LARGEST) throw usageError(`${file} is larger than 5 MB, which no scenario is.`, 'A recording is sent with replay.');
    text = textOf(readBytes(path));
  } catch (error) {
    if (error instanceof TypeError) throw usageError(`${file} is not UTF-8.`);
    if (error instanceof Error && 'exitCode' in error) throw error;
    throw environmentError(`${file} cannot be read: ${reason(error)}.`, undefined, error);
  }
  const { readText } = await import('../replay/scenario-read.ts');
  const read = readText(text);
  const at = ({ line, column }: Place): string => `${file}:${line}:${column}`;
  if ('problem' in read) throw usageError(`${at(read.place)}  ${read.problem}.`);
  const where = (problem: { path: Path; key?: boolean }): string => at(read.placeOf(problem.path, problem.key));
  const scenario = readScenario(read.value);
  if ('problems' in scenario)
    throw usageError(told(scenario.problems, where), 'whapi-hooks scenario show scenarios/conversation prints one that is right.');
  return {
    scenario,
    text,
    placed(action) {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error;
        throw usageError(told([error.problem], where));
      }
    },
  };
};

const told = (problems: readonly ScenarioProblem[], where: (problem: ScenarioProblem) => string): string => {
  const lines = problems.slice(0, MOST_PROBLEMS).map((problem) => `${where(problem)}  ${problem.message}.`);
  if (problems.length > MOST_PROBLEMS) lines.push(`and ${problems.length - MOST_PROBLEMS} more.`);
  return lines.join('\n');
};
