import { targetPath } from '../../delivery/endpoint.ts';
import { recordLine } from '../../delivery/recording.ts';
import { EXIT, type ExitCode, usageError } from '../../errors.ts';
import { openProgress } from '../../io/progress.ts';
import { type ColourChoice, openTerminal, type Terminal } from '../../io/terminal.ts';
import { twice } from '../../replay/twice.ts';
import { faultsLine, replayTables } from '../../report/replay/text.ts';
import { notesOf, plannedRecord, replayExitCode, replaySummary, resultRecord, sentOf, summaryRecord } from '../../report/replay.ts';
import type { Runtime } from '../../runtime.ts';
import { plannedLine, sentColumns, sentLines } from '../../view/sent.ts';
import { plural } from '../../view/text.ts';
import { openReached } from '../reaching.ts';
import { stopping, tellUnreachable } from './ending.ts';
import { openRun, type Prepared, prepareRun, withTrouble } from './engine.ts';
import type { ReplayOptions } from './options.ts';
import { openReplayReports } from './reports.ts';
import { tellingOn } from './telling.ts';

/** On a terminal, runs of more deliveries show a line only for what did not go as expected. */
const MOST_LINES = 100;
/** Results after which the output may catch up. */
const TURN = 64;

/** Shows what would be sent. */
const dryRun = async ({ url, ahead, steps: all, options }: Prepared, { out, err }: Terminal): Promise<void> => {
  const widths = sentColumns(ahead.steps);
  let count = 0;
  for await (const steps of all()) {
    for (const step of options.checkIdempotent === true ? steps.flatMap((one) => twice(one, () => undefined)) : steps) {
      // Whoever read it has gone (`| head -1`), and needs no count.
      if (out.closed.aborted) return;
      count++;
      const target = targetPath(url, step.shipment.suffix, step.shipment.query);
      if (options.json === true) out.write(recordLine(plannedRecord(step, new URL(target, url).href)));
      else {
        out.lines(plannedLine(step, target, out, widths));
        const notes = notesOf(step).join('; ');
        if (notes !== '') out.lines(`       ${out.paint.dim(notes)}`);
      }
      if (count % TURN === 0) await out.flush();
    }
  }
  err.lines(`${plural(count, 'delivery', 'deliveries')} would be sent to ${url.href}; nothing was.`);
};

/** Sends what the sources hold and tells how it went. @returns the exit code @throws UserError */
export const replay = async (
  sources: readonly string[],
  options: ReplayOptions,
  runtime: Runtime,
  colour: ColourChoice,
): Promise<ExitCode> => {
  const terminal = await openTerminal(runtime, colour);
  const { out, err } = terminal;
  if (options.rule !== undefined && options.check !== true) throw usageError('--rule chooses what --check checks.', 'Add --check.');
  if (options.reporter !== undefined && (options.check === true || options.dryRun === true))
    throw usageError('--reporter tells how deliveries were taken; --check and --dry-run have --json.');
  const teller = tellingOn(terminal);
  const prepared = await prepareRun({ sources }, options, runtime, teller);
  const { url, ahead, trouble } = prepared;
  const finish = async (code: ExitCode): Promise<ExitCode> => {
    await out.flush();
    await err.flush();
    return withTrouble(code, trouble);
  };
  if (!prepared.isReady) return finish(EXIT.wanting);
  if (ahead.isAll) prepared.tellUnfit();
  if (options.check === true) {
    const { checkHandler, forCheck } = await import('./check.ts');
    const endpoint = await openReached(url, forCheck(options), runtime);
    return finish(await checkHandler(prepared.steps(), endpoint, { sources, url, options }, runtime, terminal));
  }
  if (options.dryRun === true) {
    await dryRun(prepared, terminal);
    return finish(EXIT.ok);
  }

  const opened = await openRun(prepared, runtime);
  const { behind } = opened;
  const progress = openProgress(runtime, opened.total, 'count', 'bar');
  try {
    if (opened.api !== undefined) err.lines(`The API of your handler is ${opened.api} for this run.`);
    await err.flush();
    const reports = await openReplayReports(options, runtime, terminal, {
      endpoint: url.href,
      command: (again) => `whapi-hooks replay ${again}${behind}`,
    });
    const columns = sentColumns(ahead.steps);
    const isQuiet = out.isTTY && progress.isShown && (opened.total === 0 || opened.total > MOST_LINES);
    const ran = await opened.send(stopping(runtime, terminal).signal, (result, { done, failed, ms }) => {
      reports.result(result);
      const isShown = options.json === true || (reports.text && (!isQuiet || result.broken.length > 0));
      if (isShown) {
        progress.pause();
        if (options.json === true) out.write(recordLine(resultRecord(result)));
        else out.lines(...sentLines(sentOf(result), out, columns));
      }
      if (progress.isShown)
        progress.show(done, `${Math.round((done * 1000) / Math.max(1, ms))}/s${failed > 0 ? `, ${failed} failed` : ''}`);
      return (progress.isShown ? isShown : done % TURN === 0) ? out.flush() : undefined;
    });
    progress.stop();
    const { totals, ending, seed, first, notes } = ran;
    if (options.json === true) out.write(recordLine(summaryRecord(totals, ending, seed)));
    else if (reports.text) {
      const tables = replayTables(totals, out, behind);
      const faults = faultsLine(totals, seed);
      out.lines(...tables, ...(faults === undefined ? [] : [faults]), replaySummary(totals, ending, out));
    }
    reports.end(ran);
    for (const text of notes) teller.warning(text);
    tellUnreachable(url, totals, first, ending, terminal);
    return finish(out.closed.aborted && totals.failed === 0 ? EXIT.ok : replayExitCode(totals, ending));
  } finally {
    progress.stop();
    await opened.close();
  }
};
