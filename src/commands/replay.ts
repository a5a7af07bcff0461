import type { Command } from 'commander';
import { isOk, type Outcome } from '../delivery/delivery.ts';
import { DEFAULT_ENDPOINT, readEndpoint, targetPath } from '../delivery/endpoint.ts';
import { facetsOf } from '../delivery/facets.ts';
import { outcomeRecord, recordLine } from '../delivery/recording.ts';
import { type Planned, planShipment } from '../delivery/shipments.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { MODES, type Mode } from '../event/mode.ts';
import { openEndpoint } from '../io/endpoint.ts';
import { projectOverlay } from '../io/overlay.ts';
import { openProgress } from '../io/progress.ts';
import { readSources } from '../io/sources.ts';
import { type ColourChoice, complain, openTerminal, type Terminal } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import { CHECK_RULE_NAMES, type CheckRule } from '../replay/check.ts';
import { plannedRecord, replayExitCode, replaySummary, replayTotals, summaryRecord } from '../report/replay.ts';
import { findingText } from '../report/text.ts';
import type { Runtime } from '../runtime.ts';
import { plannedLine, sentColumns, sentLines } from '../view/sent.ts';
import { clean, plural } from '../view/text.ts';
import { addChoosing, type ChoosingOptions, checkChoosing, readFilter } from './choose.ts';
import { strongest } from './environment.ts';
import { colourOf, duration, oneOf, option, port, readEvents, readHeader, readSecret, several, severalOf } from './flags.ts';

interface ReplayOptions extends ChoosingOptions {
  readonly to?: string;
  readonly mode?: Mode;
  readonly only?: readonly string[];
  readonly timeout: number;
  readonly header?: readonly string[];
  readonly secretHeader?: string;
  readonly limit?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly schemaOverlay?: string;
  readonly check?: boolean;
  readonly rule?: readonly CheckRule[];
  readonly apiPort?: number;
  readonly settle?: number;
  readonly probe?: string;
}

/** A payload that is to be sent, and where it is from. */
interface Job extends Planned {
  /** `samples/groups.json > participant added`. */
  readonly origin: string;
}

/** All that is to be sent, and the exit code that what could not be read asks for. */
const plan = async (
  sources: readonly string[],
  options: ReplayOptions,
  runtime: Runtime,
  terminal: Terminal,
): Promise<{ jobs: Job[]; trouble: ExitCode[] }> => {
  const { err } = terminal;
  const chosen = readEvents(options.only, '--only');
  const extra = (options.header ?? []).map((text) => readHeader(text, '--header'));
  if (options.secretHeader !== undefined) {
    const { name, value } = readSecret(options.secretHeader, runtime.env);
    extra.push([name, value]);
  }
  const overlay = projectOverlay(options.schemaOverlay, runtime.cwd);
  const jobs: Job[] = [];
  const trouble: ExitCode[] = [];
  const history = { file: options.history, filter: readFilter(options, runtime), limit: options.limit };
  for await (const some of readSources(sources, runtime, history)) {
    for (const source of some) {
      if (source.kind === 'note') err.lines(err.paint.dim(clean(source.message)));
      else if (source.kind === 'trouble') {
        trouble.push(source.exitCode);
        complain(terminal, source.message, source.hint);
      } else {
        const { file, parts } = source;
        for (const part of parts) {
          if ('problem' in part) {
            const { line, column, finding } = part.problem;
            if (finding.severity === 'error') trouble.push(EXIT.wanting);
            err.lines(findingText({ file, line, column, event: null, finding }, err));
            continue;
          }
          const { entry } = part;
          const origin = entry.name === null ? file : `${file} > ${entry.name}`;
          const planned = planShipment(entry, options.mode, extra, runtime.id, overlay);
          if (typeof planned === 'string') {
            trouble.push(EXIT.wanting);
            complain(terminal, `${origin}: ${planned}.`);
          } else if (chosen(planned.name)) jobs.push({ ...planned, origin });
        }
      }
    }
  }
  return { jobs, trouble };
};

const replay = async (sources: readonly string[], options: ReplayOptions, runtime: Runtime, colour: ColourChoice): Promise<ExitCode> => {
  const terminal = await openTerminal(runtime, colour);
  const { out, err } = terminal;
  const url = readEndpoint(options.to ?? DEFAULT_ENDPOINT);
  const { jobs, trouble } = await plan(sources, options, runtime, terminal);
  const finish = async (code: ExitCode): Promise<ExitCode> => {
    await out.flush();
    await err.flush();
    if (trouble.includes(EXIT.usage)) return EXIT.usage;
    if (trouble.includes(EXIT.environment)) return EXIT.environment;
    return trouble.length > 0 ? (Math.max(code, EXIT.wanting) as ExitCode) : code; // 3 stays 3
  };
  // Called wrongly: nothing is sent.
  if (jobs.length === 0 || trouble.includes(EXIT.usage)) {
    if (trouble.length === 0) {
      complain(terminal, `There is nothing to send${options.only === undefined ? '.' : `: no payload is of ${options.only.join(', ')}.`}`);
      trouble.push(EXIT.usage);
    }
    return finish(EXIT.wanting);
  }

  if (options.check === true) {
    const [{ checkHandler, CHECK_CONNECTIONS }, { SETTLE }] = await Promise.all([import('./replay/check.ts'), import('./replay/deeds.ts')]);
    const endpoint = openEndpoint(url, { timeout: options.timeout, elapsed: runtime.elapsed, connections: CHECK_CONNECTIONS });
    const steps = jobs.map((job, at) => ({
      ...job,
      number: at + 1,
      again: null,
      type: facetsOf(JSON.parse(new TextDecoder().decode(job.shipment.body))).types[0] ?? null,
      due: 0,
      after: [],
      copyOf: null,
      faults: [],
      expects: [],
    }));
    const code = await checkHandler(
      steps,
      endpoint,
      {
        sources,
        url,
        to: options.to,
        mode: options.mode,
        rule: options.rule,
        apiPort: options.apiPort,
        settle: options.settle ?? SETTLE,
        probe: options.probe,
        secretName: options.secretHeader?.split(':')[0]?.trim(),
        headerNames: (options.header ?? []).map((text) => readHeader(text, '--header')[0]),
        json: options.json === true,
      },
      runtime,
      terminal,
    );
    await endpoint.close();
    return finish(code);
  }
  const unfit = jobs.filter(({ verdict }) => verdict !== 'valid').length;
  if (unfit > 0)
    err.lines(
      err.paint.yellow(
        `${unfit} of ${plural(jobs.length, 'payload')} ${unfit === 1 ? 'does' : 'do'} not fit the schemas; whapi-hooks validate says where.`,
      ),
    );
  if (options.dryRun === true) {
    const widths = sentColumns(jobs);
    for (const job of jobs) {
      if (out.closed.aborted) break;
      const target = targetPath(url, job.shipment.suffix, job.shipment.query);
      if (options.json === true) out.write(recordLine(plannedRecord(job, new URL(target, url).href)));
      else out.lines(plannedLine(job, target, out, widths));
      await out.flush();
    }
    err.lines(`${plural(jobs.length, 'delivery', 'deliveries')} would be sent to ${url.href}; nothing was.`);
    return finish(EXIT.ok);
  }

  const stopped = runtime.stopped();
  const endpoint = openEndpoint(url, { timeout: options.timeout, elapsed: runtime.elapsed });
  const progress = openProgress(runtime, jobs.length);
  const outcomes: Outcome[] = [];
  const halted = new Promise<undefined>((resolve) => {
    for (const signal of [stopped, out.closed]) {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    }
  });
  const columns = sentColumns(jobs);
  for (const job of jobs) {
    if (stopped.aborted || out.closed.aborted) break;
    const outcome = await Promise.race([endpoint.send(job.shipment), halted]);
    if (outcome === undefined) break;
    outcomes.push(outcome);
    progress.pause();
    if (options.json === true)
      out.write(recordLine({ ...outcomeRecord(outcome), event: job.name, verdict: job.verdict, source: job.origin }));
    else out.lines(...sentLines(outcome, job.name, job.origin, out, columns));
    await out.flush();
    progress.show(outcomes.length);
    // Nothing listens there: the rest would only say the same.
    if (outcomes.length === 1 && !isOk(outcome) && outcome.kind === 'failed' && outcome.cause === 'unreachable') break;
  }
  progress.stop();
  await endpoint.close();

  const totals = replayTotals(outcomes, jobs.length - outcomes.length);
  if (options.json === true) out.write(recordLine(summaryRecord(totals)));
  else out.lines(replaySummary(totals, out));
  const first = outcomes[0];
  if (totals.unreachable && first?.kind === 'failed') {
    const rest = totals.unsent > 0 ? ` ${plural(totals.unsent, 'more delivery', 'more deliveries')} not sent.` : '';
    complain(terminal, `Nothing could be reached at ${url.href}: ${first.error}.`, `Start your app, or name its address with --to.${rest}`);
  }
  return finish(out.closed.aborted && totals.failed === 0 ? EXIT.ok : replayExitCode(totals));
};

const EXAMPLES = `
Examples:
  $ whapi-hooks replay samples/groups.json                the samples of a category, to http://localhost:3000
  $ whapi-hooks replay groups.put --to 8080/webhook       those of one event
  $ whapi-hooks replay today.jsonl                        a recording, as it was recorded
  $ whapi-hooks replay samples --mode method              all samples as mode method sends them
  $ whapi-hooks replay fixtures --only 'messages.*' --json | jq .status

  $ whapi-hooks replay history:latest                     what a listener took last
  $ whapi-hooks replay history: --status failed,5xx --since 2h --dry-run

Sources: files, folders, globs, categories (groups), events (groups.put), - for standard input,
         history:<id>, history:latest~2, or history: with the flags that choose from it.
Endpoints: 3000, :3000, 3000/hook, /hook (on http://localhost:3000), host:port/hook, https://host/hook.
Exit codes: 0 all 2xx; 1 some not; 2 called wrongly; 3 nothing could be reached.`;

/** Adds the flags of replay, without the sources. */
export const addReplayFlags = (command: Command): Command => {
  command
    .option('-t, --to <endpoint>', `your endpoint (default: ${DEFAULT_ENDPOINT})`)
    .option('-f, --forward-to <endpoint>', 'another name of --to')
    .addOption(option('-m, --mode <mode>', 'send as mode body, path or method does', oneOf(MODES)))
    .addOption(option<readonly string[]>('--only <names>', 'only these events', several))
    .addOption(option('--timeout <duration>', 'time the endpoint has to answer', duration, { value: 30_000, shown: '30s' }))
    .addOption(option<readonly string[]>('-H, --header <header>', '"Name: value" to send along; may be repeated', several))
    .option('--secret-header <header>', '"Name: value" that your endpoint demands; or the name alone, with the value in WHAPI_HOOKS_SECRET')
    .option('--schema-overlay <file>', 'what drift --overlay wrote: it is accepted')
    .option('-n, --dry-run', 'show what would be sent, and send nothing')
    .option('--json', 'records, one a line')
    .option('--check', 'x')
    .addOption(option('--rule <rules>', 'x', severalOf(CHECK_RULE_NAMES)))
    .addOption(option('--api-port <n>', 'x', port))
    .addOption(option('--settle <duration>', 'x', duration))
    .option('--probe <url|command>', 'x')
    .option('--history <file>', 'the history that history: reads');
  return addChoosing(command, {});
};

/** Runs replay with the flags of a command. */
export const replayWith = async (
  command: Command,
  sources: readonly string[],
  runtime: Runtime,
  color: { color?: string },
): Promise<ExitCode> => {
  checkChoosing(command, sources);
  const options = command.opts<ReplayOptions & { readonly forwardTo?: string }>();
  const to = strongest(command, ['to', 'forwardTo']) === 'forwardTo' ? options.forwardTo : options.to;
  return replay(sources, { ...options, ...(to === undefined ? {} : { to }) }, runtime, colourOf(color));
};

export const addReplay: AddCommand = (program, runtime, finish) => {
  const command = program
    .command('replay')
    .summary('send payloads to your endpoint')
    .description('Send samples, fixtures, recordings and what the history holds to your endpoint, and tell how it answers.')
    .argument('<source...>', 'files, folders, globs, categories, events, history:<id>, history:, or - for standard input');
  addReplayFlags(command)
    .addHelpText('after', EXAMPLES)
    .action(async (sources: string[]) => finish(await replayWith(command, sources, runtime, program.opts())));
};
