import type { Delivery, Headers, Outcome, Reading } from '../delivery/delivery.ts';
import { environmentError, type UserError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { NewDelivery, NewOutcome } from './batches.ts';
import type { Engine } from './database.ts';
import { openLog } from './log.ts';
import { KEEP, type Keep } from './prune.ts';
import { historyError, nextTurn, openStore, PATIENCE, whenFree } from './store.ts';
import { createWriter } from './writer.ts';

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
  /** The file of the program that a thread runs which empties the log; without it this one does. */
  readonly program?: string | undefined;
  /** Bytes of the log after which it is emptied. */
  readonly after?: number;
}

/** A delivery that waits for its transaction. */
interface Waiting {
  readonly stored: NewDelivery;
  readonly resolve: () => void;
  readonly reject: (error: UserError) => void;
}

/** Outcomes that wait; more come only where the file cannot be written, and are lost. */
const MOST_OUTCOMES = 20_000;
/** Milliseconds that outcomes wait for a delivery's transaction. */
const OUTCOME_PAUSE = 10;
/** Characters of a failure that are kept. */
const LONGEST_ERROR = 1000;

/** The headers that were written last, and as text: a sender's are the same each time. */
let lastHeaders: { readonly headers: Headers; readonly text: string } = { headers: [], text: '[]' };
const headersText = (headers: Headers): string => {
  const last = lastHeaders.headers;
  let same = last.length === headers.length;
  for (let i = 0; same && i < headers.length; i++) same = last[i]?.[0] === headers[i]?.[0] && last[i]?.[1] === headers[i]?.[1];
  if (!same) lastHeaders = { headers, text: JSON.stringify(headers) };
  return lastHeaders.text;
};

const storedOf = (delivery: Delivery, reading: Reading, base: string | undefined, now: () => number): NewDelivery => ({
  columns: [
    delivery.id,
    Number.isFinite(delivery.time) ? Math.round(delivery.time) : now(),
    delivery.method,
    delivery.url,
    base ?? null,
    reading.mode,
    reading.name,
    reading.said,
    reading.verdict,
    reading.findings.length === 0 ? '[]' : JSON.stringify(reading.findings),
  ],
  headers: headersText(delivery.headers),
  body: delivery.body,
});

const storedOutcome = (outcome: Outcome, time: number): NewOutcome => {
  const answered = outcome.kind === 'answered';
  return {
    columns: [
      outcome.delivery,
      outcome.endpoint,
      Math.round(time),
      Number.isFinite(outcome.ms) ? outcome.ms : 0,
      answered ? outcome.status : null,
      answered ? null : outcome.error.slice(0, LONGEST_ERROR),
      answered ? null : outcome.cause,
      Number(answered && outcome.answer.cut),
    ],
    answer: answered ? outcome.answer.bytes : null,
  };
};

/**
 * Opens the history to write into it. Its log is emptied by a thread of its own, where `program` names what that runs.
 * @throws UserError (3) where no database can be had or the file cannot be used, with advice (--no-history)
 */
export const openHistory = async (options: HistoryOptions): Promise<History> => {
  const { runtime, base, keep = KEEP, patience = PATIENCE, program, after } = options;
  const { now } = runtime;
  const { path, database } = await openStore(options);
  try {
    // Told now, not at the first delivery: whether it may be written at all.
    await whenFree(() => database.transaction(() => undefined), patience);
  } catch (error) {
    database.close();
    throw historyError(error, path);
  }

  let deliveries: Waiting[] = [];
  let outcomes: NewOutcome[] = [];
  let working: Promise<void> | undefined;
  let lost = 0;
  let lostBy: unknown;
  let closed = false;

  const log = openLog(database, { path, program, after });
  const writer = createWriter(database, { path, keep, patience, now, onWritten: log.written });

  const loseOutcomes = (count: number, cause: unknown): void => {
    lost += count;
    lostBy = cause;
  };
  const write = async (batch: readonly Waiting[], told: readonly NewOutcome[]): Promise<void> => {
    const { failed, lost: missing, lostBy: by } = await writer.write({ deliveries: batch.map(({ stored }) => stored), outcomes: told });
    if (missing > 0) loseOutcomes(missing, by);
    for (const { index, error } of failed) batch[index]?.reject(error);
    // Those that were rejected stay so.
    for (const { resolve } of batch) resolve();
  };

  const work = async (): Promise<void> => {
    await nextTurn();
    while (deliveries.length > 0 || outcomes.length > 0) {
      await log.hold;
      const batch = deliveries;
      const told = outcomes;
      deliveries = [];
      outcomes = [];
      await write(batch, told);
      // All that comes in this turn belongs together.
      await nextTurn();
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
        deliveries.push({ stored: storedOf(delivery, reading, base, now), resolve, reject });
        begin();
      }),
    addOutcome(outcome) {
      if (closed || outcomes.length >= MOST_OUTCOMES) {
        loseOutcomes(1, new Error(closed ? 'it was closed' : 'too many wait to be written'));
        return;
      }
      outcomes.push(storedOutcome(outcome, now()));
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
      const failure = await settle();
      await log.close();
      await writer.close();
      if (failure !== undefined) throw failure;
    },
  };
};
