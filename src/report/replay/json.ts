import { summaryRecord } from '../replay.ts';
import type { CreateReplayReporter } from './reporter.ts';

/**
 * One JSON document: `tool`, `version`, `time` (begin of the run), `endpoint`, `ms`, and the members of the record
 * `summary` of `--json` (schemas/record.schema.json). In `failures` and `slowest`, `again` is the whole command that
 * sends that delivery again; it is missing where none does.
 */
export const jsonReplayReporter: CreateReplayReporter = ({ version, time, endpoint, command }) => ({
  begin: () => '',
  result: () => '',
  end({ totals, ending, seed, ms }) {
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
    return `${JSON.stringify({ tool: 'whapi-hooks', version, time, endpoint, ms: Math.round(ms), ...summary }, null, 2)}\n`;
  },
});
