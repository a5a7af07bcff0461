import type { Outcome } from '../delivery/delivery.ts';
import { type Expectation, judge, needsAnswer } from '../replay/expect.ts';
import type { Result } from '../replay/result.ts';
import type { Fault, Step, Treatment } from '../replay/step.ts';
import type { Runtime } from '../runtime.ts';
import type { Endpoint, Sender, WholeAnswer } from './endpoint.ts';
import { shapedBody } from './shaped.ts';

/** Steps that are looked for after a run was stopped, to tell how many were not sent. */
const MOST_COUNTED = 20_000;
/** The least delay that the provider's settings allow, and the longest of its settings' least (CONTRACT.md, section 9). */
const PROVIDER_DELAY = 3000;
const PROVIDER_LONGEST = 600_000;

export interface RunOptions extends Pick<Runtime, 'elapsed' | 'after'> {
  readonly endpoint: Endpoint;
  /** Deliveries under way at once; at 1 they arrive in their order. */
  readonly concurrency: number;
  /** What is expected of all (`withDefaults`); a step's own expectations come first. */
  readonly expects: readonly Expectation[];
  /** Milliseconds that lie at least between the begins of two deliveries. */
  readonly spacing?: number | undefined;
  /** Times that a delivery is sent again which was not answered 200, as the provider does. */
  readonly retry?: number | undefined;
  /** Ends the run: nothing more is sent, and what is under way is left. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a delivery is about to be sent for the first time. */
  readonly onStart?: ((step: Step) => void) | undefined;
  /** Calls to the provider's API that a delivery has caused, asked after its answer; nothing else is done in this place meanwhile. */
  readonly callsOf?: ((step: Step, outcome: Outcome) => Promise<number | undefined> | number | undefined) | undefined;
  /** Called for each delivery as soon as it is known how it went; one that returns a promise is waited for. */
  readonly onResult: (result: Result) => void | Promise<void>;
}

/** What a run left. */
export interface Unsent {
  /** Deliveries that were never answered: not tried, or under way when it was stopped. */
  readonly unsent: number;
  /** Whether there were more, which nobody counted. */
  readonly more: boolean;
}

/** Milliseconds before a delivery is sent again, growing with each failure as the provider's do (CONTRACT.md, section 2). */
export const providerDelay = (failures: number): number => Math.min(PROVIDER_LONGEST, PROVIDER_DELAY * failures);

const isTaken = (outcome: Outcome): boolean => outcome.kind === 'answered' && outcome.status === 200;
const NOTHING = new Uint8Array();

/** One delivery of a run while it is sent. A class, since one is made for each: its functions are made once. */
class Sending implements Sender {
  readonly step: Step;
  readonly started: number;
  readonly whole: boolean;
  readonly attempts: Outcome[] = [];
  private readonly told: (sending: Sending, outcome: Outcome, answer: WholeAnswer | undefined) => void;

  constructor(step: Step, started: number, whole: boolean, told: Sending['told']) {
    this.step = step;
    this.started = started;
    this.whole = whole;
    this.told = told;
  }

  onOutcome(outcome: Outcome, answer: WholeAnswer | undefined): void {
    this.told(this, outcome, answer);
  }
}

/**
 * Sends steps in their order, each when it is due, when what it comes after has been answered and when a place is
 * free, and tells how each went. A step that names a later one as one it comes after does not wait for it.
 * What the source throws is thrown on; nothing else rejects.
 * @param steps one after the other, or several at once
 */
export const runSteps = async (steps: Iterable<Step> | AsyncIterable<Step | readonly Step[]>, options: RunOptions): Promise<Unsent> => {
  const { endpoint, concurrency, expects, spacing = 0, retry = 0, signal, elapsed, after, onStart, callsOf, onResult } = options;
  const begun = elapsed();
  const isWhole = needsAnswer(expects);
  const running = new Set<number>();
  let stopped = signal?.aborted ?? false;
  let failure: { readonly error: unknown } | undefined;
  let done = 0;
  let taken = 0;
  let last = Number.NEGATIVE_INFINITY;
  let more = false;
  /** Called when a delivery is over or the run is stopped. */
  let wake = (): void => {};
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const pauses = new Set<() => void>();
  const endPauses = (): void => {
    for (const end of pauses) end();
  };
  const onStop = (): void => {
    stopped = true;
    endPauses();
    wake();
  };
  signal?.addEventListener('abort', onStop, { once: true });
  const isOver = (): boolean => stopped || failure !== undefined;
  /** A pause ends early when the run is stopped. */
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        pauses.delete(end);
        takeBack();
        resolve();
      };
      const takeBack = after(ms, end);
      pauses.add(end);
      if (stopped) end();
    });

  /** One attempt whose body is slow or cut. */
  const sendShaped = ({ step, whole }: Sending, treatment: Treatment): Promise<readonly [Outcome, WholeAnswer | undefined]> =>
    new Promise((resolve) => {
      const { shipment } = step;
      const size = shipment.body.byteLength;
      const { cutAt, slow } = treatment;
      const start = elapsed();
      let sent = start;
      const body = shapedBody(shipment.body, treatment, pause, () => {
        sent = elapsed();
      });
      const onOutcome: Sender['onOutcome'] = (outcome, answer) => {
        if (cutAt !== undefined && outcome.kind === 'failed' && outcome.cause === 'broken')
          resolve([{ ...outcome, error: `the connection was cut on purpose after ${cutAt} of ${size} bytes` }, undefined]);
        // What the endpoint is judged by begins with the last byte it was sent.
        else resolve([{ ...outcome, ms: Math.max(0, outcome.ms - (sent - start)) }, answer]);
      };
      const longer = slow === undefined ? 0 : slow.pieces * slow.every;
      endpoint.dispatch(shipment, { whole, manner: { body, longer }, onOutcome });
    });

  const finish = (number: number): void => {
    running.delete(number);
    wake();
  };
  const fail = (number: number, error: unknown): void => {
    failure ??= { error };
    endPauses();
    finish(number);
  };
  /** @returns a promise where there is something to wait for */
  const tell = (sending: Sending, outcome: Outcome, answer: WholeAnswer | undefined, calls: number | undefined): void | Promise<void> => {
    const { step, attempts, started } = sending;
    const times = attempts.length - (step.treatment?.cutAt === undefined ? 0 : 1);
    const broken = judge(step.expects, { outcome, headers: answer?.headers ?? {}, body: answer?.body ?? NOTHING, calls }, expects);
    const again: Fault = { kind: 'retry', detail: `sent ${times} times` };
    const told = times < 2 ? step : { ...step, faults: [...step.faults, again] };
    done++;
    return onResult({ step: told, outcome, attempts, started, broken, remarks: [] });
  };
  const mayRetry = ({ step, attempts }: Sending): boolean => attempts.length - (step.treatment?.cutAt === undefined ? 0 : 1) <= retry;

  /** What does not end with the first attempt, or has to wait for something else. */
  const goOn = async (sending: Sending, last: Outcome | undefined, lastAnswer: WholeAnswer | undefined): Promise<void> => {
    const { step, attempts } = sending;
    const { treatment } = step;
    let [outcome, answer] = [last, lastAnswer];
    for (let failures = 0; outcome === undefined || (!isTaken(outcome) && mayRetry(sending)); ) {
      if (outcome !== undefined) await pause(providerDelay(++failures));
      if (isOver()) return;
      if (attempts.length === 0 && treatment?.cutAt !== undefined) {
        attempts.push((await sendShaped(sending, { cutAt: treatment.cutAt }))[0]);
        if (isOver()) return;
      }
      [outcome, answer] = await sendShaped(sending, treatment?.slow === undefined ? {} : { slow: treatment.slow });
      if (isOver()) return;
      attempts.push(outcome);
    }
    const calls = callsOf === undefined ? undefined : await callsOf(step, outcome);
    if (!isOver()) await tell(sending, outcome, answer, calls);
  };
  const wait = (sending: Sending, work: Promise<void>): void => {
    const { number } = sending.step;
    work.then(
      () => finish(number),
      (error: unknown) => fail(number, error),
    );
  };
  const onOutcome: ConstructorParameters<typeof Sending>[3] = (sending, outcome, answer) => {
    if (isOver()) return;
    const { number } = sending.step;
    sending.attempts.push(outcome);
    if (callsOf !== undefined || (!isTaken(outcome) && mayRetry(sending))) {
      wait(sending, goOn(sending, outcome, answer));
      return;
    }
    try {
      const told = tell(sending, outcome, answer, undefined);
      if (told === undefined) finish(number);
      else wait(sending, told);
    } catch (error) {
      fail(number, error);
    }
  };
  const start = (step: Step): void => {
    running.add(step.number);
    onStart?.(step);
    const sending = new Sending(step, elapsed() - begun, isWhole || needsAnswer(step.expects), onOutcome);
    if (step.treatment === undefined) endpoint.dispatch(step.shipment, sending);
    else wait(sending, goOn(sending, undefined, undefined));
  };
  const isBlocked = ({ after: before }: Step): boolean =>
    !isOver() && (running.size >= concurrency || (before.length > 0 && before.some((number) => running.has(number))));

  const sources = Symbol.asyncIterator in steps ? steps : [steps];
  try {
    reading: for await (const some of sources) {
      for (const step of Symbol.iterator in some ? some : [some]) {
        taken++;
        while (isBlocked(step)) await woken();
        if (!isOver() && (step.due > 0 || spacing > 0)) {
          const now = elapsed() - begun;
          const rest = Math.max(step.due, last + spacing) - now;
          if (rest > 0) await pause(rest);
          last = Math.max(now, now + rest);
        }
        if (!isOver()) start(step);
        else if (failure !== undefined) break reading;
        else if (taken - done >= MOST_COUNTED) {
          more = true;
          break reading;
        }
      }
    }
    while (running.size > 0 && !isOver()) await woken();
  } finally {
    signal?.removeEventListener('abort', onStop);
    // Where the source has thrown, some still wait.
    onStop();
  }
  if (failure !== undefined) throw failure.error;
  return { unsent: taken - done, more };
};
