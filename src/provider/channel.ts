import { health as summarize } from '../event/summary/account.ts';
import { isObject, type JsonObject } from '../schema/keywords.ts';

/** A channel's state (GET /health). */
export interface Health {
  /** Id of the channel; null where it is not told. */
  readonly channel: string | null;
  /** The word of the state such as AUTH; null where it is not told. */
  readonly state: string | null;
  /** The state in a sentence. */
  readonly words: string;
  /** What the provider said, whole. */
  readonly told: JsonObject;
}

/** Reads the answer of GET /health; undefined where it is no object. */
export const readHealth = (value: unknown): Health | undefined => {
  if (!isObject(value)) return undefined;
  const { what, kind, id } = summarize(value);
  const user = value['user'];
  // Without an id of the channel the person it speaks for tells channels apart.
  const other = isObject(user) && typeof user['id'] === 'string' ? `user ${user['id']}` : null;
  return { channel: id ?? other, state: kind, words: what, told: value };
};

/** Whether the channel can receive and send. */
export const isConnected = ({ state }: Health): boolean => state === 'AUTH';

/** The events that subscriptions may name (GET /settings/events), as names such as groups.put; undefined where it is no list of them. */
export const readAllowed = (value: unknown): string[] | undefined => {
  if (!Array.isArray(value)) return undefined;
  const names: string[] = [];
  for (const one of value) {
    if (!isObject(one)) return undefined;
    const { type, method } = one;
    if (typeof type !== 'string' || typeof method !== 'string' || type === '' || method === '') return undefined;
    names.push(`${type}.${method}`);
  }
  return names;
};
