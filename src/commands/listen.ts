import type { Command } from 'commander';
import type { Delivery, Outcome, Reading } from '../delivery/delivery.ts';
import { isOk } from '../delivery/delivery.ts';
import { readEndpoint, shipmentOf } from '../delivery/endpoint.ts';
import { readDelivery } from '../delivery/reading.ts';
import { deliveryRecord, outcomeRecord, readyRecord, recordLine } from '../delivery/recording.ts';
import { EXIT, type ExitCode, usageError } from '../errors.ts';
import { suffixBelow } from '../event/mode.ts';
import type { Forwarder } from '../io/forwarder.ts';
import { projectOverlay } from '../io/overlay.ts';
import { openRecorder } from '../io/recorder.ts';
import { listenOn, type Refusal } from '../io/server.ts';
import { type ColourChoice, openTerminal } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import type { Runtime } from '../runtime.ts';
import { bodyLines, clockTime, entry, outcomeLines } from '../view/entry.ts';
import { clean, plural } from '../view/text.ts';
import { strongest } from './environment.ts';
import { colourOf, count, duration, oneOf, option, path, port, readEvents, readSecret, several, size } from './flags.ts';

const OUTPUTS = ['pretty', 'compact', 'json', 'quiet'] as const;
type OutputStyle = (typeof OUTPUTS)[number];

interface ListenOptions {
  readonly port?: number;
  readonly host: string;
  readonly path: string;
  readonly forwardTo?: string;
  readonly events?: readonly string[];
  readonly secretHeader?: string;
  readonly record?: string;
  readonly schemaOverlay?: string;
  readonly count?: number;
  readonly maxBody: number;
  readonly timeout: number;
  readonly output: OutputStyle;
  readonly verbose?: boolean;
}

const DEFAULT_PORT = 4545;
/** Deliveries, and bytes of them, that may wait for the app. */
const MOST_WAITING = 1000;
const MOST_WAITING_BYTES = 256_000_000;
/** Milliseconds that work under way gets to end after Ctrl-C. */
const PATIENCE = 5000;

/** What happened so far; told at the end. */
interface Tally {
  taken: number;
  hidden: number;
  invalid: number;
  forwarded: number;
  failed: number;
  readonly refused: Map<Refusal, number>;
}

const REFUSED: Readonly<Record<Refusal, string>> = {
  late: 'after the last one (503)',
  origin: 'from a web page (403)',
  secret: 'without the secret (401)',
  path: 'on another path (404)',
  method: 'with another verb (405)',
  'too-large': 'too large (413)',
  malformed: 'not HTTP (400)',
  broken: 'broken off',
};

/** Refusals of one kind that are told; the rest is counted, so that strangers cannot fill the screen. */
const MOST_REFUSALS_TOLD = 5;

const tallyLine = (tally: Tally, forwards: boolean): string => {
  const parts = [plural(tally.taken, 'delivery', 'deliveries')];
  if (tally.hidden > 0) parts.push(`${tally.hidden} of other events`);
  if (tally.invalid > 0) parts.push(`${tally.invalid} not valid`);
  if (forwards) parts.push(`${tally.forwarded} forwarded${tally.failed > 0 ? `, ${tally.failed} failed` : ''}`);
  for (const [refusal, times] of tally.refused) parts.push(`${times} refused: ${REFUSED[refusal]}`);
  return parts.join(', ');
};

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** Whether an endpoint is the listener itself: every delivery would come back for ever. */
const isItself = (endpoint: URL, host: string, port: number): boolean => {
  const port443 = endpoint.protocol === 'https:' ? '443' : '80';
  const target = endpoint.hostname.replace(/^\[|\]$/g, '');
  return Number(endpoint.port || port443) === port && (target === host || isLoopback(target));
};

const openForwarder = async (
  url: URL | undefined,
  options: ListenOptions,
  runtime: Runtime,
  onOutcome: (outcome: Outcome) => void,
): Promise<Forwarder | undefined> => {
  if (url === undefined) return undefined;
  // The HTTP client is loaded while nothing is asked of it yet.
  const [{ openEndpoint }, { createForwarder }] = await Promise.all([import('../io/endpoint.ts'), import('../io/forwarder.ts')]);
  const endpoint = openEndpoint(url, { timeout: options.timeout, elapsed: runtime.elapsed });
  return createForwarder({ endpoint, most: MOST_WAITING, mostBytes: MOST_WAITING_BYTES, onOutcome });
};

const listen = async (options: ListenOptions, runtime: Runtime, colour: ColourChoice): Promise<ExitCode> => {
  const terminal = await openTerminal(runtime, colour);
  const { out, err } = terminal;
  const style = options.output;
  const chosen = readEvents(options.events, '--events');
  const secret = options.secretHeader === undefined ? undefined : readSecret(options.secretHeader, runtime.env);
  const endpoint = options.forwardTo === undefined ? undefined : readEndpoint(options.forwardTo);
  const overlay = projectOverlay(options.schemaOverlay, runtime.cwd);
  const stopped = runtime.stopped();
  const recorder = openRecorder(options.record, runtime.cwd, terminal);
  const tally: Tally = { taken: 0, hidden: 0, invalid: 0, forwarded: 0, failed: 0, refused: new Map() };
  /** Event names of deliveries whose outcome is still to come. */
  const names = new Map<string, string>();

  const emit = (line: string): void => {
    if (style === 'json') out.write(line);
    recorder.add(line);
  };

  const onOutcome = (outcome: Outcome): void => {
    if (isOk(outcome)) tally.forwarded++;
    else tally.failed++;
    emit(recordLine(outcomeRecord(outcome)));
    const name = names.get(outcome.delivery) ?? '';
    names.delete(outcome.delivery);
    if (style === 'pretty' || style === 'compact') {
      out.lines(...outcomeLines(outcome, name, out, runtime.now(), style));
    }
  };
  const forwarder = await openForwarder(endpoint, options, runtime, onOutcome);

  const enough = new AbortController();
  const show = (delivery: Delivery, reading: Reading): void => {
    if (style !== 'pretty' && style !== 'compact') return;
    out.lines(...entry(delivery, reading, out, style));
    if (options.verbose === true && reading.text !== undefined && reading.verdict !== 'unreadable')
      out.lines(...bodyLines(reading.text, out));
  };
  const onDelivery = (delivery: Delivery, words: readonly string[]): void => {
    const reading = readDelivery(delivery, words, overlay);
    if (!chosen(reading.name)) {
      tally.hidden++;
      return;
    }
    tally.taken++;
    if (reading.verdict !== 'valid') tally.invalid++;
    if (style === 'json' || options.record !== undefined) emit(recordLine(deliveryRecord(delivery, reading)));
    show(delivery, reading);
    if (forwarder !== undefined) {
      names.set(delivery.id, reading.name ?? reading.said ?? '');
      forwarder.push(shipmentOf(delivery, suffixBelow(options.path, delivery.url)));
    }
    if (tally.taken === options.count) enough.abort();
  };
  const onRefusal = (refusal: Refusal, detail: string): void => {
    const times = (tally.refused.get(refusal) ?? 0) + 1;
    tally.refused.set(refusal, times);
    if (refusal === 'late' || times > MOST_REFUSALS_TOLD) return;
    const last = times === MOST_REFUSALS_TOLD ? ' Further ones are only counted.' : '';
    err.lines(`${err.paint.dim(clockTime(runtime.now(), err.offset))} ${err.paint.yellow(`refused: ${clean(detail)}${last}`)}`);
  };

  const server = await listenOn({
    host: options.host,
    port: options.port ?? DEFAULT_PORT,
    anyPort: options.port === undefined,
    path: options.path,
    maxBody: options.maxBody,
    secret,
    accepting: () => !enough.signal.aborted,
    now: runtime.now,
    id: runtime.id,
    onDelivery,
    onRefusal,
  });
  if (endpoint !== undefined && isItself(endpoint, options.host, server.port)) {
    await server.stop(0);
    throw usageError(
      `The listener would forward to itself: ${endpoint.href} is its own address.`,
      'Name the address of your app with --forward-to.',
    );
  }
  emit(recordLine(readyRecord(server.url)));
  err.lines(
    `Listening on ${err.paint.bold(server.url)}${endpoint === undefined ? '' : `, forwarding to ${err.paint.bold(endpoint.href)}`}`,
  );
  if (options.port === undefined && server.port !== DEFAULT_PORT) err.lines(err.paint.dim(`(port ${DEFAULT_PORT} is taken)`));
  if (secret === undefined && (runtime.env['WHAPI_HOOKS_SECRET'] ?? '') !== '') {
    err.lines(err.paint.yellow('WHAPI_HOOKS_SECRET is set, but --secret-header names no header: nothing is demanded.'));
  }
  if (!isLoopback(options.host) && secret === undefined) {
    err.lines(err.paint.yellow('Anybody who reaches this address can send deliveries; --secret-header keeps strangers out.'));
  }

  await new Promise<void>((resolve) => {
    for (const signal of [stopped, enough.signal, out.closed]) {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });

  // The terminal has written ^C where the cursor was.
  if (stopped.aborted && err.isTTY) err.lines('');
  // No new deliveries; what has begun gets some time to end.
  const waits = stopped.aborted ? (forwarder?.waiting() ?? 0) : 0;
  if (waits > 0) err.lines(err.paint.dim(`Waiting for ${plural(waits, 'delivery', 'deliveries')} to be forwarded; Ctrl-C leaves at once.`));
  await server.stop(PATIENCE);
  const patience = stopped.aborted || out.closed.aborted ? PATIENCE : options.timeout + PATIENCE;
  const left = (await forwarder?.end(patience)) ?? 0;
  const recorded = recorder.close();
  if (left > 0)
    err.lines(err.paint.red(`${left} ${left === 1 ? 'delivery was' : 'deliveries were'} not forwarded: the listener ended before.`));
  err.lines(tallyLine(tally, forwarder !== undefined));
  await out.flush();
  await err.flush();
  if (!recorded) return EXIT.environment;
  return left > 0 ? EXIT.wanting : EXIT.ok;
};

const EXAMPLES = `
Examples:
  $ whapi-hooks listen                                    show and check what comes in on port 4545
  $ whapi-hooks listen -f 3000/webhook                    pass it on to http://localhost:3000/webhook
  $ whapi-hooks listen -e messages,calls -v               only these events, with their JSON
  $ whapi-hooks listen --record today.jsonl               keep it; whapi-hooks replay today.jsonl sends it again
  $ whapi-hooks listen --secret-header "X-Secret: s3cret" refuse what does not carry the header
  $ whapi-hooks listen --json --count 1 | tail -1 | jq .event   wait for one event in a script

Endpoints: 3000, :3000, 3000/hook, /hook (on http://localhost:3000), host:port/hook, https://host/hook.
Events: messages.post, messages, messages.*, !statuses; several separated by commas.
Ctrl-C ends the listener; a second one ends it at once.`;

export const addListen: AddCommand = (program, runtime, finish) => {
  program
    .command('listen')
    .summary('receive webhooks')
    .description('Receive webhooks: show them, check them, record them and forward them to your app.')
    .addOption(option('-p, --port <port>', `port to listen on; 0 is any free one (default: ${DEFAULT_PORT}, or the next free one)`, port))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      option('--path <path>', 'path of the webhook; /<category> and /<category>/<method> below it are taken too', path, { value: '/' }),
    )
    .option('-f, --forward-to <endpoint>', 'your app, which gets every delivery as it came')
    .addOption(option<readonly string[]>('-e, --events <names>', 'show, record and forward only these events', several))
    .option(
      '--secret-header <header>',
      '"Name: value" that every request must carry; or the name alone, with the value in WHAPI_HOOKS_SECRET',
    )
    .option('--record <file>', 'add every delivery and outcome to a recording (.jsonl)')
    .option('--schema-overlay <file>', 'what drift --overlay wrote: it is accepted')
    .addOption(option('--count <n>', 'end after so many deliveries', count))
    .addOption(option('--max-body <size>', 'largest body taken', size, { value: 25_000_000, shown: '25MB' }))
    .addOption(option('--timeout <duration>', 'time your app has to answer', duration, { value: 30_000, shown: '30s' }))
    .addOption(
      option('--output <style>', 'pretty, compact, json or quiet', oneOf(OUTPUTS), { value: 'pretty' as OutputStyle, shown: 'pretty' }),
    )
    .option('--json', 'records, one a line; the same as --output json')
    .option('-q, --quiet', 'only where it listens and the tally; the same as --output quiet')
    .option('-v, --verbose', 'show the JSON of every event')
    .addHelpText('after', EXAMPLES)
    .action(async (_options: unknown, command: Command) => {
      const given = command.opts<ListenOptions>();
      // [::1] is how addresses are written in urls.
      const options = { ...given, host: given.host.replace(/^\[(.*)\]$/, '$1') };
      const style = strongest(command, ['json', 'quiet', 'output']);
      const output = style === 'json' || style === 'quiet' ? style : options.output;
      finish(await listen({ ...options, output }, runtime, colourOf(program.opts())));
    });
};
