import type { Result } from '../../replay/result.ts';
import type { Totals } from '../../replay/totals.ts';
import type { Ending } from '../replay.ts';

/** What is known of a run before its first delivery. */
export interface ReplayContext {
  readonly version: string;
  /** When the run began, ISO 8601. */
  readonly time: string;
  /** The url that deliveries go to. */
  readonly endpoint: string;
  /** The command that sends one delivery again, from what its step says. */
  command(again: string): string;
}

/** What is known of a run at its end. */
export interface ReplayRun {
  readonly totals: Totals;
  readonly ending: Ending;
  /** Of a plan that follows random numbers. */
  readonly seed: number | undefined;
  /** Milliseconds it took. */
  readonly ms: number;
  /** What is to be said beside the deliveries: calls of the API that could be assigned to none. */
  readonly notes: readonly string[];
  /** Whether the run is found wanting beside its deliveries: a source cannot be read, or something could not be judged. */
  readonly isWanting: boolean;
}

/** Turns the results of a run into one format. Each call returns the text to write now; '' where there is nothing yet. */
export interface ReplayReporter {
  begin(): string;
  result(result: Result): string;
  end(run: ReplayRun): string;
}

export type CreateReplayReporter = (context: ReplayContext) => ReplayReporter;
