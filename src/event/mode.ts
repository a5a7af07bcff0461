import { type EventName, type EventWords, entryOf, isCategory, METHODS, type Method, readCategory } from './name.ts';
import { endOfString } from './scan.ts';

/** Where the name of the event is written (CONTRACT.md section 2). */
export const MODES = ['body', 'path', 'method'] as const;
export type Mode = (typeof MODES)[number];

/** The path of a request target, without query. */
export const pathOf = (url: string): string => {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
};

/**
 * The words of a url's path below an agreed path: none, one or two.
 * @param path `/` or a path without a slash at its end
 * @returns undefined where the url lies elsewhere or has more words
 */
export const wordsBelow = (path: string, url: string): string[] | undefined => {
  if (url === path) return [];
  const whole = pathOf(url);
  const base = path === '/' ? '' : path;
  if (!whole.startsWith('/') || (whole !== base && !whole.startsWith(`${base}/`))) return undefined;
  const words = whole
    .slice(base.length)
    .split('/')
    .filter((word) => word !== '');
  return words.length > 2 || words.some((word) => word === '.' || word === '..') ? undefined : words;
};

/** What stands behind the agreed path of a url, as it was written and without its query; '' where nothing does. */
export const suffixBelow = (path: string, url: string): string => {
  const suffix = pathOf(url).slice(path === '/' ? 0 : path.length);
  return suffix === '/' ? '' : suffix;
};

/**
 * What a request line says beyond the path that was agreed on: nothing (mode body), a category (the verb is the
 * method) or a category and a method.
 * @param words the path's words after the agreed path: none, one or two
 */
export const readLine = (verb: string, words: readonly string[]): { mode: Mode; line: EventWords | undefined } => {
  const [category, method] = words;
  if (category === undefined) return { mode: 'body', line: undefined };
  if (method === undefined) return { mode: 'method', line: { category, method: verb.toLowerCase() } };
  return { mode: 'path', line: { category, method } };
};

/**
 * The event words of a url whose agreed path is not known: its last two words in mode path, its last word and the
 * verb in mode method.
 * @returns undefined where the end of the path is no category
 */
export const lineOfUrl = (verb: string, url: string): EventWords | undefined => {
  const words = pathOf(url)
    .split('/')
    .filter((word) => word !== '');
  const [last, before] = [words.at(-1), words.at(-2)];
  if (before !== undefined && last !== undefined && readCategory(before) !== undefined && (METHODS as readonly string[]).includes(last)) {
    return { category: before, method: last };
  }
  // Old names stand at the end of many a path of somebody's own (/status): one alone says nothing.
  if (last !== undefined && isCategory(last)) return { category: last, method: verb.toLowerCase() };
  return undefined;
};

const VERBS: Readonly<Record<Method, string>> = { post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE' };

/** The verb and what is appended to the endpoint's path for an event in a mode (CONTRACT.md section 2, table). */
export const requestLine = (name: EventName, mode: Mode): { method: string; suffix: string } => {
  const { category, method } = entryOf(name);
  if (mode === 'path') return { method: 'POST', suffix: `/${category}/${method}` };
  if (mode === 'method') return { method: VERBS[method], suffix: `/${category}` };
  return { method: 'POST', suffix: '' };
};

interface Member {
  readonly key: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

const WHITE = /\s/;

/** Index of the first character at or after `at` that is neither white space nor a byte order mark. */
const skipWhite = (text: string, at: number): number => {
  let i = at;
  while (i < text.length && WHITE.test(text[i] as string)) i++;
  return i;
};

/** End (exclusive) of the value that begins at `start` in a valid JSON text. */
const endOfValue = (text: string, start: number): number => {
  const first = text[start];
  if (first === '"') return endOfString(text, start) + 1;
  if (first !== '{' && first !== '[') {
    let i = start;
    while (i < text.length && !/[\s,\]}]/.test(text[i] as string)) i++;
    return i;
  }
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34) i = endOfString(text, i);
    else if (code === 123 || code === 91) depth++;
    else if ((code === 125 || code === 93) && --depth === 0) return i + 1;
  }
  return text.length;
};

/** The children of the object or list that a valid JSON text holds, as ranges of the text. Keys are as parsed. */
export const children = (text: string, from = 0): Member[] => {
  const members: Member[] = [];
  let i = skipWhite(text, from);
  const isMap = text[i] === '{';
  if (!isMap && text[i] !== '[') return members;
  i = skipWhite(text, i + 1);
  while (i < text.length && text[i] !== '}' && text[i] !== ']') {
    const start = i;
    let key = String(members.length);
    if (isMap) {
      const keyEnd = endOfString(text, i);
      key = JSON.parse(text.slice(i, keyEnd + 1)) as string; // a JSON string is a string
      i = skipWhite(text, skipWhite(text, keyEnd + 1) + 1);
    }
    const end = endOfValue(text, i);
    members.push({ key, start, valueStart: i, end });
    i = skipWhite(text, end);
    if (text[i] === ',') i = skipWhite(text, i + 1);
  }
  return members;
};

/** Takes the member `event` out of a payload's text; not one other character changes. */
const withoutEvent = (text: string): string => {
  const members = children(text);
  const kept = members.filter(({ key }) => key !== 'event');
  const [first, end, lastKept] = [members[0], members.at(-1), kept.at(-1)];
  if (first === undefined || end === undefined || kept.length === members.length) return text;
  let out = text.slice(0, first.start);
  for (const [index, member] of members.entries()) {
    // With the comma behind it, and the last one without.
    if (member.key !== 'event') out += text.slice(member.start, member === lastKept ? member.end : members[index + 1]?.start);
  }
  return out + text.slice(end.end);
};

/** Writes the member `event` behind the last member of a payload's text. */
const withEvent = (text: string, name: EventName): string => {
  const { category, method } = entryOf(name);
  const event = `"event":{"type":"${category}","event":"${method}"}`;
  const members = children(text);
  const last = members.at(-1);
  if (last !== undefined) return `${text.slice(0, last.end)},${event}${text.slice(last.end)}`;
  const open = text.indexOf('{') + 1;
  return text.slice(0, open) + event + text.slice(open);
};

/**
 * The same payload as another mode sends it: only the member `event` comes or goes, all else keeps its characters.
 * @param text one JSON object
 */
export const inMode = (text: string, name: EventName, mode: Mode): string => {
  if (mode !== 'body') return withoutEvent(text);
  return children(text).some(({ key }) => key === 'event') ? text : withEvent(text, name);
};
