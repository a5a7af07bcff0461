import type { Command } from 'commander';
import { recordLine } from '../delivery/recording.ts';
import { storedDocument, storedRecord } from '../delivery/stored.ts';
import { EXIT, type ExitCode, environmentError, reason, usageError } from '../errors.ts';
import { formatSize } from '../event/summary.ts';
import { type Archive, openArchive } from '../io/archive.ts';
import { failureOf } from '../io/database.ts';
import { openWriter, resolve, shown, type Writer } from '../io/files.ts';
import { measure, newHeld, pruneStep, shrinkStep } from '../io/prune.ts';
import { historyError, historyPath, nextTurn, openExistingStore, type Store, whenFree } from '../io/store.ts';
import { openTerminal, type Terminal } from '../io/terminal.ts';
import { unpackAll } from '../io/unpacking.ts';
import type { AddCommand } from '../main.ts';
import { createExporter, EXPORT_FORMATS, type ExportFormat } from '../report/exports.ts';
import type { Runtime } from '../runtime.ts';
import { nearest } from '../schema/keywords.ts';
import { day, historyLine, showLines } from '../view/history.ts';
import { clean, plural } from '../view/text.ts';
import { addChoosing, type ChoosingOptions, readFilter } from './choose.ts';
import { colourOf, oneOf, option } from './flags.ts';
import { addKeeping, type KeepingOptions, keepOf } from './keeping.ts';
import { addReplayFlags, replayWith } from './replay.ts';

interface ListOptions extends ChoosingOptions {
  readonly limit?: number;
  readonly json?: boolean;
}

interface ExportOptions extends ListOptions {
  readonly format: ExportFormat;
  readonly output?: string;
}

/** A command at work: what it opened is closed however it ends. */
const working = async (opened: { close(): void }, { out, err }: Terminal, run: () => Promise<ExitCode>): Promise<ExitCode> => {
  try {
    return await run();
  } finally {
    opened.close();
    await out.flush();
    await err.flush();
  }
};

const list = async (options: ListOptions, archive: Archive, runtime: Runtime, { out, err }: Terminal): Promise<ExitCode> => {
  const { deliveries, more } = archive.find(readFilter(options, runtime), options.limit);
  let count = 0;
  let lastDay = '';
  for (const stored of deliveries) {
    if (out.closed.aborted) return EXIT.ok;
    count++;
    if (options.json === true) out.write(recordLine(storedRecord(stored)));
    else {
      const own = day(stored.delivery.time, out.offset);
      if (own !== lastDay) out.lines(out.paint.dim(own));
      lastDay = own;
      out.lines(historyLine(stored, out));
    }
    await out.flush();
  }
  if (count === 0) err.lines('No delivery of the history fits.');
  if (more) err.lines(err.paint.dim(`The newest ${count}; there are older ones: --limit shows more.`));
  return EXIT.ok;
};

const show = async (reference: string, options: ListOptions, archive: Archive, { out }: Terminal): Promise<ExitCode> => {
  const stored = archive.one(reference);
  if (options.json === true) out.write(storedDocument(stored));
  else out.lines(...showLines(stored, out));
  return EXIT.ok;
};

/** Text that is written to a file at a time. */
const PIECE = 1 << 16;

const exportTo = async (options: ExportOptions, archive: Archive, runtime: Runtime, { out, err }: Terminal): Promise<ExitCode> => {
  const { deliveries } = archive.find(readFilter(options, runtime), options.limit);
  const exporter = createExporter(options.format, __VERSION__);
  const told = options.output;
  const path = told === undefined ? undefined : resolve(runtime.cwd, told);
  const cannot = (error: unknown): Error => environmentError(`${told} cannot be written: ${reason(error)}.`, undefined, error);
  let writer: Writer | undefined;
  let waiting = '';
  const leave = async (): Promise<void> => {
    const piece = waiting;
    waiting = '';
    if (writer === undefined) {
      out.write(piece);
      await out.flush();
      return;
    }
    try {
      writer.write(piece);
    } catch (error) {
      throw cannot(error);
    }
    // The engine lets go of bytes that were read only between two turns of the event loop.
    await nextTurn();
  };
  let count = 0;
  let left = 0;
  try {
    // What people wrote to one another: only the owner may read it.
    if (path !== undefined) writer = openWriter(path, false, 0o600);
  } catch (error) {
    throw cannot(error);
  }
  try {
    waiting += exporter.head;
    for (const stored of deliveries) {
      if (out.closed.aborted) return EXIT.ok;
      const added = exporter.add(stored);
      if (added === undefined) left++;
      else count++;
      waiting += added ?? '';
      if (waiting.length > PIECE) await leave();
    }
    waiting += exporter.tail();
    await leave();
  } finally {
    writer?.close();
  }
  if (path !== undefined || count === 0) {
    err.lines(`${plural(count, 'delivery', 'deliveries')} exported${path === undefined ? '' : ` to ${shown(path, runtime.cwd)}`}.`);
  }
  if (left > 0) err.lines(err.paint.yellow(`${plural(left, 'delivery', 'deliveries')} left out: no JSON object, so no sample.`));
  return EXIT.ok;
};

const prune = async (options: KeepingOptions, { database, path }: Store, runtime: Runtime, { out }: Terminal): Promise<ExitCode> => {
  const keep = keepOf(options);
  const now = runtime.now();
  try {
    const before = measure(database);
    const held = newHeld();
    let pruned = 0;
    const step = async (): Promise<boolean> => {
      const { gone, more } = await whenFree(() => pruneStep(database, keep, now, held));
      pruned += gone;
      // A listener that writes at the same time goes first.
      await nextTurn();
      return more;
    };
    const pruneAll = async (): Promise<boolean> => {
      let some = false;
      while (await step()) some = true;
      return some;
    };
    // What waits to be put in order may be too old as well. That takes room for a while, so the rest goes first.
    for (let some = await pruneAll(); ; some = await pruneAll()) {
      try {
        await unpackAll(database);
        break;
      } catch (error) {
        if (failureOf(error) !== 'full' || !some) throw error;
      }
    }
    await pruneAll();
    while (await whenFree(() => shrinkStep(database, 0))) await nextTurn();
    const after = measure(database);
    const freed = Math.max(0, before.bytes - after.bytes);
    out.lines(
      `${plural(pruned, 'delivery', 'deliveries')} pruned${pruned > 0 ? ` (${formatSize(freed)})` : ''}; ${after.deliveries} left, ${formatSize(after.bytes)}.`,
    );
  } catch (error) {
    if (failureOf(error) !== 'full') throw historyError(error, path);
    throw environmentError(
      `The history ${path} cannot be pruned: the disk is full.`,
      'Make some room by other means first: pruning needs a little.',
      error,
    );
  }
  return EXIT.ok;
};

const EXAMPLES = `
Examples:
  $ whapi-hooks history                                    the newest 50
  $ whapi-hooks history --event 'messages.*' --since 2h --status failed,5xx
  $ whapi-hooks history --search "parcel" --json | jq .id  words in the texts of messages
  $ whapi-hooks history show latest                        body, headers, findings, outcomes
  $ whapi-hooks history export --format har -o today.har --since today
  $ whapi-hooks history replay latest~2 --to 3000          the same as replay history:latest~2
  $ whapi-hooks history prune --keep-days 7

Ids: as listed, their beginning, latest, latest~2. Times: 2h (ago), today, 14:30, 2026-03-01.
Status: what each endpoint said last: 500, 2xx, failed (no answer), none (never sent).`;

const FILE = ['--history <file>', 'the history (default: history.db in the data folder)'] as const;

export const addHistory: AddCommand = (program, runtime, finish) => {
  const history = program
    .command('history')
    .summary('what listen has taken')
    .description('Find, show, export and send again what listen has taken.')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', EXAMPLES);
  const terminal = (): Promise<Terminal> => openTerminal(runtime, colourOf(program.opts()));
  const work = async (command: Command, run: (archive: Archive, terminal: Terminal) => Promise<ExitCode>): Promise<void> => {
    const opened = await terminal();
    const archive = await openArchive({ file: command.opts<ChoosingOptions>().history, runtime });
    if (archive.remark !== undefined) opened.err.lines(opened.err.paint.yellow(clean(archive.remark)));
    finish(await working(archive, opened, () => run(archive, opened)));
  };

  const listing = history.command('list', { isDefault: true }).summary('list deliveries, the newest last').argument('[none...]');
  listing.configureHelp({ visibleArguments: () => [] });
  addChoosing(listing, { value: 50 })
    .option('--json', 'records, one a line')
    .option(...FILE)
    .action(async (strangers: string[]) => {
      const [word] = strangers;
      if (word !== undefined) {
        const near = nearest(
          word,
          history.commands.map((command) => command.name()),
        );
        const hint = near === undefined ? `whapi-hooks history show ${word} shows one delivery.` : `Did you mean ${near}?`;
        throw usageError(`history has no command ${JSON.stringify(word)}.`, hint);
      }
      await work(listing, (archive, opened) => list(listing.opts(), archive, runtime, opened));
    });

  const showing = history
    .command('show')
    .summary('show one delivery: body, headers, findings, outcomes')
    .argument('<id>', 'an id, latest or latest~2');
  showing
    .option('--json', 'as one JSON document')
    .option(...FILE)
    .action(async (id: string) => work(showing, (archive, opened) => show(id, showing.opts(), archive, opened)));

  const exporting = history.command('export').summary('write deliveries into a file');
  exporting
    .addOption(
      option('--format <format>', 'jsonl (a recording), samples (named payloads) or har', oneOf(EXPORT_FORMATS), {
        value: 'jsonl' as ExportFormat,
        shown: 'jsonl',
      }),
    )
    .option('-o, --output <file>', 'write into this file instead of standard output');
  addChoosing(exporting, {})
    .option(...FILE)
    .action(async () => work(exporting, (archive, opened) => exportTo(exporting.opts(), archive, runtime, opened)));

  const replaying = history
    .command('replay')
    .summary('send deliveries again: replay history:…')
    .argument('[id...]', 'ids, latest or latest~2; all that is chosen where there is none');
  addReplayFlags(replaying).action(async (ids: string[]) => {
    const sources = ids.length === 0 ? ['history:'] : ids.map((id) => `history:${id.replace(/^history:/, '')}`);
    finish(await replayWith(replaying, sources, runtime, program.opts()));
  });

  const pruning = history.command('prune').summary('let go of what is old or too much');
  addKeeping(pruning)
    .option(...FILE)
    .action(async () => {
      const opened = await terminal();
      const store = await openExistingStore({ file: pruning.opts<ChoosingOptions>().history, runtime });
      finish(await working(store.database, opened, () => prune(pruning.opts(), store, runtime, opened)));
    });

  const pathing = history.command('path').summary('print where the history lies');
  pathing.option(...FILE).action(async () => {
    await runtime.stdout.write(`${historyPath(pathing.opts<ChoosingOptions>().history, runtime)}\n`);
    finish(EXIT.ok);
  });
};
