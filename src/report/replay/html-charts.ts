/** The charts of the page: lengths along the time are shares of the width, so that texts keep their size on any screen. */
import { span } from '../../replay/faults.ts';
import { coarser, type Stretch, type Timeline } from '../../replay/timeline.ts';
import { type Bar, type Totals, usedBars } from '../../replay/totals.ts';
import { type Html, html } from '../html.ts';
import { count, deliveries, rate } from './html-words.ts';

/** More bars than this are too thin; fewer than these are kept however little is in each. */
const [MOST_BARS, FEW_BARS] = [60, 12];
/** Deliveries a bar should stand for: one by one they show when each came, not how many came. */
const LEAST_EACH = 5;
const MOST_TICKS = 5;
/** Fewer deliveries have no rate worth a chart. */
const FEWEST = 10;
/** Pixels. */
const [TOP, HEIGHT, FOOT, ROW, BAR_HEIGHT] = [12, 200, 26, 26, 14];
/** Share of its room that a bar takes. */
const FILLED = 0.82;
/** The longest bar of the histogram, percent of the width: its count stands behind it. */
const LONGEST = 56;

const sum = ({ ok, failed }: Stretch): number => ok + failed;
const round = (value: number): number => Number(value.toFixed(2));

/** The values that are marked on an axis from 0 to at least `most`: multiples of 1, 2 or 5 times a power of ten. */
export const ticks = (most: number): number[] => {
  if (!(most > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(most / (MOST_TICKS - 1)));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size * (MOST_TICKS - 1) >= most) ?? most;
  const steps = Math.ceil(most / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)));
};

const MINUTE = 60_000;
const TIME_STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1000, 2000, 5000, 10_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30, 60, 120, 360, 720].map((minutes) => minutes * MINUTE),
];

/** The times that are marked on an axis from 0 to `end` milliseconds, none of them behind it. */
export const timeTicks = (end: number): number[] => {
  const step = TIME_STEPS.find((size) => size * MOST_TICKS >= end) ?? Math.ceil(end / MOST_TICKS / (1440 * MINUTE)) * 1440 * MINUTE;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
};

/** A timeline with as many stretches as can be seen, and enough deliveries in each. */
export const readable = (timeline: Timeline): Timeline => {
  const { stretches } = timeline;
  const each = stretches.reduce((all, one) => all + sum(one), 0) / stretches.length;
  const isFine = stretches.length <= MOST_BARS && (stretches.length <= FEW_BARS || each >= LEAST_EACH);
  return isFine ? timeline : readable(coarser(timeline));
};

const numbers = ({ width, stretches }: Timeline): Html => html`
<details>
<summary>The numbers of this chart</summary>
<div class="scroll" role="region" aria-labelledby="rate-numbers" tabindex="0">
<table>
<caption id="rate-numbers">Deliveries by the time they were sent, after the begin of the run</caption>
<thead><tr><th scope="col">from</th><th scope="col">to</th><th scope="col">ok</th><th scope="col">failed</th><th scope="col">a second</th></tr></thead>
<tbody>${stretches.map(
  (one, index) =>
    html`<tr><th scope="row">${span(index * width)}</th><td>${span((index + 1) * width)}</td><td>${count(one.ok)}</td><td>${count(one.failed)}</td><td>${rate(sum(one), width)}</td></tr>\n`,
)}</tbody>
</table>
</div>
</details>`;

const LEGEND = html`<ul class="legend">
<li><svg class="swatch" aria-hidden="true"><rect class="bar" width="100%" height="100%"/></svg>ok</li>
<li><svg class="swatch" aria-hidden="true"><rect class="wrong" width="100%" height="100%"/></svg>failed (hatched)</li>
</ul>`;

const HATCH = html`<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="wrong-ground" width="6" height="6"/><rect class="wrong-line" width="2" height="6"/></pattern></defs>`;

/** How many deliveries a second were sent over the time, failed ones set apart. */
export const rateChart = (whole: Timeline): Html => {
  const all = whole.stretches.reduce((some, one) => some + sum(one), 0);
  if (whole.stretches.length < 2 || all < FEWEST)
    return html`<p>${deliveries(all)} sent within ${span(whole.width * whole.stretches.length)}: too few for a chart, or too short a time.</p>`;
  const timeline = readable(whole);
  const { width, stretches } = timeline;
  const [share, end] = [100 / stretches.length, stretches.length * width];
  const perSecond = (some: number): number => (some * 1000) / width;
  const most = Math.max(...stretches.map(sum));
  const marks = ticks(perSecond(most));
  const top = marks.at(-1) ?? 1;
  const high = (some: number): number => (some === 0 ? 0 : Math.max(1.5, (perSecond(some) / top) * HEIGHT));
  const bars = stretches.map((one, index) => {
    const [x, wide] = [round((index + (1 - FILLED) / 2) * share), round(share * FILLED)];
    const [wrong, fine] = [high(one.failed), high(one.ok)];
    const bar = (kind: string, y: number, height: number): Html | undefined =>
      height === 0 ? undefined : html`<rect class="${kind}" x="${x}%" y="${round(TOP + y)}" width="${wide}%" height="${round(height)}"/>`;
    return sum(one) === 0
      ? html``
      : html`<g><title>${span(index * width)} to ${span((index + 1) * width)}: ${rate(sum(one), width)} a second, ${count(one.ok)} ok, ${count(one.failed)} failed</title>${bar('wrong', HEIGHT - wrong, wrong)}${bar('bar', HEIGHT - wrong - fine, fine)}</g>\n`;
  });
  const failed = stretches.reduce((all, one) => all + one.failed, 0);
  const peak = stretches.findIndex((one) => sum(one) === most) * width;
  return html`${LEGEND}
<svg class="chart over-time" role="img" aria-labelledby="rate-title" aria-describedby="rate-desc" height="${TOP + HEIGHT + FOOT}">
<title id="rate-title">Deliveries a second over the time of the run</title>
<desc id="rate-desc">Over ${span(end)}, in stretches of ${span(width)}. The most are ${rate(most, width)} a second, ${span(peak)} after the begin. ${failed === 0 ? 'None' : count(failed)} of them failed. The numbers stand below.</desc>
${HATCH}
${marks.map((value) => {
  const y = round(TOP + HEIGHT * (1 - value / top));
  return html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}"/><text class="mark" x="-8" y="${y + 4}" text-anchor="end">${rate(value, 1000)}</text>\n`;
})}${bars}${timeTicks(end).map((time) => html`<text class="mark" x="${round((time / end) * 100)}%" y="${TOP + HEIGHT + 18}" text-anchor="middle">${time === 0 ? '0' : span(time)}</text>\n`)}</svg>
<p class="under">Deliveries a second, by the time they were sent; each bar is ${span(width)}.</p>
${numbers(timeline)}`;
};

const barName = ({ upTo }: Bar): string => (upTo === null ? 'longer' : `≤ ${span(upTo)}`);

/** How long answers took. */
export const timesChart = ({ histogram, p50, p95, p99 }: Pick<Totals, 'histogram' | 'p50' | 'p95' | 'p99'>): Html => {
  const bars = usedBars(histogram);
  const all = bars.reduce((some, bar) => some + bar.count, 0);
  if (all === 0) return html`<p>Nothing was answered.</p>`;
  const most = Math.max(...bars.map((bar) => bar.count));
  const holding = (ms: number | null): Bar | undefined => (ms === null ? undefined : bars.find(({ upTo }) => upTo === null || ms <= upTo));
  const shares = Object.entries({ p50, p95, p99 }).map(([name, ms]) => ({ name, bar: holding(ms) }));
  const rows = bars.map((bar, index) => {
    const y = index * ROW;
    const long = round(bar.count === 0 ? 0 : Math.max(0.3, (bar.count / most) * LONGEST));
    const names = shares.flatMap(({ name, bar: its }) => (its === bar ? [name] : []));
    return html`<text class="mark" x="-8" y="${y + 17}" text-anchor="end">${barName(bar)}</text><rect class="bar" x="0" y="${y + 6}" width="${long}%" height="${BAR_HEIGHT}" rx="2"/><text class="value" x="${long}%" dx="7" y="${y + 17}">${count(bar.count)}${names.length === 0 ? undefined : html`<tspan class="mark" dx="7">${names.join(' ')}</tspan>`}</text>\n`;
  });
  return html`<svg class="chart by-time" role="img" aria-labelledby="times-title" aria-describedby="times-desc" height="${bars.length * ROW + 4}">
<title id="times-title">How long answers took</title>
<desc id="times-desc">${bars.map((bar) => `${barName(bar)}: ${count(bar.count)}`).join('; ')}.</desc>
<line class="grid" x1="0" x2="0" y1="0" y2="${bars.length * ROW + 4}"/>
${rows}</svg>
<p class="under">${deliveries(all)} answered, by the time from the first byte sent to the whole answer. From bar to bar the limit grows two or two and a half times.</p>`;
};
