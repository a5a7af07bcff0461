import { readLine, wordsBelow } from '../event/mode.ts';
import { readCategory } from '../event/name.ts';
import { judgeWith, type Overlay } from '../event/overlay.ts';
import { parseBody } from '../event/parse.ts';
import { isObject } from '../schema/keywords.ts';
import type { Delivery, Reading } from './delivery.ts';
import type { Entry } from './entry.ts';

/**
 * Reads a delivery: its mode by its request line, its event, payload and findings.
 * @param words the words of its path below the agreed path (`wordsBelow`)
 * @param overlay what is accepted, and so is no finding
 */
export const readDelivery = (delivery: Pick<Delivery, 'method' | 'body'>, words: readonly string[], overlay?: Overlay): Reading => {
  const { mode, line } = readLine(delivery.method, words);
  const { parsed, said, text } = parseBody(delivery.body, { line });
  const { payload, name } = parsed;
  const { findings, verdict } = judgeWith(overlay, parsed);
  const named = isObject(payload) && Object.hasOwn(payload, 'event');
  // A body that names its event came in mode body, whatever path the webhook was given.
  const isBody = named && line !== undefined && readCategory(line.category) === undefined;
  return { mode: isBody ? 'body' : mode, name, said, payload, verdict, findings, text };
};

const WORDS = { body: 0, method: 1, path: 2 } as const;

/** The words of a recorded delivery's path: below its listener's path where the recording tells that, else by its mode. */
export const recordedWords = ({ recorded, base }: Entry): string[] => {
  if (recorded === undefined) return [];
  const { url } = recorded.delivery;
  const below = base === undefined ? undefined : wordsBelow(base === '' ? '/' : base, url);
  if (below !== undefined) return below;
  const count = recorded.mode in WORDS ? WORDS[recorded.mode as keyof typeof WORDS] : 0; // checked just before
  const words = url
    .replace(/[?#].*$/, '')
    .split('/')
    .filter((word) => word !== '');
  return count === 0 ? [] : words.slice(-count);
};
