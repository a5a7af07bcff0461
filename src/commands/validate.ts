import { setImmediate } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { EXIT, type ExitCode, environmentError, reason, usageError } from '../errors.ts';
import type { Rule } from '../event/finding.ts';
import type { EventName } from '../event/name.ts';
import { CONFIG_FILE, type Config, readConfig, readRule } from '../io/config.ts';
import { fromRoot, openWriter, resolve } from '../io/files.ts';
import { projectOverlay } from '../io/overlay.ts';
import { openProgress } from '../io/progress.ts';
import { createQuick, type Quick } from '../io/quick.ts';
import { FORMATS, type Format, openReports, type ReportTarget } from '../io/reports.ts';
import { type DocumentSource, sizeOfSources } from '../io/sources.ts';
import { type ColourChoice, complain, openTerminal, type Screen, type Terminal } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import { createChecks, FAIL_ON, type FailOn } from '../report/checks.ts';
import { excerptOf } from '../report/excerpt.ts';
import type { ReportContext } from '../report/reporter.ts';
import type { Row } from '../report/rows.ts';
import type { Runtime } from '../runtime.ts';
import { plain } from '../view/paint.ts';
import { addChoosing, CHOOSING, type ChoosingOptions, checkChoosing, readFilter } from './choose.ts';
import { documentsOf } from './documents.ts';
import { colourOf, count, eventName, oneOf, option } from './flags.ts';
import { type ReporterChoice, reporterOf, takesStdout } from './reporting.ts';
import type { Checking } from './validate/check.ts';

interface ValidateOptions extends ChoosingOptions {
  readonly limit: number;
  readonly strict?: boolean;
  readonly failOn?: FailOn;
  readonly ignore?: readonly Rule[];
  readonly json?: boolean;
  readonly reporter?: readonly ReporterChoice<Format>[];
  readonly as?: EventName;
  readonly schemaOverlay?: string;
  readonly jobs?: number;
  readonly coverage?: boolean;
  readonly minCoverage?: number;
  readonly coverageJson?: string;
}

/** Files after which the screen gets a turn. */
const TURN = 2048;

/** @throws UserError (3) where the file cannot be written */
const writeJson = (file: string, cwd: string, value: unknown): void => {
  try {
    const writer = openWriter(resolve(cwd, file), false);
    writer.write(`${JSON.stringify(value, null, 2)}\n`);
    writer.close();
  } catch (error) {
    throw environmentError(`The coverage ${file} cannot be written: ${reason(error)}.`, undefined, error);
  }
};

const percentage = (text: string): number => {
  const value = /^\d{1,3}(?:\.\d)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 100)) throw new InvalidArgumentError('It is a number from 0 to 100, such as 60 or 92.5.');
  return value;
};

const rules = (text: string, before: readonly Rule[] | undefined): Rule[] => {
  const more = text.split(',').map((name) => {
    const read = readRule(name.trim());
    if ('error' in read) throw new InvalidArgumentError(`${read.error} whapi-hooks explain lists them.`);
    return read.rule;
  });
  return [...(before ?? []), ...more];
};

/** Sources that were not named come from the project's config; paths in it start at its folder. */
const sourcesOf = (
  named: readonly string[],
  config: Config | undefined,
  runtime: Runtime,
): { sources: readonly string[]; from: Runtime } => {
  if (named.length > 0) return { sources: named, from: runtime };
  if (config !== undefined && config.fixtures.length > 0) return { sources: config.fixtures, from: { ...runtime, cwd: config.folder } };
  throw usageError(
    config === undefined
      ? 'Nothing to check: no path is named, and there is no whapi-hooks.config.json.'
      : `Nothing to check: no path is named, and ${config.file} lists no fixtures.`,
    `Name files or folders (whapi-hooks validate fixtures), or write them into ${CONFIG_FILE}: {"fixtures": ["fixtures"]}.`,
  );
};

/**
 * Where each report goes. Standard output takes one; the text is printed there when nothing else is. Under GitHub
 * Actions its annotations and the summary of the step are added by themselves.
 * @param cwd where the names of files begin
 * @throws UserError (2) for two reports on standard output
 */
const targetsOf = (options: ValidateOptions, runtime: Runtime, { out, err }: Terminal, cwd: string): ReportTarget[] => {
  const chosen: ReporterChoice<Format>[] = [
    ...(options.reporter ?? []),
    ...(options.json === true ? [{ format: 'json' as const, file: undefined }] : []),
  ];
  if (!takesStdout(chosen)) chosen.unshift({ format: 'text', file: undefined });
  const context = (screen: Screen | undefined): ReportContext => ({
    paint: screen?.paint ?? plain,
    columns: screen?.columns ?? 160,
    version: __VERSION__,
    time: new Date(runtime.now()).toISOString(),
    limit: options.limit,
    fromRoot: (file) => (file === '-' ? file : fromRoot(file, cwd, runtime.env['GITHUB_WORKSPACE'] ?? '')),
  });
  const targets = chosen.map(
    ({ format, file }): ReportTarget => ({
      format,
      to: file === undefined ? out : { file },
      context: context(file === undefined ? out : undefined),
    }),
  );
  const { env } = runtime;
  if (env['GITHUB_ACTIONS'] === 'true' && !chosen.some(({ format }) => format === 'github')) {
    const machine = targets.some(({ format, to }) => to === out && format !== 'text');
    targets.push({ format: 'github', to: machine ? err : out, context: context(undefined) });
  }
  const summary = env['GITHUB_STEP_SUMMARY'] ?? '';
  if (summary !== '') targets.push({ format: 'github-summary', to: { file: summary, append: true }, context: context(undefined) });
  return targets;
};

const validate = async (named: readonly string[], options: ValidateOptions, runtime: Runtime, colour: ColourChoice): Promise<ExitCode> => {
  const terminal = await openTerminal(runtime, colour);
  const { out, err } = terminal;
  const config = readConfig(runtime.cwd);
  const { sources, from } = sourcesOf(named, config, runtime);
  const failOn = options.failOn ?? (options.strict === true ? 'warning' : (config?.failOn ?? 'error'));
  const ignore = [...(options.ignore ?? []), ...(config?.ignore ?? [])];
  const checks = createChecks(failOn, new Set(ignore));
  const overlay = projectOverlay(options.schemaOverlay, runtime.cwd, config);
  const targets = targetsOf(options, runtime, terminal, from.cwd);
  const textOnStdout = targets.some(({ format, to }) => to === out && format === 'text');
  const reports = await openReports(targets, runtime.cwd);

  const minCoverage = options.minCoverage ?? config?.minCoverage;
  const covers = [options.coverage, minCoverage, options.coverageJson].some((option) => option !== undefined);
  // Loaded only where it is asked for.
  const measure = covers ? await import('../report/coverage.ts') : undefined;
  const coverage = measure?.createCoverage();

  const add = (file: string, rows: readonly Row[]): void => {
    for (const { around, ...row } of rows) {
      checks.found(row.finding);
      const excerpt = around === undefined ? () => undefined : excerptOf(around.text, around, row.line);
      reports.row({ ...row, file, fails: checks.fails(row.finding), excerpt });
    }
  };
  const progress = openProgress(runtime, err.isTTY ? sizeOfSources(sources, from.cwd) : 0, 'bytes');
  let bytes = 0;
  let sounds = 0;
  /** Gives the screen a turn, and whoever reads standard output the time to do so. */
  const turn = async (): Promise<void> => {
    progress.show(bytes);
    await out.flush();
    if (err.isTTY) await setImmediate();
  };

  let quick: Quick | undefined;
  const isSound = (body: Uint8Array): boolean => {
    quick ??= createQuick();
    return quick.isSound(body);
  };
  const checking: Checking = {
    ...{ runtime, checks, reports, overlay, ignore, isSound, add, turn, coverage },
    ...{ as: options.as, jobs: options.jobs, closed: out.closed },
    progressed: (count) => {
      bytes += count;
    },
  };
  const history = {
    file: options.history === undefined ? undefined : resolve(runtime.cwd, options.history),
    filter: readFilter(options, runtime),
  };
  let checkDocument: ((source: DocumentSource) => Promise<void>) | undefined;
  for await (const documents of documentsOf(sources, from, terminal, checks, 'checked', history)) {
    for (const source of documents) {
      checks.file();
      // Most files are one payload on which nothing is to be remarked, and need no reading.
      if (coverage === undefined && source.whole !== undefined && isSound(source.whole)) {
        checks.event();
        bytes += source.size;
        reports.file({ file: source.file, events: 1, errors: 0, warnings: 0, clean: 1 });
        if (++sounds % TURN === 0) await turn();
        continue;
      }
      // Loaded when the first one is met that has to be read.
      checkDocument ??= (await import('./validate/check.ts')).createCheck(checking);
      await checkDocument(source);
    }
  }
  progress.stop();
  reports.end(checks.totals());
  if (measure !== undefined && coverage !== undefined) {
    const covered = coverage.result();
    const percent = measure.coveragePercent(covered);
    if (options.coverage === true) (textOnStdout ? out : err).lines(...measure.coverageText(covered, textOnStdout ? out : err));
    if (options.coverageJson !== undefined) writeJson(options.coverageJson, runtime.cwd, measure.coverageJson(covered));
    if (minCoverage !== undefined && percent < minCoverage) {
      checks.trouble(EXIT.wanting);
      complain(
        terminal,
        `Coverage is ${percent} %, below ${minCoverage} %.`,
        options.coverage === true ? undefined : '--coverage shows what is missing.',
      );
    }
  }
  await out.flush();
  await err.flush();
  return checks.exitCode();
};

const EXAMPLES = `
Examples:
  $ whapi-hooks validate fixtures                        every .json, .jsonl and .ndjson below the folder
  $ whapi-hooks validate 'test/**/*.json' --strict       warnings count too
  $ whapi-hooks validate body.json --as groups.put       a body of mode path or method, which does not name its event
  $ curl -s localhost:8080/last | whapi-hooks validate -
  $ whapi-hooks validate fixtures --json | jq .errors
  $ whapi-hooks validate fixtures --reporter text --reporter junit=report.xml

A body that does not name its event is named by --as, by a recording, or by its file: groups.put.added.json.
Exit codes: 0 nothing found; 1 findings that count; 2 a path that is not there; 3 a file that cannot be read.`;

export const addValidate: AddCommand = (program, runtime, finish) => {
  const made = program
    .command('validate')
    .summary('check fixtures and recordings')
    .description('Check fixtures, recordings and what the history holds against what Whapi.Cloud sends.')
    .argument('[source...]', 'files, folders, globs, categories, events, history:<id>, history:, or - for standard input')
    .option('--strict', 'warnings count too; the same as --fail-on warning')
    .addOption(option('--fail-on <severity>', 'error, warning or never: what makes the check fail (default: error)', oneOf(FAIL_ON)))
    .addOption(option<readonly Rule[]>('--ignore <rules>', 'leave out findings of these rules', rules))
    .addOption(
      option<readonly ReporterChoice<Format>[]>(
        '--reporter <format>',
        `${FORMATS.join(', ')}; format=file writes a file; may be repeated`,
        reporterOf(FORMATS),
      ),
    )
    .option('--json', 'one JSON document; the same as --reporter json')
    .option('--coverage', 'show which parts of the contract the fixtures never exercise')
    .addOption(option('--min-coverage <percent>', 'fail below this coverage', percentage))
    .option('--coverage-json <file>', 'write the coverage as JSON')
    .addOption(option('--limit <n>', 'findings that the text prints in full; the others are counted', count, { value: 50, shown: '50' }))
    .option('--as <event>', 'the event of payloads that do not name one', eventName)
    .option('--schema-overlay <file>', 'what drift --overlay wrote: it is accepted')
    .addOption(option('--jobs <n>', 'threads for large files of lines (default: as many as there are cores, at most 4)', count))
    .option('--history <file>', 'the history that history: reads');
  addChoosing(made)
    .addHelpText('after', EXAMPLES)
    .action(async (sources: string[], _options: unknown, command: Command) => {
      checkChoosing(
        command,
        sources,
        CHOOSING.filter((name) => name !== 'limit'),
      );
      finish(await validate(sources, command.opts<ValidateOptions>(), runtime, colourOf(program.opts())));
    });
};
