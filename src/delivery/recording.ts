import { isObject, type JsonObject } from '../schema/keywords.ts';
import { base64, exactText } from './bytes.ts';
import type { Delivery, Headers, Outcome, Reading } from './delivery.ts';
import type { Warning } from './watch.ts';

/** Version of the records; a reader refuses others. */
export const RECORD_VERSION = 1;

/** Bytes of a body that may stand as text: each may take six characters, and a string has room for 500 million. */
const MOST_AS_TEXT = 50_000_000;

/** The body as text where that comes back byte for byte, else as base64. */
const bodyMember = (body: Uint8Array): { body: string } | { bodyBase64: string } => {
  const text = body.length <= MOST_AS_TEXT ? exactText(body) : undefined;
  return text === undefined ? { bodyBase64: base64(body) } : { body: text };
};

/** What stands before the deliveries of a recording: where the listener listens, and its public address where it has one. */
export const readyRecord = (url: string, publicUrl?: string): JsonObject => ({
  v: RECORD_VERSION,
  type: 'ready',
  url,
  ...(publicUrl === undefined ? {} : { public: publicUrl }),
});

/** How it stands with the public address, when that changes. */
export interface TunnelState {
  /** Where deliveries are to be sent, with the listener's path. */
  readonly url: string;
  readonly state: 'up' | 'down';
  /** Whether a request through it came back to the listener. */
  readonly reachable: boolean;
  /** Why it is down, or not reachable. */
  readonly reason?: string;
}

/** The state of the public address as a line of a recording and of `listen --json`. */
export const tunnelRecord = ({ url, state, reachable, reason }: TunnelState): JsonObject => ({
  v: RECORD_VERSION,
  type: 'tunnel',
  url,
  state,
  reachable,
  ...(reason === undefined ? {} : { reason }),
});

/** What the channel's settings have because of this listener. */
export interface RegisteredState {
  readonly url: string;
  readonly mode: string;
  readonly events: readonly string[];
  /** Id of the channel; null where the provider does not tell it. */
  readonly channel: string | null;
  readonly exclusive: boolean;
}

/** The registration at the provider, when it is made and when its url changes, as a line of a recording and of `listen --json`. */
export const registeredRecord = ({ url, mode, events, channel, exclusive }: RegisteredState): JsonObject => ({
  v: RECORD_VERSION,
  type: 'registered',
  url,
  mode,
  events,
  channel,
  exclusive,
});

/** A delivery with what was read from it, as a line of a recording and of `listen --json`. */
export const deliveryRecord = (delivery: Delivery, reading: Reading): JsonObject => ({
  v: RECORD_VERSION,
  type: 'delivery',
  id: delivery.id,
  time: new Date(delivery.time).toISOString(),
  method: delivery.method,
  url: delivery.url,
  headers: delivery.headers,
  ...bodyMember(delivery.body),
  event: reading.name,
  mode: reading.mode,
  verdict: reading.verdict,
  findings: reading.findings.map(({ offset: _, ...finding }) => finding),
});

/** An outcome as a line of a recording, of `listen --json` and of `replay --json`. */
export type OutcomeRecord = {
  readonly v: typeof RECORD_VERSION;
  readonly type: 'outcome';
  /** Id of the delivery. */
  readonly delivery: string;
  /** The url it was sent to. */
  readonly endpoint: string;
  /** Of the answer, where there was one. */
  readonly status?: number;
  /** Why there was none. */
  readonly error?: string;
  /** Milliseconds to the whole answer, or to the failure. */
  readonly ms: number;
  /** Which try this was, from 1, where it was forwarded. */
  readonly attempt?: number;
};

/** @returns the record of an outcome */
export const outcomeRecord = (outcome: Outcome): OutcomeRecord => ({
  v: RECORD_VERSION,
  type: 'outcome',
  delivery: outcome.delivery,
  endpoint: outcome.endpoint,
  ...(outcome.kind === 'answered' ? { status: outcome.status } : { error: outcome.error }),
  ms: Math.round(outcome.ms * 10) / 10,
  ...(outcome.attempt === undefined ? {} : { attempt: outcome.attempt }),
});

/** A warning as a line of a recording and of `listen --json`. */
export const warningRecord = ({ cause, message, hint, delivery }: Warning): JsonObject => ({
  v: RECORD_VERSION,
  type: 'warning',
  cause,
  message,
  ...(hint === undefined ? {} : { hint }),
  ...(delivery === undefined ? {} : { delivery }),
});

/** Why a listener ended. */
export type StopReason = 'signal' | 'count' | 'stop-on' | 'time' | 'invalid' | 'forward-error' | 'reader' | 'disconnect';

/** What a listener did, from its start to its end; all are numbers of deliveries but `refused`. */
export interface Counts {
  readonly taken: number;
  readonly hidden: number;
  readonly invalid: number;
  readonly forwarded: number;
  readonly failed: number;
  readonly left: number;
  readonly refused: ReadonlyMap<string, number>;
}

/** The last record of a listener: why it ended, and the tally. */
export const stoppedRecord = (reason: StopReason, counts: Counts): JsonObject => ({
  v: RECORD_VERSION,
  type: 'stopped',
  reason,
  deliveries: counts.taken,
  other: counts.hidden,
  invalid: counts.invalid,
  forwarded: counts.forwarded,
  failed: counts.failed,
  left: counts.left,
  refused: Object.fromEntries(counts.refused),
});

const RISKY = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * JSON in which characters that would act on a terminal or hide in one are written as escapes: the same JSON,
 * harmless when it scrolls by.
 */
export const harmlessJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(RISKY, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A record as a line. */
export const recordLine = (record: JsonObject): string => `${harmlessJson(record)}\n`;

/** A line of a recording, read back. */
export type ReadRecord =
  | { readonly type: 'ready'; readonly url: string }
  | { readonly type: 'delivery'; readonly delivery: Delivery; readonly mode: string; readonly event: string | null }
  | { readonly type: 'other' };

export const isRecord = (value: unknown): value is JsonObject =>
  isObject(value) && 'v' in value && typeof value['type'] === 'string' && !('event' in value && 'channel_id' in value);

const readHeaders = (value: unknown): Headers | undefined => {
  if (!Array.isArray(value)) return undefined;
  const headers: [string, string][] = [];
  for (const pair of value as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') return undefined;
    headers.push([pair[0], pair[1]]);
  }
  return headers;
};

const readBody = (record: JsonObject): Uint8Array | undefined => {
  if (typeof record['body'] === 'string') return new TextEncoder().encode(record['body']);
  if (typeof record['bodyBase64'] !== 'string') return undefined;
  try {
    const binary = atob(record['bodyBase64']);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch {
    return undefined;
  }
};

const VERBS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Reads a line of a recording that JSON.parse has read already.
 * @returns the record, or a sentence that says what is wrong with it
 */
export const readRecord = (record: JsonObject): ReadRecord | string => {
  if (record['v'] !== RECORD_VERSION)
    return `the record has version ${JSON.stringify(record['v'])}; this whapi-hooks reads version ${RECORD_VERSION}`;
  if (record['type'] === 'ready') return { type: 'ready', url: String(record['url']) };
  if (record['type'] !== 'delivery') return { type: 'other' };
  const { id, time, method, url, event, mode } = record;
  const headers = readHeaders(record['headers']);
  const body = readBody(record);
  if (typeof method !== 'string' || !VERBS.has(method)) return 'the delivery has no method POST, PUT, PATCH or DELETE';
  if (typeof url !== 'string' || !url.startsWith('/')) return 'the delivery has no url that begins with /';
  if (headers === undefined) return 'the headers of the delivery are not a list of [name, value]';
  if (body === undefined) return 'the delivery has neither body nor bodyBase64';
  return {
    type: 'delivery',
    delivery: {
      id: typeof id === 'string' ? id : '',
      time: typeof time === 'string' ? Date.parse(time) : Number.NaN,
      method,
      url,
      headers,
      body,
    },
    mode: typeof mode === 'string' ? mode : '',
    event: typeof event === 'string' ? event : null,
  };
};
