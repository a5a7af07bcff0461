import { type SummaryRecord, summaryRecord } from '../replay.ts';
import type { CreateReplayReporter, ReplayContext, ReplayRun } from './reporter.ts';

/** What is told of a whole run as one JSON document. */
export interface ReplayDocument extends Omit<SummaryRecord, 'v' | 'type'> {
  readonly tool: 'whapi-hooks';
  readonly version: string;
  /** When it began, ISO 8601. */
  readonly time: string;
  /** The url that deliveries went to. */
  readonly endpoint: string;
  /** Milliseconds it took. */
  readonly ms: number;
}

/**
 * `tool`, `version`, `time` (begin of the run), `endpoint`, `ms`, and the members of the record `summary` of `--json`
 * (schemas/record.schema.json). In `failures` and `slowest`, `again` is the whole command that sends that delivery
 * again; it is missing where none does.
 */
export const replayDocument = (
  { version, time, endpoint, command }: ReplayContext,
  { totals, ending, seed, ms }: ReplayRun,
): ReplayDocument => {
  const whole = <Some extends { readonly again: string | null }>(example: Some): Some => ({
    ...example,
    again: example.again === null ? null : command(example.again),
  });
  const told = {
    ...totals,
    slowest: totals.slowest.map(whole),
    failures: totals.failures.map((failure) => ({ ...failure, example: whole(failure.example) })),
  };
  const { v: _, type: __, ...summary } = summaryRecord(told, ending, seed);
  return { tool: 'whapi-hooks', version, time, endpoint, ms: Math.round(ms), ...summary };
};

/** The document of a run. */
export const jsonReplayReporter: CreateReplayReporter = (context) => ({
  begin: () => '',
  result: () => '',
  end: (run) => `${JSON.stringify(replayDocument(context, run), null, 2)}\n`,
});
