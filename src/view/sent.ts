import { isOk, type Outcome } from '../delivery/delivery.ts';
import { answerText, duration, type Layout } from './entry.ts';
import { clean, cut, pad, width } from './text.ts';

/** Columns for the events of a run. */
export const eventColumns = (names: Iterable<string | null>): number =>
  Math.min(
    20,
    [...new Set(names)].reduce((most, name) => Math.max(most, width(name ?? NO_EVENT)), 0),
  );

const NO_EVENT = '(no event)';

/**
 * What the endpoint said to a replayed payload: status, event, where the payload is from, time; below it the
 * beginning of an answer that was not 2xx.
 * @param eventColumns width of the column with the event (`eventColumns`)
 */
export const sentLines = (
  outcome: Outcome,
  name: string | null,
  origin: string,
  { paint, columns }: Layout,
  eventColumns: number,
): string[] => {
  const ok = isOk(outcome);
  const status = outcome.kind === 'answered' ? String(outcome.status) : 'failed';
  const room = Math.max(20, columns - 6 - 1 - eventColumns - 1 - 9 - 1);
  const head = `${(ok ? paint.green : paint.red)(pad(status, 6))} ${paint.cyan(pad(clean(name ?? NO_EVENT), eventColumns))} ${pad(clean(origin), room)} ${duration(outcome.ms).padStart(9)}`;
  if (outcome.kind === 'failed') return [head, `       ${paint.red(cut(clean(`${outcome.endpoint}: ${outcome.error}`), columns - 7))}`];
  const text = ok ? '' : answerText(outcome, columns - 15);
  return text === '' ? [head] : [head, `       ${paint.dim('answer:')} ${text}`];
};
