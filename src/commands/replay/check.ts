import { recordLine } from '../../delivery/recording.ts';
import type { ExitCode } from '../../errors.ts';
import { MODES, type Mode } from '../../event/mode.ts';
import type { Endpoint } from '../../io/endpoint.ts';
import { openProbe } from '../../io/probe.ts';
import { shapedBody } from '../../io/shaped.ts';
import { complain, type Terminal } from '../../io/terminal.ts';
import { CHECK_RULE_NAMES, type CheckFinding, type CheckRule, checkExitCode } from '../../replay/check.ts';
import type { World } from '../../replay/check-desk.ts';
import { type Specimen, specimenOf } from '../../replay/check-events.ts';
import { runCheck } from '../../replay/check-run.ts';
import { createRandom, seedOf } from '../../replay/random.ts';
import type { Step } from '../../replay/step.ts';
import { checkLines, checkRecords } from '../../report/check.ts';
import type { Runtime } from '../../runtime.ts';
import { plural } from '../../view/text.ts';
import { quoted } from '../listen/tally.ts';
import { openCalls } from './calls.ts';
import { SETTLE } from './deeds.ts';

/** What the flags of replay say to a check. */
export interface CheckOptions {
  readonly sources: readonly string[];
  readonly url: URL;
  /** The endpoint as it was written. */
  readonly to: string | undefined;
  readonly mode: Mode | 'all' | undefined;
  readonly rule: readonly CheckRule[] | undefined;
  readonly apiPort: number | undefined;
  /** Milliseconds. */
  readonly settle: number;
  readonly probe: string | undefined;
  /** Name of the header with the secret. */
  readonly secretName: string | undefined;
  /** Names of headers that are sent along; their values may be secret. */
  readonly headerNames: readonly string[];
  readonly json: boolean;
}

/** Events that are held in memory. */
const MOST_EVENTS = 2000;

/** Two copies at once need two connections. */
export const CHECK_CONNECTIONS = 2;

const collect = async (steps: Iterable<Step> | AsyncIterable<Step>, terminal: Terminal): Promise<Specimen[]> => {
  const specimens: Specimen[] = [];
  let unread = 0;
  let more = false;
  for await (const step of steps) {
    if (specimens.length === MOST_EVENTS) {
      more = true;
      break;
    }
    const specimen = specimenOf(step);
    if (specimen === undefined) unread++;
    else specimens.push(specimen);
  }
  const { err } = terminal;
  if (more) err.lines(err.paint.dim(`The check takes the first ${MOST_EVENTS} events.`));
  if (unread > 0) err.lines(err.paint.yellow(`${plural(unread, 'payload')} left out: a check sends JSON objects with new ids.`));
  return specimens;
};

/** The command that shows a finding again, for this one event where something names it. */
const againWith =
  (options: CheckOptions, port: number | undefined) =>
  ({ rule, source }: CheckFinding): string => {
    const { sources, to, mode, settle, probe, secretName, headerNames } = options;
    const flags = [
      ...(to === undefined ? [] : ['--to', to]),
      ...(mode === undefined ? [] : ['--mode', mode]),
      ...(port === undefined ? [] : ['--api-port', String(port)]),
      ...(settle === SETTLE ? [] : ['--settle', `${settle}ms`]),
      ...(probe === undefined ? [] : ['--probe', probe]),
      ...headerNames.flatMap((name) => ['-H', `${name}: …`]),
      // The name alone: its value is secret, and comes from WHAPI_HOOKS_SECRET.
      ...(secretName === undefined ? [] : ['--secret-header', secretName]),
    ];
    return ['whapi-hooks', 'replay', '--check', '--rule', rule, ...(source === null ? sources : [source]), ...flags].map(quoted).join(' ');
  };

/** Checks a handler with the events of some steps. @throws UserError (2), (3) */
export const checkHandler = async (
  steps: Iterable<Step> | AsyncIterable<Step>,
  endpoint: Endpoint,
  options: CheckOptions,
  runtime: Runtime,
  terminal: Terminal,
): Promise<ExitCode> => {
  const { out, err } = terminal;
  const probe = options.probe === undefined ? undefined : openProbe(options.probe, runtime.cwd);
  const specimens = await collect(steps, terminal);
  const calls = options.apiPort === undefined ? undefined : await openCalls(options.apiPort, runtime);
  if (calls !== undefined) err.lines(`The API of your handler is ${calls.url} for this check.`);
  await err.flush();
  const stopped = runtime.stopped();
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        takeBack();
        stopped.removeEventListener('abort', end);
        resolve();
      };
      const takeBack = runtime.after(ms, end);
      if (stopped.aborted) end();
      else stopped.addEventListener('abort', end);
    });
  const world: World = {
    send: (shipment) => endpoint.send(shipment),
    async cut(shipment) {
      const body = shapedBody(shipment.body, { cutAt: Math.floor(shipment.body.byteLength / 2) }, pause, () => {});
      await endpoint.send(shipment, undefined, { body, longer: 0 });
    },
    api: calls === undefined ? undefined : { ...calls, calls: calls.count, refused: () => calls.refused()?.first },
    probe,
    pause,
    elapsed: runtime.elapsed,
    now: runtime.now,
    id: runtime.id,
    random: createRandom(seedOf(runtime.id())),
    stopped,
  };
  try {
    const { mode = 'all' } = options;
    const report = await runCheck(world, {
      rules: options.rule ?? CHECK_RULE_NAMES,
      specimens,
      modes: mode === 'all' ? MODES : [mode],
      settle: options.settle,
      secret: options.secretName,
    });
    if (report.unreachable !== null) {
      const { href } = options.url;
      complain(terminal, `Nothing could be reached at ${href}: ${report.unreachable}.`, 'Start your app, or name its address with --to.');
      return checkExitCode(report);
    }
    const againOf = againWith(options, calls?.port);
    if (options.json) for (const record of checkRecords(report, againOf)) out.write(recordLine(record));
    else out.lines(...checkLines(report, out, againOf));
    return checkExitCode(report);
  } finally {
    await calls?.close();
    await out.flush();
    await err.flush();
  }
};
