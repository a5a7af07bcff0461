import type { Outcome } from '../../src/delivery/delivery.ts';
import type { EventName } from '../../src/event/name.ts';
import type { Result } from '../../src/replay/result.ts';
import type { Step } from '../../src/replay/step.ts';
import { createTotals, type Totals } from '../../src/replay/totals.ts';
import { stepOf } from './run.ts';

/** How a delivery of a run went; what a test does not say is plain, and takes as many milliseconds as its number. */
export const result = (
  number: number,
  more: {
    ms?: number;
    started?: number;
    status?: number;
    cause?: 'unreachable' | 'timeout';
    event?: string;
    type?: string;
    broken?: Result['broken'];
    step?: Partial<Step>;
  } = {},
): Result => {
  const base = { delivery: `d${number}`, endpoint: 'http://127.0.0.1:1/', ms: more.ms ?? number };
  const status = more.status ?? 200;
  const outcome: Outcome =
    more.cause === undefined
      ? { kind: 'answered', ...base, status, answer: { bytes: new Uint8Array(), cut: false } }
      : { kind: 'failed', ...base, error: more.cause, cause: more.cause };
  const fails = more.cause !== undefined || status >= 300;
  const broken = more.broken ?? (fails ? [{ expected: 'status=2xx', found: `status ${status} instead of 2xx` }] : []);
  const name = (more.event ?? 'messages.post') as EventName; // strangers' names too
  const step = stepOf(number, { name, type: more.type ?? 'text', ...more.step });
  return { step, outcome, attempts: [outcome], started: more.started ?? 0, broken, remarks: [] };
};

/** What is said of a run that had these results. */
export const totalsOf = (results: Iterable<Result>): Totals => {
  const collector = createTotals();
  for (const one of results) collector.add(one);
  return collector.totals();
};
