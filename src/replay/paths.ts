/** Places in a payload as people write them: `messages[0].text.body`, `changes["a.b"]`. */
import { isObject, nearest, UNSAFE_KEYS } from '../schema/keywords.ts';

/** Names of members and places in lists, from the outside in. */
export type Path = readonly (string | number)[];

/** A path that cannot be read, or that leads nowhere; the message is a sentence without its full stop. */
export class PathError extends Error {}

/** A path that cannot be read, and where (index into its text). */
export interface PathProblem {
  readonly at: number;
  readonly problem: string;
}

/** Names of members: where the path ends with its text, and where an operator may follow. */
const NAME = /[^.[\]"]+/y;
const NAME_BEFORE_OPERATOR = /[^.[\]=!<>~\s"]+/y;
const ELEMENT = /\[(?:(\d{1,9})|("(?:[^"\\]|\\.)*"))\]/y;

const match = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/**
 * Reads `.a.b[0]["odd name"]` up to where something else stands.
 * @param name what names of members are made of
 * @returns the path and the index behind it, or what is wrong
 */
export const readPathAt = (text: string, from: number, name = NAME_BEFORE_OPERATOR): { path: Path; end: number } | PathProblem => {
  const path: (string | number)[] = [];
  let at = from;
  for (;;) {
    if (text[at] === '.') {
      const [member] = match(name, text, at + 1) ?? [];
      if (member === undefined) return { at: at + 1, problem: 'the name of a member is expected' };
      path.push(member);
      at += 1 + member.length;
    } else if (text[at] === '[') {
      const found = match(ELEMENT, text, at);
      if (found === null) return { at: at + 1, problem: 'a number or a quoted name in brackets is expected' };
      const [all, index, quoted = '""'] = found;
      try {
        path.push(index === undefined ? (JSON.parse(quoted) as string) : Number(index)); // the pattern lets strings only through
      } catch {
        return { at: at + 1, problem: 'the quoted name is no JSON string' };
      }
      at += all.length;
    } else return { path, end: at };
  }
};

/** `messages[0].text.body` → `['messages', 0, 'text', 'body']`. @throws PathError */
export const readPath = (text: string): Path => {
  if (text === '') throw new PathError('a path is missing: it is written messages[0].text.body');
  const before = text.startsWith('[') ? '' : '.';
  const read = readPathAt(before + text, 0, NAME);
  const at = 'problem' in read ? read.at : read.end;
  if ('problem' in read || at < before.length + text.length) {
    const problem = 'problem' in read ? read.problem : 'nothing of a path begins here';
    const place = Math.min(text.length, at - before.length + 1);
    throw new PathError(`${text} cannot be read at character ${place}: ${problem}; a path is written messages[0].text.body`);
  }
  const { path } = read;
  const unsafe = path.find((part) => typeof part === 'string' && UNSAFE_KEYS.has(part));
  if (unsafe !== undefined) throw new PathError(`${text} leads to ${unsafe}, which no payload may have`);
  return path;
};

/** `['messages', 0, 'id']` → `messages[0].id`. */
export const pathText = (path: Path): string =>
  path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[^.[\]"]+$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');

const SHOWN_MEMBERS = 8;

/** What keeps a path from going on at a value. @param deep the part of the path that exists */
const stuck = (value: unknown, deep: Path, part: string | number): PathError => {
  const here = deep.length === 0 ? 'the payload' : pathText(deep);
  if (Array.isArray(value)) {
    const holds = value.length === 1 ? '1 item' : `${value.length} items`;
    return new PathError(
      typeof part === 'number'
        ? `${here} has ${holds}, none at [${part}]`
        : `${here} is a list of ${holds}; its members are named [0], [1], …`,
    );
  }
  if (!isObject(value)) return new PathError(`${here} is ${value === null ? 'null' : `a ${typeof value}`} and has nothing inside`);
  if (typeof part === 'number') return new PathError(`${here} is an object, no list: it has no [${part}]`);
  const members = Object.keys(value);
  const near = nearest(part, members);
  const hint =
    near === undefined
      ? `; it has ${members.slice(0, SHOWN_MEMBERS).join(', ') || 'none'}${members.length > SHOWN_MEMBERS ? ', …' : ''}`
      : `; did you mean ${near}?`;
  return new PathError(`${here} has no member ${part}${hint}`);
};

const has = (value: unknown, part: string | number): boolean =>
  Array.isArray(value)
    ? typeof part === 'number' && part < value.length
    : isObject(value) && typeof part === 'string' && Object.hasOwn(value, part);

const inside = (value: unknown, part: string | number): unknown =>
  // Asked for only where `has` holds.
  (value as Readonly<Record<string | number, unknown>>)[part];

/** What stands at a path of a JSON value; undefined where nothing does. Only members of its own are seen. */
export const valueAt = (root: unknown, path: Path): unknown => {
  let value = root;
  for (const part of path) {
    if (!has(value, part)) return undefined;
    value = inside(value, part);
  }
  return value;
};

/** The value at a path. @throws PathError that names the deepest part that exists */
export const valueAtPath = (root: unknown, path: Path): unknown => {
  let value = root;
  for (const [index, part] of path.entries()) {
    if (!has(value, part)) throw stuck(value, path.slice(0, index), part);
    value = inside(value, part);
  }
  return value;
};

/** A copy in which a change was made to the value that holds the last part of a path. */
const changed = (root: unknown, path: Path, depth: number, change: (holder: unknown, last: string | number) => unknown): unknown => {
  const part = path[depth] as string | number; // readPath makes no empty path
  if (depth === path.length - 1) return change(root, part);
  if (!has(root, part)) throw stuck(root, path.slice(0, depth), part);
  const value = changed(inside(root, part), path, depth + 1, change);
  if (Array.isArray(root)) return root.with(Number(part), value);
  return { ...(root as object), [part]: value }; // `has` has shown that it is an object
};

/**
 * A copy with a value at a path. The last part may be new: a member, or the item behind the last one of a list.
 * @throws PathError that names the deepest part that exists
 */
export const withValue = (root: unknown, path: Path, value: unknown): unknown =>
  changed(root, path, 0, (holder, last) => {
    if (Array.isArray(holder) && typeof last === 'number' && last <= holder.length)
      return last === holder.length ? [...holder, value] : holder.with(last, value);
    if (isObject(holder) && typeof last === 'string') return { ...holder, [last]: value };
    throw stuck(holder, path.slice(0, -1), last);
  });

/** A copy without what stands at a path. @throws PathError where nothing does */
export const withoutValue = (root: unknown, path: Path): unknown =>
  changed(root, path, 0, (holder, last) => {
    if (!has(holder, last)) throw stuck(holder, path.slice(0, -1), last);
    if (Array.isArray(holder)) return holder.toSpliced(Number(last), 1);
    const { [last]: _, ...rest } = holder as Record<string | number, unknown>; // `has` has shown that it is an object
    return rest;
  });

/** A value as it is typed: a number, true, false or null where JSON reads it as one, else a text. */
export const readTyped = (text: string): unknown => {
  if (!/^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(text)) return text;
  return JSON.parse(text) as unknown;
};

/** An expected value: `true`, `3` and `"3"` as JSON has them, anything else as a text. */
export const readValue = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

/** Whether two JSON values are the same; the order of members does not count. */
export const sameValue = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (Array.isArray(one))
    return Array.isArray(other) && one.length === other.length && one.every((item, index) => sameValue(item, other[index]));
  if (!isObject(one) || !isObject(other) || Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && sameValue(one[key], other[key]));
};
