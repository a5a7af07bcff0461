import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from './support/folder.ts';
import { named } from './support/payloads.ts';
import { finished, start } from './support/process.ts';
import { packageRoot } from './support/runtime.ts';
import { read } from './support/samples.ts';

/** Where the packed tarball is installed. */
const installed = mkdtempSync(join(tmpdir(), 'whapi-hooks-recipes-'));
const { version } = JSON.parse(read('package.json')) as { version: string };

/** What `npm test` says to the npm in it would lead npx into this repository; and nothing may be fetched. */
const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(?:npm_|GITHUB_|WHAPI_)/i.test(name))
      .map((name) => [name, undefined]),
  ),
  npm_config_offline: 'true',
  npm_config_cache: join(installed, 'cache'),
  npm_config_update_notifier: 'false',
};

/** `validate --help` of the program as it was packed. */
let help = '';

beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', installed], { cwd: packageRoot, encoding: 'utf8' });
  const [{ filename } = { filename: '' }] = JSON.parse(packed) as { filename: string }[];
  writeFileSync(join(installed, 'package.json'), '{"private": true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', join(installed, filename)], { cwd: installed, stdio: 'ignore' });
  const bin = join(installed, 'node_modules/whapi-hooks/bin/whapi-hooks.cjs');
  help = execFileSync(process.execPath, [bin, 'validate', '--help'], { encoding: 'utf8' });
});
afterAll(() => rmSync(installed, { recursive: true, force: true }));

/** What the recipes use and the packed program does not know yet, as its help says, cannot be run; the test says so. */
const needs = ({ skip }: TestContext, ...words: readonly string[]): void => {
  const missing = words.filter((word) => !help.includes(word));
  skip(missing.length > 0, `validate has no ${missing.join(', ')} yet`);
};

const GOOD = named('hello');
/** One error: a message without an id. */
const BAD = GOOD.replace('"id":"Abc123Def456Gh-ijKL78",', '');
/** One warning: a word nobody knows. */
const ODD = named('hello', { source: 'carrier pigeon' });

/** A project of somebody who installed the tarball. */
const project = (files: Readonly<Record<string, string>>): string => {
  const folder = temporaryFolder({ 'package.json': '{"private": true}', ...files });
  symlinkSync(join(installed, 'node_modules'), join(folder, 'node_modules'));
  return folder;
};

interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

interface Action {
  readonly inputs: Record<string, { readonly description: string; readonly default: string }>;
  readonly runs: {
    readonly using: string;
    readonly steps: readonly {
      readonly shell: string;
      readonly 'working-directory': string;
      readonly env: Record<string, string>;
      readonly run: string;
    }[];
  };
}
const action = parse(read('action.yml')) as Action;

/** Runs the step as GitHub does: the script in a file, `bash --noprofile --norc -eo pipefail <file>`, inputs put in where they are named. */
const act = async (folder: string, inputs: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = {}): Promise<Ended> => {
  for (const name of Object.keys(inputs)) expect(Object.keys(action.inputs)).toContain(name);
  const [step] = action.runs.steps;
  if (step === undefined) throw new Error('the action has no step');
  const fill = (text: string): string =>
    text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_all, name: string) => inputs[name] ?? action.inputs[name]?.default ?? 'no such input');
  const script = join(folder, '..', `step-${Math.random().toString(36).slice(2)}.sh`);
  writeFileSync(script, step.run);
  const filled = Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, fill(value)]));
  try {
    return await finished(
      start('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', script], {
        cwd: join(folder, fill(step['working-directory'])),
        env: { ...ENVIRONMENT, GITHUB_ACTION_PATH: packageRoot, ...env, ...filled },
      }),
    );
  } finally {
    rmSync(script);
  }
};

/** Names that do something where a shell reads them; each is a folder with one fixture in it. */
const NASTY: readonly string[] = [
  'two words',
  '  ends in space ',
  "it's",
  'say "hi"',
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned;',
  '& touch pwned',
  '| touch pwned',
  '$HOME',
  '-dash',
  '--strict',
  'back\\slash',
  '~',
  '#hash',
  `\${{ inputs.args }}`,
  'émoji 🌷',
];

describe('the GitHub Action', () => {
  it('puts no input into its script: GitHub would paste it there', () => {
    expect(action.runs.using).toBe('composite');
    for (const { run, shell, env } of action.runs.steps) {
      expect(shell).toBe('bash');
      expect(run).not.toContain('${{');
      expect(Object.values(env).sort()).toEqual(['paths', 'fail-on', 'version', 'args'].map((name) => `\${{ inputs.${name} }}`).sort());
    }
  });

  it('has inputs that say what they are, all of them in the docs', () => {
    const page = read('docs', 'ci.md');
    for (const [name, { description }] of Object.entries(action.inputs)) {
      expect(description.length).toBeGreaterThan(20);
      expect(page).toContain(`| \`${name}\` |`);
    }
  });

  it('passes where the fixtures are good', async () => {
    const folder = project({ 'fixtures/a.json': GOOD, 'more/b.json': GOOD });
    const { code, stdout, stderr } = await act(folder, { paths: 'fixtures\nmore\n' });
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('2 files, 2 events: no findings');
  });

  it('fails where they are not, and names the place', async () => {
    const folder = project({ 'fixtures/a.json': GOOD, 'fixtures/b.json': BAD });
    const { code, stdout, stderr } = await act(folder, { paths: 'fixtures' });
    expect(code, stderr).toBe(1);
    expect(stdout).toContain('fixtures/b.json:1:');
    expect(stdout).toContain('2 files, 2 events: 1 error');
  });

  it('takes paths for what they are, with line ends of Windows and empty lines between them', async () => {
    const folder = project(Object.fromEntries(NASTY.map((name) => [`${name}/a.json`, BAD])));
    const { code, stdout, stderr } = await act(folder, { paths: `\r\n${NASTY.join('\r\n\r\n')}` });
    expect([code, stderr]).toEqual([1, '']);
    // Equal findings are one group; the summary counts the files.
    expect(stdout).toContain(`${NASTY.length} files, ${NASTY.length} events: ${NASTY.length} errors`);
    expect(readdirSync(folder).sort()).toEqual([...NASTY, 'node_modules', 'package.json'].sort());
  });

  const commands = ['$(touch pwned)', '; touch pwned', '"; touch pwned; "', '`touch pwned`', "'", '--as=$(touch pwned)'];
  it.each([
    ...commands.flatMap((text) => [
      ['fail-on', text],
      ['version', text],
    ]),
    // One a line, all of them to one program.
    ['args', commands.join('\n')],
    ['args', commands.toReversed().join('\n')],
  ])('runs nothing of the input %s: %j', async (input = '', text = '') => {
    const folder = project({ 'fixtures/a.json': GOOD });
    expect((await act(folder, { paths: 'fixtures', [input]: text })).code).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(['fixtures', 'node_modules', 'package.json']);
  });

  it.each([
    'https://example.com/evil.tgz',
    'file:../evil',
    '1.0.0 evil',
    'github:evil/evil',
    '1.0.0\n::set-output name=a::b',
    'npm:evil@1',
  ])('fetches nothing but a version of the package: %j', async (text) => {
    const { code, stdout } = await act(project({ 'fixtures/a.json': GOOD }), { paths: 'fixtures', version: text });
    expect(code).toBe(2);
    expect(stdout).toBe('::error title=whapi-hooks::The input version is no version of an npm package; write 1.2.3 or ^1.2.0.\n');
  });

  it.each(['', version, `^${version}`, `~${version}`, `${version.split('.')[0]}.x`])(
    'uses the installed one where it is version %j',
    async (text) => {
      const { code, stderr } = await act(project({ 'fixtures/a.json': GOOD }), { paths: 'fixtures', version: text });
      expect([code, stderr]).toEqual([0, '']);
    },
  );

  it('asks npm for any other version', async () => {
    const { code, stderr } = await act(project({ 'fixtures/a.json': GOOD }), { paths: 'fixtures', version: '999.0.0' });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/ENOTCACHED|whapi-hooks/);
  });

  it('works in a folder below, with the fixtures of the config', async () => {
    const folder = project({ 'app one/whapi-hooks.config.json': '{"fixtures": ["webhooks"]}', 'app one/webhooks/a.json': BAD });
    const { code, stdout, stderr } = await act(folder, { 'working-directory': 'app one' });
    expect(code, stderr).toBe(1);
    expect(stdout).toContain('webhooks/a.json:1:');
  });

  it('annotates files of a folder below as the repository calls them', async () => {
    const folder = project({ 'app one/webhooks/a.json': BAD });
    const { stdout } = await act(
      folder,
      { 'working-directory': 'app one', paths: 'webhooks', args: '--reporter=text\n--reporter=sarif=out.sarif' },
      { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: folder },
    );
    expect(stdout).toContain('::error file=app one/webhooks/a.json,line=1,');
    expect(stdout).toContain('\nwebhooks/a.json:1:');
    expect(readFileSync(join(folder, 'app one/out.sarif'), 'utf8')).toContain('"uri":"app%20one/webhooks/a.json"');
  });

  it('says what is missing where nothing is to be checked', async () => {
    const { code, stderr } = await act(project({}), {});
    expect(code).toBe(2);
    expect(stderr).toContain('Nothing to check');
  });

  it('hands on more flags', async () => {
    const folder = project({ 'fixtures/a.json': ODD });
    expect((await act(folder, { paths: 'fixtures' })).code).toBe(0);
    expect((await act(folder, { paths: 'fixtures', args: '--strict' })).code).toBe(1);
  });

  it('fails from the severity that was chosen', async () => {
    const odd = project({ 'fixtures/a.json': ODD });
    const bad = project({ 'fixtures/a.json': BAD });
    const code = async (folder: string, failOn: string) => (await act(folder, { paths: 'fixtures', 'fail-on': failOn })).code;
    for (const [failOn, folder, expected] of [
      ['', odd, 0],
      ['', bad, 1],
      ['error', odd, 0],
      ['error', bad, 1],
      ['warning', odd, 1],
      ['never', bad, 0],
      ['warnin', odd, 2],
    ] as const)
      expect([failOn, await code(folder, failOn)]).toEqual([failOn, expected]);
  });

  it('annotates findings and fills the summary of the step, beside the lines for people', async (context) => {
    needs(context, 'junit', 'github');
    const folder = project({ 'fixtures/b, c.json': BAD });
    const summary = join(folder, 'summary.md');
    const args = '--reporter=junit=out dir/$(touch pwned).xml';
    mkdirSync(join(folder, 'out dir'));
    const { code, stdout, stderr } = await act(
      folder,
      { paths: 'fixtures', args },
      { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary, GITHUB_WORKSPACE: folder },
    );
    expect(code, stderr).toBe(1);
    expect(stdout).toMatch(/^::error file=fixtures\/b%2C c\.json,line=1,/m);
    expect(stdout).toContain('1 file, 1 event: 1 error');
    expect(readFileSync(summary, 'utf8')).toContain('b, c&#46;json');
    expect(readdirSync(join(folder, 'out dir'))).toEqual(['$(touch pwned).xml']);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });
});

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly args: readonly string[];
  readonly files: string;
  readonly language: string;
}
const [hook] = parse(read('.pre-commit-hooks.yaml')) as Hook[];
if (hook === undefined) throw new Error('there is no hook');

/** As pre-commit runs it: the words of the entry, the args, the names of the files of the commit. */
const commit = (folder: string, files: readonly string[], args: readonly string[] = hook.args): Promise<Ended> =>
  finished(start('bash', ['-c', `exec ${hook.entry} "$@"`, 'hook', ...args, ...files], { cwd: folder, env: ENVIRONMENT }));

describe('the hook for pre-commit', () => {
  it('runs the version of this package', () => {
    expect(hook.id).toBe('whapi-hooks-validate');
    expect(hook.language).toBe('system');
    expect(hook.entry).toBe(`npx --yes whapi-hooks@${version} validate`);
  });

  it.each([
    ['fixtures/a.json', true],
    ['test/fixtures/deep/a.jsonl', true],
    ['src/__fixtures__/a.ndjson', true],
    ['recordings/monday.jsonl', true],
    ['fixtures/a.ts', false],
    ['package.json', false],
    ['src/myfixtures/a.json', false],
    ['fixtures.json', false],
  ])('looks at %s: %s', (file, looks) => {
    expect(new RegExp(hook.files).test(file)).toBe(looks);
  });

  it('passes, and fails with the place', async () => {
    const folder = project({ 'fixtures/a.json': GOOD, 'fixtures/b.json': BAD });
    expect(await commit(folder, ['fixtures/a.json'])).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await commit(folder, ['fixtures/a.json', 'fixtures/b.json']);
    expect(code).toBe(1);
    expect(stdout).toContain('fixtures/b.json:1:');
  });

  it('takes every name for a name', async () => {
    const files = NASTY.map((name) => `${name}/fixtures/a.json`);
    const folder = project(Object.fromEntries(files.map((file) => [file, GOOD])));
    const { code, stdout, stderr } = await commit(folder, files);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`${files.length} files`);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });
});

/** The fenced blocks of docs/ci.md in one language. */
const blocks = (language: string): string[] =>
  [...read('docs', 'ci.md').matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, of, text]) =>
    of === language && text !== undefined ? [text] : [],
  );
interface Workflow {
  readonly jobs: { readonly contract: { readonly steps: readonly { readonly run?: string; readonly uses?: string }[] } };
}
interface Pipeline {
  readonly contract: { readonly script: readonly string[]; readonly artifacts: { readonly reports: { readonly junit: string } } };
}
interface Step {
  readonly uses: string;
  readonly with: Record<string, string>;
}
interface Hooks {
  readonly repos: readonly {
    readonly rev: string;
    readonly hooks: readonly { readonly id: string; readonly files: string; readonly args: readonly string[] }[];
  }[];
}

describe('docs/ci.md', () => {
  const [workflow = '', step = '', pipeline = '', hooks = ''] = blocks('yaml');
  const [script = '', coverage = ''] = blocks('sh');
  const shell = (folder: string, text: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    finished(start('bash', ['-euo', 'pipefail', '-c', text], { cwd: folder, env: { ...ENVIRONMENT, ...env } }));
  /** The installing lines are done: the tarball lies there. */
  const lines = (texts: readonly string[]): string => texts.filter((text) => !/^npm (?:ci|install)\b/.test(text)).join('\n');
  const good = () => project({ 'fixtures/a.json': GOOD, 'test/recordings/b.json': GOOD });
  const bad = () => project({ 'fixtures/a.json': GOOD, 'fixtures/b.json': BAD, 'test/recordings/b.json': GOOD });

  it('has one workflow, one step, one pipeline, one list of hooks', () => {
    expect(blocks('yaml')).toHaveLength(4);
    expect(blocks('sh')).toHaveLength(2);
  });

  it('the npm script', async () => {
    for (const [folder, code] of [
      [good(), 0],
      [bad(), 1],
    ] as const) {
      const ended = await shell(folder, lines(script.split('\n')));
      expect(ended.code, ended.stdout + ended.stderr).toBe(code);
      expect(ended.stdout).toContain('event');
    }
  });

  it('the workflow of GitHub', async (context) => {
    needs(context, 'github');
    const { steps } = (parse(workflow) as Workflow).jobs.contract;
    const text = lines(steps.flatMap(({ run }) => run ?? []));
    expect(text).toContain('npx whapi-hooks');
    expect((await shell(good(), text, { GITHUB_ACTIONS: 'true' })).code).toBe(0);
    const { code, stdout } = await shell(bad(), text, { GITHUB_ACTIONS: 'true' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error file=fixtures\/b\.json,line=1,/m);
  });

  it('the step with the action', async (context) => {
    needs(context, 'junit', '--min-coverage');
    const [used] = parse(step) as Step[];
    expect(used?.uses).toBe(`OWNER/whapi-hooks@v${version}`);
    const folder = project({ 'fixtures/all.json': read('samples/messages.json'), 'test/recordings/b.json': GOOD });
    for (const other of readdirSync(join(packageRoot, 'samples')).filter((name) => name.endsWith('.json'))) {
      mkdirSync(dirname(join(folder, 'fixtures', other)), { recursive: true });
      writeFileSync(join(folder, 'fixtures', other), read('samples', other));
    }
    const covered = await act(folder, used?.with ?? {});
    expect(covered.code, covered.stdout + covered.stderr).toBe(0);
    expect(existsSync(join(folder, 'whapi-hooks.xml'))).toBe(true);
    expect((await act(good(), used?.with ?? {})).code).toBe(1);
  });

  it('the pipeline of GitLab', async (context) => {
    needs(context, 'junit');
    const { script: commands, artifacts } = (parse(pipeline) as Pipeline).contract;
    for (const [folder, code] of [
      [good(), 0],
      [bad(), 1],
    ] as const) {
      const ended = await shell(folder, lines(commands));
      expect(ended.code, ended.stdout + ended.stderr).toBe(code);
      expect(ended.stdout).toContain('event');
      expect(readFileSync(join(folder, artifacts.reports.junit), 'utf8')).toContain('<testsuite');
    }
  });

  it('the hook', async () => {
    const [repo] = (parse(hooks) as Hooks).repos;
    const [used] = repo?.hooks ?? [];
    expect(repo?.rev).toBe(`v${version}`);
    expect(used?.id).toBe(hook.id);
    expect(new RegExp(used?.files ?? '').test('fixtures/a.json')).toBe(true);
    expect((await commit(bad(), ['fixtures/a.json'], used?.args)).code).toBe(0);
    expect((await commit(bad(), ['fixtures/a.json', 'fixtures/b.json'], used?.args)).code).toBe(1);
  });

  it('the coverage', async (context) => {
    needs(context, '--coverage', '--min-coverage');
    const { code, stdout } = await shell(good(), coverage);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^message type +1\/36 +2\.7 %$/m);
  });
});
