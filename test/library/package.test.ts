import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app.ts';
import { closedPort } from '../support/http.ts';
import { finished, start } from '../support/process.ts';
import { packageRoot } from '../support/runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-library-'));
const modules = join(packageRoot, 'node_modules');

/** The test that the README shows, with more patience for a machine that is busy; and two handlers for it. */
const example = (
  /```js\n((?:(?!```)[\s\S])*await replay\([\s\S]*?)```/.exec(readFileSync(join(packageRoot, 'README.md'), 'utf8'))?.[1] ?? ''
).replace('time<1s', 'time<60s');
const handlerThat = (answers: string): string =>
  `export const handler = (request, response) => request.resume().on('end', () => ${answers});\n`;
const RIGHT = handlerThat('response.end()');
const WRONG = handlerThat('response.writeHead(request.headers["x"] ?? 500).end()');

beforeAll(() => {
  const npm = (args: readonly string[], cwd: string): string =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const [{ filename } = { filename: '' }] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], packageRoot)) as {
    filename: string;
  }[];
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  npm(['install', '--no-audit', '--no-fund', join(folder, filename)], folder);
  symlinkSync(join(modules, 'vitest'), join(folder, 'node_modules/vitest'));
  for (const file of ['replay.ts', 'replay.cts', 'realm.cjs']) cpSync(join(packageRoot, 'test/consumers', file), join(folder, file));
  writeFileSync(join(folder, 'handler.test.js'), example);
});

const node = (args: readonly string[], env: Record<string, string> = {}): ReturnType<typeof finished> =>
  finished(start(process.execPath, args, { cwd: folder, env }));

const compile = async (...args: readonly string[]): Promise<void> => {
  const common = ['--strict', '--target', 'es2022', '--typeRoots', join(modules, '@types'), '--types', 'node'];
  const { code, stdout } = await node([join(modules, 'typescript/bin/tsc'), ...common, ...args]);
  expect([code, stdout]).toEqual([0, '']);
};

describe('the test of the README', () => {
  const vitest = (handler: string): ReturnType<typeof node> => {
    writeFileSync(join(folder, 'handler.js'), handler);
    return node([join(modules, 'vitest/vitest.mjs'), 'run', '--root', folder]);
  };
  /** The same file as Jest runs it, whose transform makes CommonJS of it. */
  const jest = async (handler: string): ReturnType<typeof node> => {
    const made = async (code: string): Promise<string> =>
      (await transform(code, { format: 'cjs', platform: 'node' })).code.replaceAll('./handler.js', './handler.cjs');
    writeFileSync(join(folder, 'handler.cjs'), await made(handler));
    writeFileSync(join(folder, 'example.cjs'), await made(example));
    return node(['realm.cjs', join(folder, 'example.cjs')]);
  };

  it('passes a handler that is right, in Vitest', async () => {
    const { code, stdout, stderr } = await vitest(RIGHT);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/1 passed/);
  });

  it('says what is wrong with one that is not', async () => {
    const { code, stdout, stderr } = await vitest(WRONG);
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/status 500/);
    expect(stdout + stderr).toMatch(/whapi-hooks replay 'samples\/messages\.json#text received' --to http:\/\/127\.0\.0\.1:\d+\/webhook/);
  });

  it('does both in the realm of Jest, where classes are others than those of Node', async () => {
    expect(await jest(RIGHT)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^passed: /), stderr: '' });
    expect(await jest(WRONG)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/status 500/) });
  });
});

it('errors of the network are known in the realm of Jest too', async () => {
  const port = await closedPort();
  const down = `const { test, expect } = require('vitest');
    const { replay, ReplayError } = require('whapi-hooks');
    test('nobody there', async () => {
      const { exitCode, failures } = await replay({ to: 'http://127.0.0.1:${port}/', sources: ['groups'] });
      expect(exitCode).toBe(3);
      expect(failures[0].found).toMatch(/^connection refused .127.0.0.1:${port}.$/);
      const refused = await replay({ to: '3000', sources: ['groups'], caCert: 'missing.pem' }).catch((error) => error);
      expect(refused instanceof ReplayError).toBe(true);
      expect(refused.message).toBe('--ca-cert: missing.pem cannot be read: there is no such file.');
    });`;
  writeFileSync(join(folder, 'down.cjs'), down);
  expect(await node(['realm.cjs', join(folder, 'down.cjs')])).toMatchObject({ code: 0, stdout: 'passed: nobody there\n', stderr: '' });
});

describe('called from TypeScript', () => {
  beforeAll(() => compile('--module', 'nodenext', 'replay.ts', 'replay.cts'));

  it.each([
    ['an ES module', 'replay.js', { ok: true, sent: true, first: 200, again: true, ending: 'done', late: true, refused: 2 }],
    ['a CommonJS module', 'replay.cjs', { light: 1, ok: true, sent: 20 }],
  ])('%s calls it, and hears of nothing else', async (_name, compiled, expected) => {
    const app = await startApp();
    onTestFinished(() => app.close());
    const { code, stdout, stderr } = await node([compiled], { APP: app.url });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  it('has types for bundlers too', () => compile('--noEmit', '--module', 'esnext', '--moduleResolution', 'bundler', 'replay.ts'));
});

it('what only parses and validates loads nothing of Node', () => {
  for (const file of ['dist/index.js', 'dist/index.cjs'])
    expect(readFileSync(join(packageRoot, file), 'utf8')).not.toMatch(/["']node:|undici/);
});
