import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp } from './support/app.ts';
import { fill } from './support/history.ts';
import { named } from './support/payloads.ts';
import { finished, start } from './support/process.ts';
import { packageRoot } from './support/runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-package-'));
const npm = (args: string[], cwd: string): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

interface LockFile {
  readonly packages: Record<
    string,
    {
      readonly version?: string;
      readonly hasInstallScript?: boolean;
      readonly optional?: boolean;
      readonly dependencies?: object;
      readonly optionalDependencies?: object;
    }
  >;
}

let tarball = '';
let packed: readonly string[] = [];
beforeAll(() => {
  const [{ filename, files } = { filename: '', files: [] }] = JSON.parse(
    npm(['pack', '--json', '--pack-destination', folder], packageRoot),
  ) as { filename: string; files: { path: string }[] }[];
  tarball = filename;
  packed = files.map(({ path }) => path);
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  npm(['install', '--no-audit', '--no-fund', join(folder, filename)], folder);
});

describe('the packed tarball in an empty folder', () => {
  it('brings no package with an install script', () => {
    const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as LockFile;
    expect(Object.keys(packages)).toContain('node_modules/whapi-hooks');
    const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true);
    expect(scripted).toEqual([]);
  });

  it('has no dependencies but the optional database of the history', () => {
    const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as LockFile;
    const { dependencies, optionalDependencies } = packages['node_modules/whapi-hooks'] ?? {};
    expect(dependencies).toBeUndefined();
    expect(Object.keys(optionalDependencies ?? {})).toEqual(['libsql']);
    const required = Object.entries(packages).filter(([path, { optional }]) => path !== '' && optional !== true);
    expect(required.map(([path]) => path)).toEqual(['node_modules/whapi-hooks']);
  });

  it('reads a history with that database, and says what to do without it', async () => {
    const file = join(folder, 'h.db');
    await fill(file, [{ id: 'k1aaaaaa', body: named('hi') }]);
    const show = ['whapi-hooks', 'history', 'show', 'latest', '--json', '--history', file];
    const installed = await finished(start('npx', show, { cwd: folder }));
    expect(installed.stderr).toBe('');
    expect(JSON.parse(installed.stdout)).toMatchObject({ id: 'k1aaaaaa' });

    const bare = mkdtempSync(join(tmpdir(), 'whapi-hooks-bare-'));
    writeFileSync(join(bare, 'package.json'), '{"private": true}');
    npm(['install', '--no-audit', '--no-fund', '--omit=optional', join(folder, tarball)], bare);
    expect(existsSync(join(bare, 'node_modules', 'libsql'))).toBe(false);
    const without = await finished(start('npx', show, { cwd: bare }));
    if (await import('node:sqlite').then(Boolean, () => false)) {
      expect(without.stderr).toBe(''); // nor a warning that it is experimental
      expect(JSON.parse(without.stdout)).toMatchObject({ id: 'k1aaaaaa' });
    } else {
      expect(without.code).toBe(3);
      expect(without.stderr).toMatch(
        /^error: The history needs an SQLite engine, and there is none: the optional package libsql is not installed/,
      );
    }
    const others = await finished(start('npx', ['whapi-hooks', 'validate', 'groups'], { cwd: bare }));
    expect(others.code, others.stderr).toBe(0);
  });

  it('holds the program, the schemas, the samples, the types and the notices, and no source', () => {
    for (const wanted of [
      'bin/whapi-hooks.cjs',
      'dist/main.cjs',
      'dist/index.js',
      'dist/index.cjs',
      'dist/index.d.ts',
      'dist/index.d.cts',
      'dist/THIRD-PARTY-NOTICES.txt',
      'schemas/groups/put.schema.json',
      'schemas/common/message.schema.json',
      'schemas/record.schema.json',
      'samples/groups.json',
      'README.md',
      'LICENSE',
    ]) {
      expect(packed).toContain(wanted);
    }
    expect(packed.filter((path) => /^(?:src|test|scripts|bench)\//.test(path))).toEqual([]);
  });

  it('runs: npx whapi-hooks replay samples/groups.json --to …', async () => {
    const app = await startApp();
    const { code, stdout, stderr } = await finished(
      start('npx', ['whapi-hooks', 'replay', 'samples/groups.json', '--to', String(app.port)], { cwd: folder }),
    );
    await app.close();
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/taken from the installed whapi-hooks/);
    expect(stdout).toMatch(/20 deliveries: 20 ok/);
    expect(app.received).toHaveLength(20);
  });

  describe('has types', () => {
    const CONSUMERS = ['esm.ts', 'cjs.cts'];
    let compiler = '';
    // All at once: the compiler takes longest over what they have in common.
    beforeAll(() => {
      const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(packageRoot, 'README.md'), 'utf8'))?.[1] ?? '';
      expect(example).toContain("from 'whapi-hooks'");
      const given = 'declare const body: Uint8Array;\ndeclare const request: { method: string; url: string };\n';
      writeFileSync(join(folder, 'readme.ts'), given + example);
      for (const file of CONSUMERS) cpSync(join(packageRoot, 'test/consumers', file), join(folder, file));
      const modules = join(packageRoot, 'node_modules');
      const flags = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--typeRoots', join(modules, '@types'), '--types', 'node'];
      const args = [join(modules, 'typescript/bin/tsc'), ...flags, 'readme.ts', ...CONSUMERS];
      compiler = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).stdout;
    });

    it.each(['readme.ts', ...CONSUMERS])('that fit %s', (file) => {
      expect(compiler.split('\n').filter((line) => line.startsWith(file))).toEqual([]);
    });

    it('that are right in themselves', () => {
      expect(compiler).toBe('');
    });

    it.each([
      ['an ES module', 'esm.js', { names: 27, name: 'messages.post', findings: 0, verdict: 'valid', is: true }],
      ['a CommonJS module', 'cjs.cjs', { names: 27, id: '99900011122', wrong: false, none: 'unreadable' }],
    ])('and serves %s', (_name, compiled, expected) => {
      const out = execFileSync(process.execPath, [compiled], { cwd: folder, encoding: 'utf8' });
      expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual(expected);
    });
  });
});
