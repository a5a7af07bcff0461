import { onTestFinished } from 'vitest';
import type { EventName } from '../../src/event/name.ts';
import { type EndpointOptions, openEndpoint } from '../../src/io/endpoint.ts';
import { type RunOptions, runSteps, type Unsent } from '../../src/io/run.ts';
import { withDefaults } from '../../src/replay/expect.ts';
import type { Result } from '../../src/replay/result.ts';
import type { Step } from '../../src/replay/step.ts';

/** A step of a run; what a test does not say is plain. */
export const stepOf = (number: number, more: Partial<Step> & { readonly body?: string } = {}): Step => {
  const { body = `{"n":${number}}`, ...rest } = more;
  return {
    number,
    name: 'messages.post' as EventName,
    verdict: 'valid',
    shipment: {
      id: `d${number}`,
      method: 'POST',
      suffix: '',
      query: '',
      headers: [['content-type', 'application/json']],
      body: new TextEncoder().encode(body),
    },
    origin: `a.json > ${number}`,
    again: `a.json#${number}`,
    type: 'text',
    due: 0,
    after: [],
    copyOf: null,
    faults: [],
    expects: [],
    ...rest,
  };
};

/** A clock that a test moves: who waits is called back when the time has come, in order. */
export interface TestClock {
  elapsed(): number;
  after(ms: number, action: () => void): () => void;
  /** What is waited for: milliseconds from the begin, in order. */
  readonly waits: readonly number[];
}

/** A clock that jumps to the next moment that somebody waits for, as soon as everything else has had its turn. */
export const jumpingClock = (): TestClock => {
  let now = 0;
  const waits: number[] = [];
  const waiting: { at: number; action: () => void }[] = [];
  return {
    waits,
    elapsed: () => now,
    after(ms, action) {
      const one = { at: now + ms, action };
      waits.push(one.at);
      waiting.push(one);
      waiting.sort((a, b) => a.at - b.at);
      setImmediate(() => {
        const next = waiting.shift();
        if (next === undefined) return;
        now = Math.max(now, next.at);
        next.action();
      });
      return () => {
        const index = waiting.indexOf(one);
        if (index !== -1) waiting.splice(index, 1);
      };
    },
  };
};

/** Runs steps against an endpoint to their end. */
export const runTo = async (
  url: string,
  steps: Parameters<typeof runSteps>[0],
  options: Partial<RunOptions> & { readonly open?: Partial<EndpointOptions> } = {},
): Promise<Unsent & { readonly results: Result[] }> => {
  const results: Result[] = [];
  const { open, ...rest } = options;
  const clock = jumpingClock();
  const elapsed = rest.elapsed ?? clock.elapsed;
  const endpoint = openEndpoint(new URL(url), { timeout: 10_000, elapsed, connections: rest.concurrency ?? 1, ...open });
  onTestFinished(() => endpoint.close());
  const unsent = await runSteps(steps, {
    endpoint,
    concurrency: 1,
    expects: withDefaults([]),
    elapsed,
    after: clock.after,
    onResult: (result) => void results.push(result),
    ...rest,
  });
  return { ...unsent, results };
};
