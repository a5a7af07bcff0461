import { describe, expect, it } from 'vitest';
import type { ReportedRow } from '../../src/report/reporter.ts';
import { findingText, textReporter } from '../../src/report/text.ts';
import { plain } from '../../src/view/paint.ts';
import { width } from '../../src/view/text.ts';
import { HARMFUL, MANY, nastyRows, report, row } from './rows.ts';

const TEXT = ['{', '  "a": [', '    7,', '    "😀", 8', '  ]', '}'].join('\n');

/** The line with the caret, and the one above it. */
const caretOf = (text: string): { line: string; caret: string } => {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /^ +\| +\^~*$/.test(line));
  return { line: lines[at - 1] ?? '', caret: lines[at] ?? '' };
};

/** What the caret underlines, by columns of a terminal. */
const underlined = (text: string): string => {
  const { line, caret } = caretOf(text);
  const [start, end] = [caret.indexOf('^'), caret.length];
  let at = 0;
  let found = '';
  for (const sign of line) {
    if (at >= start && at < end) found += sign;
    at += width(sign);
  }
  return found;
};

describe('the text report', () => {
  it('shows the finding, the lines around it with a caret, and the rule', () => {
    expect(report(textReporter, [row({ line: 3, column: 5, pointer: '/a/0', text: TEXT })])).toBe(
      [
        'a.json:3:5  error  labels.delete  /a/0  is the number 7, expected a string',
        '    1 | {',
        '    2 |   "a": [',
        '  > 3 |     7,',
        '      |     ^',
        '    4 |     "😀", 8',
        '    rule wrong-type: whapi-hooks explain wrong-type',
        '',
        '1 file, 1 event: 1 error, 0 warnings',
        '',
      ].join('\n'),
    );
  });

  it('says so when there is nothing to say', () => {
    expect(report(textReporter, [], { cleanFiles: ['a.json'] })).toBe('1 file, 0 events: no findings\n');
    expect(report(textReporter, [])).toBe('0 files, 0 events: nothing was checked\n');
  });

  it('shows at most three lines before and one after', () => {
    const text = Array.from({ length: 9 }, (_, index) => `line ${index + 1}`).join('\n');
    const lines = report(textReporter, [row({ line: 6, text })]).split('\n');
    expect(lines.filter((line) => line.includes(' | line')).map((line) => line.trim())).toEqual([
      '3 | line 3',
      '4 | line 4',
      '5 | line 5',
      '> 6 | line 6',
      '7 | line 7',
    ]);
  });

  it.each([
    ['a string', '{"a": "one two", "b": 1}', 7, '"one two"'],
    ['a string with quotes in it', '{"a": "one \\" two", "b": 1}', 7, '"one \\" two"'],
    ['a key', '{"ab": 1}', 2, '"ab"'],
    ['a number', '{"a": -1.5e3}', 7, '-1.5e3'],
    ['a word', '{"a": null}', 7, 'null'],
    ['an object', '{"a": {}}', 7, '{'],
    ['behind emoji of two units and two columns', '{"😀": "x"}', 8, '"x"'],
    ['behind signs of one unit and two columns', '{"字字": "x"}', 8, '"x"'],
    ['behind signs of two units and one column', '{"e\u0301e\u0301": "x"}', 10, '"x"'],
    ['behind a tab', '\t\t"x"', 3, '"x"'],
    ['behind a control character', '{"\u0007": "x"}', 7, '"x"'],
    ['an emoji', '{"a": "😀😀"}', 7, '"😀😀"'],
  ])('the caret stands under %s', (_what, text, column, expected) => {
    expect(underlined(report(textReporter, [row({ column, text })]))).toBe(expected);
  });

  it('the caret stands behind the end of a line that breaks off', () => {
    const { line, caret } = caretOf(report(textReporter, [row({ column: 7, text: '{"a": ' })]));
    expect(line).toBe('  > 1 | {"a":');
    expect(caret).toBe('      |       ^');
  });

  it.each([0, 1, 50, 499, 5000, 99_990])('a long line is cut around the place (after %d units) to the width of the terminal', (units) => {
    const text = `${'x'.repeat(units)}"HERE"${'y'.repeat(100_000 - units)}`;
    for (const columns of [20, 76, 100, 400]) {
      const out = report(textReporter, [row({ column: units + 1, text })], { context: { columns } });
      expect(underlined(out)).toBe('"HERE"');
      const { line } = caretOf(out);
      expect(width(line)).toBeLessThanOrEqual(Math.max(columns, 28));
    }
  });

  it('a long line of wide signs is cut by columns, never within a sign', () => {
    const text = `${'😀'.repeat(500)}"HERE"${'👩‍👩‍👧'.repeat(500)}`;
    const out = report(textReporter, [row({ column: 1001, text })]);
    expect(underlined(out)).toBe('"HERE"');
    expect(width(caretOf(out).line)).toBeLessThanOrEqual(100);
    expect(out).not.toMatch(HARMFUL);
    expect(out).not.toContain('\\ud83d');
  });

  it('lines around a long line are left out: they are of its kind', () => {
    const long = `{"a": 7, "b": "${'x'.repeat(300)}"}`;
    const out = report(textReporter, [row({ line: 2, column: 7, text: [long, long, long].join('\n') })]);
    expect(out).toContain('> 2 | {"a": 7,');
    expect(out).not.toMatch(/ [13] \|/);
  });

  it('shows no frame where the lines are not known', () => {
    expect(report(textReporter, [row()])).not.toContain('|');
    const elsewhere: ReportedRow = { ...row(), excerpt: () => ({ firstLine: 5, lines: ['x'] }) };
    expect(report(textReporter, [elsewhere])).not.toContain('|');
  });

  it('text of strangers is harmless, whatever it is', () => {
    const out = report(textReporter, nastyRows());
    expect(out).not.toMatch(HARMFUL);
  });

  it('a finding stands as it does in replay', () => {
    const made = row({ pointer: '' });
    expect(report(textReporter, [made])).toContain(`${findingText(made, { paint: plain })}\n`);
  });

  describe('groups', () => {
    it('equal findings over many events are one block with a count', () => {
      const rows = Array.from({ length: 312 }, (_, index) =>
        row({ file: index < 200 ? 'a.json' : 'b.json', line: index + 3, pointer: `/messages/${index}/id`, payload: String(index) }),
      );
      expect(report(textReporter, rows)).toBe(
        [
          'a.json:3:1  error  labels.delete  /messages/0/id  is the number 7, expected a string',
          '    rule wrong-type: whapi-hooks explain wrong-type',
          '    ×312 at /messages/*/id, first at a.json:3:1',
          '',
          '2 files, 312 events: 312 errors, 0 warnings',
          '',
        ].join('\n'),
      );
    });

    const differing: readonly (readonly [what: string, a: ReportedRow, b: ReportedRow, blocks: number])[] = [
      ['list indexes', row({ pointer: '/a/0/b/1' }), row({ pointer: '/a/10/b/2' }), 1],
      ['values of one kind', row({ found: 'the string "x"' }), row({ found: 'the string "y"' }), 1],
      ['kinds of values', row({ found: 'the string "x"' }), row({ found: 'null' }), 2],
      ['what was expected', row({ expected: 'a string' }), row({ expected: 'a list' }), 2],
      ['members', row({ pointer: '/a/0/b' }), row({ pointer: '/a/0/c' }), 2],
      ['rules', row({ rule: 'odd-id', message: 'm' }), row({ rule: 'odd-time', message: 'm' }), 2],
      ['events', row(), { ...row(), event: 'labels.post' }, 2],
      ['words', row({ rule: 'unknown-word', message: 'is "x"' }), row({ rule: 'unknown-word', message: 'is "y"' }), 2],
      ['times', row({ rule: 'odd-time', found: 'the number 1' }), row({ rule: 'odd-time', found: 'the number 2' }), 1],
      ['names of overlong members', row({ pointer: `/${'x'.repeat(9000)}` }), row({ pointer: `/${'x'.repeat(9001)}` }), 2],
    ];
    it.each(differing)('two findings that differ in %s', (_what, a, b, blocks) => {
      expect(report(textReporter, [a, b]).split('rule ').length - 1).toBe(blocks);
    });

    it('says when others of a group show other values', () => {
      const rows = [row({ found: 'the string "x"' }), row({ found: 'the string "y"' })];
      expect(report(textReporter, rows)).toContain('×2, first at a.json:1:1; other values elsewhere');
      expect(report(textReporter, [row(), row()])).not.toContain('other values');
    });

    it('few groups stand in the order of files and lines', () => {
      const rows = [
        row({ file: 'z.json', line: 2, pointer: '/one' }),
        row({ file: 'z.json', line: 2, column: 9, pointer: '/two' }),
        row({ file: 'z.json', line: 1, pointer: '/file' }),
        row({ file: 'b.json', pointer: '/three' }),
      ];
      const pointers = [...report(textReporter, rows).matchAll(/ {2}(\/\w+) {2}/g)].map(([, pointer]) => pointer);
      expect(pointers).toEqual(['/file', '/one', '/two', '/three']);
    });

    it('many: errors first, then the most frequent, and a count of those that are not shown', () => {
      const of = (rule: 'odd-id' | 'wrong-type', pointer: string, times: number): ReportedRow[] =>
        Array.from({ length: times }, () => row({ rule, pointer }));
      const rows = [
        ...of('odd-id', '/rare', 1),
        ...of('odd-id', '/frequent', 9),
        ...of('wrong-type', '/seldom', 2),
        ...of('wrong-type', '/often', 5),
      ];
      const out = report(textReporter, rows, { context: { limit: 3 } });
      expect([...out.matchAll(/ {2}(\/\w+) {2}/g)].map(([, pointer]) => pointer)).toEqual(['/often', '/seldom', '/frequent']);
      expect(out).toContain('\n… and 1 warning of 1 other kind, not shown here. --reporter ndjson lists every one.\n');
      expect(report(textReporter, rows, { context: { limit: 1 } })).toContain('… and 2 errors, 10 warnings of 3 other kinds, not shown');
    });

    it('what is shown and what is not add up to all, beyond the groups that are kept too', () => {
      const rows = Array.from({ length: 3000 }, (_, index) =>
        row({ rule: index % 3 === 0 ? 'wrong-type' : 'odd-id', pointer: `/member${index}` }),
      );
      const out = report(textReporter, rows);
      const [, errors, warnings, kinds] = /… and (\d+) errors, (\d+) warnings of more than (\d+) other kinds/.exec(out) ?? [];
      expect(out.split('rule wrong-type').length - 1).toBe(50);
      expect(Number(errors) + 50).toBe(1000);
      expect(Number(warnings)).toBe(2000);
      expect(Number(kinds)).toBe(950);
    });

    it('warnings do not take the room of the errors that come after them', () => {
      const warnings = Array.from({ length: 5000 }, (_, index) => row({ rule: 'odd-id', pointer: `/w${index}` }));
      const out = report(textReporter, [...warnings, row({ pointer: '/the-error' })]);
      expect(out.split('\n')[0]).toContain('/the-error');
    });
  });

  it('asks for the lines around only for what it shows first', () => {
    let asked = 0;
    const rows = Array.from(
      { length: 1000 },
      (_, index): ReportedRow => ({
        ...row({ pointer: `/a/${index}` }),
        excerpt: () => {
          asked++;
          return undefined;
        },
      }),
    );
    report(textReporter, rows);
    expect(asked).toBe(1);
  });

  it('ten thousand findings are told in a screenful', () => {
    const out = report(textReporter, MANY);
    expect(out.split('\n').length).toBeLessThan(300);
    expect(out).toContain('100 files, 10000 events: 9000 errors, 1000 warnings');
  });

  it('keys of a megabyte do not make a report of a gigabyte', () => {
    const rows = Array.from({ length: 60 }, (_, index) =>
      row({ pointer: `/${index}${'k'.repeat(1_000_000)}`, text: 'x'.repeat(1_000_000) }),
    );
    expect(report(textReporter, rows).length).toBeLessThan(2_000_000);
  });
});
