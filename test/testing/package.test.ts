import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../support/runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-testing-'));
const modules = join(packageRoot, 'node_modules');

const npm = (args: string[], cwd: string): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const compile = (...files: string[]): void => {
  const args = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--typeRoots', join(modules, '@types'), '--types', 'node'];
  const { status, stdout } = spawnSync(process.execPath, [join(modules, 'typescript/bin/tsc'), ...args, ...files], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  expect(status).toBe(0);
};

const node = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  return { status, stdout: stdout.trim(), stderr };
};

/** What @types/jest declares, as far as it matters here. */
const JEST = `
declare namespace jest {
  interface Matchers<R, T = {}> {
    toThrow(message: string): R;
    not: Matchers<R, T>;
    resolves: Matchers<Promise<R>, T>;
  }
}
declare function expect<T>(received: T): jest.Matchers<void, T>;
declare function test(name: string, run: () => unknown): void;
`;

beforeAll(() => {
  const [{ filename } = { filename: '' }] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], packageRoot)) as {
    filename: string;
  }[];
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  npm(['install', '--no-audit', '--no-fund', join(folder, filename)], folder);
  for (const file of ['testing.ts', 'testing.cts', 'vitest.ts', 'jest.ts']) {
    cpSync(join(packageRoot, 'test/consumers', file), join(folder, file));
  }
});

describe('whapi-hooks/testing in the packed tarball', () => {
  it('brings neither Vitest nor Jest', () => {
    const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as { packages: object };
    const names = Object.keys(packages).filter((path) => path.startsWith('node_modules/'));
    // The optional database of the history is all that comes along.
    expect(names.filter((path) => !/^node_modules\/(?:@?libsql|@neon-rs|detect-libc)(?:\/|$)/.test(path))).toEqual([
      'node_modules/whapi-hooks',
    ]);
  });

  it('has types that know events, message types and samples, for ES modules and CommonJS', () => {
    compile('testing.ts', 'testing.cts');
  });

  it('serves ES modules', () => {
    const { stdout, stderr } = node('testing.js');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      name: 'Ann',
      body: 'hi',
      type: 'text',
      messages: 1,
      action: 'promote',
      first: 1,
      changed: 'demote',
      removed: '99900011122@s.whatsapp.net',
      user: 'Ann',
      service: { type: 'service', event: 'delete' },
      without: false,
      invalid: [false, false],
      named: 'add',
      pass: 3,
    });
  });

  it('serves CommonJS', () => {
    const { stdout, stderr } = node('testing.cjs');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ type: 'image', pass: true, names: ['account disconnected', 'second account disconnected'] });
  });

  it('adds to the expect of Vitest, with types', () => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(join(modules, 'vitest'), join(folder, 'node_modules/vitest'));
    // The types of Vitest itself ask for those of browsers.
    compile('--noEmit', '--skipLibCheck', 'vitest.ts');
    cpSync(join(folder, 'vitest.ts'), join(folder, 'consumer.test.ts'));
    const { status, stdout, stderr } = node(join(modules, 'vitest/vitest.mjs'), 'run', '--root', folder);
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/1 passed/);
  });

  it('adds to the expect of Jest, with types', () => {
    writeFileSync(join(folder, 'jest-types.d.ts'), JEST);
    compile('--noEmit', 'jest-types.d.ts', 'jest.ts');
    const extend = 'globalThis.expect = { extend: (added) => console.log(Object.keys(added).join()) };';
    const modes = [`${extend} require('whapi-hooks/testing/jest')`, `${extend} import('whapi-hooks/testing/jest')`];
    for (const mode of modes) expect(node('-e', mode)).toEqual({ status: 0, stdout: 'toBeWhapiEvent', stderr: '' });
  });

  it('says so where there is no Jest', () => {
    const { status, stderr } = node('-e', "require('whapi-hooks/testing/jest')");
    expect(status).toBe(1);
    expect(stderr).toMatch(/there is none here\. Name it in setupFilesAfterEnv, or say expect\.extend\(matchers\)/);
  });

  it('leaves the library as small as it was: no sample is in it', () => {
    const text = readFileSync(join(packageRoot, 'dist/index.js'), 'utf8');
    expect(text).not.toMatch(/participant added|toBeWhapiEvent/);
    expect(readFileSync(join(packageRoot, 'dist/testing/index.js'), 'utf8')).toMatch(/participant added/);
  });

  it('serves the schema for editors', () => {
    const schema = createRequire(join(folder, 'x.js'))('whapi-hooks/fixtures.schema.json') as { $id: string };
    expect(schema.$id).toBe('https://unpkg.com/whapi-hooks@1/dist/fixtures.schema.json');
  });
});
