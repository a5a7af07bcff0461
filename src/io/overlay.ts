import { environmentError, reason, usageError } from '../errors.ts';
import { type Overlay, overlayJson, readOverlay } from '../event/overlay.ts';
import { type Config, readConfig } from './config.ts';
import { openWriter, resolve } from './files.ts';
import { readJsonFile } from './json.ts';

const HINT = 'whapi-hooks drift <sources> --overlay <file> writes one.';

/**
 * Reads the file of an overlay.
 * @param file as a person typed it, from the working folder
 * @throws UserError (2) where it is no overlay, with line and column where it is no JSON; (3) where it cannot be read
 */
export const loadOverlay = (file: string, cwd: string): Overlay => {
  const value = readJsonFile(resolve(cwd, file), file, HINT);
  try {
    return readOverlay(value);
  } catch (error) {
    throw usageError(`${file} is no overlay: ${reason(error)}.`.replace(/\?\.$/, '?'), HINT);
  }
};

/**
 * What the project accepts: the overlay that the flag names, else the one of its config.
 * @throws UserError as `loadOverlay` and `readConfig`
 */
export const projectOverlay = (
  flag: string | undefined,
  cwd: string,
  config: Config | undefined = readConfig(cwd),
): Overlay | undefined => {
  if (flag !== undefined) return loadOverlay(flag, cwd);
  return config?.schemaOverlay === undefined ? undefined : loadOverlay(config.schemaOverlay, config.folder);
};

/** @throws UserError (3) where it cannot be written */
export const saveOverlay = (file: string, cwd: string, overlay: Overlay): void => {
  try {
    const writer = openWriter(resolve(cwd, file), false);
    writer.write(`${JSON.stringify(overlayJson(overlay), null, 2)}\n`);
    writer.close();
  } catch (error) {
    throw environmentError(`The overlay ${file} cannot be written: ${reason(error)}.`, undefined, error);
  }
};
