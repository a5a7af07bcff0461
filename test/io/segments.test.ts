import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkSegments } from '../../src/io/segments.ts';
import { type Row, rowInFile } from '../../src/report/rows.ts';
import { temporaryFolder } from '../support/folder.ts';
import { named, unnamed } from '../support/payloads.ts';
import { packageRoot, run } from '../support/runtime.ts';

const program = join(packageRoot, 'dist', 'worker.cjs');

/** What is found in a file, as it stands there, and how many payloads it has. */
const check = async (path: string, threads: number, worker = program): Promise<{ rows: Row[]; events: number; lines: number }> => {
  const rows: Row[] = [];
  let [events, lines] = [0, 0];
  for await (const segment of checkSegments({ path, threads, program: worker, as: undefined, overlay: undefined, ignore: [] })) {
    rows.push(...segment.rows.map((row) => rowInFile(row, lines)));
    lines += segment.lines;
    events += segment.events;
  }
  return { rows, events, lines };
};

const recorded = (url: string, body: string, id: string): string =>
  JSON.stringify({
    ...{ v: 1, type: 'delivery', id, time: '2026-03-01T09:30:00.000Z', method: 'POST', url, headers: [], body },
    ...{ event: null, mode: 'path', verdict: 'valid', findings: [] },
  });
const ready = (path: string): string => JSON.stringify({ v: 1, type: 'ready', url: `http://127.0.0.1:8080${path}` });

/** A message with a member that nobody knows. */
const odd = (member: string): string => unnamed('hi').replace('"from_me"', `"${member}":1,"from_me"`);

/** Five megabytes, so several segments. */
const many = (line: (index: number) => string): string[] => {
  const lines: string[] = [];
  for (let size = 0; size < 5_000_000; size += (lines.at(-1)?.length ?? 0) + 1) lines.push(line(lines.length));
  return lines;
};

describe('a file of lines, checked in segments by several threads', () => {
  const variants: readonly [string, () => string][] = [
    ['payloads', () => many((index) => named('hi', index % 1000 === 7 ? { foo: index } : {})).join('\n')],
    [
      'payloads with CRLF and a line end at the end',
      () => many((index) => named('hi', index % 999 === 0 ? { from_me: 7 } : {})).join('\r\n'),
    ],
    [
      'a recording of several listeners, whose paths decide what the deliveries are',
      () =>
        [
          ...[ready('/hooks'), ...many((index) => recorded('/hooks/messages/post', odd('foo'), index % 2 === 0 ? `d${index}` : ''))],
          ...[ready('/other'), ...many((index) => recorded('/hooks/messages/post', unnamed('hi'), `e${index}`)).slice(0, 5000)],
          ...[ready('/hooks'), ...many((index) => recorded('/hooks/messages/post', odd('bar'), `f${index}`)).slice(0, 5000)],
        ].join('\n'),
    ],
    [
      'records among payloads',
      () => many((index) => (index % 500 === 3 ? recorded('/messages/post', odd('foo'), 'x') : named('hi'))).join('\n'),
    ],
    [
      'lines that are longer than a segment',
      () =>
        [
          named('hi', { foo: 1 }),
          named('x'.repeat(7_000_000), { foo: 2 }),
          named('hi', { foo: 3 }),
          '{',
          named('y'.repeat(3_000_000), { foo: 4 }),
        ].join('\n'),
    ],
    ['blank lines alone', () => '\n'.repeat(5_000_000)],
  ];
  it.each(variants)('%s: what one reader finds', async (_what, make) => {
    const text = make();
    const cwd = temporaryFolder({});
    const path = join(cwd, 'a.ndjson');
    writeFileSync(path, text);
    const [one, three] = [await check(path, 1), await check(path, 3)];
    expect(three).toEqual(one);
    // Standard input is read whole, by one thread.
    const { stdout } = await run(['validate', '-', '--reporter', 'ndjson'], {
      cwd,
      stdin: text.startsWith('\n') ? `${named('hi')}${text}` : text,
    });
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const found = one.rows.map(({ line, column, finding }) => ({
      line,
      column,
      rule: finding.rule,
      pointer: finding.pointer,
    }));
    expect(found).toEqual(records.slice(0, -1).map(({ line, column, rule, pointer }) => ({ line, column, rule, pointer })));
    expect(one.events + (text.startsWith('\n') ? 1 : 0)).toBe(records.at(-1)?.['events']);
  });

  it('goes on alone where the others cannot be started', async () => {
    const path = join(temporaryFolder({}), 'a.ndjson');
    writeFileSync(path, many((index) => named('hi', index % 1000 === 7 ? { foo: index } : {})).join('\n'));
    expect(await check(path, 3, join(packageRoot, 'dist', 'nothing.cjs'))).toEqual(await check(path, 1));
  });
});
