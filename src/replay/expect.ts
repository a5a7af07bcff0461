import type { Outcome } from '../delivery/delivery.ts';

/** What is known of a delivery once it was answered, or was not. */
export interface Facts {
  readonly outcome: Outcome;
  /** Headers of the answer, names in lower case; empty where there was none. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The answer's body, up to 5 MB. */
  readonly body: Uint8Array;
  /** Calls that the handler made to the provider's API because of this delivery; undefined where they are not counted. */
  readonly calls: number | undefined;
}

/** Something a delivery's answer must be: `status=200`, `time<2s`. */
export interface Expectation {
  /** As it was written. */
  readonly text: string;
  /** @returns undefined where it holds, else what was found instead: `status 500 instead of 200` */
  judge(facts: Facts): string | undefined;
}
