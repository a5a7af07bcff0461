import type { Command } from 'commander';
import { DEFAULT_ENDPOINT } from '../delivery/endpoint.ts';
import type { ExitCode } from '../errors.ts';
import type { AddCommand } from '../main.ts';
import { CHECK_RULE_NAMES } from '../replay/check-rules.ts';
import type { Runtime } from '../runtime.ts';
import { addChoosing, checkChoosing } from './choose.ts';
import { strongest } from './environment.ts';
import { colourOf, concurrency, count, duration, oneOf, option, port, several, severalOf } from './flags.ts';
import {
  dropShare,
  duplicateShare,
  lateShare,
  REPLAY_FORMATS,
  REPLAY_MODES,
  RETRIES,
  type ReplayFormat,
  type ReplayOptions,
  rate,
  SETTLE,
  seed,
  slowShare,
  speed,
  TIMEOUT,
  window,
} from './replay/options.ts';
import { replay } from './replay/session.ts';
import { type ReporterChoice, reporterOf } from './reporting.ts';

const EXAMPLES = `
Examples:
  $ whapi-hooks replay samples/groups.json                the samples of a category, to http://localhost:3000
  $ whapi-hooks replay groups.put --to 8080/webhook       those of one event
  $ whapi-hooks replay 'samples/groups.json#admin demoted'  one payload of a file, by its name, line or place
  $ whapi-hooks replay today.jsonl --speed 2x             a recording, twice as fast as it was recorded
  $ whapi-hooks replay samples --mode all --concurrency 10  all samples in all three modes, ten at once
  $ whapi-hooks replay fixtures --only 'messages.*' --json | jq .status
  $ whapi-hooks replay samples --expect 'time<1s' --expect body.ok=true --fail-fast
  $ whapi-hooks replay samples --reporter text --reporter junit=out.xml
  $ whapi-hooks replay today.jsonl --duplicate 10% --late 5%:2s --reorder 5 --seed 7

  $ whapi-hooks replay scenarios/poll --var 'title=Tea or coffee?'  events that tell a story, with new ids
  $ whapi-hooks replay --check samples --api-port 4010    is your handler right? Its API address is http://127.0.0.1:4010
  $ whapi-hooks replay samples --api-port 4010 --check-idempotent --forbid-echo

  $ whapi-hooks replay history:latest                     what a listener took last
  $ whapi-hooks replay history: --status failed,5xx --since 2h --dry-run

Sources: files, folders, globs, categories (groups), events (groups.put), - for standard input,
         history:<id>, history:latest~2, or history: with the flags that choose from it,
         scenarios (story.yaml, scenarios/poll; whapi-hooks scenario list).
Endpoints: 3000, :3000, 3000/hook, /hook (on http://localhost:3000), host:port/hook, https://host/hook.
Expected without --expect: an answer 2xx within 5 s. Proxies come from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
Exit codes: 0 all as expected; 1 some not; 2 called wrongly; 3 nothing could be reached.`;

/** Adds the flags of replay, without the sources. */
export const addReplayFlags = (command: Command): Command => {
  command
    .option('-t, --to <endpoint>', `your endpoint (default: ${DEFAULT_ENDPOINT})`)
    .option('-f, --forward-to <endpoint>', 'another name of --to')
    .addOption(option('-m, --mode <mode>', 'send as mode body, path or method does, or as all three', oneOf(REPLAY_MODES)))
    .addOption(option<readonly string[]>('--only <names>', 'only these events', several))
    .addOption(option('--repeat <n>', 'send all of it so many times', count, { value: 1, shown: '1' }))
    .option('--shuffle', 'in another order, by --seed')
    .addOption(
      option('--speed <speed>', 'recordings at their own pace: original, 2x, 0.5x; or max, also for scenarios', speed, {
        value: 'max' as const,
        shown: 'max',
      }),
    )
    .addOption(option<readonly string[]>('--var <name=value>', 'a variable of a scenario; may be repeated', several))
    .option('--at <time>', 'when a scenario begins: 2026-03-01T14:30, 14:30, 2h (ago); default: now')
    .addOption(option('--rate <rate>', 'so many deliveries a second at most: 50/s', rate))
    .addOption(option('--delay <duration>', 'so much time between two deliveries at least', duration))
    .addOption(option('--concurrency <n>', 'deliveries under way at once', concurrency, { value: 1, shown: '1' }))
    .addOption(option('--timeout <duration>', 'time the endpoint has to answer', duration, { value: TIMEOUT, shown: '30s' }))
    .addOption(option<readonly string[]>('-H, --header <header>', '"Name: value" to send along; may be repeated', several))
    .addOption(option<readonly string[]>('--drop-header <name>', 'recorded header that is left out; may be repeated', several))
    .option('--secret-header <header>', '"Name: value" that your endpoint demands; or the name alone, with the value in WHAPI_HOOKS_SECRET')
    .option('--no-keep-alive', 'a new connection for each delivery')
    .option('--ca-cert <file>', 'certificate to trust, in PEM form')
    .option('--skip-verify', 'take any certificate of the endpoint')
    .option('--insecure', 'another name of --skip-verify')
    .addOption(option('--duplicate <share>', 'send so many twice, such as 10%; 10%:2s: the copy 2 s later', duplicateShare))
    .addOption(option('--reorder <window>', 'change the order within so many deliveries', window))
    .addOption(option('--late <share>', 'send so many later than they should come: 5%:2s', lateShare))
    .addOption(
      option('--drop-connection <share>', 'cut the connection of so many in the middle of the body, and send them again', dropShare),
    )
    .addOption(option('--slow-body <share>', 'send the bodies of so many slowly, over 2 s; 10%:5s: over 5 s', slowShare))
    .addOption(option('--retry [n]', `send again what was not answered 200, as the provider does, n times (default: ${RETRIES})`, count))
    .addOption(option('--seed <n>', 'the same seed shuffles and disturbs in the same way, and gives scenarios the same ids', seed))
    .addOption(
      option<readonly string[]>('--expect <expectation>', "what answers must be: status=200, 'time<2s', body.ok=true, header.x=1", several),
    )
    .option('--expect-unauthorized', 'send without the secret header, and expect 401 or 403')
    .addOption(
      option('--api-port <n>', "stand in for the provider's API on this port and count the handler's calls; 0: any free one", port),
    )
    .addOption(option('--settle <duration>', `time after an answer in which calls still belong to it (default: ${SETTLE}ms)`, duration))
    .option('--forbid-echo', 'fail where a message of the channel itself causes a call')
    .option('--check-idempotent', 'send each delivery twice; the second must change nothing')
    .option('--probe <url|command>', 'a value that shows what the handler did, such as a row count')
    .option('--check', 'check the handler: duplicates, own messages, unknown types, the secret, and more')
    .addOption(option('--rule <rules>', `with --check: only these of ${CHECK_RULE_NAMES.join(', ')}`, severalOf(CHECK_RULE_NAMES)))
    .option('--fail-fast', 'stop at the first failure')
    .addOption(option('--max-failures <n>', 'stop after so many failures', count))
    .option('--schema-overlay <file>', 'what drift --overlay wrote: it is accepted')
    .option('-n, --dry-run', 'show what would be sent, and send nothing')
    .option('--json', 'records, one a line')
    .addOption(
      option<readonly ReporterChoice<ReplayFormat>[]>(
        '--reporter <format>',
        'text, json, junit, github or html; html=out.html writes a file; may be repeated',
        reporterOf(REPLAY_FORMATS),
      ),
    )
    .option('--history <file>', 'the history that history: reads');
  return addChoosing(command, {});
};

/**
 * What the flags of a command say, once it has read them.
 * @throws UserError (2) for flags that need other sources
 */
export const replayOptionsOf = (command: Command, sources: readonly string[]): ReplayOptions => {
  checkChoosing(command, sources);
  const given = command.opts<Omit<ReplayOptions, 'scenarioSpeed'> & { readonly forwardTo?: string }>();
  // A scenario says itself how long it waits, where nobody says it faster.
  const options = { ...given, scenarioSpeed: command.getOptionValueSource('speed') === 'default' ? 1 : given.speed };
  const to = strongest(command, ['to', 'forwardTo']) === 'forwardTo' ? options.forwardTo : options.to;
  return { ...options, ...(to === undefined ? {} : { to }) };
};

/** Runs replay with the flags of a command. */
export const replayWith = async (
  command: Command,
  sources: readonly string[],
  runtime: Runtime,
  color: { color?: string },
): Promise<ExitCode> => replay(sources, replayOptionsOf(command, sources), runtime, colourOf(color));

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
