import type { Example } from '../../replay/totals.ts';
import { duration } from '../../view/entry.ts';
import { plain } from '../../view/paint.ts';
import { cell, data, MOST_ANNOTATIONS, property } from '../github.ts';
import { replaySummary } from '../replay.ts';
import type { CreateReplayReporter, ReplayRun } from './reporter.ts';

const kindOf = ({ event, type }: Pick<Example, 'event' | 'type'>): string => [event ?? '-', type].filter((part) => part !== null).join(' ');

/** An annotation for each cause of failures, with the command that sends its first delivery again. */
export const githubReplayReporter: CreateReplayReporter = ({ command }) => ({
  begin: () => '',
  result: () => '',
  end({ totals, ending }) {
    const lines = totals.failures.slice(0, MOST_ANNOTATIONS - 1).map(({ cause, count, found, example }) => {
      const again = example.again === null ? '' : ` Again: ${command(example.again)}`;
      const told = `${count} × ${cause}, first ${kindOf(example)} of ${example.origin}: ${found}.${again}`;
      return `::error title=${property(`whapi-hooks replay: ${cause}`)}::${data(told)}\n`;
    });
    const more = totals.failures.length - lines.length;
    if (more > 0) lines.push(`::notice title=whapi-hooks::${more} more causes without an annotation.\n`);
    if (ending.unsent > 0 || ending.more)
      lines.push(`::error title=whapi-hooks replay::${data(replaySummary(totals, ending, { paint: plain }))}\n`);
    return lines.join('');
  },
});

const summary = ({ totals, ending }: ReplayRun, command: (again: string) => string): string => {
  const ms = (time: number | null): string => (time === null ? '' : duration(time));
  const lines = ['### whapi-hooks replay', '', cell(replaySummary(totals, ending, { paint: plain })), ''];
  lines.push('| event | type | sent | ok | failed | p50 | p95 | p99 | max |', '| --- | --- | --: | --: | --: | --: | --: | --: | --: |');
  for (const { event, type, sent, ok, failed, p50, p95, p99, max } of totals.groups) {
    const cells = [event ?? '-', type ?? '', String(sent), String(ok), String(failed), ms(p50), ms(p95), ms(p99), ms(max)];
    lines.push(`| ${cells.map(cell).join(' | ')} |`);
  }
  if (totals.failures.length > 0) {
    lines.push('', '| failures | cause | first | again |', '| --: | --- | --- | --- |');
    for (const { cause, count, found, example } of totals.failures) {
      const again = example.again === null ? '' : command(example.again);
      lines.push(`| ${[String(count), cause, `${example.origin}: ${found}`, again].map(cell).join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n\n`;
};

/** The Markdown of a step summary (GITHUB_STEP_SUMMARY): the table by event and type, and failures by cause. */
export const stepSummaryReplayReporter: CreateReplayReporter = ({ command }) => ({
  begin: () => '',
  result: () => '',
  end: (run) => summary(run, command),
});
