import { harmlessJson } from '../delivery/recording.ts';
import type { FileFindingRow } from './checks.ts';
import type { CreateReporter } from './reporter.ts';

/** A finding as a member of the JSON report (schemas/report.schema.json). */
export const jsonRow = ({ file, line, column, event, finding }: FileFindingRow): { readonly [member: string]: unknown } => {
  const { severity, rule, pointer, message, found, expected, nearest } = finding;
  return { file, line, column, severity, rule, event, pointer, message, found, expected, ...(nearest === undefined ? {} : { nearest }) };
};

/** One document. Its findings leave as they come, the counts behind them: nothing is held. */
export const jsonReporter: CreateReporter = () => {
  let first = true;
  return {
    begin: () => '{\n  "findings": [',
    row(row) {
      const before = first ? '\n    ' : ',\n    ';
      first = false;
      return before + harmlessJson(jsonRow(row));
    },
    file: () => '',
    end: ({ files, events, errors, warnings }) =>
      `${first ? '' : '\n  '}],\n  "files": ${files},\n  "events": ${events},\n  "errors": ${errors},\n  "warnings": ${warnings}\n}\n`,
  };
};
