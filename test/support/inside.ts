import { spawnSync } from 'node:child_process';
import { type Engine, openDatabase } from '../../src/io/database.ts';
import { unpackAll } from '../../src/io/unpacking.ts';

/** What lies in a history, read past all that the program has for that. */
export interface Inside {
  /** In the order they were stored in. */
  readonly deliveries: readonly { readonly id: string; readonly body: Buffer }[];
  readonly outcomes: readonly { readonly delivery: string; readonly attempt: number; readonly status: number | null }[];
  /** What SQLite says about the file: `ok`, from the engine and, where it is installed, from the command sqlite3. */
  readonly sound: readonly string[];
}

export const hasSqlite = spawnSync('sqlite3', ['--version']).error === undefined;

/** Reads a whole history; a listener may write into it meanwhile. */
export const lookInto = async (file: string, engines?: readonly Engine[]): Promise<Inside> => {
  const database = await openDatabase(file, engines);
  try {
    await unpackAll(database);
    const deliveries = database.prepare('SELECT id, body FROM deliveries ORDER BY seq').all();
    const outcomes = database
      .prepare('SELECT d.id, o.attempt, o.status FROM outcomes o LEFT JOIN deliveries d ON d.seq = o.delivery ORDER BY o.seq')
      .all();
    const sound = database
      .prepare('PRAGMA integrity_check')
      .all()
      .map((row) => String(row['integrity_check']));
    return {
      deliveries: deliveries.map(({ id, body }) => ({ id: String(id), body: Buffer.from(body instanceof Uint8Array ? body : '') })),
      outcomes: outcomes.map(({ id, attempt, status }) => ({
        delivery: id === null ? 'of no delivery' : String(id),
        attempt: Number(attempt),
        status: status === null ? null : Number(status),
      })),
      sound: hasSqlite ? [...sound, spawnSync('sqlite3', [file, 'PRAGMA integrity_check'], { encoding: 'utf8' }).stdout.trim()] : sound,
    };
  } finally {
    database.close();
  }
};
