import { RULES, type Rule } from '../../src/event/finding.ts';
import type { Totals } from '../../src/report/checks.ts';
import type { CreateReporter, ReportContext, ReportedRow } from '../../src/report/reporter.ts';
import { plain } from '../../src/view/paint.ts';

export const CONTEXT: ReportContext = {
  ...{ paint: plain, columns: 100, version: '1.2.3', time: '2026-03-01T09:30:01.000Z', limit: 50 },
  fromRoot: (file) => file,
};

/** What strangers may write into names and payloads: signs of every format, of terminals, and of none. */
export const NASTY: readonly (readonly [what: string, text: string])[] = [
  ['quotes', `"double" 'single' \`back\``],
  ['percent', '100% %0A %25 %'],
  ['colons and commas', 'a:b,c::d,=e'],
  ['new lines', 'one\ntwo\r\nthree\rfour'],
  ['the end of a CDATA section', ']]><failure>&amp;<!--'],
  ['workflow commands', '\n::error::no\n##[error]no\n::stop-commands::x'],
  ['TAP', '# SKIP\n...\nok 99 - no\n  ---\n1..0\nBail out!'],
  ['Markdown', '| a | [b](https://example.com) <img src=x> `c` @octocat #1 **d** |'],
  ['control characters', '\u0000\u0007\u001b[31mred\u001b[0m\u009b2J\u007f'],
  ['bidirectional controls', '\u202eevil\u202c \u2066x\u2069 \u200bhidden\ufeff'],
  ['line separators', 'a\u2028b\u2029c\u0085d'],
  ['emoji', '👩‍👩‍👧 😀 🇩🇪'],
  ['half a character', 'a\ud83d b\ude00'],
  ['no characters', 'a\ufffeb\uffffc'],
  ['backslashes', '\\ \\\\ \\n \\#'],
  ['YAML', '- a: &b *c !!d {e} [f] "g" : # h'],
  ['white space', '  two  spaces \t tab '],
  ['nothing', ''],
];

interface Making {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly rule?: Rule;
  readonly pointer?: string;
  readonly found?: string;
  readonly expected?: string;
  readonly message?: string;
  readonly nearest?: string;
  readonly payload?: string | null;
  readonly fails?: boolean;
  /** The whole file, for the frame. */
  readonly text?: string;
}

/** A finding as a reporter gets it. */
export const row = (making: Making = {}): ReportedRow => {
  const { file = 'a.json', line = 1, column = 1, rule = 'wrong-type', pointer = '/a', payload = null, text, nearest } = making;
  const { severity } = RULES[rule];
  const { found = 'the number 7', expected = 'a string', message = `is ${found}, expected ${expected}` } = making;
  return {
    file,
    line,
    column,
    event: 'labels.delete',
    payload,
    fails: making.fails ?? severity === 'error',
    finding: { severity, rule, pointer, found, expected, message, ...(nearest === undefined ? {} : { nearest }) },
    excerpt: (before, after) => {
      const from = Math.max(0, line - 1 - before);
      return text === undefined ? undefined : { firstLine: from + 1, lines: text.split('\n').slice(from, line + after) };
    },
  };
};

/** Rows with nasty names, pointers, messages and payload names, each in a file of its own. */
export const nastyRows = (): ReportedRow[] =>
  NASTY.map(([, text], index) =>
    row({
      file: `${index}/${text}.json`,
      line: index + 1,
      rule: index % 2 === 0 ? 'wrong-type' : 'unknown-word',
      pointer: `/${text}`,
      message: `is ${text}, expected ${text}`,
      found: text,
      expected: text,
      nearest: text,
      payload: text,
      text: Array.from({ length: NASTY.length }, () => text.replaceAll('\n', ' ')).join('\n'),
    }),
  );

/** A whole run: the rows by their files, then the counts. `clean` payloads of each file have no findings. */
export const report = (
  create: CreateReporter,
  rows: readonly ReportedRow[],
  more: { context?: Partial<ReportContext>; clean?: number; cleanFiles?: readonly string[] } = {},
): string => {
  const reporter = create({ ...CONTEXT, ...more.context });
  const pieces = [reporter.begin()];
  const files: { file: string; errors: number; warnings: number; payloads: Set<string | null> }[] = [];
  const close = (): void => {
    const last = files.at(-1);
    if (last === undefined) return;
    const { file, errors, warnings, payloads } = last;
    const clean = more.clean ?? 0;
    pieces.push(reporter.file({ file, errors, warnings, events: payloads.size + clean, clean }));
  };
  for (const made of rows) {
    if (files.at(-1)?.file !== made.file) {
      close();
      files.push({ file: made.file, errors: 0, warnings: 0, payloads: new Set() });
    }
    const last = files.at(-1);
    if (last === undefined) continue;
    last[made.finding.severity === 'error' ? 'errors' : 'warnings']++;
    last.payloads.add(made.payload);
    pieces.push(reporter.row(made));
  }
  close();
  for (const file of more.cleanFiles ?? []) {
    files.push({ file, errors: 0, warnings: 0, payloads: new Set() });
    pieces.push(reporter.file({ file, errors: 0, warnings: 0, events: 1, clean: 1 }));
  }
  pieces.push(reporter.end(totalsOf(rows, files.length)));
  return pieces.join('');
};

export const totalsOf = (rows: readonly ReportedRow[], files: number): Totals => ({
  files,
  events: rows.length,
  errors: rows.filter(({ finding }) => finding.severity === 'error').length,
  warnings: rows.filter(({ finding }) => finding.severity === 'warning').length,
});

/** Ten thousand findings in a hundred files. */
export const MANY: readonly ReportedRow[] = Array.from({ length: 10_000 }, (_, index) =>
  row({
    file: `many/${Math.floor(index / 100)}.json`,
    line: (index % 100) + 1,
    rule: index % 10 === 0 ? 'unknown-word' : 'wrong-type',
    pointer: `/messages/${index}/id`,
    payload: String(index % 50),
    message: `is the number ${index}, expected a string`,
    found: `the number ${index}`,
  }),
);

/** Whether something that acts on a terminal or hides in one is in a text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
export const HARMFUL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/u;
