import { isOk } from '../delivery/delivery.ts';
import { isTaken, lastOutcomes, type Stored, type StoredOutcome } from '../delivery/stored.ts';
import { formatSize } from '../event/summary.ts';
import { answerText, clockTime, duration, entry, findingLines, type Layout } from './entry.ts';
import { layOut } from './json.ts';
import { clean, cut, pad, width } from './text.ts';

/** Columns of the outcome at the end of a line. */
const OUTCOME_COLUMNS = 9;

const word = ({ outcome }: StoredOutcome): string => (outcome.kind === 'answered' ? String(outcome.status) : 'failed');

/** How the endpoints took a delivery in the end: `200`, `failed`, or `-` where it was not sent on. */
const taken = ({ outcomes }: Stored, { paint }: Layout): string => {
  if (outcomes.length === 0) return paint.dim(pad('-', OUTCOME_COLUMNS));
  return (isTaken(outcomes) ? paint.green : paint.red)(pad(lastOutcomes(outcomes).map(word).join(' '), OUTCOME_COLUMNS));
};

/** The day of a time where the person sits: 2026-03-01. */
export const day = (time: number, offset: Layout['offset']): string => new Date(time + offset(time) * 60_000).toISOString().slice(0, 10);

const narrowed = (layout: Layout, columns: number): Layout => ({
  paint: layout.paint,
  offset: layout.offset,
  columns: layout.columns - columns,
});

/** A delivery of the history on one line, as `listen` shows it, with how it was taken. */
export const historyLine = (stored: Stored, layout: Layout): string => {
  const [line = ''] = entry(stored.delivery, stored.reading, narrowed(layout, OUTCOME_COLUMNS + 2), 'compact');
  return `${line}  ${taken(stored, layout)}`.trimEnd();
};

/** Lines of a body that are shown. */
const MOST_LINES = 2000;
const INDENT = '  ';

const bodyLines = ({ delivery, reading }: Stored, layout: Layout): string[] => {
  if (delivery.body.byteLength === 0) return [];
  const { text } = reading;
  if (text === undefined) return [`${INDENT}${layout.paint.dim('bytes that are no UTF-8; --json shows them as base64')}`];
  if (reading.verdict !== 'unreadable') return layOut(text, layout.paint, layout.columns - 2, MOST_LINES).map((line) => `${INDENT}${line}`);
  return text
    .slice(0, 20_000)
    .split('\n')
    .slice(0, 200)
    .map((line) => `${INDENT}${cut(clean(line), layout.columns - 2)}`);
};

const attemptLines = ({ outcome, time, attempt }: StoredOutcome, layout: Layout): string[] => {
  const { paint, columns } = layout;
  const what = outcome.kind === 'answered' ? String(outcome.status) : 'failed';
  const head = `${INDENT}${paint.dim(clockTime(time, layout.offset))} ${(isOk(outcome) ? paint.green : paint.red)(pad(what, 6))} ${duration(outcome.ms).padStart(8)}  ${cut(clean(outcome.endpoint), Math.max(20, columns - 42))}${attempt > 1 ? paint.dim(`  attempt ${attempt}`) : ''}`;
  const text = outcome.kind === 'failed' ? cut(clean(outcome.error), columns - 11) : answerText(outcome, columns - 19);
  if (text === '') return [head];
  return [head, `${INDENT}         ${outcome.kind === 'failed' ? paint.red(text) : `${paint.dim('answer:')} ${text}`}`];
};

/** All that the history knows of a delivery. */
export const showLines = (stored: Stored, layout: Layout): string[] => {
  const { delivery, reading, outcomes } = stored;
  const { paint, columns } = layout;
  const title = (text: string): string => paint.bold(text);
  const names = Math.min(30, Math.max(0, ...delivery.headers.map(([name]) => width(clean(name)))));
  const [line = ''] = entry(delivery, reading, layout, 'compact');
  return [
    line.trimEnd(),
    '',
    `${title(clean(delivery.method))} ${cut(clean(delivery.url), columns - 8)}  ${paint.dim(`${day(delivery.time, layout.offset)}, mode ${clean(reading.mode)}`)}`,
    ...delivery.headers.map(
      ([name, value]) => `${INDENT}${paint.dim(pad(clean(name), names))}  ${cut(clean(value), Math.max(20, columns - names - 4))}`,
    ),
    '',
    `${title('Body')} ${paint.dim(formatSize(delivery.body.byteLength))}`,
    ...bodyLines(stored, layout),
    '',
    `${title('Findings')} ${paint.dim(String(reading.findings.length))}`,
    ...reading.findings.flatMap((finding) => findingLines(finding, layout)),
    '',
    `${title('Outcomes')} ${paint.dim(String(outcomes.length))}`,
    ...outcomes.flatMap((outcome) => attemptLines(outcome, layout)),
  ];
};
