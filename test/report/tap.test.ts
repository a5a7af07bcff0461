import { Parser } from 'tap-parser';
import { describe, expect, it } from 'vitest';
import { tapReporter } from '../../src/report/tap.ts';
import { CONTEXT, HARMFUL, MANY, NASTY, nastyRows, report, row } from './rows.ts';

interface Point {
  readonly ok: boolean;
  readonly name: string;
  /** The word behind a directive, or false. */
  readonly skip: string | boolean;
  readonly todo: string | boolean;
  readonly diag: { readonly findings: readonly Record<string, unknown>[]; readonly omitted?: string } | null;
}

/** The report as a TAP parser reads it, strictly. */
const read = (text: string): { ok: boolean; plan: string; points: Point[]; failures: unknown[]; stray: string[] } => {
  const points: Point[] = [];
  const stray: string[] = [];
  const parser = new Parser({ strict: true });
  parser.on('assert', (point) => points.push(point as unknown as Point)); // what tap-parser gives (its README)
  parser.on('extra', (line) => stray.push(String(line)));
  parser.on('bailout', (reason) => stray.push(`bailout ${String(reason)}`));
  parser.end(text);
  const { results } = parser;
  const failures = (results?.failures ?? []).map(({ tapError }) => tapError ?? '');
  return { ok: results?.ok ?? false, plan: `${results?.plan.start}..${results?.plan.end}`, points, failures, stray };
};

describe('the TAP report', () => {
  it('is a test point for each file, its findings below it', () => {
    expect(report(tapReporter, [row({ line: 3, column: 5, payload: 'one', nearest: 'x' })], { cleanFiles: ['b.json'] })).toBe(
      `TAP version 14
not ok 1 - a.json
  ---
  findings:
    - severity: "error"
      rule: "wrong-type"
      line: 3
      column: 5
      payload: "one"
      event: "labels.delete"
      pointer: "/a"
      message: "is the number 7, expected a string"
      found: "the number 7"
      expected: "a string"
      nearest: "x"
  ...
ok 2 - b.json
1..2
`,
    );
  });

  it('a parser reads it, and the findings are in it', () => {
    const { ok, plan, points, stray } = read(report(tapReporter, [row({ payload: null })], { cleanFiles: ['b.json'] }));
    expect({ ok, plan, stray }).toEqual({ ok: false, plan: '1..2', stray: [] });
    expect(points.map(({ ok: fine, name }) => [fine, name])).toEqual([
      [false, 'a.json'],
      [true, 'b.json'],
    ]);
    expect(points[0]?.diag?.findings[0]).toMatchObject({ rule: 'wrong-type', line: 1, payload: null, pointer: '/a' });
  });

  it('a file whose findings do not count is ok, and tells them', () => {
    const { ok, points } = read(report(tapReporter, [row({ rule: 'unknown-word' })]));
    expect(ok).toBe(true);
    expect(points[0]?.diag?.findings).toHaveLength(1);
  });

  it('an empty run is a plan of nothing', () => {
    const text = report(tapReporter, []);
    expect(text).toBe('TAP version 14\n1..0 # SKIP nothing was checked\n');
    expect(read(text).ok).toBe(true);
  });

  it('text of strangers is no directive, no test point and no YAML', () => {
    const rows = nastyRows();
    const text = report(tapReporter, rows);
    const { plan, points, stray } = read(text);
    expect(plan).toBe(`1..${NASTY.length}`);
    expect(stray).toEqual([]);
    expect(points.map(({ ok }) => ok)).toEqual(rows.map(({ fails }) => !fails));
    for (const [index, { diag }] of points.entries()) expect(diag?.findings, NASTY[index]?.[0]).toHaveLength(1);
    const yaml = NASTY.findIndex(([what]) => what === 'YAML');
    expect(points[yaml]?.diag?.findings[0]?.['found']).toBe('- a: &b *c !!d {e} [f] "g" : # h');
    expect(text).not.toMatch(HARMFUL);
  });

  it.each(['a # SKIP b', 'a # TODO b', '# skip', 'a \\# skip b', 'a \\'])('a file named %s is not skipped by its name', (file) => {
    const [point] = read(report(tapReporter, [row({ file })])).points;
    expect(point?.ok).toBe(false);
    expect([point?.skip, point?.todo]).toEqual([false, false]);
  });

  it('the name of a file comes back', () => {
    const name = 'a # b \\ c # SKIP.json';
    expect(read(report(tapReporter, [row({ file: name })])).points[0]?.name.replace(/\\([#\\])/g, '$1')).toBe(name);
  });

  it('ten thousand findings are all there', () => {
    const { plan, points, failures } = read(report(tapReporter, MANY));
    expect(plan).toBe('1..100');
    expect(failures).toHaveLength(100);
    expect(points.reduce((count, { diag }) => count + (diag?.findings.length ?? 0), 0)).toBe(10_000);
  });

  it('a file with more than a thousand says how many are left out', () => {
    const { points } = read(
      report(
        tapReporter,
        Array.from({ length: 1500 }, () => row()),
      ),
    );
    expect(points[0]?.diag?.findings).toHaveLength(1000);
    expect(points[0]?.diag?.omitted).toBe('500 more findings');
  });

  it('a run that was broken off leaves a whole document', () => {
    const reporter = tapReporter({ ...CONTEXT, paint: {} as never });
    const text = `${reporter.begin()}${reporter.row(row())}${reporter.end({ files: 1, events: 1, errors: 1, warnings: 0 })}`;
    expect(read(text).plan).toBe('1..1');
  });
});
