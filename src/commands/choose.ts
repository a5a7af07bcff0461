import { type Command, InvalidArgumentError } from 'commander';
import { usageError } from '../errors.ts';
import type { Verdict } from '../event/finding.ts';
import { MESSAGE_TYPES } from '../generated/catalogue.ts';
import { type Filter, type StatusChoice, searchExpression } from '../io/filter.ts';
import type { Runtime } from '../runtime.ts';
import { readMoment } from '../units.ts';
import { count, oneOf, option, readEvents, several } from './flags.ts';

/** The flags that choose deliveries of the history, as they were read. */
export interface ChoosingOptions {
  readonly history?: string;
  readonly event?: readonly string[];
  readonly chat?: readonly string[];
  readonly from?: readonly string[];
  readonly type?: readonly string[];
  readonly status?: readonly StatusChoice[];
  readonly verdict?: readonly Verdict[];
  readonly since?: string;
  readonly until?: string;
  readonly search?: readonly string[];
}

const VERDICTS: readonly Verdict[] = ['valid', 'invalid', 'unknown', 'unreadable'];

/** Collects values that may be repeated or separated by commas. */
const listOf =
  <Value>(read: (text: string) => Value) =>
  (text: string, before: readonly Value[] | undefined): Value[] => {
    const more = text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(read);
    if (more.length === 0) throw new InvalidArgumentError('It is empty.');
    return [...(before ?? []), ...more];
  };

const status = (text: string): StatusChoice => {
  const word = text.toLowerCase();
  if (word === 'failed' || word === 'none') return word;
  if (/^[1-5]xx$/.test(word)) return { from: Number(word[0]) * 100, to: Number(word[0]) * 100 + 99 };
  if (/^[1-5]\d\d$/.test(word)) return { from: Number(word), to: Number(word) };
  throw new InvalidArgumentError('A status is a number such as 404, a class such as 2xx, failed (no answer) or none (never sent).');
};

/** A chat id, or the number of a person: +999 (000) 111-22 is written in many ways. */
const idOf = (text: string): string => {
  const id = /^\+?[\d\s().-]+$/.test(text) && !/^[\d-]+$/.test(text) ? text.replaceAll(/\D/g, '') : text;
  if (id === '' || /\s/.test(id)) throw new InvalidArgumentError('It is a chat id such as 99900011122@s.whatsapp.net, or a number.');
  return id;
};

/** A sender is stored as the number alone. */
const sender = (text: string): string => idOf(text).replace(/@(?:s\.whatsapp\.net|c\.us)$/, '');

/** Names of the flags that choose, as commander keeps them. */
export const CHOOSING = ['event', 'chat', 'from', 'type', 'status', 'verdict', 'since', 'until', 'search', 'limit'] as const;

/** Adds the flags that choose deliveries of the history. */
export const addChoosing = (command: Command, limit?: { readonly value?: number }): Command => {
  command
    .addOption(option<readonly string[]>('--event <names>', 'only these events: messages.post, messages.*, !statuses', several))
    .addOption(option('--chat <ids>', 'only these chats, by id or number', listOf(idOf)))
    .addOption(option('--from <ids>', 'only what these people sent', listOf(sender)))
    .addOption(option('--type <types>', 'only messages of these types: text, image, …', listOf(oneOf(MESSAGE_TYPES))))
    .addOption(option('--status <status>', 'only what was answered so in the end: 500, 2xx, failed, none', listOf(status)))
    .addOption(option('--verdict <verdicts>', `only these verdicts: ${VERDICTS.join(', ')}`, listOf(oneOf(VERDICTS))))
    .option('--since <time>', 'from then on: 2h, 30m, 7d, today, 14:30, 2026-03-01, 2026-03-01T14:30')
    .option('--until <time>', 'up to then')
    .addOption(option<readonly string[]>('--search <text>', 'only messages with these words; "in quotes" as they stand', several));
  if (limit === undefined) return command;
  return command.addOption(
    option('--limit <n>', 'only the newest so many', count, limit.value === undefined ? undefined : { value: limit.value }),
  );
};

const moment = (text: string | undefined, flag: string, runtime: Runtime): ReturnType<typeof readMoment> => {
  if (text === undefined) return undefined;
  const read = readMoment(text, runtime.now(), runtime.offset);
  if (read === undefined) {
    throw usageError(
      `${flag}: ${JSON.stringify(text)} is no time.`,
      'Times are written 2h, 30m or 7d (ago), today, yesterday, 14:30, 2026-03-01 or 2026-03-01T14:30.',
    );
  }
  return read;
};

/** What the flags choose. @throws UserError (2) */
export const readFilter = (options: ChoosingOptions, runtime: Runtime): Filter => {
  const { event, chat, from, type, status: statuses, verdict, search } = options;
  const since = moment(options.since, '--since', runtime)?.from;
  const until = moment(options.until, '--until', runtime)?.to;
  if (since !== undefined && until !== undefined && since >= until)
    throw usageError('--until lies before --since: nothing can be between them.');
  const expression = search === undefined ? undefined : searchExpression(search.join(' '));
  if (search !== undefined && expression === undefined) throw usageError('--search: there is no word in it to look for.');
  return {
    ...(event === undefined ? {} : { events: readEvents(event, '--event') }),
    ...(chat === undefined ? {} : { chats: chat }),
    ...(from === undefined ? {} : { senders: from }),
    ...(type === undefined ? {} : { types: type }),
    ...(statuses === undefined ? {} : { statuses }),
    ...(verdict === undefined ? {} : { verdicts: verdict }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(expression === undefined ? {} : { search: expression }),
  };
};

/**
 * Flags that choose from the history without a source that is all of it.
 * @throws UserError (2)
 */
export const checkChoosing = (command: Command, sources: readonly string[], among: readonly string[] = CHOOSING): void => {
  const given = among.filter((name) => command.getOptionValueSource(name) === 'cli');
  if (given.length === 0 || sources.includes('history:')) return;
  throw usageError(
    `--${given[0]} chooses from the history, and no source is history:.`,
    sources.some((source) => source.startsWith('history:'))
      ? 'history:<id> is one delivery already; history: is all of it.'
      : `Write ${command.name()} history: --${given[0]} …`,
  );
};
