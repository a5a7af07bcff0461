import { checkEntry, eventOfFile } from '../../delivery/check.ts';
import type { Rule } from '../../event/finding.ts';
import type { EventName } from '../../event/name.ts';
import type { Overlay } from '../../event/overlay.ts';
import { join } from '../../io/files.ts';
import type { Reports } from '../../io/reports.ts';
import { checkSegments, hasSegments, WORTH_THREADS } from '../../io/segments.ts';
import type { DocumentSource } from '../../io/sources.ts';
import type { Checks } from '../../report/checks.ts';
import type { CoverageCollector } from '../../report/coverage.ts';
import { type Row, rowInFile, rowOfProblem, rowsOfEntry } from '../../report/rows.ts';
import type { Runtime } from '../../runtime.ts';

/** Payloads after which the screen gets a turn. */
const TURN = 2048;
/** More threads gain little: one has to report what all of them find. */
const MOST_THREADS = 4;
const NOTHING: readonly Row[] = [];

/** What a check of documents has to do with. */
export interface Checking {
  readonly runtime: Runtime;
  readonly checks: Checks;
  readonly reports: Reports;
  readonly as: EventName | undefined;
  readonly overlay: Overlay | undefined;
  readonly ignore: readonly Rule[];
  /** Threads for large files of lines. */
  readonly jobs: number | undefined;
  readonly coverage: CoverageCollector | undefined;
  /** Aborted when nobody reads the report. */
  readonly closed: AbortSignal;
  /** Whether nothing is to be remarked on a payload, told without reading it. */
  isSound(body: Uint8Array): boolean;
  add(file: string, rows: readonly Row[]): void;
  progressed(bytes: number): void;
  /** Gives the screen a turn. */
  turn(): Promise<void>;
}

/** @returns what checks the payloads of a document and reports them */
export const createCheck = (checking: Checking): ((source: DocumentSource) => Promise<void>) => {
  const { runtime, checks, reports, overlay, ignore, coverage, closed, add, turn } = checking;

  /** @returns the number of payloads without any finding */
  const checkParts = async ({ file, parts }: DocumentSource, as: EventName | undefined): Promise<number> => {
    let clean = 0;
    let count = 0;
    for (const part of parts) {
      if ('problem' in part) {
        const rows = [rowOfProblem(part.problem)];
        add(
          file,
          rows.filter(({ finding }) => !checks.ignores(finding)),
        );
        continue;
      }
      const { entry } = part;
      checks.event();
      // What has been read already is as quickly judged.
      if (coverage === undefined && entry.read === undefined && entry.recorded === undefined && checking.isSound(entry.body)) clean++;
      else {
        const checked = checkEntry(entry, as, overlay);
        const rows =
          checked.findings.length === 0 ? NOTHING : rowsOfEntry(entry, checked).filter(({ finding }) => !checks.ignores(finding));
        if (rows.length === 0) clean++;
        else add(file, rows);
        // What contradicts the contract shows nothing of it.
        if (!checked.findings.some(({ severity }) => severity === 'error')) {
          coverage?.add({ name: checked.event, payload: checked.payload, mode: checked.mode });
        }
      }
      checking.progressed(entry.body.length);
      if (++count % TURN === 0) await turn();
      if (closed.aborted) break;
    }
    return clean;
  };

  /** Lines are checked in segments, by several threads where there are many. */
  const checkLines = async ({ file, path = '', size, close }: DocumentSource, as: EventName | undefined): Promise<number> => {
    close();
    const threads = checking.jobs ?? (size < WORTH_THREADS ? 1 : Math.min(runtime.cores, MOST_THREADS));
    const program = join(runtime.packageRoot, 'dist', 'worker.cjs');
    let clean = 0;
    let lines = 0;
    let end = 0;
    for await (const segment of checkSegments({ path, threads, program, as, overlay, ignore })) {
      for (let i = 0; i < segment.events; i++) checks.event();
      add(
        file,
        segment.rows.map((row) => rowInFile(row, lines)),
      );
      lines += segment.lines;
      clean += segment.clean;
      checking.progressed(segment.end - end);
      ({ end } = segment);
      await turn();
      if (closed.aborted) break;
    }
    return clean;
  };

  return async (source) => {
    const before = checks.totals();
    const as = checking.as ?? eventOfFile(source.file);
    const inSegments = coverage === undefined && source.path !== undefined && hasSegments(source.file, source.size);
    const clean = await (inSegments ? checkLines : checkParts)(source, as);
    const now = checks.totals();
    reports.file({
      file: source.file,
      events: now.events - before.events,
      errors: now.errors - before.errors,
      warnings: now.warnings - before.warnings,
      clean,
    });
  };
};
