// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of scenarios, not of TypeScript

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless, NASTY } from '../support/harmless.ts';
import { named } from '../support/payloads.ts';
import { run, startListener } from '../support/runtime.ts';
import type { JsonMap } from '../support/samples.ts';

/** Time passes as soon as somebody waits for it; what was waited for is kept. */
const jumping = () => {
  const waits: number[] = [];
  const after = (ms: number, action: () => void): (() => void) => {
    waits.push(ms);
    setImmediate(action);
    return () => {};
  };
  return { waits, after };
};
const bodies = (received: readonly { readonly body: Buffer }[]): JsonMap[] =>
  received.map(({ body }) => JSON.parse(body.toString()) as JsonMap);

const STORY = `name: A story
variables: { text: Hello, times: 2 }
steps:
  - id: hello
    event: messages.post
    repeat: \${times}
    set: { "messages[0].text.body": "\${text}" }
  - event: statuses.post
    type: read
    delay: 3s
    set: { "statuses[0].id": "\${hello.messages[0].id}" }
    expect: [status=201]
`;

describe('replay of a scenario', () => {
  it('sends its steps in order, each after the answer before, after its delay', async () => {
    const { waits, after } = jumping();
    let open = 0;
    const app = await startApp((_received, _index, response) => {
      expect(++open).toBe(1);
      open--;
      response.writeHead(201).end();
    });
    const cwd = temporaryFolder({ 'story.yaml': STORY });
    const { code, stdout } = await run(['replay', 'story.yaml', '--to', String(app.port), '--concurrency', '8'], { cwd, after });
    await app.close();
    expect(code).toBe(0);
    const [first, second, read] = bodies(app.received);
    const idIn = (payload: JsonMap | undefined, key: string) => ((payload?.[key] ?? []) as JsonMap[])[0]?.['id'];
    expect(idIn(read, 'statuses')).toBe(idIn(second, 'messages'));
    expect(idIn(first, 'messages')).not.toBe(idIn(second, 'messages'));
    expect(waits.filter((ms) => ms > 2000 && ms <= 3000)).toHaveLength(1);
    expect(stdout).toContain('story.yaml > 1 hello 2');
  });

  it('waits for nothing with --speed max, and half as long with 2x', async () => {
    const cwd = temporaryFolder({ 'story.yaml': STORY });
    for (const [speed, most] of [
      ['max', 0],
      ['2x', 1500],
    ] as const) {
      const app = await startApp((_received, _index, response) => void response.writeHead(201).end());
      const { waits, after } = jumping();
      const { code } = await run(['replay', 'story.yaml', '--to', String(app.port), '--speed', speed], { cwd, after });
      await app.close();
      expect(code).toBe(0);
      const long = waits.filter((ms) => ms < 3000);
      expect(Math.max(0, ...long)).toBeLessThanOrEqual(most);
      expect(long).toHaveLength(most === 0 ? 0 : 1);
    }
  });

  it('tells which step was not answered as it expects, and how to see it again', async () => {
    const cwd = temporaryFolder({ 'story.yaml': STORY });
    const app = await startApp();
    const flags = ['--to', String(app.port), '--speed', 'max', '--seed', '5', '--var', 'text=Hi'];
    const { code, stdout } = await run(['replay', 'story.yaml', ...flags], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^200 {4}statuses\.post story\.yaml > 2 .*\n +.*status 200 instead of 201/m);
    const before = bodies(app.received).at(-1) as { statuses: JsonMap[] };
    const again = await run(['replay', 'story.yaml#2', '--seed', '5', '--var', 'text=Hi', '--to', String(app.port), '--speed', 'max'], {
      cwd,
    });
    await app.close();
    expect(again.code).toBe(1);
    const after = bodies(app.received).at(-1) as { statuses: JsonMap[] };
    expect(after.statuses[0]?.['id']).toBe(before.statuses[0]?.['id']);
  });

  it('takes variables, tells the story anew at each repetition, and knows JSON', async () => {
    const json = {
      name: 'x',
      variables: { text: 'a', n: 1 },
      steps: [{ event: 'messages.post', set: { 'messages[0].text.body': '${text}${n}' } }],
    };
    const cwd = temporaryFolder({ 'story.json': JSON.stringify(json) });
    const app = await startApp();
    const { code } = await run(['replay', 'story.json', '--to', String(app.port), '--repeat', '2', '--var', 'text=12', '--var', 'n=3'], {
      cwd,
    });
    await app.close();
    expect(code).toBe(0);
    const messages = bodies(app.received).map((payload) => (payload['messages'] as JsonMap[])[0]);
    expect(messages.map((message) => message?.['text'])).toEqual([{ body: '123' }, { body: '123' }]);
    expect(messages[0]?.['id']).not.toBe(messages[1]?.['id']);
  });

  it('of one of ours works by its name, its path, and a glob of files; --dry-run sends nothing', async () => {
    for (const source of ['scenarios/reaction', 'samples/scenarios/reaction.yaml']) {
      const { code, stdout, stderr } = await run(['replay', source, '--dry-run'], { cwd: temporaryFolder() });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^(?:messages\.post samples\/scenarios\/reaction\.yaml > .*\n){3}$/);
      expect(stderr).toContain('3 deliveries would be sent');
    }
    const cwd = temporaryFolder({ 'a.yaml': STORY, 'b.yml': STORY });
    expect((await run(['replay', '*.y*ml', '--dry-run'], { cwd })).stdout.trimEnd().split('\n')).toHaveLength(6);
  });

  it.each([
    ['an unknown one', ['scenarios/pol'], /There is no scenario pol\.\n +Did you mean scenarios\/poll\?/],
    ['an unknown variable', ['scenarios/poll', '--var', 'titl=x'], /--var: the scenario has no variable titl\.\n +Did you mean title\?/],
    ['a variable without a value', ['scenarios/poll', '--var', 'title'], /--var: "title" has no name and value/],
    ['a wrong time', ['scenarios/poll', '--at', 'soonish'], /--at: "soonish" is no time/],
    ['a wrong one', ['bad.yaml'], /error: bad\.yaml:3:12 {2}"groups\.pt" is no event; did you mean groups\.put\?/],
    ['a hostile one', ['nasty.yaml'], /error: nasty\.yaml:\d+:\d+/],
    ['one that is no text', ['bytes.yaml'], /bytes\.yaml is not UTF-8/],
  ])('%s is told: exit 2, nothing sent', async (_what, args, says) => {
    const cwd = temporaryFolder({
      'bad.yaml': 'name: x\nsteps:\n  - event: groups.pt\n',
      'nasty.yaml': `name: x\nsteps:\n  - event: ${JSON.stringify(NASTY)}\n    ${JSON.stringify(NASTY)}: 1\n`,
      'bytes.yaml': new Uint8Array([0xff, 0xfe, 0x41]),
    });
    const app = await startApp();
    const { code, stdout, stderr } = await run(['replay', ...args, '--to', String(app.port)], { cwd });
    await app.close();
    expect([code, stdout, app.received.length]).toEqual([2, '', 0]);
    expect(stderr).toMatch(says);
    expectHarmless(stderr);
  });
});

describe('flags for scenarios', () => {
  it.each([
    ['--var is', ['--var', 'text=Hi']],
    ['--at is', ['--at', '2026-03-01T14:30']],
    ['--var and --at are', ['--at', '2h', '--var', 'text=Hi']],
  ])('%s told where no source is a scenario, and all is sent', async (what, flags) => {
    const app = await startApp();
    const sent = (source: string): ReturnType<typeof run> =>
      run(['replay', source, '--to', String(app.port), '--speed', 'max', ...flags], { cwd: temporaryFolder({ 'story.yaml': STORY }) });
    const without = await sent('groups.put');
    const withOne = await sent('story.yaml');
    await app.close();
    expect([without.code, without.stderr]).toEqual([0, `${what} for scenarios, and no source is one.\n`]);
    expect(withOne.stderr).toBe('');
  });
});

describe('where scenarios are', () => {
  it('a folder of them is told file by file; one that holds payloads too is a folder of payloads', async () => {
    const one = STORY.replace(' [status=201]', ' [status=2xx]');
    const cwd = temporaryFolder({ 'stories/a.yaml': one, 'stories/b.yml': one, 'mixed/a.yaml': one, 'mixed/p.json': '{"event":{}}' });
    const app = await startApp();
    const told = await run(['replay', 'stories/', '--to', String(app.port), '--speed', 'max'], { cwd });
    const mixed = await run(['replay', 'mixed', '--dry-run'], { cwd });
    await app.close();
    expect([told.code, app.received.length]).toEqual([0, 6]);
    expect(told.stdout).toMatch(/stories\/a\.yaml > [\s\S]*stories\/b\.yml > /);
    expect(mixed.stdout).not.toContain('a.yaml');
  });

  it('samples/scenarios is the folder of those that come along', async () => {
    const { code, stdout, stderr } = await run(['replay', 'samples/scenarios', '--dry-run'], { cwd: temporaryFolder({}) });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^\d+ deliveries would be sent/)]);
    expect(stdout).toMatch(/samples\/scenarios\/calls\.yaml > [\s\S]*samples\/scenarios\/poll\.yaml > /);
  });

  it.each([
    ['YAML', STORY],
    ['JSON', JSON.stringify({ name: 'A story', steps: [{ event: 'messages.post' }, { event: 'calls.post' }, { event: 'statuses.post' }] })],
  ])('standard input may hold one, as %s', async (_, stdin) => {
    const { code, stdout, stderr } = await run(['replay', '-', '--dry-run'], { stdin });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^3 deliveries would be sent/)]);
    expect(stdout).toContain('- > 1');
  });

  it('what is wrong with one of standard input is told with its place: exit 2', async () => {
    const { code, stderr } = await run(['replay', '-'], { stdin: 'name: A story\nsteps:\n  - event: nothing.post\n' });
    expect([code, stderr]).toEqual([2, expect.stringContaining('-:3:12')]);
  });

  it('a payload of standard input that speaks of steps is a payload', async () => {
    const { stdout } = await run(['replay', '-', '--dry-run'], { stdin: named('steps') });
    expect(stdout).toMatch(/POST \/$/m);
  });

  it('a step that expects calls needs --api-port: exit 2, and nothing is sent', async () => {
    const app = await startApp();
    const cwd = temporaryFolder({ 'story.yaml': STORY.replace('status=201', '"calls=1"') });
    const { code, stderr } = await run(['replay', 'story.yaml', '--to', String(app.port)], { cwd });
    await app.close();
    expect([code, app.received.length]).toEqual([2, 0]);
    expect(stderr).toMatch(/error: story\.yaml > .* expects calls=1, and nothing but --api-port counts calls\./);
  });

  it('the command that sends a step again begins at the same time', async () => {
    const app = await startApp((_received, _index, response) => void response.writeHead(500).end());
    const cwd = temporaryFolder({ 'story.yaml': STORY });
    const flags = ['--to', String(app.port), '--speed', 'max', '--seed', '4', '--at', '2026-03-01T14:30', '--json'];
    const { stdout } = await run(['replay', 'story.yaml', ...flags], { cwd });
    await app.close();
    expect(stdout).toContain(' --seed 4 --at 2026-03-01T14:30');
  });
});

describe('scenario', () => {
  it('list names those that come along', async () => {
    const { code, stdout } = await run(['scenario', 'list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^scenarios\/poll +A poll with votes$/m);
    expect((await run(['scenario'])).stdout).toBe(stdout);
    expect(JSON.parse((await run(['scenario', 'list', '--json'])).stdout)).toContainEqual(
      expect.objectContaining({ name: 'scenarios/poll', title: 'A poll with votes', steps: 4 }),
    );
  });

  it('show prints one as it is written', async () => {
    const text = readFileSync(join(process.cwd(), 'samples', 'scenarios', 'poll.yaml'), 'utf8');
    for (const name of ['poll', 'scenarios/poll', 'samples/scenarios/poll.yaml'])
      expect(await run(['scenario', 'show', name], { cwd: temporaryFolder() })).toEqual({ code: 0, stdout: text, stderr: '' });
    expect((await run(['scenario', 'show', 'pol'])).code).toBe(2);
  });

  it.each(['body', 'path', 'method'])('from a recording in mode %s tells the same events again', async (mode) => {
    const cwd = temporaryFolder();
    const listener = await startListener(['--record', 'r.jsonl', '--count', '5'], { cwd });
    const flags = ['--to', listener.url, '--speed', 'max', '--seed', '3', '--mode', mode];
    expect((await run(['replay', 'scenarios/conversation', ...flags], { cwd })).code).toBe(0);
    expect(await listener.ended).toBe(0);
    const { code, stdout, stderr } = await run(['scenario', 'from', 'r.jsonl', '--name', 'Again'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^name: Again$/m);
    expect(stdout).toMatch(/^ +- id: text-2$/m);
    expect(stdout).toContain('- id: ${text-2.messages[0].id}');
    expect(stdout).toMatch(/^ +delay: \d+s$/m);
    writeFileSync(join(cwd, 'again.yaml'), stdout);
    expect((await run(['validate', 'again.yaml', '--strict'], { cwd })).stdout).toBe('1 file, 5 events: no findings\n');
    const app = await startApp();
    expect((await run(['replay', 'again.yaml', '--to', String(app.port), '--speed', 'max', '--mode', mode], { cwd })).code).toBe(0);
    await app.close();
    const recorded = readFileSync(join(cwd, 'r.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; url: string; method: string; body: string })
      .filter(({ type }) => type === 'delivery');
    expect(bodies(app.received)).toEqual(recorded.map(({ body }) => JSON.parse(body) as JsonMap));
    expect(app.received.map(({ method, url }) => [method, url])).toEqual(recorded.map(({ method, url }) => [method, url]));
  });

  it('from leaves out what is no event, and says so: exit 1', async () => {
    const cwd = temporaryFolder({ 'r.jsonl': '{"channel_id":"A","messages":[]}\n[1]\n{"a":\n' });
    const { code, stdout, stderr } = await run(['scenario', 'from', 'r.jsonl', '--json'], { cwd });
    expect(code).toBe(1);
    expect((JSON.parse(stdout) as JsonMap)['steps']).toHaveLength(1);
    expect(stderr).toMatch(/r\.jsonl:2|r\.jsonl:3/);
  });

  it('from nothing is called wrongly', async () => {
    expect((await run(['scenario', 'from', 'nowhere.jsonl'])).code).toBe(2);
    expect((await run(['scenario', 'from', 'groups', '--since', '2h'])).stderr).toMatch(/--since chooses from the history/);
  });
});
