/**
 * Guarded readers of a payload that strangers wrote, and the few ways its values are put into words.
 * Nothing here assumes a JSON type, follows a prototype or copies more than a bounded piece.
 */

/** A JSON object whose members nobody has vouched for. */
export type Fields = { readonly [member: string]: unknown };

/** A text of the payload is cut at this many characters, an item's whole line a little later. */
const TEXT = 300;
const LINE = 480;

/** At most this many members of an inner list are looked at; a full poll has twelve options. */
export const INNER = 12;

export const asObject = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;

export const own = (fields: Fields | null, key: string): unknown =>
  fields !== null && Object.hasOwn(fields, key) ? fields[key] : undefined;

export const object = (fields: Fields | null, key: string): Fields | null => asObject(own(fields, key));

/** Cuts without leaving half a character behind. */
export const cut = (value: string, most: number = TEXT): string => {
  if (value.length <= most) return value;
  const kept = value.slice(0, most - 1);
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
};

/** An empty text says nothing: it counts as missing. */
export const asText = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? cut(value) : null);

export const text = (fields: Fields | null, key: string): string | null => asText(own(fields, key));

export const num = (fields: Fields | null, key: string): number | null => {
  const value = own(fields, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};

export const bool = (fields: Fields | null, key: string): boolean | null => {
  const value = own(fields, key);
  return typeof value === 'boolean' ? value : null;
};

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The whole list; look at `few` of it only. */
export const list = (fields: Fields | null, key: string): readonly unknown[] => asList(own(fields, key));

/** The objects among the first members of a list. */
export const objects = (fields: Fields | null, key: string): Fields[] =>
  list(fields, key)
    .slice(0, INNER)
    .map(asObject)
    .filter((item) => item !== null);

/** The texts among the first members of a list. */
export const texts = (fields: Fields | null, key: string): string[] =>
  list(fields, key)
    .slice(0, INNER)
    .map(asText)
    .filter((item) => item !== null);

export const quote = (value: string, most = 200): string => `“${cut(value, most)}”`;

/** `words`, cut to what one line may hold. */
export const line = (...words: (string | null)[]): string => {
  let said = '';
  for (const word of words) if (word !== null && word !== '') said += said === '' ? word : ` ${word}`;
  return cut(said, LINE);
};

/** "a, b and 98 more", when there are `total` of them. */
export const enumerate = (names: readonly string[], total: number = names.length): string => {
  const shown = names.map((name) => cut(name, 32)).join(', ');
  const rest = total - names.length;
  if (rest <= 0) return shown;
  return shown === '' ? `${rest}` : `${shown} and ${rest} more`;
};

export const count = (amount: number, word: string): string => `${amount} ${word}${amount === 1 ? '' : 's'}`;

/** What kind of JSON value this is, for a place where another kind belongs. */
export const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};

/** 412 -> "412 B", 59649 -> "59.6 kB", 25000000 -> "25.0 MB" */
export const formatSize = (bytes: number): string => {
  if (Math.abs(bytes) < 999.5) return `${Math.round(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = bytes / 1000;
  let unit = 0;
  while (Math.abs(size) >= 999.95 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size.toFixed(1)} ${units[unit] ?? ''}`;
};

/** 3 -> "0:03", 3725 -> "1:02:05" */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
};

/** 604800 -> "7 days", 86400 -> "24 hours" */
export const duration = (seconds: number): string => {
  if (seconds > 86_400 && seconds % 86_400 === 0) return count(seconds / 86_400, 'day');
  if (seconds >= 3600 && seconds % 3600 === 0) return count(seconds / 3600, 'hour');
  if (seconds >= 60 && seconds % 60 === 0) return count(seconds / 60, 'minute');
  return count(seconds, 'second');
};

/** Seconds, or milliseconds where the number is too large for them, as "2024-07-03T07:43:20Z"; null off the calendar. */
export const isoTime = (time: number): string | null => {
  const ms = Math.abs(time) < 1e11 ? time * 1000 : time;
  if (Math.abs(ms) > 8.64e15) return null;
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
};
