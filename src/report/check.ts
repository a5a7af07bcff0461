import { RECORD_VERSION } from '../delivery/recording.ts';
import { CHECK_RULES, type CheckFinding, type CheckReport, countRulings, type Ruling } from '../replay/check.ts';
import type { JsonObject } from '../schema/keywords.ts';
import type { Layout } from '../view/entry.ts';
import { clean, plural, wrap } from '../view/text.ts';

/** The command that shows a finding again. */
export type AgainOf = (finding: CheckFinding) => string;

const STATUS = 11;
const RULE = 16;
const MOST_LINES = 6;

/** Text behind a label, broken into lines below one another. */
const labelled = (label: string, text: string, indent: number, columns: number): string[] => {
  const start = ' '.repeat(indent) + label;
  return wrap(clean(text), Math.max(30, columns - start.length), MOST_LINES).map((line, at) =>
    at === 0 ? start + line : ' '.repeat(start.length) + line,
  );
};

const head = ({ rule }: Ruling, word: string, paint: (text: string) => string): string =>
  `${paint(word.padEnd(STATUS))}${rule.padEnd(RULE)} `;

const foundLines = (ruling: Extract<Ruling, { status: 'found' }>, { paint, columns }: Layout, againOf: AgainOf): string[] => {
  const { rule, findings } = ruling;
  const { sentence, why, fix } = CHECK_RULES[rule];
  const [first] = findings;
  return [
    `${head(ruling, 'found', paint.red)}A right handler ${sentence}. Not so here:`,
    ...findings.flatMap(({ message, origin, more }) => [
      ...labelled('', message, STATUS, columns),
      ...(origin === null ? [] : labelled('at ', origin, STATUS + 2, columns).map(paint.dim)),
      ...(more === 0 ? [] : [`${' '.repeat(STATUS + 2)}${more} more like it`]),
    ]),
    ...labelled('why    ', why, STATUS, columns),
    ...labelled('fix    ', fix, STATUS, columns),
    // A command is copied, so it stays on its line.
    ...(first === undefined ? [] : [`${' '.repeat(STATUS)}again  ${paint.cyan(clean(againOf(first)))}`]),
    '',
  ];
};

const otherLines = (ruling: Exclude<Ruling, { status: 'found' }>, { paint, columns }: Layout): string[] => {
  const start = ruling.status === 'passed' ? head(ruling, 'passed', paint.green) : head(ruling, 'unchecked', paint.yellow);
  const indent = STATUS + RULE + 1;
  const [line = '', ...rest] = labelled('', `${CHECK_RULES[ruling.rule].sentence}: ${ruling.note}`, indent, columns);
  return [start + line.slice(indent), ...rest];
};

/** What a check found, for a person: what is wrong, what could not be checked, what is right, and the verdict. */
export const checkLines = (report: CheckReport, layout: Layout, againOf: AgainOf): string[] => {
  const { paint } = layout;
  const { rulings, remarks, ended } = report;
  const counts = countRulings(report);
  const parts = [paint.green(`${counts.passed} passed`)];
  if (counts.found > 0) parts.push(paint.red(`${counts.found} found wanting`));
  if (counts.unchecked > 0) parts.push(paint.yellow(`${counts.unchecked} not checked`));
  return [
    ...rulings.flatMap((ruling) => (ruling.status === 'found' ? foundLines(ruling, layout, againOf) : [])),
    ...rulings.flatMap((ruling) => (ruling.status === 'unchecked' ? otherLines(ruling, layout) : [])),
    ...rulings.flatMap((ruling) => (ruling.status === 'passed' ? otherLines(ruling, layout) : [])),
    ...remarks.flatMap((remark) => labelled('remark     ', remark, 0, layout.columns)),
    `${plural(rulings.length, 'rule')}: ${parts.join(', ')}${ended === null ? '' : `; the check ended early: ${clean(ended)}`}`,
  ];
};

/** The records of `replay --check --json`: one for each rule, and the verdict. */
export const checkRecords = (report: CheckReport, againOf: AgainOf): JsonObject[] => [
  ...report.rulings.map((ruling): JsonObject => {
    const { sentence, why, fix } = CHECK_RULES[ruling.rule];
    return {
      v: RECORD_VERSION,
      type: 'rule',
      rule: ruling.rule,
      status: ruling.status,
      sentence,
      ...(ruling.status === 'found'
        ? {
            why,
            fix,
            findings: ruling.findings.map((finding) => ({
              message: finding.message,
              event: finding.event,
              source: finding.origin,
              more: finding.more,
              again: againOf(finding),
            })),
          }
        : { note: ruling.note }),
    };
  }),
  { v: RECORD_VERSION, type: 'checked', ...countRulings(report), ended: report.ended, remarks: report.remarks },
];
