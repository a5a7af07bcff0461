import { exactText, payloadOf } from '../delivery/bytes.ts';
import type { Delivery, FailureCause, Headers, Outcome, Reading } from '../delivery/delivery.ts';
import type { Stored, StoredOutcome } from '../delivery/stored.ts';
import { usageError } from '../errors.ts';
import type { Finding, Verdict } from '../event/finding.ts';
import type { Mode } from '../event/mode.ts';
import { isEventName } from '../event/name.ts';
import { nearest } from '../schema/keywords.ts';
import { plural } from '../view/text.ts';
import type { Database, Row, Value } from './database.ts';
import { type Filter, where } from './filter.ts';
import { historyError, openExistingStore, type StoreOptions } from './store.ts';
import { indexAll } from './texts.ts';
import { asideIn, unpackToRead } from './unpacking.ts';

/** What a search found. */
export interface Found {
  /** The deliveries, the oldest first; each is read when it is asked for. */
  readonly deliveries: Iterable<Stored>;
  /** Whether the limit leaves out older ones. */
  readonly more: boolean;
}

/** The history, as it is read. */
export interface Archive {
  readonly path: string;
  /** What is to be said of the whole, where something is: what of it cannot be read. */
  readonly remark: string | undefined;
  /** The deliveries that a filter lets through: the newest, where there is a limit. */
  find(filter: Filter, limit?: number): Found;
  /**
   * The delivery of an id, of the beginning of one, or of `latest` and `latest~2`.
   * @throws UserError (2) where there is none, or several
   */
  one(reference: string): Stored;
  close(): void;
}

/** Numbers of deliveries that are held at a time; the deliveries themselves are read one by one. */
const PAGE = 500;

const text = (value: Value | undefined): string => (typeof value === 'string' ? value : '');
const orNull = (value: Value | undefined): string | null => (typeof value === 'string' ? value : null);
const bytes = (value: Value | undefined): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array());

/** JSON that the history itself wrote; somebody may have changed the file since. */
const list = <Item>(value: Value | undefined): Item[] => {
  try {
    const read: unknown = JSON.parse(text(value));
    return Array.isArray(read) ? (read as Item[]) : []; // written by history.ts from a list of the same kind
  } catch {
    return [];
  }
};

const outcomeOf = (row: Row, delivery: string): StoredOutcome => {
  const shared = { delivery, endpoint: text(row['endpoint']), ms: Number(row['ms']) };
  const outcome: Outcome =
    row['status'] === null
      ? { ...shared, kind: 'failed', error: text(row['error']), cause: text(row['cause']) as FailureCause } // as it was written
      : {
          ...shared,
          kind: 'answered',
          status: Number(row['status']),
          answer: { bytes: bytes(row['answer']), cut: row['cut'] === 1 },
        };
  return { outcome, time: Number(row['time']), attempt: Number(row['attempt']) };
};

/** The payload is parsed only where it is looked at. */
const readingOf = (row: Row, body: Uint8Array): Reading => {
  const event = text(row['event']);
  const read = exactText(body);
  return {
    mode: text(row['mode']) as Mode, // as it was written
    name: isEventName(event) ? event : null,
    said: orNull(row['said']),
    verdict: text(row['verdict']) as Verdict, // as it was written
    findings: list<Finding>(row['findings']),
    text: read,
    get payload() {
      return payloadOf(read);
    },
  };
};

const read = (database: Database, seq: number): Stored | undefined => {
  const row = database.prepare('SELECT * FROM deliveries WHERE seq = ?').get(seq);
  if (row === undefined) return undefined; // pruned since
  const id = text(row['id']);
  const body = bytes(row['body']);
  const delivery: Delivery = {
    id,
    time: Number(row['time']),
    method: text(row['method']),
    url: text(row['url']),
    headers: list<Headers[number]>(row['headers']),
    body,
  };
  const outcomes = database.prepare('SELECT * FROM outcomes WHERE delivery = ? ORDER BY seq').all(seq);
  return {
    delivery,
    reading: readingOf(row, body),
    base: orNull(row['base']) ?? undefined,
    outcomes: outcomes.map((one) => outcomeOf(one, id)),
  };
};

const seqOf = (row: Row | undefined): number | undefined => (row === undefined ? undefined : Number(Object.values(row)[0]));

const find = (database: Database, filter: Filter, limit: number | undefined): Found => {
  if (filter.search !== undefined) indexAll(database);
  const { sql, values } = where(filter);
  const newest = seqOf(database.prepare('SELECT seq FROM deliveries ORDER BY seq DESC LIMIT 1').get()) ?? 0;
  let oldest = 0;
  let more = false;
  if (limit !== undefined) {
    // What comes in meanwhile is no part of it.
    const first = database
      .prepare(`SELECT seq FROM deliveries d WHERE seq <= ? AND ${sql} ORDER BY seq DESC LIMIT 1 OFFSET ?`)
      .get(newest, ...values, limit - 1);
    oldest = seqOf(first) ?? 0;
    more =
      first !== undefined &&
      database.prepare(`SELECT seq FROM deliveries d WHERE seq < ? AND ${sql} LIMIT 1`).get(oldest, ...values) !== undefined;
  }
  const page = database.prepare(`SELECT seq FROM deliveries d WHERE seq > ? AND seq <= ? AND ${sql} ORDER BY seq LIMIT ${PAGE}`);
  return {
    more,
    deliveries: (function* () {
      for (let after = oldest - 1; ; ) {
        const seqs = page.all(after, newest, ...values).map((row) => Number(row['seq']));
        for (const seq of seqs) {
          const stored = read(database, seq);
          if (stored !== undefined) yield stored;
        }
        const last = seqs.at(-1);
        if (last === undefined || seqs.length < PAGE) return;
        after = last;
      }
    })(),
  };
};

const LATEST = /^latest(?:~(\d{1,9}))?$/i;

const unknown = (database: Database, reference: string): Error => {
  const match = LATEST.exec(reference);
  const count = Number(seqOf(database.prepare('SELECT count(*) FROM deliveries').get()));
  if (count === 0) return usageError('The history is empty.', 'whapi-hooks listen fills it.');
  if (match !== null)
    return usageError(`There is no ${reference}: the history holds ${count} deliveries, so the oldest is latest~${count - 1}.`);
  const ids = database.prepare('SELECT id FROM deliveries ORDER BY seq DESC LIMIT 20000').all();
  const near = nearest(
    reference,
    ids.map(({ id }) => text(id)),
  );
  return usageError(
    `The history has no delivery ${JSON.stringify(reference)}.`,
    near === undefined ? 'whapi-hooks history lists them; latest and latest~2 work too.' : `Did you mean ${near}?`,
  );
};

const seqOfReference = (database: Database, reference: string): number => {
  const match = LATEST.exec(reference);
  if (match !== null) {
    const seq = seqOf(database.prepare('SELECT seq FROM deliveries ORDER BY seq DESC LIMIT 1 OFFSET ?').get(Number(match[1] ?? 0)));
    if (seq === undefined) throw unknown(database, reference);
    return seq;
  }
  for (const id of [reference, reference.toLowerCase()]) {
    const exact = seqOf(database.prepare('SELECT seq FROM deliveries WHERE id = ?').get(id));
    if (exact !== undefined) return exact;
    if (id === '') continue;
    // Behind every letter an id may have.
    const fitting = database
      .prepare('SELECT seq, id FROM deliveries WHERE id >= ? AND id < ? ORDER BY id LIMIT 6')
      .all(id, `${id}\u{10ffff}`);
    const [first] = fitting;
    if (fitting.length === 1 && first !== undefined) return Number(first['seq']);
    if (fitting.length > 1) {
      const named = fitting.slice(0, 5).map((row) => text(row['id']));
      throw usageError(
        `Several deliveries begin with ${JSON.stringify(reference)}: ${named.join(', ')}${fitting.length > 5 ? ', …' : ''}.`,
        'Write more of the id.',
      );
    }
  }
  throw unknown(database, reference);
};

/** What is to be said of batches that were set aside. */
const asideText = (database: Database): string | undefined => {
  const { count, why } = asideIn(database);
  return why === ''
    ? undefined
    : `${plural(count, 'delivery', 'deliveries')} of the history cannot be read: somebody has changed the file (${why}).`;
};

/**
 * Opens the history to read it. What a listener has stored and not yet put in order is put in order first, in a copy where
 * the disk is full, the file may not be written or another program holds it.
 * @throws UserError (3) where there is none, or it cannot be used
 */
export const openArchive = async (options: Omit<StoreOptions, 'reads'>): Promise<Archive> => {
  const store = await openExistingStore({ ...options, reads: true });
  const { path } = store;
  let { database } = store;
  const told = <Result>(run: () => Result): Result => {
    try {
      return run();
    } catch (error) {
      throw historyError(error, path);
    }
  };
  let remark: string | undefined;
  try {
    database = await unpackToRead(database, path);
    remark = asideText(database);
  } catch (error) {
    database.close();
    throw historyError(error, path);
  }
  return {
    path,
    find: (filter, limit) => {
      const { deliveries, more } = told(() => find(database, filter, limit));
      return {
        more,
        deliveries: (function* () {
          const iterator = deliveries[Symbol.iterator]();
          for (let next = told(() => iterator.next()); next.done !== true; next = told(() => iterator.next())) yield next.value;
        })(),
      };
    },
    one: (reference) =>
      told(() => {
        const stored = read(database, seqOfReference(database, reference));
        if (stored === undefined) throw unknown(database, reference);
        return stored;
      }),
    remark,
    close: () => database.close(),
  };
};
