import { environmentError, reason, usageError } from '../errors.ts';
import { type Appender, endsOf, openAppender, resolve } from './files.ts';
import { complain, type Terminal } from './terminal.ts';

/** A recording that is being written. */
export interface Recorder {
  /** Adds a line; the lines of one turn of the event loop are written together at its end. */
  add(line: string): void;
  /** @returns whether everything was written */
  close(): boolean;
}

/** How the first line of a recording begins: `{"v":1,"type":…`. */
const BEGINNING = '{"v":';

const open = (file: string, cwd: string): Appender => {
  const path = resolve(cwd, file);
  try {
    const { beginning, complete } = endsOf(path, BEGINNING.length);
    if (beginning !== '' && beginning !== BEGINNING) {
      throw usageError(`${file} is there already and is no recording; it stays as it is.`, 'Name a new file, such as today.jsonl.');
    }
    const appender = openAppender(path);
    // The last line may have been cut off when its listener was killed.
    if (!complete) appender.append('\n');
    return appender;
  } catch (error) {
    if (error instanceof Error && error.name === 'UserError') throw error;
    throw environmentError(`The recording ${file} cannot be written: ${reason(error)}.`, undefined, error);
  }
};

/**
 * Opens a recording; what is in it stays, new records are added. A failure later is told once, and the listener goes
 * on without it.
 * @throws UserError (2) where the file is something else, (3) where it cannot be written
 */
export const openRecorder = (file: string | undefined, cwd: string, terminal: Terminal): Recorder => {
  let appender = file === undefined ? undefined : open(file, cwd);
  let broken = false;
  let waiting: string[] = [];
  const write = (): void => {
    const text = waiting.join('');
    waiting = [];
    try {
      if (text !== '') appender?.append(text);
    } catch (error) {
      complain(terminal, `the recording ${file} ends here: ${reason(error)}.`);
      appender = undefined;
      broken = true;
    }
  };
  return {
    add(line) {
      if (appender !== undefined && waiting.push(line) === 1) setImmediate(write);
    },
    close() {
      write();
      appender?.close();
      return !broken;
    },
  };
};
