import { isOk, type Outcome } from '../delivery/delivery.ts';
import type { Planned } from '../delivery/shipments.ts';
import { formatSize } from '../event/summary.ts';
import { answerText, duration, type Layout, NO_EVENT } from './entry.ts';
import { clean, cut, pad, width } from './text.ts';

/** Widths of the columns of a run. */
export interface SentColumns {
  readonly event: number;
  readonly origin: number;
}

const widest = (texts: Iterable<string>, most: number): number =>
  [...new Set(texts)].reduce((columns, text) => Math.max(columns, Math.min(most, width(clean(text)))), 0);

/** The columns that a run's payloads need, within reason. */
export const sentColumns = (rows: readonly { readonly name: string | null; readonly origin: string }[]): SentColumns => ({
  event: widest(
    rows.map(({ name }) => name ?? NO_EVENT),
    20,
  ),
  origin: widest(
    rows.map(({ origin }) => origin),
    90,
  ),
});

/**
 * What the endpoint said to a replayed payload: status, event, where the payload is from, time; below it the
 * beginning of an answer that was not 2xx.
 */
export const sentLines = (
  outcome: Outcome,
  name: string | null,
  origin: string,
  { paint, columns }: Layout,
  widths: SentColumns,
): string[] => {
  const ok = isOk(outcome);
  const status = outcome.kind === 'answered' ? String(outcome.status) : 'failed';
  const room = Math.max(20, Math.min(widths.origin, columns - 6 - 1 - widths.event - 1 - 9 - 1));
  const head = `${(ok ? paint.green : paint.red)(pad(status, 6))} ${paint.cyan(pad(clean(name ?? NO_EVENT), widths.event))} ${pad(clean(origin), room)} ${duration(outcome.ms).padStart(9)}`;
  if (outcome.kind === 'failed') return [head, `       ${paint.red(cut(clean(`${outcome.endpoint}: ${outcome.error}`), columns - 7))}`];
  const text = ok ? '' : answerText(outcome, columns - 15);
  return text === '' ? [head] : [head, `       ${paint.dim('answer:')} ${text}`];
};

/** What would be sent, on a line: event, where the payload is from, request line, size. */
export const plannedLine = (
  { name, shipment, origin }: Planned & { readonly origin: string },
  target: string,
  { paint, columns }: Layout,
  widths: SentColumns,
): string => {
  const room = Math.max(20, Math.min(widths.origin, columns - widths.event - 40));
  const line = cut(clean(`${shipment.method} ${target}`), Math.max(20, columns - widths.event - room - 12));
  return `${paint.cyan(pad(clean(name ?? NO_EVENT), widths.event))} ${pad(clean(origin), room)} ${formatSize(shipment.body.byteLength).padStart(8)}  ${line}`;
};
