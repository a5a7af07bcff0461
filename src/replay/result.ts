import type { Outcome } from '../delivery/delivery.ts';
import type { Step } from './step.ts';

/** An expectation that did not hold. */
export interface Broken {
  /** The expectation as it was written. */
  readonly expected: string;
  /** What was found instead, one sentence without its full stop. */
  readonly found: string;
}

/** How one delivery of a run went. */
export interface Result {
  readonly step: Step;
  /** How its last attempt was taken. */
  readonly outcome: Outcome;
  /** All attempts, the last one among them: a dropped connection and its redelivery are two. */
  readonly attempts: readonly Outcome[];
  /** Milliseconds after the begin of the run when its first attempt began. */
  readonly started: number;
  /** Empty where it went as expected. */
  readonly broken: readonly Broken[];
  /** What is worth knowing though nothing is wrong: answers of two copies that differ. */
  readonly remarks: readonly string[];
}
