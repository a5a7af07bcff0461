import type { Verdict } from '../event/finding.ts';
import { inMode, type Mode, requestLine, suffixBelow } from '../event/mode.ts';
import { type EventName, isEventName } from '../event/name.ts';
import { judgeWith, type Overlay } from '../event/overlay.ts';
import { type Parsed, parseBody, parseSound } from '../event/parse.ts';
import { summarize } from '../event/summary.ts';
import { isObject } from '../schema/keywords.ts';
import type { Headers } from './delivery.ts';
import { forwardHeaders, queryOf, type Shipment, shipmentOf } from './endpoint.ts';
import type { Entry } from './entry.ts';
import { readDelivery, recordedWords } from './reading.ts';

/** A payload that is to be sent, with the event it is of. */
export interface Planned {
  readonly name: EventName | null;
  /** What the schemas say to it; it is sent all the same. */
  readonly verdict: Verdict;
  readonly shipment: Shipment;
}

const encoder = new TextEncoder();

const JSON_HEADERS: Headers = [['content-type', 'application/json']];

/** The headers of payloads that were not recorded, which are the same for all of a run. */
let lastPlain: { readonly extra: Headers; readonly dropped: readonly string[]; readonly headers: Headers } | undefined;

const plainHeaders = (extra: Headers, dropped: readonly string[]): Headers => {
  if (lastPlain?.extra !== extra || lastPlain.dropped !== dropped)
    lastPlain = { extra, dropped, headers: forwardHeaders(JSON_HEADERS, extra, dropped) };
  return lastPlain.headers;
};

const NO_HEADERS: readonly string[] = [];

/** What `listen` shows of a payload beside its event: the type of its first message, an action, a status. */
const typeOf = (name: EventName | null, payload: unknown): string | null => summarize(name, payload, 1).items[0]?.kind ?? null;

const parseEntry = ({ body, read }: Entry, isSound: (body: Uint8Array) => boolean): Parsed =>
  read === undefined && isSound(body) ? parseSound(body) : parseBody(body, {}, read).parsed;

/**
 * How a payload of a file goes out: a recorded one as it was recorded, any other in mode body; in a mode that was
 * asked for, only the member `event` and the request line change.
 * @param extra headers that replace those of their name
 * @param overlay what is accepted, and so is no finding
 * @param dropped names of headers that are left out, in lower case
 * @param isSound tells quickly of most bodies that nothing is to be remarked on them (io/quick.ts)
 * @returns a sentence where it cannot be sent that way
 */
export const planShipment = (
  entry: Entry,
  mode: Mode | undefined,
  extra: Headers,
  id: () => string,
  overlay?: Overlay,
  dropped: readonly string[] = NO_HEADERS,
  isSound: (body: Uint8Array) => boolean = () => false,
): (Planned & { readonly type: string | null }) | string => {
  const { recorded } = entry;
  const words = recordedWords(entry);
  const parsed = recorded === undefined ? parseEntry(entry, isSound) : readDelivery(recorded.delivery, words);
  const { name } = parsed;
  const { verdict } = judgeWith(overlay, parsed);
  const type = typeOf(name, parsed.payload);
  if (recorded !== undefined && mode === undefined) {
    const { url } = recorded.delivery;
    const suffix =
      entry.base === undefined ? words.map((word) => `/${word}`).join('') : suffixBelow(entry.base === '' ? '/' : entry.base, url);
    const shipment = shipmentOf(recorded.delivery, suffix, extra, dropped);
    return { name, verdict, type, shipment: shipment.id === '' ? { ...shipment, id: id() } : shipment };
  }
  const headers = recorded === undefined ? plainHeaders(extra, dropped) : forwardHeaders(recorded.delivery.headers, extra, dropped);
  const base = { id: id(), query: recorded === undefined ? '' : queryOf(recorded.delivery.url), headers };
  if (name === null || !isEventName(name)) {
    if (mode !== undefined && mode !== 'body') return `it names no event, so it cannot be sent in mode ${mode}`;
    return { name: null, verdict, type, shipment: { ...base, method: 'POST', suffix: '', body: entry.body } };
  }
  const wanted = mode ?? 'body';
  // Most payloads name their event themselves.
  if (wanted === 'body' && isObject(parsed.payload) && Object.hasOwn(parsed.payload, 'event')) {
    const { id: made, query } = base;
    return { name, verdict, type, shipment: { id: made, method: 'POST', suffix: '', query, headers, body: entry.body } };
  }
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(entry.body);
  const changed = inMode(text, name, wanted);
  return {
    name,
    verdict,
    type,
    shipment: { ...base, ...requestLine(name, wanted), body: changed === text ? entry.body : encoder.encode(changed) },
  };
};
