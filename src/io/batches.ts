import { exactText, payloadOf } from '../delivery/bytes.ts';
import { facetsOf } from '../delivery/facets.ts';
import { reason } from '../errors.ts';
import { type Database, failureOf, openDatabase, type Row, type Value } from './database.ts';
import { migrate } from './migrations.ts';
import { CANNOT_WRITE, PATIENCE, whenFree } from './store.ts';

/** What a column holds that is no bytes. */
type Plain = string | number | null;

/** A delivery to be stored. What it is found by is read from its body, later. */
export interface NewDelivery {
  /** id, time, method, url, base, mode, event, said, verdict, findings: the columns of these names. */
  readonly columns: readonly Plain[];
  /** As JSON. */
  readonly headers: string;
  readonly body: Uint8Array;
}

/** An outcome to be stored. */
export interface NewOutcome {
  /** id of the delivery, endpoint, time, ms, status, error, cause, cut. */
  readonly columns: readonly Plain[];
  readonly answer: Uint8Array | null;
}

/** What is committed together. */
export interface Batch {
  readonly deliveries: readonly NewDelivery[];
  readonly outcomes: readonly NewOutcome[];
}

/** How a batch lies in its row: numbers of bytes, and headers only where they are others than those before. */
type Packed = readonly [
  deliveries: readonly (readonly [columns: readonly Plain[], size: number, headers: string | 0])[],
  outcomes: readonly (readonly [columns: readonly Plain[], size: number | null])[],
];

/** Columns of a delivery and of an outcome, as they are named above. */
const DELIVERY_COLUMNS = 10;
const OUTCOME_COLUMNS = 8;
/** Deliveries or outcomes, and bytes of bodies, that one row takes: what is unpacked at a time. */
const MOST_IN_ROW = 200;
const MOST_BYTES_IN_ROW = 4_000_000;
/** Deliveries, and bytes of rows, after which a step of unpacking ends: a few milliseconds. */
const MOST_AT_ONCE = 100;
const MOST_BYTES_AT_ONCE = 2_000_000;
/** Bytes that a delivery or an outcome takes in the log beside its body, about: in a batch, and in rows of its own. */
const IN_BATCH = 400;
const IN_ROWS = 1200;
/** Ids that were given away anew; later outcomes must find them. */
const MOST_RENAMED = 10_000;

const bytesOf = ({ deliveries, outcomes }: Batch, each: number): number => {
  let bytes = (deliveries.length + outcomes.length) * each;
  for (const { body } of deliveries) bytes += body.byteLength;
  return bytes;
};

/** Cuts a batch into what rows take, the deliveries first. */
function* pieces({ deliveries, outcomes }: Batch): Generator<Batch> {
  let from = 0;
  let bytes = 0;
  for (let i = 0; i + 1 < deliveries.length; i++) {
    bytes += deliveries[i]?.body.byteLength ?? 0;
    if (i + 1 - from < MOST_IN_ROW && bytes < MOST_BYTES_IN_ROW) continue;
    yield { deliveries: deliveries.slice(from, i + 1), outcomes: [] };
    from = i + 1;
    bytes = 0;
  }
  yield { deliveries: from === 0 ? deliveries : deliveries.slice(from), outcomes: outcomes.slice(0, MOST_IN_ROW) };
  for (let i = MOST_IN_ROW; i < outcomes.length; i += MOST_IN_ROW) yield { deliveries: [], outcomes: outcomes.slice(i, i + MOST_IN_ROW) };
}

const pack = ({ deliveries, outcomes }: Batch): { readonly rows: string; readonly bodies: Uint8Array } => {
  const bodies: Uint8Array[] = [];
  let before: string | undefined;
  const packed: Packed = [
    deliveries.map(({ columns, headers, body }) => {
      const same = headers === before;
      before = headers;
      bodies.push(body);
      return [columns, body.byteLength, same ? 0 : headers];
    }),
    outcomes.map(({ columns, answer }) => {
      if (answer !== null) bodies.push(answer);
      return [columns, answer === null ? null : answer.byteLength];
    }),
  ];
  return { rows: JSON.stringify(packed), bodies: Buffer.concat(bodies) };
};

/**
 * Stores a batch, in one transaction. It lies there as it came, in a row or a few, since rows of their own for all, with
 * their indexes, cost three times as much as the rest of the storing; `unpackStep` makes them later.
 * @param writer tells who writes from others that write into the same file
 * @returns bytes that the log took, about
 */
export const addBatch = (database: Database, writer: string, batch: Batch): number =>
  database.transaction(() => {
    // node:sqlite of Node 22 takes empty bytes for NULL.
    const statement = database.prepare("INSERT INTO batches (writer, count, rows, bodies) VALUES (?, ?, ?, ifnull(?, x''))");
    for (const piece of pieces(batch)) {
      const { rows, bodies } = pack(piece);
      statement.run(writer, piece.deliveries.length, rows, bodies);
    }
    return bytesOf(batch, IN_BATCH);
  });

/** What lies in a batch is not what was put there: somebody has changed the file. */
class ChangedError extends Error {}

/** Whether a batch can never be unpacked. */
const isChanged = (error: unknown): boolean => error instanceof ChangedError || failureOf(error) === 'refused';

const isPlain = (value: unknown): boolean => value === null || typeof value === 'string' || Number.isFinite(value);
const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

/** Whether an entry of a batch has so many columns and what belongs behind them. */
const isEntry = (entry: unknown, columns: number, isRest: (size: unknown, headers: unknown) => boolean): boolean =>
  Array.isArray(entry) && Array.isArray(entry[0]) && entry[0].length === columns && entry[0].every(isPlain) && isRest(entry[1], entry[2]);

const isPacked = (read: unknown): read is Packed => {
  const [deliveries, outcomes, ...more]: unknown[] = Array.isArray(read) ? read : [];
  return (
    Array.isArray(deliveries) &&
    Array.isArray(outcomes) &&
    more.length === 0 &&
    deliveries.every((entry) =>
      isEntry(entry, DELIVERY_COLUMNS, (size, headers) => isSize(size) && (headers === 0 || typeof headers === 'string')),
    ) &&
    outcomes.every((entry) => isEntry(entry, OUTCOME_COLUMNS, (size) => size === null || isSize(size)))
  );
};

const packedIn = (row: Row): Packed => {
  let read: unknown;
  try {
    read = JSON.parse(String(row['rows']));
  } catch (error) {
    throw new ChangedError(reason(error));
  }
  if (!isPacked(read)) throw new ChangedError('it is no batch');
  return read;
};

const unpack = (row: Row): Batch => {
  const all = row['bodies'] instanceof Uint8Array ? row['bodies'] : new Uint8Array();
  const [deliveries, outcomes] = packedIn(row);
  let at = 0;
  let before = '[]';
  const next = (size: number): Uint8Array => {
    at += size;
    return all.subarray(at - size, at);
  };
  const batch = {
    deliveries: deliveries.map(([columns, size, headers]) => {
      if (headers !== 0) before = headers;
      return { columns, headers: before, body: next(size) };
    }),
    outcomes: outcomes.map(([columns, size]) => ({ columns, answer: size === null ? null : next(size) })),
  };
  if (at !== all.byteLength) throw new ChangedError(`it has ${all.byteLength} bytes in place of ${at}`);
  return batch;
};

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
  let upto = 0;
  try {
    return database.transaction(() => {
      const names = namesIn(database);
      let bytes = 0;
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
      return { more: isBehind(database), upto, bytes };
    });
  } catch (error) {
    if (!isChanged(error)) throw error;
    database.transaction(() => database.prepare('UPDATE batches SET aside = ? WHERE seq = ?').run(reason(error), upto));
    return { more: isBehind(database), upto: 0, bytes: 0 };
  }
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

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
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
      await (newest(database) > last ? pause() : turn());
    }
  } catch (error) {
    if (failureOf(error) === 'full') giveBackLog(database);
    throw error;
  }
};

/** Pages of a copy that stay in memory, before it takes room in the folder for temporary files: 100 MB. */
const COPY_CACHE = -100_000;

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

/** Tables of a history; the full-text index is made anew of them where it is wanted. */
const TABLES = ['deliveries', 'outcomes', 'batches', 'renamed'] as const;

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
