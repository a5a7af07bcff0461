import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkClock } from '../../src/commands/doctor/machine.ts';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless, expectNoTrace, NASTY } from '../support/harmless.ts';
import { closedPort, startRaw, takePort } from '../support/http.ts';
import { buildProgram, otherUserRuns, spawnProgram } from '../support/program.ts';
import { FAKE } from '../support/release.ts';
import { run, testRuntime } from '../support/runtime.ts';
import { startProxy } from '../support/tls.ts';

interface Told {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly state: string; readonly fact: string; readonly remedy?: string }[];
}

/** What doctor tells as JSON, on a machine with nothing but a data folder. */
const examined = async (argv: readonly string[] = [], options: Parameters<typeof run>[1] = {}) => {
  const folder = temporaryFolder();
  const { code, stdout, stderr } = await run(['doctor', '--json', '--port', '0', ...argv], {
    cwd: folder,
    ...options,
    env: { XDG_DATA_HOME: join(folder, 'data'), ...options.env },
  });
  expect(stderr).toBe('');
  expectHarmless(stdout);
  const told = JSON.parse(stdout) as Told;
  return { code, told, folder, of: (name: string) => told.checks.filter((check) => check.name === name) };
};

describe('doctor', () => {
  it('where nothing is in the way: a line each, exit 0', async () => {
    const folder = temporaryFolder({ cloudflared: FAKE });
    chmodSync(join(folder, 'cloudflared'), 0o755);
    const app = await startApp();
    const env = { XDG_DATA_HOME: join(folder, 'data'), PATH: folder };
    const { code, stdout, stderr } = await run(['doctor', '--port', '0', '-f', `${app.port}/hook`], { cwd: folder, env });
    await app.close();
    expect(stderr).toBe('');
    expect(
      stdout
        .replaceAll(folder, '~')
        .replaceAll(String(app.port), '3000')
        .replace(/\d\d:\d\d UTC/, '09:30 UTC'),
    ).toMatchInlineSnapshot(`
      "ok Node         version 20.19.0
      ok container    none around this program
      ok port         any free one
      ok app          http://localhost:3000/hook answers (200 to HEAD)
      ok cloudflared  version 2026.5.1, ~/cloudflared (PATH)
      ok data folder  ~/data/whapi-hooks, which is made when it is needed
      ok history      ~/data/whapi-hooks/history.db, not there yet; kept by libsql
      ok config       no whapi-hooks.config.json, and none is needed
      ok proxies      none in the environment
      !  token        none
                      listen --register and webhooks need one, in WHAPI_TOKEN or --token-file.
      ok journal      no settings wait to be given back
      ok clock        2026-03-01 09:30 UTC; compared with no other clock

      Nothing is in the way.
      "
    `);
    expect(code).toBe(0);
    expect(app.received.map(({ method, url }) => `${method} ${url}`)).toEqual(['HEAD /hook']);
    // Looking changes nothing.
    expect(readdirSync(folder)).toEqual(['cloudflared']);
  });

  it('where something is: its remedy below it, in colour where that is wanted, exit 1', async () => {
    const port = await takePort();
    const argv = ['doctor', '--port', String(port)];
    const options = { cwd: temporaryFolder(), env: { XDG_DATA_HOME: '/nowhere-that-is-there/x' } };
    const { code, stdout } = await run(argv, options);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      new RegExp(`^x {2}port {9}${port} is in use\\n {16}End what listens there; or --port 0 takes any free one\\.$`, 'm'),
    );
    expect(stdout).toMatch(/\n\n1 thing in the way\.\n$/);
    expect((await run(['--color', 'always', ...argv], options)).stdout).toContain('\u001b[31mx \u001b[39m');
    expect((await run(argv, { ...options, isTTY: true, env: { ...options.env, NO_COLOR: '1' } })).stdout).toBe(stdout);
  });

  it('--json is one document', async () => {
    const { code, told } = await examined();
    expect(code).toBe(0);
    expect(told.ok).toBe(true);
    expect(told.checks.map(({ name }) => name)).toEqual([
      'Node',
      'container',
      'port',
      'cloudflared',
      'data folder',
      'history',
      'config',
      'proxies',
      'token',
      'journal',
      'clock',
    ]);
    for (const check of told.checks) {
      expect(check.fact).not.toMatch(/\.$/);
      expect(['fine', 'note', 'wrong']).toContain(check.state);
    }
  });

  it.each([
    ['18.19.1', 'wrong'],
    ['20.18.3', 'wrong'],
    ['20.19.0', 'fine'],
    ['22.0.0', 'fine'],
    ['24.1.0', 'fine'],
  ])('Node %s is %s', async (node, state) => {
    const { of, code } = await examined([], { node });
    expect(of('Node')).toMatchObject([{ state, fact: expect.stringContaining(node) }]);
    expect(code).toBe(state === 'wrong' ? 1 : 0);
  });

  it('the default port in use is a note: listen takes the next one', async () => {
    // Another process may have it already; then it is in use as well.
    await takePort(4545).catch(() => {});
    const folder = temporaryFolder();
    const { code, stdout } = await run(['doctor', '--json'], { cwd: folder, env: { XDG_DATA_HOME: folder } });
    expect((JSON.parse(stdout) as Told).checks).toContainEqual({
      name: 'port',
      state: 'note',
      fact: '4545 is in use',
      remedy: 'listen takes the next free one; --port names one.',
    });
    expect(code).toBe(0);
  });

  it('a port of the environment counts', async () => {
    const port = await takePort();
    const folder = temporaryFolder();
    const { code, stdout } = await run(['doctor', '--json'], {
      env: { WHAPI_HOOKS_PORT: String(port), XDG_DATA_HOME: folder },
      cwd: folder,
    });
    expect(code).toBe(1);
    expect(stdout).toContain(`${port} is in use`);
  });

  it('an app that is down, that is no HTTP server, or that the container hides', async () => {
    const port = await closedPort();
    const down = await examined(['-f', String(port)]);
    expect(down.code).toBe(1);
    expect(down.of('app')).toEqual([
      {
        name: 'app',
        state: 'wrong',
        fact: expect.stringMatching(new RegExp(`^http://localhost:${port}/ does not answer: connection refused`)),
        remedy: 'Start your app, or name its address with --forward-to.',
      },
    ]);
    const inside = await examined(['-f', String(port)], { inContainer: true });
    expect(inside.of('app')[0]?.remedy).toMatch(/host\.docker\.internal/);
    expect(inside.of('container')).toMatchObject([{ state: 'note' }]);
    const raw = await startRaw((socket) => socket.end('no\r\n'));
    expect((await examined(['-f', `127.0.0.1:${raw.port}`])).of('app')[0]?.fact).toMatch(/the answer is not HTTP/);
  });

  it('several apps, each with its events, also behind a proxy', async () => {
    const app = await startApp((_received, _index, response) => void response.writeHead(404).end());
    const proxy = await startProxy(0, 502);
    const { of } = await examined(['-f', `calls=${app.port}`, '-f', 'http://app.example/hook'], { env: { HTTP_PROXY: proxy.url } });
    await app.close();
    expect(of('app').map(({ state, fact }) => [state, fact])).toEqual([
      ['fine', `http://localhost:${app.port}/ answers (404 to HEAD)`],
      ['note', 'http://app.example/hook answers (502 to HEAD)'],
    ]);
    expect(proxy.asked.map(({ line }) => line)).toEqual(['HEAD http://app.example/hook']);
  });

  it('cloudflared: which and which version; missing is a note, one that is none is wrong', async () => {
    const folder = temporaryFolder({ mine: FAKE, other: '#!/bin/sh\necho hello\n' });
    for (const name of ['mine', 'other']) chmodSync(join(folder, name), 0o755);
    const mine = await examined(['--cloudflared', join(folder, 'mine')]);
    expect(mine.of('cloudflared')).toEqual([
      { name: 'cloudflared', state: 'fine', fact: `version 2026.5.1, ${join(folder, 'mine')} (flag)` },
    ]);
    expect((await examined()).of('cloudflared')).toMatchObject([
      { state: 'note', remedy: expect.stringContaining('whapi-hooks tunnel install') },
    ]);
    const other = await examined([], { env: { CLOUDFLARED_BIN: join(folder, 'other') } });
    expect(other.of('cloudflared')).toMatchObject([{ state: 'wrong', fact: expect.stringMatching(/is not cloudflared.*hello$/) }]);
    expect(other.code).toBe(1);
    const gone = await examined([], { env: { CLOUDFLARED_BIN: '/nowhere' } });
    expect(gone.of('cloudflared')).toMatchObject([{ state: 'wrong', fact: 'CLOUDFLARED_BIN: /nowhere does not exist' }]);
  });

  it('folders: a data folder that cannot be, a history that is a folder', async () => {
    const folder = temporaryFolder({ file: '' });
    const broken = await examined([], { env: { XDG_DATA_HOME: join(folder, 'file') } });
    expect(broken.code).toBe(1);
    expect(broken.of('data folder')).toMatchObject([{ state: 'wrong', remedy: expect.stringContaining('XDG_DATA_HOME') }]);
    const history = await examined(['--history', folder]);
    expect(history.of('history')).toMatchObject([{ state: 'wrong', fact: expect.stringMatching(/is a folder$/) }]);
    const named = await examined(['--history', join(folder, 'h.db')]);
    expect(named.of('history')).toMatchObject([
      { state: 'fine', fact: expect.stringMatching(/h\.db, not there yet; kept by (?:libsql|node:sqlite)$/) },
    ]);
    expect(existsSync(join(folder, 'h.db'))).toBe(false);
  });

  it('folders that another user owns', async () => {
    if (!otherUserRuns('folders that may not be written')) return;
    const folder = temporaryFolder({ 'data/whapi-hooks/history.db': '' });
    for (const path of ['', 'data', 'data/whapi-hooks']) chmodSync(join(folder, path), 0o755);
    chmodSync(join(folder, 'data/whapi-hooks/history.db'), 0o644);
    const program = await buildProgram();
    const spawned = spawnProgram(program, ['doctor', '--port', '0'], { uid: 65_534, env: { XDG_DATA_HOME: join(folder, 'data') } });
    expect(await spawned.ended).toBe(1);
    program.remove();
    expect(spawned.stdout()).toMatch(/^x {2}data folder .* cannot be written: permission denied$/m);
    expect(spawned.stdout()).toMatch(/^x {2}history .* cannot be written: permission denied$/m);
    expect(spawned.stderr()).toBe('');
  });

  it('a config with a mistake in it is told as validate tells it', async () => {
    const cwd = temporaryFolder({ 'whapi-hooks.config.json': '{"fixturs":[]}' });
    const { of, code } = await examined([], { cwd });
    expect(code).toBe(1);
    expect(of('config')).toMatchObject([
      { state: 'wrong', fact: expect.stringMatching(/"fixturs" is not known$/), remedy: 'Did you mean fixtures?' },
    ]);
  });

  it('proxies: named without their passwords; one that cannot be used is wrong', async () => {
    const { of, code } = await examined([], { env: { HTTPS_PROXY: 'http://me:s3cr3t@proxy:3128', no_proxy: '.local' } });
    expect(code).toBe(0);
    expect(of('proxies')).toMatchObject([{ state: 'note', fact: 'HTTPS_PROXY=http://…@proxy:3128, no_proxy=.local' }]);
    const bad = await examined([], { env: { HTTP_PROXY: 'socks5://me:s3cr3t@x' } });
    expect(bad.of('proxies')).toMatchObject([{ state: 'wrong', fact: 'HTTP_PROXY names no proxy that can be used' }]);
    expect(JSON.stringify(bad.told)).not.toContain('s3cr3t');
  });

  it.each([
    ['Sun, 01 Mar 2026 09:30:00 GMT', 0, 'fine', /as the provider has it$/],
    ['Sun, 01 Mar 2026 09:30:00 GMT', 300_000, 'wrong', /5 min ahead of the provider's$/],
    ['Sun, 01 Mar 2026 09:30:00 GMT', -7_200_000, 'wrong', /120 min behind the provider's$/],
    ['no date', 0, 'fine', /compared with no other clock$/],
  ])('the clock beside one that says %s, %d ms off, is %s', async (date, off, state, fact) => {
    const runtime = testRuntime();
    const heard = [{ date, at: Date.UTC(2026, 2, 1, 9, 30, 0) + off }];
    expect(await checkClock({ options: { apiTimeout: 15_000 }, runtime, heard })).toMatchObject([
      { state, fact: expect.stringMatching(fact) },
    ]);
  });

  it('a clock that stands in 1970 is wrong by itself', async () => {
    const checked = await checkClock({ options: { apiTimeout: 15_000 }, runtime: { ...testRuntime(), now: () => 1000 }, heard: [] });
    expect(checked).toMatchObject([{ state: 'wrong', fact: '1970-01-01 00:00 UTC lies in the past' }]);
  });

  it.each([
    [['doctor', '--port', 'http'], /A port is a number/],
    [['doctor', '-f', 'nowhere'], /"nowhere" is not an endpoint/],
    [['doctor', '-f', NASTY], /is not an endpoint/],
    [['doctor', '--cloudflared', '/nowhere'], /--cloudflared: \/nowhere does not exist/],
    [['doctor', 'me'], /too many arguments/],
    [['doctor', '--jsn'], /Did you mean --json\?/],
    [['--color', 'alwys', 'doctor'], /--color/],
  ])('%j: exit 2, nothing on standard output', async (argv, says) => {
    const { code, stdout, stderr } = await run(argv, { cwd: temporaryFolder() });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
    expectHarmless(stderr);
    expectNoTrace(stderr);
  });

  it('--help tells the marks and the exit codes', async () => {
    const { code, stdout } = await run(['doctor', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Marks: ok in order[\s\S]*Exit codes: 0/);
  });
});
