import type { Painter } from '../view/paint.ts';
import type { FileFindingRow, Totals } from './checks.ts';

/** Lines of a file around a finding. */
export interface Excerpt {
  /** Number of the first line given (from 1). */
  readonly firstLine: number;
  readonly lines: readonly string[];
}

/** A finding in a file, as reporters get it. */
export interface ReportedRow extends FileFindingRow {
  /** Name or place of its payload in the file; null where the file is the payload, or none was read. */
  readonly payload: string | null;
  /** Whether it counts under the chosen strictness. */
  readonly fails: boolean;
  /** The lines around it: up to `before` lines above and `after` below. Asked for while the row is handed over, not later. */
  excerpt(before: number, after: number): Excerpt | undefined;
}

/** A file that has been checked, after its rows. */
export interface CheckedFile {
  readonly file: string;
  readonly events: number;
  readonly errors: number;
  readonly warnings: number;
  /** Payloads without any finding. */
  readonly clean: number;
}

export interface ReportContext {
  readonly paint: Painter;
  readonly columns: number;
  readonly version: string;
  /** When the run began, ISO 8601. */
  readonly time: string;
  /** Groups or findings that the text report prints. */
  readonly limit: number;
  /** A file as the repository's root sees it: where a run begins below the root, GitHub would not find it otherwise. */
  fromRoot(file: string): string;
}

/** Turns findings into one format. Each call returns the text to write now; '' where there is nothing yet. */
export interface Reporter {
  begin(): string;
  row(row: ReportedRow): string;
  file(file: CheckedFile): string;
  end(totals: Totals): string;
}

export type CreateReporter = (context: ReportContext) => Reporter;
