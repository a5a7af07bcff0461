import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { main } from '../src/main.ts';
import { CHECK_RULES } from '../src/replay/check.ts';
import { CHECK_RULE_NAMES } from '../src/replay/check-rules.ts';
import { examples, SECRET, startBot } from './support/bots.ts';
import { closedPort } from './support/http.ts';
import { bin, finished, start } from './support/process.ts';
import { packageRoot, testRuntime } from './support/runtime.ts';
import { readMap } from './support/samples.ts';

const SERVERS = ['node-http', 'express', 'fastify'];

/** What is wrong with each wrong bot, and the one rule that must say so. */
const DEFECTS = [
  ['acts-twice', 'duplicates'],
  ['remembers-late', 'at-once'],
  ['answers-itself', 'own-messages'],
  ['works-first', 'answers-first'],
  ['only-post', 'verbs'],
  ['dies', 'any-type'],
  ['no-secret', 'secret'],
] as const;

const sample = (category: string, name: string): unknown => readMap('samples', `${category}.json`)[name];

/** One event of each kind that makes a difference. */
const EVENTS = {
  text: sample('messages', 'text received'),
  own: sample('messages', 'text sent by the api'),
  image: sample('messages', 'image with caption'),
  poll: sample('messages', 'poll created'),
  noise: sample('messages', 'system noise without content'),
  reaction: sample('messages', 'reaction set'),
  edit: sample('messages', 'message text changed'),
  read: sample('statuses', 'message read'),
  join: sample('groups', 'participant added'),
};

interface RuleRecord {
  readonly type: 'rule';
  readonly rule: string;
  readonly status: string;
  readonly note?: string;
}

interface Checked {
  readonly code: number;
  readonly rules: readonly RuleRecord[];
  readonly stderr: string;
}

/** `replay --check` with the same arguments for every bot, but for its address. */
const check = async (cwd: string, server: string, defect: string | null): Promise<Checked> => {
  const bot = await startBot(server, defect);
  try {
    const runtime = { ...testRuntime({ cwd }), elapsed: () => performance.now() };
    const address = ['--to', bot.url, '--api-port', String(bot.apiPort)];
    const code = await main(
      ['replay', '--check', 'events.json', '--settle', '100ms', '--secret-header', SECRET, '--json', ...address],
      runtime,
    );
    const records = runtime.stdout.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RuleRecord);
    return { code, rules: records.filter(({ type }) => type === 'rule'), stderr: runtime.stderr.text };
  } finally {
    await bot.stop();
  }
};

const withStatus = (rules: readonly RuleRecord[], status: string): string[] =>
  rules.filter((one) => one.status === status).map(({ rule }) => rule);

describe('replay --check', () => {
  const all = SERVERS.flatMap((server) => [null, ...DEFECTS.map(([defect]) => defect)].map((defect) => ({ server, defect })));
  const checked = new Map<string, Checked>();
  const of = (server: string, defect: string | null): Checked => {
    const one = checked.get(`${server} ${defect}`);
    if (one === undefined) throw new Error(`${server} ${defect} was not checked`);
    return one;
  };

  // A check mostly waits, so several go on side by side.
  beforeAll(async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'whapi-hooks-examples-'));
    writeFileSync(join(cwd, 'events.json'), JSON.stringify(EVENTS));
    const left = [...all];
    const one = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift())
        checked.set(`${next.server} ${next.defect}`, await check(cwd, next.server, next.defect));
    };
    await Promise.all(Array.from({ length: 8 }, one));
    rmSync(cwd, { recursive: true, force: true });
  }, 240_000);

  it.each(SERVERS)('passes the right bot of %s, and checks every rule', (server) => {
    const { code, rules, stderr } = of(server, null);
    expect(withStatus(rules, 'found'), JSON.stringify(rules)).toEqual([]);
    expect(withStatus(rules, 'unchecked')).toEqual([]);
    expect(rules).toHaveLength(CHECK_RULE_NAMES.length);
    expect(code, stderr).toBe(0);
  });

  const cases = SERVERS.flatMap((server) => DEFECTS.map(([defect, rule]) => ({ server, defect, rule })));
  it.each(cases)('finds in $server what is wrong with the bot called $defect, and nothing else', ({ server, defect, rule }) => {
    const { code, rules, stderr } = of(server, defect);
    expect(withStatus(rules, 'found'), JSON.stringify(rules)).toEqual([rule]);
    expect(code, stderr).toBe(1);
    // What a wrong bot keeps from being checked is said, and is not called passed.
    const unchecked = defect === 'dies' ? ['answers', 'in-time', 'alive'] : defect === 'acts-twice' ? ['at-once'] : [];
    expect(withStatus(rules, 'unchecked')).toEqual(unchecked);
  });

  it('is tried on every wrong bot there is', () => {
    const files = readdirSync(join(examples, 'wrong')).filter((name) => name.endsWith('.js') && name !== 'start.js');
    expect(files.sort()).toEqual(DEFECTS.map(([defect]) => `${defect}.js`).sort());
    for (const file of files) expect(readFileSync(join(examples, 'wrong', file), 'utf8')).toMatch(/^\/\/ Wrong: /);
  });

  it('stands in the README as it comes out', async () => {
    const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
    const [, command = '', shown = ''] = /```console check\n\$ whapi-hooks (.*)\n([\s\S]*?)```/.exec(readme) ?? [];
    const bot = await startBot('express', 'acts-twice');
    const here = (text: string): string => text.replaceAll('3000/webhook', bot.url).replaceAll('4010', String(bot.apiPort));
    const runtime = testRuntime({ env: { COLUMNS: '100', WHAPI_HOOKS_SECRET: 's3cret' } });
    const shorter = ' --settle 100ms';
    const code = await main(here(command + shorter).split(' '), { ...runtime, elapsed: () => performance.now() });
    await bot.stop();
    const steady = (text: string): string => text.replaceAll(/\d+ answers took \d+ ms/g, 'N answers took N ms').replace(shorter, '');
    expect(steady(runtime.stderr.text + runtime.stdout.text)).toBe(steady(here(shown)));
    expect(code).toBe(1);
  });

  it('has its rules in the README', () => {
    const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
    const table = readme.slice(readme.indexOf('| check | a right handler'), readme.indexOf('The same means are flags'));
    const rows = [...table.matchAll(/^\| `([\w-]+)` \| (.+) \|$/gm)].map(([, rule, sentence]) => [rule, sentence]);
    expect(rows).toEqual(CHECK_RULE_NAMES.map((rule) => [rule, CHECK_RULES[rule].sentence]));
  });

  it('is a step in CI as docs/ci.md has it', async () => {
    const [, script = ''] = /```bash\n([\s\S]*?)```/.exec(readFileSync(join(packageRoot, 'docs', 'ci.md'), 'utf8')) ?? [];
    const [port, apiPort] = [await closedPort(), await closedPort()];
    const here = script
      .replaceAll('3000', String(port))
      .replaceAll('4010', String(apiPort))
      .replace('node server.js', `"${process.execPath}" examples/node-http.js`)
      .replace('npx whapi-hooks', `"${process.execPath}" "${bin}"`)
      .replace('--check samples', '--check samples --rule secret,modes,verbs');
    const { code, stdout, stderr } = await finished(start('bash', ['-e', '-c', here], { cwd: packageRoot }));
    expect(stdout, stderr).toMatch(/3 rules: 3 passed\n$/);
    expect(code).toBe(0);
  });
});

describe('examples/README.md', () => {
  it('tells what is wrong with each wrong bot', () => {
    const rows = [...readFileSync(join(examples, 'README.md'), 'utf8').matchAll(/^\| \[([\w-]+)\]\(wrong\/.*?\) \| `([\w-]+)`/gm)];
    expect(rows.map(([, defect, rule]) => [defect, rule])).toEqual(DEFECTS);
  });
});
