import type { Delivery, Headers, Outcome, Reading } from '../delivery/delivery.ts';
import { facetsOf } from '../delivery/facets.ts';
import { environmentError, type UserError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { Engine, Value } from './database.ts';
import type { Keeper } from './keeper.ts';
import type { Values } from './packed.ts';
import { KEEP, type Keep } from './prune.ts';
import { historyError, openStore, PATIENCE, whenFree } from './store.ts';
import { createWriter, type Writer } from './writer.ts';

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
  /** The thread that writes where deliveries come in numbers; without it this one does. */
  readonly thread?: ThreadOptions | undefined;
}

export interface ThreadOptions {
  /** The file of the program that it runs. */
  readonly program: string;
  /** Deliveries that have to come in crowds before it is worth its start; with 0 it is there from the beginning and writes all. */
  readonly after?: number;
  /** Milliseconds after a crowd until a few are written without it again. */
  readonly calm?: number;
}

/** A delivery that waits for its transaction. */
interface Waiting {
  readonly values: Values;
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
/** Deliveries and outcomes of one transaction that are a crowd, and how many have to come in crowds before a thread is started. */
const CROWD = 8;
const AFTER = 200;
/** Milliseconds after a crowd in which all goes to the thread; later a few are written here, for the way there and back costs more. */
const CALM = 100;

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
 * Opens the history to write into it. This thread writes, and while deliveries come in numbers, where `thread` names a
 * program, one of its own does.
 * @throws UserError (3) where no database can be had or the file cannot be used, with advice (--no-history)
 */
export const openHistory = async (options: HistoryOptions): Promise<History> => {
  const { runtime, base, keep = KEEP, patience = PATIENCE, thread } = options;
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

  const here = createWriter(database, { path, keep, patience, now });
  /** The thread, once it is ready and as long as it is there; this one's connection stays open for when it is not. */
  let keeper: Keeper | undefined;
  let starting: Promise<void> | undefined;
  const after = thread?.after ?? AFTER;
  let crowded = 0;
  let lastCrowd = Number.NEGATIVE_INFINITY;
  const choose = (rows: number): Writer => {
    if (keeper === undefined || keeper.gone) return here;
    if (after === 0 || rows >= CROWD) {
      // Not the runtime's clock: this is about how busy the machine is.
      lastCrowd = performance.now();
      return keeper;
    }
    return performance.now() - lastCrowd < (thread?.calm ?? CALM) ? keeper : here;
  };
  let writer: Writer = here;
  /** Who writes a batch of so many rows. One batch is written at a time, so the two never do at once; the other one rests. */
  const writerOf = (rows: number): Writer => {
    const chosen = choose(rows);
    if (chosen !== writer) writer.rest();
    writer = chosen;
    return chosen;
  };
  const start = async ({ program }: ThreadOptions): Promise<void> => {
    const { startKeeper } = await import('./keeper.ts');
    try {
      keeper = await startKeeper(program, { path, engine: database.engine, keep, patience }, now);
    } catch {
      // Without it all goes on as it did.
    }
  };
  if (thread !== undefined && after === 0) {
    starting = start(thread);
    await starting;
  }

  const loseOutcomes = (count: number, cause: unknown): void => {
    lost += count;
    lostBy = cause;
  };
  const write = async (batch: readonly Waiting[], told: readonly Values[]): Promise<void> => {
    const written = await writerOf(batch.length + told.length).write({ deliveries: batch.map(({ values }) => values), outcomes: told });
    for (const [id, name] of written.renamed) {
      renamed.set(id, name);
      if (renamed.size > MOST_RENAMED) renamed.delete(renamed.keys().next().value ?? '');
    }
    if (written.lost > 0) loseOutcomes(written.lost, written.lostBy);
    for (const { index, error } of written.failed) batch[index]?.reject(error);
    // Those that were rejected stay so.
    for (const { resolve } of batch) resolve();
    if (thread !== undefined && starting === undefined && batch.length + told.length >= CROWD) {
      crowded += batch.length + told.length;
      if (crowded >= after) starting = start(thread);
    }
  };

  const work = async (): Promise<void> => {
    await turn();
    while (deliveries.length > 0 || outcomes.length > 0) {
      // The way to the thread costs as much for one as for many: a few wait for what comes in the next turn.
      if (writer !== here && deliveries.length + outcomes.length < CROWD) await turn();
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
        deliveries.push({ values: valuesOf(delivery, reading, base, now), resolve, reject });
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
      await starting;
      await keeper?.close();
      await here.close();
      if (failure !== undefined) throw failure;
    },
  };
};
