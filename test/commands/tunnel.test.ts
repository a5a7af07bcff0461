import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { madeFor } from '../../src/io/cloudflared/machine.ts';
import type { Runtime } from '../../src/runtime.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless, expectNoTrace, NASTY } from '../support/harmless.ts';
import { FAKE, releaseAt, sendWhole, serveFiles } from '../support/release.ts';
import { run } from '../support/runtime.ts';

/** A folder with programs in it that may be run. */
const programs = (files: Readonly<Record<string, string | Uint8Array>>): string => {
  const folder = temporaryFolder(files);
  for (const name of Object.keys(files)) chmodSync(join(folder, name), 0o755);
  return folder;
};

/** The beginning of a program for Linux on a processor (System V ABI: e_machine at 18). */
const elf = (machine: number): Buffer => {
  const bytes = Buffer.alloc(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(2, 16);
  bytes.writeUInt16LE(machine, 18);
  return bytes;
};

const ownPath = (data: string): string => join(data, 'whapi-hooks/cloudflared/2026.5.1/cloudflared');

describe('tunnel install', () => {
  it('downloads, says what it did, and says so when it is there already', async () => {
    const server = await serveFiles();
    const data = temporaryFolder();
    const options = { env: { XDG_DATA_HOME: data }, cloudflared: releaseAt(server.base) };
    const first = await run(['tunnel', 'install'], options);
    expect(first).toEqual({
      code: 0,
      stdout: `cloudflared 2026.5.1 installed: ${ownPath(data)}\n`,
      stderr: `Downloading cloudflared 2026.5.1 (3.0 MB) from 127.0.0.1:${server.port} …\n`,
    });
    expect(await run(['tunnel', 'install'], options)).toEqual({
      code: 0,
      stdout: `cloudflared 2026.5.1 is installed already: ${ownPath(data)}\n`,
      stderr: '',
    });
    expect((await run(['tunnel', 'version'], options)).stdout).toBe('2026.5.1\n');
    expect((await run(['tunnel', 'path'], options)).stdout).toBe(`${ownPath(data)}\n`);
  });

  it('says when another one on PATH is used all the same', async () => {
    const server = await serveFiles();
    const path = programs({ cloudflared: FAKE });
    const env = { XDG_DATA_HOME: temporaryFolder(), PATH: path };
    const { code, stderr } = await run(['tunnel', 'install'], { env, cloudflared: releaseAt(server.base) });
    expect(code).toBe(0);
    expect(stderr).toContain(`${join(path, 'cloudflared')} (on PATH) is used before it.\n`);
    const named = await run(['tunnel', 'install'], { env: { ...env, CLOUDFLARED_BIN: '/nowhere' }, cloudflared: releaseAt(server.base) });
    expect(named.code).toBe(0);
    expect(named.stderr).toBe('/nowhere (CLOUDFLARED_BIN) is used before it.\n');
  });

  it('a file with another checksum ends with 3, on standard error alone', async () => {
    const server = await serveFiles((_path, response) => sendWhole(response, Buffer.from(NASTY)));
    const data = temporaryFolder();
    const { code, stdout, stderr } = await run(['tunnel', 'install'], {
      env: { XDG_DATA_HOME: data },
      cloudflared: releaseAt(server.base),
    });
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: What was downloaded as cloudflared is another file than expected; it was deleted\./m);
    expect(readdirSync(dirname(ownPath(data)))).toEqual([]);
    expectHarmless(stderr);
    expectNoTrace(stderr);
  });

  it('where no checksum can be trusted names the package manager and downloads nothing', async () => {
    const { code, stderr } = await run(['tunnel', 'install'], { platform: 'darwin', arch: 'x64' });
    expect(code).toBe(3);
    expect(stderr).toMatch(/No cloudflared is known for this machine \(darwin-x64\)[\s\S]*brew install cloudflared/);
  });
});

describe('tunnel path and version', () => {
  const bin = (): string => join(programs({ mine: FAKE }), 'mine');

  it('tell which one is used, and who named it', async () => {
    const mine = bin();
    expect(await run(['tunnel', 'path', '--cloudflared', mine])).toEqual({ code: 0, stdout: `${mine}\n`, stderr: '' });
    const env = { CLOUDFLARED_BIN: mine };
    expect(JSON.parse((await run(['tunnel', 'path', '--json'], { env })).stdout)).toEqual({ path: mine, origin: 'environment' });
    expect(JSON.parse((await run(['tunnel', 'version', '--json', '--cloudflared', mine])).stdout)).toEqual({
      path: mine,
      version: '2026.5.1',
      origin: 'flag',
    });
    const onPath = programs({ cloudflared: FAKE });
    const found = await run(['tunnel', 'version', '--json'], { env: { PATH: ['/nowhere', onPath].join(delimiter) } });
    expect(JSON.parse(found.stdout)).toMatchObject({ path: join(onPath, 'cloudflared'), origin: 'PATH' });
  });

  it.each([['path'], ['version']])('%s: where there is none, 3 and how to get one', async (command) => {
    const { code, stdout, stderr } = await run(['tunnel', command, '--json'], { env: { XDG_DATA_HOME: temporaryFolder() } });
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/There is no cloudflared[\s\S]*whapi-hooks tunnel install/);
  });

  it.each([
    ['says something else', '#!/bin/sh\necho "ngrok version 3"\n', /is not cloudflared: asked for its version it says: ngrok version 3\./],
    ['says nothing', '#!/bin/sh\nexit 1\n', /is not cloudflared: it tells no version\./],
    ['says things that act on a terminal', `#!/bin/sh\nprintf '${'\\033[31m'}red\\r\\n'\n`, /it says: \\x1b\[31mred/],
    ['never ends talking', '#!/bin/sh\nexec yes "spam spam spam"\n', /is not cloudflared: asked for its version it says: spam spam spam\./],
    ['is for another processor', elf(183), /is for another kind of machine: linux-arm64, and this one is linux-x64\./],
    [
      'is for another system',
      Buffer.from('MZ\u0090\u0000this is a program of Windows'),
      /is for another kind of machine: win32, and this one is linux-x64\./,
    ],
    ['is no program', Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]), /is not cloudflared|cannot be run/],
  ])('version: a program that %s gets its own sentence', async (_what, content, says) => {
    const file = join(programs({ other: content }), 'other');
    const { code, stdout, stderr } = await run(['tunnel', 'version', '--cloudflared', file]);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/--cloudflared/);
    expectHarmless(stderr);
    expectNoTrace(stderr);
  });

  it('version: a program whose interpreter is missing cannot be run', async () => {
    const file = join(programs({ other: '#!/nowhere/interpreter\n' }), 'other');
    const { code, stderr } = await run(['tunnel', 'version', '--cloudflared', file]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/cannot be run: there is no such file\./);
  });

  it('version: a program that hangs is ended', async () => {
    const folder = programs({
      other: '#!/bin/sh\necho "$$" > "$(dirname "$0")/pid.tmp"\nmv "$(dirname "$0")/pid.tmp" "$(dirname "$0")/pid"\nwhile :; do :; done\n',
    });
    const after: Runtime['after'] = (_ms, action) => {
      // The time is over as soon as the program has said its id.
      const look = (): void => {
        if (existsSync(join(folder, 'pid'))) action();
        else next = setImmediate(look);
      };
      let next = setImmediate(look);
      return () => clearImmediate(next);
    };
    const { code, stderr } = await run(['tunnel', 'version', '--cloudflared', join(folder, 'other')], { after });
    expect(code).toBe(3);
    expect(stderr).toMatch(/did not tell its version within 10 s\./);
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    // Once its end has been noticed it is gone.
    for (;;) {
      try {
        process.kill(pid, 0);
      } catch {
        break;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it.each([
    [elf(62), 'linux-x64'],
    [elf(183), 'linux-arm64'],
    [elf(999), 'linux-machine 999'],
    [Buffer.from('cffaedfe0c000001', 'hex'), 'darwin'],
    [Buffer.from('MZ'), 'win32'],
    [Buffer.from('#!/bin/sh'), undefined],
    [Buffer.alloc(0), undefined],
  ])('by how a file begins it is told what it was made for (%#)', (head, made) => expect(madeFor(head)).toBe(made));
});

describe('tunnel uninstall', () => {
  it('takes all versions of ours away, and nothing else', async () => {
    const data = temporaryFolder();
    const others = join(dirname(dirname(ownPath(data))), 'notes.txt');
    for (const version of ['2026.5.1', '2025.1.0']) {
      const folder = join(data, 'whapi-hooks/cloudflared', version);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'cloudflared'), 'x');
      writeFileSync(join(folder, 'cloudflared.0a0a0a0a-1-abc.part'), 'x');
    }
    writeFileSync(others, 'mine');
    const onPath = programs({ cloudflared: FAKE });
    const options = { env: { XDG_DATA_HOME: data, PATH: onPath } };
    const { code, stdout } = await run(['tunnel', 'uninstall'], options);
    expect(code).toBe(0);
    expect(stdout).toBe(`Removed ${ownPath(data).replace('2026.5.1', '2025.1.0')}\nRemoved ${ownPath(data)}\n`);
    expect(readdirSync(dirname(others))).toEqual(['notes.txt']);
    expect(existsSync(join(onPath, 'cloudflared'))).toBe(true);
    expect(await run(['tunnel', 'uninstall'], options)).toEqual({ code: 0, stdout: 'Nothing was installed.\n', stderr: '' });
  });
});

describe('tunnel, called wrongly', () => {
  it.each([
    [['tunnel'], /Usage: whapi-hooks tunnel/],
    [['tunnel', 'instal'], /unknown command 'instal'[\s\S]*Did you mean install\?/],
    [['tunnel', 'install', 'now'], /too many arguments/],
    [['tunnel', 'path', '--jsn'], /Did you mean --json\?/],
    [['tunnel', 'path', '--cloudflared'], /argument missing/],
    [['tunnel', 'path', '--cloudflared', '/nowhere/at/all'], /--cloudflared: \/nowhere\/at\/all does not exist\./],
    [['tunnel', 'path', '--cloudflared', NASTY], /--cloudflared: .* does not exist\./],
    [['--color', 'alwys', 'tunnel', 'install'], /--color/],
    [['--color', 'alwys', 'tunnel', 'path'], /--color/],
    [['--color', 'alwys', 'tunnel', 'uninstall'], /--color/],
  ])('%j: exit 2, nothing on standard output', async (argv, says) => {
    const { code, stdout, stderr } = await run(argv, { env: { XDG_DATA_HOME: temporaryFolder() } });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
    expectHarmless(stderr);
    expectNoTrace(stderr);
  });

  it.each([['install'], ['path'], ['version'], ['uninstall']])('%s --help tells about it', async (command) => {
    const { code, stdout, stderr } = await run(['tunnel', command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: whapi-hooks tunnel ${command}`));
    expect(stderr).toBe('');
  });

  it('--help shows the order in which it is looked for', async () => {
    const { stdout } = await run(['tunnel', '--help']);
    expect(stdout).toMatch(/--cloudflared <path>, CLOUDFLARED_BIN, PATH, the data folder/);
  });
});

describe('a question', () => {
  /** A program that asks one, built from the sources. */
  const asking = async (): Promise<string> => {
    const { build } = await import('esbuild');
    const outfile = join(temporaryFolder(), 'ask.cjs');
    await build({
      stdin: {
        resolveDir: join(import.meta.dirname, '../..'),
        loader: 'ts',
        contents: `
          import { confirm } from './src/io/confirm.ts';
          import { openTerminal } from './src/io/terminal.ts';
          import { createRuntime } from './src/runtime.ts';
          const runtime = createRuntime(process, '.');
          void openTerminal(runtime, 'never').then((terminal) => confirm(runtime, terminal, 'Go on?')).then((said) => process.stdout.write('said ' + said + '.'));
        `,
      },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile,
    });
    return outfile;
  };

  it('is answered at the terminal: y is yes, anything else and Ctrl-D no; without one it is not asked', async () => {
    const file = await asking();
    const piped = spawnSync(process.execPath, [file], { input: 'y\n', encoding: 'utf8', timeout: 60_000 });
    expect([piped.status, piped.stdout, piped.stderr]).toEqual([0, 'said undefined.', '']);
    if (spawnSync('script', ['--version']).status !== 0) {
      process.stdout.write('skipped: script is needed to be asked at a terminal\n');
      return;
    }
    for (const [typed, said] of [
      ['y\n', true],
      ['nope\n', false],
      ['\n', false],
      ['\u0004', false],
    ] as const) {
      const asked = spawnSync('script', ['-qefc', `"${process.execPath}" "${file}"`, '/dev/null'], {
        input: typed,
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect(asked.status).toBe(0);
      expect(asked.stdout).toContain('Go on? [y/N] ');
      expect(asked.stdout).toContain(`said ${said}.`);
    }
  });
});
