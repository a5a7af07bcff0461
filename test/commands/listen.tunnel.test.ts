import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../src/main.ts';
import { manualClock } from '../support/clock.ts';
import { type Behaviour, makeCloudflared, runs, type StandIn } from '../support/cloudflared.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless, expectNoTrace, NASTY } from '../support/harmless.ts';
import { startOutside } from '../support/outside.ts';
import { checkedRecords } from '../support/records.ts';
import { run, testRuntime } from '../support/runtime.ts';

const QUICK = 'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel":';

/** `listen` with a tunnel and a clock of its own; each wait in `passes` is over when the stand-in does nothing more. */
const listenTo = async (
  standIn: Pick<StandIn, 'path'> & Partial<Pick<StandIn, 'hangs'>>,
  passes: readonly number[] = [],
  flags: readonly string[] = ['--tunnel'],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> => {
  const clock = manualClock();
  const given = { CLOUDFLARED_BIN: standIn.path, XDG_DATA_HOME: temporaryFolder(), ...env };
  const runtime = testRuntime({ after: clock.after, env: given });
  const ended = main(['listen', '--port', '0', '--json', ...flags], runtime);
  for (const ms of passes) {
    await standIn.hangs?.();
    await clock.pass(ms);
  }
  return { code: await ended, stdout: runtime.stdout.text, stderr: runtime.stderr.text };
};

const isGone = (standIn: StandIn): boolean => standIn.calls().every(({ pid }) => !runs(pid, standIn.path));

describe('where cloudflared opens no tunnel, the exit code is 3, with a sentence and advice', () => {
  it.each<[string, Behaviour, RegExp, RegExp, number[]?]>([
    [
      '429',
      {
        says: [
          [
            'ERR',
            `Error unmarshaling QuickTunnel response: error code: 1015 error="invalid character 'e' looking for beginning of value" status_code="429 Too Many Requests"`,
          ],
          ['', "failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value"],
        ],
        exit: 1,
      },
      /gives no quick tunnel now: too many were asked for from this address \(429, code 1015\) \(exit code 1\)/,
      /Wait some minutes/,
    ],
    [
      'an error of the service',
      { says: [['ERR', 'Error unmarshaling QuickTunnel response: error code: 1101 status_code="500 Internal Server Error"']], exit: 1 },
      /quick-tunnel service of Cloudflare fails/,
      /Try again later/,
    ],
    [
      'a name that is not known: the API in the line is not taken for the tunnel',
      { says: [['', `${QUICK} dial tcp: lookup api.trycloudflare.com on 127.0.0.53:53: no such host`]], exit: 1 },
      /cannot look up the names of Cloudflare.* It said: failed to request quick Tunnel/,
      /VPN and DNS/,
    ],
    [
      'the API in an error line of the log',
      { says: [['ERR', `Couldn't reach https://api.trycloudflare.com/tunnel`]], exit: 1 },
      /cloudflared ended before the tunnel was open \(exit code 1\)\. It said: Couldn't reach https:\/\/api/,
      /shows what it does/,
    ],
    [
      'a refused connection',
      { says: [['', `${QUICK} dial tcp 104.16.230.132:443: connect: connection refused`]], exit: 1 },
      /connection to Cloudflare was refused/,
      /firewall/,
    ],
    [
      'no network',
      { says: [['', `${QUICK} dial tcp 104.16.230.132:443: connect: network is unreachable`]], exit: 1 },
      /does not reach the network/,
      /uses no HTTP proxy/,
    ],
    [
      'no answer of the API',
      { says: [['', `${QUICK} context deadline exceeded (Client.Timeout exceeded while awaiting headers)`]], exit: 1 },
      /does not reach the network/,
      /port 7844/,
    ],
    [
      'a certificate of somebody else',
      { says: [['', `${QUICK} tls: failed to verify certificate: x509: certificate signed by unknown authority`]], exit: 1 },
      /does not trust the certificate/,
      /company proxy/,
    ],
    [
      'a config in the way',
      { says: [['', 'error parsing YAML in config file at /home/ann/.cloudflared/config.yml: yaml: line 3: x']], exit: 1 },
      /config file of cloudflared is in the way/,
      /Move it aside/,
    ],
    [
      'flags that it does not know',
      { says: [['', 'Incorrect Usage: flag provided but not defined: -no-autoupdate']], exit: 1 },
      /does not know the flags/,
      /Update it/,
    ],
    ['exit 1 at once, without a word', { exit: 1 }, /ended before the tunnel was open \(exit code 1\)\./, /shows what it does/],
    ['exit 0 at once', { exit: 0 }, /ended before the tunnel was open \(exit code 0\)/, /shows what it does/],
    ['a hang', { hang: true }, /has named no public url in time/, /Look at the network/, [20_000]],
    [
      'a hang behind a word about why',
      { says: [['ERR', 'edge discovery: lookup x on 10.0.0.1:53: server misbehaving']], hang: true },
      /cannot look up the names/,
      /DNS/,
      [20_000],
    ],
    [
      'somebody else',
      { says: [['', 'hello, I am another program']], exit: 0 },
      /does not speak like cloudflared.*hello, I am another/,
      /--tunnel-command/,
    ],
    ['huge output without a line break, then the end', { huge: 20_000_000, exit: 1 }, /does not speak like cloudflared/, /--cloudflared/],
    ['words that act on a terminal', { says: [['ERR', NASTY]], exit: 1 }, /ended before the tunnel was open/, /shows what it does/],
  ])('%s', async (_what, behaviour, message, hint, passes = []) => {
    const standIn = makeCloudflared([behaviour]);
    const { code, stdout, stderr } = await listenTo(standIn, passes);
    expect(stderr).toMatch(new RegExp(`^error: .*${message.source}`, 'm'));
    expect(stderr).toMatch(new RegExp(`^ {7}.*${hint.source}`, 'm'));
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expectHarmless(stderr);
    expectNoTrace(stderr);
    expect(standIn.calls()).toHaveLength(1);
    expect(isGone(standIn)).toBe(true);
  });

  it('no connection: over QUIC for 10 s, then over HTTP/2', async () => {
    const standIn = makeCloudflared([{ quic: false }, { http2: false }]);
    const { code, stderr } = await listenTo(standIn, [10_000, 15_000]);
    expect(code).toBe(3);
    expect(stderr).toContain('got no connection to the edge of Cloudflare, neither over QUIC nor over HTTP/2');
    expect(stderr).toContain('may block port 7844');
    expect(standIn.calls().map(({ args }) => args.includes('http2'))).toEqual([false, true]);
    expect(isGone(standIn)).toBe(true);
  });

  it.each<[string, string | Buffer, RegExp]>([
    [
      'a program for another machine',
      Buffer.concat([Buffer.from('\u007fELF\u0002\u0001\u0001'), Buffer.alloc(11), Buffer.from([183, 0]), Buffer.alloc(100)]),
      /another kind of machine, or damaged/,
    ],
    [
      'a program of another system',
      Buffer.from([0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, ...Array.from({ length: 200 }, () => 0)]),
      /another kind of machine, or damaged/,
    ],
    ['an archive', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), /another kind of machine, or damaged/],
    ['a script whose interpreter is not there', '#!/nowhere/sh\n', /there is no such file|ended before/],
  ])('%s', async (_what, content, message) => {
    const path = join(temporaryFolder(), 'cloudflared');
    writeFileSync(path, content, { mode: 0o755 });
    const { code, stderr } = await listenTo({ path });
    expect(stderr).toMatch(message);
    expect(code).toBe(3);
    expectNoTrace(stderr);
  });

  it('a token that Cloudflare does not take', async () => {
    const standIn = makeCloudflared();
    const { code, stderr } = await listenTo(standIn, [], ['--tunnel', '--public-url', 'https://hooks.example.com'], {
      TUNNEL_TOKEN: 'wrong',
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/does not take the token of the named tunnel \(exit code 255\)/);
    expect(stderr).toMatch(/from the dashboard/);
  });

  it('a data folder that cannot be written', async () => {
    const standIn = makeCloudflared();
    const file = join(temporaryFolder({ file: '' }), 'file');
    const { code, stderr } = await listenTo(standIn, [], ['--tunnel'], { XDG_DATA_HOME: file });
    expect(code).toBe(3);
    expect(stderr).toMatch(/cannot be written.*a part of the path is not a folder/);
    expect(stderr).toContain('XDG_DATA_HOME');
  });
});

it('gives cloudflared its flags, an empty config of ours, and nothing that is meant for another one', async () => {
  const standIn = makeCloudflared([{ exit: 1 }]);
  const data = temporaryFolder();
  const home = temporaryFolder({ '.cloudflared/config.yml': 'tunnel: mine' });
  await listenTo(standIn, [], ['--tunnel'], {
    XDG_DATA_HOME: data,
    HOME: home,
    TUNNEL_TOKEN: 'somebodys',
    TUNNEL_URL: 'http://localhost:1',
    TUNNEL_ORIGIN_CERT: '/x',
    WHAPI_TOKEN: 'secret',
  });
  const [call] = standIn.calls();
  expect(call?.args.join(' ').replace(/:\d+$/, ':PORT')).toBe(
    `tunnel --no-autoupdate --config ${data}/whapi-hooks/tunnels/empty.yml --metrics 127.0.0.1:0 --url http://127.0.0.1:PORT`,
  );
  expect(call?.env).toEqual({});
});

it('reads the token of a named tunnel from a file', async () => {
  const standIn = makeCloudflared([{ exit: 1 }]);
  const folder = temporaryFolder({ token: 'eyJhIjoi-_+/==\n' });
  await listenTo(standIn, [], ['--tunnel', '--public-url', 'https://hooks.example.com', '--tunnel-token-file', join(folder, 'token')], {
    TUNNEL_TOKEN: 'another',
  });
  const [call] = standIn.calls();
  expect(call?.env).toEqual({ TUNNEL_TOKEN: 'eyJhIjoi-_+/==' });
  expect(call?.args.slice(0, 2)).toEqual(['tunnel', '--no-autoupdate']);
  expect(call?.args.slice(-3, -1)).toEqual(['run', '--url']);
});

it('a token without a url: a quick tunnel, without the token, which is said', async () => {
  const standIn = makeCloudflared([{ exit: 1 }]);
  const { stderr } = await listenTo(standIn, [], ['--tunnel'], { TUNNEL_TOKEN: 'abc' });
  expect(stderr).toContain('TUNNEL_TOKEN is set, but --public-url names no url');
  expect(standIn.calls()[0]?.env).toEqual({});
});

describe('flags that cannot be are exit 2, before anything is started', () => {
  it.each<[string[], RegExp]>([
    [['--tunnel', '--tunnel-command', 'lt {port}'], /Use one of them/],
    [['--tunnel-token-file', 'x'], /Add --tunnel and --public-url/],
    [['--tunnel', '--tunnel-token-file', 'x'], /nothing says under which url/],
    [['--tunnel', '--public-url', 'https://x.example'], /there is no token for it/],
    [['--tunnel', '--public-url', 'https://x.example', '--tunnel-token-file', 'missing'], /missing cannot be read: there is no such file/],
    [['--tunnel', '--public-url', 'https://x.example', '--tunnel-token-file', '.'], /cannot be read: it is a folder/],
    [['--tunnel', '--public-url', 'https://x.example', '--tunnel-token-file', 'package.json'], /holds no token/],
    [['--exit-on-disconnect'], /needs a public address/],
    [['--cloudflared', 'x'], /is for --tunnel/],
    [['--install-cloudflared'], /is for --tunnel/],
    [['--tunnel-command', ''], /names no program/],
    [['--tunnel-command', "lt '"], /is not closed/],
    [['--tunnel', '--cloudflared', '/nowhere/cloudflared'], /does not exist/],
    [['--tunnel', '--cloudflared', '/tmp'], /is a folder/],
  ])('%s', async (flags, message) => {
    const { code, stdout, stderr } = await run(['listen', '--port', '0', ...flags], { env: { XDG_DATA_HOME: temporaryFolder() } });
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(stdout).toBe('');
  });

  it('a proxy that cannot be used', async () => {
    const { code, stderr } = await run(['listen', '--tunnel', '--port', '0'], { env: { HTTPS_PROXY: 'socks5://x:1' } });
    expect(code).toBe(2);
    expect(stderr).toContain('HTTPS_PROXY names no proxy');
  });
});

/** A named tunnel that is up: the stand-in runs it, and the outside is a proxy without TLS. */
const startNamed = async (behaviours: readonly Behaviour[], flags: readonly string[] = []) => {
  const standIn = makeCloudflared(behaviours);
  const outside = await startOutside();
  const clock = manualClock();
  const env = { CLOUDFLARED_BIN: standIn.path, XDG_DATA_HOME: temporaryFolder(), TUNNEL_TOKEN: 'abc123==' };
  const runtime = testRuntime({ after: clock.after, env });
  const ended = main(['listen', '--port', '0', '--json', '--tunnel', '--public-url', outside.url, ...flags], runtime);
  onTestFinished(async () => {
    runtime.stop();
    await ended;
  });
  outside.leadTo(/http:\S+/.exec(await runtime.stderr.line(/Listening on/))?.[0] ?? '');
  await clock.pass(3000);
  await runtime.stdout.line(/"ready"/);
  const stop = async (): Promise<number> => {
    runtime.stop();
    return ended;
  };
  const signal = (): void => void process.kill(standIn.calls().at(-1)?.pid ?? 0, 'SIGUSR2');
  const states = () =>
    checkedRecords(runtime.stdout.text)
      .filter(({ type }) => type === 'tunnel')
      .map(({ state, reachable }) => [state, reachable]);
  return { standIn, outside, clock, runtime, ended, stop, signal, states };
};

describe('a tunnel that is up is watched', () => {
  it('a named one: the token is in the environment of cloudflared and nowhere else', async () => {
    const { standIn, runtime, stop, outside } = await startNamed([{}]);
    const [call] = standIn.calls();
    expect(call?.env).toEqual({ TUNNEL_TOKEN: 'abc123==' });
    expect(call?.args).toContain('run');
    expect(call?.args.join(' ')).not.toContain('abc123');
    expect(await stop()).toBe(0);
    expect(runtime.stdout.text + runtime.stderr.text).not.toContain('abc123');
    expect(runtime.stderr.text).toContain(`Public address: ${outside.url}/`);
    expect(isGone(standIn)).toBe(true);
  });

  it('cloudflared ends: told once, started again more and more slowly, and told once when it is back', async () => {
    const dns: Behaviour = { says: [['', `${QUICK} lookup api.trycloudflare.com: no such host`]], exit: 1 };
    const { standIn, clock, runtime, stop, signal, states, outside } = await startNamed([{ later: ['exit'] }, dns, dns, dns, {}]);
    signal();
    for (const ms of [1000, 2000, 4000, 8000, 3000]) await clock.pass(ms);
    await runtime.stderr.line(/is back/);
    expect(await stop()).toBe(0);
    expect(states()).toEqual([
      ['up', true],
      ['down', false],
      ['up', true],
    ]);
    expect(standIn.calls()).toHaveLength(5);
    expect(runtime.stderr.text.match(/is down/g)).toHaveLength(1);
    expect(runtime.stderr.text).toMatch(/warning: The public address is down: cloudflared ended \(exit code 1\)/);
    expect(runtime.stderr.text).toContain(`The public address is back: ${outside.url}/\n`);
    expect(isGone(standIn)).toBe(true);
  });

  it('a cloudflared that is gone when it is to be started again is tried again, and back when it is', async () => {
    const { clock, runtime, signal, standIn, stop } = await startNamed([{ later: ['exit'] }, {}]);
    renameSync(standIn.path, `${standIn.path}.away`);
    signal();
    await clock.pass(1000);
    await clock.pass(2000);
    renameSync(`${standIn.path}.away`, standIn.path);
    await clock.pass(4000);
    await clock.pass(3000);
    await runtime.stderr.line(/is back/);
    expect(await stop()).toBe(0);
  });

  it('after a 429 it waits five minutes', async () => {
    const limited: Behaviour = { says: [['ERR', 'Error unmarshaling QuickTunnel response: error code: 1015']], exit: 1 };
    const { clock, runtime, signal, standIn } = await startNamed([{ later: ['exit'] }, limited, {}]);
    signal();
    await clock.pass(1000);
    await clock.pass(300_000);
    await clock.pass(3000);
    await runtime.stderr.line(/is back/);
    expect(standIn.calls()).toHaveLength(3);
  });

  it('a connection that is lost and registered again within seconds is no outage', async () => {
    const { runtime, signal, states, stop, outside } = await startNamed([{ later: ['flicker'] }]);
    signal();
    // A look from outside follows the new registration.
    await outside.answered(2);
    await stop();
    expect(states()).toEqual([['up', true]]);
    expect(runtime.stderr.text).not.toContain('down');
  });

  it('a connection that stays lost is an outage after 7 s, and over when it is registered again', async () => {
    const { clock, runtime, signal, states, standIn, stop } = await startNamed([{ later: ['terminate', 'register'] }]);
    signal();
    await clock.pass(7000);
    expect(await runtime.stderr.line(/is down/)).toContain('cloudflared has lost its connection to Cloudflare');
    signal();
    await runtime.stderr.line(/is back/);
    await stop();
    expect(states()).toEqual([
      ['up', true],
      ['down', false],
      ['up', true],
    ]);
    expect(standIn.calls()).toHaveLength(1);
  });

  it('a connection that does not come back: cloudflared is started anew some time later', async () => {
    const { clock, runtime, signal, standIn } = await startNamed([{ later: ['terminate'] }, {}]);
    signal();
    for (const ms of [7000, 45_000, 1000, 3000]) await clock.pass(ms);
    await runtime.stderr.line(/is back/);
    expect(standIn.calls()).toHaveLength(2);
    expect(runs(standIn.calls()[0]?.pid ?? 0, standIn.path)).toBe(false);
  });

  it('two looks from outside in vain: down, and back with the first that succeeds', async () => {
    const { clock, runtime, outside, states, stop } = await startNamed([{}]);
    outside.open(false);
    await clock.pass(30_000);
    await outside.answered(2);
    expect(runtime.stderr.text).not.toContain('down');
    await clock.pass(30_000);
    expect(await runtime.stderr.line(/is down/)).toContain('no request through it comes back (502 came back, not from this listener)');
    outside.open(true);
    await clock.pass(30_000);
    await runtime.stderr.line(/is back/);
    await stop();
    expect(states()).toEqual([
      ['up', true],
      ['down', false],
      ['up', true],
    ]);
  });

  it('four looks in vain: it is started anew', async () => {
    const { clock, runtime, outside, standIn } = await startNamed([{}]);
    outside.open(false);
    for (let i = 0; i < 4; i++) await clock.pass(30_000);
    await outside.answered(5);
    outside.open(true);
    await clock.pass(1000);
    await clock.pass(3000);
    await runtime.stderr.line(/is back/);
    expect(standIn.calls()).toHaveLength(2);
  });

  it.each<[string, Behaviour, number[]]>([
    ['cloudflared ends', { later: ['exit'] }, []],
    ['its connection stays lost', { later: ['terminate'] }, [7000]],
  ])('--exit-on-disconnect: exit 3 when %s', async (_what, behaviour, passes) => {
    const { clock, runtime, ended, signal, states, standIn } = await startNamed([behaviour], ['--exit-on-disconnect']);
    signal();
    for (const ms of passes) await clock.pass(ms);
    expect(await ended).toBe(3);
    expect(runtime.stderr.text).toMatch(/The public address is lost: cloudflared (ended|has lost)/);
    expect(checkedRecords(runtime.stdout.text).at(-1)).toMatchObject({ type: 'stopped', reason: 'disconnect' });
    expect(states().at(-1)).toEqual(['down', false]);
    expect(isGone(standIn)).toBe(true);
  });

  it('Ctrl-C while it is being brought back ends all of it', async () => {
    const { clock, stop, signal, standIn } = await startNamed([{ later: ['exit'] }, { hang: true }]);
    signal();
    await clock.pass(1000);
    expect(await stop()).toBe(0);
    expect(isGone(standIn)).toBe(true);
  });

  it('where nothing comes through, it goes on with a warning that says what to look at', async () => {
    const standIn = makeCloudflared();
    const outside = await startOutside();
    outside.open(false);
    outside.leadTo('http://127.0.0.1:9');
    const clock = manualClock();
    const env = { CLOUDFLARED_BIN: standIn.path, XDG_DATA_HOME: temporaryFolder(), TUNNEL_TOKEN: 'abc' };
    const runtime = testRuntime({ after: clock.after, env });
    const ended = main(['listen', '--port', '0', '--json', '--tunnel', '--public-url', outside.url], runtime);
    for (const ms of [3000, 1000, 2000, 3000, 5000, 8000, 11_000]) await clock.pass(ms);
    await runtime.stdout.line(/"ready"/);
    expect(outside.asked).toHaveLength(7);
    expect(checkedRecords(runtime.stdout.text)[0]).toMatchObject({ state: 'up', reachable: false });
    expect(runtime.stderr.text).toMatch(/warning: No request through \S+ has come back here: 502 came back.* the listener goes on\./);
    expect(runtime.stderr.text).toMatch(/In the dashboard the service of this hostname has to be http:\/\/localhost:\d+\./);
    runtime.stop();
    expect(await ended).toBe(0);
  });
});
