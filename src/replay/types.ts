/** What a payload is of, in the words that `listen` shows: message type, action, status. */
import type { EventName } from '../event/name.ts';
import { messageTypesOf } from '../event/sample.ts';
import { summarize } from '../event/summary.ts';
import type { JsonObject } from '../schema/keywords.ts';

/** The types of a payload, each once, as `listen` shows them; `action` beside the word of a message's action. */
export const typesOf = (event: EventName, payload: JsonObject): string[] => {
  const kinds = summarize(event, payload).items.map(({ kind }) => kind);
  return [...new Set([...kinds, ...messageTypesOf(payload)])].filter((kind) => kind !== null);
};
