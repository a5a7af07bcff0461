import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeCorpus, type Place } from './support/corpus.ts';
import { bin, start } from './support/process.ts';

const EVENTS = 100_000;

interface Report {
  readonly places: readonly Place[];
  readonly summary: unknown;
  readonly text: string;
}

describe('a corpus of 100,000 events with planted defects', () => {
  const { lines, places } = makeCorpus(EVENTS, 20_261_124);
  const cwd = mkdtempSync(join(tmpdir(), 'whapi-hooks-corpus-'));
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, 'corpus.ndjson'), lines.join(''));
  const quarter = Math.ceil(lines.length / 4);
  for (let part = 0; part < 4; part++)
    writeFileSync(join(cwd, `part${part}.ndjson`), lines.slice(part * quarter, (part + 1) * quarter).join(''));
  const rules = new Set(places.map(({ rule }) => rule));

  const validate = async (...args: readonly string[]): Promise<Report> => {
    const running = start(process.execPath, [bin, 'validate', '--reporter', 'ndjson', ...args], { cwd });
    expect(await running.ended, running.stderr()).toBe(1);
    const records = running
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Place & { type: string });
    const found = records.slice(0, -1).map(({ line, column, rule, pointer }) => ({ line, column, rule, pointer }));
    return { places: found, summary: records.at(-1), text: running.stdout() };
  };
  const summary = { type: 'summary', files: 1, events: EVENTS, errors: expect.any(Number), warnings: expect.any(Number) };

  it('has defects of many kinds', () => {
    expect([places.length > 3000, rules.size]).toEqual([true, 8]);
  });

  it.each([1, 2, 3])('is reported completely and exactly by %i threads', { timeout: 180_000 }, async (jobs) => {
    const report = await validate('corpus.ndjson', '--jobs', String(jobs));
    expect(report.places.length).toBe(places.length);
    expect(report.places).toEqual(places);
    expect(report.summary).toEqual(summary);
  });

  it('is reported alike by four processes, each with a part of it', { timeout: 180_000 }, async () => {
    const reports = await Promise.all([0, 1, 2, 3].map((part) => validate(`part${part}.ndjson`)));
    const all = reports.flatMap((report, part) => report.places.map((place) => ({ ...place, line: place.line + part * quarter })));
    expect(all).toEqual(places);
  });

  it('comes out the same in every form, with one thread and with three', { timeout: 180_000 }, async () => {
    const formats = ['text', 'json', 'junit', 'sarif', 'tap', 'github'];
    const outputs = await Promise.all(
      ['1', '3'].map(async (jobs) => {
        const reporters = formats.flatMap((format) => ['--reporter', `${format}=${format}-${jobs}`]);
        const running = start(process.execPath, [bin, 'validate', 'part0.ndjson', ...reporters, '--jobs', jobs], { cwd });
        expect(await running.ended).toBe(1);
        return formats.map((format) =>
          readFileSync(join(cwd, `${format}-${jobs}`), 'utf8').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'),
        );
      }),
    );
    for (const [index, format] of formats.entries()) {
      expect(outputs[0]?.[index]?.length, format).toBeGreaterThan(500);
      expect(outputs[0]?.[index] === outputs[1]?.[index], format).toBe(true);
    }
  });
});
