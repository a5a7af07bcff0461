import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp } from './support/app.ts';
import { finished, start } from './support/process.ts';
import { packageRoot } from './support/runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-package-'));
const npm = (args: string[], cwd: string): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

interface LockFile {
  readonly packages: Record<string, { readonly version?: string; readonly hasInstallScript?: boolean }>;
}

beforeAll(() => {
  const [{ filename } = { filename: '' }] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], packageRoot)) as {
    filename: string;
  }[];
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

  it('holds the program, the schemas, the samples, the types and the notices, and no source', () => {
    const files = npm(['pack', '--json', '--dry-run'], packageRoot);
    const paths = (JSON.parse(files) as { files: { path: string }[] }[])[0]?.files.map(({ path }) => path) ?? [];
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
      expect(paths).toContain(wanted);
    }
    expect(paths.filter((path) => /^(?:src|test|scripts|bench)\//.test(path))).toEqual([]);
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

  it('type-checks the example of the README', () => {
    const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(packageRoot, 'README.md'), 'utf8'))?.[1] ?? '';
    expect(example).toContain("from 'whapi-hooks'");
    writeFileSync(
      join(folder, 'readme.ts'),
      `declare const body: Uint8Array;\ndeclare const request: { method: string; url: string };\n${example}`,
    );
    const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc');
    execFileSync(
      process.execPath,
      [
        tsc,
        '--strict',
        '--noEmit',
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--typeRoots',
        join(packageRoot, 'node_modules/@types'),
        '--types',
        'node',
        'readme.ts',
      ],
      {
        cwd: folder,
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
  });

  it.each([
    ['an ES module', 'esm.ts', 'esm.js', { names: 27, name: 'messages.post', findings: 0, verdict: 'valid', is: true }],
    ['a CommonJS module', 'cjs.cts', 'cjs.cjs', { names: 27, id: '99900011122', wrong: false, none: 'unreadable' }],
  ])('serves %s with types', (_name, source, compiled, expected) => {
    cpSync(join(packageRoot, 'test/consumers', source), join(folder, source));
    const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc');
    const types = join(packageRoot, 'node_modules/@types');
    execFileSync(
      process.execPath,
      [tsc, '--strict', '--module', 'nodenext', '--target', 'es2022', '--typeRoots', types, '--types', 'node', source],
      {
        cwd: folder,
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    const out = execFileSync(process.execPath, [compiled], { cwd: folder, encoding: 'utf8' });
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual(expected);
  });
});
