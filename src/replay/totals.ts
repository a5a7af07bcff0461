import type { Outcome } from '../delivery/delivery.ts';
import type { Result } from './result.ts';
import type { FaultKind } from './step.ts';
import { createTimes, type Times } from './times.ts';

/** How many there were, and how long the answered ones took, in milliseconds; null where none was answered. */
export type Figures = {
  /** Deliveries that were sent, or tried. */
  readonly sent: number;
  /** Those that went as expected. */
  readonly ok: number;
  readonly failed: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
};

/** The deliveries of one event and type. */
export interface Group extends Figures {
  readonly event: string | null;
  readonly type: string | null;
}

/** A delivery that is worth looking at again. */
export interface Example {
  readonly number: number;
  readonly event: string | null;
  readonly type: string | null;
  readonly origin: string;
  readonly again: string | null;
  readonly ms: number;
}

/** Failures of one cause. */
export interface Failure {
  /** `status 500`, `no answer in time`, `not body.ok=true`. */
  readonly cause: string;
  readonly count: number;
  /** What was found at the first of them. */
  readonly found: string;
  readonly example: Example;
}

/** How many answers took longer than the bar before and at most so many milliseconds; null: any longer. */
export interface Bar {
  readonly upTo: number | null;
  readonly count: number;
}

/** The bars from the first to the last one that counts anything. */
export const usedBars = (bars: readonly Bar[]): readonly Bar[] =>
  bars.slice(
    Math.max(
      0,
      bars.findIndex(({ count }) => count > 0),
    ),
    bars.findLastIndex(({ count }) => count > 0) + 1,
  );

/** What is said of a whole run. */
export interface Totals extends Figures {
  /** By event and type, in the order they came. */
  readonly groups: readonly Group[];
  readonly histogram: readonly Bar[];
  /** The slowest ten of the answered ones, the slowest first. */
  readonly slowest: readonly Example[];
  readonly failures: readonly Failure[];
  /** Deliveries that a fault touched, by its kind. */
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Attempts, where deliveries were sent again. */
  readonly attempts: number;
  readonly remarks: number;
  /** Whether nothing at all could be reached. */
  readonly unreachable: boolean;
}

export interface TotalsCollector {
  add(result: Result): void;
  totals(): Totals;
}

/** Kinds and causes come from strangers: further ones are counted together. */
const MOST_GROUPS = 200;
const MOST_CAUSES = 50;
const SLOWEST = 10;
const BARS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] as const;

/** The kind of a failure, for people: `status 500`, `not reachable`. */
export const causeOf = ({ outcome, broken }: Pick<Result, 'outcome' | 'broken'>): string => {
  if (outcome.kind === 'failed')
    return { unreachable: 'not reachable', timeout: 'no answer in time', broken: 'connection broken', unsent: 'not sent' }[outcome.cause];
  const first = broken[0];
  return first === undefined || first.expected.startsWith('status') ? `status ${outcome.status}` : `not ${first.expected}`;
};

interface Collected {
  sent: number;
  failed: number;
  readonly times: Times;
}

const figures = ({ sent, failed, times }: Collected): Figures => ({
  sent,
  ok: sent - failed,
  failed,
  p50: times.percentile(0.5),
  p95: times.percentile(0.95),
  p99: times.percentile(0.99),
  max: times.max(),
});

const exampleOf = ({ step, outcome }: Result): Example => ({
  number: step.number,
  event: step.name,
  type: step.type,
  origin: step.origin,
  again: step.again,
  ms: outcome.ms,
});

const isUnreachable = (outcome: Outcome): boolean => outcome.kind === 'failed' && outcome.cause === 'unreachable';

const collected = (): Collected => ({ sent: 0, failed: 0, times: createTimes() });

/** Adds up how deliveries went; what it keeps is bounded, however many there are. */
export const createTotals = (): TotalsCollector => {
  const all = collected();
  const groups = new Map<string, Collected & { readonly event: string | null; readonly type: string | null }>();
  const bars = new Array<number>(BARS.length + 1).fill(0);
  const slowest: Example[] = [];
  const failures = new Map<string, { count: number; readonly found: string; readonly example: Example }>();
  const faults = new Map<FaultKind, number>();
  let attempts = 0;
  let remarks = 0;
  let unreachable = 0;

  const groupOf = (event: string | null, type: string | null): Collected => {
    const key = `${event ?? ''} ${type ?? ''}`;
    const known = groups.get(key);
    if (known !== undefined) return known;
    if (groups.size >= MOST_GROUPS && type !== 'other') return groupOf(event, 'other');
    const made = { ...collected(), event, type };
    groups.set(key, made);
    return made;
  };
  const addFailure = (result: Result): void => {
    const cause = causeOf(result);
    const key = failures.has(cause) || failures.size < MOST_CAUSES ? cause : 'other causes';
    const known = failures.get(key);
    if (known !== undefined) known.count++;
    else failures.set(key, { count: 1, found: result.broken[0]?.found ?? cause, example: exampleOf(result) });
  };
  const addSlow = (result: Result): void => {
    const { ms } = result.outcome;
    if (slowest.length === SLOWEST && ms <= (slowest[SLOWEST - 1]?.ms ?? 0)) return;
    const at = slowest.findIndex((one) => one.ms < ms);
    slowest.splice(at === -1 ? slowest.length : at, 0, exampleOf(result));
    slowest.length = Math.min(slowest.length, SLOWEST);
  };

  return {
    add(result) {
      const { step, outcome, broken } = result;
      const group = groupOf(step.name, step.type);
      const failed = broken.length > 0 ? 1 : 0;
      all.sent++;
      group.sent++;
      all.failed += failed;
      group.failed += failed;
      attempts += result.attempts.length;
      remarks += result.remarks.length;
      if (outcome.kind === 'answered') {
        const { ms } = outcome;
        all.times.add(ms);
        group.times.add(ms);
        let bar = 0;
        while (bar < BARS.length && ms > (BARS[bar] ?? 0)) bar++;
        bars[bar] = (bars[bar] ?? 0) + 1;
        addSlow(result);
      } else if (isUnreachable(outcome)) unreachable++;
      if (failed > 0) addFailure(result);
      for (const { kind } of step.faults) faults.set(kind, (faults.get(kind) ?? 0) + 1);
    },
    totals: () => ({
      ...figures(all),
      groups: [...groups.values()].map((group) => ({ event: group.event, type: group.type, ...figures(group) })),
      histogram: bars.map((count, index) => ({ upTo: BARS[index] ?? null, count })),
      slowest: [...slowest],
      failures: [...failures].map(([cause, failure]) => ({ cause, ...failure })),
      faults: new Map(faults),
      attempts,
      remarks,
      unreachable: all.sent > 0 && unreachable === all.sent,
    }),
  };
};
