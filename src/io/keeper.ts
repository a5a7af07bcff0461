import type { MessagePort } from 'node:worker_threads';
import { environmentError, reason, type UserError } from '../errors.ts';
import { type Engine, openDatabase } from './database.ts';
import { type Packed, pack, unpack } from './packed.ts';
import type { Keep } from './prune.ts';
import { tune } from './store.ts';
import { createWriter, type Writer, type Written } from './writer.ts';

/** What the thread that writes a history is told at its start. */
export interface KeeperData {
  /** A history that is there, of the present version. */
  readonly path: string;
  /** The engine this process has it open with: only then do their locks know of each other. */
  readonly engine: Engine;
  readonly keep: Keep;
  readonly patience: number;
}

/** A batch on its way to the thread. */
interface Order extends Packed {
  /** How many of the rows are deliveries; the others are outcomes. */
  readonly deliveries: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A failure on its way back. */
interface Failure {
  readonly message: string;
  readonly hint: string | undefined;
  readonly cause: string;
}

/** What the thread says: that it is ready, what became of a batch, that it has closed the file. */
type Answer =
  | 'ready'
  | 'closed'
  | {
      readonly failed: readonly { readonly index: number; readonly error: Failure }[];
      readonly lost: number;
      readonly lostBy: Failure | undefined;
      readonly renamed: Written['renamed'];
    };

const failureFrom = (error: UserError): Failure => ({
  message: error.message,
  hint: error.hint,
  cause: error.cause instanceof Error ? error.cause.message : error.message,
});

const errorFrom = ({ message, hint, cause }: Failure): UserError => environmentError(message, hint, new Error(cause));

/** The work of the thread: writes what it is sent, and looks after the history meanwhile, until it is to close it. */
export const keepHistory = async ({ path, engine, keep, patience }: KeeperData, port: MessagePort): Promise<void> => {
  const database = await openDatabase(path, [engine]);
  tune(database);
  // The clock is the runtime's, as it was told last.
  let told = 0;
  let toldAt = 0;
  const now = (): number => told + performance.now() - toldAt;
  let writer: Writer | undefined;
  const answer = (message: Answer): void => port.postMessage(message);
  port.on('message', async (order: Order | 'rest' | 'close') => {
    if (order === 'rest') {
      writer?.rest();
      return;
    }
    if (order === 'close') {
      await writer?.close();
      answer('closed');
      port.close();
      return;
    }
    told = order.now;
    toldAt = performance.now();
    writer ??= createWriter(database, { path, keep, patience, now });
    const rows = unpack(order);
    const { failed, lost, lostBy, renamed } = await writer.write({
      deliveries: rows.slice(0, order.deliveries),
      outcomes: rows.slice(order.deliveries),
    });
    answer({
      failed: failed.map(({ index, error }) => ({ index, error: failureFrom(error) })),
      lost,
      lostBy: lostBy === undefined ? undefined : failureFrom(lostBy),
      renamed,
    });
  });
  answer('ready');
};

/** A writer in a thread of its own. */
export interface Keeper extends Writer {
  /** Whether the thread has ended: then nothing can be written through it any more. */
  readonly gone: boolean;
}

/** MB of the thread's heap for what is short-lived, which nearly all of it is; without a bound it takes 30 and more. */
const YOUNG_HEAP = 8;

/**
 * Starts a thread that writes a history.
 * @param program the file that it runs (src/worker.ts, built)
 * @param now milliseconds since 1970
 * @returns it, once it has opened the file; rejects where it cannot
 */
export const startKeeper = async (program: string, data: KeeperData, now: () => number): Promise<Keeper> => {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(program, {
    workerData: { keeper: data },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_HEAP },
    stdout: false,
    stderr: false,
  });
  let gone: { readonly by: unknown } | undefined;
  /** Called with what the thread says next, or without anything when it has ended. */
  let heard = (_answer: Answer | undefined): void => {};
  const next = (): Promise<Answer | undefined> =>
    new Promise((resolve) => {
      if (gone === undefined) worker.ref();
      heard = (answer) => {
        // A thread that has nothing to do does not keep the program from ending.
        worker.unref();
        resolve(answer);
      };
      if (gone !== undefined) heard(undefined);
    });
  const ended = (by: unknown): void => {
    gone ??= { by };
    heard(undefined);
  };
  worker
    .on('message', (answer: Answer) => heard(answer))
    .on('error', ended)
    .on('exit', (code) => ended(`exit code ${code}`));

  if ((await next()) !== 'ready') throw gone?.by;
  return {
    get gone() {
      return gone !== undefined;
    },
    async write({ deliveries, outcomes }) {
      const packed = pack([...deliveries, ...outcomes]);
      const order: Order = { ...packed, deliveries: deliveries.length, now: now() };
      const answering = next();
      worker.postMessage(order, [packed.buffer]);
      const answer = await answering;
      if (typeof answer === 'object') {
        const { failed, lost, lostBy, renamed } = answer;
        return {
          failed: failed.map(({ index, error }) => ({ index, error: errorFrom(error) })),
          lost,
          lostBy: lostBy === undefined ? undefined : errorFrom(lostBy),
          renamed,
        };
      }
      // Whether it is stored is not known: it has to come again.
      const error = environmentError(
        `The thread that writes the history ${data.path} has ended: ${reason(gone?.by)}.`,
        'What comes from now on is stored without it.',
        gone?.by,
      );
      return {
        failed: deliveries.map((_, index) => ({ index, error })),
        lost: outcomes.length,
        lostBy: outcomes.length > 0 ? error : undefined,
        renamed: [],
      };
    },
    rest: () => worker.postMessage('rest'),
    async close() {
      if (gone !== undefined) return;
      const answering = next();
      worker.postMessage('close');
      await answering;
      await worker.terminate();
    },
  };
};
