import type { Outcome } from '../delivery/delivery.ts';
import { type Expectation, judge, needsAnswer } from '../replay/expect.ts';
import type { Result } from '../replay/result.ts';
import type { Step, Treatment } from '../replay/step.ts';
import type { Runtime } from '../runtime.ts';
import type { Endpoint, WholeAnswer } from './endpoint.ts';
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

/**
 * Sends steps in their order, each when it is due, when what it comes after has been answered and when a place is
 * free, and tells how each went. A step that names a later one as one it comes after does not wait for it.
 * What the source throws is thrown on; nothing else rejects.
 */
export const runSteps = async (steps: Iterable<Step> | AsyncIterable<Step>, options: RunOptions): Promise<Unsent> => {
  const { endpoint, concurrency, expects, spacing = 0, retry = 0, signal, elapsed, after, onStart, callsOf, onResult } = options;
  const begun = elapsed();
  const running = new Set<number>();
  let stopped = signal?.aborted ?? false;
  /** Called when a delivery is over, a pause has passed or the run is stopped. */
  let wake = (): void => {};
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const pauses = new Set<() => void>();
  const onStop = (): void => {
    stopped = true;
    for (const end of pauses) end();
    wake();
  };
  signal?.addEventListener('abort', onStop, { once: true });
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
  const isStopped = (): boolean => stopped;

  /** One attempt whose body is slow or cut. */
  const sendShaped = async (step: Step, treatment: Treatment, onAnswer?: (answer: WholeAnswer) => void): Promise<Outcome> => {
    const { shipment } = step;
    const start = elapsed();
    let sent: number | undefined;
    const body = shapedBody(shipment.body, treatment, pause, () => {
      sent = elapsed();
    });
    const { cutAt, slow } = treatment;
    const longer = slow === undefined ? 0 : slow.pieces * slow.every;
    const outcome = await endpoint.send(shipment, onAnswer, { body, longer });
    if (cutAt !== undefined && outcome.kind === 'failed' && outcome.cause === 'broken')
      return { ...outcome, error: `the connection was cut on purpose after ${cutAt} of ${shipment.body.byteLength} bytes` };
    // What the endpoint is judged by begins with the last byte it was sent.
    return sent === undefined ? outcome : { ...outcome, ms: Math.max(0, outcome.ms - (sent - start)) };
  };

  const deliver = async (step: Step): Promise<void> => {
    onStart?.(step);
    const started = elapsed() - begun;
    const { treatment } = step;
    const attempts: Outcome[] = [];
    const answers: WholeAnswer[] = [];
    const keep = needsAnswer(expects) || needsAnswer(step.expects) ? (whole: WholeAnswer) => void answers.splice(0, 1, whole) : undefined;
    if (treatment?.cutAt !== undefined) {
      attempts.push(await sendShaped(step, { cutAt: treatment.cutAt }));
      if (isStopped()) return;
    }
    const slow = treatment?.slow;
    let outcome: Outcome;
    for (let failures = 0; ; ) {
      answers.length = 0;
      outcome = await (slow === undefined ? endpoint.send(step.shipment, keep) : sendShaped(step, { slow }, keep));
      if (isStopped()) return;
      attempts.push(outcome);
      if (isTaken(outcome) || failures === retry) break;
      failures++;
      await pause(providerDelay(failures));
      if (isStopped()) return;
    }
    const calls = callsOf === undefined ? undefined : await callsOf(step, outcome);
    if (isStopped()) return;
    const again = attempts.length - (treatment?.cutAt === undefined ? 1 : 2);
    const [answer] = answers;
    const broken = judge(step.expects, { outcome, headers: answer?.headers ?? {}, body: answer?.body ?? NOTHING, calls }, expects);
    const detail = `sent ${again + 1} times`;
    const told = again === 0 ? step : { ...step, faults: [...step.faults, { kind: 'retry' as const, detail }] };
    done++;
    const waits = onResult({ step: told, outcome, attempts, started, broken, remarks: [] });
    if (waits !== undefined) await waits;
  };

  let done = 0;
  let taken = 0;
  let last = Number.NEGATIVE_INFINITY;
  let more = false;
  let failure: { readonly error: unknown } | undefined;
  const isOver = (step: Step): void => {
    running.delete(step.number);
    wake();
  };
  for await (const step of steps) {
    taken++;
    while (!isStopped() && (running.size >= concurrency || step.after.some((number) => running.has(number)))) await woken();
    if (!isStopped() && (step.due > 0 || spacing > 0)) {
      const now = elapsed() - begun;
      const wait = Math.max(step.due, last + spacing) - now;
      if (wait > 0) await pause(wait);
      last = Math.max(now, now + wait);
    }
    if (isStopped()) {
      if (taken - done < MOST_COUNTED) continue;
      more = true;
      break;
    }
    if (failure !== undefined) break;
    running.add(step.number);
    deliver(step).then(
      () => isOver(step),
      (error: unknown) => {
        failure ??= { error };
        isOver(step);
      },
    );
  }
  while (running.size > 0 && !isStopped() && failure === undefined) await woken();
  signal?.removeEventListener('abort', onStop);
  if (failure !== undefined) throw failure.error;
  return { unsent: taken - done, more };
};
