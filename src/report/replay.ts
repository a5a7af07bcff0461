import { isOk, type Outcome } from '../delivery/delivery.ts';
import { RECORD_VERSION } from '../delivery/recording.ts';
import type { Planned } from '../delivery/shipments.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { JsonObject } from '../schema/keywords.ts';
import type { Layout } from '../view/entry.ts';
import { duration } from '../view/entry.ts';
import { plural } from '../view/text.ts';

export interface ReplayTotals {
  /** Deliveries that were sent, or tried. */
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  /** Deliveries that were never tried: the program was stopped, or nothing could be reached. */
  readonly unsent: number;
  /** Milliseconds of the answered ones. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly max: number | null;
  /** Failures by cause: `status 500`, `timeout`. */
  readonly causes: ReadonlyMap<string, number>;
  /** Whether nothing at all could be reached. */
  readonly unreachable: boolean;
}

/** The value below which a share of the sorted values lies (nearest rank). */
export const percentile = (sorted: readonly number[], share: number): number | null =>
  sorted.length === 0 ? null : (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null);

const cause = (outcome: Outcome): string =>
  outcome.kind === 'answered'
    ? `status ${outcome.status}`
    : { unreachable: 'not reachable', timeout: 'no answer in time', broken: 'connection broken', unsent: 'not sent' }[outcome.cause];

export const replayTotals = (outcomes: readonly Outcome[], unsent: number): ReplayTotals => {
  const answered = outcomes.filter((outcome) => outcome.kind === 'answered');
  const times = answered.map(({ ms }) => ms).sort((a, b) => a - b);
  const causes = new Map<string, number>();
  for (const outcome of outcomes) {
    if (!isOk(outcome)) causes.set(cause(outcome), (causes.get(cause(outcome)) ?? 0) + 1);
  }
  const ok = outcomes.filter(isOk).length;
  return {
    sent: outcomes.length,
    ok,
    failed: outcomes.length - ok,
    unsent,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    max: times.at(-1) ?? null,
    causes,
    unreachable: outcomes.length > 0 && outcomes.every((outcome) => outcome.kind === 'failed' && outcome.cause === 'unreachable'),
  };
};

/** 0 all 2xx; 3 nothing could be reached at all; else 1. */
export const replayExitCode = (totals: ReplayTotals): ExitCode => {
  if (totals.unreachable) return EXIT.environment;
  return totals.failed > 0 || totals.unsent > 0 ? EXIT.wanting : EXIT.ok;
};

/** A delivery that would be sent, as a record of `replay --dry-run --json`. */
export const plannedRecord = ({ name, shipment, origin }: Planned & { readonly origin: string }, url: string): JsonObject => ({
  v: RECORD_VERSION,
  type: 'planned',
  event: name,
  source: origin,
  method: shipment.method,
  url,
  bytes: shipment.body.byteLength,
});

const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 10) / 10);

/** The last record of `replay --json`. */
export const summaryRecord = (totals: ReplayTotals): { readonly [member: string]: unknown } => ({
  v: 1,
  type: 'summary',
  sent: totals.sent,
  ok: totals.ok,
  failed: totals.failed,
  unsent: totals.unsent,
  p50: rounded(totals.p50),
  p95: rounded(totals.p95),
  max: rounded(totals.max),
});

/** `20 deliveries: 18 ok, 2 failed (2 × status 500); p50 3 ms, p95 9 ms, max 12 ms`. */
export const replaySummary = (totals: ReplayTotals, { paint }: Pick<Layout, 'paint'>): string => {
  const parts = [paint.green(`${totals.ok} ok`)];
  if (totals.failed > 0) {
    const causes = [...totals.causes].map(([name, times]) => `${times} × ${name}`).join(', ');
    parts.push(`${paint.red(`${totals.failed} failed`)} (${causes})`);
  }
  if (totals.unsent > 0) parts.push(paint.red(`${totals.unsent} not sent`));
  const { p50, p95, max } = totals;
  const times = p50 === null || p95 === null || max === null ? '' : `; p50 ${duration(p50)}, p95 ${duration(p95)}, max ${duration(max)}`;
  return `${plural(totals.sent + totals.unsent, 'delivery', 'deliveries')}: ${parts.join(', ')}${times}`;
};
