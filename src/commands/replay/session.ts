import { DEFAULT_ENDPOINT, readEndpoint, targetPath } from '../../delivery/endpoint.ts';
import { recordLine } from '../../delivery/recording.ts';
import { EXIT, type ExitCode, usageError } from '../../errors.ts';
import { openProgress } from '../../io/progress.ts';
import { type ColourChoice, complain, openTerminal, type Terminal } from '../../io/terminal.ts';
import { type Expectation, withDefaults } from '../../replay/expect.ts';
import { seedOf } from '../../replay/random.ts';
import type { Result } from '../../replay/result.ts';
import type { Step } from '../../replay/step.ts';
import { createTotals } from '../../replay/totals.ts';
import { twice } from '../../replay/twice.ts';
import { faultsLine, replayTables } from '../../report/replay/text.ts';
import { notesOf, plannedRecord, replayExitCode, replaySummary, resultRecord, sentOf, summaryRecord } from '../../report/replay.ts';
import type { Runtime } from '../../runtime.ts';
import { plannedLine, sentColumns, sentLines } from '../../view/sent.ts';
import { clean, plural } from '../../view/text.ts';
import { openReached } from '../reaching.ts';
import type { Deeds } from './deeds.ts';
import { isNobody, stopping, tellUnreachable } from './ending.ts';
import { checkPace, isRandom, RETRIES, type ReplayOptions, readExpects, wantsDeeds } from './options.ts';
import { openReplayReports } from './reports.ts';
import { openSteps, type StepSource, shellWord } from './steps.ts';

/** Deliveries, and bytes of their bodies, that are read before the first is sent: a run of fewer is known as a whole. */
const AHEAD = 20_000;
const AHEAD_BYTES = 64_000_000;
/** On a terminal, runs of more deliveries show a line only for what did not go as expected. */
const MOST_LINES = 100;
/** Results after which the output may catch up. */
const TURN = 64;

/** The first steps of a run, and whether they are all. */
interface Ahead {
  readonly steps: readonly Step[];
  readonly isAll: boolean;
}

const readAhead = async (source: StepSource): Promise<Ahead> => {
  const steps: Step[] = [];
  let bytes = 0;
  while (steps.length < AHEAD && bytes < AHEAD_BYTES) {
    const next = await source.steps.next();
    if (next.done === true) return { steps, isAll: true };
    for (const step of next.value) {
      steps.push(step);
      bytes += step.shipment.body.byteLength;
    }
  }
  return { steps, isAll: false };
};

async function* chain({ steps, isAll }: Ahead, source: StepSource): AsyncGenerator<readonly Step[]> {
  yield steps;
  if (!isAll) yield* source.steps;
}

/** Says of payloads that do not fit the schemas that they are sent all the same. */
const tellUnfit = ({ reading: { unfit, payloads } }: StepSource, { err }: Terminal): void => {
  if (unfit === 0) return;
  const verb = unfit === 1 ? 'does' : 'do';
  err.lines(err.paint.yellow(`${unfit} of ${plural(payloads, 'payload')} ${verb} not fit the schemas; whapi-hooks validate says where.`));
};

const dryRun = async (url: URL, ahead: Ahead, source: StepSource, options: ReplayOptions, { out, err }: Terminal) => {
  const widths = sentColumns(ahead.steps);
  let count = 0;
  for await (const steps of chain(ahead, source)) {
    for (const step of options.checkIdempotent === true ? steps.flatMap((one) => twice(one, () => undefined)) : steps) {
      if (out.closed.aborted) break;
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

/** What has to be told to come to the same endpoint again, without secrets. */
const behindCommand = (url: URL, { secretHeader, expectUnauthorized }: ReplayOptions): string => {
  const name = secretHeader?.split(':')[0]?.trim();
  const secret = name === undefined ? '' : ` --secret-header ${shellWord(name) ?? '…'}`;
  return ` --to ${shellWord(url.href) ?? url.href}${secret}${expectUnauthorized === true ? ' --expect-unauthorized' : ''}`;
};

/** @throws UserError (2) where a step of a scenario expects calls and nothing counts them */
const checkCounted = (steps: readonly Step[], { apiPort }: ReplayOptions): void => {
  if (apiPort !== undefined) return;
  for (const { origin, expects } of steps) {
    const counted = expects.find(({ subject }) => subject === 'calls');
    if (counted !== undefined)
      throw usageError(`${origin} expects ${counted.text}, and nothing but --api-port counts calls.`, 'Add --api-port 4010.');
  }
};

/** What shows the handler's deeds, where the flags ask for it. @throws UserError (2), (3) */
const openDeedsOf = async (
  options: ReplayOptions,
  expects: readonly Expectation[],
  runtime: Runtime,
  { err }: Terminal,
): Promise<Deeds | undefined> => {
  if (!wantsDeeds(options, expects)) return undefined;
  const { openDeeds } = await import('./deeds.ts');
  const deeds = await openDeeds(options, expects, options.concurrency, runtime);
  if (deeds?.url !== undefined) err.lines(`The API of your handler is ${deeds.url} for this run.`);
  await err.flush();
  return deeds;
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
  const url = readEndpoint(options.to ?? DEFAULT_ENDPOINT);
  checkPace(options);
  if (options.rule !== undefined && options.check !== true) throw usageError('--rule chooses what --check checks.', 'Add --check.');
  if (options.reporter !== undefined && (options.check === true || options.dryRun === true))
    throw usageError('--reporter tells how deliveries were taken; --check and --dry-run have --json.');
  const expects = withDefaults(readExpects(options));
  const seed = options.seed ?? seedOf(runtime.id());
  const told = isRandom(options) ? seed : undefined;
  // A check sends events in modes of its own choice.
  const source = openSteps(sources, options.check === true ? { ...options, mode: undefined } : options, seed, runtime, terminal);
  const { trouble } = source.reading;
  const ahead = await readAhead(source);
  if (!ahead.isAll) await source.check();
  const finish = async (code: ExitCode): Promise<ExitCode> => {
    await out.flush();
    await err.flush();
    if (trouble.includes(EXIT.usage)) return EXIT.usage;
    if (trouble.includes(EXIT.environment)) return EXIT.environment;
    return trouble.length > 0 ? (Math.max(code, EXIT.wanting) as ExitCode) : code; // 3 stays 3
  };
  // Called wrongly: nothing is sent.
  if (ahead.steps.length === 0 || trouble.includes(EXIT.usage)) {
    if (trouble.length === 0) {
      complain(terminal, `There is nothing to send${options.only === undefined ? '.' : `: no payload is of ${options.only.join(', ')}.`}`);
      trouble.push(EXIT.usage);
    }
    return finish(EXIT.wanting);
  }
  if (ahead.isAll) tellUnfit(source, terminal);
  if (options.check === true) {
    const { checkHandler, forCheck } = await import('./check.ts');
    const endpoint = await openReached(url, forCheck(options), runtime);
    return finish(await checkHandler(chain(ahead, source), endpoint, { sources, url, options }, runtime, terminal));
  }
  if (options.dryRun === true) {
    await dryRun(url, ahead, source, options, terminal);
    return finish(EXIT.ok);
  }

  checkCounted(ahead.steps, options);
  const deeds = await openDeedsOf(options, expects, runtime, terminal);
  const endpoint = await openReached(url, options, runtime);
  const behind = behindCommand(url, options);
  const reports = await openReplayReports(options, runtime, terminal, {
    endpoint: url.href,
    command: (again) => `whapi-hooks replay ${again}${behind}`,
  });
  const { runSteps } = await import('../../io/run.ts');
  const stop = stopping(runtime, terminal);
  const total = ahead.isAll ? ahead.steps.length * (options.checkIdempotent === true ? 2 : 1) : 0;
  const progress = openProgress(runtime, total, 'count', 'bar');
  const columns = sentColumns(ahead.steps);
  const isQuiet = out.isTTY && progress.isShown && (total === 0 || total > MOST_LINES);
  const mostFailures = options.failFast === true ? 1 : (options.maxFailures ?? Number.POSITIVE_INFINITY);
  const totals = createTotals();
  const begun = runtime.elapsed();
  let done = 0;
  let failed = 0;
  let first: Result | undefined;
  const onResult = (plain: Result): void | Promise<void> => {
    const result = deeds?.remarked(plain) ?? plain;
    const { broken } = result;
    totals.add(result);
    reports.result(result);
    first ??= result;
    done++;
    if (broken.length > 0) failed++;
    if (isNobody(result, done) || failed >= mostFailures) stop.abort();
    const isShown = options.json === true || (reports.text && (!isQuiet || broken.length > 0));
    if (isShown) {
      progress.pause();
      if (options.json === true) out.write(recordLine(resultRecord(result)));
      else out.lines(...sentLines(sentOf(result), out, columns));
    }
    if (progress.isShown) {
      const rate = Math.round((done * 1000) / Math.max(1, runtime.elapsed() - begun));
      progress.show(done, `${rate}/s${failed > 0 ? `, ${failed} failed` : ''}`);
    }
    if (progress.isShown ? isShown : done % TURN === 0) return out.flush();
  };
  const steps = chain(ahead, source);
  const running = runSteps(deeds?.steps(steps) ?? steps, {
    endpoint,
    concurrency: options.concurrency,
    expects,
    spacing: options.delay,
    retry: options.retry === true ? RETRIES : options.retry,
    signal: stop.signal,
    elapsed: runtime.elapsed,
    after: runtime.after,
    onStart: deeds?.onStart,
    callsOf: deeds?.callsOf,
    onResult,
  });
  const ending = await running.finally(async () => {
    progress.stop();
    endpoint.close();
    await deeds?.close();
  });

  const ms = runtime.elapsed() - begun;
  const all = totals.totals();
  if (!ahead.isAll) tellUnfit(source, terminal);
  if (options.json === true) out.write(recordLine(summaryRecord(all, ending, told)));
  else if (reports.text) {
    const tables = replayTables(all, out, behind);
    const faults = faultsLine(all, told);
    out.lines(...tables, ...(faults === undefined ? [] : [faults]), replaySummary(all, ending, out));
  }
  const { texts: notes, wanting } = deeds?.notes() ?? { texts: [], wanting: false };
  if (wanting) trouble.push(EXIT.wanting);
  reports.end({ totals: all, ending, seed: told, ms, notes, isWanting: trouble.length > 0 });
  for (const text of notes) err.lines(err.paint.yellow(clean(text)));
  tellUnreachable(url, all, first, ending, terminal);
  return finish(out.closed.aborted && all.failed === 0 ? EXIT.ok : replayExitCode(all, ending));
};
