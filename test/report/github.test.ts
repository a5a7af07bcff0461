import { describe, expect, it } from 'vitest';
import { githubReporter, stepSummary, stepSummaryReporter } from '../../src/report/github.ts';
import { HARMFUL, MANY, NASTY, nastyRows, report, row, totalsOf } from './rows.ts';

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/**
 * A line as the runner reads it (docs.github.com, "Workflow commands for GitHub Actions": `::name key=value,…::message`;
 * actions/runner, ActionCommand.cs: properties are split at commas and at the first equals sign, then unescaped).
 */
const readCommand = (line: string): Command | undefined => {
  const trimmed = line.trimStart();
  if (!trimmed.startsWith('::')) return undefined;
  const end = trimmed.indexOf('::', 2);
  if (end === -1) return undefined;
  const [name = ''] = trimmed.slice(2, end).split(' ', 1);
  const decode = (text: string): string =>
    text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%');
  const properties: Record<string, string> = {};
  for (const pair of trimmed.slice(2 + name.length, end).split(',')) {
    const at = pair.indexOf('=');
    if (at > 0) properties[pair.slice(0, at).trim()] = decode(pair.slice(at + 1));
  }
  const message = trimmed
    .slice(end + 2)
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%25', '%');
  return { name, properties, message };
};

/** Every line of a report; each has to be a command. */
const commandsOf = (text: string): Command[] => {
  const commands = text.split('\n').slice(0, -1).map(readCommand);
  expect(commands).not.toContain(undefined);
  return commands.filter((command) => command !== undefined);
};

describe('the report for GitHub Actions', () => {
  it('is a workflow command for each finding', () => {
    const rows = [row({ line: 3, column: 5 }), row({ rule: 'unknown-word', message: 'is "x"' })];
    expect(report(githubReporter, rows)).toBe(
      '::error file=a.json,line=3,col=5,title=whapi-hooks wrong-type::labels.delete /a: is the number 7, expected a string\n' +
        '::warning file=a.json,line=1,col=1,title=whapi-hooks unknown-word::labels.delete /a: is "x"\n',
    );
  });

  it('is nothing where nothing was found', () => {
    expect(report(githubReporter, [])).toBe('');
  });

  it.each(NASTY)('%s in names and messages make no other command and lose nothing', (_what, text) => {
    const [made] = nastyRows().filter(({ payload }) => payload === text);
    if (made === undefined) throw new Error('no such row');
    const out = report(githubReporter, [made]);
    const commands = commandsOf(out);
    expect(commands).toHaveLength(1);
    const [{ name, properties, message } = { name: '', properties: {}, message: '' }] = commands;
    expect(name).toBe(made.finding.severity);
    expect(Object.keys(properties)).toEqual(['file', 'line', 'col', 'title']);
    expect(properties['title']).toBe(`whapi-hooks ${made.finding.rule}`);
    expect(out).not.toMatch(HARMFUL);
    // What acts on a terminal is told by name; everything else comes back as it was.
    if (!HARMFUL.test(text.replace(/[\r\n]/g, '')) && !/[\ufff9-\uffff]/.test(text)) expect(properties['file']).toBe(made.file);
    expect(message.replace(/^labels\.delete /, '')).toContain('expected');
  });

  it('gives ten of each, as GitHub shows, and says how many more there are', () => {
    const commands = commandsOf(report(githubReporter, MANY));
    const of = (name: string): Command[] => commands.filter((command) => command.name === name);
    expect([of('error').length, of('warning').length, of('notice').length]).toEqual([10, 10, 1]);
    expect(commands.at(-1)?.message).toBe(
      '8990 more errors and 990 more warnings without an annotation: GitHub shows 10 of each for a step.',
    );
  });

  it('says nothing of more where there are exactly ten', () => {
    const commands = commandsOf(
      report(
        githubReporter,
        Array.from({ length: 10 }, () => row()),
      ),
    );
    expect(commands.map(({ name }) => name)).toEqual(Array.from({ length: 10 }, () => 'error'));
  });
});

/** The cells of the rows of a table, by the grammar of GitHub's Markdown: a bar ends a cell unless it is escaped. */
const tableOf = (markdown: string): string[][] =>
  markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)))),
    );

describe('the step summary', () => {
  it('has the counts and a table', () => {
    const rows = [row({ line: 3, column: 5 })];
    expect(tableOf(stepSummary(totalsOf(rows, 1), rows))).toEqual([
      ['a.json:3:5', 'error', 'wrong-type', 'labels.delete', '/a', 'is the number 7, expected a string'],
    ]);
  });

  it('has the counts alone where nothing was found', () => {
    expect(stepSummary(totalsOf([], 0), [])).toBe('### whapi-hooks validate\n\n0 files, 0 events&#58; nothing was checked\n\n');
  });

  it('text of strangers is text: no cell, no link, no HTML, no mention', () => {
    const markdown = stepSummary(totalsOf(nastyRows(), NASTY.length), nastyRows());
    const table = tableOf(markdown);
    expect(table).toHaveLength(NASTY.length);
    for (const cells of table) expect(cells).toHaveLength(6);
    const body = markdown.split('\n').slice(6).join('\n');
    expect(body.replace(/&#\d+;/g, '')).not.toMatch(/[<>[\]`*_@~\\]|https?:|&(?!#)/);
    expect(markdown).not.toMatch(HARMFUL);
  });

  it('shows a hundred, and says of how many', () => {
    const markdown = report(stepSummaryReporter, MANY);
    expect(tableOf(markdown)).toHaveLength(100);
    expect(markdown).toContain('100 of 10000 findings are shown.');
  });

  it('says so too when only the first rows are handed in', () => {
    expect(stepSummary({ files: 1, events: 1, errors: 300, warnings: 12 }, [row()])).toContain('1 of 312 findings are shown.');
    expect(stepSummary({ files: 1, events: 1, errors: 1, warnings: 0 }, [row()])).not.toContain('are shown');
  });

  it('stays below a megabyte whatever is in it', () => {
    const signs = ['|', '😀', '\u0001', '&'];
    for (const sign of signs) {
      const long = sign.repeat(100_000);
      const rows = Array.from({ length: 200 }, () => row({ file: long, pointer: `/${long}`, message: long }));
      const markdown = stepSummary(totalsOf(rows, 1), rows);
      expect(Buffer.byteLength(markdown)).toBeLessThan(1_048_576);
      expect(markdown).toMatch(/\d+ of 200 findings are shown\./);
    }
  });
});
