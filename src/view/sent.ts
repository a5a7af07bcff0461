import type { Outcome } from '../delivery/delivery.ts';
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

/** How a delivery of a run went, as it is shown. */
export interface Sent {
  readonly outcome: Outcome;
  readonly name: string | null;
  readonly origin: string;
  /** What was expected and did not hold, one sentence each; undefined where all went as expected. */
  readonly broken: readonly string[] | undefined;
  /** What was done to the delivery, and what is worth knowing. */
  readonly notes: readonly string[];
}

/**
 * What the endpoint said to a replayed payload: status, event, where the payload is from, time; below it what was
 * not as expected with the beginning of the answer, and what was done to the delivery.
 */
export const sentLines = (sent: Sent, { paint, columns }: Layout, widths: SentColumns): string[] => {
  const { outcome, name, origin, broken, notes } = sent;
  const status = outcome.kind === 'answered' ? String(outcome.status) : 'failed';
  const room = Math.max(20, Math.min(widths.origin, columns - 6 - 1 - widths.event - 1 - 9 - 1));
  const colour = broken === undefined ? paint.green : paint.red;
  const head = `${colour(pad(status, 6))} ${paint.cyan(pad(clean(name ?? NO_EVENT), widths.event))} ${pad(clean(origin), room)} ${duration(outcome.ms).padStart(9)}`;
  if (broken === undefined && notes.length === 0) return [head];
  const below = (text: string): string => `       ${text}`;
  const fitted = (text: string): string => cut(clean(text), columns - 7);
  const lines = [head];
  if (notes.length > 0) lines.push(below(paint.dim(fitted(notes.join('; ')))));
  if (broken === undefined) return lines;
  if (outcome.kind === 'failed') return [...lines, below(paint.red(fitted(`${outcome.endpoint}: ${outcome.error}`)))];
  for (const text of broken) lines.push(below(paint.red(fitted(text))));
  const text = answerText(outcome, columns - 15);
  return text === '' ? lines : [...lines, below(`${paint.dim('answer:')} ${text}`)];
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
