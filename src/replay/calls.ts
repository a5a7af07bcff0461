import { chatsOf } from '../delivery/chats.ts';
import { isObject } from '../schema/keywords.ts';

/** A call that a handler made to send something. */
export interface Call {
  /** What it asked for: `POST /messages/text`. */
  readonly what: string;
  /** The chat it goes to, as a chat's id; null where the call names none (a reaction names its message). */
  readonly to: string | null;
  /** The message that it quotes, reacts to or forwards. */
  readonly quoted: string | null;
}

/** What calls are told apart by: the chats that a delivery names and the ids of its items. */
export interface Marks {
  readonly chats: readonly string[];
  readonly ids: readonly string[];
}

/** Ids of one delivery that are looked at. */
const MOST_IDS = 200;
/** Deliveries that are over and still known, for calls that come late. */
const MOST_OVER = 1000;

/** The ids of all items of a payload, whatever it is. */
const idsOf = (payload: unknown): string[] => {
  const ids: string[] = [];
  if (!isObject(payload)) return ids;
  for (const value of Object.values(payload)) {
    if (!Array.isArray(value)) continue;
    for (const item of value.slice(0, MOST_IDS) as unknown[]) if (isObject(item) && typeof item['id'] === 'string') ids.push(item['id']);
  }
  return ids.slice(0, MOST_IDS);
};

/** What calls for a payload are told by. @param payload the parsed body, whatever it is */
export const marksOf = (payload: unknown): Marks => ({ chats: chatsOf(payload), ids: idsOf(payload) });

/** Which delivery the handler's calls belong to. */
export interface Ledger {
  /** A delivery goes out. @param key its own, for instance the number of its step */
  begin(key: number, marks: Marks): void;
  /** It was answered and its settle window is over. @returns the calls that belong to it */
  end(key: number): number;
  /** A call came. @returns the delivery it belongs to; null where nothing tells */
  take(call: Call): number | null;
  /** Calls that belong to a delivery which is not over yet; 0 for all others. */
  count(key: number): number;
  /** All calls. */
  readonly calls: number;
  /** Calls that nothing tells the delivery of. */
  readonly unassigned: number;
  /** Calls for a delivery whose settle window was over. */
  readonly late: number;
}

/**
 * Counts calls by delivery. A call belongs to the delivery whose message it quotes or reacts to, else to the only one
 * that is under way, else to the latest under way that names its chat. What quotes a message of a delivery that is
 * over is late; what none of this tells is unassigned.
 */
export const createLedger = (): Ledger => {
  const open = new Map<number, { readonly marks: Marks; calls: number }>();
  /** Newest last. */
  const over = new Map<number, ReadonlySet<string>>();
  let calls = 0;
  let unassigned = 0;
  let late = 0;
  const find = ({ to, quoted }: Call): number | undefined => {
    const under = [...open].reverse();
    const quotes = quoted === null ? undefined : under.find(([, { marks }]) => marks.ids.includes(quoted));
    if (quotes !== undefined) return quotes[0];
    if (quoted !== null && [...over.values()].some((ids) => ids.has(quoted))) {
      late++;
      return undefined;
    }
    const one = open.size === 1 ? under[0] : to === null ? undefined : under.find(([, { marks }]) => marks.chats.includes(to));
    if (one === undefined) unassigned++;
    return one?.[0];
  };
  return {
    begin: (key, marks) => void open.set(key, { marks, calls: 0 }),
    end(key) {
      const one = open.get(key);
      if (one === undefined) return 0;
      open.delete(key);
      over.set(key, new Set(one.marks.ids));
      for (const oldest of over.keys()) {
        if (over.size <= MOST_OVER) break;
        over.delete(oldest);
      }
      return one.calls;
    },
    take(call) {
      calls++;
      const key = find(call);
      const one = key === undefined ? undefined : open.get(key);
      if (key === undefined || one === undefined) return null;
      one.calls++;
      return key;
    },
    count: (key) => open.get(key)?.calls ?? 0,
    get calls() {
      return calls;
    },
    get unassigned() {
      return unassigned;
    },
    get late() {
      return late;
    },
  };
};
