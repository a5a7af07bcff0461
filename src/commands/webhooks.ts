import type { Command } from 'commander';
import { type ExitCode, usageError } from '../errors.ts';
import { CATEGORIES, type Category } from '../event/name.ts';
import type { AddCommand } from '../main.ts';
import { nearest } from '../schema/keywords.ts';
import { colourOf, oneOf, option, several } from './flags.ts';
import { addProviderFlags } from './provider.ts';
import { MODES, type WebhookMode } from './webhooks/modes.ts';
import { events, health, list } from './webhooks/reading.ts';
import { type RestoreFlags, restore } from './webhooks/restore.ts';
import { type TestFlags, test } from './webhooks/test.ts';
import { type Work, type WorkFlags, work } from './webhooks/work.ts';
import { type AddFlags, add, remove } from './webhooks/writing.ts';

const EXAMPLES = `
Examples:
  $ export WHAPI_TOKEN=…                                  the channel's token
  $ whapi-hooks webhooks                                  what the channel sends where
  $ whapi-hooks webhooks add https://host/hook -e messages,calls -H "X-Secret: s3cret"
  $ whapi-hooks webhooks remove 2                         by its number, or by its url
  $ whapi-hooks webhooks test                             have the provider call the listener that runs here
  $ whapi-hooks webhooks restore                          take out what a listener that was killed left there
  $ whapi-hooks webhooks health                           exit 0 where the channel is connected, else 1

add, remove and restore show what they are going to change and ask; --yes answers.`;

export const addWebhooks: AddCommand = (program, runtime, finish) => {
  const webhooks = program
    .command('webhooks')
    .summary("the channel's webhooks")
    .description("See and change the webhooks in the channel's settings, through the provider's API.")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', EXAMPLES);
  const run = async (command: Command, does: (work: Work) => Promise<ExitCode>): Promise<void> =>
    finish(await work(command.opts<WorkFlags>(), runtime, colourOf(program.opts()), does));
  const common = (command: Command, writes: boolean): Command => {
    if (writes) command.option('-y, --yes', 'change the settings without asking');
    return addProviderFlags(command.option('--json', 'as one JSON document; values of headers stay hidden'));
  };

  const listing = webhooks.command('list', { isDefault: true }).summary('what the channel sends where').argument('[none...]');
  listing.configureHelp({ visibleArguments: () => [] });
  common(listing, false).action(async (strangers: string[]) => {
    const [word] = strangers;
    if (word !== undefined) {
      const names = webhooks.commands.map((command) => command.name());
      const near = nearest(word, names);
      throw usageError(
        `webhooks has no command ${JSON.stringify(word)}.`,
        near === undefined ? `They are ${names.join(', ')}.` : `Did you mean ${near}?`,
      );
    }
    await run(listing, (at) => list(listing.opts(), at));
  });

  const adding = webhooks
    .command('add')
    .summary('have the channel send its events to a url')
    .argument('<url>', 'where to')
    .addOption(
      option('--mode <mode>', `where the event's name is written: ${MODES.join(', ')}`, oneOf(MODES), {
        value: 'body' as WebhookMode,
        shown: 'body',
      }),
    )
    .addOption(option<readonly string[]>('-e, --events <names>', 'only these events (default: all that the channel can send)', several))
    .addOption(option<readonly string[]>('-H, --header <header>', '"Name: value" that each delivery carries; five at most', several));
  common(adding, true).action(async (url: string) => run(adding, (at) => add(url, adding.opts<AddFlags>(), at)));

  const removing = webhooks.command('remove').summary('take a webhook out').argument('<url|number>', 'as webhooks list shows it');
  common(removing, true).action(async (what: string) => run(removing, (at) => remove(what, removing.opts(), at)));

  const testing = webhooks
    .command('test')
    .summary('have the provider send a test delivery, and say whether it arrived')
    .option('--url <url|number>', 'where to (default: the listener that runs here, or the only webhook)')
    .addOption(option('--category <category>', 'of the event', oneOf(CATEGORIES), { value: 'messages' as Category, shown: 'messages' }))
    .addOption(option('--mode <mode>', `${MODES.join(', ')} (default: that of the webhook)`, oneOf(MODES)));
  common(testing, false).action(async () => run(testing, (at) => test(testing.opts<TestFlags>(), at)));

  const naming = webhooks.command('events').summary('the events that the channel can send');
  common(naming, false).action(async () => run(naming, (at) => events(naming.opts(), at)));

  const restoring = webhooks
    .command('restore')
    .summary('take out what a listener left that was killed')
    .option('--forget', 'leave the channel as it is, and forget what was left there');
  common(restoring, true).action(async () => run(restoring, (at) => restore(restoring.opts<RestoreFlags>(), at)));

  const looking = webhooks.command('health').summary("the channel's state");
  common(looking, false).action(async () => run(looking, (at) => health(looking.opts(), at)));
};
