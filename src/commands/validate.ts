import { type Command, InvalidArgumentError } from 'commander';
import type { Entry } from '../delivery/document.ts';
import { recordedWords } from '../delivery/reading.ts';
import { type ExitCode, usageError } from '../errors.ts';
import type { Finding } from '../event/finding.ts';
import { positionsOf } from '../event/json.ts';
import { locate } from '../event/locate.ts';
import { readLine } from '../event/mode.ts';
import { EVENT_NAMES, type EventName, isEventName } from '../event/name.ts';
import { parseBody } from '../event/parse.ts';
import { CONFIG_FILE, readConfig } from '../io/config.ts';
import { readSources } from '../io/sources.ts';
import { type ColourChoice, complain, openTerminal } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import { createChecks, type FileFindingRow } from '../report/checks.ts';
import { jsonReport } from '../report/json.ts';
import { findingText, summaryText } from '../report/text.ts';
import type { Runtime } from '../runtime.ts';
import { nearest } from '../schema/keywords.ts';
import { clean } from '../view/text.ts';
import { colourOf } from './flags.ts';

interface ValidateOptions {
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly as?: EventName;
}

const eventName = (text: string): EventName => {
  if (isEventName(text)) return text;
  const near = nearest(text, EVENT_NAMES);
  throw new InvalidArgumentError(near === undefined ? 'Events are written groups.put.' : `Did you mean ${near}?`);
};

/** The findings of one payload, each with its line and column in the file. */
const checkEntry = (file: string, entry: Entry, as: EventName | undefined): FileFindingRow[] => {
  const line = entry.recorded === undefined ? undefined : readLine(entry.recorded.delivery.method, recordedWords(entry)).line;
  const { parsed, text } = parseBody(entry.body, { line, as });
  if (parsed.findings.length === 0) return [];
  const event = parsed.name;
  // A recorded body stands in its line as a string: the line is all that can be said.
  if (entry.recorded !== undefined || text === undefined) {
    return parsed.findings.map((finding) => ({ file, line: entry.line, column: entry.column, event, finding }));
  }
  const offsets = locate(text, parsed.findings);
  const position = positionsOf(text);
  return parsed.findings.map((finding: Finding, index) => {
    const at = position(offsets[index] ?? 0);
    return {
      file,
      line: entry.line + at.line - 1,
      column: at.line === 1 ? entry.column + at.column - 1 : at.column,
      event,
      finding,
    };
  });
};

/** Sources that were not named come from the project's config; paths in it start at its folder. */
const sourcesOf = (named: readonly string[], runtime: Runtime): { sources: readonly string[]; from: Runtime } => {
  if (named.length > 0) return { sources: named, from: runtime };
  const config = readConfig(runtime.cwd);
  if (config !== undefined && config.fixtures.length > 0) return { sources: config.fixtures, from: { ...runtime, cwd: config.folder } };
  throw usageError(
    config === undefined
      ? 'Nothing to check: no path is named, and there is no whapi-hooks.config.json.'
      : `Nothing to check: no path is named, and ${config.file} lists no fixtures.`,
    `Name files or folders (whapi-hooks validate fixtures), or write them into ${CONFIG_FILE}: {"fixtures": ["fixtures"]}.`,
  );
};

const validate = async (named: readonly string[], options: ValidateOptions, runtime: Runtime, colour: ColourChoice): Promise<ExitCode> => {
  const terminal = await openTerminal(runtime, colour);
  const { sources, from } = sourcesOf(named, runtime);
  const checks = createChecks();
  const seen = new Set<string>();
  for await (const source of readSources(sources, from)) {
    if (terminal.out.closed.aborted) break;
    if (source.kind === 'note') terminal.err.lines(terminal.err.paint.dim(clean(source.message)));
    else if (source.kind === 'trouble') {
      checks.trouble(source.exitCode);
      complain(terminal, source.message, source.hint);
    } else if (source.path !== undefined && seen.has(source.path)) {
      terminal.err.lines(terminal.err.paint.dim(`${clean(source.file)} is named more than once; it is checked once.`));
    } else {
      const { file, path, document } = source;
      if (path !== undefined) seen.add(path);
      const rows = document.problems.map(
        (problem): FileFindingRow => ({ file, line: problem.line, column: problem.column, event: null, finding: problem.finding }),
      );
      for (const entry of document.entries) rows.push(...checkEntry(file, entry, options.as));
      rows.sort((a, b) => a.line - b.line || a.column - b.column);
      checks.add(document.entries.length, rows);
      if (options.json !== true) for (const row of rows) terminal.out.lines(findingText(row, terminal.out));
    }
  }
  if (options.json === true) terminal.out.write(jsonReport(checks.totals(), checks.rows()));
  else terminal.out.lines(summaryText(checks.totals(), terminal.out));
  await terminal.out.flush();
  await terminal.err.flush();
  return checks.exitCode(options.strict === true);
};

const EXAMPLES = `
Examples:
  $ whapi-hooks validate fixtures                        every .json, .jsonl and .ndjson below the folder
  $ whapi-hooks validate 'test/**/*.json' --strict       warnings count too
  $ whapi-hooks validate body.json --as groups.put       a body of mode path or method, which does not name its event
  $ curl -s localhost:8080/last | whapi-hooks validate -
  $ whapi-hooks validate fixtures --json | jq .errors

Exit codes: 0 nothing found; 1 findings that count; 2 a path that is not there; 3 a file that cannot be read.`;

export const addValidate: AddCommand = (program, runtime, finish) => {
  program
    .command('validate')
    .summary('check fixtures and recordings')
    .description('Check fixtures and recordings against what Whapi.Cloud sends.')
    .argument('[source...]', 'files, folders, globs, categories, events, or - for standard input')
    .option('--strict', 'warnings count too')
    .option('--json', 'one JSON document instead of lines')
    .option('--as <event>', 'the event of payloads that do not name one', eventName)
    .addHelpText('after', EXAMPLES)
    .action(async (sources: string[], _options: unknown, command: Command) => {
      finish(await validate(sources, command.opts<ValidateOptions>(), runtime, colourOf(program.opts())));
    });
};
