/** What of the findings counts, what is left out, and where the report goes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { run } from '../support/runtime.ts';

const warned = '{"labels_removed":[],"event":{"type":"labels","event":"delete"}}'; // no channel_id
const wrong = '{"labels_removed":[7],"event":{"type":"labels","event":"delete"},"channel_id":"A-1"}';
const unnamed = '{"labels_removed":[],"channel_id":"A-1"}';
let cwd = '';
beforeEach(() => {
  cwd = temporaryFolder({ 'warned.json': warned, 'wrong.json': wrong, 'labels.delete.none.json': unnamed, 'none.json': unnamed });
});

describe('what makes the check fail', () => {
  it.each([
    [[], 'warned.json', 0],
    [['--strict'], 'warned.json', 1],
    [['--fail-on', 'warning'], 'warned.json', 1],
    [['--fail-on', 'error'], 'wrong.json', 1],
    [['--fail-on', 'never'], 'wrong.json', 0],
    [['--fail-on', 'never', '--strict'], 'wrong.json', 0],
    [['--ignore', 'wrong-type'], 'wrong.json', 0],
    [['--strict', '--ignore', 'missing-recommended'], 'warned.json', 0],
    [['--strict', '--ignore', 'unknown-word', '--ignore', 'odd-id,missing-recommended'], 'warned.json', 0],
    [['--strict', '--ignore', 'unknown-word'], 'warned.json', 1],
  ])('with %j, %s ends with %i', async (flags, file, code) => {
    expect((await run(['validate', file, ...flags], { cwd })).code).toBe(code);
  });

  it('is settled by the config, and by flags over it', async () => {
    const folder = temporaryFolder({ 'a.json': warned, 'whapi-hooks.config.json': '{"fixtures":["a.json"],"failOn":"warning"}' });
    expect((await run(['validate'], { cwd: folder })).code).toBe(1);
    expect((await run(['validate', '--fail-on', 'error'], { cwd: folder })).code).toBe(0);
    const ignoring = temporaryFolder({
      'a.json': warned,
      'whapi-hooks.config.json': '{"failOn":"warning","ignore":["missing-recommended"]}',
    });
    expect((await run(['validate', 'a.json'], { cwd: ignoring })).code).toBe(0);
  });

  it.each([
    [['--fail-on', 'warnings'], /Did you mean warning\?/],
    [['--ignore', 'unknown-wrd'], /"unknown-wrd" is no rule\. Did you mean unknown-word\?/],
    [['--reporter', 'jsn'], /Did you mean json\?/],
    [['--reporter', 'json='], /The file is missing/],
    [['--reporter', 'text', '--json'], /cannot both go to standard output: text, json/],
  ])('%j is a usage error', async (flags, says) => {
    const { code, stdout, stderr } = await run(['validate', 'wrong.json', ...flags], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });

  it.each([
    ['{"failOn":"warnings"}', /failOn must be one of error, warning, never/],
    ['{"ignore":"odd-id"}', /ignore must be a list of rules/],
    ['{"ignore":["odd-idd"]}', /ignore: "odd-idd" is no rule\. Did you mean odd-id\?/],
  ])('a config that says %s is a usage error', async (config, says) => {
    const { code, stderr } = await run(['validate', 'a.json'], {
      cwd: temporaryFolder({ 'a.json': warned, 'whapi-hooks.config.json': config }),
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });
});

describe('a body that does not name its event', () => {
  it('is named by its file', async () => {
    expect((await run(['validate', 'labels.delete.none.json', '--strict'], { cwd })).code).toBe(0);
  });

  it('and by nothing else: the three ways are told', async () => {
    const { code, stdout } = await run(['validate', 'none.json'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/event is missing.*--as <event>.*name of the file \(groups\.put\.added\.json\).*recording/);
  });
});

describe('reports', () => {
  it('go into files beside the text', async () => {
    const folder = temporaryFolder({ 'wrong.json': wrong });
    const { code, stdout } = await run(['validate', 'wrong.json', '--reporter', 'json=out/report.json'], { cwd: folder });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^wrong\.json:1:20 {2}error[\s\S]*1 file, 1 event: 1 error, 0 warnings\n$/);
    expect(JSON.parse(readFileSync(join(folder, 'out/report.json'), 'utf8'))).toMatchObject({
      files: 1,
      events: 1,
      errors: 1,
      findings: [{ line: 1, column: 20, rule: 'wrong-type' }],
    });
  });

  it('that cannot be written are exit 3', async () => {
    const { code, stderr } = await run(['validate', 'wrong.json', '--reporter', 'json=wrong.json/report.json'], { cwd });
    expect(code).toBe(3);
    expect(stderr).toMatch(/The report wrong\.json\/report\.json cannot be written/);
  });
});

it('a list of many pieces is checked as a stream, each finding at its place', async () => {
  const count = 40_000;
  const folder = temporaryFolder({
    'long.json': `[\n${Array.from({ length: count }, (_, i) => (i === 30_000 ? wrong : warned.replace('}}', '},"channel_id":"A-1"}'))).join(',\n')}\n]\n`,
  });
  const { code, stdout } = await run(['validate', 'long.json', '--json'], { cwd: folder });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ events: count, errors: 1, warnings: 0, findings: [{ line: 30_002, column: 20 }] });
});
