import type { Command } from 'commander';
import { checkEntry, eventOfFile } from '../delivery/check.ts';
import type { Entry } from '../delivery/entry.ts';
import { harmlessJson } from '../delivery/recording.ts';
import { EXIT, type ExitCode, environmentError, reason, UserError, usageError } from '../errors.ts';
import type { Finding } from '../event/finding.ts';
import type { EventName } from '../event/name.ts';
import { createOverlay, type Overlay } from '../event/overlay.ts';
import { exists, join, kindOf, openWriter, resolve } from '../io/files.ts';
import { readJsonFile } from '../io/json.ts';
import { loadOverlay, saveOverlay } from '../io/overlay.ts';
import { type ColourChoice, openTerminal, type Screen, type Terminal } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import { createChecks } from '../report/checks.ts';
import { driftText } from '../report/drift/text.ts';
import { acceptancesOf, createDrift, type Drift, type DriftCollector, driftJson, hasDrift } from '../report/drift.ts';
import type { Runtime } from '../runtime.ts';
import { isObject, type JsonObject } from '../schema/keywords.ts';
import { patchSchemas } from '../schema/patch.ts';
import { clean, plural } from '../view/text.ts';
import { documentsOf } from './documents.ts';
import { colourOf, eventName, option } from './flags.ts';

interface DriftOptions {
  readonly json?: boolean;
  readonly overlay?: string;
  readonly patch?: string;
  readonly as?: EventName;
}

const EMPTY = createOverlay([]);

/**
 * The overlay that is there already.
 * @throws UserError (2) where the file is something else, which must not be overwritten
 */
const overlayBefore = (file: string, cwd: string): Overlay => {
  if (!exists(resolve(cwd, file))) return EMPTY;
  try {
    return loadOverlay(file, cwd);
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== EXIT.usage) throw error;
    throw usageError(error.message, 'It stays as it is: --overlay adds to an overlay or writes a new file.');
  }
};

/** Any schema of messages needs it, so it tells a folder of our schemas. */
const LANDMARK = 'common/message.schema.json';

/** @throws UserError (2) where a folder holds no schemas of ours */
const checkFolder = (folder: string, cwd: string): void => {
  if (kindOf(join(resolve(cwd, folder), LANDMARK)) === 'file') return;
  throw usageError(
    `--patch: ${folder} is no folder of schemas: it has no ${LANDMARK}.`,
    'Name the folder schemas of a checkout of whapi-hooks, or a copy of it.',
  );
};

/** @throws UserError (2) where it is no JSON object, (3) where it cannot be read */
const loadSchema = (path: string): JsonObject | undefined => {
  if (!exists(path)) return undefined;
  const value = readJsonFile(path, path);
  if (!isObject(value)) throw usageError(`${path} is no schema.`);
  return value;
};

const what = ({ event, pointer, rule }: { event: string; pointer: string; rule: string }): string => `${event} ${pointer} ${rule}`;

/** Makes the changes in a folder of schemas, and tells which files they are in. @throws UserError */
const patch = (folder: string, drift: Drift, cwd: string, err: Screen): void => {
  const path = resolve(cwd, folder);
  const { accept } = acceptancesOf(drift);
  const { changed, unplaced } = patchSchemas(accept, (file) => loadSchema(join(path, file)));
  for (const [file, schema] of changed) {
    try {
      const writer = openWriter(join(path, file), false);
      writer.write(`${JSON.stringify(schema, null, 2)}\n`);
      writer.close();
    } catch (error) {
      throw environmentError(`${join(folder, file)} cannot be written: ${reason(error)}.`, undefined, error);
    }
    err.lines(`changed ${clean(join(folder, file))}`);
  }
  if (changed.size === 0) err.lines(`Nothing was changed in ${clean(folder)}.`);
  for (const { change, why } of unplaced) err.lines(`not placed: ${clean(what(change))}: ${why}.`);
};

/** What neither overlay nor patch can hold, said once. */
const tellLeft = (drift: Drift, err: Screen): void => {
  const { left } = acceptancesOf(drift);
  const words = left.filter(({ rule }) => rule === 'unknown-word').length;
  const odd = left.length - words;
  const be = (count: number): string => (count === 1 ? 'is' : 'are');
  if (words > 0) err.lines(`${plural(words, 'kind')} of unknown words ${be(words)} left out: they look like text, numbers or ids.`);
  if (odd > 0) err.lines(`${plural(odd, 'kind')} about form or content ${be(odd)} left out: --ignore <rule> of validate silences them.`);
};

/** The line of a finding; only a payload of several lines has to be searched. */
const linesOf = (
  entry: Entry,
  placed: () => readonly { readonly finding: Finding; readonly line: number }[],
): ((finding: Finding) => number) => {
  if (!entry.body.includes(10)) return () => entry.line;
  let lines: Map<Finding, number> | undefined;
  return (finding) => {
    lines ??= new Map(placed().map((place) => [place.finding, place.line]));
    return lines.get(finding) ?? entry.line;
  };
};

const gather = (file: string, entry: Entry, as: EventName | undefined, drift: DriftCollector): void => {
  const checked = checkEntry(entry, as);
  const { event, payload, findings } = checked;
  const time = entry.recorded?.delivery.time;
  drift.add({
    ...{ event, payload, findings, file },
    ...(time === undefined || Number.isNaN(time) ? {} : { time }),
    lineOf: linesOf(entry, () => checked.placed()),
  });
};

/** Findings of a file that leave its payloads as they are. */
const HARMLESS: ReadonlySet<string> = new Set(['byte-order-mark', 'duplicate-key']);

const collect = async (sources: readonly string[], as: EventName | undefined, runtime: Runtime, terminal: Terminal) => {
  const drift = createDrift();
  const checks = createChecks('never');
  for await (const documents of documentsOf(sources, runtime, terminal, checks, 'read')) {
    for (const { file, parts } of documents) {
      const name = as ?? eventOfFile(file);
      for (const part of parts) {
        if ('entry' in part) gather(file, part.entry, name, drift);
        else if (!HARMLESS.has(part.problem.finding.rule)) drift.addUnreadable();
      }
    }
  }
  return { drift: drift.result(), checks };
};

const run = async (sources: readonly string[], options: DriftOptions, runtime: Runtime, colour: ColourChoice): Promise<ExitCode> => {
  const terminal = await openTerminal(runtime, colour);
  const { out, err } = terminal;
  const { overlay, patch: folder } = options;
  // What cannot be written to is told before anything is read.
  const before = overlay === undefined ? undefined : overlayBefore(overlay, runtime.cwd);
  if (folder !== undefined) checkFolder(folder, runtime.cwd);

  const { drift, checks } = await collect(sources, options.as, runtime, terminal);
  if (options.json === true) out.write(`${harmlessJson(driftJson(drift), 2)}\n`);
  else out.lines(...driftText(drift, out));
  if (overlay !== undefined && before !== undefined) {
    const { accept } = acceptancesOf(drift);
    const after = createOverlay([...before.accept, ...accept]);
    saveOverlay(overlay, runtime.cwd, after);
    const added = after.accept.length - before.accept.length;
    err.lines(
      `${clean(overlay)} accepts ${plural(after.accept.length, 'kind')} of drift${before === EMPTY ? '' : `, ${added} of them new`}.`,
    );
  }
  if (folder !== undefined) patch(folder, drift, runtime.cwd, err);
  if (overlay !== undefined || folder !== undefined) tellLeft(drift, err);
  if (hasDrift(drift)) checks.trouble(EXIT.wanting);
  await out.flush();
  await err.flush();
  return checks.exitCode();
};

const EXAMPLES = `
Examples:
  $ whapi-hooks drift traffic.jsonl              what a recording does that the schemas do not know
  $ whapi-hooks drift recordings --overlay whapi-hooks.overlay.json
  $ whapi-hooks validate fixtures --schema-overlay whapi-hooks.overlay.json
                                                 accept it until whapi-hooks knows it; listen and replay take it too
  $ whapi-hooks drift recordings --patch schemas make the same change to the schemas, in a checkout of whapi-hooks

Example values are made anonymous: letters become x, digits 9.
Exit codes: 0 no drift; 1 drift; 2 a path that is not there; 3 a file that cannot be read or written.`;

export const addDrift: AddCommand = (program, runtime, finish) => {
  program
    .command('drift')
    .summary('report what the schemas do not know')
    .description('Report what traffic does that the schemas do not know: new members and words, members missing there, other types.')
    .argument('<source...>', 'files, folders, globs, categories, events, or - for standard input')
    .option('--json', 'one JSON document')
    .option('--overlay <file>', 'write what was found into a schema overlay; one that is there is added to')
    .option('--patch <folder>', 'make the same change in a folder of schemas, for maintainers')
    .addOption(option('--as <event>', 'the event of payloads that do not name one', eventName))
    .addHelpText('after', EXAMPLES)
    .action(async (sources: string[], _options: unknown, command: Command) => {
      finish(await run(sources, command.opts<DriftOptions>(), runtime, colourOf(program.opts())));
    });
};
