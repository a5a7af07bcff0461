import type { Database, Row } from './database.ts';
import { waitingIn } from './unpacking.ts';

/** How much of the history is kept; what is older goes when one of them is passed. */
export interface Keep {
  readonly days: number;
  readonly deliveries: number;
  /** Bytes of the file that are in use. */
  readonly bytes: number;
}

export const KEEP: Keep = { days: 30, deliveries: 100_000, bytes: 1_000_000_000 };

const DAY = 86_400_000;
/** Deliveries, and bytes of them, that one step removes: it takes a few milliseconds, in which nothing is acknowledged. */
const MOST_AT_ONCE = 50;
const MOST_BYTES_AT_ONCE = 4_000_000;
/** Pages that one step gives back to the disk, and unused ones that stay for what comes. */
const PAGES_AT_ONCE = 200;
const SPARE_PAGES = 2000;

const number = (database: Database, sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0]);

const countOf = (database: Database): number => number(database, 'SELECT count(*) FROM deliveries') + waitingIn(database);

const bytesOf = (database: Database): number =>
  (number(database, 'PRAGMA page_count') - number(database, 'PRAGMA freelist_count')) * number(database, 'PRAGMA page_size');

/** Deliveries in the history, and bytes of its file that are in use. */
export const measure = (database: Database): { readonly deliveries: number; readonly bytes: number } => ({
  deliveries: countOf(database),
  bytes: bytesOf(database),
});

/** How many deliveries there are, as known from the last count: counting goes through all of them. */
export interface Held {
  deliveries: number;
  /** Steps until they are counted again; other processes may write too. */
  steps: number;
}

const STEPS_PER_COUNT = 50;

export const newHeld = (): Held => ({ deliveries: 0, steps: 0 });

/** Deliveries that are too many, and bytes beyond the file's bound. */
interface Surplus {
  readonly deliveries: number;
  readonly bytes: number;
}

const surplus = (database: Database, keep: Keep, held: Held): Surplus => {
  if (held.steps-- <= 0) {
    held.deliveries = countOf(database);
    held.steps = STEPS_PER_COUNT;
  }
  return { deliveries: held.deliveries - keep.deliveries, bytes: bytesOf(database) - keep.bytes };
};

/** Deliveries of one that was set aside are not counted among those that are kept. */
const NEXT_BATCH = `SELECT seq, CASE WHEN aside IS NULL THEN count ELSE 0 END AS count, octet_length(rows) + length(bodies) AS size
  FROM batches WHERE seq > ? ORDER BY seq LIMIT 1`;

/** Of these, the oldest, what one step may take away. */
const someOf = (candidates: readonly Row[]): { seq: number; size: number }[] => {
  const chosen: { seq: number; size: number }[] = [];
  let bytes = 0;
  for (const row of candidates) {
    const size = Number(row['size']);
    if (chosen.length > 0 && bytes + size > MOST_BYTES_AT_ONCE) break;
    chosen.push({ seq: Number(row['seq']), size });
    bytes += size;
  }
  return chosen;
};

/**
 * Takes away the oldest batches, whole, as far as they are too many or fill the file beyond its bound.
 * @returns how many deliveries went with them, and whether anything did
 */
const dropBatches = (database: Database, most: Surplus): { readonly gone: number; readonly some: boolean } => {
  const next = database.prepare(NEXT_BATCH);
  let gone = 0;
  let bytes = 0;
  let upto = 0;
  for (let row = next.get(0); row !== undefined && bytes < MOST_BYTES_AT_ONCE; row = next.get(upto)) {
    const count = Number(row['count']);
    if (gone + count > most.deliveries && bytes >= most.bytes) break;
    gone += count;
    bytes += Number(row['size']);
    upto = Number(row['seq']);
  }
  database.prepare('DELETE FROM batches WHERE seq <= ?').run(upto);
  return { gone, some: upto > 0 };
};

/** What a step of pruning did. */
export interface Pruned {
  /** Deliveries that went. */
  readonly gone: number;
  /** Whether there may be more to take away. */
  readonly more: boolean;
}

/**
 * Takes away the oldest deliveries that are too many, in one small transaction.
 * @param now milliseconds since 1970
 * @param held what is known of how many there are; brought up to date
 */
export const pruneStep = (database: Database, keep: Keep, now: number, held: Held): Pruned =>
  database.transaction(() => {
    const old = database
      .prepare('SELECT seq, size FROM deliveries WHERE time < ? ORDER BY time LIMIT ?')
      .all(Math.floor(now - keep.days * DAY), MOST_AT_ONCE);
    const most = old.length > 0 ? { deliveries: 0, bytes: 0 } : surplus(database, keep, held);
    // A delivery takes 1,000 bytes at least, so these are never more than is needed.
    const count = Math.min(MOST_AT_ONCE, Math.max(0, most.deliveries, Math.ceil(most.bytes / 1000)));
    const chosen = someOf(count === 0 ? old : database.prepare('SELECT seq, size FROM deliveries ORDER BY seq LIMIT ?').all(count));
    for (const { seq } of chosen) {
      database.prepare('DELETE FROM outcomes WHERE delivery = ?').run(seq);
      database.prepare('DELETE FROM texts WHERE rowid = ?').run(seq);
      database.prepare('DELETE FROM deliveries WHERE seq = ?').run(seq);
    }
    if (chosen.length > 0 && database.prepare('SELECT 1 FROM deliveries LIMIT 1').get() === undefined) {
      database.prepare("INSERT INTO texts (texts) VALUES ('delete-all')").run();
      // The next delivery is the first again.
      database.prepare('UPDATE indexed SET upto = 0').run();
    }
    // Batches are younger than all rows.
    const dropped = chosen.length === 0 && count > 0 ? dropBatches(database, most) : { gone: 0, some: false };
    const gone = chosen.length + dropped.gone;
    held.deliveries -= gone;
    return { gone, more: chosen.length > 0 || dropped.some };
  });

/**
 * Gives some unused pages of the file back to the disk.
 * @param spare pages that stay, for what comes
 * @returns whether there is more to give
 */
export const shrinkStep = (database: Database, spare = SPARE_PAGES): boolean => {
  const before = number(database, 'PRAGMA freelist_count');
  if (before <= spare) return false;
  database.prepare(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`).all();
  return number(database, 'PRAGMA freelist_count') < before;
};
