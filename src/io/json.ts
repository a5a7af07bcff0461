import { environmentError, reason, usageError } from '../errors.ts';
import { positionOf, syntaxError } from '../event/json.ts';
import { DEEPEST, scanText } from '../event/scan.ts';
import { readBytes } from './files.ts';

/**
 * Reads a JSON file that a person wrote for this tool.
 * @param name the file as messages call it
 * @throws UserError (2) where it is not JSON, with line and column; (3) where it cannot be read
 */
export const readJsonFile = (path: string, name: string, hint?: string): unknown => {
  let text: string;
  try {
    text = new TextDecoder().decode(readBytes(path));
  } catch (error) {
    throw environmentError(`${name} cannot be read: ${reason(error)}.`, undefined, error);
  }
  if (scanText(text).depth > DEEPEST) throw usageError(`${name} is nested more than ${DEEPEST} levels deep.`, hint);
  try {
    return JSON.parse(text);
  } catch {
    const { cause, offset } = syntaxError(text);
    const { line, column } = positionOf(text, offset);
    throw usageError(`${name}:${line}:${column}: not JSON: ${cause}.`, hint);
  }
};
