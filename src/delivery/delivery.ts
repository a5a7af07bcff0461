import type { Finding, Verdict } from '../event/finding.ts';
import type { Mode } from '../event/mode.ts';
import type { EventName } from '../event/name.ts';

/** Header names and values in the order and spelling they came. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** A webhook request on the wire. The body is bytes, kept and passed on untouched. */
export interface Delivery {
  readonly id: string;
  /** Milliseconds since 1970, when the body had come whole. */
  readonly time: number;
  /** The verb: POST, PUT, PATCH or DELETE. */
  readonly method: string;
  /** Path and query, as they stood in the request line. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** What was read from a delivery. */
export interface Reading {
  readonly mode: Mode;
  /** The event, null where the delivery names none that exists. */
  readonly name: EventName | null;
  /** What the delivery calls its event, even if there is no such event; strangers' text. */
  readonly said: string | null;
  readonly payload: unknown;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  /** The body as text, where it is UTF-8. */
  readonly text: string | undefined;
}

/** How an endpoint took a delivery. A value, never thrown. */
export type Outcome = {
  /** Id of the delivery. */
  readonly delivery: string;
  /** The url it was sent to. */
  readonly endpoint: string;
  /** Milliseconds from the first byte sent to the whole answer, or to the failure. */
  readonly ms: number;
  /** Which try this was, from 1, where it was forwarded. */
  readonly attempt?: number;
} & (
  | { readonly kind: 'answered'; readonly status: number; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: FailureCause }
);

/** The beginning of an answer's body. */
export interface Answer {
  readonly bytes: Uint8Array;
  /** Whether more came than was kept. */
  readonly cut: boolean;
  /** Where a redirect leads; it is not followed. */
  readonly location?: string;
}

/** `unreachable`: no connection came about, so nothing was sent. `unsent`: it was never tried. */
export type FailureCause = 'unreachable' | 'timeout' | 'broken' | 'unsent';

export const isOk = (outcome: Outcome): boolean => outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300;
