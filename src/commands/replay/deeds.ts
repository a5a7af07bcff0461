import { isOk, type Outcome } from '../../delivery/delivery.ts';
import { usageError } from '../../errors.ts';
import { openProbe } from '../../io/probe.ts';
import { type Ledger, marksOf } from '../../replay/calls.ts';
import type { Expectation } from '../../replay/expect.ts';
import type { Result } from '../../replay/result.ts';
import type { Step } from '../../replay/step.ts';
import { twice, withoutEcho } from '../../replay/twice.ts';
import type { Runtime } from '../../runtime.ts';
import { plural } from '../../view/text.ts';
import { openCalls } from './calls.ts';
import { type DeedOptions, SETTLE } from './options.ts';

/** Sees what the handler does because of the deliveries of a run. */
export interface Deeds {
  /** What the handler's API address has to be, where calls are counted. */
  readonly url: string | undefined;
  /** The steps that are sent in place of others: their copies too, and with what is expected of their calls. */
  steps(steps: AsyncIterable<readonly Step[]>): AsyncGenerator<readonly Step[]>;
  /** A delivery is about to be sent. */
  onStart(step: Step): void;
  /** Waits for the settle window, and tells the calls that belong to a delivery. */
  callsOf(step: Step): Promise<number | undefined>;
  /** The result with what is worth knowing about two copies. */
  remarked(result: Result): Result;
  /** What is to be said at the end; `wanting` where something that was asked for could not be judged. */
  notes(): { readonly texts: readonly string[]; readonly wanting: boolean };
  close(): Promise<void>;
}

/** @throws UserError (2) for flags that need others */
const checkFlags = (options: DeedOptions, expects: readonly Expectation[], concurrency: number): void => {
  const { apiPort, probe, settle, forbidEcho, checkIdempotent } = options;
  const hint = 'With --api-port 4010 the API address of your handler is http://127.0.0.1:4010, and its calls are counted.';
  const counted = expects.find(({ subject }) => subject === 'calls');
  if (apiPort === undefined) {
    if (counted !== undefined) throw usageError(`--expect ${counted.text} needs --api-port: nothing else counts calls.`, hint);
    if (forbidEcho === true) throw usageError('--forbid-echo needs --api-port: nothing else shows an echo.', hint);
    if (checkIdempotent === true && probe === undefined)
      throw usageError('--check-idempotent needs --api-port or --probe: nothing else shows that your handler acts twice.', hint);
  }
  if (probe !== undefined && checkIdempotent !== true)
    throw usageError('--probe is read by --check-idempotent and by --check.', 'Add one of them.');
  if (probe !== undefined && concurrency > 1)
    throw usageError('--probe needs --concurrency 1: of several deliveries at once it cannot tell which changed it.');
  if (settle !== undefined && apiPort === undefined && probe === undefined)
    throw usageError('--settle needs --api-port or --probe: it is the time in which calls still belong to an answer.');
};

const payloadOf = ({ shipment }: Step): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(shipment.body));
  } catch {
    return undefined;
  }
};

/** What two answers are compared by. */
const answerOf = (outcome: Outcome): string =>
  outcome.kind === 'answered' ? `${outcome.status} ${Buffer.from(outcome.answer.bytes).toString('base64')}` : outcome.error;

/**
 * Opens what the flags ask for.
 * @param expects what is expected of all deliveries
 * @returns undefined where nothing is asked for
 * @throws UserError (2) for flags that need others, (3) where the port cannot be had
 */
export const openDeeds = async (
  options: DeedOptions,
  expects: readonly Expectation[],
  concurrency: number,
  runtime: Pick<Runtime, 'now' | 'id' | 'after' | 'cwd'>,
): Promise<Deeds | undefined> => {
  checkFlags(options, expects, concurrency);
  const { apiPort, settle = SETTLE, forbidEcho = false, checkIdempotent = false } = options;
  if (apiPort === undefined && options.probe === undefined) return undefined;
  const probe = options.probe === undefined ? undefined : openProbe(options.probe, runtime.cwd);
  /** The value before the delivery that is under way. */
  let before = await probe?.();
  const calls = apiPort === undefined ? undefined : await openCalls(apiPort, runtime);
  const ledger: Ledger | undefined = calls?.track();
  /** Waits that are under way: what takes their timers back. */
  const waits = new Set<() => void>();
  const settled = (): Promise<void> =>
    new Promise((resolve) => {
      const takeBack = runtime.after(settle, () => {
        waits.delete(takeBack);
        resolve();
      });
      waits.add(takeBack);
    });
  /** Before a delivery of each step under way, and what its copy changed. */
  const values = new Map<number, string>();
  const changes = new Map<number, string>();
  const answers = new Map<number, string>();
  let acted = 0;
  let copies = 0;

  const readProbe = async ({ number, copyOf }: Step): Promise<void> => {
    if (probe === undefined) return;
    const value = await probe();
    if (copyOf === null || !values.has(copyOf)) {
      values.set(number, value);
      if (before !== value) acted++;
    } else {
      const first = values.get(copyOf);
      values.delete(copyOf);
      if (first !== value)
        changes.set(number, `the probe said ${shown(first)} before the same delivery came again, and ${shown(value)} after it`);
    }
    before = value;
  };

  const stepsOf = (step: Step): readonly Step[] => {
    const one = forbidEcho ? withoutEcho(step, payloadOf(step)) : step;
    return checkIdempotent ? twice(one, (number) => changes.get(number)) : [one];
  };

  return {
    url: calls?.url,
    async *steps(steps) {
      for await (const some of steps) yield some.flatMap(stepsOf);
    },
    onStart: (step) => ledger?.begin(step.number, marksOf(payloadOf(step))),
    async callsOf(step) {
      await settled();
      await readProbe(step);
      const made = ledger?.end(step.number);
      if (step.copyOf === null && (made ?? 0) > 0) acted++;
      return made;
    },
    remarked(result) {
      const { step, outcome } = result;
      if (!checkIdempotent) return result;
      changes.delete(step.number);
      const first = step.copyOf === null ? undefined : answers.get(step.copyOf);
      if (step.copyOf === null || first === undefined) {
        if (step.copyOf === null) answers.set(step.number, answerOf(outcome));
        return result;
      }
      copies++;
      answers.delete(step.copyOf);
      if (first === answerOf(outcome) || !isOk(outcome)) return result;
      return { ...result, remarks: [...result.remarks, 'it was answered differently from the first time'] };
    },
    notes() {
      const texts: string[] = [];
      const refused = calls?.refused();
      const { unassigned = 0, late = 0 } = ledger ?? {};
      if (unassigned > 0)
        texts.push(
          `${plural(unassigned, 'API call')} could be assigned to no delivery; with --concurrency 1 each belongs to the one under way.`,
        );
      if (late > 0) texts.push(`${plural(late, 'API call')} came when the settle window was over; --settle 2s waits longer.`);
      if (refused !== undefined)
        texts.push(
          `${plural(refused.count, 'API call')} would be refused by Whapi too, and ${refused.count === 1 ? 'was' : 'were'} not counted: ${refused.first}.`,
        );
      const idle = checkIdempotent && copies > 0 && acted === 0;
      if (idle)
        texts.push(
          'Nothing was checked by --check-idempotent: none of the deliveries made the handler act. It may know their ids already; whapi-hooks trigger makes new ones.',
        );
      return { texts, wanting: idle };
    },
    async close() {
      // A run that was stopped does not wait for them.
      for (const takeBack of waits) takeBack();
      await calls?.close();
    },
  };
};

const LONGEST_SHOWN = 40;
const shown = (value: string | undefined): string => JSON.stringify((value ?? '').slice(0, LONGEST_SHOWN));
