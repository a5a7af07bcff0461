import type { UserError } from '../errors.ts';
import { addBatch, type Batch } from './batches.ts';
import { type Database, failureOf } from './database.ts';
import type { Keep } from './prune.ts';
import { historyError, whenFree } from './store.ts';
import { indexStep } from './texts.ts';
import { unpackStep } from './unpacking.ts';
import { createUpkeep } from './upkeep.ts';

/** What became of a batch; all that is not named here is committed. */
export interface Written {
  /** Deliveries that could not be stored, by their place in the batch, with the failure (exit code 3). */
  readonly failed: readonly { readonly index: number; readonly error: UserError }[];
  /** Outcomes that could not be stored, and why the last of them could not. */
  readonly lost: number;
  readonly lostBy: UserError | undefined;
}

/** Who writes a history. */
export interface Writer {
  /** Resolves once the batch is committed to disk, or cannot be; never rejects. One at a time. */
  write(batch: Batch): Promise<Written>;
  /** Ends with all in rows, the full-text index made and the log emptied, where that can be done. */
  close(): Promise<void>;
}

export interface WriterOptions {
  readonly path: string;
  readonly keep: Keep;
  /** Milliseconds that a file held by another process is waited for. */
  readonly patience: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called with the bytes that the log took. */
  readonly onWritten: (bytes: number) => void;
}

/** Steps of unpacking and of the index at the end of a listener. */
const MOST_STEPS_AT_END = 50;

/** Writes through a connection, and looks after the history meanwhile. */
export const createWriter = (database: Database, options: WriterOptions): Writer => {
  const { path, keep, patience, now, onWritten } = options;
  const upkeep = createUpkeep(database, { keep, now, onWritten });
  /** Tells this writer from others of the file. */
  const name = String(database.prepare('SELECT hex(randomblob(8)) AS name').get()?.['name']);
  const writeAll = (batch: Batch): void => onWritten(addBatch(database, name, batch));

  /** Each has a transaction of its own, so that none fails for another. */
  const writeEach = ({ deliveries, outcomes }: Batch): Written => {
    const failed: { index: number; error: UserError }[] = [];
    let lost = 0;
    let lostBy: UserError | undefined;
    for (const [index, delivery] of deliveries.entries()) {
      try {
        writeAll({ deliveries: [delivery], outcomes: [] });
      } catch (error) {
        failed.push({ index, error: historyError(error, path) });
      }
    }
    for (const outcome of outcomes) {
      try {
        writeAll({ deliveries: [], outcomes: [outcome] });
      } catch (error) {
        lost++;
        lostBy = historyError(error, path);
      }
    }
    return { failed, lost, lostBy };
  };

  return {
    async write(batch) {
      const { deliveries, outcomes } = batch;
      let written: Written;
      try {
        await whenFree(() => writeAll(batch), patience);
        written = { failed: [], lost: 0, lostBy: undefined };
      } catch (error) {
        if (failureOf(error) === 'locked' || deliveries.length + outcomes.length === 1) {
          const told = historyError(error, path);
          written = {
            failed: deliveries.map((_, index) => ({ index, error: told })),
            lost: outcomes.length,
            lostBy: outcomes.length > 0 ? told : undefined,
          };
        } else written = writeEach(batch);
      }
      upkeep.written(deliveries.length);
      return written;
    },
    async close() {
      upkeep.stop();
      try {
        // What is too much for the end of a listener is left to the next one, or to whoever reads.
        for (let steps = 0; steps < MOST_STEPS_AT_END && unpackStep(database).more; ) steps++;
        for (let steps = 0; steps < MOST_STEPS_AT_END && indexStep(database); ) steps++;
      } catch {
        // Another process writes, or the disk is full: it is left as well.
      }
      try {
        // libsql leaves its log behind; empty, it takes no room.
        database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
      } catch {
        // Another process reads it: the log stays for the next one.
      }
      database.close();
    },
  };
};
