import { waitingIn } from './batches.ts';
import type { Database, Row } from './database.ts';

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

/** How many deliveries are too many, or fill the file beyond its bound. */
const surplus = (database: Database, keep: Keep, held: Held): number => {
  if (held.steps-- <= 0) {
    held.deliveries = countOf(database);
    held.steps = STEPS_PER_COUNT;
  }
  const tooMany = held.deliveries - keep.deliveries;
  // A delivery takes 1,000 bytes at least, so this is never more than is needed.
  const tooLarge = Math.ceil((bytesOf(database) - keep.bytes) / 1000);
  return Math.max(0, tooMany, tooLarge);
};

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

/** Takes away batches that would be too much as soon as they were unpacked. @returns how many deliveries went with them */
const dropBatches = (database: Database, most: number): number => {
  let gone = 0;
  let upto = 0;
  for (const { seq, count } of database.prepare('SELECT seq, count FROM batches ORDER BY seq LIMIT ?').all(MOST_AT_ONCE)) {
    if (gone + Number(count) > most) break;
    gone += Number(count);
    upto = Number(seq);
  }
  database.prepare('DELETE FROM batches WHERE seq <= ?').run(upto);
  return gone;
};

/**
 * Takes away the oldest deliveries that are too many, in one small transaction.
 * @param now milliseconds since 1970
 * @param held what is known of how many there are; brought up to date
 * @returns how many went; 0 when nothing is left to do
 */
export const pruneStep = (database: Database, keep: Keep, now: number, held: Held): number =>
  database.transaction(() => {
    const old = database
      .prepare('SELECT seq, size FROM deliveries WHERE time < ? ORDER BY time LIMIT ?')
      .all(Math.floor(now - keep.days * DAY), MOST_AT_ONCE);
    const most = old.length > 0 ? 0 : surplus(database, keep, held);
    const oldest = (): Row[] => database.prepare('SELECT seq, size FROM deliveries ORDER BY seq LIMIT ?').all(Math.min(MOST_AT_ONCE, most));
    const chosen = someOf(most === 0 ? old : oldest());
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
    const gone = chosen.length === 0 && most > 0 ? dropBatches(database, most) : chosen.length;
    held.deliveries -= gone;
    return gone;
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
