import { harmlessJson } from '../../delivery/recording.ts';
import { EXIT, type ExitCode, usageError } from '../../errors.ts';
import { settle } from '../../io/registration.ts';
import { difference, entryText, readList, type Settings, withEntry, without } from '../../provider/settings.ts';
import { clean } from '../../view/clean.ts';
import { differenceLines, webhookJson } from '../../view/webhooks.ts';
import { type Header, readEvents, readHeader } from '../flags.ts';
import type { WebhookMode } from './modes.ts';
import { named, ownersOf } from './reading.ts';
import { consent, DECLINED, type Work, type WorkFlags } from './work.ts';

/** Headers that a webhook may have (CONTRACT.md section 9). */
export const MOST_HEADERS = 5;

export interface AddFlags extends WorkFlags {
  readonly mode: WebhookMode;
  readonly events?: readonly string[];
  readonly header?: readonly string[];
}

/** The address of a webhook. @throws UserError (2) */
export const readWebhookUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw usageError(`${JSON.stringify(text)} is no url that can be called.`, 'Write it as https://host/path.');
  return text;
};

/** The events of a subscription: those of the provider that -e chooses. @throws UserError (2) where it chooses none */
export const chooseEvents = (allowed: readonly string[], patterns: readonly string[] | undefined): string[] => {
  const chosen = readEvents(patterns, '--events');
  const events = allowed.filter((name) => chosen(name));
  if (events.length === 0)
    throw usageError('--events chooses none of the events that the channel can send.', 'whapi-hooks webhooks events lists them.');
  return events;
};

/** Changes the list after consent, and tells how it is then. */
const change = async (
  flags: WorkFlags,
  work: Work,
  command: string,
  { now, planned }: { readonly now: Settings; readonly planned: string },
  edit: (settings: Settings) => string | undefined,
): Promise<ExitCode> => {
  const { provider, runtime, terminal } = work;
  const { out, err } = terminal;
  if (!(await consent(flags, work, command, differenceLines(difference(now, readList(planned)), err)))) return DECLINED;
  const { after, changed } = await settle(await provider(), runtime, edit);
  if (flags.json === true) out.write(`${harmlessJson({ changed, webhooks: after.webhooks.map(webhookJson) }, 2)}\n`);
  else out.lines(changed ? 'Done.' : 'It is so already; nothing was changed.');
  return EXIT.ok;
};

const readHeaders = (texts: readonly string[] | undefined): Header[] => {
  const headers = (texts ?? []).map((text) => readHeader(text, '--header'));
  if (headers.length > MOST_HEADERS) throw usageError(`A webhook has ${MOST_HEADERS} headers at most, and these are ${headers.length}.`);
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  if (names.size < headers.length) throw usageError('--header: one name stands twice; a webhook has each header once.');
  return headers;
};

export const add = async (url: string, flags: AddFlags, work: Work): Promise<ExitCode> => {
  readWebhookUrl(url);
  const { mode } = flags;
  const headers = readHeaders(flags.header);
  const provider = await work.provider();
  const events = chooseEvents(await provider.events(), flags.events);
  const now = await provider.settings();
  const isIt = (webhook: { readonly url: string; readonly mode: string }): boolean => webhook.url === url && webhook.mode === mode;
  const at = now.webhooks.findIndex(isIt);
  if (at !== -1)
    throw usageError(
      `There is a webhook with this url and mode already: number ${at + 1}.`,
      `Take it out first: whapi-hooks webhooks remove ${at + 1}`,
    );
  const entry = entryText({ url, mode, events, headers });
  return change(flags, work, 'add', { now, planned: withEntry(now, entry) }, (settings) =>
    settings.webhooks.some(isIt) ? undefined : withEntry(settings, entry),
  );
};

/** Position of the webhook that a number or a url names. @throws UserError (2) */
export const findWebhook = ({ webhooks }: Settings, what: string): number => {
  if (webhooks.length === 0) throw usageError('The channel has no webhooks.');
  const among = `They are ${webhooks.map(named).join('; ')}.`;
  if (/^\d{1,6}$/.test(what)) {
    const at = Number(what) - 1;
    if (webhooks[at] === undefined) throw usageError(`There is no webhook number ${what}.`, among);
    return at;
  }
  const found = webhooks.flatMap((webhook, index) => (webhook.url === what ? [index] : []));
  const [at] = found;
  if (at === undefined) throw usageError(`There is no webhook with the url ${JSON.stringify(what)}.`, among);
  if (found.length > 1)
    throw usageError(`${found.length} webhooks have this url.`, `Say which by its number: ${found.map((index) => index + 1).join(', ')}.`);
  return at;
};

export const remove = async (what: string, flags: WorkFlags, work: Work): Promise<ExitCode> => {
  const { runtime, terminal } = work;
  const now = await (await work.provider()).settings();
  const at = findWebhook(now, what);
  const target = now.webhooks[at];
  if (target === undefined) return EXIT.ok; // findWebhook has looked
  const whose = ownersOf(runtime)(target);
  if (whose?.of === 'listener') {
    terminal.err.lines(
      terminal.err.paint.yellow(
        clean(`It belongs to the listener that runs here (process ${whose.pid}), which gets nothing any more then.`),
      ),
    );
  }
  const isIt = ({ raw }: { readonly raw: string }): boolean => raw === target.raw;
  const count = now.webhooks.filter(isIt).length;
  const planned = without(now, (_webhook, index) => index === at);
  return change(flags, work, 'remove', { now, planned }, (settings) => {
    const one = settings.webhooks.findLastIndex(isIt);
    return settings.webhooks.filter(isIt).length < count ? undefined : without(settings, (_webhook, index) => index === one);
  });
};
