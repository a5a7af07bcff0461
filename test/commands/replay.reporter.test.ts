import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/main.ts';
import { type App, startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { complaint, missing } from '../support/junit.ts';
import { named } from '../support/payloads.ts';
import { run, testRuntime } from '../support/runtime.ts';

/** Words that a report must not act on. */
const HOSTILE = `<x & "y">%0A::error::\u001b[31m]]>|`;

/** An app that does not take one delivery. */
const picky = (refused: number): Promise<App> =>
  startApp((_received, index, response) => {
    response.statusCode = index === refused ? 500 : 200;
    response.end('done');
  });

const FILES = {
  'bad.json': '{',
  'three.json': JSON.stringify({ one: JSON.parse(named('a')), [HOSTILE]: JSON.parse(named('b')), three: JSON.parse(named('c')) }),
};

/** The second payload has the hostile name; the third is refused where nothing else is said. */
const replayed = async (flags: readonly string[], env: Record<string, string> = {}, refused = 2) => {
  const app = await picky(refused);
  const cwd = temporaryFolder(FILES);
  const argv = ['replay', 'three.json', '--to', app.url, '--secret-header', 'X-Key: s3cret', ...flags];
  const done = await run(argv, { cwd, env });
  await app.close();
  return { ...done, app, cwd, read: (file: string) => readFileSync(join(cwd, file), 'utf8') };
};

describe('replay --reporter', () => {
  it('json: one document with the summary, and the whole command for each failure', async () => {
    const { code, stdout, app } = await replayed(['--reporter', 'json']);
    expect(code).toBe(1);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ tool: 'whapi-hooks', endpoint: `${app.url}/`, sent: 3, ok: 2, failed: 1, unsent: 0 });
    expect(Date.parse(told.time)).not.toBeNaN();
    expect(told).not.toHaveProperty('v');
    expect(told.groups).toMatchObject([{ event: 'messages.post', kind: 'text', sent: 3, failed: 1 }]);
    expect(told.failures).toMatchObject([{ cause: 'status 500', count: 1 }]);
    expect(told.failures[0].example.again).toMatch(/^whapi-hooks replay .*three\.json.* --to http:\/\/\S+ --secret-header X-Key$/);
    expect(stdout).not.toContain('s3cret');
  });

  it('several at once: text on standard output, the others in files', async () => {
    const plain = await replayed([]);
    const { code, stdout, read } = await replayed(['--reporter', 'text', '--reporter', 'json=out.json', '--reporter', 'junit=out.xml']);
    expect(code).toBe(1);
    expect(stdout.replace(/\d+ ms|:\d+/g, '')).toBe(plain.stdout.replace(/\d+ ms|:\d+/g, ''));
    expect(JSON.parse(read('out.json')).failed).toBe(1);
    expect(read('out.xml')).toContain('<testsuites>');
  });

  it.skipIf(missing !== undefined)('junit: a case for each delivery, valid against the schema, hostile names among them', async () => {
    const { code, stdout } = await replayed(['--reporter', 'junit']);
    expect(code).toBe(1);
    expect(complaint(stdout)).toBe('');
    expect(stdout).toMatch(/tests="3" failures="1" errors="0"/);
    expect(stdout).toContain('&lt;x &amp; &quot;y&quot;&gt;');
    expect(stdout).toMatch(/<failure type="status 500" message="expected status=2xx: /);
    expect(stdout).toContain('again: whapi-hooks replay ');
    expect(stdout).not.toContain('\u001b');
    // Such a name cannot be typed.
    const { stdout: hostile } = await replayed(['--reporter', 'junit'], {}, 1);
    expect(complaint(hostile)).toBe('');
    expect(hostile).not.toContain('again: ');
  });

  it.skipIf(missing !== undefined)('junit: what was not sent is a failure, also where nobody listens', async () => {
    const cwd = temporaryFolder(FILES);
    const { code, stdout } = await run(['replay', 'three.json', '--to', '127.0.0.1:1', '--reporter', 'junit'], { cwd });
    expect(code).toBe(3);
    expect(complaint(stdout)).toBe('');
    expect(stdout).toContain('<failure type="unsent" message="2 deliveries not sent"/>');
    expect(stdout).toMatch(/tests="2" failures="2"/);
  });

  it('html: a page in a file, beside what is printed', async () => {
    const plain = await replayed([]);
    const { code, stdout, read, app } = await replayed(['--reporter', 'text', '--reporter', 'html=out.html']);
    expect(code).toBe(1);
    expect(stdout.replace(/\d+ ms|:\d+/g, '')).toBe(plain.stdout.replace(/\d+ ms|:\d+/g, ''));
    const page = read('out.html');
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toMatch(/<\/html>\n$/);
    expect(page).toContain('<title>1 of 3 deliveries failed');
    expect(page).toContain(`<code>${app.url}/</code>`);
    expect(page).toMatch(/<code class="command">whapi-hooks replay .*three\.json.* --to http:\/\/\S+ --secret-header X-Key<\/code>/);
    expect(page).toContain('&lt;x &amp; &quot;y&quot;&gt;%0A::error::\\x1b[31m]]&gt;|');
    expect(page).not.toContain('<x');
    expect(page).not.toContain('s3cret');
  });

  it('html: on standard output where no other report goes there', async () => {
    const { code, stdout } = await replayed(['--reporter', 'html'], {}, 9);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^<!doctype html>\n/);
    expect(stdout).toContain('<title>All 3 deliveries went as expected');
  });

  it('html: Ctrl-C leaves a whole page that tells what was not sent', async () => {
    const cwd = temporaryFolder(FILES);
    const runtime = testRuntime({ cwd });
    const app = await startApp((_received, index, response) => {
      if (index === 1) runtime.stop();
      else response.end();
    });
    const code = await main(['replay', 'three.json', '--to', app.url, '--reporter', 'html=out.html'], runtime);
    await app.close();
    expect(code).toBe(1);
    const page = readFileSync(join(cwd, 'out.html'), 'utf8');
    expect(page).toContain('<title>1 delivery went as expected, 2 deliveries not sent');
    expect(page).toMatch(/<\/html>\n$/);
  });

  it('html: a source that cannot be read, and what could not be judged, keep it from saying that all is right', async () => {
    const missed = await replayed(['--reporter', 'html', 'bad.json'], {}, 9);
    expect([missed.code, missed.stdout]).toEqual([1, expect.stringContaining('as expected, but something else is wrong')]);
    const idle = await replayed(['--reporter', 'html', '--check-idempotent', '--api-port', '0', '--settle', '1ms'], {}, 9);
    expect([idle.code, idle.stdout]).toEqual([1, expect.stringContaining('<li>Nothing was checked by --check-idempotent: ')]);
  });

  it('github: an annotation for each cause, and the table in the summary of the step; by themselves under Actions', async () => {
    const summary = join(temporaryFolder(), 'summary.md');
    const { code, stdout } = await replayed([], { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary }, 1);
    expect(code).toBe(1);
    const [annotation = '', ...more] = stdout.split('\n').filter((line) => line.startsWith('::'));
    expect(more).toEqual([]);
    expect(annotation).toMatch(
      /^::error title=whapi-hooks replay%3A status 500::1 × status 500, first messages\.post text of three\.json > /,
    );
    expect(annotation).toContain('%250A');
    expect(stdout).toContain('3 deliveries: 2 ok, 1 failed');
    const markdown = readFileSync(summary, 'utf8');
    expect(markdown).toMatch(/^### whapi-hooks replay\n/);
    expect(markdown).toMatch(/^\| messages&#46;post \| text \| 3 \| 2 \| 1 \| /m);
    expect(markdown).not.toContain('<x');
  });

  it('github beside another report on standard output goes to standard error', async () => {
    const { stdout, stderr } = await replayed(['--reporter', 'json'], { GITHUB_ACTIONS: 'true' });
    expect(JSON.parse(stdout).failed).toBe(1);
    expect(stderr).toContain('::error title=');
  });

  it.each([
    [['--reporter', 'json', '--reporter', 'junit'], /Two reports cannot both go to standard output: json, junit\./],
    [['--reporter', 'html', '--reporter', 'junit'], /Two reports cannot both go to standard output: html, junit\./],
    [['--json', '--reporter', 'junit'], /Two reports cannot both go to standard output: junit, records of --json\./],
    [['--reporter', 'sarif'], /It is one of text, json, junit, github, html/],
    [['--reporter', 'junit='], /The file is missing: write junit=out\./],
    [['--reporter', 'text=out.txt'], /--reporter text goes to standard output\./],
    [['--reporter', 'json', '--dry-run'], /--check and --dry-run have --json/],
  ])('%s is called wrongly: exit 2, nothing is sent', async (flags, words) => {
    const { code, stdout, stderr, app } = await replayed(flags);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(words);
    expect(app.received).toEqual([]);
  });

  it('a file that cannot be written: exit 3 with its name', async () => {
    const { code, stderr, app } = await replayed(['--reporter', 'junit=.']);
    expect(code).toBe(3);
    expect(stderr).toContain('The report . cannot be written: ');
    expect(app.received).toEqual([]);
  });
});
