import type { MessagePort } from 'node:worker_threads';
import { type Database, type Engine, openDatabase } from './database.ts';
import { LOG_PAGES, tune } from './store.ts';

/** What the thread that empties the log is told at its start. */
export interface EmptierData {
  /** A history that is there, of the present version. */
  readonly path: string;
  /** The engine this process has it open with: only then do their locks know of each other. */
  readonly engine: Engine;
}

/** What the thread is asked for; of a step it tells how many pages the log had when it began. */
type Order = 'step' | 'close';
type Answer = 'ready' | 'closed' | number;

/** The work of the thread: one step of emptying for each order, until it is to close the file. */
export const emptyLog = async ({ path, engine }: EmptierData, port: MessagePort): Promise<void> => {
  const database = await openDatabase(path, [engine]);
  tune(database);
  const answer = (message: Answer): void => port.postMessage(message);
  port.on('message', (order: Order) => {
    if (order === 'close') {
      database.close();
      answer('closed');
      port.close();
      return;
    }
    // PASSIVE waits for nobody, and who writes meanwhile does not wait for it (sqlite.org/wal.html).
    let pages = 0;
    try {
      pages = Number(database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()?.['log']);
    } catch {
      // The disk is full, say: what stays in the log is the next step's.
    }
    answer(pages);
  });
  answer('ready');
};

/** The thread, from outside. */
interface Emptier {
  /** Takes into the file what is in the log. @returns pages the log had; rejects where the thread has ended */
  step(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Starts the thread.
 * @param program the file that it runs (src/worker.ts, built)
 * @returns it, once it has opened the file; rejects where it cannot
 */
const startEmptier = async (program: string, data: EmptierData): Promise<Emptier> => {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(program, {
    workerData: { emptier: data },
    resourceLimits: { maxYoungGenerationSizeMb: 1 },
    stdout: false,
    stderr: false,
  });
  let gone: { readonly by: unknown } | undefined;
  let heard: { resolve(answer: Answer): void; reject(by: unknown): void } | undefined;
  const next = (): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (gone === undefined) {
        // A thread that has nothing to do does not keep the program from ending.
        worker.ref();
        heard = { resolve, reject };
      } else reject(gone.by);
    });
  const ended = (by: unknown): void => {
    gone ??= { by };
    heard?.reject(by);
  };
  worker
    .on('message', (answer: Answer) => {
      worker.unref();
      heard?.resolve(answer);
    })
    .on('error', ended)
    .on('exit', (code) => ended(new Error(`exit code ${code}`)));
  await next();
  return {
    async step() {
      const answering = next();
      worker.postMessage('step' satisfies Order);
      return Number(await answering);
    },
    async close() {
      if (gone !== undefined) return;
      const answering = next();
      worker.postMessage('close' satisfies Order);
      await answering.catch(() => undefined);
      await worker.terminate();
    },
  };
};

export interface LogOptions {
  readonly path: string;
  /** The file of the program that the thread runs; without it, the one who writes empties the log now and then. */
  readonly program: string | undefined;
  /** Bytes of the log after which it is emptied; the first time, the thread is started. */
  readonly after?: number | undefined;
}

/** The log that is written ahead of a history's file. What is in it goes into the file, from time to time. */
export interface Log {
  /** So many bytes have been committed in one transaction; nothing is done about them once it is closed. */
  written(bytes: number): void;
  /** To be waited for before the next transaction: the log is about to be empty, and can begin anew only while nobody writes. */
  readonly hold: Promise<void> | undefined;
  /** Ends the thread. */
  close(): Promise<void>;
}

/** Bytes of the log after which it is emptied. */
const AFTER = 8_000_000;
/** Bytes that a transaction takes in the log beside its rows: pages that each touches. */
const TRANSACTION = 10_000;
/** Pages that are taken into the file while the one who writes waits: a few milliseconds. */
const FEW = 60;
/**
 * Pages of the log after which the one who writes empties it all the same: 64 MB. What the full-text index and pruning
 * write is not counted here, and goes on when no deliveries come.
 */
const MOST_PAGES = 4 * LOG_PAGES;
/** Steps in which the log may get shorter while it is written into. */
const MOST_STEPS = 8;

/**
 * Has the log of a history emptied beside the transactions: putting its pages into the file and on the disk takes 20 ms
 * for 16 MB, in which nothing would be acknowledged.
 * @param database the connection that writes
 */
export const openLog = (database: Database, { path, program, after = AFTER }: LogOptions): Log => {
  let bytes = 0;
  let emptier: Emptier | undefined;
  let hold: Promise<void> | undefined;
  let working: Promise<void> | undefined;
  let closed = false;

  const empty = async (start: string): Promise<void> => {
    try {
      if (emptier === undefined) {
        emptier = await startEmptier(start, { path, engine: database.engine });
        database.exec(`PRAGMA wal_autocheckpoint = ${MOST_PAGES}`);
      }
      // What is written meanwhile is the next step's, which has less to do and leaves less.
      let pages = await emptier.step();
      let more = pages;
      for (let steps = 1; more > FEW && steps < MOST_STEPS; steps++) {
        const before = pages;
        pages = await emptier.step();
        more = pages - before;
      }
      const last = emptier.step();
      const over = (): void => undefined;
      hold = last.then(over, over);
      await last;
    } catch {
      // Without the thread the one who writes does it, as before.
      program = undefined;
      database.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
    } finally {
      hold = undefined;
      working = undefined;
    }
  };
  return {
    written(more) {
      bytes += TRANSACTION + more;
      if (closed || program === undefined || bytes < after || working !== undefined) return;
      bytes = 0;
      working = empty(program);
    },
    get hold() {
      return hold;
    },
    async close() {
      closed = true;
      await working;
      await emptier?.close();
    },
  };
};
