import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { bundle } from '../support/bundle.ts';
import { type Behaviour, EDGE_CERTIFICATE, makeCloudflared, type StandIn, startEdgeProxy } from '../support/cloudflared.ts';
import { temporaryFolder } from '../support/folder.ts';
import { CHANNEL, SETTINGS, TOKEN } from '../support/gateway.ts';
import { send } from '../support/http.ts';
import { message } from '../support/payloads.ts';
import { type Running, start } from '../support/process.ts';
import { buildProgram, type Program, type Spawned, spawnProgram } from '../support/program.ts';
import { checkedRecords } from '../support/records.ts';
import { filesIn, journalOf } from '../support/registering.ts';
import { packageRoot } from '../support/runtime.ts';

/** The program with waits that are over twenty times sooner, and the gateway as a program. */
let program: Program;
let gatewayFolder: string;
let gatewayProgram: string;
beforeAll(async () => {
  program = await buildProgram('test/support/paced.ts');
  gatewayFolder = mkdtempSync(join(tmpdir(), 'whapi-hooks-gateway-'));
  gatewayProgram = await bundle('test/support/gateway-main.ts', gatewayFolder);
}, 120_000);
afterAll(() => {
  program.remove();
  rmSync(gatewayFolder, { recursive: true, force: true });
});

interface Scene {
  readonly standIn: StandIn;
  readonly data: string;
  readonly app: Running;
  readonly appPort: string;
  settings(): Promise<string>;
  deliver(): Promise<string>;
  calls(): Promise<string[]>;
  listen(flags: readonly string[]): Spawned;
}

/** Five processes: the gateway, cloudflared and its edge, the app, and the program under test. */
const scene = async (behaviours: readonly Behaviour[] = [{}]): Promise<Scene> => {
  const standIn = makeCloudflared(behaviours);
  const proxy = await startEdgeProxy(standIn.folder);
  const data = temporaryFolder();
  const gateway = start(process.execPath, [gatewayProgram], { env: { GATEWAY_PROXY: proxy.url, GATEWAY_CA: EDGE_CERTIFICATE } });
  const app = start(process.execPath, [join(packageRoot, 'test', 'support', 'sink.mjs')]);
  onTestFinished(() => {
    gateway.child.kill('SIGKILL');
    app.child.kill('SIGKILL');
  });
  const [, told = '{}'] = await gateway.line(/^(\{"url".*\})$/m);
  const { url, control } = JSON.parse(told) as { url: string; control: string };
  const [, appPort = ''] = await app.line(/^port (\d+)$/m);
  const payload = { messages: [message('hello')], event: { type: 'messages', event: 'post' }, channel_id: CHANNEL };
  return {
    standIn,
    data,
    app,
    appPort,
    settings: async () => (await send(control, '', { method: 'GET' })).text,
    deliver: async () => (await send(`${control}/deliver`, JSON.stringify(payload))).text,
    calls: async () => JSON.parse((await send(`${control}/calls`, '', { method: 'GET' })).text) as string[],
    listen: (flags) => {
      const listener = spawnProgram(program, ['listen', '--port', '0', '--tunnel', '--register', ...flags], {
        env: {
          CLOUDFLARED_BIN: standIn.path,
          HTTPS_PROXY: proxy.url,
          NODE_EXTRA_CA_CERTS: EDGE_CERTIFICATE,
          XDG_DATA_HOME: data,
          TEST_PACE: '20',
          NO_COLOR: '1',
          WHAPI_TOKEN: TOKEN,
          WHAPI_API_URL: url,
        },
      });
      onTestFinished(() => void listener.child.kill('SIGKILL'));
      return listener;
    },
  };
};

const secretIn = (settings: string): string => /"X-Whapi-Hooks-Secret":"([^"]+)"/.exec(settings)?.[1] ?? '';

it.each(['body', 'path', 'method'])(
  'from nothing to an event that is delivered, checked and forwarded, and back, in mode %s',
  async (mode) => {
    const { standIn, data, app, appPort, settings, deliver, listen } = await scene();
    const listener = listen(['--mode', mode, '--path', '/hook', '-f', `${appPort}/in`, '--json']);
    await listener.told(/Registered at the provider/);
    const during = await settings();
    const secret = secretIn(during);
    expect(during).not.toBe(SETTINGS);
    expect(secret).toHaveLength(43);
    expect(await deliver()).toBe('[200]');
    const [, got = '{}'] = await app.line(/^(\{"method".*\})$/m);
    expect(JSON.parse(got)).toMatchObject({ url: { body: '/in', path: '/in/messages/post', method: '/in/messages' }[mode] });
    const arguments_ = [listener.child.pid, ...standIn.calls().map(({ pid }) => pid)].map((pid) =>
      existsSync(`/proc/${pid}/cmdline`)
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${standIn.calls()[0]?.pid}/environ`, 'utf8')
        : '',
    );
    const files = filesIn(data);
    expect(files.map(({ path }) => path).join()).toMatch(/history\.db[\s\S]*registrations/);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    expect(await settings()).toBe(SETTINGS);
    expect(journalOf(data)).toEqual([]);
    const records = checkedRecords(listener.stdout());
    expect(records.map(({ type }) => type)).toEqual(['tunnel', 'registered', 'ready', 'delivery', 'outcome', 'stopped']);
    expect(records[3]).toMatchObject({ event: 'messages.post', mode, verdict: 'valid' });
    expect(records[4]).toMatchObject({ status: 200 });
    const left = [...arguments_, listener.stdout(), listener.stderr(), got, ...[...files, ...filesIn(data)].map(({ text }) => text)];
    expect(left.filter((text) => text.includes(secret) || text.includes(TOKEN))).toEqual([]);
  },
);

it('a tunnel that comes back under another name is registered again, once, in the place of the old one', async () => {
  const { standIn, settings, calls, deliver, listen } = await scene([{ name: 'first-name', later: ['exit'] }, { name: 'second-name' }]);
  const listener = listen(['--json']);
  await listener.told(/Registered at the provider/);
  const first = await settings();
  expect(first).toContain('https://first-name.trycloudflare.com/');
  process.kill(standIn.calls()[0]?.pid ?? 0, 'SIGUSR2');
  await new Promise<void>((resolve) => {
    listener.child.stderr?.on('data', () => {
      if ((listener.stderr().match(/Registered at the provider/g) ?? []).length === 2) resolve();
    });
  });
  expect(await settings()).toBe(first.replace('first-name', 'second-name'));
  expect((await calls()).filter((call) => call === 'PATCH /settings')).toHaveLength(2);
  expect(await deliver()).toBe('[200]');
  listener.child.kill('SIGINT');
  expect(await listener.ended).toBe(0);
  expect(await settings()).toBe(SETTINGS);
  const urls = checkedRecords(listener.stdout()).flatMap(({ type, url }) => (type === 'registered' ? [url] : []));
  expect(urls).toEqual(['https://first-name.trycloudflare.com/', 'https://second-name.trycloudflare.com/']);
});
