import { harmlessJson } from '../delivery/recording.ts';
import { jsonRow } from './json.ts';
import type { CreateReporter } from './reporter.ts';

/** One JSON object a line: each finding as it comes (`type` finding), the counts in the last line (`type` summary). */
export const ndjsonReporter: CreateReporter = () => ({
  begin: () => '',
  row: (row) => `${harmlessJson({ type: 'finding', ...jsonRow(row) })}\n`,
  file: () => '',
  end: ({ files, events, errors, warnings }) => `${harmlessJson({ type: 'summary', files, events, errors, warnings })}\n`,
});
