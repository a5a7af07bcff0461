import type { ExitCode } from '../errors.ts';
import type { ReplayDocument } from '../report/replay/json.ts';
import type { ResultRecord } from '../report/replay.ts';

/** How one delivery went: the record of `whapi-hooks replay --json`; `again` is a whole command. */
export interface ReplayedDelivery extends Omit<ResultRecord, 'v' | 'type'> {}

/**
 * How a run went: the document of `whapi-hooks replay --reporter json`, whose number `ok` has become an answer, and
 * what a test asks for beside it.
 */
export interface ReplayResult extends Omit<ReplayDocument, 'tool' | 'ok'> {
  /** Whether all was sent and went as expected: the command would have ended with 0. */
  readonly ok: boolean;
  /** The exit code of the command: 0 all as expected, 1 some not, 3 nothing could be reached or a source not be read. */
  readonly exitCode: ExitCode;
  /**
   * Why it ended: all was sent; `failFast` or `maxFailures` ended it; nobody listened, so that the rest would have
   * said the same; the signal was aborted.
   */
  readonly ending: 'done' | 'failures' | 'unreachable' | 'interrupted';
  /** Every delivery, in the order they were answered. */
  readonly results: readonly ReplayedDelivery[];
  /** What could not be read or sent, one sentence each; the first hundred. */
  readonly trouble: readonly string[];
  /** What else the command would have said; the first hundred. */
  readonly notes: readonly string[];
}
