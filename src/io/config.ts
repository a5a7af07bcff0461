import { environmentError, reason, usageError } from '../errors.ts';
import { positionOf, syntaxError } from '../event/json.ts';
import { isObject, nearest } from '../schema/keywords.ts';
import { dirname, findUpwards, readBytes } from './files.ts';

export const CONFIG_FILE = 'whapi-hooks.config.json';

export interface Config {
  /** The file, for messages. */
  readonly file: string;
  /** Its folder: paths in it start there. */
  readonly folder: string;
  /** Sources of `validate` when none is named. */
  readonly fixtures: readonly string[];
}

const KNOWN = ['$schema', 'fixtures'];

/**
 * The project's config: `whapi-hooks.config.json` in the working folder or one above it.
 * @throws UserError (2) where it says something that does not exist, (3) where it cannot be read
 */
export const readConfig = (cwd: string): Config | undefined => {
  const file = findUpwards(CONFIG_FILE, cwd);
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = new TextDecoder().decode(readBytes(file));
  } catch (error) {
    throw environmentError(`${file} cannot be read: ${reason(error)}.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const { cause, offset } = syntaxError(text);
    const { line, column } = positionOf(text, offset);
    throw usageError(`${file}:${line}:${column}: not JSON: ${cause}.`);
  }
  if (!isObject(value)) throw usageError(`${file}: expected an object.`);
  for (const key of Object.keys(value)) {
    if (KNOWN.includes(key)) continue;
    const near = nearest(key, KNOWN);
    throw usageError(
      `${file}: ${JSON.stringify(key)} is not known.`,
      near === undefined ? `Known: ${KNOWN.slice(1).join(', ')}.` : `Did you mean ${near}?`,
    );
  }
  const fixtures = value['fixtures'] ?? [];
  if (!Array.isArray(fixtures) || !fixtures.every((item) => typeof item === 'string')) {
    throw usageError(`${file}: fixtures must be a list of paths or globs, such as ["fixtures/**/*.json"].`);
  }
  return { file, folder: dirname(file), fixtures };
};
