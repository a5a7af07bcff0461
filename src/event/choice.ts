import { nearest } from '../schema/keywords.ts';
import { CATEGORIES, EVENT_NAMES } from './name.ts';

/** Chooses events by name; `null` is an event that nobody knows. */
export type Choice = (name: string | null) => boolean;

/** Thrown by `readChoice`; the message names the pattern and the nearest one. */
export class ChoiceError extends Error {}

interface Pattern {
  readonly chosen: boolean;
  readonly matches: (name: string) => boolean;
}

/** `messages.post`, `messages`, `messages.*`, `*.delete`, each with `!` in front to leave it out. */
const readPattern = (text: string): Pattern => {
  const chosen = !text.startsWith('!');
  const body = chosen ? text : text.slice(1);
  const [category = '', method = '*', ...rest] = body.split('.');
  const matches = (name: string): boolean => {
    const [nameCategory, nameMethod] = name.split('.');
    return (category === '*' || category === nameCategory) && (method === '*' || method === nameMethod);
  };
  if (rest.length > 0 || !EVENT_NAMES.some(matches)) {
    const words = [...EVENT_NAMES, ...CATEGORIES, ...CATEGORIES.map((word) => `${word}.*`)];
    const near = nearest(body, words);
    throw new ChoiceError(`${JSON.stringify(text)} is no event${near === undefined ? '' : `; did you mean ${chosen ? '' : '!'}${near}?`}`);
  }
  return { chosen, matches };
};

/**
 * The events that a list of patterns chooses: all that some pattern names and none leaves out. With only `!`
 * patterns everything else is chosen, deliveries of no known event too.
 * @param patterns each may hold several, separated by commas
 * @throws ChoiceError for a pattern that no event fits
 */
export const readChoice = (patterns: readonly string[]): Choice => {
  const all = patterns
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(readPattern);
  const named = all.filter(({ chosen }) => chosen);
  const left = all.filter(({ chosen }) => !chosen);
  return (name) =>
    name === null
      ? named.length === 0
      : (named.length === 0 || named.some(({ matches }) => matches(name))) && !left.some(({ matches }) => matches(name));
};
