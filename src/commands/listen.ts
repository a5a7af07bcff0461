import type { Command } from 'commander';
import { usageError } from '../errors.ts';
import type { AddCommand } from '../main.ts';
import { strongest } from './environment.ts';
import { colourOf, count, duration, oneOf, option, path, port, publicUrl, several, severalOf, size } from './flags.ts';
import { addKeeping } from './keeping.ts';
import {
  ACKS,
  type Ack,
  DEFAULT_PORT,
  EXIT_CAUSES,
  type ExitCause,
  type ListenOptions,
  MOST_WAITING,
  OUTPUTS,
  type OutputStyle,
} from './listen/options.ts';
import { listen } from './listen/session.ts';
import { addProviderFlags } from './provider.ts';
import { MODES, type WebhookMode } from './webhooks/modes.ts';

const EXAMPLES = `
Examples:
  $ whapi-hooks listen                                    show and check what comes in on port 4545
  $ whapi-hooks listen -f 3000/webhook                    pass it on to http://localhost:3000/webhook
  $ whapi-hooks listen -f 3000 -f 'calls=4000/calls'      all of it to one app, calls to another one too
  $ whapi-hooks listen -f 3000 --retry                    try again until the app has taken it
  $ whapi-hooks listen -e messages,calls -v               only these events, with their JSON
  $ whapi-hooks listen --record today.jsonl               keep it; whapi-hooks replay today.jsonl sends it again
  $ whapi-hooks listen --secret-header "X-Secret: s3cret" refuse what does not carry the header
  $ whapi-hooks listen --tunnel -f 3000                   with a public address, until Ctrl-C
  $ whapi-hooks listen --tunnel --register -f 3000        and the channel sends to it, until Ctrl-C (token in WHAPI_TOKEN)
  $ whapi-hooks listen --tunnel-command "lt --port {port}"   with another program than cloudflared
  $ whapi-hooks listen --json --count 1                   records, one a line; the first is ready
  $ whapi-hooks listen --stop-on calls --for 30s -q       exit 0 when a call came within 30 s, else 1

Without --retry each delivery is sent once at most. Proxies come from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
Endpoints: 3000, :3000, 3000/hook, /hook (on http://localhost:3000), host:port/hook, https://host/hook.
Events: messages.post, messages, messages.*, !statuses; several separated by commas.
Ctrl-C ends the listener; a second one ends it at once.`;

/** More connections than this to one app only queue up there. */
const MOST_AT_ONCE = 256;

/** Options that say nothing without --register. */
const NEEDS_REGISTER = ['mode', 'exclusive', 'tokenFile', 'apiUrl', 'apiTimeout'] as const;
/** Options that say nothing without --tunnel; in the environment they may stand for another time. */
const NEEDS_TUNNEL = ['cloudflared', 'installCloudflared'] as const;

const concurrency = (text: string): number => Math.min(count(text), MOST_AT_ONCE);

export const addListen: AddCommand = (program, runtime, finish) => {
  const made = program
    .command('listen')
    .summary('receive webhooks')
    .description('Receive webhooks: show them, check them, record them and forward them to your app.')
    .addOption(option('-p, --port <port>', `port to listen on; 0 is any free one (default: ${DEFAULT_PORT}, or the next free one)`, port))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      option('--path <path>', 'path of the webhook; /<category> and /<category>/<method> below it are taken too', path, { value: '/' }),
    )
    .addOption(
      option<readonly string[]>(
        '-f, --forward-to <endpoint>',
        'your app, which gets every delivery as it came; with <events>= in front, only those; may be repeated',
        several,
      ),
    )
    .addOption(option<readonly string[]>('-e, --events <names>', 'show, record and forward only these events', several))
    .option(
      '--secret-header <header>',
      '"Name: value" that every request must carry; or the name alone, with the value in WHAPI_HOOKS_SECRET',
    )
    .option('--tunnel', 'open a public address with cloudflared, and end it with the listener')
    .addOption(
      option(
        '--public-url <url>',
        'where the outside reaches this listener, without --path: your own tunnel or proxy, or a named tunnel',
        publicUrl,
      ),
    )
    .option('--tunnel-command <command>', 'a program that opens a tunnel to {port} and prints its https url; started without a shell')
    .option('--tunnel-token-file <file>', 'token of a named tunnel, for --tunnel with --public-url; or in TUNNEL_TOKEN')
    .option('--cloudflared <path>', 'the executable (default: CLOUDFLARED_BIN, PATH, the data folder)')
    .option('--install-cloudflared', 'download cloudflared where there is none')
    .option('--exit-on-disconnect', 'end with 3 when the public address is lost')
    .option('--register', "add this listener to the channel's webhooks, and take it out at the end")
    .addOption(
      option('--mode <mode>', `with --register: where the event's name is written: ${MODES.join(', ')}`, oneOf(MODES), {
        value: 'body' as WebhookMode,
        shown: 'body',
      }),
    )
    .option('--exclusive', "with --register: set the channel's other webhooks aside until the end")
    .option('--history <file>', 'keep deliveries and outcomes there (default: whapi-hooks history path)')
    .option('--no-history', 'keep nothing');
  addProviderFlags(addKeeping(made))
    .option('--record <file>', 'add every delivery and outcome to a recording (.jsonl)')
    .option('--schema-overlay <file>', 'what drift --overlay wrote: it is accepted')
    .addOption(
      option<readonly string[]>('-H, --header <header>', '"Name: value" that your app gets too; replaces those of its name', several),
    )
    .addOption(option<readonly string[]>('--drop-header <name>', 'header that your app does not get; may be repeated', several))
    .addOption(
      option('--ack <when>', 'now: 200 as soon as it is stored; forward: what your app answers', oneOf(ACKS), {
        value: 'now' as Ack,
        shown: 'now',
      }),
    )
    .addOption(option('--retry [n]', 'try again what your app did not take, n times or until it does', count))
    .addOption(option('--concurrency <n>', 'chats whose deliveries may be under way at once', concurrency, { value: 1, shown: '1' }))
    .addOption(
      option('--max-waiting <n>', 'deliveries that may wait for your app', count, { value: MOST_WAITING, shown: String(MOST_WAITING) }),
    )
    .option('--ca-cert <file>', 'certificate to trust, in PEM form')
    .option('--skip-verify', 'take any certificate of your app')
    .option('--insecure', 'another name of --skip-verify')
    .addOption(option('--count <n>', 'end after so many deliveries', count))
    .addOption(option('--for <duration>', 'end after so long; exit 1 if what was waited for did not come', duration))
    .addOption(option<readonly string[]>('--stop-on <names>', 'end after a delivery of these events', several))
    .addOption(option<readonly ExitCause[]>('--exit-on <causes>', 'end with 1 on: invalid, forward-error', severalOf(EXIT_CAUSES)))
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
      const unused = NEEDS_REGISTER.find((name) => command.getOptionValueSource(name) === 'cli');
      if (unused !== undefined && options.register !== true)
        throw usageError(`--${unused.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is for --register.`, 'Add --register.');
      const needless = NEEDS_TUNNEL.find((name) => command.getOptionValueSource(name) === 'cli');
      if (needless !== undefined && options.tunnel !== true)
        throw usageError(`--${needless === 'cloudflared' ? needless : 'install-cloudflared'} is for --tunnel.`, 'Add --tunnel.');
      const style = strongest(command, ['json', 'quiet', 'output']);
      const output = style === 'json' || style === 'quiet' ? style : options.output;
      finish(await listen({ ...options, output }, runtime, colourOf(program.opts())));
    });
};
