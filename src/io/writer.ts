import type { UserError } from '../errors.ts';
import { type Database, failureOf, type Value } from './database.ts';
import type { Keep } from './prune.ts';
import { historyError, whenFree } from './store.ts';
import { indexStep } from './texts.ts';
import { createUpkeep } from './upkeep.ts';

/** One row, as its statement takes it. */
export type Values = readonly Value[];

/** What is written together. The first value of a delivery is its id, of an outcome the id of its delivery. */
export interface Batch {
  readonly deliveries: readonly Values[];
  readonly outcomes: readonly Values[];
}

/** What became of a batch; all that is not named here is committed. */
export interface Written {
  /** Deliveries that could not be stored, by their place in the batch, with the failure (exit code 3). */
  readonly failed: readonly { readonly index: number; readonly error: UserError }[];
  /** Outcomes that could not be stored, and why the last of them could not. */
  readonly lost: number;
  readonly lostBy: UserError | undefined;
  /** Deliveries whose id the history had already, and their ids there. */
  readonly renamed: readonly (readonly [id: string, name: string])[];
}

/** Who writes a history. */
export interface Writer {
  /** Resolves once the batch is committed to disk, or cannot be; never rejects. One at a time. */
  write(batch: Batch): Promise<Written>;
  /** Ends with the full-text index made and the log emptied, where that can be done. */
  close(): Promise<void>;
}

export interface WriterOptions {
  readonly path: string;
  readonly keep: Keep;
  /** Milliseconds that a file held by another process is waited for. */
  readonly patience: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const MOST_STEPS_AT_END = 50;

// node:sqlite of Node 22 takes empty bytes for NULL.
const INSERT = `INSERT INTO deliveries
  (id, time, method, url, base, mode, event, said, verdict, chats, senders, types, from_me, size, headers, findings, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ifnull(?, x'')) ON CONFLICT (id) DO NOTHING`;
const INSERT_OUTCOME = `INSERT INTO outcomes (delivery, endpoint, attempt, time, ms, status, error, cause, answer, cut)
  SELECT seq, ?2, (SELECT count(*) + 1 FROM outcomes WHERE delivery = d.seq AND endpoint = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9
  FROM deliveries d WHERE id = ?1`;

/** Adds a delivery under its id, or under that id with a number where the history has one of it: nothing is lost. */
const insert = (database: Database, values: Values): string => {
  const statement = database.prepare(INSERT);
  const id = String(values[0]);
  if (statement.run(...values).changes > 0) return id;
  const rest = values.slice(1);
  for (let number = 2; ; number++) {
    const name = `${id}-${number}`;
    if (statement.run(name, ...rest).changes > 0) return name;
  }
};

/** One transaction for all. @returns ids that became others */
const writeAll = (database: Database, { deliveries, outcomes }: Batch): [id: string, name: string][] =>
  database.transaction(() => {
    const renamed = new Map<string, string>();
    for (const values of deliveries) {
      const name = insert(database, values);
      if (name !== values[0]) renamed.set(String(values[0]), name);
    }
    const statement = database.prepare(INSERT_OUTCOME);
    for (const [id, ...rest] of outcomes) statement.run(renamed.get(String(id)) ?? String(id), ...rest);
    return [...renamed];
  });

/** Writes through a connection, and looks after the history meanwhile. */
export const createWriter = (database: Database, { path, keep, patience, now }: WriterOptions): Writer => {
  const upkeep = createUpkeep(database, keep, now);

  /** Each has a transaction of its own, so that none fails for another. */
  const writeEach = ({ deliveries, outcomes }: Batch): Written => {
    const failed: { index: number; error: UserError }[] = [];
    const renamed: [string, string][] = [];
    let lost = 0;
    let lostBy: UserError | undefined;
    for (const [index, delivery] of deliveries.entries()) {
      try {
        renamed.push(...writeAll(database, { deliveries: [delivery], outcomes: [] }));
      } catch (error) {
        failed.push({ index, error: historyError(error, path) });
      }
    }
    for (const outcome of outcomes) {
      try {
        writeAll(database, { deliveries: [], outcomes: [outcome] });
      } catch (error) {
        lost++;
        lostBy = historyError(error, path);
      }
    }
    return { failed, lost, lostBy, renamed };
  };

  return {
    async write(batch) {
      const { deliveries, outcomes } = batch;
      let written: Written;
      try {
        written = { failed: [], lost: 0, lostBy: undefined, renamed: await whenFree(() => writeAll(database, batch), patience) };
      } catch (error) {
        if (failureOf(error) === 'locked' || deliveries.length + outcomes.length === 1) {
          const told = historyError(error, path);
          written = {
            failed: deliveries.map((_, index) => ({ index, error: told })),
            lost: outcomes.length,
            lostBy: outcomes.length > 0 ? told : undefined,
            renamed: [],
          };
        } else written = writeEach(batch);
      }
      upkeep.written(deliveries.length);
      return written;
    },
    async close() {
      upkeep.stop();
      try {
        // What is too much for the end of a listener is left to the next one, or to a search.
        for (let steps = 0; steps < MOST_STEPS_AT_END && indexStep(database); ) steps++;
        // libsql leaves its log behind; empty, it takes no room.
        database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
      } catch {
        // Another process reads it: the log stays for the next one.
      }
      database.close();
    },
  };
};
