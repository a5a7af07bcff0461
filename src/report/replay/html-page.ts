import type { FaultKind } from '../../replay/step.ts';
import type { Timeline } from '../../replay/timeline.ts';
import { type Html, html } from '../html.ts';
import { rateChart, timesChart } from './html-charts.ts';
import { STYLE, STYLE_HASH } from './html-style.ts';
import { failures, faults, groups, slowest } from './html-tables.ts';
import { count, deliveries, rate, short, time } from './html-words.ts';
import type { ReplayContext, ReplayRun } from './reporter.ts';
import type { Touched } from './touched.ts';

/** All that the page tells. */
export interface Told extends ReplayContext, ReplayRun {
  readonly timeline: Timeline;
  readonly touched: ReadonlyMap<FaultKind, Touched>;
}

/** What came out, in one word for the looks of it and one sentence. */
export interface PageVerdict {
  readonly state: 'fine' | 'wrong' | 'open';
  readonly text: string;
}

/** The first sentence of the page. */
export const pageVerdict = ({
  totals: { sent, failed, unreachable },
  ending: { unsent, more },
  isWanting,
}: Pick<Told, 'totals' | 'ending' | 'isWanting'>): PageVerdict => {
  const rest = unsent > 0 || more ? `${more ? 'more than ' : ''}${deliveries(unsent)} not sent` : '';
  const behind = rest === '' ? '' : `, ${rest}`;
  if (sent === 0) return { state: 'open', text: `Nothing was sent${rest === '' ? '' : `: ${rest}`}` };
  if (unreachable) return { state: 'wrong', text: `Nothing could be reached${behind}` };
  if (failed > 0)
    return { state: 'wrong', text: `${sent === 1 ? 'The delivery' : `${count(failed)} of ${deliveries(sent)}`} failed${behind}` };
  const all = sent === 1 && rest === '' ? 'The delivery went' : `${rest === '' ? 'All ' : ''}${deliveries(sent)} went`;
  if (isWanting && rest === '') return { state: 'open', text: `${all} as expected, but something else is wrong` };
  return { state: rest === '' ? 'fine' : 'open', text: `${all} as expected${behind}` };
};

/** Beside the words, for the eye alone. */
const SIGNS: Readonly<Record<PageVerdict['state'], string>> = { fine: '✓', wrong: '✕', open: '!' };

const tile = (name: string, value: string, kind = ''): Html => html`<div class="tile ${kind}"><dt>${name}</dt><dd>${value}</dd></div>\n`;

const head = (told: Told, { state, text }: PageVerdict): Html => {
  const { totals, ending, seed, ms, version, time: begun, endpoint } = told;
  const { sent, ok, failed, attempts, p50, p95, p99, max } = totals;
  const fact = (name: string, value: Html | string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`;
  return html`<header class="${state}">
<p class="tool">whapi-hooks replay</p>
<h1><span class="sign" aria-hidden="true">${SIGNS[state]}</span><span>${text}</span></h1>
<dl class="facts">
${fact('Endpoint', html`<code>${short(endpoint)}</code>`)}${fact('Began', html`<time datetime="${begun}">${begun.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' UTC')}</time>`)}${fact('Took', time(ms))}${seed === undefined ? undefined : fact('Seed', String(seed))}${fact('Version', version)}</dl>
<dl class="tiles">
${tile('deliveries', count(sent))}${tile('ok', count(ok))}${tile('failed', count(failed), failed > 0 ? 'wrong' : '')}${
  ending.unsent > 0 || ending.more ? tile('not sent', `${ending.more ? '> ' : ''}${count(ending.unsent)}`, 'open') : undefined
}${attempts > sent ? tile('attempts', count(attempts)) : undefined}${tile('a second', sent < 2 || !(ms > 0) ? '–' : rate(sent, ms))}${tile('p50', time(p50))}${tile('p95', time(p95))}${tile('p99', time(p99))}${tile('max', time(max))}</dl>
</header>`;
};

const section = (title: string, content: Html | undefined): Html | undefined =>
  content === undefined ? undefined : html`<section>\n<h2>${title}</h2>\n${content}\n</section>\n`;

const notes = ({ notes: said, isWanting, totals: { remarks } }: Told): Html | undefined => {
  const all = [
    ...said.map(short),
    ...(isWanting
      ? ['A source could not be read as a whole, or something that was asked for could not be judged; standard error of the run says what.']
      : []),
    ...(remarks > 0
      ? [`${count(remarks)} ${remarks === 1 ? 'remark' : 'remarks'} on single deliveries; the lines of the run have them, and --json.`]
      : []),
  ];
  return all.length === 0 ? undefined : html`<ul class="notes">${all.map((text) => html`<li>${text}</li>`)}</ul>`;
};

/** The whole page. Nothing in it asks for anything from outside, and it has no script. */
export const page = (told: Told): Html => {
  const { totals, timeline, touched, command, seed } = told;
  const verdict = pageVerdict(told);
  const charts = html`<div class="charts">
${section('Deliveries a second', rateChart(timeline))}${section('Time to answer', timesChart(totals))}</div>
`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${verdict.text} – whapi-hooks replay</title>
<style>${STYLE}</style>
</head>
<body>
${head(told, verdict)}
<main>
${section('Notes', notes(told))}${section('Failures', failures(totals, command))}${totals.sent === 0 ? undefined : charts}${section('Slowest', slowest(totals))}${section('Faults', faults(totals, touched, seed))}${section('By event and type', groups(totals))}</main>
<footer><p>Made by whapi-hooks ${told.version}. All of it is in this file; it asks for nothing from outside.</p></footer>
</body>
</html>
`;
};
