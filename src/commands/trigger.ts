import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_ENDPOINT, readEndpoint } from '../delivery/endpoint.ts';
import { EXIT, type ExitCode, sentence, usageError } from '../errors.ts';
import { MODES, type Mode } from '../event/mode.ts';
import { EVENT_NAMES, type EventName, isCategory, isEventName } from '../event/name.ts';
import { judgeWith, type Overlay } from '../event/overlay.ts';
import { validate } from '../event/parse.ts';
import { projectOverlay } from '../io/overlay.ts';
import { samplesReader } from '../io/samples.ts';
import { complain, openTerminal, type Terminal } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import { type Path, PathError, pathText, readPath, readTyped } from '../replay/paths.ts';
import { createRandom, seedOf } from '../replay/random.ts';
import { type Change, triggered, wantedSample } from '../replay/trigger.ts';
import { typesOf } from '../replay/types.ts';
import type { Runtime } from '../runtime.ts';
import type { JsonObject } from '../schema/keywords.ts';
import { findingLines } from '../testing/lines.ts';
import { strongest } from './environment.ts';
import { colourOf, count, duration, oneOf, option, readAt, readSecret, several, unknownEvent } from './flags.ts';
import { type ReachOptions, readExtra } from './reaching.ts';
import { seed } from './replay/options.ts';

interface TriggerOptions extends ReachOptions {
  readonly type?: string;
  readonly sample?: string;
  readonly count: number;
  readonly to?: string;
  readonly forwardTo?: string;
  readonly mode?: Mode;
  readonly print?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
  readonly force?: boolean;
  readonly seed?: number;
  readonly at?: string;
  readonly header?: readonly string[];
  readonly secretHeader?: string;
  readonly schemaOverlay?: string;
}

const path = (text: string): Path => {
  try {
    return readPath(text);
  } catch (error) {
    if (error instanceof PathError) throw new InvalidArgumentError(sentence(error.message));
    throw error;
  }
};

const pair = (text: string): { path: Path; value: string } => {
  const end = text.indexOf('=');
  if (end === -1) throw new InvalidArgumentError('It is written path=value, such as messages[0].text.body=hello.');
  return { path: path(text.slice(0, end)), value: text.slice(end + 1) };
};

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('What stands behind = is not JSON; --set takes a text as it is.');
  }
};

/** The options that change the event. They add to one list, since their order counts. */
const addChanges = (command: Command, changes: Change[]): Command => {
  const add = (flag: string, change: Omit<Change, 'text'>): readonly Change[] => {
    changes.push({ text: `${flag} ${pathText(change.path)}`, ...change });
    return changes;
  };
  return command
    .addOption(
      option<readonly Change[]>('--set <path=value>', 'what stands at a path; a number, true, false or null, else a text', (text) => {
        const { path: at, value } = pair(text);
        return add('--set', { path: at, value: { json: readTyped(value) } });
      }),
    )
    .addOption(
      option<readonly Change[]>('--set-json <path=json>', 'the same, as JSON: objects, lists, "12" as a text', (text) => {
        const { path: at, value } = pair(text);
        return add('--set-json', { path: at, value: { json: json(value) } });
      }),
    )
    .addOption(
      option<readonly Change[]>('--unset <path>', 'takes away what stands at a path', (text) => add('--unset', { path: path(text) })),
    );
};

/** What --list shows: every sample with its event and types. */
const list = async (what: string | undefined, options: TriggerOptions, runtime: Runtime, terminal: Terminal): Promise<ExitCode> => {
  const { out } = terminal;
  if (what !== undefined && !isCategory(what) && !isEventName(what)) throw unknownEvent(what);
  const samplesOf = samplesReader(runtime);
  const rows = EVENT_NAMES.filter((event) => what === undefined || event === what || event.startsWith(`${what}.`)).flatMap((event) =>
    Object.entries(samplesOf(event)).map(([sample, payload]) => ({ event, types: typesOf(event, payload), sample })),
  );
  if (options.json === true) out.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  else {
    const width = Math.max(...rows.map(({ types }) => types.join(', ').length)) + 1;
    for (const { event, types, sample } of rows)
      out.lines(`${out.paint.cyan(event.padEnd(16))} ${types.join(', ').padEnd(Math.min(width, 30))} ${sample}`);
  }
  await out.flush();
  return EXIT.ok;
};

/** The fresh events, each different. @throws UserError (2) for a sample or a path that is not there */
const make = (event: EventName, changes: readonly Change[], options: TriggerOptions, seeded: number, runtime: Runtime): JsonObject[] => {
  try {
    const sample = wantedSample(event, options, samplesReader(runtime));
    const random = createRandom(seeded);
    const at = readAt(options.at, runtime);
    return Array.from({ length: options.count }, () => triggered(sample, changes, { random, at }));
  } catch (error) {
    if (error instanceof PathError) throw usageError(sentence(error.message), `whapi-hooks trigger --list ${event} shows what there is.`);
    throw error;
  }
};

/** Tells what the schemas say to the event, once for all that are alike. @returns whether it may be sent */
const judge = (
  event: EventName,
  payloads: readonly JsonObject[],
  changes: readonly Change[],
  options: TriggerOptions,
  overlay: Overlay | undefined,
  terminal: Terminal,
): boolean => {
  const all = payloads.map((payload) => {
    const parsed = validate(payload, { as: event });
    const { findings, verdict } = judgeWith(overlay, { ...parsed, payload });
    return { findings, fits: verdict === 'valid' && parsed.name === event };
  });
  // Of many that are made in the same way the first bad one says it for all.
  const worst = all.find(({ fits }) => !fits) ?? all.find(({ findings }) => findings.length > 0);
  if (worst === undefined) return true;
  const { findings, fits } = worst;
  const { err } = terminal;
  const may = fits || options.force === true;
  if (fits) err.lines(err.paint.yellow(`With these changes there is something to remark on ${event}:`));
  else if (may) err.lines(err.paint.yellow(`With these changes it is no valid ${event} event:`));
  else complain(terminal, `With these changes it is no valid ${event} event; nothing was sent.`);
  err.lines(...findingLines(findings).split('\n'));
  if (may) return true;
  const numbers = changes.filter(({ text, value }) => text.startsWith('--set ') && value !== undefined && typeof value.json !== 'string');
  for (const { path: at, value } of numbers)
    err.lines(err.paint.dim(`A text instead: --set-json '${pathText(at)}="${String(value?.json)}"'.`));
  err.lines(err.paint.dim('--force sends it all the same.'));
  return false;
};

const trigger = async (
  what: string | undefined,
  changes: readonly Change[],
  options: TriggerOptions,
  runtime: Runtime,
  color: { color?: string },
): Promise<ExitCode> => {
  const terminal = await openTerminal(runtime, colourOf(color));
  if (options.list === true) return list(what, options, runtime, terminal);
  if (what === undefined) throw usageError('No event is named.', 'whapi-hooks trigger --list shows all of them.');
  if (!isEventName(what)) throw unknownEvent(what);
  const headers = (options.header ?? []).map(readExtra);
  if (options.secretHeader !== undefined) {
    const { name, value } = readSecret(options.secretHeader, runtime.env);
    headers.push([name, value]);
  }
  const url = readEndpoint(options.to ?? DEFAULT_ENDPOINT);
  const payloads = make(what, changes, options, options.seed ?? seedOf(runtime.id()), runtime);
  const overlay = projectOverlay(options.schemaOverlay, runtime.cwd);
  if (!judge(what, payloads, changes, options, overlay, terminal)) {
    await terminal.err.flush();
    return EXIT.wanting;
  }
  if (options.print === true) {
    const [first, ...more] = payloads;
    terminal.out.write(`${JSON.stringify(more.length === 0 ? first : payloads, undefined, 2)}\n`);
    await terminal.out.flush();
    await terminal.err.flush();
    return EXIT.ok;
  }
  const { sendPayloads } = await import('./trigger/send.ts');
  return sendPayloads(payloads, { ...options, url, headers, overlay }, runtime, terminal);
};

const EXAMPLES = `
Examples:
  $ whapi-hooks trigger messages.post                     a text that nobody has seen yet, to http://localhost:3000
  $ whapi-hooks trigger messages.post --type image --to 8080/webhook
  $ whapi-hooks trigger messages.post --set 'messages[0].text.body=Are you open today?'
  $ whapi-hooks trigger statuses.post --type read --set 'statuses[0].id=Abc123Def456Gh-ijKL78'
  $ whapi-hooks trigger groups.put --sample "participant added" --count 3 --print
  $ whapi-hooks trigger --list calls                      events, types and samples

A fresh event has new ids in the provider's formats, the same for the same person, chat and message wherever they
occur, and happens now. The same --seed and --at give the same bytes.
Exit codes: 0 all 2xx; 1 some not, or the event is not valid; 2 called wrongly; 3 nothing could be reached.`;

export const addTrigger: AddCommand = (program, runtime, finish) => {
  const changes: Change[] = [];
  const command = program
    .command('trigger')
    .summary('make a fresh event and send it to your endpoint')
    .description('Make an event that your endpoint has not seen yet, out of a sample, and send it.')
    .argument('[event]', 'such as messages.post');
  addChanges(
    command
      .option('--type <type>', 'of the sample: a message type, an action, a status')
      .option('--sample <name>', 'the sample to begin with (default: the first of the event)'),
    changes,
  )
    .addOption(option('-c, --count <n>', 'so many different events', count, { value: 1 }))
    .option('-t, --to <endpoint>', `your endpoint (default: ${DEFAULT_ENDPOINT})`)
    .option('-f, --forward-to <endpoint>', 'another name of --to')
    .addOption(option('-m, --mode <mode>', 'send as mode body, path or method does', oneOf(MODES)))
    .option('--at <time>', 'when it happens: 2026-03-01T14:30, 14:30, 2h ago is 2h (default: now)')
    .addOption(option('--seed <n>', 'makes the same ids again', seed))
    .option('--force', 'send it even if it is not valid')
    .option('--print', 'print it as JSON, and send nothing')
    .option('--list', 'show all events, their types and samples')
    .addOption(option('--timeout <duration>', 'time the endpoint has to answer', duration, { value: 30_000, shown: '30s' }))
    .addOption(option<readonly string[]>('-H, --header <header>', '"Name: value" to send along; may be repeated', several))
    .option('--secret-header <header>', '"Name: value" that your endpoint demands; or the name alone, with the value in WHAPI_HOOKS_SECRET')
    .option('--ca-cert <file>', 'certificate to trust, in PEM form')
    .option('--skip-verify', 'take any certificate of the endpoint')
    .option('--insecure', 'another name of --skip-verify')
    .option('--schema-overlay <file>', 'what drift --overlay wrote: it is accepted')
    .option('--json', 'records, one a line; with --list one document')
    .addHelpText('after', EXAMPLES)
    .action(async (event: string | undefined) => {
      const options = command.opts<TriggerOptions>();
      const to = strongest(command, ['to', 'forwardTo']) === 'forwardTo' ? options.forwardTo : options.to;
      finish(await trigger(event, changes, { ...options, ...(to === undefined ? {} : { to }) }, runtime, program.opts()));
    });
};
