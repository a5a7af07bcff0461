import type { Finding } from '../event/finding.ts';
import { clean } from '../view/clean.ts';

/** More would bury what the test is about. */
const MOST_LINES = 20;

/** Findings for the message of a failed test, one a line. */
export const findingLines = (findings: readonly Finding[]): string => {
  const shown = findings.slice(0, MOST_LINES);
  const lines = shown.map(
    ({ severity, pointer, message }) => `  ${severity.padEnd(7)}  ${clean([pointer, message].filter(Boolean).join('  '))}`,
  );
  if (findings.length > shown.length) lines.push(`  and ${findings.length - shown.length} more`);
  return lines.join('\n');
};
