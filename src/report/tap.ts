import { clean, plural } from '../view/text.ts';
import type { CheckedFile, CreateReporter, ReportedRow } from './reporter.ts';

/*
 * TAP version 14 (testanything.org/tap-version-14-specification.html). Its writers on npm are test runners; the format
 * is a line a file, so it is written here.
 */

/** Findings of one file that its diagnostics tell. */
const MOST_FINDINGS = 1000;
const MOST_LETTERS = 2000;

/** In a description \ and # are escaped, or the rest would be a directive. */
const description = (text: string): string => clean(text).replace(/[\\#]/g, '\\$&');

/** JSON strings are YAML; what YAML forbids in them is gone with clean(). */
const scalar = (text: string): string =>
  JSON.stringify(clean(text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text)).replace(/[\ufffe\uffff]/g, '\ufffd');

const yaml = ({ line, column, event, payload, finding }: ReportedRow): string => {
  const { severity, rule, pointer, message, found, expected, nearest } = finding;
  const members: [string, string | number | null | undefined][] = [
    ['severity', severity],
    ['rule', rule],
    ['line', line],
    ['column', column],
    ['payload', payload],
    ['event', event],
    ['pointer', pointer],
    ['message', message],
    ['found', found],
    ['expected', expected],
    ['nearest', nearest],
  ];
  return members
    .filter(([, value]) => value !== undefined)
    .map(([name, value], index) => `    ${index === 0 ? '- ' : '  '}${name}: ${typeof value === 'string' ? scalar(value) : value}\n`)
    .join('');
};

/** TAP 14: a test point for each file, its findings as diagnostics, the plan at the end. */
export const tapReporter: CreateReporter = () => {
  let points = 0;
  let findings: string[] = [];
  let count = 0;
  let failed = false;
  const point = (file: string): string => {
    const more = count > findings.length ? `  omitted: ${scalar(plural(count - findings.length, 'more finding'))}\n` : '';
    const diagnostics = count === 0 ? '' : `  ---\n  findings:\n${findings.join('')}${more}  ...\n`;
    const text = `${failed ? 'not ok' : 'ok'} ${++points} - ${description(file)}\n${diagnostics}`;
    findings = [];
    count = 0;
    failed = false;
    return text;
  };
  let current = '';
  return {
    begin: () => 'TAP version 14\n',
    row(row) {
      current = row.file;
      failed ||= row.fails;
      if (++count <= MOST_FINDINGS) findings.push(yaml(row));
      return '';
    },
    file: ({ file }: CheckedFile) => point(file),
    end() {
      // A run that was broken off leaves a file half told.
      const rest = count > 0 ? point(current) : '';
      return `${rest}1..${points}${points === 0 ? ' # SKIP nothing was checked' : ''}\n`;
    },
  };
};
