import { isObject, type JsonObject } from '../schema/keywords.ts';
import { merged, readList, type Settings, type Webhook, withEntry, without, withReplaced } from './settings.ts';

/** Version of the journal's files; others are left alone. */
export const JOURNAL_VERSION = 1;

/** A running process, known again after its id has gone to another one. */
export interface Owner {
  readonly pid: number;
  /** When it was started, in the system's own words; '' where that is not to be had. */
  readonly started: string;
}

/**
 * What the journal keeps of one registration, from before the first change until the channel is as it was. Neither
 * token nor secret is in it: our entry is known by the hash of the secret's value.
 */
export interface Registration {
  readonly id: string;
  readonly api: string;
  /** Id of the channel; null where the provider does not tell it. */
  readonly channel: string | null;
  /** What the list was: as it stood, and whether it was a list at all. */
  readonly before: string;
  readonly member: Settings['member'];
  /** Whether the other webhooks were set aside. */
  readonly exclusive: boolean;
  /**
   * `adding` until our entry is known to be there, `restoring` from when it is taken out: what is not found then has
   * been done, or never was.
   */
  readonly step: 'adding' | 'added' | 'restoring';
  readonly url: string;
  readonly mode: string;
  readonly events: readonly string[];
  /** SHA-256 of the value of the secret header, in hex. */
  readonly secretHash: string;
  /**
   * Null where the secret is of this registration alone, so that it tells our entry. A secret that the user gave may be
   * in other webhooks too: then ours has one of these urls besides.
   */
  readonly urls: readonly string[] | null;
  readonly owner: Owner;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** The text of a file of the journal. */
export const registrationText = (registration: Registration): string =>
  `${JSON.stringify({ v: JOURNAL_VERSION, ...registration }, undefined, 2)}\n`;

const STEPS = ['adding', 'added', 'restoring'] as const;
const MEMBERS = ['list', 'null', 'missing'] as const;

const wordOf = <Word extends string>(words: readonly Word[], value: unknown): Word | undefined => words.find((word) => word === value);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

const ownerOf = (value: unknown): Owner | undefined => {
  if (!isObject(value)) return undefined;
  const { pid, started } = value;
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 && typeof started === 'string' ? { pid, started } : undefined;
};

const parsed = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Reads a file of the journal. @returns `later` for one of a later version, undefined where it is damaged */
export const readRegistration = (text: string): Registration | 'later' | undefined => {
  const value = parsed(text);
  if (value === undefined) return undefined;
  const { v, id, api, channel, before, exclusive, url, mode, events, secretHash, urls, since } = value;
  if (typeof v === 'number' && v > JOURNAL_VERSION) return 'later';
  const step = wordOf(STEPS, value['step']);
  const member = wordOf(MEMBERS, value['member']);
  const owner = ownerOf(value['owner']);
  if (v !== JOURNAL_VERSION || step === undefined || member === undefined || owner === undefined) return undefined;
  if (typeof id !== 'string' || !/^\w+$/.test(id) || typeof api !== 'string' || !URL.canParse(api)) return undefined;
  if (typeof before !== 'string' || typeof url !== 'string' || typeof mode !== 'string' || typeof secretHash !== 'string') return undefined;
  if ((channel !== null && typeof channel !== 'string') || typeof exclusive !== 'boolean' || typeof since !== 'number') return undefined;
  if (!isTexts(events) || (urls !== null && !isTexts(urls))) return undefined;
  try {
    readList(before);
  } catch {
    return undefined;
  }
  return { id, api, channel, before, member, exclusive, step, url, mode, events, secretHash, urls, owner, since };
};

/** Tells our entry from the others. */
export type IsOurs = (webhook: Webhook) => boolean;

/** @param hash SHA-256 of a text, in hex */
export const isOursOf =
  ({ secretHash, urls }: Pick<Registration, 'secretHash' | 'urls'>, hash: (text: string) => string): IsOurs =>
  ({ url, headers }) =>
    (urls === null || urls.includes(url)) && headers.some(([, value]) => hash(value) === secretHash);

/** The list without our entry. */
export const others = (settings: Settings, isOurs: IsOurs): Settings => readList(without(settings, isOurs));

/**
 * The list with our entry in it, at its place where an older one of ours is there, else behind the others; `exclusive`:
 * alone.
 * @param url of the entry
 * @returns undefined where it is so already
 */
export const adding = (settings: Settings, entry: string, url: string, isOurs: IsOurs, exclusive: boolean): string | undefined => {
  const ours = settings.webhooks.filter(isOurs);
  const isThere = ours.length === 1 && ours[0]?.url === url;
  if (exclusive) return isThere && settings.webhooks.length === 1 ? undefined : `[${entry}]`;
  if (isThere) return undefined;
  const first = ours[0];
  if (first === undefined) return withEntry(settings, entry);
  if (ours.length === 1) return withReplaced(settings, first, entry);
  return withEntry(others(settings, isOurs), entry);
};

/**
 * The list as it is given back: without our entry, and with the webhooks that were set aside. What others changed
 * meanwhile stays.
 * @returns undefined where it is so already
 */
export const restoring = (settings: Settings, registration: Registration, isOurs: IsOurs): string | undefined => {
  const isThere = settings.webhooks.some(isOurs);
  // Not there: it was never written, or has been taken out. Only what was set aside for sure is brought back then.
  if (!registration.exclusive || (!isThere && registration.step !== 'added')) return isThere ? without(settings, isOurs) : undefined;
  const rest = others(settings, isOurs);
  const before = readList(registration.before);
  const back = rest.webhooks.length === 0 ? before.list : merged(before, rest);
  const changes = isThere || readList(back).webhooks.length !== settings.webhooks.length;
  return changes ? back : undefined;
};

/** What is set aside, when more than is known already is found beside our entry. */
export const asideWith = (before: string, settings: Settings, isOurs: IsOurs): string => merged(readList(before), others(settings, isOurs));
