import { isObject } from '../schema/keywords.ts';

/** A place in a JSON value: members by name, elements by number. */
export type Path = readonly (string | number)[];

/** A path that cannot be read, and where (index into its text). */
export interface PathProblem {
  readonly at: number;
  readonly problem: string;
}

const NAME = /[^.[\]=!<>~\s"]+/y;
const ELEMENT = /\[(\d{1,9})\]/y;
const QUOTED = /\[("(?:[^"\\]|\\.)*")\]/y;

const match = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/**
 * Reads `.a.b[0]["odd name"]` up to where something else stands.
 * @returns the path and the index behind it, or what is wrong
 */
export const readPath = (text: string, from: number): { path: Path; end: number } | PathProblem => {
  const path: (string | number)[] = [];
  let at = from;
  for (;;) {
    if (text[at] === '.') {
      const [name] = match(NAME, text, at + 1) ?? [];
      if (name === undefined) return { at: at + 1, problem: 'the name of a member is expected' };
      path.push(name);
      at += 1 + name.length;
    } else if (text[at] === '[') {
      const element = match(ELEMENT, text, at);
      const quoted = element === null ? match(QUOTED, text, at) : null;
      const found = element ?? quoted;
      if (found === null) return { at: at + 1, problem: 'a number or a quoted name in brackets is expected' };
      try {
        path.push(element === null ? (JSON.parse(found[1] ?? '""') as string) : Number(found[1])); // the pattern lets strings only through
      } catch {
        return { at: at + 1, problem: 'the quoted name is no JSON string' };
      }
      at += found[0].length;
    } else return { path, end: at };
  }
};

/** What stands at a path of a JSON value; undefined where nothing does. Only members of its own are seen. */
export const valueAt = (value: unknown, path: Path): unknown => {
  let at = value;
  for (const key of path) {
    if (typeof key === 'number' ? !Array.isArray(at) : !isObject(at)) return undefined;
    if (!Object.hasOwn(at as object, key)) return undefined; // it is a list or an object: seen just before
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
};

/** A typed value: `true`, `3` and `"3"` as JSON has them, anything else as a string. */
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
