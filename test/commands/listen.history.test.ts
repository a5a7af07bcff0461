import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { closedPort, send } from '../support/http.ts';
import { lookInto } from '../support/inside.ts';
import { delivered, message, named, records } from '../support/payloads.ts';
import { bin, finished, program, type Running, start } from '../support/process.ts';
import { run, startListener } from '../support/runtime.ts';

/** `listen` as a process, and where it listens. */
const listening = async (args: readonly string[], options: Parameters<typeof program>[1] = {}): Promise<{ it: Running; url: string }> => {
  const it = program(['listen', '--port', '0', ...args], options);
  onTestFinished(() => void it.child.kill('SIGKILL'));
  const [, url = ''] = await it.line(/Listening on (http:[^\s,]+)/);
  return { it, url };
};

/** Sends bodies from some connections at once, and keeps those that were answered 200. */
const pour = async (url: string, bodies: readonly string[], connections = 10): Promise<string[]> => {
  const taken: string[] = [];
  let at = 0;
  const one = async (): Promise<void> => {
    for (let body = bodies[at++]; body !== undefined; body = bodies[at++]) if ((await send(url, body)).status === 200) taken.push(body);
  };
  await Promise.all(Array.from({ length: connections }, one));
  return taken;
};

const many = (name: string, count: number): string[] => Array.from({ length: count }, (_, index) => named(`${name} ${index}`));

const bodiesIn = async (file: string): Promise<string[]> => {
  const { deliveries, sound } = await lookInto(file);
  expect(sound.filter((line) => line !== 'ok')).toEqual([]);
  return deliveries.map(({ body }) => body.toString());
};

describe('one history', () => {
  it('takes what two listeners receive at once, each delivery once', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const both = await Promise.all([listening(['--history', file, '-q']), listening(['--history', file, '-q'])]);
    const sent = [many('one', 800), many('two', 800)];
    const taken = await Promise.all(both.map(({ url }, index) => pour(url, sent[index] ?? [])));
    for (const { it } of both) it.child.kill('SIGINT');
    for (const { it } of both) expect(await it.ended, it.stderr()).toBe(0);
    expect(taken.map((own) => own.length)).toEqual([800, 800]);
    expect((await bodiesIn(file)).toSorted()).toEqual(taken.flat().toSorted());
  });

  it('is read by history --json while a listener writes it', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const { it: listener, url } = await listening(['--history', file, '-q']);
    await send(url, named('first'));
    const pouring = pour(url, many('more', 1500));
    const counts: number[] = [];
    for (let round = 0; round < 3; round++) {
      const { code, stdout, stderr } = await finished(program(['history', '--json', '--limit', '100000', '--history', file]));
      expect(code, stderr).toBe(0);
      counts.push(records(stdout).length);
    }
    expect((await pouring).length).toBe(1500);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(await bodiesIn(file)).toHaveLength(1501);
  });

  it('--keep-deliveries lets go of the oldest while it listens', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const { it: listener, url } = await listening(['--history', file, '-q', '--keep-deliveries', '100']);
    const bodies = many('n', 1200);
    expect(await pour(url, bodies, 1)).toHaveLength(1200);
    await vi.waitFor(async () => expect((await bodiesIn(file)).length).toBeLessThan(500), { timeout: 120_000 });
    const left = await bodiesIn(file);
    expect(left).toEqual(bodies.slice(-left.length));
    expect(left.length).toBeGreaterThanOrEqual(100);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
  });

  it('lies in the data folder, where only its owner may read it', async () => {
    const data = temporaryFolder();
    const { it: listener, url } = await listening([], { env: { XDG_DATA_HOME: data, WHAPI_HOOKS_NO_HISTORY: '' } });
    expect((await send(url, named('hi'))).status).toBe(200);
    const folder = join(data, 'whapi-hooks');
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    expect(mode(folder)).toBe('700');
    expect(
      readdirSync(folder)
        .sort()
        .map((name) => [name, mode(join(folder, name))]),
    ).toEqual([
      ['history.db', '600'],
      ['history.db-shm', '600'],
      ['history.db-wal', '600'],
    ]);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    expect(await bodiesIn(join(folder, 'history.db'))).toEqual([named('hi')]);
  });

  it.each([
    ['--no-history', ['--no-history'], {}],
    ['WHAPI_HOOKS_NO_HISTORY', [], { WHAPI_HOOKS_NO_HISTORY: '1' }],
  ] as const)('%s: nothing is written at all', async (_what, flags, env) => {
    const data = temporaryFolder();
    const { it: listener, url } = await listening([...flags], {
      cwd: data,
      env: { XDG_DATA_HOME: data, HOME: data, WHAPI_HOOKS_NO_HISTORY: '', ...env },
    });
    expect((await send(url, named('hi'))).status).toBe(200);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    expect(readdirSync(data)).toEqual([]);
  });

  it('does not hold events that -e does not choose: they are answered 200, and neither shown, recorded, forwarded nor stored', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'h.db');
    const app = await startApp();
    onTestFinished(() => app.close());
    const flags = ['--history', file, '--record', join(folder, 'r.jsonl'), '-e', 'statuses', '-f', app.url];
    const listener = await startListener(flags);
    expect((await send(listener.url, named('hidden'))).status).toBe(200);
    expect((await send(listener.url, delivered)).status).toBe(200);
    await app.count(1);
    expect(await listener.stop()).toBe(0);
    expect(await bodiesIn(file)).toEqual([delivered]);
    expect(app.received.map(({ body }) => body.toString())).toEqual([delivered]);
    expect(listener.runtime.stdout.text).not.toContain('hidden');
    expect(readFileSync(join(folder, 'r.jsonl'), 'utf8')).not.toContain('hidden');
    expect(listener.runtime.stderr.text).toMatch(/^1 delivery, 1 of other events/m);
  });

  it("holds nothing of the secret header's value", async () => {
    const file = join(temporaryFolder(), 'h.db');
    const secret = 'S3cr3t-that-nobody-else-knows';
    const listener = await startListener(['--history', file, '--secret-header', `X-Secret: ${secret}`]);
    expect((await send(listener.url, named('hi'), { headers: { 'X-Secret': secret } })).status).toBe(200);
    expect((await send(listener.url, named('stranger'), { headers: { 'X-Secret': `${secret}x` } })).status).toBe(401);
    const whole = (): string => ['', '-wal'].map((end) => (existsSync(file + end) ? readFileSync(file + end, 'latin1') : '')).join('');
    expect(whole()).toContain('99900011122@s.whatsapp.net');
    expect(whole()).not.toContain(secret);
    expect(await listener.stop()).toBe(0);
    expect(whole()).not.toContain(secret);
    expect(await bodiesIn(file)).toHaveLength(1);
  });
});

describe('what is sent again', () => {
  /** Runs the command that a listener named, as a person would: in a shell, as it was printed. */
  const runNamed = async (stderr: string, cwd: string, env: Record<string, string>): Promise<string> => {
    const [, command = ''] = /^Send (?:it|them) with: whapi-hooks (.*)$/m.exec(stderr) ?? [];
    expect(command, stderr).not.toBe('');
    const shell = start('/bin/sh', ['-c', `whapi() { "${process.execPath}" "${bin}" "$@"; }; whapi ${command}`], { cwd, env });
    const { code, stdout, stderr: told } = await finished(shell);
    expect(code, told).toBe(0);
    return stdout + told;
  };

  it('many of one app: those alone that it did not take', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const isMissed = (body: string): boolean => body.includes('missed');
    const bad = await startApp(({ body }, _index, response) => void response.writeHead(isMissed(body.toString()) ? 500 : 200).end());
    onTestFinished(() => bad.close());
    const { it: listener, url } = await listening(['--history', file, '-f', bad.url]);
    const bodies = many('missed', 8).flatMap((body, index) => [body, named(`taken ${index}`)]);
    expect(await pour(url, bodies, 1)).toEqual(bodies);
    await bad.count(16);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    const app = await startApp();
    onTestFinished(() => app.close());
    await runNamed(listener.stderr().replaceAll(bad.url, app.url), '/', {});
    expect(app.received.map(({ body }) => body.toString())).toEqual(bodies.filter(isMissed));
  });

  it('replay history:latest: the same bytes, verb, path and query', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const listener = await startListener(['--history', file, '--path', '/hook']);
    const body = `{ "messages" : [${JSON.stringify(message('h\u00e9 \\ud83d'))}],\r\n"channel_id":"JZGNAY-C53WG", "n": 1.10 }`;
    expect((await send(`${listener.url}/messages/post?key=a%20b`, body, { method: 'PUT' })).status).toBe(200);
    expect(await listener.stop()).toBe(0);
    const app = await startApp();
    onTestFinished(() => app.close());
    const { code, stderr } = await run(['replay', 'history:latest', '--history', file, '--to', `${app.url}/in`]);
    expect(code, stderr).toBe(0);
    expect(app.received.map(({ method, url, body: bytes }) => [method, url, bytes.toString()])).toEqual([
      ['PUT', '/in/messages/post?key=a%20b', body],
    ]);
  });

  it.each([
    ['few, named one by one', 3, "it's my history.db"],
    ['many, named by time', 9, 'h.db'],
    ['few, in the default place', 2, undefined],
  ] as const)('the command that the listener names at its end sends what was not delivered: %s', async (_what, count, name) => {
    const cwd = temporaryFolder();
    const port = await closedPort();
    const env = { XDG_DATA_HOME: cwd, WHAPI_HOOKS_NO_HISTORY: '' };
    const { it: listener, url } = await listening([...(name === undefined ? [] : ['--history', name]), '-f', `127.0.0.1:${port}/in`], {
      cwd,
      env,
    });
    const bodies = many('missed', count);
    expect(await pour(url, bodies, 1)).toEqual(bodies);
    await vi.waitFor(() => expect(listener.stdout().match(/<-- /g)).toHaveLength(count), { timeout: 120_000 });
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    const app = await startApp();
    onTestFinished(() => app.close());
    // The app is up again, elsewhere: ports of tests cannot be had twice for sure.
    const told = await runNamed(listener.stderr().replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${app.port}`), cwd, env);
    expect(
      app.received.map(({ body }) => body.toString()),
      `${listener.stderr()}\n${told}`,
    ).toEqual(bodies);
    expect(app.received.every(({ url: path }) => path === '/in')).toBe(true);
  });
});
