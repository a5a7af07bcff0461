import { exactText, payloadOf } from '../delivery/bytes.ts';
import { facetsOf } from '../delivery/facets.ts';
import { reason } from '../errors.ts';
import { type Batch, bytesOf, IN_ROWS, isChanged, type NewDelivery, unpack } from './batches.ts';
import { type Database, failureOf, openDatabase, type Value } from './database.ts';
import { migrate } from './migrations.ts';
import { CANNOT_WRITE, nextTurn, PATIENCE, whenFree } from './store.ts';

/** Deliveries, and bytes of rows, after which a step of unpacking ends: a few milliseconds. */
const MOST_AT_ONCE = 100;
const MOST_BYTES_AT_ONCE = 2_000_000;
/** Ids that were given away anew; later outcomes must find them. */
const MOST_RENAMED = 10_000;

const INSERT = `INSERT INTO deliveries
  (id, time, method, url, base, mode, event, said, verdict, findings, headers, chats, senders, types, from_me, size, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ifnull(?, x'')) ON CONFLICT (id) DO NOTHING`;
const INSERT_OUTCOME = `INSERT INTO outcomes (delivery, endpoint, attempt, time, ms, status, error, cause, cut, answer)
  SELECT seq, ?2, (SELECT count(*) + 1 FROM outcomes WHERE delivery = d.seq AND endpoint = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9
  FROM deliveries d WHERE id = ?1`;

/** Ids with a space before and behind each, so that one can be looked for as a word. */
const words = (values: readonly string[]): string => (values.length === 0 ? '' : ` ${values.join(' ')} `);

/** The verdict's place among the columns of a delivery. */
const VERDICT = 8;

/** Makes the row of a delivery: under its id, or under that id with a number where the history has one of it. @returns its id there */
const insert = (database: Database, { columns, headers, body }: NewDelivery): string => {
  const payload = columns[VERDICT] === 'unreadable' ? undefined : payloadOf(exactText(body));
  const { chats, senders, types, fromMe } = facetsOf(payload);
  const facets = [words(chats), words(senders), words(types), fromMe === null ? null : Number(fromMe)];
  const [id, ...others] = columns;
  const rest: Value[] = [...others, headers, ...facets, body.byteLength, body];
  const statement = database.prepare(INSERT);
  for (let number = 1; ; number++) {
    const name = number === 1 ? String(id) : `${String(id)}-${number}`;
    if (statement.run(name, ...rest).changes > 0) return name;
  }
};

/** Ids that became others, by who wrote them. */
interface Names {
  nameOf(writer: string, id: string): string;
  add(writer: string, id: string, name: string): void;
}

const namesIn = (database: Database): Names => {
  // There is hardly ever one.
  let some = database.prepare('SELECT 1 FROM renamed LIMIT 1').get() !== undefined;
  return {
    nameOf: (writer, id) =>
      String((some ? database.prepare('SELECT name FROM renamed WHERE writer = ? AND id = ?').get(writer, id)?.['name'] : undefined) ?? id),
    add(writer, id, name) {
      some = true;
      database.prepare('INSERT OR REPLACE INTO renamed (writer, id, name) VALUES (?, ?, ?)').run(writer, id, name);
      database.prepare(`DELETE FROM renamed WHERE seq <= (SELECT max(seq) FROM renamed) - ${MOST_RENAMED}`).run();
    },
  };
};

const insertAll = (database: Database, writer: string, names: Names, { deliveries, outcomes }: Batch): void => {
  for (const delivery of deliveries) {
    const id = String(delivery.columns[0]);
    const name = insert(database, delivery);
    if (name !== id) names.add(writer, id, name);
  }
  const statement = database.prepare(INSERT_OUTCOME);
  for (const { columns, answer } of outcomes) {
    const [id, ...rest] = columns;
    statement.run(names.nameOf(writer, String(id)), ...rest, answer);
  }
};

/** Deliveries of batches that wait to be unpacked. */
export const waitingIn = (database: Database): number =>
  Number(database.prepare('SELECT ifnull(sum(count), 0) AS count FROM batches WHERE aside IS NULL').get()?.['count']);

const isBehind = (database: Database): boolean => database.prepare('SELECT 1 FROM batches WHERE aside IS NULL LIMIT 1').get() !== undefined;

const NEXT = 'SELECT seq, writer, rows, bodies FROM batches WHERE seq > ? AND aside IS NULL ORDER BY seq LIMIT 1';

/** A step of unpacking. */
export interface Unpacked {
  /** Whether there is more to unpack. */
  readonly more: boolean;
  /** The last row that was unpacked. */
  readonly upto: number;
  /** Bytes that the log took, about. */
  readonly bytes: number;
}

/**
 * Makes rows of the oldest batches, in one small transaction. Where there are none it only reads. A batch that somebody has
 * changed, so that it can never be unpacked, is set aside: it stays in the file, and does not hold up the others.
 */
export const unpackStep = (database: Database): Unpacked => {
  if (!isBehind(database)) return { more: false, upto: 0, bytes: 0 };
  return database.transaction(() => {
    let upto = 0;
    let bytes = 0;
    database.exec('SAVEPOINT step');
    try {
      const names = namesIn(database);
      for (let count = 0; count < MOST_AT_ONCE && bytes < MOST_BYTES_AT_ONCE; ) {
        const row = database.prepare(NEXT).get(upto);
        if (row === undefined) break;
        upto = Number(row['seq']);
        const batch = unpack(row);
        insertAll(database, String(row['writer']), names, batch);
        count += batch.deliveries.length + batch.outcomes.length;
        bytes += bytesOf(batch, IN_ROWS);
      }
      database.prepare('DELETE FROM batches WHERE seq <= ? AND aside IS NULL').run(upto);
    } catch (error) {
      if (!isChanged(error)) throw error;
      database.exec('ROLLBACK TO step');
      database.prepare('UPDATE batches SET aside = ? WHERE seq = ?').run(reason(error), upto);
      upto = 0;
      bytes = 0;
    }
    database.exec('RELEASE step');
    return { more: isBehind(database), upto, bytes };
  });
};

/** A file of the version before, which may not be written, has none. */
const hasBatches = (database: Database): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'batches'").get() !== undefined;

/** Deliveries that lie in batches that were set aside, and why one of them was; without a reason there are none. */
export const asideIn = (database: Database): { readonly count: number; readonly why: string } => {
  if (!hasBatches(database)) return { count: 0, why: '' };
  const row = database.prepare('SELECT sum(count) AS count, max(aside) AS why FROM batches WHERE aside IS NOT NULL').get();
  return { count: Number(row?.['count'] ?? 0), why: String(row?.['why'] ?? '') };
};

const newest = (database: Database): number => Number(database.prepare('SELECT max(seq) AS seq FROM batches').get()?.['seq'] ?? 0);

/** Milliseconds that a reader waits for a file that another process holds, before it does without. */
const READER_PATIENCE = 500;
/** Milliseconds that a listener gets between two steps, when it writes meanwhile. */
const PAUSE = 3;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE));

/** What a step that failed has taken of a full disk goes back, as far as it can. */
const giveBackLog = (database: Database): void => {
  try {
    database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  } catch {
    // There is no room for it either.
  }
};

/**
 * Unpacks what is there. What a listener writes meanwhile is no part of it.
 * @param patience milliseconds that a file held by another process is waited for, each time
 * @throws the database's error where the file cannot be written
 */
export const unpackAll = async (database: Database, patience = PATIENCE): Promise<void> => {
  const last = newest(database);
  try {
    for (let upto = 0, more = true; more && upto < last; ) {
      ({ upto, more } = await whenFree(() => unpackStep(database), patience));
      // The engine lets go of bytes that were read only between two turns of the event loop.
      await (newest(database) > last ? pause() : nextTurn());
    }
  } catch (error) {
    if (failureOf(error) === 'full') giveBackLog(database);
    throw error;
  }
};

/** Kilobytes of a copy that stay in memory, before it takes room in the folder for temporary files; negative, as SQLite wants it. */
const COPY_CACHE = -100_000;
/** Tables that are copied; the full-text index is made anew of them where it is wanted. */
const TABLES = ['deliveries', 'outcomes', 'batches', 'renamed'] as const;

/**
 * A copy of all, in memory or a file without a name (sqlite.org/inmemorydb.html), with what is waiting as rows. It goes when
 * it is closed, however the program ends.
 */
const openCopy = async (database: Database, path: string): Promise<Database> => {
  const copy = await openDatabase('', [database.engine]);
  try {
    copy.exec(`PRAGMA cache_size = ${COPY_CACHE}`);
    migrate(copy);
    copy.prepare('ATTACH ? AS file').run(path);
    copy.exec(`BEGIN; ${TABLES.map((table) => `INSERT INTO main.${table} SELECT * FROM file.${table};`).join('')} COMMIT; DETACH file`);
    await unpackAll(copy);
    return copy;
  } catch (error) {
    copy.close();
    throw error;
  }
};

/**
 * Unpacks what is there, before deliveries are looked for: in the file, or in a copy where that cannot be written.
 * @returns the database to look in; where it is the copy, the other is closed
 * @throws the database's error where the file cannot be read
 */
export const unpackToRead = async (database: Database, path: string): Promise<Database> => {
  if (!hasBatches(database)) return database;
  try {
    await unpackAll(database, READER_PATIENCE);
    return database;
  } catch (error) {
    if (!CANNOT_WRITE.includes(failureOf(error))) throw error;
    const copy = await openCopy(database, path).catch(() => {
      throw error;
    });
    database.close();
    return copy;
  }
};
