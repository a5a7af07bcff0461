import { harmlessJson } from '../../delivery/recording.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { isRunning, readJournal, sha256 } from '../../io/journal.ts';
import { isConnected } from '../../provider/channel.ts';
import { isOursOf } from '../../provider/registration.ts';
import type { Webhook } from '../../provider/settings.ts';
import type { Runtime } from '../../runtime.ts';
import { clean } from '../../view/text.ts';
import { shortEvents, webhookJson, webhookTable } from '../../view/webhooks.ts';
import type { Work, WorkFlags } from './work.ts';

/** Whose a webhook is: that of a listener at work here, one that was left behind, or somebody else's. */
export type Whose = { readonly of: 'listener'; readonly pid: number; readonly path: string } | { readonly of: 'left' } | undefined;

/** Tells whose webhooks are, by the journal. */
export const ownersOf = (runtime: Runtime): ((webhook: Webhook) => Whose) => {
  const known = readJournal(runtime).noted.map((noted) => ({
    isOurs: isOursOf(noted.registration, sha256),
    whose: isRunning(noted, runtime)
      ? ({ of: 'listener', pid: noted.registration.owner.pid, path: noted.path } as const)
      : ({ of: 'left' } as const),
  }));
  return (webhook) => known.find(({ isOurs }) => isOurs(webhook))?.whose;
};

const noteOf = (whose: Whose): string => {
  if (whose?.of === 'listener') return `of the listener that runs here (process ${whose.pid}), which takes it out when it ends`;
  return whose === undefined ? '' : 'left by a listener that ended without taking it out: whapi-hooks webhooks restore';
};

export const list = async (flags: WorkFlags, { provider, runtime, terminal }: Work): Promise<ExitCode> => {
  const { out, err } = terminal;
  const { webhooks, member } = await (await provider()).settings();
  const whose = ownersOf(runtime);
  if (flags.json === true) {
    const rows = webhooks.map((webhook, index) => {
      const of = whose(webhook)?.of;
      return { number: index + 1, ...webhookJson(webhook), ...(of === undefined ? {} : { of }) };
    });
    out.write(`${harmlessJson({ webhooks: rows }, 2)}\n`);
    return EXIT.ok;
  }
  if (webhooks.length === 0) {
    err.lines(`The channel sends its events nowhere${member === 'list' ? '' : ' (its settings hold no list of webhooks)'}.`);
    return EXIT.ok;
  }
  out.lines(
    ...webhookTable(
      webhooks.map((webhook) => ({ webhook, note: noteOf(whose(webhook)) })),
      out,
    ),
  );
  return EXIT.ok;
};

export const events = async (flags: WorkFlags, { provider, terminal }: Work): Promise<ExitCode> => {
  const { out } = terminal;
  const names = await (await provider()).events();
  if (flags.json === true) out.write(`${harmlessJson({ events: names }, 2)}\n`);
  else if (names.length > 0) out.lines(...names.map(clean));
  return EXIT.ok;
};

export const health = async (flags: WorkFlags, { provider, terminal }: Work): Promise<ExitCode> => {
  const { out } = terminal;
  const found = await (await provider()).health();
  const { channel, state, words, told } = found;
  if (flags.json === true) out.write(`${harmlessJson({ channel, state, words, health: told }, 2)}\n`);
  else out.lines(clean(`${channel === null ? '' : `${channel}: `}${words}${state === null ? '' : ` (${state})`}`));
  return isConnected(found) ? EXIT.ok : EXIT.wanting;
};

/** `#2 https://…`, for messages. */
export const named = (webhook: Webhook, index: number): string =>
  clean(`${index + 1}: ${webhook.url} (mode ${webhook.mode}, ${shortEvents(webhook.events)})`);
