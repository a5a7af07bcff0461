import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { jsonReporter, jsonRow } from '../../src/report/json.ts';
import { ndjsonReporter } from '../../src/report/ndjson.ts';
import { packageRoot } from '../support/runtime.ts';
import { CONTEXT, HARMFUL, MANY, nastyRows, report, row, totalsOf } from './rows.ts';

const schema = JSON.parse(readFileSync(join(packageRoot, 'schemas/report.schema.json'), 'utf8')) as object;
const fits = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);

describe('the JSON report', () => {
  it.each([
    ['no finding', []],
    ['one', [row()]],
    ['nasty ones', nastyRows()],
    ['ten thousand', MANY],
  ])('with %s it is one document as its schema says, and all is in it', (_what, rows) => {
    const document = JSON.parse(report(jsonReporter, rows)) as { findings: unknown[] };
    expect(fits(document), JSON.stringify(fits.errors)).toBe(true);
    const files = new Set(rows.map(({ file }) => file)).size;
    expect(document).toEqual({ ...totalsOf(rows, files), findings: rows.map(jsonRow) });
  });

  it('can be shown in a terminal', () => {
    expect(report(jsonReporter, nastyRows())).not.toMatch(HARMFUL);
  });
});

describe('the NDJSON report', () => {
  it('has a finding a line, and the counts in the last', () => {
    const rows = [row({ nearest: 'b' }), row({ rule: 'unknown-word', file: 'b.json' })];
    expect(lines(report(ndjsonReporter, rows))).toEqual([
      ...rows.map((made) => ({ type: 'finding', ...jsonRow(made) })),
      { type: 'summary', files: 2, events: 2, errors: 1, warnings: 1 },
    ]);
  });

  it('without a finding has the counts alone', () => {
    expect(report(ndjsonReporter, [])).toBe('{"type":"summary","files":0,"events":0,"errors":0,"warnings":0}\n');
  });

  it('no text of strangers breaks a line or reaches the terminal', () => {
    const out = report(ndjsonReporter, nastyRows());
    expect(lines(out).slice(0, -1)).toEqual(nastyRows().map((made) => ({ type: 'finding', ...jsonRow(made) })));
    expect(out).not.toMatch(HARMFUL);
  });

  it('gives each finding when it comes', () => {
    const reporter = ndjsonReporter(CONTEXT);
    expect(lines(reporter.row(row()))).toHaveLength(1);
  });

  it('leaves none of ten thousand out', () => {
    expect(lines(report(ndjsonReporter, MANY))).toHaveLength(10_001);
  });
});
