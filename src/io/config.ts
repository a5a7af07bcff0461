import { usageError } from '../errors.ts';
import { RULES, type Rule } from '../event/finding.ts';
import { FAIL_ON, type FailOn } from '../report/checks.ts';
import { isObject, nearest } from '../schema/keywords.ts';
import { dirname, findUpwards } from './files.ts';
import { readJsonFile } from './json.ts';

export const CONFIG_FILE = 'whapi-hooks.config.json';

/** What a project has settled; flags win over it. */
export interface Config {
  /** The file, for messages. */
  readonly file: string;
  /** Its folder: paths in it start there. */
  readonly folder: string;
  /** Sources of `validate` when none is named. */
  readonly fixtures: readonly string[];
  readonly failOn?: FailOn;
  readonly ignore: readonly Rule[];
  readonly minCoverage?: number;
  /** The overlay of what the project accepts, from the folder. */
  readonly schemaOverlay?: string;
}

const KNOWN = ['fixtures', 'failOn', 'ignore', 'minCoverage', 'schemaOverlay'];

/** The rule of that name. @returns a sentence where there is none */
export const readRule = (text: string): { rule: Rule } | { error: string } => {
  if (Object.hasOwn(RULES, text)) return { rule: text as Rule }; // an own key of RULES
  const near = nearest(text, Object.keys(RULES));
  return { error: `${JSON.stringify(text)} is no rule.${near === undefined ? '' : ` Did you mean ${near}?`}` };
};

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string');

/**
 * The project's config: `whapi-hooks.config.json` in the working folder or one above it.
 * @throws UserError (2) where it says something that does not exist, (3) where it cannot be read
 */
export const readConfig = (cwd: string): Config | undefined => {
  const file = findUpwards(CONFIG_FILE, cwd);
  if (file === undefined) return undefined;
  const value = readJsonFile(file, file);
  if (!isObject(value)) throw usageError(`${file}: expected an object.`);
  for (const key of Object.keys(value)) {
    if (KNOWN.includes(key) || key === '$schema') continue;
    const near = nearest(key, KNOWN);
    throw usageError(
      `${file}: ${JSON.stringify(key)} is not known.`,
      near === undefined ? `Known: ${KNOWN.join(', ')}.` : `Did you mean ${near}?`,
    );
  }
  const { fixtures = [], failOn, ignore = [], minCoverage, schemaOverlay } = value;
  if (!isTexts(fixtures)) throw usageError(`${file}: fixtures must be a list of paths or globs, such as ["fixtures/**/*.json"].`);
  const level = FAIL_ON.find((word) => word === failOn);
  if (failOn !== undefined && level === undefined) throw usageError(`${file}: failOn must be one of ${FAIL_ON.join(', ')}.`);
  if (!isTexts(ignore)) throw usageError(`${file}: ignore must be a list of rules, such as ["unknown-word"].`);
  const rules = ignore.map((name) => {
    const read = readRule(name);
    if ('error' in read) throw usageError(`${file}: ignore: ${read.error}`);
    return read.rule;
  });
  if (minCoverage !== undefined && (typeof minCoverage !== 'number' || minCoverage < 0 || minCoverage > 100)) {
    throw usageError(`${file}: minCoverage must be a number from 0 to 100.`);
  }
  if (schemaOverlay !== undefined && typeof schemaOverlay !== 'string')
    throw usageError(`${file}: schemaOverlay must be the path of an overlay.`);
  return {
    file,
    folder: dirname(file),
    fixtures,
    ignore: rules,
    ...(level === undefined ? {} : { failOn: level }),
    ...(minCoverage === undefined ? {} : { minCoverage }),
    ...(schemaOverlay === undefined ? {} : { schemaOverlay }),
  };
};
