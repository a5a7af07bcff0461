import { recordLine } from '../../delivery/recording.ts';
import { type ExitCode, usageError } from '../../errors.ts';
import { MODES } from '../../event/mode.ts';
import type { Endpoint } from '../../io/endpoint.ts';
import { openProbe } from '../../io/probe.ts';
import { openProgress } from '../../io/progress.ts';
import { shapedBody } from '../../io/shaped.ts';
import { complain, type Terminal } from '../../io/terminal.ts';
import { type CheckFinding, checkExitCode } from '../../replay/check.ts';
import type { World } from '../../replay/check-desk.ts';
import { type Specimen, specimenOf } from '../../replay/check-events.ts';
import { CHECK_RULE_NAMES } from '../../replay/check-rules.ts';
import { runCheck } from '../../replay/check-run.ts';
import { createRandom, seedOf } from '../../replay/random.ts';
import type { Step } from '../../replay/step.ts';
import { checkLines, checkRecords } from '../../report/check.ts';
import type { Runtime } from '../../runtime.ts';
import { plural } from '../../view/text.ts';
import { nameOf, reachedBy, typed } from './again.ts';
import { openCalls } from './calls.ts';
import { type ReplayOptions, SETTLE } from './options.ts';

/** What is checked, and how replay was called. */
export interface CheckCall {
  readonly sources: readonly string[];
  readonly url: URL;
  readonly options: ReplayOptions;
}

/** Events that are held in memory. */
const MOST_EVENTS = 2000;

/** Milliseconds that a handler may take before it counts as silent, unless --timeout says less. */
const PATIENCE = 10_000;

/** Flags that say what a check decides itself. */
const OTHERS = {
  '--repeat': ({ repeat }) => repeat !== 1,
  '--shuffle': ({ shuffle }) => shuffle,
  '--speed': ({ speed }) => speed !== 'max',
  '--rate': ({ rate }) => rate,
  '--delay': ({ delay }) => delay,
  '--concurrency': ({ concurrency }) => concurrency !== 1,
  '--duplicate': ({ duplicate }) => duplicate,
  '--reorder': ({ reorder }) => reorder,
  '--late': ({ late }) => late,
  '--drop-connection': ({ dropConnection }) => dropConnection,
  '--slow-body': ({ slowBody }) => slowBody,
  '--retry': ({ retry }) => retry,
  '--expect': ({ expect }) => expect,
  '--expect-unauthorized': ({ expectUnauthorized }) => expectUnauthorized,
  '--forbid-echo': ({ forbidEcho }) => forbidEcho,
  '--check-idempotent': ({ checkIdempotent }) => checkIdempotent,
  '--fail-fast': ({ failFast }) => failFast,
  '--max-failures': ({ maxFailures }) => maxFailures,
  '--dry-run': ({ dryRun }) => dryRun,
} satisfies Record<string, (options: ReplayOptions) => unknown>;

/**
 * The flags of replay as a check uses them: two copies at once need two connections.
 * @throws UserError (2) for flags that say what the check decides itself
 */
export const forCheck = (options: ReplayOptions): ReplayOptions => {
  for (const [flag, isGiven] of Object.entries(OTHERS)) {
    const given = isGiven(options);
    if (given !== undefined && given !== false)
      throw usageError(`${flag} cannot be used with --check, which decides that itself.`, 'Leave one of the two out.');
  }
  return { ...options, concurrency: 2, timeout: Math.min(options.timeout, PATIENCE) };
};

const collect = async (steps: AsyncIterable<readonly Step[]>, terminal: Terminal): Promise<Specimen[]> => {
  const specimens: Specimen[] = [];
  let unread = 0;
  let more = false;
  for await (const some of steps) {
    for (const step of some.slice(0, MOST_EVENTS - specimens.length)) {
      const specimen = specimenOf(step);
      if (specimen === undefined) unread++;
      else specimens.push(specimen);
    }
    more = specimens.length === MOST_EVENTS;
    if (more) break;
  }
  const { err } = terminal;
  if (more) err.lines(err.paint.dim(`A check takes no more than ${MOST_EVENTS} events.`));
  if (unread > 0) err.lines(err.paint.yellow(`${plural(unread, 'payload')} left out: a check sends JSON objects with new ids.`));
  return specimens;
};

/** The command that shows a finding again, for this one event where something names it. */
const againWith =
  ({ sources, options }: CheckCall, port: number | undefined) =>
  ({ rule, sources: own }: CheckFinding): string => {
    const { to, mode } = options;
    const flags = [...(to === undefined ? [] : ['--to', to]), ...(mode === undefined ? [] : ['--mode', mode]), ...reachedBy(options, port)];
    return `whapi-hooks replay --check --rule ${rule}${own.length > 0 ? ` ${own.join(' ')}` : typed(sources)}${typed(flags)}`;
  };

/** Checks a handler with the events of some steps. @throws UserError (2), (3) */
export const checkHandler = async (
  steps: AsyncIterable<readonly Step[]>,
  endpoint: Endpoint,
  call: CheckCall,
  runtime: Runtime,
  terminal: Terminal,
): Promise<ExitCode> => {
  const { out, err } = terminal;
  const { url, options } = call;
  const probe = options.probe === undefined ? undefined : openProbe(options.probe, runtime.cwd);
  const specimens = await collect(steps, terminal);
  const calls = options.apiPort === undefined ? undefined : await openCalls(options.apiPort, runtime);
  if (calls !== undefined) err.lines(`The API of your handler is ${calls.url} for this check.`);
  await err.flush();
  const stopped = runtime.stopped();
  /** Pauses that go on: some are left behind, since what they were the limit of has come. */
  const pauses = new Set<() => void>();
  let isOver = false;
  const endPauses = (): void => {
    for (const end of pauses) end();
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        takeBack();
        pauses.delete(end);
        resolve();
      };
      const takeBack = runtime.after(ms, end);
      pauses.add(end);
      if (stopped.aborted || isOver) end();
    });
  // One listener for all: pauses can be many. A handler that never answers holds up nobody who stops the check.
  const leave = (): void => {
    endpoint.close();
    endPauses();
  };
  if (stopped.aborted) leave();
  else stopped.addEventListener('abort', leave);
  const world: World = {
    send: (shipment) => endpoint.send(shipment),
    cut: (shipment) =>
      new Promise((resolve) => {
        const body = shapedBody(shipment.body, { cutAt: Math.floor(shipment.body.byteLength / 2) }, pause, () => {});
        endpoint.dispatch(shipment, { whole: false, manner: { body, longer: 0 }, onOutcome: () => resolve() });
      }),
    api: calls === undefined ? undefined : { ...calls, calls: calls.count, refused: () => calls.refused()?.first },
    probe,
    pause,
    elapsed: runtime.elapsed,
    now: runtime.now,
    id: runtime.id,
    random: createRandom(seedOf(runtime.id())),
    stopped,
  };
  const { mode = 'all', rule: rules = CHECK_RULE_NAMES } = options;
  const progress = openProgress(runtime, rules.length, 'count', 'bar');
  let begun = 0;
  try {
    const report = await runCheck(world, {
      rules,
      specimens,
      modes: mode === 'all' ? MODES : [mode],
      settle: options.settle ?? SETTLE,
      secret: options.secretHeader === undefined ? undefined : nameOf(options.secretHeader),
      onRule: (rule) => progress.show(begun++, rule),
    });
    progress.stop();
    if (report.unreachable !== null) {
      const { href } = url;
      complain(terminal, `Nothing could be reached at ${href}: ${report.unreachable}.`, 'Start your app, or name its address with --to.');
      return checkExitCode(report);
    }
    const againOf = againWith(call, calls?.port);
    if (options.json === true) for (const record of checkRecords(report, againOf)) out.write(recordLine(record));
    else out.lines(...checkLines(report, out, againOf));
    return checkExitCode(report);
  } finally {
    progress.stop();
    isOver = true;
    endPauses();
    stopped.removeEventListener('abort', leave);
    endpoint.close();
    await calls?.close();
    await out.flush();
    await err.flush();
  }
};
