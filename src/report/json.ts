import { harmlessJson } from '../delivery/recording.ts';
import type { FileFindingRow, Totals } from './checks.ts';

/** The findings of `validate --json`: one document (schemas/report.schema.json). */
export const jsonReport = (totals: Totals, rows: readonly FileFindingRow[]): string => {
  const findings = rows.map(({ file, line, column, event, finding }) => {
    const { severity, rule, pointer, message, found, expected, nearest } = finding;
    return { file, line, column, severity, rule, event, pointer, message, found, expected, ...(nearest === undefined ? {} : { nearest }) };
  });
  return `${harmlessJson({ ...totals, findings }, 2)}\n`;
};
