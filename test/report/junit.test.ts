import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { junitReporter } from '../../src/report/junit.ts';
import { temporaryFolder } from '../support/folder.ts';
import { complaint, missing } from '../support/junit.ts';
import { run } from '../support/runtime.ts';
import { CONTEXT, HARMFUL, MANY, NASTY, nastyRows, report, row } from './rows.ts';

/** What an XPath expression gives, as another parser reads the document. */
const xpath = (xml: string, expression: string): string => {
  const { status, stdout, stderr } = spawnSync('xmllint', ['--huge', '--xpath', expression, '-'], { input: xml, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.replace(/\n$/, '');
};

describe('the JUnit report', () => {
  it('has a suite for a file, a case for a payload with findings, and one for the others', () => {
    const rows = [
      row({ payload: 'one', line: 3 }),
      row({ payload: 'one', line: 4, rule: 'unknown-word', message: 'a warning' }),
      row({ payload: 'one', line: 5, rule: 'empty-id', message: 'the message id is empty' }),
      row({ payload: 'two', line: 9, rule: 'unknown-word', message: 'a warning' }),
    ];
    expect(report(junitReporter, rows, { clean: 7 })).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="a.json" package="a.json" id="0" timestamp="2026-03-01T09:30:01" hostname="localhost" tests="3" failures="1" errors="0" time="0">
    <properties/>
    <testcase name="one" classname="a.json" time="0">
      <failure type="wrong-type" message="labels.delete /a: is the number 7, expected a string">a.json:3:1  error  labels.delete  /a  is the number 7, expected a string
a.json:5:1  error  labels.delete  /a  the message id is empty</failure>
    </testcase>
    <testcase name="two" classname="a.json" time="0"/>
    <testcase name="7 payloads without findings" classname="a.json" time="0"/>
    <system-out>a.json:4:1  warning  labels.delete  /a  a warning
a.json:9:1  warning  labels.delete  /a  a warning</system-out>
    <system-err></system-err>
  </testsuite>
</testsuites>
<!-- 1 file, 4 events: 2 errors, 2 warnings -->
`,
    );
  });

  it('a warning that counts is a failure', () => {
    const xml = report(junitReporter, [row({ rule: 'unknown-word', fails: true })]);
    expect(xml).toContain('failures="1"');
    expect(xml).toContain('<system-out></system-out>');
  });

  it('a file without payloads still has a case', () => {
    expect(report(junitReporter, [], { cleanFiles: ['a.json'] })).toContain('tests="1" failures="0"');
  });

  it('a file with more than it can hold says so, and counts on', () => {
    const rows = Array.from({ length: 12_000 }, (_, index) => row({ payload: String(index), fails: index % 2 === 0 }));
    const xml = report(junitReporter, rows);
    expect(xml).toContain('tests="10001" failures="5001"');
    expect(xml).toContain('2000 more payloads with findings, 1000 of them failing');
  });

  it('a payload with very many findings tells a hundred', () => {
    const xml = report(
      junitReporter,
      Array.from({ length: 250 }, () => row()),
    );
    expect(xml).toContain('and 150 more findings</failure>');
  });

  it('holds no character that acts on a terminal', () => {
    expect(report(junitReporter, nastyRows())).not.toMatch(HARMFUL);
  });

  it('a run that was broken off leaves a whole document', () => {
    const reporter = junitReporter({ ...CONTEXT, paint: {} as never });
    const xml = `${reporter.begin()}${reporter.row(row())}${reporter.end({ files: 1, events: 1, errors: 1, warnings: 0 })}`;
    expect(xml).toContain('failures="1"');
    expect(xml).toContain('</testsuite>\n</testsuites>');
  });

  describe.skipIf(missing !== undefined)('xmllint and the schema', () => {
    it.each([
      ['an empty run', []],
      ['one finding', [row()]],
      ['nasty ones', nastyRows()],
      ['nasty warnings', nastyRows().map((made) => ({ ...made, fails: false }))],
      ['ten thousand', MANY],
    ])('take the report of %s', (_what, rows) => {
      expect(complaint(report(junitReporter, rows, { clean: 2, cleanFiles: ['b.json'] }))).toBe('');
    });

    it('would not take another document', () => {
      expect(complaint(report(junitReporter, [row()]).replace(' hostname="localhost"', ''))).toContain('hostname');
      expect(complaint(report(junitReporter, nastyRows()).replaceAll('&lt;', '<'))).not.toBe('');
    });

    it('read back what was written, whatever the words are', () => {
      const xml = report(junitReporter, nastyRows());
      expect(xpath(xml, 'count(//testsuite)')).toBe(String(NASTY.length));
      expect(xpath(xml, 'count(//failure)')).toBe(String(NASTY.length / 2));
      const cdata = NASTY.findIndex(([what]) => what === 'the end of a CDATA section');
      expect(xpath(xml, `string(//testsuite[${cdata + 1}]/testcase[1]/failure/@message)`)).toBe(
        'labels.delete /]]><failure>&amp;<!--: is ]]><failure>&amp;<!--, expected ]]><failure>&amp;<!--',
      );
      expect(xpath(xml, `string(//testsuite[${cdata + 1}]/testcase[1]/@name)`)).toBe(']]><failure>&amp;<!--');
    });

    it('take what validate writes', async () => {
      const cwd = temporaryFolder({
        'a & b/<list>.json': '[{"labels_removed": [7], "event": {"type": "labels", "event": "delete"}, "channel_id": "A-1"}, 7]',
        'cut.json': '{"a": "\u0001',
        'empty.json': '[]',
        'lines.ndjson': '\u0000\n{}\n[]\n',
      });
      expect((await run(['validate', '.', '--reporter', 'junit=junit.xml'], { cwd })).code).toBe(1);
      const { stdout } = spawnSync('cat', [join(cwd, 'junit.xml')], { encoding: 'utf8' });
      expect(complaint(stdout)).toBe('');
      expect(xpath(stdout, 'count(//testsuite)')).toBe('4');
    });
  });
});
