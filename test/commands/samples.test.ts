import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATEGORIES } from '../../src/event/name.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless, NASTY } from '../support/harmless.ts';
import { buildProgram, otherUserRuns, spawnProgram } from '../support/program.ts';
import { packageRoot, run } from '../support/runtime.ts';

const sampleFile = (category: string): string => readFileSync(join(packageRoot, 'samples', `${category}.json`), 'utf8');
const samplesOf = (category: string): Record<string, { event: { type: string; event: string } }> =>
  JSON.parse(sampleFile(category)) as Record<string, { event: { type: string; event: string } }>;

describe('samples', () => {
  it('lists every sample by event and name', async () => {
    const { code, stdout, stderr } = await run(['samples']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const wanted = CATEGORIES.flatMap((category) =>
      Object.entries(samplesOf(category)).map(([name, { event }]) => `${event.type}.${event.event}`.padEnd(16).concat(` ${name}`)),
    );
    expect(stdout.trimEnd().split('\n')).toEqual(wanted);
  });

  it('lists those of one category', async () => {
    const { stdout } = await run(['samples', 'groups']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(Object.keys(samplesOf('groups')).length);
    expect(stdout).toMatch(/^groups\.put +participant added$/m);
  });

  it.each([
    [['samples', 'grops'], /"grops" is no event[\s\S]*Did you mean groups\?/],
    [['samples', 'zzzzzzzzzz'], /Events: calls\.post, /],
    [['samples', 'show', 'groups.pt'], /"groups\.pt" is no event[\s\S]*Did you mean groups\.put\?/],
    [['samples', 'show', 'groups.put', 'participant aded'], /has no sample "participant aded"[\s\S]*Did you mean "participant added"\?/],
    [['samples', 'show', 'groups.put', 'zzzzzzzzzzzzzzzzzzzzzzz'], /whapi-hooks samples groups lists them/],
    [['samples', 'show'], /missing required argument/],
    [['samples', 'groups', 'more'], /too many arguments/],
    [['samples', 'copy', 'a', 'b'], /too many arguments/],
    [['samples', '--jsn'], /unknown option '--jsn'/],
  ])('%j is a usage error', async (argv, says) => {
    const { code, stdout, stderr } = await run(argv, { cwd: temporaryFolder() });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
  });
});

describe('samples show', () => {
  it('one payload: the JSON as it stands in the file, which validate accepts', async () => {
    const { code, stdout } = await run(['samples', 'show', 'groups.put', 'participant added']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(samplesOf('groups')['participant added']);
    expect(stdout).toMatch(/^\{\n {2}"/);
    expect((await run(['validate', '-', '--strict'], { stdin: stdout })).code).toBe(0);
  });

  it('all of an event: a map of named payloads, which validate accepts too', async () => {
    const { stdout } = await run(['samples', 'show', 'groups.put']);
    const wanted = Object.entries(samplesOf('groups')).filter(([, { event }]) => event.event === 'put');
    expect(Object.entries(JSON.parse(stdout) as object)).toEqual(wanted);
    expect((await run(['validate', '-'], { stdin: stdout })).code).toBe(0);
  });

  it.each([...CATEGORIES])('every sample of %s can be shown by its event and name', async (category) => {
    for (const [name, payload] of Object.entries(samplesOf(category))) {
      const { code, stdout } = await run(['samples', 'show', `${payload.event.type}.${payload.event.event}`, name]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toEqual(payload);
    }
  });
});

describe('samples copy', () => {
  it('puts every file into a folder, byte for byte, and says how to go on', async () => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await run(['samples', 'copy'], { cwd });
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual(CATEGORIES.map((category) => `fixtures/${category}.json`));
    expect(stderr).toMatch(/whapi-hooks validate fixtures/);
    expect(readdirSync(join(cwd, 'fixtures')).sort()).toEqual(CATEGORIES.map((category) => `${category}.json`).sort());
    for (const category of CATEGORIES) expect(readFileSync(join(cwd, 'fixtures', `${category}.json`), 'utf8')).toBe(sampleFile(category));
    expect((await run(['validate', 'fixtures', '--strict'], { cwd })).code).toBe(0);
  });

  it('overwrites nothing', async () => {
    const cwd = temporaryFolder({ 'mine/groups.json': 'my own' });
    const { code, stdout, stderr } = await run(['samples', 'copy', 'mine'], { cwd });
    expect(code).toBe(0);
    expect(readFileSync(join(cwd, 'mine/groups.json'), 'utf8')).toBe('my own');
    expect(stderr).toMatch(/mine\/groups\.json is there already and stays as it is/);
    expect(stdout).not.toMatch(/groups/);
    expect(existsSync(join(cwd, 'mine/calls.json'))).toBe(true);
  });

  it('into a place that is a file: exit 3', async () => {
    const { code, stderr } = await run(['samples', 'copy', 'file/below'], { cwd: temporaryFolder({ file: '' }) });
    expect(code).toBe(3);
    expect(stderr).toMatch(/file\/below\/\w+\.json cannot be written: a part of the path is not a folder/);
  });

  it('into a folder that may not be written: exit 3', async () => {
    if (!otherUserRuns('a folder that may not be written')) return;
    const program = await buildProgram();
    const cwd = temporaryFolder();
    chmodSync(cwd, 0o755);
    const copy = spawnProgram(program, ['samples', 'copy'], { cwd, uid: 65_534 });
    expect(await copy.ended).toBe(3);
    expect(copy.stderr()).toMatch(/permission denied/);
    program.remove();
  });

  it('into a folder with an odd name: harmless on the terminal', async () => {
    const cwd = temporaryFolder();
    const name = NASTY.replaceAll('\u0000', '').replaceAll('/', '');
    for (let i = 0; i < 2; i++) {
      const { code, stdout, stderr } = await run(['samples', 'copy', name], { cwd });
      expect(code).toBe(0);
      expectHarmless(stdout + stderr);
      expect(stdout + stderr).not.toBe('');
    }
    writeFileSync(join(cwd, 'file'), '');
    expectHarmless((await run(['samples', 'copy', `file/${name}`], { cwd })).stderr);
  });
});
