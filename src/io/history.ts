import type { Delivery, Outcome, Reading } from '../delivery/delivery.ts';
import { facetsOf } from '../delivery/facets.ts';
import { environmentError, type UserError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type Database, type Engine, failureOf, type Value } from './database.ts';
import { KEEP, type Keep, newHeld, pruneStep, shrinkStep } from './prune.ts';
import { historyError, openStore, PATIENCE, whenFree } from './store.ts';
import { indexStep } from './texts.ts';

export type { Keep } from './prune.ts';

/** The history, as a listener writes it. */
export interface History {
  readonly path: string;
  /**
   * Resolves once the delivery is committed to disk: one transaction for all that came in the same turn of the event
   * loop. Rejects with a UserError (3) whose cause is the database's error.
   */
  add(delivery: Delivery, reading: Reading): Promise<void>;
  /** Outcomes go into the next batch; lost outcomes are told by `flush` and `close`. */
  addOutcome(outcome: Outcome): void;
  /** Resolves when all that was added is committed; rejects with a UserError (3) where outcomes were lost. */
  flush(): Promise<void>;
  /** Commits what was added and closes the file; rejects as `flush` does. */
  close(): Promise<void>;
}

export interface HistoryOptions {
  /** The file; undefined is history.db in the data folder. */
  readonly file: string | undefined;
  readonly runtime: Runtime;
  readonly keep?: Keep;
  /** Path of the listener: a delivery sent again from the history goes to the same place below the endpoint. */
  readonly base?: string;
  /** Milliseconds that a file held by another process is waited for. */
  readonly patience?: number;
  readonly engines?: readonly Engine[];
}

/** A delivery that waits for its transaction. */
interface Waiting {
  readonly id: string;
  readonly row: readonly Value[];
  readonly resolve: () => void;
  readonly reject: (error: UserError) => void;
}

/** Outcomes that wait; more come only where the file cannot be written, and are lost. */
const MOST_OUTCOMES = 20_000;
/** Deliveries between two looks at what is too old or too much. */
const PRUNE_EVERY = 500;
const PRUNE_INTERVAL = 600_000;
const PRUNE_PAUSE = 5;
/** Milliseconds between two steps of the full-text index while deliveries come. */
const INDEX_PAUSE = 200;
const MOST_STEPS_AT_END = 50;
/** Milliseconds that outcomes wait for a delivery's transaction. */
const OUTCOME_PAUSE = 10;
/** Characters of a failure that are kept. */
const LONGEST_ERROR = 1000;
/** Ids that were given away anew; their outcomes must find them. */
const MOST_RENAMED = 10_000;

// node:sqlite of Node 22 takes empty bytes for NULL.
const INSERT = `INSERT INTO deliveries
  (id, time, method, url, base, mode, event, said, verdict, chats, senders, types, from_me, size, headers, findings, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ifnull(?, x'')) ON CONFLICT (id) DO NOTHING`;
const INSERT_OUTCOME = `INSERT INTO outcomes (delivery, endpoint, attempt, time, ms, status, error, cause, answer, cut)
  SELECT seq, ?2, (SELECT count(*) + 1 FROM outcomes WHERE delivery = d.seq AND endpoint = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9
  FROM deliveries d WHERE id = ?1`;

/** Ids with a space before and behind each, so that one can be looked for as a word. */
const words = (values: readonly string[]): string => (values.length === 0 ? '' : ` ${values.join(' ')} `);

const rowOf = (delivery: Delivery, reading: Reading, base: string | undefined, now: () => number): Value[] => {
  const { chats, senders, types, fromMe } = facetsOf(reading.payload);
  return [
    Number.isFinite(delivery.time) ? Math.round(delivery.time) : now(),
    delivery.method,
    delivery.url,
    base ?? null,
    reading.mode,
    reading.name,
    reading.said,
    reading.verdict,
    words(chats),
    words(senders),
    words(types),
    fromMe === null ? null : Number(fromMe),
    delivery.body.byteLength,
    JSON.stringify(delivery.headers),
    reading.findings.length === 0 ? '[]' : JSON.stringify(reading.findings),
    delivery.body,
  ];
};

/** Adds a delivery under its id, or under that id with a number where the history has one of it: nothing is lost. */
const insert = (database: Database, { id, row }: Waiting): string => {
  const statement = database.prepare(INSERT);
  let used = id;
  let added = statement.run(used, ...row);
  for (let number = 2; added.changes === 0; number++) {
    used = `${id}-${number}`;
    added = statement.run(used, ...row);
  }
  return used;
};

const insertOutcome = (database: Database, outcome: Outcome, id: string, time: number): void => {
  const answered = outcome.kind === 'answered';
  database
    .prepare(INSERT_OUTCOME)
    .run(
      id,
      outcome.endpoint,
      Math.round(time),
      outcome.ms,
      answered ? outcome.status : null,
      answered ? null : outcome.error.slice(0, LONGEST_ERROR),
      answered ? null : outcome.cause,
      answered ? outcome.answer.bytes : null,
      Number(answered && outcome.answer.cut),
    );
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Opens the history to write into it.
 * @throws UserError (3) where no database can be had or the file cannot be used, with advice (--no-history)
 */
export const openHistory = async (options: HistoryOptions): Promise<History> => {
  const { runtime, base, keep = KEEP, patience = PATIENCE } = options;
  const { path, database } = await openStore(options);
  try {
    // Told now, not at the first delivery: whether it may be written at all.
    await whenFree(() => database.transaction(() => undefined), patience);
  } catch (error) {
    database.close();
    throw historyError(error, path);
  }

  let deliveries: Waiting[] = [];
  let outcomes: { outcome: Outcome; time: number }[] = [];
  let working: Promise<void> | undefined;
  let lost = 0;
  let lostBy: unknown;
  let closed = false;
  const renamed = new Map<string, string>();

  const write = (batch: readonly Waiting[], told: readonly { outcome: Outcome; time: number }[]): void => {
    const names = database.transaction(() => {
      const used = batch.map((waiting) => insert(database, waiting));
      const lately = new Map(batch.map(({ id }, index) => [id, used[index] ?? id]));
      for (const { outcome, time } of told) {
        insertOutcome(database, outcome, lately.get(outcome.delivery) ?? renamed.get(outcome.delivery) ?? outcome.delivery, time);
      }
      return used;
    });
    for (const [index, { id, resolve }] of batch.entries()) {
      const name = names[index] ?? id;
      if (name !== id) {
        renamed.set(id, name);
        if (renamed.size > MOST_RENAMED) renamed.delete(renamed.keys().next().value ?? '');
      }
      resolve();
    }
  };
  const loseOutcomes = (count: number, cause: unknown): void => {
    lost += count;
    lostBy = cause;
  };
  /** One transaction for all; where that fails each has one of its own, so that none fails for another. */
  const commit = async (batch: readonly Waiting[], told: readonly { outcome: Outcome; time: number }[]): Promise<void> => {
    try {
      await whenFree(() => write(batch, told), patience);
      return;
    } catch (error) {
      if (failureOf(error) === 'locked' || batch.length + told.length === 1) {
        for (const { reject } of batch) reject(historyError(error, path));
        loseOutcomes(told.length, error);
        return;
      }
    }
    for (const waiting of batch) {
      try {
        write([waiting], []);
      } catch (error) {
        waiting.reject(historyError(error, path));
      }
    }
    for (const one of told) {
      try {
        write([], [one]);
      } catch (error) {
        loseOutcomes(1, error);
      }
    }
  };

  let sincePruned = 0;
  /** Deliveries that came since something was pruned. */
  let due = 0;
  const held = newHeld();
  let pruning: NodeJS.Timeout | undefined;
  /** A step now, the next a little later: what comes in meanwhile goes first. */
  const prune = (): void => {
    pruning = undefined;
    if (closed) return;
    try {
      let gone = pruneStep(database, keep, runtime.now(), held);
      let more = gone > 0;
      // As many as have come since the last time, lest a flood outgrow its bounds.
      for (due -= gone; more && due > 0; due -= gone) {
        gone = pruneStep(database, keep, runtime.now(), held);
        more = gone > 0;
      }
      due = 0;
      if (more || shrinkStep(database)) schedulePrune();
    } catch {
      // Another process has the file, or the disk is full: the next time is soon.
    }
  };
  const schedulePrune = (): void => {
    pruning ??= setTimeout(prune, PRUNE_PAUSE).unref();
  };
  let indexing: NodeJS.Timeout | undefined;
  /** Texts go into the index between deliveries: one step now and then while they come, one after the other when they rest. */
  const index = (): void => {
    indexing = undefined;
    if (closed) return;
    try {
      if (indexStep(database)) scheduleIndex(working === undefined ? PRUNE_PAUSE : INDEX_PAUSE);
    } catch {
      // Another process has the file, or the disk is full: the next delivery asks again, or the next search does it.
    }
  };
  const scheduleIndex = (ms: number): void => {
    indexing ??= setTimeout(index, ms).unref();
  };
  const regular = setInterval(schedulePrune, PRUNE_INTERVAL).unref();
  schedulePrune();
  scheduleIndex(INDEX_PAUSE); // what a listener that was killed has left

  const work = async (): Promise<void> => {
    await turn();
    while (deliveries.length > 0 || outcomes.length > 0) {
      const batch = deliveries;
      const told = outcomes;
      deliveries = [];
      outcomes = [];
      await commit(batch, told);
      if (batch.length > 0) scheduleIndex(INDEX_PAUSE);
      sincePruned += batch.length;
      due += batch.length;
      held.deliveries += batch.length;
      if (sincePruned >= PRUNE_EVERY) {
        sincePruned = 0;
        schedulePrune();
      }
      // All that comes in this turn belongs together.
      await turn();
    }
    working = undefined;
  };
  let telling: NodeJS.Timeout | undefined;
  const begin = (): void => {
    clearTimeout(telling);
    telling = undefined;
    working ??= work();
  };
  const settle = async (): Promise<UserError | undefined> => {
    if (outcomes.length > 0) begin();
    while (working !== undefined) await working;
    if (lost === 0) return undefined;
    const cause = historyError(lostBy, path);
    const count = lost;
    lost = 0;
    return environmentError(
      `${count} ${count === 1 ? 'outcome is' : 'outcomes are'} missing in the history: ${cause.message}`,
      cause.hint,
      lostBy,
    );
  };

  return {
    path,
    add: (delivery, reading) =>
      new Promise((resolve, reject) => {
        if (closed) throw environmentError(`The history ${path} is closed.`);
        deliveries.push({ id: delivery.id, row: rowOf(delivery, reading, base, runtime.now), resolve, reject });
        begin();
      }),
    addOutcome(outcome) {
      if (closed || outcomes.length >= MOST_OUTCOMES) {
        loseOutcomes(1, new Error(closed ? 'it was closed' : 'too many wait to be written'));
        return;
      }
      outcomes.push({ outcome, time: runtime.now() });
      // Nobody waits for an outcome: it goes with the deliveries of the next moments, or by itself a little later.
      telling ??= setTimeout(begin, OUTCOME_PAUSE);
    },
    async flush() {
      const failure = await settle();
      if (failure !== undefined) throw failure;
    },
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(regular);
      clearTimeout(pruning);
      clearTimeout(indexing);
      const failure = await settle();
      try {
        // What is too much for the end of a listener is left to the next one, or to a search.
        for (let steps = 0; steps < MOST_STEPS_AT_END && indexStep(database); ) steps++;
        // libsql leaves its log behind; empty, it takes no room.
        database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
      } catch {
        // Another process reads it: the log stays for the next one.
      }
      database.close();
      if (failure !== undefined) throw failure;
    },
  };
};
