import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/replay/result.ts';
import { htmlReplayReporter } from '../../src/report/replay/html.ts';
import { rateChart, readable, ticks, timesChart, timeTicks } from '../../src/report/replay/html-charts.ts';
import { pageVerdict } from '../../src/report/replay/html-page.ts';
import { STYLE, STYLE_HASH } from '../../src/report/replay/html-style.ts';
import { rate } from '../../src/report/replay/html-words.ts';
import type { ReplayRun } from '../../src/report/replay/reporter.ts';
import { expectHarmless, NASTY } from '../support/harmless.ts';
import { result, totalsOf } from '../support/results.ts';

const CONTEXT = {
  version: '1.2.3',
  time: '2026-03-01T09:30:01.000Z',
  endpoint: 'http://localhost:3000/',
  command: (again: string) => `whapi-hooks replay ${again} --to 3000`,
};

/** The page of a run with these results. */
const pageOf = (results: readonly Result[], more: Partial<ReplayRun> = {}): string => {
  const reporter = htmlReplayReporter(CONTEXT);
  const said = [reporter.begin(), ...results.map((one) => reporter.result(one))].join('');
  expect(said).toBe('');
  return reporter.end({
    totals: totalsOf(results),
    ending: { unsent: 0, more: false },
    seed: undefined,
    ms: 1000,
    notes: [],
    isWanting: false,
    ...more,
  });
};
/** What a person reads, one space between words. */
const words = (page: string): string =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&gt;', '>')
    .replace(/\s+/g, ' ')
    .replace(/ (?=[.,:])/g, '');

describe('the axes', () => {
  it.each([
    [0, [0, 1]],
    [Number.NaN, [0, 1]],
    [1, [0, 0.5, 1]],
    [3, [0, 1, 2, 3]],
    [4, [0, 1, 2, 3, 4]],
    [5, [0, 2, 4, 6]],
    [310, [0, 100, 200, 300, 400]],
    [0.03, [0, 0.01, 0.02, 0.03]],
    [123_456, [0, 50_000, 100_000, 150_000]],
  ])('to %d has the marks %j', (most, expected) => {
    expect(ticks(most)).toEqual(expected);
  });

  it('goes as far as it has to, in at most four steps, for any value', () => {
    for (let most = 0.001; most < 1e7; most *= 1.07) {
      const marks = ticks(most);
      const [last = 0, before = 0] = [marks.at(-1), marks.at(-2)];
      expect(marks.length, String(most)).toBeLessThanOrEqual(5);
      expect(last, String(most)).toBeGreaterThanOrEqual(most * (1 - 1e-9));
      expect(before, String(most)).toBeLessThan(most);
    }
  });

  it.each([
    [20, [0, 5, 10, 15, 20]],
    [1200, [0, 500, 1000]],
    [4800, [0, 1000, 2000, 3000, 4000]],
    [100_000, [0, 30_000, 60_000, 90_000]],
    [7_200_000, [0, 1_800_000, 3_600_000, 5_400_000, 7_200_000]],
    [864_000_000, [0, 172_800_000, 345_600_000, 518_400_000, 691_200_000, 864_000_000]],
  ])('of time to %d ms has the marks %j', (end, expected) => {
    expect(timeTicks(end)).toEqual(expected);
  });

  it.each([
    [1250, 1000, '1,250'],
    [3, 2000, '1.5'],
    [1, 60_000, '0.017'],
    [100_000, 8000, '12,500'],
  ])('%d in %d ms are %s a second', (count, ms, text) => {
    expect(rate(count, ms)).toBe(text);
  });
});

describe('the charts', () => {
  const timeline = (counts: readonly number[], width = 10) => ({ width, stretches: counts.map((ok) => ({ ok, failed: 0 })) });

  it.each([
    ['few are kept as they are', new Array(12).fill(1), 12],
    ['many with enough in each', new Array(60).fill(5), 60],
    ['too many for the width', new Array(61).fill(100), 31],
    ['too little in each', new Array(60).fill(1), 8],
  ])('%s', (_name, counts, bars) => {
    expect(readable(timeline(counts)).stretches).toHaveLength(bars);
  });

  it('of deliveries a second: a bar reaches as high as its mark, failed ones at its foot, and all of it in words', () => {
    const stretches = [
      { ok: 8, failed: 0 },
      { ok: 2, failed: 2 },
    ];
    const chart = String(rateChart({ width: 10, stretches }));
    expect(chart).toContain('<rect class="bar" x="4.5%" y="12" width="41%" height="200"/>');
    expect(chart).toContain('<rect class="wrong" x="54.5%" y="162" width="41%" height="50"/>');
    expect(chart).toContain('<rect class="bar" x="54.5%" y="112" width="41%" height="50"/>');
    expect(chart).toMatch(
      /<desc[^>]*>Over 20 ms, in stretches of 10 ms\. The most are 800 a second, 0 ms after the begin\. 2 of them failed\./,
    );
    expect(chart).toContain('<tr><th scope="row">10 ms</th><td>20 ms</td><td>2</td><td>2</td><td>400</td></tr>');
  });

  it('of times: a bar for each limit that is used, the share of the longest, and where the percentiles lie', () => {
    const chart = String(timesChart(totalsOf([1, 8, 9, 10, 90].map((ms, index) => result(index + 1, { ms })))));
    expect(chart).toContain(
      '<desc id="times-desc">≤ 1 ms: 1; ≤ 2 ms: 0; ≤ 5 ms: 0; ≤ 10 ms: 3; ≤ 20 ms: 0; ≤ 50 ms: 0; ≤ 100 ms: 1.</desc>',
    );
    expect([...chart.matchAll(/class="bar"[^>]* width="([\d.]+)%"/g)].map(([, width]) => Number(width))).toEqual([
      18.67, 0, 0, 56, 0, 0, 18.67,
    ]);
    expect(chart).toMatch(/>3<tspan[^>]*>p50</);
    expect(chart).toMatch(/>1<tspan[^>]*>p95 p99</);
  });

  it('of times longer than the last limit', () => {
    expect(String(timesChart(totalsOf([result(1, { ms: 7000 })])))).toContain('longer: 1.</desc>');
  });
});

describe('the verdict of the page', () => {
  const ok = [result(1), result(2)];
  const refused = result(3, { status: 500 });
  it.each<[string, readonly Result[], { unsent?: number; more?: boolean; isWanting?: boolean }, string, string]>([
    ['all ok', ok, {}, 'fine', 'All 2 deliveries went as expected'],
    ['one', [result(1)], {}, 'fine', 'The delivery went as expected'],
    ['some failed', [...ok, refused], {}, 'wrong', '1 of 3 deliveries failed'],
    ['the only one failed', [refused], {}, 'wrong', 'The delivery failed'],
    ['all failed', [refused, refused], {}, 'wrong', '2 of 2 deliveries failed'],
    ['stopped', ok, { unsent: 5 }, 'open', '2 deliveries went as expected, 5 deliveries not sent'],
    [
      'stopped in a stream',
      [...ok, refused],
      { unsent: 1, more: true },
      'wrong',
      '1 of 3 deliveries failed, more than 1 delivery not sent',
    ],
    ['stopped at once', [], { unsent: 5 }, 'open', 'Nothing was sent: 5 deliveries not sent'],
    ['empty', [], {}, 'open', 'Nothing was sent'],
    ['nobody there', [result(1, { cause: 'unreachable' })], { unsent: 4 }, 'wrong', 'Nothing could be reached, 4 deliveries not sent'],
    ['a source that cannot be read', ok, { isWanting: true }, 'open', 'All 2 deliveries went as expected, but something else is wrong'],
  ])('%s', (_name, results, { unsent = 0, more = false, isWanting = false }, state, text) => {
    expect(pageVerdict({ totals: totalsOf(results), ending: { unsent, more }, isWanting })).toEqual({ state, text });
  });
});

describe('the page', () => {
  it('allows its own style and nothing else', () => {
    expect(STYLE_HASH).toBe(`sha256-${createHash('sha256').update(String(STYLE)).digest('base64')}`);
    const page = pageOf([result(1)]);
    expect(page).toContain(`<style>${STYLE}</style>`);
    expect(page).toContain(`content="default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'"`);
    expect(page).not.toMatch(/<script|\s(?:src|href|style|on\w+)=/);
  });

  it('of nothing has neither charts nor tables', () => {
    const page = pageOf([], { ending: { unsent: 7, more: false }, ms: 0 });
    expect(words(page)).toContain('not sent 7');
    expect(page).not.toMatch(/<svg|<table|NaN|Infinity|undefined/);
    expect(page.match(/<h\d>/g)).toEqual(['<h1>']);
  });

  it('of one delivery says that there is no time to chart', () => {
    const text = words(pageOf([result(1, { ms: 12 })], { ms: 14 }));
    expect(text).toContain('1 delivery sent within 10 ms: too few for a chart, or too short a time.');
    expect(text).toContain('The one answer');
    expect(text).not.toContain('Failures');
  });

  it('of a run in which all timed out says that nothing was answered', () => {
    const text = words(pageOf([result(1, { cause: 'timeout' }), result(2, { cause: 'timeout', started: 5000 })]));
    expect(text).toContain('Nothing was answered.');
    expect(text).toContain('no answer in time 2 deliveries');
    expect(text).not.toContain('Slowest');
  });

  it('groups failures, the most frequent first, each with its command where there is one', () => {
    const text = words(
      pageOf([
        result(1, { status: 404, step: { again: null } }),
        result(2, { status: 500 }),
        result(3, { status: 500 }),
        result(4, { status: 503, step: { again: 'x'.repeat(5000) } }),
      ]),
    );
    expect(text).toMatch(
      /status 500 2 deliveries The first was delivery 2, messages\.post text, from a\.json > 2, after 2 ms: status 500 instead of 2xx\./,
    );
    expect(text).toContain('whapi-hooks replay a.json#2 --to 3000');
    expect(text.indexOf('status 500 2')).toBeLessThan(text.indexOf('status 404 1'));
    expect(text).toContain('No command sends this one again');
    expect(text).toContain('too long to stand here');
    expect(text).not.toContain('xxx');
  });

  it('tells which deliveries a fault touched and how, and the seed', () => {
    const touched = Array.from({ length: 8 }, (_, index) =>
      result(index + 1, { status: index === 0 ? 500 : 200, step: { faults: [{ kind: 'late', detail: `by ${index + 1} s` }] } }),
    );
    const text = words(pageOf(touched, { seed: 7 }));
    expect(text).toMatch(/late 8 1 1: by 1 s 2: by 2 s 3: by 3 s 4: by 4 s 5: by 5 s and 3 more The same plan comes again with --seed 7\./);
    expect(words(pageOf([result(1)], { seed: 0 }))).toContain(
      'No delivery was touched by a fault. The same plan comes again with --seed 0',
    );
    expect(words(pageOf([result(1)]))).not.toContain('Faults');
  });

  it('says what else is to be said of the run', () => {
    const remarked = { ...result(1), remarks: ['it was answered differently'] };
    const text = words(pageOf([remarked], { notes: ['2 API calls came late'], isWanting: true }));
    expect(text).toMatch(/Notes 2 API calls came late A source could not be read .* 1 remark on single deliveries/);
  });

  it('stays small however many deliveries, kinds and causes there are, and says what is left out', () => {
    const many = Array.from({ length: 100_000 }, (_, n) =>
      result(n + 1, {
        ms: n % 700,
        started: n,
        type: `type ${n % 1000}`,
        broken: n % 3 === 0 ? [{ expected: `x${n % 999}`, found: 'y'.repeat(100_000) }] : [],
        step: { faults: [{ kind: 'duplicate', detail: 'at once' }] },
      }),
    );
    const page = pageOf(many, { ms: 100_000 });
    expect(page.length).toBeLessThan(150_000);
    const text = words(page);
    expect(text).toContain('33,334 of 100,000 deliveries failed');
    expect(text).toMatch(/and 101 more kinds; --reporter json has all/);
    expect(text).toMatch(/and 11 more causes; --reporter json has all/);
    expect(text).toContain('duplicate 100,000 33,334');
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('escapes what strangers wrote, wherever it stands', () => {
    const hostile = `<img src=x onerror=alert(1)>"'&${NASTY}`;
    const page = pageOf(
      [
        result(1, {
          event: hostile,
          type: hostile,
          broken: [{ expected: hostile, found: hostile }],
          step: { origin: hostile, again: hostile, faults: [{ kind: 'late', detail: hostile }] },
        }),
      ],
      { notes: [hostile] },
    );
    expect(page.match(/&lt;img src=x onerror=alert\(1\)&gt;&quot;&#39;&amp;a\\x1b\[31m/g)?.length).toBeGreaterThanOrEqual(9);
    expect(page).not.toContain('<img');
    expectHarmless(page);
  });
});
