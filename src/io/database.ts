import { environmentError, errorCode, isError } from '../errors.ts';
import { withoutSqliteWarning } from '../runtime.ts';

/** What a column holds. */
export type Value = string | number | null | Uint8Array;
export type Row = Readonly<Record<string, Value>>;

export interface Statement {
  /** @returns how many rows it changed, and the number of the row it added last */
  run(...values: readonly Value[]): { readonly changes: number; readonly row: number };
  get(...values: readonly Value[]): Row | undefined;
  all(...values: readonly Value[]): Row[];
}

/** An SQLite database in a file. Everything in it is synchronous and throws the engine's error. */
export interface Database {
  readonly engine: Engine;
  exec(sql: string): void;
  /** A statement that is kept for the next time the same text is asked for. */
  prepare(sql: string): Statement;
  /** Runs in one transaction that takes the right to write at its beginning; what throws undoes it. */
  transaction<Result>(run: () => Result): Result;
  close(): void;
}

export type Engine = 'libsql' | 'node:sqlite';

/** A database as both engines have it. */
interface Raw {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: readonly Value[]): { changes: number | bigint; lastInsertRowid: number | bigint };
    get(...values: readonly Value[]): unknown;
    all(...values: readonly Value[]): unknown[];
  };
  close(): unknown;
}

/** libsql takes all values in one list, which is faster. */
interface Listed {
  run(values: readonly Value[]): ReturnType<ReturnType<Raw['prepare']>['run']>;
}

type Open = (path: string) => Raw;

/** Loaded once: of two at once, each would put back what the other has put in the place of the runtime's warnings. */
let sqlite: Promise<typeof import('node:sqlite')> | undefined;

/** Both are loaded only when a database is opened: neither may slow the start of the other commands. */
const ENGINES: Readonly<Record<Engine, () => Promise<Open>>> = {
  libsql: async () => {
    const { default: Libsql } = await import('libsql');
    return (path) => new Libsql(path) as unknown as Raw; // its types lag behind what it does
  },
  'node:sqlite': async () => {
    sqlite ??= withoutSqliteWarning(() => import('node:sqlite'));
    const { DatabaseSync } = await sqlite;
    return (path) => new DatabaseSync(path);
  },
};

const load = async (engines: readonly Engine[]): Promise<{ engine: Engine; open: Open }> => {
  let failure: unknown;
  for (const engine of engines) {
    try {
      return { engine, open: await ENGINES[engine]() };
    } catch (error) {
      failure ??= error;
    }
  }
  throw environmentError(
    'The history needs an SQLite engine, and there is none: the optional package libsql is not installed or has no build for this machine.',
    'Install libsql beside whapi-hooks or use Node 22.13 or newer; --no-history goes on without.',
    failure,
  );
};

/** libsql ends a text at a NUL character; what strangers sent must not be cut there. */
const bound = (value: Value): Value => (typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value);

const allBound = (values: readonly Value[]): readonly Value[] => {
  for (const value of values) if (typeof value === 'string' && value.includes('\0')) return values.map(bound);
  return values;
};

/** Lists of rows come from libsql with bare buffers in place of bytes; single rows do not. */
const withBytes = (row: Record<string, Value | ArrayBuffer>): Row => {
  for (const name in row) {
    const value = row[name];
    if (value instanceof ArrayBuffer) row[name] = new Uint8Array(value);
  }
  return row as Row; // no buffer is left in it
};

/** Milliseconds that a statement waits for another process. The event loop stands still meanwhile, so it is short. */
const BUSY_TIMEOUT = 250;

const wrap = (engine: Engine, raw: Raw): Database => {
  const kept = new Map<string, Statement>();
  const prepare = (sql: string): Statement => {
    let statement = kept.get(sql);
    if (statement === undefined) {
      const made = raw.prepare(sql);
      const listed = made as unknown as Listed; // only used where it is libsql's
      statement = {
        run: (...values) => {
          const { changes, lastInsertRowid } = engine === 'libsql' ? listed.run(allBound(values)) : made.run(...allBound(values));
          return { changes: Number(changes), row: Number(lastInsertRowid) };
        },
        get: (...values) => made.get(...values.map(bound)) as Row | undefined, // what columns hold
        all: (...values) => (made.all(...values.map(bound)) as Record<string, Value | ArrayBuffer>[]).map(withBytes), // what columns hold
      };
      kept.set(sql, statement);
    }
    return statement;
  };
  return {
    engine,
    exec: (sql) => void raw.exec(sql),
    prepare,
    transaction(run) {
      prepare('BEGIN IMMEDIATE').run();
      try {
        const result = run();
        prepare('COMMIT').run();
        return result;
      } catch (error) {
        try {
          prepare('ROLLBACK').run();
        } catch {
          // SQLite has undone it by itself, as it does when the disk is full.
        }
        throw error;
      }
    },
    close: () => void raw.close(),
  };
};

/**
 * Opens a database with the first engine that is there.
 * @param engines those to try, in this order
 * @throws UserError (3) where there is no engine; the engine's own error where the file cannot be opened
 */
export const openDatabase = async (path: string, engines: readonly Engine[] = ['libsql', 'node:sqlite']): Promise<Database> => {
  const { engine, open } = await load(engines);
  const database = wrap(engine, open(path));
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
  return database;
};

/** Kinds of failure that a person can do something about. */
export type Failure = 'locked' | 'full' | 'damaged' | 'not-a-database' | 'cannot-open' | 'read-only' | 'refused' | 'other';

/** Primary result codes (sqlite.org/rescode.html). */
const CODES: Readonly<Record<number, Failure>> = {
  5: 'locked',
  6: 'locked',
  8: 'read-only',
  10: 'other',
  11: 'damaged',
  13: 'full',
  14: 'cannot-open',
  19: 'refused', // a row that breaks a rule of its table
  20: 'refused',
  26: 'not-a-database',
};

/** What went wrong in an engine: libsql tells it by `rawCode` or in words, node:sqlite by `errcode`. */
export const failureOf = (error: unknown): Failure => {
  if (!isError(error)) return 'other';
  const told = 'errcode' in error ? error.errcode : 'rawCode' in error ? error.rawCode : undefined;
  const code = typeof told === 'number' ? told : Number(/: (\d+)"?\)$/.exec(error.message)?.[1] ?? Number.NaN);
  const known = CODES[code & 0xff];
  if (known !== undefined && known !== 'other') return known;
  const name = errorCode(error) ?? '';
  if (name.startsWith('SQLITE_NOTADB') || /not a database/.test(error.message)) return 'not-a-database';
  if (name.startsWith('SQLITE_CORRUPT') || /malformed/.test(error.message)) return 'damaged';
  if (name.startsWith('SQLITE_BUSY') || /database is locked/.test(error.message)) return 'locked';
  if (name.startsWith('SQLITE_CONSTRAINT') || name.startsWith('SQLITE_MISMATCH')) return 'refused';
  if (name.startsWith('SQLITE_FULL') || /database or disk is full/.test(error.message)) return 'full';
  return 'other';
};
