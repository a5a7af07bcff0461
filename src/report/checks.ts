import { EXIT, type ExitCode } from '../errors.ts';
import type { Finding, Rule } from '../event/finding.ts';
import type { EventName } from '../event/name.ts';

/** A finding in a file. */
export interface FileFindingRow {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly event: EventName | null;
  readonly finding: Finding;
}

export interface Totals {
  readonly files: number;
  readonly events: number;
  readonly errors: number;
  readonly warnings: number;
}

/** From which severity on findings make the check fail. */
export const FAIL_ON = ['error', 'warning', 'never'] as const;
export type FailOn = (typeof FAIL_ON)[number];

/** Counts what was found in many files, and says what of it counts. */
export interface Checks {
  /** A file that was read. */
  file(): void;
  /** A payload in it. */
  event(): void;
  /** A finding that is reported; ignored ones are none. */
  found(finding: Finding): void;
  /** A source that could not be used. */
  trouble(exitCode: ExitCode): void;
  ignores(finding: Finding): boolean;
  fails(finding: Finding): boolean;
  totals(): Totals;
  /** Where several hold, 2 before 3 before 1. */
  exitCode(): ExitCode;
}

export const createChecks = (failOn: FailOn, ignored: ReadonlySet<Rule> = new Set()): Checks => {
  const troubles = new Set<ExitCode>();
  const totals = { files: 0, events: 0, errors: 0, warnings: 0 };
  let failed = false;
  const fails = ({ severity }: Finding): boolean => failOn === 'warning' || (failOn === 'error' && severity === 'error');
  return {
    file: () => void totals.files++,
    event: () => void totals.events++,
    found(finding) {
      if (finding.severity === 'error') totals.errors++;
      else totals.warnings++;
      failed ||= fails(finding);
    },
    trouble: (exitCode) => void troubles.add(exitCode),
    ignores: ({ rule }) => ignored.has(rule),
    fails,
    totals: () => ({ ...totals }),
    exitCode() {
      if (troubles.has(EXIT.usage)) return EXIT.usage;
      if (troubles.has(EXIT.environment)) return EXIT.environment;
      return failed || troubles.size > 0 ? EXIT.wanting : EXIT.ok;
    },
  };
};
