/** The tables and lists of the page. */
import type { FaultKind } from '../../replay/step.ts';
import type { Example, Failure, Group, Totals } from '../../replay/totals.ts';
import { type Html, html } from '../html.ts';
import { count, deliveries, eventOf, short, time } from './html-words.ts';
import type { ReplayContext } from './reporter.ts';
import type { Touched } from './touched.ts';

const MOST_GROUPS = 100;
const MOST_CAUSES = 40;
/** Signs of a command; a longer one would fill the page. It is never cut: it is there to be copied. */
const LONGEST_COMMAND = 4000;

/** What stands below a list that was cut. */
const more = (all: number, shown: number, what: string): Html | undefined =>
  all > shown ? html`<p class="under">and ${count(all - shown)} more ${what}; --reporter json has all</p>` : undefined;

/** A table that scrolls by itself where the screen is narrow, also with the keyboard. @param id of its caption */
const table = (id: string, caption: string, columns: readonly string[], rows: readonly Html[], kind = ''): Html => html`
<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
<table class="${kind}">
<caption id="${id}">${caption}</caption>
<thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows}</tbody>
</table>
</div>`;

const kindOf = ({ event, type }: Pick<Example, 'event' | 'type'>): Html =>
  html`<bdi>${eventOf(event)}</bdi>${type === null ? undefined : html` <bdi>${short(type)}</bdi>`}`;

const groupRow = ({ event, type, sent, ok, failed, p50, p95, p99, max }: Group): Html => {
  const bad = failed > 0 ? html`<strong class="wrong-text">${count(failed)}</strong>` : html`0`;
  return html`<tr><th scope="row" class="name">${kindOf({ event, type })}</th><td>${count(sent)}</td><td>${count(ok)}</td><td>${bad}</td>${[p50, p95, p99, max].map((ms) => html`<td>${time(ms)}</td>`)}</tr>\n`;
};

/** What was sent and how it went, by event and type, the ones that failed most first; undefined where nothing was sent. */
export const groups = ({ groups: all }: Totals): Html | undefined => {
  if (all.length === 0) return undefined;
  const shown = [...all].sort((one, other) => other.failed - one.failed).slice(0, MOST_GROUPS);
  const columns = ['event and type', 'sent', 'ok', 'failed', 'p50', 'p95', 'p99', 'max'];
  return html`${table('groups', 'How many deliveries, and how long answers took', columns, shown.map(groupRow), 'figures')}
${more(all.length, shown.length, 'kinds')}`;
};

/** The slowest answers; undefined where nothing was answered. */
export const slowest = ({ slowest: all }: Totals): Html | undefined =>
  all.length === 0
    ? undefined
    : table(
        'slowest',
        all.length === 1 ? 'The one answer' : `The ${all.length} slowest answers, the slowest first`,
        ['delivery', 'time', 'event and type', 'from'],
        all.map(
          (one) =>
            html`<tr><th scope="row">${count(one.number)}</th><td class="number">${time(one.ms)}</td><td class="name">${kindOf(one)}</td><td class="name"><bdi>${short(one.origin)}</bdi></td></tr>\n`,
        ),
      );

const again = (example: Example, command: ReplayContext['command']): Html => {
  if (example.again === null)
    return html`<p>No command sends this one again: it came from standard input, or its name cannot be typed.</p>`;
  const text = command(example.again);
  if (text.length > LONGEST_COMMAND) return html`<p>The command that sends it again is too long to stand here; --reporter json has it.</p>`;
  return html`<p>Send just this one again (a click selects the command):</p>\n<p><code class="command">${text}</code></p>`;
};

const failure = ({ cause, count: number, found, example }: Failure, command: ReplayContext['command']): Html => html`<article>
<h3><bdi>${short(cause)}</bdi> <span class="how-many">${deliveries(number)}</span></h3>
<p>${number === 1 ? 'It was' : 'The first was'} delivery ${count(example.number)}, ${kindOf(example)}, from <bdi>${short(example.origin)}</bdi>, after ${time(example.ms)}: <bdi>${short(found)}</bdi>.</p>
${again(example, command)}
</article>
`;

/** Failures by their cause, the most frequent first; undefined where there is none. */
export const failures = ({ failures: all }: Totals, command: ReplayContext['command']): Html | undefined => {
  if (all.length === 0) return undefined;
  const shown = [...all].sort((one, other) => other.count - one.count).slice(0, MOST_CAUSES);
  return html`${shown.map((one) => failure(one, command))}${more(all.length, shown.length, 'causes')}`;
};

/** What the run did to deliveries, and how to do it again; undefined where it did nothing by chance. */
export const faults = (
  { faults: counts }: Totals,
  touched: ReadonlyMap<FaultKind, Touched>,
  seed: number | undefined,
): Html | undefined => {
  if (counts.size === 0 && seed === undefined) return undefined;
  const rows = [...counts].map(([kind, number]) => {
    const { failed, first } = touched.get(kind) ?? { failed: 0, first: [] };
    const named = first.map((one) => html`<li>${count(one.number)}: ${short(one.detail)}</li>`);
    const rest = number > first.length ? html`<li>and ${count(number - first.length)} more</li>` : undefined;
    return html`<tr><th scope="row">${kind}</th><td class="number">${count(number)}</td><td class="number">${count(failed)}</td><td class="name"><ul class="inline">${named}${rest}</ul></td></tr>\n`;
  });
  const told =
    rows.length === 0
      ? html`<p>No delivery was touched by a fault.</p>`
      : table('faults', 'Deliveries that a fault touched', ['fault', 'deliveries', 'failed', 'which, and how'], rows);
  return html`${told}${
    seed === undefined
      ? undefined
      : html`<p class="under">The same plan comes again with <code class="select">--seed ${String(seed)}</code>.</p>`
  }`;
};
