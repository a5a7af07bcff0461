/** What is told of one item of an event. */
import { cut } from './read.ts';

/** One item of an event, told as a person would: who did what, where. All strings are as they came: the view makes them harmless and cuts them. */
export interface Summary {
  /** from_me of a message (or of the message an update is about): 'out' when true, 'in' when false, null where the contract gives no direction. */
  direction: 'in' | 'out' | null;
  /** The finer kind: message type ("image"), for type action its action type ("reaction"), a status word, a call status, presence status, group action, channel state; null where there is none. */
  kind: string | null;
  /** "Ann", "you", a number. */
  who: string | null;
  /** The chat: "Sales", "Ann", "stories"; null when it adds nothing. */
  where: string | null;
  /** "photo “at the beach” beach.jpg 59.6 kB", "read by +99900011122", "ringing, video" */
  what: string;
  /** The item's own id: message id, call id, chat id, group id, label id … */
  id: string | null;
}

/** An item's summary; what is not said is not known. */
export const summary = (what: string, more: Partial<Omit<Summary, 'what'>> = {}): Summary => {
  const { direction = null, kind = null, who = null, where = null, id = null } = more;
  return { direction, kind, who, where, id, what: cut(what, 480) };
};
