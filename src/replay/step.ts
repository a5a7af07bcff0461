import type { Planned } from '../delivery/shipments.ts';
import type { Expectation } from './expect.ts';

/** What a run does to a delivery to see how the endpoint takes it. */
export type FaultKind = 'duplicate' | 'reorder' | 'late' | 'drop-connection' | 'slow-body' | 'retry';

/** A fault that a delivery got, and how: `late`, `by 2 s`. */
export interface Fault {
  readonly kind: FaultKind;
  readonly detail: string;
}

/** How the body of a delivery goes out where it does not go at once. */
export interface Treatment {
  /** Bytes of the body after which the connection of the first attempt is cut; the delivery is sent again at once. */
  readonly cutAt?: number;
  /** The body goes in so many pieces, one every so many milliseconds. */
  readonly slow?: { readonly pieces: number; readonly every: number };
}

/** One delivery of a run: what is sent, when, and what is expected of the answer. */
export interface Step extends Planned {
  /** Its place in the run, from 1. */
  readonly number: number;
  /** Where it is from, for people: `samples/groups.json > participant added`. */
  readonly origin: string;
  /** What stands behind `whapi-hooks replay` to send just this one again; null where nothing does (standard input). */
  readonly again: string | null;
  /** Message type, action or status, as `listen` shows it; null where the event has none. */
  readonly type: string | null;
  /** Milliseconds after the begin of the run before which it is not sent. */
  readonly due: number;
  /** Numbers of steps that must have been answered (or have failed) before it is sent. */
  readonly after: readonly number[];
  /** Number of the step of which this is a copy. */
  readonly copyOf: number | null;
  readonly faults: readonly Fault[];
  /** What is expected of this one beside what is expected of all. */
  readonly expects: readonly Expectation[];
  readonly treatment?: Treatment;
}
