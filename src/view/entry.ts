import { type Delivery, isOk, type Outcome, type Reading } from '../delivery/delivery.ts';
import type { Finding, Verdict } from '../event/finding.ts';
import { positionOf } from '../event/json.ts';
import { formatSize, type Summary, summarize } from '../event/summary.ts';
import { layOut } from './json.ts';
import type { Painter } from './paint.ts';
import { clean, cut, pad, width, wrap } from './text.ts';

/** How entries are laid out; decided once for a stream. */
export interface Layout {
  readonly paint: Painter;
  /** Columns of the terminal. */
  readonly columns: number;
  /** Local time is this many minutes ahead of UTC at a time. */
  readonly offset: (time: number) => number;
}

/** From here on an event fits on one line together with its item's id. */
const WIDE = 140;
/** Below the event, what belongs to it begins where its direction stands. */
const INDENT = ' '.repeat(9);
/** What stands where no event is named. */
export const NO_EVENT = '(no event)';
const EVENT_COLUMNS = 15;
const KIND_COLUMNS = 13;
const VERDICT_COLUMNS = 10; // unreadable
const SIZE_COLUMNS = 8;

/** The last second that was written, since many deliveries come within one. */
let lastTime: { readonly second: number; readonly offset: (time: number) => number; readonly text: string } | undefined;

/** hh:mm:ss where the person sits. */
export const clockTime = (time: number, offset: (time: number) => number): string => {
  const second = Math.floor(time / 1000);
  if (lastTime?.second === second && lastTime.offset === offset) return lastTime.text;
  lastTime = { second, offset, text: new Date(time + offset(time) * 60_000).toISOString().slice(11, 19) };
  return lastTime.text;
};

const COLOURS = { valid: 'green', invalid: 'red', unknown: 'yellow', unreadable: 'red' } as const;
const verdictColour = (paint: Painter, verdict: Verdict): ((text: string) => string) => paint[COLOURS[verdict]];

/** `valid`, or with what was remarked on: `valid, 2 warnings` would be long, so `valid 2w`. */
const verdictText = (reading: Reading): string => {
  if (reading.findings.length === 0) return reading.verdict;
  const warnings = reading.findings.filter(({ severity }) => severity === 'warning').length;
  return reading.verdict === 'valid' && warnings > 0 ? `valid ${warnings > 99 ? '99+' : warnings}w` : reading.verdict;
};

/** `Ann → Sales: “hi”`, in words that fit a line. */
const sentence = ({ who, where, what }: Summary): string => {
  const people = who === null || who === '' ? (where ?? '') : where === null || where === '' ? who : `${who} → ${where}`;
  return clean(people === '' ? what : `${people}: ${what}`);
};

/** What kept a body from being read, and where it stands. */
const unreadableText = ({ findings, text }: Reading): string => {
  const cause = findings.find(({ severity }) => severity === 'error');
  if (cause === undefined) return 'not readable';
  if (cause.rule !== 'not-json' || cause.offset === undefined || text === undefined) return cause.message;
  const { line, column } = positionOf(text, cause.offset);
  return `${cause.message} (line ${line}, column ${column})`;
};

const summaryLines = (reading: Reading, most: number): { items: Summary[]; total: number } => {
  if (reading.verdict !== 'unreadable') return summarize(reading.name ?? reading.said, reading.payload, most);
  return { items: [{ direction: null, kind: null, who: null, where: null, what: unreadableText(reading), id: null }], total: 1 };
};

/** What is wrong with the whole, or with the request line, has no place in the payload. */
const placeOf = ({ pointer, rule }: Finding): string => {
  if (pointer !== '') return cut(pointer, 200);
  return rule === 'unknown-category' || rule === 'unknown-method' ? '(request line)' : '(body)';
};

/** A finding below its event: one line, or some more where it is narrow. */
export const findingLines = (finding: Finding, { paint, columns }: Layout): string[] => {
  const colour = finding.severity === 'error' ? paint.red : paint.yellow;
  const mark = finding.severity === 'error' ? 'error  ' : 'warning';
  const text = `${clean(placeOf(finding))}  ${clean(finding.message)}`;
  const [first = '', ...rest] = wrap(text, columns - INDENT.length - 9, 4);
  return [`${INDENT}${colour(mark)}  ${first}`, ...rest.map((line) => `${INDENT}         ${line}`)];
};

/** Findings shown below one event. */
const MOST_FINDINGS = 10;
/** Items of one event that are told. */
const MOST_ITEMS = 5;

/**
 * A delivery that came in, as a person reads it: one line where the terminal is wide, two where it is narrow, one
 * for each further item, and the findings indented below.
 * @param style `pretty`, or `compact`: one line and nothing below
 */
export const entry = (delivery: Delivery, reading: Reading, layout: Layout, style: 'pretty' | 'compact'): string[] => {
  const { paint, columns } = layout;
  const { items, total } = summaryLines(reading, MOST_ITEMS);
  const first = items[0];
  const time = paint.dim(clockTime(delivery.time, layout.offset));
  const direction = (item: Summary | undefined): string => pad(item?.direction ?? '', 3);
  const name = pad(clean(reading.name ?? reading.said ?? NO_EVENT), EVENT_COLUMNS);
  const verdict = verdictColour(paint, reading.verdict)(pad(verdictText(reading), VERDICT_COLUMNS));
  const size = formatSize(delivery.body.byteLength).padStart(SIZE_COLUMNS);
  const id = paint.dim(delivery.id);
  const kind = (item: Summary | undefined): string => pad(clean(item?.kind ?? ''), KIND_COLUMNS);
  const told = first === undefined ? 'nothing: the list is empty' : sentence(first);
  const itemId = first?.id === undefined || first.id === null ? '' : clean(first.id);
  const lines: string[] = [];
  const head = `${time} ${direction(first)} ${paint.bold(name)} ${paint.cyan(kind(first))}`;
  const headColumns = 8 + 1 + 3 + 1 + EVENT_COLUMNS + 1 + KIND_COLUMNS;
  const tail = `${verdict} ${size}  ${id}`;
  const tailColumns = VERDICT_COLUMNS + 1 + SIZE_COLUMNS + 2 + width(delivery.id);
  const room = columns - headColumns - tailColumns - 2;
  if (style === 'compact') {
    const more = total > 1 ? ` (and ${total - 1} more)` : '';
    // Where it is narrow the size gives way: the line must not break.
    const narrow = columns < 100;
    const end = narrow ? `${verdict} ${id}` : tail;
    const space = columns - headColumns - (narrow ? VERDICT_COLUMNS + 1 + width(delivery.id) : tailColumns) - 2;
    return [`${head} ${pad(`${told}${more}`, Math.max(1, space))} ${end}`];
  }
  // The sentence and the item's id share a line where both fit; neither is cut for the other.
  const both = (text: string, ref: string, space: number): string | undefined => {
    const columns = width(text);
    if (ref === '') return columns <= space ? `${text}${' '.repeat(space - columns)}` : undefined;
    const rest = space - columns - width(ref);
    return rest < 2 ? undefined : `${text}${' '.repeat(rest)}${paint.dim(ref)}`;
  };
  const below = (text: string, ref: string, indent: string): string[] => {
    const space = columns - width(indent);
    if (text === '') return [`${indent}${paint.dim(cut(ref, space))}`];
    const line = both(text, ref, space);
    if (line !== undefined) return [`${indent}${line}`.trimEnd()];
    return [`${indent}${cut(text, space)}`, ...(ref === '' ? [] : [`${indent}${paint.dim(cut(ref, space))}`])];
  };
  if (columns < WIDE) lines.push(`${head} ${tail}`, ...below(told, itemId, INDENT));
  else {
    const beside = both(told, itemId, room);
    const alone = beside ?? both(told, '', room);
    lines.push(`${head} ${alone ?? ' '.repeat(room)} ${tail}`);
    if (alone === undefined) lines.push(...below(told, itemId, INDENT));
    else if (beside === undefined) lines.push(...below('', itemId, INDENT));
  }
  if (total === 1 && reading.findings.length === 0) return lines;
  for (const item of items.slice(1)) {
    lines.push(...below(`${direction(item)} ${kind(item)} ${sentence(item)}`, clean(item.id ?? ''), INDENT));
  }
  if (total > items.length) lines.push(`${INDENT}… and ${total - items.length} more ${total - items.length === 1 ? 'item' : 'items'}`);
  const shown = reading.verdict === 'unreadable' ? [] : reading.findings.slice(0, MOST_FINDINGS);
  for (const made of shown) lines.push(...findingLines(made, layout));
  if (reading.findings.length > MOST_FINDINGS && shown.length > 0) {
    lines.push(
      `${INDENT}… and ${reading.findings.length - MOST_FINDINGS} more ${reading.findings.length - MOST_FINDINGS === 1 ? 'finding' : 'findings'}`,
    );
  }
  return lines;
};

/** The body of a delivery, laid out and coloured, below its entry (`-v`). */
export const bodyLines = (text: string, layout: Layout): string[] =>
  layOut(text, layout.paint, layout.columns - 9).map((line) => `${INDENT}${line}`);

/** The beginning of an answer as one harmless line. */
export const answerText = (outcome: Outcome, columns: number): string => {
  if (outcome.kind !== 'answered') return '';
  if (outcome.answer.location !== undefined) return cut(clean(`redirects to ${outcome.answer.location}, which is not followed`), columns);
  if (outcome.answer.bytes.length === 0) return '';
  const text = new TextDecoder().decode(outcome.answer.bytes).replaceAll(/\s+/g, ' ').trim();
  return cut(clean(text), columns) + (outcome.answer.cut && width(text) <= columns ? '…' : '');
};

/** Milliseconds as people read them: 12 ms, 1.2 s. */
export const duration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/**
 * What the endpoint said to a delivery: a line, and a second one with the cause or the answer where that was not 2xx.
 * In style `compact` the cause stands on the line itself.
 * @param named whether the endpoint is named too, as it has to be where there are several
 */
export const outcomeLines = (
  outcome: Outcome,
  event: string,
  layout: Layout,
  time: number,
  style: 'pretty' | 'compact',
  named = false,
): string[] => {
  const { paint, columns } = layout;
  const at = paint.dim(clockTime(time, layout.offset));
  const ok = isOk(outcome);
  const colour = ok ? paint.green : paint.red;
  const what = outcome.kind === 'answered' ? String(outcome.status) : 'failed';
  const name = pad(clean(event === '' ? NO_EVENT : event), EVENT_COLUMNS);
  const again = (outcome.attempt ?? 1) > 1 ? `  attempt ${outcome.attempt}` : '';
  const where = named ? `  ${cut(clean(outcome.endpoint.replace(/^https?:\/\//, '')), 40)}` : '';
  const attempt = again + where === '' ? '' : paint.dim(again + where);
  const head = `${at} <-- ${name} ${colour(pad(what, KIND_COLUMNS))} ${pad(duration(outcome.ms), 8)} ${paint.dim(outcome.delivery)}${attempt}`;
  if (style === 'compact') {
    const room = columns - (8 + 5 + EVENT_COLUMNS + 1 + KIND_COLUMNS + 1 + 8 + 1 + width(outcome.delivery) + width(attempt)) - 2;
    const cause = outcome.kind === 'failed' ? cut(clean(outcome.error), room) : ok ? '' : answerText(outcome, room);
    return [cause === '' ? head : `${head}  ${cause}`];
  }
  if (outcome.kind === 'failed') return [head, `${INDENT}${paint.red(cut(clean(`${outcome.endpoint}: ${outcome.error}`), columns - 9))}`];
  const text = ok ? '' : answerText(outcome, columns - 18);
  return text === '' ? [head] : [head, `${INDENT}${paint.dim('answer:')} ${text}`];
};
