import { type OutcomeRecord, outcomeRecord, RECORD_VERSION } from '../delivery/recording.ts';
import type { Planned } from '../delivery/shipments.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { Verdict } from '../event/finding.ts';
import type { EventName } from '../event/name.ts';
import type { Broken, Result } from '../replay/result.ts';
import type { Fault, FaultKind, Step } from '../replay/step.ts';
import type { Bar, Example, Figures, Totals } from '../replay/totals.ts';
import type { JsonObject } from '../schema/keywords.ts';
import type { Layout } from '../view/entry.ts';
import { duration } from '../view/entry.ts';
import type { Sent } from '../view/sent.ts';
import { plural } from '../view/text.ts';

/** How a run ended. */
export interface Ending {
  /** Deliveries that were never tried or never answered: the program was stopped, or nothing could be reached. */
  readonly unsent: number;
  /** Whether there were more than those. */
  readonly more: boolean;
}

/** 0 all as expected; 3 nothing could be reached at all; else 1. */
export const replayExitCode = (totals: Totals, { unsent, more }: Ending): ExitCode => {
  if (totals.unreachable) return EXIT.environment;
  return totals.failed > 0 || unsent > 0 || more ? EXIT.wanting : EXIT.ok;
};

/** A delivery that would be sent, as a record of `replay --dry-run --json`. */
export const plannedRecord = (
  { name, shipment, origin, due = 0, faults = [] }: Planned & Pick<Step, 'origin'> & Partial<Step>,
  url: string,
): JsonObject => ({
  v: RECORD_VERSION,
  type: 'planned',
  event: name,
  source: origin,
  method: shipment.method,
  url,
  bytes: shipment.body.byteLength,
  ...(due === 0 ? {} : { due: Math.round(due) }),
  ...(faults.length === 0 ? {} : { faults }),
});

// Types of records are aliases: what writes lines takes any object, and interfaces are none of those.

/** How a delivery went, as a record of `replay --json`. */
export type ResultRecord = OutcomeRecord & {
  /** null where it names no event that exists. */
  readonly event: EventName | null;
  /** What the schemas say to it; it is sent all the same. */
  readonly verdict: Verdict;
  /** Where it is from: `samples/groups.json > participant added`. */
  readonly source: string;
  /** Its place in the run, from 1. */
  readonly number: number;
  /** Message type, action or status; null where the event has none. */
  readonly kind: string | null;
  /** Whether it went as expected. */
  readonly ok: boolean;
  /** How often it was sent, where that is not once. */
  readonly attempts?: number;
  /** Number of the delivery of which it is a copy. */
  readonly copyOf?: number;
  /** What was done to it. */
  readonly faults?: readonly Fault[];
  /** The expectations that did not hold. */
  readonly broken?: readonly Broken[];
  /** What sends it again, where it did not go as expected. */
  readonly again?: string;
  /** Worth knowing though nothing is wrong. */
  readonly remarks?: readonly string[];
};

/** A delivery that is worth looking at again. */
export type ExampleRecord = {
  readonly number: number;
  readonly event: string | null;
  readonly kind: string | null;
  readonly source: string;
  readonly ms: number;
  /** What sends it again, where something does. */
  readonly again?: string;
};

/** The last record of `replay --json`. */
export type SummaryRecord = Figures & {
  readonly v: typeof RECORD_VERSION;
  readonly type: 'summary';
  /** Deliveries that were never tried, or never answered because the run was stopped. */
  readonly unsent: number;
  /** Whether there were more than those. */
  readonly more?: true;
  /** How often anything was sent. */
  readonly attempts: number;
  /** The seed that makes the same plan again, where it follows random numbers. */
  readonly seed?: number;
  /** Deliveries that a fault touched, by its kind. */
  readonly faults: { readonly [Kind in FaultKind]?: number };
  /** By event and kind, in the order they came. */
  readonly groups: readonly (Figures & { readonly event: string | null; readonly kind: string | null })[];
  /** Answers by their time. */
  readonly histogram: readonly Bar[];
  /** The slowest ten, the slowest first. */
  readonly slowest: readonly ExampleRecord[];
  /** Failures by their cause. */
  readonly failures: readonly {
    /** `status 500`, `no answer in time`, `not body.ok=true`. */
    readonly cause: string;
    readonly count: number;
    /** What was found at the first of them. */
    readonly found: string;
    readonly example: ExampleRecord;
  }[];
};

/** @returns the record of a delivery */
export const resultRecord = ({ step, outcome, attempts, broken, remarks }: Result): ResultRecord => ({
  ...outcomeRecord(outcome),
  event: step.name,
  verdict: step.verdict,
  source: step.origin,
  number: step.number,
  kind: step.type,
  ok: broken.length === 0,
  ...(attempts.length === 1 ? {} : { attempts: attempts.length }),
  ...(step.copyOf === null ? {} : { copyOf: step.copyOf }),
  ...(step.faults.length === 0 ? {} : { faults: step.faults }),
  ...(broken.length === 0 ? {} : { broken }),
  ...(broken.length === 0 || step.again === null ? {} : { again: step.again }),
  ...(remarks.length === 0 ? {} : { remarks }),
});

/** What is done to a delivery: `copy of 3`, `late by 5 s`. */
export const notesOf = ({ copyOf, faults }: Step): string[] => [
  ...(copyOf === null ? [] : [`copy of ${copyOf}`]),
  ...faults.map(({ kind, detail }) => `${kind} ${detail}`),
];

/** How a delivery went, as it is shown. A status that is not as usual tells itself. */
export const sentOf = ({ step, outcome, broken, remarks }: Result): Sent => {
  const told = broken.filter(({ expected }) => expected !== 'status=2xx').map(({ expected, found }) => `expected ${expected}: ${found}`);
  return {
    outcome,
    name: step.name,
    origin: step.origin,
    broken: broken.length === 0 ? undefined : told,
    notes: [...notesOf(step), ...remarks],
  };
};

const tenths = (ms: number): number => Math.round(ms * 10) / 10;
const rounded = (ms: number | null): number | null => (ms === null ? null : tenths(ms));

const figuresRecord = ({ sent, ok, failed, p50, p95, p99, max }: Figures): Figures => ({
  ...{ sent, ok, failed },
  ...{ p50: rounded(p50), p95: rounded(p95), p99: rounded(p99), max: rounded(max) },
});

const exampleRecord = ({ number, event, type, origin, again, ms }: Example): ExampleRecord => ({
  ...{ number, event, kind: type, source: origin, ms: tenths(ms) },
  ...(again === null ? {} : { again }),
});

/** The last record of `replay --json`. @param seed of a plan that follows random numbers */
export const summaryRecord = (totals: Totals, { unsent, more }: Ending, seed?: number): SummaryRecord => ({
  v: RECORD_VERSION,
  type: 'summary',
  ...figuresRecord(totals),
  unsent,
  ...(more ? { more } : {}),
  attempts: totals.attempts,
  ...(seed === undefined ? {} : { seed }),
  faults: Object.fromEntries(totals.faults),
  groups: totals.groups.map((group) => ({ event: group.event, kind: group.type, ...figuresRecord(group) })),
  histogram: totals.histogram,
  slowest: totals.slowest.map(exampleRecord),
  failures: totals.failures.map(({ cause, count, found, example }) => ({ cause, count, found, example: exampleRecord(example) })),
});

/** `20 deliveries: 18 ok, 2 failed (2 × status 500); p50 3 ms, p95 9 ms, max 12 ms`. */
export const replaySummary = (totals: Totals, { unsent, more }: Ending, { paint }: Pick<Layout, 'paint'>): string => {
  const parts = [paint.green(`${totals.ok} ok`)];
  if (totals.failed > 0) {
    const causes = totals.failures.map(({ cause, count }) => `${count} × ${cause}`).join(', ');
    parts.push(`${paint.red(`${totals.failed} failed`)} (${causes})`);
  }
  if (unsent > 0 || more) parts.push(paint.red(`${more ? 'more than ' : ''}${unsent} not sent`));
  const { p50, p95, max } = totals;
  const times = p50 === null || p95 === null || max === null ? '' : `; p50 ${duration(p50)}, p95 ${duration(p95)}, max ${duration(max)}`;
  const all = `${more ? 'more than ' : ''}${plural(totals.sent + unsent, 'delivery', 'deliveries')}`;
  return `${all}: ${parts.join(', ')}${times}`;
};
