import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../src/main.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type Hook, newText, sendText, startHandler } from '../support/handler.ts';
import { closedPort, takePort } from '../support/http.ts';
import { checkedRecords } from '../support/records.ts';
import { run, testRuntime } from '../support/runtime.ts';
import { readMap } from '../support/samples.ts';

const messages = readMap('samples', 'messages.json');
const EVENTS = { hello: messages['text received'], again: messages['text in cyrillic'], own: messages['text sent by the api'] };
const project = (events: unknown = EVENTS): string => temporaryFolder({ 'events.json': JSON.stringify(events) });

interface Record {
  readonly type: string;
  readonly source: string;
  readonly ok: boolean;
  readonly broken?: readonly { readonly expected: string; readonly found: string }[];
  readonly remarks?: readonly string[];
  readonly copyOf?: number;
}

const replay = async (
  url: string,
  flags: readonly string[],
  cwd = project(),
): Promise<{ code: number; records: Record[]; stderr: string }> => {
  const { code, stdout, stderr } = await run(['replay', 'events.json', '--to', url, '--json', ...flags], { cwd });
  const records = checkedRecords(stdout) as unknown as Record[]; // the schema has said so
  return { code, stderr, records: records.filter(({ type }) => type === 'outcome') };
};

const ok = ({ response }: Hook): void => void response.end('ok');

/** A handler that answers first, and then answers texts through the API so many times. */
const startBot = async (
  options: { readonly times?: number; readonly unique?: boolean; readonly echo?: boolean } = {},
): Promise<{ url: string; api: readonly string[] }> => {
  const { times = 1, unique = true, echo = false } = options;
  const apiPort = await closedPort();
  const seen = new Set<string>();
  const { url } = await startHandler((hook) => {
    ok(hook);
    const own = echo ? hook.payload.messages?.find(({ from_me: mine }) => mine) : undefined;
    const text = own ?? newText(unique ? seen : new Set(), hook);
    if (text !== undefined) for (let i = 0; i < times; i++) void sendText(apiPort, text.chat_id, text.id);
  });
  return { url, api: ['--api-port', String(apiPort)] };
};

describe('replay --api-port', () => {
  it('counts the calls of each delivery, which come after the answer, for --expect calls=', async () => {
    const { url, api } = await startBot({ times: 2 });
    const { code, records, stderr } = await replay(url, [...api, '--expect', 'calls=2']);
    expect(stderr).toMatch(/The API of your handler is http:\/\/127\.0\.0\.1:\d+ for this run\./);
    expect(records.map(({ ok: isOk, broken = [] }) => [isOk, ...broken])).toEqual([
      [true],
      [true],
      [false, { expected: 'calls=2', found: '0 calls' }],
    ]);
    expect(code).toBe(1);
  });

  it('assigns calls by what they quote where several deliveries are under way', async () => {
    const { url, api } = await startBot();
    const { code, records } = await replay(url, [...api, '--only', 'messages.post', '--concurrency', '3', '--expect', 'calls<=1']);
    expect(records.map(({ ok: isOk }) => isOk)).toEqual([true, true, true]);
    expect(code).toBe(0);
  });

  it('says which calls belong to no delivery, and which would be refused', async () => {
    const apiPort = await closedPort();
    const { url, hooks } = await startHandler(({ response }) => {
      if (hooks.length < 3) return;
      // Both are under way: a call to a third chat could be of either.
      void sendText(apiPort, '99900077777')
        .then(() => sendText(apiPort, '99900077777', undefined, 'none'))
        .then(() => {
          for (const hook of hooks) ok(hook);
        });
      void response;
    });
    const { stderr } = await replay(url, ['--api-port', String(apiPort), '--concurrency', '3']);
    expect(stderr).toMatch(/1 API call could be assigned to no delivery; with --concurrency 1/);
    expect(stderr).toMatch(/1 API call would be refused by Whapi too, and was not counted: 401 POST \/messages\/text/);
  });

  it('waits for calls through the settle window, by the clock that is handed in, and tells of later ones', async () => {
    const apiPort = await closedPort();
    const windows: { readonly ms: number; readonly end: () => void }[] = [];
    let opened = (): void => {};
    const isOpen = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const cwd = project({ hello: EVENTS.hello, again: EVENTS.again });
    const base = testRuntime({ cwd });
    const runtime = {
      ...base,
      after: (ms: number, action: () => void) => {
        if (ms !== 70_000) return base.after(ms, action);
        windows.push({ ms, end: action });
        opened();
        return () => {};
      },
    };
    const { url, hooks } = await startHandler(ok);
    const flags = ['--api-port', String(apiPort), '--settle', '70s', '--expect', 'calls=1', '--json'];
    const running = main(['replay', 'events.json', '--to', url, ...flags], runtime);
    await isOpen;
    const [first] = hooks;
    const quoted = first?.payload.messages?.[0];
    // The window of the first delivery is open: its call counts, although it was answered long ago.
    await sendText(apiPort, quoted?.chat_id ?? '', quoted?.id);
    expect(hooks).toHaveLength(1);
    const second = new Promise<void>((resolve) => {
      opened = resolve;
    });
    windows[0]?.end();
    await second;
    // Another one for the first, while the second has its window.
    await sendText(apiPort, quoted?.chat_id ?? '', quoted?.id);
    windows[1]?.end();
    expect(await running).toBe(1);
    const records = checkedRecords(base.stdout.text) as unknown as Record[];
    expect(records.slice(0, 2).map(({ ok: isOk }) => isOk)).toEqual([true, false]);
    expect(base.stderr.text).toMatch(/1 API call came when the settle window was over; --settle 2s waits longer/);
  });
});

describe('replay --forbid-echo', () => {
  it('fails where a message of the channel itself causes a call, and nowhere else', async () => {
    const { url, api } = await startBot({ echo: true });
    const { code, records } = await replay(url, [...api, '--forbid-echo']);
    expect(records.map(({ source, broken = [] }) => [source, ...broken])).toEqual([
      ['events.json > hello'],
      ['events.json > again'],
      ['events.json > own', { expected: 'echo-free', found: '1 API call because of a message of the channel itself' }],
    ]);
    expect(code).toBe(1);
  });

  it('passes a handler that leaves them alone, beside an expectation of calls for all others', async () => {
    const { url, api } = await startBot();
    const { code } = await replay(url, [...api, '--forbid-echo', '--expect', 'calls=1']);
    expect(code).toBe(0);
  });
});

describe('replay --check-idempotent', () => {
  it('sends each delivery twice with the same bytes, and fails where the second causes a call', async () => {
    const { url, api } = await startBot({ unique: false });
    const { code, records } = await replay(url, [...api, '--check-idempotent']);
    expect(records.map(({ copyOf, broken = [] }) => [copyOf, ...broken.flatMap(({ expected, found }) => [expected, found])])).toEqual([
      [undefined],
      [1, 'idempotent', '1 API call for the same delivery again'],
      [undefined],
      [3, 'idempotent', '1 API call for the same delivery again'],
      [undefined],
      [5],
    ]);
    expect(code).toBe(1);
  });

  it('passes a handler that acts once; answers that differ are a remark', async () => {
    const apiPort = await closedPort();
    const seen = new Set<string>();
    const { url, hooks } = await startHandler((hook) => {
      const text = newText(seen, hook);
      hook.response.end(text === undefined ? 'nothing new' : 'new');
      if (text !== undefined) void sendText(apiPort, text.chat_id, text.id);
    });
    const { code, records } = await replay(url, ['--api-port', String(apiPort), '--check-idempotent', '--expect', 'calls<=1']);
    expect(code).toBe(0);
    expect(hooks.map(({ payload }) => payload.messages?.[0]?.id)).toEqual(
      Object.values(EVENTS).flatMap((event) => {
        const { id } = (event as { messages: { id: string }[] }).messages[0] ?? { id: '' };
        return [id, id];
      }),
    );
    expect(records.map(({ remarks = [] }) => remarks)).toEqual([
      [],
      ['it was answered differently from the first time'],
      [],
      ['it was answered differently from the first time'],
      [],
      [],
    ]);
  });

  it('compares the value of a probe before and after the second', async () => {
    const seen = new Set<string>();
    let rows = 0;
    const { url } = await startHandler((hook) => {
      ok(hook);
      // It knows the first text again, and not the second.
      const isKnown =
        newText(seen, hook) === undefined &&
        hook.payload.messages?.[0]?.id === (EVENTS.hello as { messages: { id: string }[] }).messages[0]?.id;
      if (!isKnown) rows++;
    });
    const server = createServer((_request, response) => void response.end(String(rows)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const probe = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rows`;
    const { code, records } = await replay(url, ['--probe', probe, '--check-idempotent', '--settle', '20ms']);
    expect(records.map(({ broken = [] }) => broken.map(({ found }) => found))).toEqual([
      [],
      [],
      [],
      ['the probe said "2" before the same delivery came again, and "3" after it'],
      [],
      ['the probe said "4" before the same delivery came again, and "5" after it'],
    ]);
    expect(code).toBe(1);
  });

  it('does not pass where no delivery made the handler act', async () => {
    const { url } = await startHandler(ok);
    const { code, stderr } = await replay(url, ['--api-port', '0', '--check-idempotent', '--settle', '10ms']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/Nothing was checked by --check-idempotent: none of the deliveries made the handler act/),
    ]);
  });
});

describe('these flags', () => {
  it.each([
    [['--expect', 'calls=1'], /--expect calls=1 needs --api-port/],
    [['--forbid-echo'], /--forbid-echo needs --api-port/],
    [['--check-idempotent'], /--check-idempotent needs --api-port or --probe/],
    [['--probe', 'true'], /--probe is read by --check-idempotent and by --check/],
    [['--settle', '1s'], /--settle needs --api-port or --probe/],
    [['--check-idempotent', '--probe', 'true', '--concurrency', '2'], /--probe needs --concurrency 1/],
    [['--rule', 'duplicates'], /--rule chooses what --check checks/],
  ] as const)('%j are called wrongly, and nothing is sent', async (flags, message) => {
    const { url, hooks } = await startHandler(ok);
    const { code, stderr } = await replay(url, flags);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(hooks).toEqual([]);
  });

  it('end with 3 where the port is taken, or the probe cannot be read', async () => {
    const { url, hooks } = await startHandler(ok);
    const taken = await replay(url, ['--api-port', String(await takePort())]);
    expect([taken.code, taken.stderr]).toEqual([3, expect.stringMatching(/cannot listen on 127\.0\.0\.1:\d+: the port is taken/)]);
    const unread = await replay(url, ['--check-idempotent', '--probe', 'no-such-command-here']);
    expect([unread.code, unread.stderr]).toEqual([3, expect.stringMatching(/there is no such file/)]);
    expect(hooks).toEqual([]);
  });
});
