import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { RULES, type Rule } from '../../src/event/finding.ts';
import { fileUri, sarifReporter } from '../../src/report/sarif.ts';
import { temporaryFolder } from '../support/folder.ts';
import { packageRoot, run } from '../support/runtime.ts';
import { HARMFUL, MANY, NASTY, nastyRows, report, row } from './rows.ts';

const SCHEMA = join(packageRoot, '../shared/formats/sarif-schema-2.1.0.json');
const missing = !existsSync(SCHEMA);
if (missing) process.stderr.write(`SARIF is not checked against its schema: there is no ${SCHEMA}.\n`);

interface Log {
  readonly runs: readonly {
    readonly columnKind: string;
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: { readonly startLine: number; readonly startColumn: number };
        };
      }[];
      readonly partialFingerprints: Readonly<Record<string, string>>;
    }[];
    readonly tool: { readonly driver: { readonly version: string; readonly rules: readonly { readonly id: string }[] } };
  }[];
}

const read = (text: string): Log => JSON.parse(text) as Log;
const resultsOf = (text: string): Log['runs'][number]['results'] => read(text).runs[0]?.results ?? [];
const printOf = (made: Parameters<typeof row>[0]): string =>
  resultsOf(report(sarifReporter, [row(made)]))[0]?.partialFingerprints['whapiHooksFinding/v1'] ?? '';

describe('the SARIF report', () => {
  it('has a result for each finding, and the rules that were met', () => {
    const rows = [row({ line: 3, column: 5 }), row({ rule: 'unknown-word' }), row()];
    const [made] = read(report(sarifReporter, rows)).runs;
    expect(made?.columnKind).toBe('utf16CodeUnits');
    expect(made?.tool.driver.version).toBe('1.2.3');
    expect(made?.tool.driver.rules.map(({ id }) => id)).toEqual(['wrong-type', 'unknown-word']);
    expect(made?.results.map(({ ruleId, ruleIndex, level }) => [ruleId, ruleIndex, level])).toEqual([
      ['wrong-type', 0, 'error'],
      ['unknown-word', 1, 'warning'],
      ['wrong-type', 0, 'error'],
    ]);
    expect(made?.results[0]?.message.text).toBe('labels.delete /a: is the number 7, expected a string');
    expect(made?.results[0]?.locations[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'a.json', uriBaseId: '%SRCROOT%' },
      region: { startLine: 3, startColumn: 5 },
    });
  });

  it.each([
    ['fixtures/a.json', 'fixtures/a.json'],
    ['../a.json', '../a.json'],
    ['a b/ü#1?.json', 'a%20b/%C3%BC%231%3F.json'],
    ['a:b.json', 'a%3Ab.json'],
    ['100%.json', '100%25.json'],
    ['a\\b.json', 'a%5Cb.json'],
    ['/tmp/a b.json', 'file:///tmp/a%20b.json'],
    ['C:\\fixtures\\a b.json', 'file:///C:/fixtures/a%20b.json'],
    ['half \ud83d.json', 'half%20%EF%BF%BD.json'],
    ['-', '-'],
  ])('the file %s is the URI %s', (file, uri) => {
    expect(fileUri(file)).toBe(uri);
  });

  it('names of files come back from their URIs as Node reads them', () => {
    for (const [, name] of NASTY) {
      if (/\p{Surrogate}/u.test(name)) continue;
      const path = `/folder/${name.replaceAll('/', '_')}.json`;
      // Node leaves some signs as they are; both mean the same file.
      expect(decodeURIComponent(fileUri(path))).toBe(decodeURIComponent(pathToFileURL(path).href));
    }
  });

  it('the fingerprint stays when lines move, and tells findings apart', () => {
    const print = printOf({ payload: 'a' });
    expect(print).toMatch(/^[\da-f]{16}$/);
    expect(printOf({ payload: 'a', line: 99, column: 7, message: 'in other words' })).toBe(print);
    const others = [
      printOf({ payload: 'b' }),
      printOf({ payload: 'a', pointer: '/b' }),
      printOf({ payload: 'a', file: 'b' }),
      printOf({ payload: 'a', rule: 'odd-id' }),
    ];
    expect(new Set([print, ...others]).size).toBe(5);
    const prints = resultsOf(report(sarifReporter, MANY)).map(({ partialFingerprints }) => partialFingerprints['whapiHooksFinding/v1']);
    expect(new Set(prints).size).toBe(MANY.length);
  });

  it('text of strangers makes no link and reaches no terminal', () => {
    const out = report(sarifReporter, nastyRows());
    expect(out).not.toMatch(HARMFUL);
    for (const { message } of resultsOf(out)) expect(message.text).not.toMatch(/\]\(|\n/);
  });

  describe.skipIf(missing)('the schema of SARIF', () => {
    const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
    addFormats.default(ajv);
    const fits = missing ? () => true : ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);
    const complaint = (text: string): string => (fits(JSON.parse(text)) ? '' : ajv.errorsText('errors' in fits ? fits.errors : null));

    it.each([
      ['an empty run', []],
      ['one finding', [row()]],
      ['a finding of every rule', (Object.keys(RULES) as Rule[]).map((rule) => row({ rule }))],
      ['nasty ones', nastyRows()],
      ['ten thousand', MANY],
    ])('takes the report of %s', (_what, rows) => {
      const text = report(sarifReporter, rows);
      expect(complaint(text)).toBe('');
      expect(resultsOf(text)).toHaveLength(rows.length);
    });

    it('would not take another document', () => {
      const text = report(sarifReporter, [row()]);
      expect(complaint(text.replace('"startLine":1', '"startLine":0'))).toContain('startLine');
      expect(complaint(text.replace('"uri":"a.json"', '"uri":"a b.json"'))).toContain('uri');
      expect(complaint(text.replace('"level":"error"', '"level":"bad"'))).not.toBe('');
    });

    it('takes what validate writes', async () => {
      const cwd = temporaryFolder({ 'a b/ü.json': '[{"labels_removed": [7]}, 7]', 'cut.json': '{"a": "\u0001' });
      const { code, stdout } = await run(['validate', '.', '--reporter', 'sarif'], { cwd });
      expect(code).toBe(1);
      expect(complaint(stdout)).toBe('');
      expect(resultsOf(stdout).length).toBeGreaterThan(2);
    });
  });
});
