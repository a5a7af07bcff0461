import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { ensureCloudflared, installCloudflared } from '../../src/io/cloudflared/install.ts';
import type { Release } from '../../src/io/cloudflared/release.ts';
import { openTerminal } from '../../src/io/terminal.ts';
import type { Runtime } from '../../src/runtime.ts';
import { temporaryFolder } from '../support/folder.ts';
import { closedPort, startRaw } from '../support/http.ts';
import { start } from '../support/process.ts';
import { buildProgram, otherUserRuns, type Program, spawnProgram } from '../support/program.ts';
import { EXECUTABLE, otherHalf, releaseAt, sendHalf, sendWhole, serveFiles, sha256 } from '../support/release.ts';
import { testRuntime } from '../support/runtime.ts';
import { startProxy, TEST_CERTIFICATE } from '../support/tls.ts';

const VERSION_FOLDER = 'whapi-hooks/cloudflared/2026.5.1';

/** Installs into a data folder of its own. */
const installing = async (
  cloudflared: Release,
  options: { env?: Record<string, string>; after?: Runtime['after']; ca?: string[]; data?: string } = {},
) => {
  const data = options.data ?? temporaryFolder();
  const runtime = testRuntime({
    env: { XDG_DATA_HOME: data, ...options.env },
    cloudflared,
    ...(options.after && { after: options.after }),
  });
  const terminal = await openTerminal(runtime, 'never');
  const done = installCloudflared({ runtime, terminal, ...(options.ca && { ca: options.ca }) });
  const folder = join(data, VERSION_FOLDER);
  const left = (): string[] => (existsSync(folder) ? readdirSync(folder) : []);
  return { done, data, folder, path: join(folder, 'cloudflared'), left, runtime, terminal };
};

/** What a failed download says, without its hint; nothing of it is left. */
const failing = async (cloudflared: Release, options: Parameters<typeof installing>[1] = {}, advice = /cloudflared/): Promise<string> => {
  const { done, left } = await installing(cloudflared, options);
  const error: unknown = await done.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).exitCode).toBe(3);
  expect((error as UserError).hint).toMatch(advice);
  expect(left()).toEqual([]);
  return (error as UserError).message;
};

/** Timers that run when the test says so. */
const handedTimers = () => {
  const actions = new Set<() => void>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let set = 0;
  const after: Runtime['after'] = (_ms, action) => {
    actions.add(action);
    set++;
    for (const { count, resolve } of waiting) if (set >= count) resolve();
    return () => actions.delete(action);
  };
  return {
    after,
    /** Resolves when a timer has been set so often. */
    times: (count: number) => new Promise<void>((resolve) => (set >= count ? resolve() : void waiting.push({ count, resolve }))),
    fire: () => {
      for (const action of actions) action();
    },
  };
};

describe('the right file', () => {
  it('is put in place, executable, and nothing else with it', async () => {
    const server = await serveFiles();
    const { done, path, left, terminal, runtime } = await installing(releaseAt(server.base));
    expect(await done).toEqual({ path, fresh: true });
    expect(sha256(readFileSync(path))).toBe(sha256(EXECUTABLE));
    expect(statSync(path).mode & 0o777).toBe(0o755);
    expect(left()).toEqual(['cloudflared']);
    expect(server.asked).toEqual(['GET /cloudflared-linux-amd64']);
    await terminal.err.flush();
    expect(runtime.stderr.text).toBe(`Downloading cloudflared 2026.5.1 (3.0 MB) from 127.0.0.1:${server.port} …\n`);
  });

  it('is private and not executable until it was checked', async () => {
    const timers = handedTimers();
    let response: ServerResponse | undefined;
    const server = await serveFiles((_path, given) => {
      response = given;
      sendHalf(given, () => {});
    });
    const { done, folder, left } = await installing(releaseAt(server.base), { after: timers.after });
    await timers.times(2);
    const [temporary = ''] = left();
    expect(temporary).toMatch(/^cloudflared\..*\.part$/);
    expect(statSync(join(folder, temporary)).mode & 0o777).toBe(0o600);
    response?.end(otherHalf);
    expect(await done).toMatchObject({ fresh: true });
  });

  it('stays where it is there already, and is not asked for again', async () => {
    const server = await serveFiles();
    const { data, done } = await installing(releaseAt(server.base));
    await done;
    const again = await installing(releaseAt(server.base), { data });
    expect(await again.done).toEqual({ path: again.path, fresh: false });
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ['was changed', (path: string) => writeFileSync(path, 'changed')],
    ['may not be run', (path: string) => chmodSync(path, 0o600)],
  ])('replaces one that %s', async (_what, spoil) => {
    const server = await serveFiles();
    const { data, done, path } = await installing(releaseAt(server.base));
    await done;
    spoil(path);
    expect(await (await installing(releaseAt(server.base), { data })).done).toEqual({ path, fresh: true });
    expect(sha256(readFileSync(path))).toBe(sha256(EXECUTABLE));
    expect(statSync(path).mode & 0o777).toBe(0o755);
  });

  it('comes encrypted, by redirects to other hosts and paths', async () => {
    const store = await serveFiles(undefined, true);
    const middle = await serveFiles((path, response) => {
      if (path === '/second') response.writeHead(307, { location: `https://127.0.0.1:${store.port}/signed?key=a%20b&x=1` }).end();
      else response.writeHead(302, { location: '/second' }).end('moved');
    }, true);
    const { done } = await installing(releaseAt(middle.base), { ca: [TEST_CERTIFICATE] });
    expect(await done).toMatchObject({ fresh: true });
    expect(middle.asked).toEqual(['GET /cloudflared-linux-amd64', 'GET /second']);
    expect(store.asked).toEqual(['GET /signed?key=a%20b&x=1']);
  });

  it('comes through a proxy that needs CONNECT, which sees nothing of it', async () => {
    const server = await serveFiles(undefined, true);
    const proxy = await startProxy(server.port);
    const { done } = await installing(releaseAt('https://app.example/files/'), {
      env: { HTTPS_PROXY: proxy.url.replace('//', '//me:secret@') },
      ca: [TEST_CERTIFICATE],
    });
    expect(await done).toMatchObject({ fresh: true });
    expect(proxy.asked.map(({ line }) => line)).toEqual(['CONNECT app.example:443']);
    expect(proxy.asked[0]?.headers['proxy-authorization']).toMatch(/^Basic /);
    expect(server.asked).toEqual(['GET /files/cloudflared-linux-amd64']);
  });
});

describe('another file', () => {
  it('is deleted, and both checksums are told', async () => {
    const other = Buffer.from(EXECUTABLE);
    other[100] = 1;
    const server = await serveFiles((_path, response) => sendWhole(response, other));
    expect(await failing(releaseAt(server.base))).toBe(
      `What was downloaded as cloudflared is another file than expected; it was deleted. SHA-256 is ${sha256(other)}, expected ${sha256(EXECUTABLE)}.`,
    );
  });

  it('leaves the one that was there as it is', async () => {
    const server = await serveFiles((_path, response) => sendWhole(response, Buffer.from('<html>sign in first</html>')));
    const data = temporaryFolder({ [`${VERSION_FOLDER}/cloudflared`]: 'mine' });
    const { done, path, left } = await installing(releaseAt(server.base), { data });
    await expect(done).rejects.toThrow(/another file than expected/);
    expect(left()).toEqual(['cloudflared']);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('that is too large is not taken to its end, whether its size is told or not', async () => {
    const told = await serveFiles((_path, response) => response.writeHead(200, { 'content-length': 9_000_000 }).flushHeaders());
    expect(await failing(releaseAt(told.base, { most: 4_000_000 }))).toMatch(/has 9\.0 MB, and no more than 4\.0 MB is taken/);
    const endless = await serveFiles((_path, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(await failing(releaseAt(endless.base, { most: 4_000_000 }))).toMatch(/has no end: more than 4\.0 MB is not taken/);
  });

  it('that is too small to be one is refused even with the right checksum', async () => {
    const server = await serveFiles();
    expect(await failing(releaseAt(server.base, { least: 4_000_000 }))).toMatch(/has only 3\.0 MB; it was deleted/);
  });
});

describe('a file that does not come', () => {
  it.each([
    [404, /answered 404 to http:\/\/127\.0\.0\.1:\d+\/cloudflared-linux-amd64\.$/],
    [500, /answered 500/],
    [304, /answered 304/],
  ])('status %s is told', async (status, says) => {
    const server = await serveFiles((_path, response) => response.writeHead(status).end());
    expect(await failing(releaseAt(server.base))).toMatch(says);
  });

  it('is told with how far it came when the connection ends', async () => {
    const server = await serveFiles((_path, response) => sendHalf(response, () => response.destroy()));
    expect(await failing(releaseAt(server.base))).toMatch(/127\.0\.0\.1:\d+ ended the connection after .+ of 3\.0 MB\.$/);
  });

  it('is told when nothing listens, and when what answers is no HTTP', async () => {
    expect(await failing(releaseAt(`http://127.0.0.1:${await closedPort()}/`))).toMatch(/connection refused \(127\.0\.0\.1:\d+\)\.$/);
    const raw = await startRaw((socket) => socket.end('SSH-2.0-nothing\r\n'));
    expect(await failing(releaseAt(`${raw.url}/`))).toMatch(/the answer is not HTTP/);
  });

  it('is told when the certificate is not to be trusted', async () => {
    const server = await serveFiles(undefined, true);
    expect(await failing(releaseAt(server.base), {}, /^NODE_EXTRA_CA_CERTS=<file> trusts/)).toMatch(/the certificate is self-signed/);
    expect(server.asked).toEqual([]);
  });

  it('is told when it stands still, before its beginning and in its middle', async () => {
    const silent = await serveFiles(() => {});
    const early = handedTimers();
    const begun = failing(releaseAt(silent.base), { after: early.after });
    await early.times(1);
    early.fire();
    expect(await begun).toMatch(/127\.0\.0\.1:\d+ did not answer within 30 s\.$/);

    const half = await serveFiles((_path, response) => sendHalf(response, () => {}));
    const late = handedTimers();
    const stalled = failing(releaseAt(half.base), { after: late.after });
    await late.times(2);
    late.fire();
    expect(await stalled).toMatch(/nothing more came for 30 s, after .+ of 3\.0 MB from 127\.0\.0\.1:\d+\.$/);
  });

  it.each([
    ['round in a circle', '/cloudflared-linux-amd64', /redirects more than 5 times/],
    ['to nowhere', 'http://[', /redirects to nowhere/],
    ['to no place at all', undefined, /redirects to nowhere/],
    ['to a file of this machine', 'file:///etc/passwd', /redirects to nowhere/],
  ])('is told when it is redirected %s', async (_where, location, says) => {
    const server = await serveFiles((_path, response) => response.writeHead(302, location === undefined ? {} : { location }).end());
    expect(await failing(releaseAt(server.base))).toMatch(says);
  });

  it('is not taken from where nothing is encrypted', async () => {
    const open = await serveFiles();
    const server = await serveFiles((_path, response) => response.writeHead(302, { location: `${open.base}file` }).end(), true);
    expect(await failing(releaseAt(server.base), { ca: [TEST_CERTIFICATE] })).toMatch(
      /redirects to 127\.0\.0\.1:\d+, where nothing is encrypted/,
    );
    expect(open.asked).toEqual([]);
  });

  it('is told when the proxy refuses, cannot be reached, or cannot be used', async () => {
    const release = releaseAt('https://app.example/');
    const refusing = await startProxy(0, 407);
    expect(await failing(release, { env: { HTTPS_PROXY: refusing.url } }, /^Look at HTTPS_PROXY: a name and a password/)).toMatch(
      /the proxy 127\.0\.0\.1:\d+ refuses: 407/,
    );
    expect(await failing(release, { env: { HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}` } })).toMatch(/connection refused/);
    const { done, left } = await installing(release, { env: { HTTPS_PROXY: 'socks5://127.0.0.1:1' } });
    await expect(done).rejects.toThrow(/HTTPS_PROXY names no proxy that can be used/);
    expect(left()).toEqual([]);
  });

  it('leaves nothing when the person stops it', async () => {
    const timers = handedTimers();
    const server = await serveFiles((_path, response) => sendHalf(response, () => {}));
    const { done, left, runtime } = await installing(releaseAt(server.base), { after: timers.after });
    await timers.times(2);
    expect(left()).toHaveLength(1);
    runtime.stop();
    expect(await done).toBeUndefined();
    expect(left()).toEqual([]);
  });
});

describe('a disk', () => {
  it('that is full is told, and nothing is left on it', async () => {
    const disk = temporaryFolder();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status !== 0) {
      process.stdout.write('skipped: a small file system cannot be mounted here to fill it\n');
      return;
    }
    try {
      const server = await serveFiles();
      const release = releaseAt(server.base);
      expect(await failing(release, { data: disk })).toBe(
        `cloudflared cannot be put into ${join(disk, VERSION_FOLDER)}: the disk is full.`,
      );
      // With room again it goes on.
      spawnSync('mount', ['-o', 'remount,size=20m', disk]);
      expect(await (await installing(release, { data: disk })).done).toMatchObject({ fresh: true });
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });

  it('on which no folder can be made is told', async () => {
    const server = await serveFiles();
    const data = temporaryFolder({ 'whapi-hooks': 'a file' });
    const { done } = await installing(releaseAt(server.base), { data });
    await expect(done).rejects.toThrow(/^cloudflared cannot be put into .*: (?:a part of the path is not a folder|.*exist.*)\.$/);
    expect(server.asked).toEqual([]);
  });
});

describe('consent', () => {
  const ensuring = async (install: boolean, options: Parameters<typeof testRuntime>[0] = {}) => {
    const data = temporaryFolder();
    const runtime = testRuntime({ ...options, env: { XDG_DATA_HOME: data, ...options.env } });
    const done = ensureCloudflared({ flag: undefined, install, runtime, terminal: await openTerminal(runtime, 'never') });
    return { done, data, runtime, path: join(data, VERSION_FOLDER, 'cloudflared') };
  };

  it.each([['y'], ['YES '], [' yes']])(
    'is the answer %j to a question that says what, how much, from where and where to',
    async (answer) => {
      const server = await serveFiles();
      const { done, path, runtime } = await ensuring(false, { cloudflared: releaseAt(server.base), answers: [answer] });
      expect(await done).toEqual({ path, origin: 'data folder' });
      expect(runtime.stderr.text).toContain(
        `cloudflared makes the tunnel and is not installed. Download version 2026.5.1 (some 3.0 MB) from 127.0.0.1:${server.port} to ${path}? [y/N] `,
      );
    },
  );

  it.each([['n'], [''], ['yess'], ['no'], [undefined]])('is not the answer %j', async (answer) => {
    const server = await serveFiles();
    const { done } = await ensuring(false, { cloudflared: releaseAt(server.base), answers: [answer] });
    await expect(done).rejects.toThrow(/not installed/);
    expect(server.asked).toEqual([]);
  });

  it('is the flag, and then nobody is asked', async () => {
    const server = await serveFiles();
    const { done, path, runtime } = await ensuring(true, { cloudflared: releaseAt(server.base), answers: [] });
    expect(await done).toEqual({ path, origin: 'data folder' });
    expect(runtime.stderr.text).not.toContain('?');
  });

  it('is never asked for without a terminal: the error names the flag, the command and the package manager', async () => {
    const server = await serveFiles();
    const { done, runtime } = await ensuring(false, { cloudflared: releaseAt(server.base) });
    await expect(done).rejects.toThrow(
      expect.objectContaining({
        exitCode: 3,
        hint: '--install-cloudflared or whapi-hooks tunnel install downloads it; or: see https://pkg.cloudflare.com.',
      }),
    );
    expect(runtime.stderr.text).toBe('');
    expect(server.asked).toEqual([]);
  });

  it('is not asked for where no checksum is known: Homebrew is named', async () => {
    const { done, runtime } = await ensuring(true, {
      cloudflared: releaseAt('http://127.0.0.1:9/'),
      platform: 'darwin',
      arch: 'arm64',
      answers: ['y'],
    });
    await expect(done).rejects.toThrow(
      expect.objectContaining({
        exitCode: 3,
        message: expect.stringMatching(/for this machine \(darwin-arm64\) with a checksum that can be trusted/),
        hint: expect.stringMatching(/brew install cloudflared/),
      }),
    );
    expect(runtime.stderr.text).toBe('');
  });

  it('is not needed where one is found', async () => {
    const folder = temporaryFolder({ mine: '#!/bin/sh\n' });
    chmodSync(join(folder, 'mine'), 0o755);
    const { done } = await ensuring(false, { env: { CLOUDFLARED_BIN: join(folder, 'mine') } });
    expect(await done).toEqual({ path: join(folder, 'mine'), origin: 'environment' });
  });
});

describe('downloads as processes', () => {
  let program: Program;
  beforeAll(async () => {
    program = await buildProgram('test/support/release-entry.ts');
  });
  afterAll(() => program.remove());

  const environment = (data: string, base: string) => ({ XDG_DATA_HOME: data, RELEASE: JSON.stringify(releaseAt(base)) });

  it('that were killed half way leave a file that the next one takes away', async () => {
    const data = temporaryFolder();
    const folder = join(data, VERSION_FOLDER);
    const responses: ServerResponse[] = [];
    let half = (): void => {};
    const sent = new Promise<void>((resolve) => {
      half = resolve;
    });
    const server = await serveFiles((_path, response) => {
      responses.push(response);
      if (responses.length === 1) sendHalf(response, half);
      else sendWhole(response);
    });
    const env = environment(data, server.base);
    const killed = spawnProgram(program, ['tunnel', 'install'], { env });
    await killed.told(/Downloading/);
    await sent;
    killed.child.kill('SIGKILL');
    expect(await killed.ended).toBe('SIGKILL');
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/\.part$/)]);
    const next = spawnProgram(program, ['tunnel', 'install'], { env });
    expect(await next.ended).toBe(0);
    expect(readdirSync(folder)).toEqual(['cloudflared']);
    expect(spawnSync(join(folder, 'cloudflared'), ['--version']).stdout.toString()).toMatch(/^cloudflared version 2026\.5\.1/);
  });

  it('that run at once do one another no harm', async () => {
    const data = temporaryFolder();
    const responses: ServerResponse[] = [];
    // All of them are half way before any goes on.
    const server = await serveFiles((_path, response) => {
      responses.push(response);
      sendHalf(response, () => {});
      if (responses.length === 3) for (const each of responses) each.end(otherHalf);
    });
    const env = environment(data, server.base);
    const all = [1, 2, 3].map(() => spawnProgram(program, ['tunnel', 'install'], { env }));
    expect(await Promise.all(all.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    expect(readdirSync(join(data, VERSION_FOLDER))).toEqual(['cloudflared']);
  });

  it('end with 130 on Ctrl-C and leave nothing', async () => {
    const data = temporaryFolder();
    const server = await serveFiles((_path, response) => sendHalf(response, () => {}));
    const stopped = spawnProgram(program, ['tunnel', 'install'], { env: environment(data, server.base) });
    await stopped.told(/Downloading/);
    stopped.child.kill('SIGINT');
    expect(await stopped.ended).toBe(130);
    expect(stopped.stderr()).toMatch(/Stopped; nothing was installed\.\n$/);
    expect(stopped.stdout()).toBe('');
    expect(readdirSync(join(data, VERSION_FOLDER))).toEqual([]);
  });

  it('end on Ctrl-C while a proxy keeps them waiting', async () => {
    const data = temporaryFolder();
    let asked = (): void => {};
    const connecting = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const proxy = await startRaw(() => asked());
    const env = { ...environment(data, 'https://app.example/'), HTTPS_PROXY: proxy.url };
    const stopped = spawnProgram(program, ['tunnel', 'install'], { env });
    await connecting;
    stopped.child.kill('SIGINT');
    expect(await stopped.ended).toBe(130);
    expect(proxy.received[0]).toMatch(/^CONNECT app\.example:443 HTTP/);
  });

  it('trust what the environment trusts, through a proxy', async () => {
    const data = temporaryFolder({ 'ca.pem': TEST_CERTIFICATE });
    const server = await serveFiles(undefined, true);
    const proxy = await startProxy(server.port);
    const env = { ...environment(data, 'https://app.example/'), HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: join(data, 'ca.pem') };
    const installed = spawnProgram(program, ['tunnel', 'install'], { env });
    expect(await installed.ended).toBe(0);
    expect(installed.stdout()).toBe(`cloudflared 2026.5.1 installed: ${join(data, VERSION_FOLDER, 'cloudflared')}\n`);
    expect(proxy.asked).toHaveLength(1);
  });

  it('show a bar on a terminal', async () => {
    if (spawnSync('script', ['--version']).status !== 0) {
      process.stdout.write('skipped: script is needed to look at a terminal\n');
      return;
    }
    const data = temporaryFolder();
    let response: ServerResponse | undefined;
    const server = await serveFiles((_path, given) => {
      response = given;
      sendHalf(given, () => {});
    });
    const command = `stty cols 100; "${process.execPath}" "${program.bin}" tunnel install`;
    const running = start('script', ['-qefc', command, '/dev/null'], {
      env: { ...environment(data, server.base), TERM: 'xterm', CI: undefined },
    });
    await running.line(/█{11,12}░{12,13} (?:49|50) % {2}1\.5 MB of 3\.0 MB/);
    response?.end(otherHalf);
    expect(await running.ended).toBe(0);
    expect(running.stdout()).toMatch(/cloudflared 2026\.5\.1 installed: /);
    expect(running.stdout()).not.toMatch(/Downloading/);
  });

  it('say where they may not write', async () => {
    if (!otherUserRuns('a data folder that may not be written')) return;
    const data = temporaryFolder();
    chmodSync(data, 0o755);
    const server = await serveFiles();
    const refused = spawnProgram(program, ['tunnel', 'install'], { env: environment(data, server.base), uid: 65_534 });
    expect(await refused.ended).toBe(3);
    expect(refused.stderr()).toMatch(/^error: cloudflared cannot be put into .*: permission denied\.\n/);
    expect(server.asked).toEqual([]);
  });
});

describe('what downloads left behind', () => {
  it('goes when nobody can be writing it any more, and stays otherwise', async () => {
    const server = await serveFiles();
    const { done, folder, left } = await installing(releaseAt(server.base), {
      data: temporaryFolder({
        [`${VERSION_FOLDER}/cloudflared.00000000-1-aaaaaaaa.part`]: 'of another machine, old',
        [`${VERSION_FOLDER}/cloudflared.00000000-1-bbbbbbbb.part`]: 'of another machine, now',
        [`${VERSION_FOLDER}/cloudflared.notes`]: 'of somebody else',
      }),
    });
    await done;
    // The clock of the test stands in March 2026: everything that is written is younger.
    expect(left().sort()).toEqual([
      'cloudflared',
      'cloudflared.00000000-1-aaaaaaaa.part',
      'cloudflared.00000000-1-bbbbbbbb.part',
      'cloudflared.notes',
    ]);
    const old = new Date(Date.UTC(2026, 2, 1, 8, 0, 0));
    utimesSync(join(folder, 'cloudflared.00000000-1-aaaaaaaa.part'), old, old);
    writeFileSync(join(folder, 'cloudflared'), 'changed, so that it is installed again');
    const again = await installing(releaseAt(server.base), { data: join(folder, '../../..') });
    await again.done;
    expect(left().sort()).toEqual(['cloudflared', 'cloudflared.00000000-1-bbbbbbbb.part', 'cloudflared.notes']);
  });
});
