import type { Delivery, Headers, Outcome, Reading } from '../delivery/delivery.ts';
import { facetsOf } from '../delivery/facets.ts';
import { environmentError, type UserError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { Engine, Value } from './database.ts';
import { openLog } from './log.ts';
import { KEEP, type Keep } from './prune.ts';
import { historyError, openStore, PATIENCE, whenFree } from './store.ts';
import { createWriter, type Values } from './writer.ts';

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
  readonly values: Values;
  /** Bytes of its body. */
  readonly size: number;
  readonly resolve: () => void;
  readonly reject: (error: UserError) => void;
}

/** Outcomes that wait; more come only where the file cannot be written, and are lost. */
const MOST_OUTCOMES = 20_000;
/** Milliseconds that outcomes wait for a delivery's transaction. */
const OUTCOME_PAUSE = 10;
/** Characters of a failure that are kept. */
const LONGEST_ERROR = 1000;
/** Ids that were given away anew; their outcomes must find them. */
const MOST_RENAMED = 10_000;
/** Bytes that a row takes in the log beside its body, about. */
const ROW = 1200;

/** Ids with a space before and behind each, so that one can be looked for as a word. */
const words = (values: readonly string[]): string => (values.length === 0 ? '' : ` ${values.join(' ')} `);

/** The headers that were written last, and as text: a sender's are the same each time. */
let lastHeaders: { readonly headers: Headers; readonly text: string } = { headers: [], text: '[]' };
const headersText = (headers: Headers): string => {
  const last = lastHeaders.headers;
  let same = last.length === headers.length;
  for (let i = 0; same && i < headers.length; i++) same = last[i]?.[0] === headers[i]?.[0] && last[i]?.[1] === headers[i]?.[1];
  if (!same) lastHeaders = { headers, text: JSON.stringify(headers) };
  return lastHeaders.text;
};

const valuesOf = (delivery: Delivery, reading: Reading, base: string | undefined, now: () => number): Value[] => {
  const { chats, senders, types, fromMe } = facetsOf(reading.payload);
  return [
    delivery.id,
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
    headersText(delivery.headers),
    reading.findings.length === 0 ? '[]' : JSON.stringify(reading.findings),
    delivery.body,
  ];
};

const outcomeValues = (outcome: Outcome, id: string, time: number): Value[] => {
  const answered = outcome.kind === 'answered';
  return [
    id,
    outcome.endpoint,
    Math.round(time),
    outcome.ms,
    answered ? outcome.status : null,
    answered ? null : outcome.error.slice(0, LONGEST_ERROR),
    answered ? null : outcome.cause,
    answered ? outcome.answer.bytes : null,
    Number(answered && outcome.answer.cut),
  ];
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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
  let outcomes: Values[] = [];
  let working: Promise<void> | undefined;
  let lost = 0;
  let lostBy: unknown;
  let closed = false;
  const renamed = new Map<string, string>();

  const log = openLog(database, { path, program, after });
  const writer = createWriter(database, { path, keep, patience, now });

  const loseOutcomes = (count: number, cause: unknown): void => {
    lost += count;
    lostBy = cause;
  };
  const write = async (batch: readonly Waiting[], told: readonly Values[]): Promise<void> => {
    const written = await writer.write({ deliveries: batch.map(({ values }) => values), outcomes: told });
    for (const [id, name] of written.renamed) {
      renamed.set(id, name);
      if (renamed.size > MOST_RENAMED) renamed.delete(renamed.keys().next().value ?? '');
    }
    if (written.lost > 0) loseOutcomes(written.lost, written.lostBy);
    for (const { index, error } of written.failed) batch[index]?.reject(error);
    // Those that were rejected stay so.
    let bytes = told.length * ROW;
    for (const { size, resolve } of batch) {
      bytes += ROW + size;
      resolve();
    }
    log.written(bytes);
  };

  const work = async (): Promise<void> => {
    await turn();
    while (deliveries.length > 0 || outcomes.length > 0) {
      await log.hold;
      const batch = deliveries;
      const told = outcomes;
      deliveries = [];
      outcomes = [];
      await write(batch, told);
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
        deliveries.push({ values: valuesOf(delivery, reading, base, now), size: delivery.body.byteLength, resolve, reject });
        begin();
      }),
    addOutcome(outcome) {
      if (closed || outcomes.length >= MOST_OUTCOMES) {
        loseOutcomes(1, new Error(closed ? 'it was closed' : 'too many wait to be written'));
        return;
      }
      outcomes.push(outcomeValues(outcome, renamed.get(outcome.delivery) ?? outcome.delivery, now()));
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
