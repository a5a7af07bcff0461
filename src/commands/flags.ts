import { InvalidArgumentError, Option } from 'commander';
import { type UserError, usageError } from '../errors.ts';
import { type Choice, ChoiceError, readChoice } from '../event/choice.ts';
import { CATEGORIES, EVENT_NAMES, type EventName, isEventName } from '../event/name.ts';
import type { ColourChoice } from '../io/terminal.ts';
import type { Runtime } from '../runtime.ts';
import { nearest } from '../schema/keywords.ts';
import { readDuration, readMoment, readSize } from '../units.ts';

/** A value that has to be one of some words; a foreign one is answered with the nearest. */
export const oneOf =
  <Word extends string>(words: readonly Word[]) =>
  (text: string): Word => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    const near = nearest(text, words);
    throw new InvalidArgumentError(`It is one of ${words.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
  };

export const port = (text: string): number => {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return number;
};

export const count = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 to 999999999.');
  return Number(text);
};

/** More connections than this to one app only queue up there. */
const MOST_AT_ONCE = 256;

export const concurrency = (text: string): number => Math.min(count(text), MOST_AT_ONCE);

export const duration = (text: string): number => {
  const ms = readDuration(text);
  if (ms === undefined || ms <= 0 || ms > 86_400_000)
    throw new InvalidArgumentError('A duration is written 500ms, 2s, 1m or 1h, up to 24h.');
  return ms;
};

export const size = (text: string): number => {
  const bytes = readSize(text);
  if (bytes === undefined || bytes < 1 || bytes > 300_000_000)
    throw new InvalidArgumentError('A size is written 500KB, 25MB or 1MiB, up to 300MB.');
  return bytes;
};

export const path = (text: string): string => {
  // RFC 3986 section 3.3: a request line holds nothing else
  if (!/^\/(?:[\w\-.~!$&'()*+,;=:@/]|%[\da-f]{2})*$/i.test(text) || /(^|\/)\.\.?(\/|$)/.test(text))
    throw new InvalidArgumentError('A path begins with /, has neither query nor spaces, and writes other characters as %20.');
  return text === '/' ? '/' : text.replace(/\/+$/, '') || '/';
};

/** --public-url: the address under which the listener is known outside, without the listener's path. */
export const publicUrl = (text: string): URL => {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    // Said below.
  }
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('It is a url that others can reach, such as https://hooks.example.com.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new InvalidArgumentError('A public url has no name, password, query or fragment.');
  return url;
};

/** Collects the values of an option that may be repeated. */
export const several = (text: string, before: readonly string[] | undefined): string[] => [...(before ?? []), text];

/** Collects words of a list, separated by commas or repeated; a foreign one is answered with the nearest. */
export const severalOf = <Word extends string>(words: readonly Word[]) => {
  const one = oneOf(words);
  return (text: string, before: readonly Word[] | undefined): Word[] => [
    ...(before ?? []),
    ...text
      .split(',')
      .map((word) => word.trim())
      .map(one),
  ];
};

export type Header = readonly [name: string, value: string];

/** `Name: value` → a pair. @throws UserError (2) */
export const readHeader = (text: string, flag: string): Header => {
  const at = text.indexOf(':');
  const name = (at === -1 ? text : text.slice(0, at)).trim();
  const value = text.slice(at + 1).trim();
  // RFC 9110 sections 5.1 and 5.5
  if (at < 1 || !/^[!#$%&'*+.^_`|~\w-]+$/.test(name))
    throw usageError(`${flag}: ${JSON.stringify(name)} is not the name and value of a header.`, 'Write it as "Name: value".'); // the value may be secret
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value) || /[^\u0000-\u00ff]/.test(value))
    throw usageError(`${flag}: the value of ${name} holds characters that no header may have.`);
  return [name, value];
};

/** The secret header: `Name: value`, or the name alone with the value in WHAPI_HOOKS_SECRET. @throws UserError (2) */
export const readSecret = (text: string, env: Readonly<Record<string, string | undefined>>): { name: string; value: string } => {
  if (text.includes(':')) {
    const [name, value] = readHeader(text, '--secret-header');
    if (value === '')
      throw usageError(
        '--secret-header has a name but no value.',
        'Write "Name: value", or the name alone with the value in WHAPI_HOOKS_SECRET.',
      );
    return { name, value };
  }
  const value = env['WHAPI_HOOKS_SECRET'];
  if (value === undefined || value === '') {
    throw usageError(
      '--secret-header names a header, but nothing gives its value.',
      'Write "Name: value", or put the value into WHAPI_HOOKS_SECRET.',
    );
  }
  const [name] = readHeader(`${text}: ${value}`, '--secret-header');
  return { name, value };
};

/** What to say where an event is wanted and the word is none: the nearest word, or the events of a category. */
export const unknownEvent = (text: string): UserError => {
  const own = EVENT_NAMES.filter((name) => name.startsWith(`${text}.`));
  const near = nearest(text, text.includes('.') ? EVENT_NAMES : CATEGORIES);
  const hint =
    own.length > 0
      ? `Events of ${text}: ${own.join(', ')}.`
      : near === undefined
        ? `Events: ${EVENT_NAMES.join(', ')}.`
        : `Did you mean ${near}?`;
  return usageError(`${JSON.stringify(text)} is no event.`, hint);
};

/** --as: the name of an event. @throws InvalidArgumentError with the nearest one */
export const eventName = (text: string): EventName => {
  if (isEventName(text)) return text;
  const near = nearest(text, EVENT_NAMES);
  throw new InvalidArgumentError(near === undefined ? 'Events are written groups.put.' : `Did you mean ${near}?`);
};

/** The events that -e or --only chooses. @throws UserError (2) for a pattern that no event fits */
export const readEvents = (patterns: readonly string[] | undefined, flag: string): Choice => {
  try {
    return readChoice(patterns ?? []);
  } catch (error) {
    if (error instanceof ChoiceError)
      throw usageError(
        `${flag}: ${error.message}${error.message.endsWith('?') ? '' : '.'}`,
        'Events are written messages.post, messages, messages.* or !statuses.',
      );
    throw error;
  }
};

/** --at: when it happens, in milliseconds since 1970; now where nothing is said. @throws UserError (2) */
export const readAt = (text: string | undefined, runtime: Pick<Runtime, 'now' | 'offset'>): number => {
  const now = runtime.now();
  if (text === undefined) return now;
  const moment = readMoment(text, now, runtime.offset);
  if (moment === undefined)
    throw usageError(`--at: ${JSON.stringify(text)} is no time.`, 'Write 2026-03-01T14:30, 14:30, 2h (ago) or yesterday.');
  return moment.from;
};

/** An option with a value of its own kind. */
export const option = <Value>(
  flags: string,
  description: string,
  parse: (text: string, before: Value | undefined) => Value,
  standard?: { value: Value; shown?: string },
): Option => {
  const made = new Option(flags, description).argParser(parse);
  return standard === undefined ? made : made.default(standard.value, standard.shown);
};

const COLOURS: readonly ColourChoice[] = ['auto', 'always', 'never'];

/** --color of the program. @throws UserError (2) */
export const colourOf = (options: { readonly color?: string }): ColourChoice => {
  const { color = 'auto' } = options;
  const choice = COLOURS.find((word) => word === color);
  if (choice !== undefined) return choice;
  const near = nearest(color, COLOURS);
  throw usageError(
    `--color: ${JSON.stringify(color)} will not do.`,
    `It is auto, always or never.${near === undefined ? '' : ` Did you mean ${near}?`}`,
  );
};
