import type { Rule, Severity } from '../event/finding.ts';
import type { Layout } from '../view/entry.ts';
import { clean, plural } from '../view/text.ts';
import type { FileFindingRow, Totals } from './checks.ts';
import { ABOVE, BELOW, frame } from './frame.ts';
import type { CreateReporter, ReportContext, ReportedRow } from './reporter.ts';

/** `file:line:column  severity  event  pointer  message`, whole: people and editors search in it. */
export const findingText = ({ file, line, column, event, finding }: FileFindingRow, { paint }: Pick<Layout, 'paint'>): string => {
  const colour = finding.severity === 'error' ? paint.red : paint.yellow;
  return [
    `${paint.bold(clean(file))}:${line}:${column}`,
    colour(finding.severity),
    paint.cyan(event ?? '-'),
    finding.pointer === '' ? '-' : clean(finding.pointer),
    clean(finding.message),
  ].join('  ');
};

/** `11 files, 218 events: no findings`, or how many of each. */
export const summaryText = ({ files, events, errors, warnings }: Totals, { paint }: Pick<Layout, 'paint'>): string => {
  const seen = `${plural(files, 'file')}, ${plural(events, 'event')}`;
  if (errors === 0 && warnings === 0) return `${seen}: ${files === 0 ? 'nothing was checked' : paint.green('no findings')}`;
  const parts = [
    errors > 0 ? paint.red(plural(errors, 'error')) : '0 errors',
    warnings > 0 ? paint.yellow(plural(warnings, 'warning')) : '0 warnings',
  ];
  return `${seen}: ${parts.join(', ')}`;
};

/** Findings of one kind: the first as it is printed, and how many there are. */
interface Group {
  readonly severity: Severity;
  /** Place of the first: which file, and where in it. */
  readonly order: readonly [file: number, line: number, column: number];
  readonly message: string;
  /** Line of the first, frame, rule. */
  readonly lines: readonly string[];
  readonly place: string;
  readonly pattern: string;
  count: number;
  /** Whether another message than that of the first was met. */
  differs: boolean;
}

/** Groups that are kept; warnings take half of them at most, so that errors find room. */
const MOST_GROUPS = 1000;
const MOST_WARNING_GROUPS = MOST_GROUPS / 2;
/** Letters of one finding that are kept or compared: strangers' keys may have any length. */
const MOST_LETTERS = 10_000;
const MOST_COMPARED = 500;

/** The value differs from event to event while the defect is one. What was found is compared by its kind alone. */
const BY_KIND: ReadonlySet<Rule> = new Set(['wrong-type', 'unknown-member', 'odd-id', 'odd-time', 'out-of-range']);

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** A copy that does not keep the long text alive that it was cut from. */
const own = (text: string): string => decoder.decode(encoder.encode(text));

const patternOf = (pointer: string): string => pointer.slice(0, MOST_LETTERS).replace(/\/\d+(?=\/|$)/g, '/*');

const keyOf = ({ event, finding }: Pick<FileFindingRow, 'event' | 'finding'>, pattern: string): string => {
  const { rule, expected, found, message } = finding;
  const words = BY_KIND.has(rule) ? (/^the (?:string|number)/.exec(found)?.[0] ?? found) : message;
  // Of what is too long to be compared, the length has to do.
  return [rule, event, expected, words, pattern.length, pattern].map((part) => String(part).slice(0, MOST_COMPARED)).join('\n');
};

/** Tells apart what the report shows as one block. */
export const kindOf = (row: Pick<FileFindingRow, 'event' | 'finding'>): string => keyOf(row, patternOf(row.finding.pointer));

const byPlace = ({ order: a }: Group, { order: b }: Group): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

const byWeight = (a: Group, b: Group): number =>
  (a.severity === b.severity ? 0 : a.severity === 'error' ? -1 : 1) || b.count - a.count || byPlace(a, b);

const firstOf = (row: ReportedRow, file: number, pattern: string, context: ReportContext): Group => {
  const { paint, columns } = context;
  const { finding, line, column } = row;
  const excerpt = row.excerpt(ABOVE, BELOW);
  const mark = finding.severity === 'error' ? paint.red : paint.yellow;
  const head = findingText(row, context);
  const lines = [
    head.length > MOST_LETTERS ? `${head.slice(0, MOST_LETTERS)}…` : head,
    ...(excerpt === undefined ? [] : frame(excerpt, { line, column }, { paint, columns, mark })),
    paint.dim(`    rule ${finding.rule}: whapi-hooks explain ${finding.rule}`),
  ];
  return {
    severity: finding.severity,
    order: [file, line, column],
    message: own(finding.message.slice(0, MOST_COMPARED)),
    lines: lines.map(own),
    place: `${clean(row.file)}:${line}:${column}`,
    pattern: own(clean(pattern)),
    count: 1,
    differs: false,
  };
};

const blockOf = ({ lines, count, differs, pattern, place }: Group, { paint }: ReportContext): string => {
  if (count === 1) return `${lines.join('\n')}\n\n`;
  const at = pattern.includes('*') ? ` at ${pattern}` : '';
  const counted = paint.dim(`    ×${count}${at}, first at ${place}${differs ? '; other values elsewhere' : ''}`);
  return `${lines.join('\n')}\n${counted}\n\n`;
};

/**
 * Findings of the same kind (rule, event, pointer without list indexes, words) as one block: the first of them, the
 * lines around it, and how many there are. Blocks leave at the end, in the order of the files; where there are more
 * than the limit, the errors and the most frequent ones, and a count of the others.
 */
export const textReporter: CreateReporter = (context) => {
  const groups = new Map<string, Group>();
  /** Findings of kinds that were met after the groups had run out. */
  const beyond = { error: 0, warning: 0 };
  let warningGroups = 0;
  let files = 0;

  const hidden = (rest: readonly Group[]): string => {
    const sum = (severity: Severity): number =>
      rest.reduce((count, group) => count + (group.severity === severity ? group.count : 0), beyond[severity]);
    const [errors, warnings] = [sum('error'), sum('warning')];
    if (errors + warnings === 0) return '';
    const unkept = beyond.error + beyond.warning > 0;
    const kinds = `${unkept ? 'more than ' : ''}${plural(rest.length, 'other kind')}`;
    const parts = [errors > 0 ? plural(errors, 'error') : '', warnings > 0 ? plural(warnings, 'warning') : ''].filter(
      (part) => part !== '',
    );
    return `… and ${parts.join(', ')} of ${kinds}, not shown here. --reporter ndjson lists every one.\n\n`;
  };

  return {
    begin: () => '',
    row(row) {
      const { severity, pointer, message } = row.finding;
      const pattern = patternOf(pointer);
      const key = keyOf(row, pattern);
      const group = groups.get(key);
      if (group !== undefined) {
        group.count++;
        group.differs ||= group.message !== message.slice(0, MOST_COMPARED);
      } else if (groups.size < MOST_GROUPS && (severity === 'error' || warningGroups < MOST_WARNING_GROUPS)) {
        if (severity === 'warning') warningGroups++;
        groups.set(own(key), firstOf(row, files, pattern, context));
      } else beyond[severity]++;
      return '';
    },
    file() {
      files++;
      return '';
    },
    end(totals) {
      const all = [...groups.values()];
      const few = all.length <= context.limit && beyond.error + beyond.warning === 0;
      const sorted = all.sort(few ? byPlace : byWeight);
      const blocks = sorted.slice(0, context.limit).map((group) => blockOf(group, context));
      return `${blocks.join('')}${hidden(sorted.slice(context.limit))}${summaryText(totals, context)}\n`;
    },
  };
};
