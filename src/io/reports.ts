import { environmentError, reason } from '../errors.ts';
import type { Totals } from '../report/checks.ts';
import type { CheckedFile, CreateReporter, ReportContext, ReportedRow, Reporter } from '../report/reporter.ts';
import { openWriter, resolve, type Writer } from './files.ts';

/** The formats a report comes in. */
export const FORMATS = ['text', 'json', 'ndjson', 'junit', 'sarif', 'github', 'tap'] as const;
export type Format = (typeof FORMATS)[number];

/** Only the formats that are asked for are loaded. */
const LOAD: Readonly<Record<Format | 'github-summary', () => Promise<CreateReporter>>> = {
  text: async () => (await import('../report/text.ts')).textReporter,
  json: async () => (await import('../report/json.ts')).jsonReporter,
  ndjson: async () => (await import('../report/ndjson.ts')).ndjsonReporter,
  junit: async () => (await import('../report/junit.ts')).junitReporter,
  sarif: async () => (await import('../report/sarif.ts')).sarifReporter,
  github: async () => (await import('../report/github.ts')).githubReporter,
  'github-summary': async () => (await import('../report/github.ts')).stepSummaryReporter,
  tap: async () => (await import('../report/tap.ts')).tapReporter,
};

/** A format and where it goes: a file, or one of the two streams. */
export interface ReportTarget {
  /** `github-summary` is what GITHUB_STEP_SUMMARY gets; nobody asks for it by name. */
  readonly format: Format | 'github-summary';
  readonly to: { readonly file: string; readonly append?: boolean } | { readonly write: (text: string) => void };
  readonly context: ReportContext;
}

/** Several reports of one run. */
export interface Reports {
  row(row: ReportedRow): void;
  file(file: CheckedFile): void;
  end(totals: Totals): void;
}

const openFile = (file: string, append: boolean, cwd: string): Writer => {
  try {
    return openWriter(resolve(cwd, file), append);
  } catch (error) {
    throw environmentError(`The report ${file} cannot be written: ${reason(error)}.`, undefined, error);
  }
};

/** A report that is open. */
export interface OpenReport<Made> {
  readonly reporter: Made;
  /** @throws UserError (3) where it cannot be written */
  write(text: string): void;
  close(): void;
}

/**
 * Opens reports of any run, and writes their beginnings.
 * @throws UserError (3) where a file cannot be written
 */
export const openEach = async <Made extends { begin(): string }>(
  asked: readonly { readonly format: string; readonly to: ReportTarget['to']; readonly create: () => Promise<Made> }[],
  cwd: string,
): Promise<OpenReport<Made>[]> => {
  const open: OpenReport<Made>[] = [];
  for (const { format, to, create } of asked) {
    const reporter = await create();
    const writer = 'file' in to ? openFile(to.file, to.append === true, cwd) : undefined;
    const send = 'file' in to ? (text: string): void => writer?.write(text) : to.write;
    const write = (text: string): void => {
      if (text === '') return;
      try {
        send(text);
      } catch (error) {
        throw environmentError(`The report ${'file' in to ? to.file : format} cannot be written: ${reason(error)}.`, undefined, error);
      }
    };
    write(reporter.begin());
    open.push({ reporter, write, close: () => writer?.close() });
  }
  return open;
};

/** @throws UserError (3) where a file cannot be written */
export const openReports = async (targets: readonly ReportTarget[], cwd: string): Promise<Reports> => {
  const open = await openEach<Reporter>(
    targets.map(({ format, to, context }) => ({ format, to, create: async () => (await LOAD[format]())(context) })),
    cwd,
  );
  return {
    row(row) {
      for (const { reporter, write } of open) write(reporter.row(row));
    },
    file(file) {
      for (const { reporter, write } of open) write(reporter.file(file));
    },
    end(totals) {
      for (const { reporter, write, close } of open) {
        write(reporter.end(totals));
        close();
      }
    },
  };
};
