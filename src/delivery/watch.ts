import { isObject } from '../schema/keywords.ts';
import type { Outcome, Reading } from './delivery.ts';

/** Why there is a warning; each is told once. */
export type WarningCause = 'slow-app' | 'duplicate' | 'loop' | 'container' | 'not-stored' | 'answer-cut';

/** Something about the app or the traffic that is worth knowing. */
export interface Warning {
  readonly cause: WarningCause;
  /** In a sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Id of the delivery it was seen at. */
  readonly delivery?: string;
}

/** Milliseconds within which an app should answer (the provider's advice, CONTRACT.md section 1). */
export const ADVISED_MS = 5000;
/** Message ids and chats that are remembered, at least. */
const MOST_IDS = 20_000;
const MOST_CHATS = 2000;
/** Milliseconds between two messages of a chat in which nobody reads and types. */
const AT_ONCE = 3000;
/** Messages of the channel in such a row. */
const LOOP = 8;

export interface Watch {
  /** @param time milliseconds since 1970 */
  onDelivery(id: string, time: number, reading: Pick<Reading, 'name' | 'payload'>): Warning[];
  onOutcome(outcome: Outcome): Warning[];
}

/** A map that forgets what was put in long ago: between `most` and twice as many entries stay. */
interface Memory<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
}

const createMemory = <Value>(most: number): Memory<Value> => {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      if (young.size >= most) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
    },
  };
};

interface Row {
  readonly time: number;
  readonly fromMe: boolean;
  /** Messages of the channel in this row. */
  readonly own: number;
}

/**
 * Looks for the three faults that handlers of WhatsApp messages have: a slow answer, the same message twice, and
 * a bot that answers itself. Its memory is bounded.
 * @param isLocal whether an endpoint's url names this machine; `inContainer` whether that is a container
 */
export const createWatch = (options: { isLocal: (url: string) => boolean; inContainer: () => boolean }): Watch => {
  const told = new Set<WarningCause>();
  const ids = createMemory<string>(MOST_IDS);
  const rows = createMemory<Row>(MOST_CHATS);

  const once = (warning: Warning): Warning[] => {
    if (told.has(warning.cause)) return [];
    told.add(warning.cause);
    return [warning];
  };

  const duplicate = (id: string, message: string): Warning[] => {
    const first = ids.get(message);
    if (first === undefined) {
      ids.set(message, id);
      return [];
    }
    return once({
      cause: 'duplicate',
      delivery: id,
      message: `The message ${message} came twice, first in ${first === id ? 'the same delivery' : `delivery ${first}`}.`,
      hint: 'Whapi.Cloud may deliver a message again: let your app remember the ids it has handled.',
    });
  };

  const loop = (id: string, time: number, chat: string, fromMe: boolean): Warning[] => {
    const before = rows.get(chat);
    // A person's messages may come in quick succession; only what the channel says, and what follows that, makes a row.
    const goes = before !== undefined && time - before.time <= AT_ONCE && (fromMe || before.fromMe);
    const own = (goes ? before.own : 0) + (fromMe ? 1 : 0);
    rows.set(chat, { time, fromMe, own });
    if (own < LOOP) return [];
    return once({
      cause: 'loop',
      delivery: id,
      message: `In the chat ${chat} the channel has sent ${own} messages in a row, each within ${AT_ONCE / 1000} s of the one before: a bot may be answering itself.`,
      hint: 'Let your app pass over messages with from_me: true.',
    });
  };

  return {
    onDelivery(id, time, { name, payload }) {
      if (name !== 'messages.post' || !isObject(payload) || !Array.isArray(payload['messages'])) return [];
      const warnings: Warning[] = [];
      for (const item of payload['messages'] as unknown[]) {
        if (!isObject(item)) continue;
        const { id: message, chat_id: chat, from_me: fromMe } = item;
        if (typeof message === 'string' && message !== '' && message.length <= 200) warnings.push(...duplicate(id, message));
        if (typeof chat === 'string' && chat.length <= 200) warnings.push(...loop(id, time, chat, fromMe === true));
      }
      return warnings;
    },
    onOutcome(outcome) {
      if (outcome.ms > ADVISED_MS) {
        return once({
          cause: 'slow-app',
          delivery: outcome.delivery,
          message: `${outcome.endpoint} took ${(outcome.ms / 1000).toFixed(1)} s; Whapi.Cloud advises answering within 5 s.`,
          hint: 'Answer first and do slow work afterwards; what takes too long is delivered again.',
        });
      }
      if (outcome.kind === 'failed' && outcome.cause === 'unreachable' && options.isLocal(outcome.endpoint) && options.inContainer()) {
        return once({
          cause: 'container',
          delivery: outcome.delivery,
          message: `This is a container, and ${outcome.endpoint} is the container itself.`,
          hint: 'An app on the machine around it is reached as host.docker.internal (docker run --add-host host.docker.internal:host-gateway), one in another container by its name.',
        });
      }
      return [];
    },
  };
};
