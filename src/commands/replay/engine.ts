/** A run without its output: what `replay` and the library's call have in common. */
import { DEFAULT_ENDPOINT, readEndpoint } from '../../delivery/endpoint.ts';
import { EXIT, type ExitCode, usageError } from '../../errors.ts';
import type { Unsent } from '../../io/run.ts';
import { type Expectation, withDefaults } from '../../replay/expect.ts';
import { seedOf } from '../../replay/random.ts';
import type { Result } from '../../replay/result.ts';
import type { Step } from '../../replay/step.ts';
import { createTotals } from '../../replay/totals.ts';
import type { ReplayRun } from '../../report/replay/reporter.ts';
import type { Runtime } from '../../runtime.ts';
import { plural } from '../../view/text.ts';
import { openReached } from '../reaching.ts';
import { behindCommand } from './again.ts';
import type { Deeds } from './deeds.ts';
import { isNobody } from './ending.ts';
import { checkPace, isRandom, RETRIES, type ReplayOptions, readExpects, wantsDeeds } from './options.ts';
import { openSteps, type StepSource, type Wanted } from './steps.ts';
import type { Teller } from './telling.ts';

/** Deliveries, and bytes of their bodies, that are read before the first is sent: a run of fewer is known as a whole. */
const AHEAD = 20_000;
const AHEAD_BYTES = 64_000_000;

/** The first steps of a run, and whether they are all. */
interface Ahead {
  readonly steps: readonly Step[];
  readonly isAll: boolean;
}

/** A run of which nothing has been sent. */
export interface Prepared {
  readonly url: URL;
  readonly options: ReplayOptions;
  /** What is expected of all deliveries. */
  readonly expects: readonly Expectation[];
  /** Of a plan that follows random numbers. */
  readonly seed: number | undefined;
  readonly ahead: Ahead;
  /** All that is to be sent, in its order; once. */
  readonly steps: () => AsyncGenerator<readonly Step[]>;
  /** Exit codes that what could not be read or sent asks for, also while it is sent. */
  readonly trouble: ExitCode[];
  /** Whether anything may be sent: there is something, and replay was not called wrongly. */
  readonly isReady: boolean;
  /** Says of payloads that do not fit the schemas that they are sent all the same. */
  readonly tellUnfit: () => void;
  /** Closes the sources, for whoever does not send all steps and goes on afterwards. */
  readonly close: () => Promise<void>;
}

const readAhead = async (source: StepSource): Promise<Ahead> => {
  const steps: Step[] = [];
  let bytes = 0;
  while (steps.length < AHEAD && bytes < AHEAD_BYTES) {
    const next = await source.steps.next();
    if (next.done === true) return { steps, isAll: true };
    for (const step of next.value) {
      steps.push(step);
      bytes += step.shipment.body.byteLength;
    }
  }
  return { steps, isAll: false };
};

async function* chain({ steps, isAll }: Ahead, source: StepSource): AsyncGenerator<readonly Step[]> {
  yield steps;
  if (!isAll) yield* source.steps;
}

/**
 * Reads what is to be sent, as far ahead as a run is known as a whole.
 * @throws UserError (2) for flags that cannot be read or contradict one another
 */
export const prepareRun = async (wanted: Wanted, options: ReplayOptions, runtime: Runtime, teller: Teller): Promise<Prepared> => {
  const url = readEndpoint(options.to ?? DEFAULT_ENDPOINT);
  checkPace(options);
  const expects = withDefaults(readExpects(options));
  const seed = options.seed ?? seedOf(runtime.id());
  // A check sends events in modes of its own choice.
  const source = openSteps(wanted, options.check === true ? { ...options, mode: undefined } : options, seed, runtime, teller);
  const { reading } = source;
  const { trouble } = reading;
  const ahead = await readAhead(source);
  if (!ahead.isAll) await source.check();
  if (ahead.steps.length === 0 && trouble.length === 0) {
    teller.trouble(`There is nothing to send${options.only === undefined ? '.' : `: no payload is of ${options.only.join(', ')}.`}`);
    trouble.push(EXIT.usage);
  }
  if (ahead.isAll && trouble.length === 0 && !reading.tells) {
    const unused = [options.var === undefined ? [] : ['--var'], options.at === undefined ? [] : ['--at']].flat();
    if (unused.length > 0)
      teller.warning(`${unused.join(' and ')} ${unused.length > 1 ? 'are' : 'is'} for scenarios, and no source is one.`);
  }
  return {
    url,
    options,
    expects,
    seed: isRandom(options) ? seed : undefined,
    ahead,
    steps: () => chain(ahead, source),
    trouble,
    isReady: ahead.steps.length > 0 && !trouble.includes(EXIT.usage),
    tellUnfit() {
      const { unfit, payloads } = reading;
      if (unfit === 0) return;
      const verb = unfit === 1 ? 'does' : 'do';
      teller.warning(`${unfit} of ${plural(payloads, 'payload')} ${verb} not fit the schemas; whapi-hooks validate says where.`);
    },
    async close() {
      await source.steps.return(undefined);
    },
  };
};

/** The exit code of a run beside that of its deliveries: the strongest reason counts. */
export const withTrouble = (code: ExitCode, trouble: readonly ExitCode[]): ExitCode => {
  if (trouble.includes(EXIT.usage)) return EXIT.usage;
  if (trouble.includes(EXIT.environment)) return EXIT.environment;
  return trouble.length > 0 && code === EXIT.ok ? EXIT.wanting : code;
};

/** @throws UserError (2) where a step of a scenario expects calls and nothing counts them */
const checkCounted = (steps: readonly Step[], { apiPort }: ReplayOptions): void => {
  if (apiPort !== undefined) return;
  for (const { origin, expects } of steps) {
    const counted = expects.find(({ subject }) => subject === 'calls');
    if (counted !== undefined)
      throw usageError(`${origin} expects ${counted.text}, and nothing but --api-port counts calls.`, 'Add --api-port 4010.');
  }
};

/** What shows the handler's deeds, where the flags ask for it. @throws UserError (2), (3) */
const openDeedsOf = async ({ options, expects }: Prepared, runtime: Runtime): Promise<Deeds | undefined> => {
  if (!wantsDeeds(options, expects)) return undefined;
  const { openDeeds } = await import('./deeds.ts');
  return openDeeds(options, expects, options.concurrency, runtime);
};

/** Why a run ended: all was sent, there were too many failures, nobody is there, or its signal said so. */
export type RunEnd = 'done' | 'failures' | 'unreachable' | 'interrupted';

/** How a run went. */
export interface Ran extends ReplayRun {
  readonly end: RunEnd;
  readonly first: Result | undefined;
}

/** Deliveries until now. */
export interface Tally {
  readonly done: number;
  readonly failed: number;
  /** Milliseconds since the first one was sent. */
  readonly ms: number;
}

/** A run that is ready to begin. */
export interface OpenRun {
  /** What the handler's API address has to be, where calls are counted. */
  readonly api: string | undefined;
  /** What stands behind the source of a delivery in the command that sends it again. */
  readonly behind: string;
  /** Deliveries of the run; 0 where nobody knows. */
  readonly total: number;
  /**
   * Sends the deliveries, once.
   * @param signal ends the run; what is under way is left
   * @throws what `onResult` and the sources throw, and UserError (3) of a probe
   */
  send(signal: AbortSignal, onResult: (result: Result, tally: Tally) => void | Promise<void>): Promise<Ran>;
  /** Closes what was opened, where nothing is sent. */
  close(): Promise<void>;
}

/**
 * Opens what a run needs: the endpoint, and what shows the handler's deeds.
 * @throws UserError (2), (3)
 */
export const openRun = async (prepared: Prepared, runtime: Runtime): Promise<OpenRun> => {
  const { url, options, expects, ahead, trouble } = prepared;
  checkCounted(ahead.steps, options);
  // It makes no connection yet, so nothing is left open where the next line fails.
  const endpoint = await openReached(url, options, runtime);
  const deeds = await openDeedsOf(prepared, runtime);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    endpoint.close();
    closing ??= deeds?.close() ?? Promise.resolve();
    return closing;
  };
  const mostFailures = options.failFast === true ? 1 : (options.maxFailures ?? Number.POSITIVE_INFINITY);
  return {
    api: deeds?.url,
    // The port that was taken, where any free one was asked for: the handler knows that one.
    behind: behindCommand(
      url,
      options,
      options.apiPort === 0 && deeds?.url !== undefined ? Number(new URL(deeds.url).port) : options.apiPort,
    ),
    total: ahead.isAll ? ahead.steps.length * (options.checkIdempotent === true ? 2 : 1) : 0,
    async send(signal, onResult) {
      const { runSteps } = await import('../../io/run.ts');
      const stop = new AbortController();
      let end: RunEnd = 'done';
      const stopFor = (why: RunEnd): void => {
        if (end === 'done') end = why;
        stop.abort();
      };
      // The last delivery may be the one that would have ended it.
      const endOf = ({ unsent, more }: Unsent): RunEnd => (unsent === 0 && !more && end !== 'unreachable' ? 'done' : end);
      const interrupt = (): void => stopFor('interrupted');
      if (signal.aborted) interrupt();
      signal.addEventListener('abort', interrupt);
      const totals = createTotals();
      const begun = runtime.elapsed();
      let done = 0;
      let failed = 0;
      let first: Result | undefined;
      const steps = prepared.steps();
      try {
        const ending = await runSteps(deeds?.steps(steps) ?? steps, {
          endpoint,
          concurrency: options.concurrency,
          expects,
          spacing: options.delay,
          retry: options.retry === true ? RETRIES : options.retry,
          signal: stop.signal,
          elapsed: runtime.elapsed,
          after: runtime.after,
          onStart: deeds?.onStart,
          callsOf: deeds?.callsOf,
          onResult(plain) {
            const result = deeds?.remarked(plain) ?? plain;
            totals.add(result);
            first ??= result;
            done++;
            if (result.broken.length > 0) failed++;
            if (isNobody(result, done)) stopFor('unreachable');
            else if (failed >= mostFailures) stopFor('failures');
            return onResult(result, { done, failed, ms: runtime.elapsed() - begun });
          },
        });
        await close();
        if (!ahead.isAll) prepared.tellUnfit();
        const { texts = [], wanting = false } = deeds?.notes() ?? {};
        if (wanting) trouble.push(EXIT.wanting);
        return {
          totals: totals.totals(),
          ending,
          seed: prepared.seed,
          ms: runtime.elapsed() - begun,
          end: endOf(ending),
          first,
          notes: texts,
          isWanting: trouble.length > 0,
        };
      } finally {
        signal.removeEventListener('abort', interrupt);
        await close();
      }
    },
    close,
  };
};
