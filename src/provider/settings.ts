import { type Node, parseTree } from 'jsonc-parser';
import { DEEPEST, scanText } from '../event/scan.ts';
import { isObject } from '../schema/keywords.ts';

/** Thrown where settings are not what the contract says; the message tells what they are instead. */
export class SettingsError extends Error {}

/** A webhook of the channel: its text, where that stands in the list, and what a person wants to know of it. */
export interface Webhook {
  /** As it stands in the list. */
  readonly raw: string;
  readonly start: number;
  readonly end: number;
  readonly url: string;
  readonly mode: string;
  /** Names such as groups.put. */
  readonly events: readonly string[];
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What settings say of webhooks. Only texts are kept, so that what is not ours goes back byte for byte. */
export interface Settings {
  /** Whether the member `webhooks` is a list, null, or not there. */
  readonly member: 'list' | 'null' | 'missing';
  /** The list as it stands, with its brackets; `[]` where there is none. */
  readonly list: string;
  readonly webhooks: readonly Webhook[];
}

/** An entry as the provider wants it (CONTRACT.md section 9). */
export interface NewWebhook {
  readonly url: string;
  readonly mode: string;
  readonly events: readonly string[];
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const eventOf = (value: unknown): string => (isObject(value) ? `${text(value['type'])}.${text(value['method'])}` : '');

const webhookOf = (list: string, offset: number, { offset: at, length }: Node): Webhook => {
  const start = at - offset;
  const raw = list.slice(start, start + length);
  const value: unknown = JSON.parse(raw);
  const { url, mode, events, headers } = isObject(value) ? value : {};
  return {
    raw,
    start,
    end: start + length,
    url: text(url),
    mode: mode === undefined ? 'body' : text(mode), // the default (CONTRACT.md section 9)
    events: Array.isArray(events) ? events.map(eventOf) : [],
    headers: isObject(headers) ? Object.entries(headers).map(([name, header]) => [name, text(header)] as const) : [],
  };
};

const treeOf = (json: string): Node => {
  if (scanText(json).depth > DEEPEST) throw new SettingsError(`they are nested more than ${DEEPEST} levels deep`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new SettingsError('they are not JSON');
  }
  const tree = parseTree(json);
  if (!isObject(value) || tree === undefined) throw new SettingsError('they are not a JSON object');
  return tree;
};

const settingsOf = (json: string, owner: Node): Settings => {
  const found = (owner.children ?? []).filter(({ children }) => children?.[0]?.value === 'webhooks');
  if (found.length > 1) throw new SettingsError('the member webhooks stands twice in them');
  const node = found[0]?.children?.[1];
  if (node === undefined || node.type === 'null') {
    return { member: node === undefined ? 'missing' : 'null', list: '[]', webhooks: [] };
  }
  if (node.type !== 'array') throw new SettingsError('the member webhooks is not a list');
  const list = json.slice(node.offset, node.offset + node.length);
  return { member: 'list', list, webhooks: (node.children ?? []).map((child) => webhookOf(list, node.offset, child)) };
};

/**
 * Reads the text of settings.
 * @throws SettingsError where it is no JSON object, or its member webhooks cannot be read without doubt
 */
export const readSettings = (json: string): Settings => settingsOf(json, treeOf(json));

/** Reads a list of webhooks alone, as the journal keeps it. @throws SettingsError */
export const readList = (list: string): Settings => readSettings(`{"webhooks":${list}}`);

/**
 * Reads a member of an answer that is settings itself, such as `before_update` of PATCH /settings.
 * @returns undefined where there is none that can be read
 */
export const readMember = (json: string, name: string): Settings | undefined => {
  try {
    const [member, ...more] = (treeOf(json).children ?? []).filter(({ children }) => children?.[0]?.value === name);
    const node = member?.children?.[1];
    return node?.type === 'object' && more.length === 0 ? settingsOf(json, node) : undefined;
  } catch (error) {
    if (error instanceof SettingsError) return undefined;
    throw error;
  }
};

/** The text of a new entry. */
export const entryText = ({ url, mode, events, headers }: NewWebhook): string =>
  JSON.stringify({
    url,
    mode,
    events: events.map((name) => {
      const dot = name.indexOf('.');
      return { type: name.slice(0, dot), method: name.slice(dot + 1) };
    }),
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
  });

/** The body of PATCH /settings that replaces the list. */
export const patchText = (list: string): string => `{"webhooks":${list}}`;

/** The list with one entry more, behind the others. `without` of that entry gives the same bytes again. */
export const withEntry = ({ list, webhooks }: Settings, entry: string): string => {
  const last = webhooks.at(-1);
  const at = last === undefined ? 1 : last.end;
  return `${list.slice(0, at)}${last === undefined ? '' : ','}${entry}${list.slice(at)}`;
};

/** The list with the text of one entry replaced. */
export const withReplaced = ({ list }: Settings, { start, end }: Webhook, entry: string): string =>
  `${list.slice(0, start)}${entry}${list.slice(end)}`;

const withoutOne = ({ list, webhooks }: Settings, index: number): string => {
  const { start, end } = webhooks[index] as Webhook; // the caller knows that it is there
  const before = webhooks[index - 1];
  const next = webhooks[index + 1];
  if (before !== undefined) return list.slice(0, before.end) + list.slice(end);
  return list.slice(0, start) + list.slice(next === undefined ? end : next.start);
};

/** The list without some entries; all others stay as they are. */
export const without = (settings: Settings, isOne: (webhook: Webhook, index: number) => boolean): string => {
  let left = settings;
  for (let index = settings.webhooks.length - 1; index >= 0; index--) {
    if (isOne(settings.webhooks[index] as Webhook, index)) left = readList(withoutOne(left, index));
  }
  return left.list;
};

/** A form of an entry in which two are compared: white space and spelling do not count. */
const form = ({ raw }: Webhook): string => JSON.stringify(JSON.parse(raw));

/** Those of `these` that have no counterpart in `those`; each is a counterpart once. */
const only = (these: readonly Webhook[], those: readonly Webhook[]): Webhook[] => {
  const left = new Map<string, number>();
  for (const one of those) left.set(form(one), (left.get(form(one)) ?? 0) + 1);
  return these.filter((one) => {
    const count = left.get(form(one)) ?? 0;
    left.set(form(one), count - 1);
    return count <= 0;
  });
};

/** What differs between two lists. */
export interface Difference {
  readonly added: readonly Webhook[];
  readonly removed: readonly Webhook[];
}

export const difference = (before: Settings, after: Settings): Difference => ({
  added: only(after.webhooks, before.webhooks),
  removed: only(before.webhooks, after.webhooks),
});

/** Whether two lists hold the same entries in the same order. */
export const sameWebhooks = (one: Settings, other: Settings): boolean =>
  one.webhooks.length === other.webhooks.length &&
  one.webhooks.every((webhook, index) => form(webhook) === form(other.webhooks[index] as Webhook)); // both are as long

/** A list and behind it what only another one has. */
export const merged = (list: Settings, more: Settings): string => {
  let all = list;
  for (const { raw } of only(more.webhooks, list.webhooks)) all = readList(withEntry(all, raw));
  return all.list;
};
