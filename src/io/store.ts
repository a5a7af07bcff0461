import { chmodSync, closeSync, openSync } from 'node:fs';
import { environmentError, errorCode, reason, UserError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type Database, type Engine, type Failure, failureOf, openDatabase } from './database.ts';
import { dirname, exists, join, kindOf, makeFolder, resolve } from './files.ts';
import { dataFolder } from './folders.ts';
import { identify, migrate, STEPS } from './migrations.ts';

/** Where the history lies: the file that was named, else the one in the data folder. */
export const historyPath = (file: string | undefined, runtime: Pick<Runtime, 'cwd' | 'platform' | 'env' | 'home'>): string =>
  file === undefined ? join(dataFolder(runtime), 'history.db') : resolve(runtime.cwd, file);

/** Milliseconds that a file held by another process is waited for. */
export const PATIENCE = 5000;
const PAUSE = 50;

/** Resolves in the next turn of the event loop. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE));

/**
 * Tries again while another process holds the file; in between the event loop runs. The last try begins when the time is
 * over: one that took all of it, on a machine that is busy, does not tell whether the file is free by then.
 */
export const whenFree = async <Result>(run: () => Result, patience = PATIENCE): Promise<Result> => {
  // Not the runtime's clock: this is about waiting, not about when something happened.
  const end = performance.now() + patience;
  for (;;) {
    const isLast = performance.now() > end;
    try {
      return run();
    } catch (error) {
      if (failureOf(error) !== 'locked' || isLast) throw error;
      await pause();
    }
  }
};

/** A failure of the history in a person's words. */
export const historyError = (error: unknown, path: string): UserError => {
  if (error instanceof UserError) return error;
  const without = 'Name another file with --history, or go on without one: --no-history.';
  switch (failureOf(error)) {
    case 'locked':
      return environmentError(`The history ${path} is held by another program.`, `End what holds it. ${without}`, error);
    case 'full':
      return environmentError(
        `The history ${path} cannot be written: the disk is full.`,
        'Make room: whapi-hooks history prune --keep-days 7 lets go of what is older.',
        error,
      );
    case 'damaged':
      return environmentError(
        `The history ${path} is damaged; it was left as it is.`,
        `Move it away, so that a new one begins, or mend it: sqlite3 <file> .recover. ${without}`,
        error,
      );
    case 'not-a-database':
      return environmentError(`${path} is no history of whapi-hooks (it is not a database); it was left as it is.`, without, error);
    case 'read-only':
      return environmentError(`The history ${path} may not be written.`, without, error);
    case 'cannot-open':
      return environmentError(`The history ${path} cannot be opened: no file can be made or opened there.`, without, error);
    default:
      return environmentError(`The history ${path} cannot be used: ${reason(error)}.`, without, error);
  }
};

/**
 * Makes the file, so that only its owner may read it; SQLite gives its companions (-wal, -shm) the same mode.
 * A file that is there is not even opened: closing it again would drop SQLite's locks on it.
 */
const prepareFile = (path: string): void => {
  makeFolder(dirname(path), 0o700);
  try {
    closeSync(openSync(path, 'wx', 0o600));
    chmodSync(path, 0o600); // whatever the umask took away
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
};

/** An opened history. */
export interface Store {
  readonly path: string;
  readonly database: Database;
}

export interface StoreOptions {
  readonly file: string | undefined;
  readonly runtime: Runtime;
  readonly engines?: readonly Engine[];
  /** Whether it is opened to be read: then one of an older version, which may not be written, stays as it is. */
  readonly reads?: boolean;
}

const check = (database: Database, path: string): { isNew: boolean; isOld: boolean } => {
  const { version, isHistory, isEmpty } = identify(database);
  if (!isHistory && !isEmpty) {
    throw environmentError(
      `${path} is a database of another program; it was left as it is.`,
      'Name another file with --history, or go on without one: --no-history.',
    );
  }
  if (version > STEPS.length) {
    throw environmentError(
      `The history ${path} has version ${version}; this whapi-hooks reads up to version ${STEPS.length}. It was left as it is.`,
      'Use the newer whapi-hooks that wrote it, name another file with --history, or go on without one: --no-history.',
    );
  }
  return { isNew: isEmpty, isOld: version < STEPS.length };
};

/** Pages of the log after which the one who writes takes them into the file: 16 MB. */
export const LOG_PAGES = 4000;

/** What every connection that writes a history needs to be told. */
export const tune = (database: Database): void => {
  // With a log written ahead, NORMAL loses nothing that was committed when the process is killed; a machine that
  // loses power may lose the last moments, never the file. Pages that are written often reach the file once for
  // many times where the log may grow to 16 MB.
  database.exec(`PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
};

/** Failures with which a file can be read all the same. */
export const CANNOT_WRITE: readonly Failure[] = ['locked', 'full', 'read-only'];

const begin = async (database: Database, path: string, reads: boolean): Promise<void> => {
  const { isNew, isOld } = await whenFree(() => check(database, path));
  if (isNew) {
    // Room of what was pruned goes back to the disk in small steps; it can only be said before the first table. Nothing
    // is in the file yet that could be lost, so this need not reach the disk by itself: it does with the change of mode.
    await whenFree(() => database.exec('PRAGMA synchronous = OFF; PRAGMA auto_vacuum = INCREMENTAL'));
  }
  tune(database);
  if (isNew) await whenFree(() => database.prepare('PRAGMA journal_mode = WAL').get());
  if (!isNew && !isOld) return;
  try {
    await whenFree(() => migrate(database));
  } catch (error) {
    if (isNew || !reads || !CANNOT_WRITE.includes(failureOf(error))) throw error;
  }
};

/**
 * Opens the history and takes it to the present version; makes a new one where there is none.
 * @throws UserError (3) where no database can be had or the file cannot be used
 */
export const openStore = async ({ file, runtime, engines, reads = false }: StoreOptions): Promise<Store> => {
  const path = historyPath(file, runtime);
  let database: Database | undefined;
  try {
    if (kindOf(path) === 'folder') throw environmentError(`${path} is a folder.`, 'Name a file: --history whapi.db.');
    prepareFile(path);
    database = await openDatabase(path, engines);
    await begin(database, path, reads);
  } catch (error) {
    database?.close();
    throw historyError(error, path);
  }
  return { path, database };
};

/**
 * Opens a history that is there, to read it.
 * @throws UserError (3) where there is none or it cannot be used
 */
export const openExistingStore = async (options: StoreOptions): Promise<Store> => {
  const path = historyPath(options.file, options.runtime);
  if (!exists(path)) {
    throw environmentError(
      `There is no history yet: ${path} does not exist.`,
      'whapi-hooks listen writes it; --history names another file.',
    );
  }
  return openStore(options);
};
