import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../src/main.ts';
import { CHANNEL, type Gateway, SETTINGS, TOKEN } from '../support/gateway.ts';
import { closedPort } from '../support/http.ts';
import { message } from '../support/payloads.ts';
import { buildProgram, type Program, type Spawned, spawnProgram } from '../support/program.ts';
import { filesIn, journalOf, startGateway } from '../support/registering.ts';
import { run, testRuntime } from '../support/runtime.ts';

let program: Program;
beforeAll(async () => {
  program = await buildProgram();
}, 120_000);
afterAll(() => program.remove());

const flags = (port: number, more: readonly string[] = []): string[] => [
  ...['listen', '--port', String(port), '--public-url', `http://127.0.0.1:${port}/`, '--register', ...more],
];

/** The program as a process of its own, with a registration. */
const spawnListener = async (env: Record<string, string>, more: readonly string[] = []): Promise<Spawned & { port: number }> => {
  const port = await closedPort();
  const spawned = spawnProgram(program, flags(port, more), { env: { ...env, WHAPI_HOOKS_NO_HISTORY: '1' } });
  onTestFinished(() => void spawned.child.kill('SIGKILL'));
  return { ...spawned, port };
};

/** Calls back at the nth time (from 0) that a call is about to be carried out, or has been. */
const at = (gateway: Gateway, when: string, nth: number, does: () => Promise<void>): Promise<void> =>
  new Promise((resolve) => {
    let times = 0;
    gateway.moment = async (moment) => {
      if (moment !== when || times++ !== nth) return;
      gateway.moment = () => {};
      await does();
      resolve();
    };
  });

/** A start of the same program, here, to its end by Ctrl-C. */
const startAgain = async (env: Record<string, string>): Promise<number> => {
  const runtime = testRuntime({ env });
  const ended = main(flags(await closedPort(), ['--json']), runtime);
  await Promise.race([runtime.stdout.line(/"ready"/), ended]);
  runtime.stop();
  return ended;
};

/** The moments of a registration, of which each call has two; the last look shows that the change stays. */
const REGISTERING: [string, number][] = [
  ['after GET /health', 0],
  ['after GET /settings/events', 0],
  ['before GET /settings', 0],
  ['after GET /settings', 0],
  ['after GET /settings', 1],
  ['before PATCH /settings', 0],
  ['after PATCH /settings', 0],
  ['after GET /settings', 2],
];
/** Those of giving back, counted from Ctrl-C. */
const RESTORING: [string, number][] = [
  ['before GET /settings', 0],
  ['after GET /settings', 0],
  ['before PATCH /settings', 0],
  ['after PATCH /settings', 0],
  ['after GET /settings', 1],
];

describe.each([[[]], [['--exclusive']]])('killed by SIGKILL %s', (more: string[]) => {
  it.each(REGISTERING)('while it registers, %s (%i): the next start puts everything right', async (when, nth) => {
    const { gateway, env, data } = await startGateway();
    const killed = at(gateway, when, nth, async () => {
      listener.child.kill('SIGKILL');
      expect(await listener.ended).toBe('SIGKILL');
    });
    const listener = await spawnListener(env, more);
    await killed;
    expect(await startAgain(env)).toBe(0);
    expect(gateway.settings).toBe(SETTINGS);
    expect(journalOf(data)).toEqual([]);
  });

  it.each(RESTORING)('while it gives back, %s (%i): webhooks restore puts everything right', async (when, nth) => {
    const { gateway, env, data } = await startGateway();
    const listener = await spawnListener(env, more);
    await listener.told(/Registered at the provider/);
    const killed = at(gateway, when, nth, async () => {
      listener.child.kill('SIGKILL');
      expect(await listener.ended).toBe('SIGKILL');
    });
    listener.child.kill('SIGINT');
    await killed;
    expect(await run(['webhooks', 'restore', '--yes'], { env })).toMatchObject({ code: 0 });
    expect(gateway.settings).toBe(SETTINGS);
    expect(journalOf(data)).toEqual([]);
  });
});

it('killed with its change on the way, which is then lost: the note is struck, the settings stay', async () => {
  const { gateway, env, data } = await startGateway();
  gateway.behave = (call) => (call === 'PATCH /settings' ? { kind: 'drop', when: 'before' } : undefined);
  const killed = at(gateway, 'before PATCH /settings', 0, async () => {
    listener.child.kill('SIGKILL');
    await listener.ended;
  });
  const listener = await spawnListener(env, ['--exclusive']);
  await killed;
  expect(gateway.settings).toBe(SETTINGS);
  expect(journalOf(data)).toHaveLength(1);
  gateway.behave = () => undefined;
  expect(await startAgain(env)).toBe(0);
  expect(gateway.settings).toBe(SETTINGS);
  expect(journalOf(data)).toEqual([]);
});

it('killed three times in a row, also in the middle of taking out what the one before left', async () => {
  const { gateway, env, data } = await startGateway();
  for (let round = 0; round < 3; round++) {
    const killed = at(gateway, 'after PATCH /settings', 0, async () => {
      listener.child.kill('SIGKILL');
      await listener.ended;
    });
    const listener = await spawnListener(env);
    await killed;
  }
  expect(await startAgain(env)).toBe(0);
  expect(gateway.settings).toBe(SETTINGS);
  expect(journalOf(data)).toEqual([]);
});

it('a second Ctrl-C leaves at once with 130, and the note stays', async () => {
  const { gateway, env, data } = await startGateway();
  const listener = await spawnListener(env);
  await listener.told(/Registered at the provider/);
  gateway.behave = () => ({ kind: 'hang', applied: false });
  const asked = at(gateway, 'before GET /settings', 0, async () => void listener.child.kill('SIGINT'));
  listener.child.kill('SIGINT');
  await asked;
  expect(await listener.ended).toBe(130);
  expect(journalOf(data)).toHaveLength(1);
  gateway.behave = () => undefined;
  expect((await run(['webhooks', 'restore', '--yes'], { env })).code).toBe(0);
  expect(gateway.settings).toBe(SETTINGS);
});

it('neither token nor secret is in the arguments, the output or the files of the process', async () => {
  const { gateway, env, data } = await startGateway();
  const listener = await spawnListener({ ...env, WHAPI_HOOKS_NO_HISTORY: '' }, ['--json', '-v']);
  await listener.told(/Registered at the provider/);
  const secret = gateway.webhooks().at(-1)?.headers?.['X-Whapi-Hooks-Secret'] ?? '';
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  expect(await gateway.deliver({ messages: [message('hi')], event: { type: 'messages', event: 'post' }, channel_id: CHANNEL })).toEqual([
    200,
  ]);
  const arguments_ = existsSync('/proc/self/cmdline') ? readFileSync(join('/proc', String(listener.child.pid), 'cmdline'), 'utf8') : '';
  const during = filesIn(data);
  listener.child.kill('SIGINT');
  expect(await listener.ended).toBe(0);
  expect(gateway.settings).toBe(SETTINGS);
  const left = [arguments_, listener.stdout(), listener.stderr(), ...[...during, ...filesIn(data)].map(({ text }) => text)];
  expect(listener.stdout()).toContain('"registered"');
  expect(left.filter((text) => text.includes(secret) || text.includes(TOKEN))).toEqual([]);
});
