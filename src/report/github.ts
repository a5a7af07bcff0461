import type { Severity } from '../event/finding.ts';
import { plain } from '../view/paint.ts';
import { clean, plural } from '../view/text.ts';
import type { FileFindingRow, Totals } from './checks.ts';
import type { CreateReporter } from './reporter.ts';
import { rowSentence } from './row.ts';
import { summaryText } from './text.ts';

/*
 * Workflow commands of GitHub Actions (docs.github.com, "Workflow commands"). @actions/core writes them to the process
 * itself and brings an HTTP client; what it does to the text (src/command.ts) is done here.
 */

/** Annotations of one level that GitHub shows for a step. */
export const MOST_ANNOTATIONS = 10;

/** Text of a workflow command. */
export const data = (text: string): string => clean(text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A'));
/** The value of a property of a workflow command. */
export const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** Annotations, as many as GitHub shows, and a notice of how many more there are. */
export const githubReporter: CreateReporter = ({ fromRoot }) => {
  const counts = { error: 0, warning: 0 };
  const more = (severity: Severity): string | undefined => {
    const count = counts[severity] - MOST_ANNOTATIONS;
    return count > 0 ? plural(count, `more ${severity}`) : undefined;
  };
  return {
    begin: () => '',
    row(row) {
      const { file, line, column, finding } = row;
      if (++counts[finding.severity] > MOST_ANNOTATIONS) return '';
      const place = `file=${property(fromRoot(file))},line=${line},col=${column},title=${property(`whapi-hooks ${finding.rule}`)}`;
      return `::${finding.severity} ${place}::${data(rowSentence(row))}\n`;
    },
    file: () => '',
    end() {
      const rest = [more('error'), more('warning')].filter((part) => part !== undefined);
      if (rest.length === 0) return '';
      const text = `${rest.join(' and ')} without an annotation: GitHub shows ${MOST_ANNOTATIONS} of each for a step.`;
      return `::notice title=whapi-hooks::${data(text)}\n`;
    },
  };
};

/** Findings in a step summary, letters of a cell, and bytes of it all: GitHub takes 1 MiB. */
const MOST_ROWS = 100;
const MOST_LETTERS = 300;
const MOST_BYTES = 1_000_000;

const encoder = new TextEncoder();

/** Text in a cell of a Markdown table: signs that Markdown or HTML would act on stand as character references. */
export const cell = (text: string): string => {
  const short = text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
  return clean(short).replace(/[!#$%&()*+.:;<>?@[\\\]^_`{|}~]/g, (sign) => `&#${sign.charCodeAt(0)};`);
};

/**
 * The Markdown of a step summary (GITHUB_STEP_SUMMARY): the counts, and a table of the first findings.
 * @param rows the findings, or the first 100 of them; how many there are is told by the totals
 */
export const stepSummary = (totals: Totals, rows: readonly FileFindingRow[]): string => {
  const lines = ['### whapi-hooks validate', '', cell(summaryText(totals, { paint: plain })), ''];
  const all = totals.errors + totals.warnings;
  if (rows.length > 0) {
    lines.push('| place | severity | rule | event | pointer | finding |', '| --- | --- | --- | --- | --- | --- |');
    let bytes = 0;
    let shown = 0;
    for (const { file, line, column, event, finding } of rows.slice(0, MOST_ROWS)) {
      const cells = [`${file}:${line}:${column}`, finding.severity, finding.rule, event ?? '', finding.pointer, finding.message];
      const made = `| ${cells.map(cell).join(' | ')} |`;
      bytes += encoder.encode(made).length + 1;
      if (bytes > MOST_BYTES) break;
      lines.push(made);
      shown++;
    }
    lines.push('');
    if (shown < all) lines.push(`${shown} of ${all} findings are shown.`, '');
  }
  return `${lines.join('\n')}\n`;
};

/** `stepSummary` as a report: keeps the first findings, and gives the Markdown at the end. */
export const stepSummaryReporter: CreateReporter = () => {
  const rows: FileFindingRow[] = [];
  return {
    begin: () => '',
    row({ file, line, column, event, finding }) {
      if (rows.length < MOST_ROWS) rows.push({ file, line, column, event, finding });
      return '';
    },
    file: () => '',
    end: (totals) => stepSummary(totals, rows),
  };
};
