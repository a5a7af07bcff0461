import type { Layout } from '../view/entry.ts';
import { clean, plural } from '../view/text.ts';
import type { FileFindingRow, Totals } from './checks.ts';
import type { CreateReporter } from './reporter.ts';

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

/** A line for each finding, and the summary. */
export const textReporter: CreateReporter = (context) => ({
  begin: () => '',
  row: (row) => `${findingText(row, context)}\n`,
  file: () => '',
  end: (totals) => `${summaryText(totals, context)}\n`,
});
