import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app.ts';
import { type Behaviour, deliver, EDGE_CERTIFICATE, makeCloudflared, runs, type StandIn, startEdgeProxy } from '../support/cloudflared.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless } from '../support/harmless.ts';
import { named, unnamed } from '../support/payloads.ts';
import { start } from '../support/process.ts';
import { buildProgram, type Program, type Spawned, spawnProgram } from '../support/program.ts';
import { checkedRecords } from '../support/records.ts';

/** The program with waits that are over twenty times sooner, but those for other processes. */
let program: Program;
beforeAll(async () => {
  program = await buildProgram('test/support/paced.ts');
});
afterAll(() => program.remove());

const NAME = 'https://brave-otters-fetch-hooks.trycloudflare.com';

interface Scene {
  readonly standIn: StandIn;
  readonly data: string;
  readonly env: Record<string, string>;
  readonly asked: readonly string[];
  listen(flags?: readonly string[], env?: Record<string, string>): Spawned;
}

/** A machine with the stand-in, and the way to its edge. */
const scene = async (behaviours: readonly Behaviour[] = [{}]): Promise<Scene> => {
  const standIn = makeCloudflared(behaviours);
  const proxy = await startEdgeProxy(standIn.folder);
  const data = temporaryFolder();
  const env = {
    CLOUDFLARED_BIN: standIn.path,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: EDGE_CERTIFICATE,
    XDG_DATA_HOME: data,
    WHAPI_HOOKS_NO_HISTORY: '1',
    TEST_PACE: '20',
  };
  return {
    standIn,
    data,
    env,
    asked: proxy.asked,
    listen: (flags = [], more = {}) => {
      const listener = spawnProgram(program, ['listen', '--port', '0', ...flags], { env: { ...env, ...more } });
      onTestFinished(() => void listener.child.kill('SIGKILL'));
      return listener;
    },
  };
};

const pidOf = (standIn: StandIn, index = -1): number => standIn.calls().at(index)?.pid ?? 0;
const notes = (data: string): string[] => readdirSync(join(data, 'whapi-hooks', 'tunnels')).filter((name) => name.endsWith('.json'));

describe('listen --tunnel, from nothing to an event that is delivered, checked and forwarded', () => {
  it.each([
    ['body', '', 'POST', named('hi')],
    ['path', '/messages/post', 'POST', unnamed('hi')],
    ['method', '/messages', 'POST', unnamed('hi')],
  ])('in mode %s', async (mode, below, verb, body) => {
    const { standIn, listen } = await scene([{ pieces: 7 }]);
    const app = await startApp();
    const listener = listen(['--tunnel', '--path', '/hook', '-f', `${app.port}/in`, '--json', '--count', '1'], { NO_COLOR: '1' });
    expect(await listener.told(/Public address/)).toBe(`Public address: ${NAME}/hook`);
    expect(await deliver(standIn, new URL(`${NAME}/hook${below}`), body, verb)).toBe(200);
    await app.count(1);
    expect(await listener.ended).toBe(0);
    expect(app.received[0]).toMatchObject({ method: verb, url: `/in${below}`, body: Buffer.from(body) });
    const records = checkedRecords(listener.stdout());
    expect(records.map(({ type }) => type)).toEqual(['tunnel', 'ready', 'delivery', 'outcome', 'stopped']);
    expect(records[0]).toMatchObject({ url: `${NAME}/hook`, state: 'up', reachable: true });
    expect(records[1]).toMatchObject({ public: `${NAME}/hook` });
    expect(records[2]).toMatchObject({ event: 'messages.post', mode, verdict: 'valid' });
    expect(records[3]).toMatchObject({ status: 200 });
    expect(records[4]).toMatchObject({ reason: 'count', deliveries: 1, refused: {} });
    expectHarmless(listener.stderr());
    expect(listener.stderr()).toMatch(/^Opening a tunnel with cloudflared …$/m);
    expect(runs(pidOf(standIn), standIn.path)).toBe(false);
  });

  it('where QUIC is blocked, over HTTP/2, at the second name', async () => {
    const { standIn, listen } = await scene([
      { quic: false, name: 'first-name' },
      { quic: false, name: 'second-name' },
    ]);
    const listener = listen(['--tunnel', '--json'], { TEST_KEEP: '15000,20000,30000' });
    expect(await listener.told(/Public address/)).toBe('Public address: https://second-name.trycloudflare.com/');
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    expect(standIn.calls().map(({ args }) => args.slice(-4, -2))).toEqual([
      ['--metrics', '127.0.0.1:0'],
      ['--protocol', 'http2'],
    ]);
  });

  it('huge output without a line break before all else does no harm', async () => {
    const { standIn, listen } = await scene([{ huge: 50_000_000 }]);
    const listener = listen(['--tunnel', '--json']);
    await listener.told(/Public address/);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    expect(runs(pidOf(standIn), standIn.path)).toBe(false);
  });

  it('a config in the default folder of cloudflared is not read', async () => {
    const { listen } = await scene();
    const home = temporaryFolder({ '.cloudflared/config.yml': 'tunnel: mine\n' });
    const listener = listen(['--tunnel'], { HOME: home });
    await listener.told(/Public address/);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
  });

  it('comes back under another name: told once, and in the records', async () => {
    const { standIn, listen } = await scene([{ later: ['exit'] }, { name: 'calm-foxes-carry-mail' }]);
    const listener = listen(['--tunnel', '--json']);
    await listener.told(/Public address/);
    process.kill(pidOf(standIn), 'SIGUSR2');
    expect(await listener.told(/is back/)).toBe('The public address is back: https://calm-foxes-carry-mail.trycloudflare.com/');
    expect(await deliver(standIn, new URL('https://calm-foxes-carry-mail.trycloudflare.com/'), named('hi'))).toBe(200);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    const records = checkedRecords(listener.stdout());
    expect(records.map(({ type, state, url }) => [type, ...(type === 'tunnel' ? [state, url] : [])])).toEqual([
      ['tunnel', 'up', `${NAME}/`],
      ['ready'],
      ['tunnel', 'down', `${NAME}/`],
      ['tunnel', 'up', 'https://calm-foxes-carry-mail.trycloudflare.com/'],
      ['delivery'],
      ['stopped'],
    ]);
  });

  it('--tunnel-command runs any program, and finds which of its urls leads here', async () => {
    const { standIn, listen, asked } = await scene();
    const script = 'console.log("see https://docs.example/start for help"); import(process.argv[1])';
    const command = `"${process.execPath}" -e '${script}' ${standIn.path} tunnel --url http://127.0.0.1:{port}`;
    const listener = listen(['--tunnel-command', command, '--json'], { CLOUDFLARED_BIN: '/nowhere' });
    // The script runs the stand-in as its own: one process, two urls.
    expect(await listener.told(/Public address/)).toBe(`Public address: ${NAME}/`);
    expect(asked).toContain('docs.example:443');
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    expect(runs(pidOf(standIn), standIn.path)).toBe(false);
  });

  it.each<[string, string, RegExp, number]>([
    ['is not there', 'no-such-program-here {port}', /no-such-program-here cannot be started: there is no such program/, 3],
    [
      'ends without a url',
      `"${process.execPath}" -e 'console.log("bye")'`,
      /ended \(exit code 0\) before it named its url\. It said: bye/,
      3,
    ],
    [
      'names no url',
      `"${process.execPath}" -e 'console.log("hm"); setInterval(() => {}, 1e6)'`,
      /has named no https url in time\. It said: hm/,
      3,
    ],
  ])('--tunnel-command with a program that %s', async (_what, command, message, code) => {
    const { listen } = await scene();
    const listener = listen(['--tunnel-command', command, '--json'], { TEST_PACE: '6', TEST_KEEP: '' });
    expect(await listener.ended).toBe(code);
    expect(listener.stderr()).toMatch(message);
    expect(listener.stdout()).toBe('');
  });
});

describe('whatever way the listener ends, cloudflared ends', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s: exit 0', async (signal) => {
    const { standIn, listen, data } = await scene();
    const listener = listen(['--tunnel']);
    await listener.told(/Public address/);
    expect(notes(data)).toEqual([`${pidOf(standIn)}.json`]);
    listener.child.kill(signal);
    expect(await listener.ended).toBe(0);
    expect(runs(pidOf(standIn), standIn.path)).toBe(false);
    expect(notes(data)).toEqual([]);
  });

  it('Ctrl-C before the tunnel is open', async () => {
    const { standIn, listen } = await scene([{ hang: true }]);
    const listener = listen(['--tunnel', '--json'], { TEST_PACE: '1' });
    await standIn.hangs();
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    expect(runs(pidOf(standIn), standIn.path)).toBe(false);
    expect(checkedRecords(listener.stdout()).map(({ type }) => type)).toEqual(['stopped']);
  });

  it('one that does not end at SIGTERM is killed after some seconds', async () => {
    const { standIn, listen } = await scene([{ stubborn: true }]);
    const listener = listen(['--tunnel']);
    await listener.told(/Public address/);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    expect(runs(pidOf(standIn), standIn.path)).toBe(false);
  });

  it('a second Ctrl-C leaves at once, with 130, and nothing stays', async () => {
    const { standIn, listen } = await scene([{ stubborn: true, hang: true }]);
    const listener = listen(['--tunnel'], { TEST_PACE: '0.01' });
    // With waits a hundred times longer only a kill on the way out can end it.
    await standIn.hangs();
    listener.child.kill('SIGINT');
    await signalled(standIn);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(130);
    expect(await ended(pidOf(standIn), standIn.path)).toBe(true);
  });

  it('the reader of its records goes away', async () => {
    const { standIn, env } = await scene();
    const command = `"${process.execPath}" "${program.bin}" listen --port 0 --tunnel --json | head -n 1`;
    const { status, stdout } = await result('bash', ['-o', 'pipefail', '-c', command], env, async () => {
      await deliver(standIn, new URL(NAME), named('hi'));
    });
    expect(status).toBe(0);
    expect(checkedRecords(stdout)).toHaveLength(1);
    expect(runs(pidOf(standIn), standIn.path)).toBe(false);
  });

  it('it is in a group of its own: Ctrl-C in a terminal reaches the listener alone', async () => {
    const { standIn, listen } = await scene();
    const listener = listen(['--tunnel']);
    await listener.told(/Public address/);
    const pid = pidOf(standIn);
    // proc(5): the group is the field behind state and parent.
    expect(/\) \w \d+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]).toBe(String(pid));
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
  });
});

describe('after kill -9 of the listener', () => {
  it.each([
    ['the next one with a tunnel', ['--tunnel']],
    ['the next one without a tunnel', []],
  ])('%s ends what was left', async (_what, flags) => {
    const { standIn, listen, data } = await scene();
    const killed = listen(['--tunnel']);
    await killed.told(/Public address/);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const left = pidOf(standIn);
    expect(runs(left, standIn.path)).toBe(true);
    const next = listen(flags);
    expect(await next.told(/had left/)).toBe('Ended 1 tunnel program that a listener which was killed had left.');
    expect(runs(left, standIn.path)).toBe(false);
    await next.told(flags.length > 0 ? /Public address/ : /Listening/);
    next.child.kill('SIGINT');
    expect(await next.ended).toBe(0);
    expect(notes(data)).toEqual([]);
  });

  it('a stranger that has got the number since is left alone', async () => {
    const { standIn, listen, data } = await scene();
    const killed = listen(['--tunnel']);
    await killed.told(/Public address/);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const left = pidOf(standIn);
    const stranger: ChildProcess = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { detached: true, stdio: 'ignore' });
    onTestFinished(() => void stranger.kill('SIGKILL'));
    await once(stranger, 'spawn');
    const file = join(data, 'whapi-hooks', 'tunnels', `${left}.json`);
    writeFileSync(file, readFileSync(file, 'utf8').replace(`"pid":${left}`, `"pid":${stranger.pid}`));
    const next = listen();
    await next.told(/Listening/);
    expect(runs(stranger.pid ?? 0)).toBe(true);
    next.child.kill('SIGINT');
    await next.ended;
    expect(next.stderr()).not.toContain('had left');
    expect(notes(data)).toEqual([]);
  });

  it('that of a listener which runs beside it is left alone', async () => {
    const { standIn, listen, data } = await scene([{}, { name: 'calm-foxes-carry-mail' }]);
    const first = listen(['--tunnel']);
    await first.told(/Public address/);
    const second = listen(['--tunnel']);
    await second.told(/Public address/);
    expect(notes(data)).toHaveLength(2);
    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);
    expect(runs(pidOf(standIn, 0), standIn.path)).toBe(true);
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
    expect(notes(data)).toEqual([]);
  });
});

/** Resolves when the stand-in has been told to end and does not. */
const signalled = async ({ folder }: StandIn): Promise<void> => {
  const file = join(folder, 'signalled');
  for (;;) {
    if (readdirSync(folder).includes('signalled')) break;
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  expect(readFileSync(file, 'utf8')).toBe('SIGTERM');
};

/** Resolves with true when a process has gone: the system may need a moment for a killed one. */
const ended = async (pid: number, text: string): Promise<boolean> => {
  while (runs(pid, text)) await new Promise<void>((resolve) => void setImmediate(resolve));
  return true;
};

/** Runs a command to its end; `meanwhile` once its tunnel is up. */
const result = async (command: string, args: string[], env: Record<string, string>, meanwhile: () => Promise<void>) => {
  const running = start(command, args, { env: { ...env, PATH: process.env['PATH'] ?? '' } });
  await running.line(/Public address/);
  await meanwhile();
  const status = await running.ended;
  return { status, stdout: running.stdout() };
};

const hasTerminal = spawnSync('script', ['--version']).status === 0;

it('on a terminal a spinner shows that the tunnel is being opened, and nothing of it stays', async () => {
  if (!hasTerminal) {
    process.stdout.write('skipped: the program script is needed to make a terminal\n');
    return;
  }
  const { standIn, env } = await scene();
  const command = `stty cols 100; "${process.execPath}" "${program.bin}" listen --port 0 --tunnel --count 1`;
  const running = start('script', ['-qefc', command, '/dev/null'], { env: { ...env, TERM: 'xterm', CI: undefined, NO_COLOR: undefined } });
  await running.line(/Opening a tunnel with cloudflared …/);
  await running.line(/Public address/);
  await deliver(standIn, new URL(NAME), named('hi'));
  expect(await running.ended).toBe(0);
  const text = running.stdout();
  expect(text.lastIndexOf('Opening a tunnel')).toBeLessThan(text.indexOf('Public address'));
  expect(text.slice(text.lastIndexOf('Opening a tunnel'), text.indexOf('Public address'))).toContain('\u001b[');
});
