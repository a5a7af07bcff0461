import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/main.ts';
import { BAD_BODIES, largePayload } from '../support/bodies.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless, expectNoTrace, NASTY } from '../support/harmless.ts';
import { send } from '../support/http.ts';
import { delivered, message, named, unnamed } from '../support/payloads.ts';
import { buildProgram, otherUserRuns, spawnProgram } from '../support/program.ts';
import { run, startListener, testRuntime } from '../support/runtime.ts';

interface Report {
  readonly files: number;
  readonly events: number;
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly severity: string;
    readonly rule: string;
    readonly event: string | null;
    readonly pointer: string;
    readonly message: string;
  }[];
}

const report = async (
  argv: readonly string[],
  options: Parameters<typeof run>[1] = {},
): Promise<Report & { code: number; stderr: string }> => {
  const { code, stdout, stderr } = await run(['validate', '--json', ...argv], options);
  return { ...(JSON.parse(stdout) as Report), code, stderr };
};

/** The findings and the summary; what is indented, and the lines between, belongs to the frames. */
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith(' '));
const last = (text: string): string => lines(text).at(-1) ?? '';

const pretty = JSON.stringify(JSON.parse(named('x', { from_me: 'no', foo: 1 })), null, 2);

describe('what it says', () => {
  it('nothing found: the summary alone, exit 0', async () => {
    const { code, stdout, stderr } = await run(['validate', 'a.json'], { cwd: temporaryFolder({ 'a.json': named('x') }) });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '1 file, 1 event: no findings\n', stderr: '' });
  });

  it('a line for each finding: place, severity, event, pointer, message; then the summary', async () => {
    const { code, stdout, stderr } = await run(['validate', 'a.json'], { cwd: temporaryFolder({ 'a.json': pretty }) });
    expect(code).toBe(1);
    expect(stderr).toBe('');
    const line = (text: string): number => pretty.split('\n').findIndex((one) => one.includes(text)) + 1;
    expect(lines(stdout).sort()).toEqual(
      [
        `a.json:${line('from_me')}:18  error  messages.post  /messages/0/from_me  is the string "no", expected true or false`,
        `a.json:${line('foo')}:7  warning  messages.post  /messages/0/foo  "foo" is not a documented member`,
        '1 file, 1 event: 1 error, 1 warning',
      ].sort(),
    );
    expect(last(stdout)).toBe('1 file, 1 event: 1 error, 1 warning');
  });

  it('--json: one document that says the same', async () => {
    const { code, findings, ...totals } = await report(['a.json'], { cwd: temporaryFolder({ 'a.json': pretty }) });
    expect(code).toBe(1);
    expect(totals).toEqual({ files: 1, events: 1, errors: 1, warnings: 1, stderr: '' });
    const error = findings.find(({ severity }) => severity === 'error');
    expect(error).toMatchObject({
      file: 'a.json',
      line: 5,
      column: 18,
      rule: 'wrong-type',
      event: 'messages.post',
      pointer: '/messages/0/from_me',
      message: 'is the string "no", expected true or false',
    });
  });

  it('warnings count with --strict only', async () => {
    const cwd = temporaryFolder({ 'a.json': named('x', { foo: 1 }), 'b.json': named('y') });
    expect((await run(['validate', 'a.json', 'b.json'], { cwd })).code).toBe(0);
    expect((await run(['validate', 'a.json', 'b.json', '--strict'], { cwd })).code).toBe(1);
    expect((await run(['validate', 'b.json', '--strict'], { cwd })).code).toBe(0);
  });

  it('--as names the event of payloads that do not', async () => {
    const cwd = temporaryFolder({ 'a.json': unnamed('x'), 'b.json': delivered });
    const plain = await report(['a.json'], { cwd });
    expect(plain.code).toBe(1);
    expect(plain.findings[0]).toMatchObject({ rule: 'event-missing', event: null });
    expect((await report(['a.json', '--as', 'messages.post'], { cwd })).code).toBe(0);
    const other = await report(['a.json', '--as', 'statuses.post'], { cwd });
    expect(other.code).toBe(1);
    expect(other.findings[0]).toMatchObject({ event: 'statuses.post', rule: 'payload-foreign' });
    expect((await report(['b.json', '--as', 'messages.post'], { cwd })).code).toBe(0);
  });

  it('places in lists, maps and lines are those of the file', async () => {
    const bad = named('x', { from_me: 'no' });
    const column = bad.indexOf('"no"') + 1;
    const cwd = temporaryFolder({
      'list.json': `[\n${named('x')},\n   ${bad}\n]`,
      'map.json': `{\n"one": ${bad},\n"two": ${named('x')}}`,
      'lines.jsonl': `${named('x')}\n\n${bad}\r\n${bad}`,
      'tabs.json': `\r\n\t\u00e9`.replace('\u00e9', bad),
    });
    const { findings } = await report(['list.json', 'map.json', 'lines.jsonl', 'tabs.json'], { cwd });
    expect(findings.map(({ file, line, column: at }) => `${file}:${line}:${at}`)).toEqual([
      `list.json:3:${column + 3}`,
      `map.json:2:${column + 7}`,
      `lines.jsonl:3:${column}`,
      `lines.jsonl:4:${column}`,
      `tabs.json:2:${column + 1}`,
    ]);
  });

  it('a recording is checked as it was received: verb and path name the event', async () => {
    const cwd = temporaryFolder();
    const listener = await startListener(['--path', '/in', '--record', 'all.jsonl', '--quiet'], { cwd });
    await send(`${listener.url}/messages/post`, unnamed('x'));
    await send(`${listener.url}/messages`, unnamed('x'));
    await send(listener.url, 'rubbish');
    await send(listener.url, Buffer.from([0xff, 0x00]));
    await listener.stop();
    const { code, events, findings } = await report(['all.jsonl'], { cwd });
    expect(code).toBe(1);
    expect(events).toBe(4);
    expect(findings.map(({ line, rule }) => `${line} ${rule}`)).toEqual(['5 not-json', '6 bad-encoding']); // line 4 says that the message came twice
  });
});

describe('sources', () => {
  it('folders: every .json, .jsonl and .ndjson below, in order, without hidden ones and node_modules', async () => {
    const bad = unnamed('x');
    const cwd = temporaryFolder({
      'f/b.json': bad,
      'f/a/z.ndjson': bad,
      'f/c.JSONL': bad,
      'f/readme.md': 'x',
      'f/.hidden/a.json': bad,
      'f/node_modules/a.json': bad,
    });
    const { files, findings } = await report(['f'], { cwd });
    expect(files).toBe(3);
    expect(findings.map(({ file }) => file)).toEqual(['f/a/z.ndjson', 'f/b.json', 'f/c.JSONL']);
  });

  it('globs, also where no shell has opened them', async () => {
    const cwd = temporaryFolder({
      'a/one.json': unnamed('x'),
      'a/b/two.json': unnamed('x'),
      'a/three.txt': 'x',
      'node_modules/x.json': 'x',
    });
    expect((await report(['**/*.json'], { cwd })).findings.map(({ file }) => file)).toEqual(['a/b/two.json', 'a/one.json']);
    expect((await report(['a/{one,none}.json'], { cwd })).files).toBe(1);
    const none = await run(['validate', 'b/*.json'], { cwd });
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/No file fits b\/\*\.json/);
  });

  it('a file whose name is a glob is that file', async () => {
    expect((await report(['[a].json'], { cwd: temporaryFolder({ '[a].json': named('x'), 'a.json': 'rubbish' }) })).code).toBe(0);
  });

  it('a file that is named more than once is checked once, and that is told', async () => {
    const cwd = temporaryFolder({ 'f/a.json': unnamed('x'), 'f/b.json': named('x') });
    const { files, errors, stderr } = await report(['f', './f/a.json', 'f/*.json', 'f/../f'], { cwd });
    expect({ files, errors }).toEqual({ files: 2, errors: 1 });
    expect(stderr).toMatch(/f\/a\.json is named more than once; it is checked once\./);
  });

  it('two events of one category are two sources', async () => {
    const one = await report(['groups.put']);
    const two = await report(['groups.put', 'groups.post']);
    expect(two.events).toBeGreaterThan(one.events);
  });

  it('standard input: one payload, a list, lines', async () => {
    expect(await report(['-'], { stdin: named('x') })).toMatchObject({ code: 0, files: 1, events: 1 });
    expect(await report(['-'], { stdin: `[${named('x')},\n${delivered}]` })).toMatchObject({ code: 0, events: 2 });
    expect(await report(['-'], { stdin: `${named('x')}\n${delivered}\n` })).toMatchObject({ code: 0, events: 2 });
    const { code, stdout } = await run(['validate', '-'], { stdin: unnamed('x') });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^-:1:1 {2}error {2}- {2}\/event {2}/);
  });

  it('no path: the fixtures of whapi-hooks.config.json, found upwards', async () => {
    const cwd = temporaryFolder({
      'whapi-hooks.config.json': '{"fixtures": ["fix", "more/*.json"]}',
      'fix/a.json': named('x'),
      'more/b.json': unnamed('x'),
      'deep/er/c.json': 'rubbish',
    });
    const { code, files, findings } = await report([], { cwd: join(cwd, 'deep/er') });
    expect({ code, files }).toEqual({ code: 1, files: 2 });
    expect(findings[0]).toMatchObject({ file: 'more/b.json' });
  });

  it.each([
    ['no config', undefined, 2, /no path is named, and there is no whapi-hooks\.config\.json/],
    ['a config without fixtures', '{}', 2, /lists no fixtures/],
    ['an empty list', '{"fixtures":[]}', 2, /lists no fixtures/],
    ['a key that is not known', '{"fixture":["a"]}', 2, /"fixture" is not known[\s\S]*Did you mean fixtures\?/],
    ['another shape', '{"fixtures":"a"}', 2, /fixtures must be a list/],
    ['a list on top', '[]', 2, /expected an object/],
    ['broken JSON', '{"fixtures":\n ["a",]}', 2, /whapi-hooks\.config\.json:2:\d+: not JSON/],
    ['a path that is not there', '{"fixtures":["nowhere"]}', 2, /There is no nowhere/],
  ])('no path and %s: exit %s', async (_what, config, wanted, says) => {
    const cwd = temporaryFolder(config === undefined ? {} : { 'whapi-hooks.config.json': config });
    const { code, stdout, stderr } = await run(['validate'], { cwd });
    expect(code).toBe(wanted);
    expect(stderr).toMatch(says);
    expectNoTrace(stdout + stderr);
  });

  it.each([
    [['nowhere.json'], 2, /There is no nowhere\.json/],
    [['mesages'], 2, /Did you mean messages\?/],
    [['empty'], 2, /empty holds no \.json, \.jsonl or \.ndjson file/],
    [[''], 2, /./],
  ])('%j: exit %i', async (sources, wanted, says) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'empty'));
    const { code, stderr } = await run(['validate', ...sources], { cwd });
    expect(code).toBe(wanted);
    expect(stderr).toMatch(says);
  });

  it('what is missing is told, and the others are checked', async () => {
    const { code, files, errors, stderr } = await report(['nowhere.json', 'a.json'], { cwd: temporaryFolder({ 'a.json': 'rubbish' }) });
    expect({ code, files, errors }).toEqual({ code: 2, files: 1, errors: 1 });
    expect(stderr).toMatch(/There is no nowhere\.json/);
  });

  it('links: a circle is told and passed over, a link that leads nowhere cannot be read', async () => {
    const cwd = temporaryFolder({ 'f/a.json': named('x'), 'g/b.json': named('y') });
    symlinkSync('..', join(cwd, 'f/up'));
    symlinkSync('self.json', join(cwd, 'f/self.json'));
    symlinkSync('../g', join(cwd, 'f/aside'));
    const circle = await report(['f'], { cwd });
    expect(circle.stderr).toMatch(/f\/up\/f is passed over: its links go in a circle/);
    expect(circle.stderr).toMatch(/f\/self\.json cannot be read: the links go in a circle/);
    expect(circle.code).toBe(3);
    symlinkSync('nowhere', join(cwd, 'g/broken.json'));
    const broken = await report(['g'], { cwd });
    expect(broken.code).toBe(3);
    expect(broken.stderr).toMatch(/g\/broken\.json cannot be read: there is no such file/);
  });

  it('a glob over links that go in a circle comes to an end', async () => {
    const cwd = temporaryFolder({ 'f/a.json': named('x') });
    symlinkSync('..', join(cwd, 'f/up'));
    symlinkSync('.', join(cwd, 'f/here'));
    const { code, files } = await report(['**/*.json'], { cwd });
    expect(code).toBe(0);
    expect(files).toBeGreaterThanOrEqual(1);
    expect(files).toBeLessThan(20);
  });

  it('what may not be read: exit 3, which comes before 1 and after 2', async () => {
    if (!otherUserRuns('a file that may not be read')) return;
    const program = await buildProgram();
    const cwd = temporaryFolder({
      'bad.json': 'rubbish',
      'locked.json': named('x'),
      'f/closed/x.json': named('x'),
      'f/a.json': named('x'),
    });
    for (const folder of ['.', 'f']) chmodSync(join(cwd, folder), 0o755);
    chmodSync(join(cwd, 'locked.json'), 0);
    chmodSync(join(cwd, 'f/closed'), 0);
    const check = async (...sources: string[]): Promise<{ code: number | string; stdout: string; stderr: string }> => {
      const { ended, stdout, stderr } = spawnProgram(program, ['validate', ...sources], { cwd, uid: 65_534 });
      return { code: await ended, stdout: stdout(), stderr: stderr() };
    };
    const locked = await check('bad.json', 'locked.json');
    expect(locked.code).toBe(3);
    expect(locked.stderr).toBe('error: locked.json cannot be read: permission denied.\n');
    expect(locked.stdout).toMatch(/^bad\.json:1:1 {2}error/);
    const closed = await check('f');
    expect(closed.code).toBe(3);
    expect(closed.stderr).toMatch(/^error: f\/closed cannot be read: permission denied\.$/m);
    expect(closed.stdout).toMatch(/^1 file, 1 event: no findings$/m);
    expect((await check('f/closed/x.json')).code).toBe(3);
    expect((await check('nowhere.json', 'locked.json', 'bad.json')).code).toBe(2);
    program.remove();
  });
});

describe('bad input', () => {
  for (const { name, bytes, rule, fileRule, warning, says } of BAD_BODIES) {
    it.each(['bad.json', '-'])(`${name}, as %s`, async (source) => {
      const cwd = temporaryFolder({ 'bad.json': bytes, 'good.json': named('good') });
      const text = await run(['validate', source, 'good.json'], { cwd, stdin: bytes });
      const json = await report([source, 'good.json'], { cwd, stdin: bytes });
      const wanted = fileRule ?? rule;
      expect(json.findings[0]).toMatchObject({ file: source, rule: wanted, severity: warning === undefined ? 'error' : 'warning' });
      expect(json.findings.map((finding) => finding.rule)).toContain(wanted);
      expect(text.code).toBe(warning === undefined ? 1 : 0);
      expect(json.code).toBe(text.code);
      expect((await run(['validate', source, '--strict'], { cwd, stdin: bytes })).code).toBe(1);
      expect(lines(text.stdout)[0]).toMatch(says);
      expect(lines(text.stdout)).toHaveLength(json.findings.length + 1);
      expect(lines(text.stdout).length).toBeLessThanOrEqual(3);
      expect(text.stderr).toBe('');
      expectNoTrace(text.stdout);
    });

    it(`${name}, as a line between others`, async () => {
      const isLine = !Buffer.from(bytes).includes(10) && Buffer.from(bytes).toString().trim() !== '';
      if (!isLine) return;
      const cwd = temporaryFolder({
        'all.jsonl': Buffer.concat([Buffer.from(`${named('a')}\n`), bytes, Buffer.from(`\n${named('b')}\n`)]),
      });
      const { code, events, findings } = await report(['all.jsonl'], { cwd });
      expect(events).toBe(3);
      expect(findings[0]).toMatchObject({ line: 2, rule });
      expect(new Set(findings.map(({ line }) => line))).toEqual(new Set([2]));
      expect(code).toBe(warning === undefined ? 1 : 0);
    });
  }

  it.each([
    ['a number', '12', 'not-payload'],
    ['an empty object', '{}', 'not-payload'],
    ['an object that is none', '{"name":"x"}', 'not-payload'],
    ['a map in which one is none', `{"a":${named('x')},"b":{"c":1}}`, 'not-payload'],
    ['a map that says a name twice', `{"a":${named('x')},"a":${named('y')}}`, 'duplicate-key'],
    ['a list of other things', `[${named('x')},1]`, 'not-object'],
    ['a comment', `// x\n${named('x')}`, 'not-json'],
    ['a comma too many', `${named('x').slice(0, -1)},}`, 'not-json'],
  ])('%s is an error of the file', async (_what, text, rule) => {
    const { findings } = await report(['a.json'], { cwd: temporaryFolder({ 'a.json': text }) });
    expect(findings.map((finding) => finding.rule)).toEqual([rule]);
  });

  it('an empty list holds nothing that could be wrong, and says how little was checked', async () => {
    const { code, stdout } = await run(['validate', 'a.json'], { cwd: temporaryFolder({ 'a.json': '[]' }) });
    expect(code).toBe(0);
    expect(stdout).toBe('1 file, 0 events: no findings\n');
  });

  it('30 MB in one message: taken', async () => {
    const { code, findings } = await report(['-'], { stdin: largePayload(30_000_000) });
    expect(code).toBe(0);
    expect(findings.map(({ pointer }) => pointer)).toEqual(['/messages/0/body_of_a_picture']);
  });

  it.each([
    ['one line', undefined],
    ['laid out', 1],
  ])(
    '10 MB of payloads that each have a finding, %s: every finding has its place, and it does not take forever',
    async (_how, indent) => {
      const payloads = Array.from({ length: 25_000 }, (_, index) => ({
        messages: [message(`x${index}`.padEnd(150, 'y'), { from_me: 'no' })],
        event: { type: 'messages', event: 'post' },
        channel_id: 'X',
      }));
      const text = JSON.stringify(payloads, null, indent);
      expect(text.length).toBeGreaterThan(8_000_000);
      const { code, events, errors, findings } = await report(['-'], { stdin: text });
      expect({ code, events, errors }).toEqual({ code: 1, events: 25_000, errors: 25_000 });
      const { line = 0, column = 0 } = findings.at(-1) ?? {};
      expect(text.split('\n')[line - 1]?.slice(column - 1, column + 3)).toBe('"no"');
    },
    40_000,
  );
});

describe('text of strangers is harmless', () => {
  it.each([[[]], [['--json']]])('names of files, keys, values, with %j', async (flags) => {
    const name = `${NASTY.replaceAll('\u0000', '')}.json`;
    const cwd = temporaryFolder();
    const payload = JSON.stringify({
      messages: [message(NASTY, { [NASTY]: NASTY, id: NASTY, type: NASTY, from_me: NASTY })],
      event: { type: 'messages', event: 'post', [NASTY]: NASTY },
      channel_id: NASTY,
      [NASTY]: NASTY,
    });
    writeFileSync(join(cwd, name), payload);
    writeFileSync(join(cwd, `b${name}`), NASTY);
    writeFileSync(join(cwd, `c${name}`), `{"${JSON.stringify(NASTY).slice(1, -1)}":1,"b":${payload}}`);
    writeFileSync(
      join(cwd, `d${name}`),
      payload.replace('"messages","event":"post"', `${JSON.stringify(NASTY)},"event":${JSON.stringify(NASTY)}`),
    );
    mkdirSync(join(cwd, `e${name}`));
    symlinkSync('.', join(cwd, `e${name}`, `loop${name}`));
    const { code, stdout, stderr } = await run(['validate', '.', `none${name}`, `*${name}x`, ...flags], { cwd });
    expect(code).toBe(2);
    expect(stdout.split('\n').length).toBeGreaterThan(8);
    expect(lines(stderr).length).toBeGreaterThanOrEqual(3);
    expectHarmless(stdout);
    expectHarmless(stderr);
    expectNoTrace(stdout + stderr);
  });

  it('a config in a folder with an odd name', async () => {
    const cwd = temporaryFolder();
    const odd = join(cwd, NASTY.replaceAll('\u0000', '').replaceAll('/', ''));
    mkdirSync(odd);
    for (const config of ['{', '[]', JSON.stringify({ [NASTY]: 1 }), '{"fixtures":[]}']) {
      writeFileSync(join(odd, 'whapi-hooks.config.json'), config);
      const { code, stdout, stderr } = await run(['validate'], { cwd: odd });
      expect(code).toBe(2);
      expectHarmless(stdout + stderr);
    }
  });
});

describe('stopping', () => {
  it('a reader that went away ends it', async () => {
    const runtime = testRuntime({ cwd: temporaryFolder({ 'a.json': 'rubbish' }) });
    runtime.stdout.close();
    await main(['validate', 'a.json'], runtime);
    expect(runtime.stderr.text).toBe('');
  });
});
