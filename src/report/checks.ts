import { EXIT, type ExitCode } from '../errors.ts';
import type { Finding } from '../event/finding.ts';
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

/** Collects what was found in many files. */
export interface Checks {
  /** One file that was read. */
  add(events: number, rows: readonly FileFindingRow[]): void;
  /** A source that could not be used. */
  trouble(exitCode: ExitCode): void;
  totals(): Totals;
  rows(): readonly FileFindingRow[];
  /** Where several hold, 2 before 3 before 1. */
  exitCode(strict: boolean): ExitCode;
}

export const createChecks = (): Checks => {
  const rows: FileFindingRow[] = [];
  const troubles = new Set<ExitCode>();
  let files = 0;
  let events = 0;
  let errors = 0;
  let warnings = 0;
  return {
    add(more, found) {
      files++;
      events += more;
      for (const row of found) {
        rows.push(row);
        if (row.finding.severity === 'error') errors++;
        else warnings++;
      }
    },
    trouble: (exitCode) => void troubles.add(exitCode),
    totals: () => ({ files, events, errors, warnings }),
    rows: () => rows,
    exitCode(strict) {
      if (troubles.has(EXIT.usage)) return EXIT.usage;
      if (troubles.has(EXIT.environment)) return EXIT.environment;
      return errors > 0 || (strict && warnings > 0) || troubles.size > 0 ? EXIT.wanting : EXIT.ok;
    },
  };
};
