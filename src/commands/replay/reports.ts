import { usageError } from '../../errors.ts';
import { openEach, type ReportTarget } from '../../io/reports.ts';
import type { Terminal } from '../../io/terminal.ts';
import type { Result } from '../../replay/result.ts';
import type { CreateReplayReporter, ReplayContext, ReplayReporter, ReplayRun } from '../../report/replay/reporter.ts';
import type { Runtime } from '../../runtime.ts';
import { takesStdout } from '../reporting.ts';
import type { ReplayFormat, ReplayOptions } from './options.ts';

/** Only the formats that are asked for are loaded. */
const LOAD: Readonly<Record<Exclude<ReplayFormat, 'text'> | 'github-summary', () => Promise<CreateReplayReporter>>> = {
  json: async () => (await import('../../report/replay/json.ts')).jsonReplayReporter,
  junit: async () => (await import('../../report/replay/junit.ts')).junitReplayReporter,
  github: async () => (await import('../../report/replay/github.ts')).githubReplayReporter,
  html: async () => (await import('../../report/replay/html.ts')).htmlReplayReporter,
  'github-summary': async () => (await import('../../report/replay/github.ts')).stepSummaryReplayReporter,
};

/** The reports of a run. */
export interface ReplayReports {
  /** Whether lines and tables for people go to standard output. */
  readonly text: boolean;
  result(result: Result): void;
  end(run: ReplayRun): void;
}

/**
 * Opens the reports that --reporter asks for; under GitHub Actions its annotations and the summary of the step are
 * added by themselves.
 * @throws UserError (2) for two on standard output, (3) where a file cannot be written
 */
export const openReplayReports = async (
  options: ReplayOptions,
  runtime: Runtime,
  { out, err }: Terminal,
  { endpoint, command }: Pick<ReplayContext, 'endpoint' | 'command'>,
): Promise<ReplayReports> => {
  const { env, cwd } = runtime;
  const chosen = options.reporter ?? [];
  const isTaken = takesStdout([...chosen, ...(options.json === true ? [{ format: 'records of --json', file: undefined }] : [])]);
  const isText = chosen.some(({ format, file }) => format === 'text' && file === undefined);
  const texts = chosen.find(({ format, file }) => format === 'text' && file !== undefined);
  if (texts !== undefined)
    throw usageError('--reporter text goes to standard output.', `Write it with: whapi-hooks replay … > ${texts.file}`);
  const context: ReplayContext = { version: __VERSION__, time: new Date(runtime.now()).toISOString(), endpoint, command };
  const asked: { format: keyof typeof LOAD; to: ReportTarget['to'] }[] = chosen.flatMap(({ format, file }) =>
    format === 'text' ? [] : [{ format, to: file === undefined ? out : { file } }],
  );
  if (env['GITHUB_ACTIONS'] === 'true' && !chosen.some(({ format }) => format === 'github'))
    asked.push({ format: 'github', to: isTaken && !isText ? err : out });
  const summary = env['GITHUB_STEP_SUMMARY'] ?? '';
  if (summary !== '') asked.push({ format: 'github-summary', to: { file: summary, append: true } });
  const open = await openEach<ReplayReporter>(
    asked.map(({ format, to }) => ({ format, to, create: async () => (await LOAD[format]())(context) })),
    cwd,
  );
  return {
    text: !isTaken || isText,
    result(result) {
      for (const { reporter, write } of open) write(reporter.result(result));
    },
    end(run) {
      for (const { reporter, write, close } of open) {
        write(reporter.end(run));
        close();
      }
    },
  };
};
