import { expect, it } from 'vitest';
import { main } from '../../src/main.ts';
import { closedPort, send } from '../support/http.ts';
import { startOutside } from '../support/outside.ts';
import { named } from '../support/payloads.ts';
import { checkedRecords } from '../support/records.ts';
import { run, startListener, testRuntime } from '../support/runtime.ts';

/** All waits are over at once. */
const atOnce = (_ms: number, action: () => void): (() => void) => {
  const handle = setImmediate(action);
  return () => clearImmediate(handle);
};

it('names the public url that was given, with --path, in the records and on standard error, once a request has come back', async () => {
  const outside = await startOutside();
  const listener = await startListener([
    '--json',
    '--public-url',
    `${outside.url}/base/`,
    '--path',
    '/hook',
    '--secret-header',
    'X-Secret: s3cret',
  ]);
  outside.leadTo(listener.url);
  await listener.runtime.stdout.line(/"ready"/);
  expect(await listener.stop()).toBe(0);
  const records = checkedRecords(listener.runtime.stdout.text);
  expect(records.map(({ type }) => type)).toEqual(['tunnel', 'ready', 'stopped']);
  expect(records[0]).toMatchObject({ url: `${outside.url}/base/hook`, state: 'up', reachable: true });
  expect(records[1]).toMatchObject({ url: listener.url, public: `${outside.url}/base/hook` });
  expect(records[2]).toMatchObject({ deliveries: 0, refused: {} });
  expect(listener.runtime.stderr.text).toContain(`Public address: ${outside.url}/base/hook\n`);
  expect(outside.asked).toEqual(['GET /base/hook']);
  expect(await listener.runtime.stderr.line(/0 deliveries/)).toBe('0 deliveries');
});

it('is not reached by a proxy that leads to another path: deliveries would be refused there too', async () => {
  const outside = await startOutside();
  const listener = await startListener(['--json', '--public-url', `${outside.url}/elsewhere`, '--path', '/hook'], { after: atOnce });
  outside.leadTo(listener.url);
  expect(JSON.parse(await listener.runtime.stdout.line(/"tunnel"/))).toMatchObject({
    reachable: false,
    reason: '404 came back, not from this listener',
  });
  await listener.stop();
});

it('puts deliveries that come before it is ready behind the record ready', async () => {
  const outside = await startOutside();
  const listener = await startListener(['--json', '--public-url', outside.url]);
  expect((await send(listener.url, named('early'))).status).toBe(200);
  outside.leadTo(listener.url);
  await listener.runtime.stdout.line(/early/);
  await listener.stop();
  expect(checkedRecords(listener.runtime.stdout.text).map(({ type }) => type)).toEqual(['tunnel', 'ready', 'delivery', 'stopped']);
});

it('goes on, with a warning, where nothing comes back from the public url', async () => {
  const port = await closedPort();
  const listener = await startListener(['--json', '--public-url', `http://127.0.0.1:${port}`], { after: atOnce });
  await listener.runtime.stdout.line(/"ready"/);
  await listener.stop();
  expect(checkedRecords(listener.runtime.stdout.text)[0]).toMatchObject({
    type: 'tunnel',
    state: 'up',
    reachable: false,
    reason: `connection refused (127.0.0.1:${port})`,
  });
  expect(listener.runtime.stderr.text).toMatch(
    /warning: No request through http:\/\/127\.0\.0\.1:\d+\/ has come back here: connection refused/,
  );
});

it('Ctrl-C ends it while the public url is being looked at', async () => {
  const outside = await startOutside();
  const runtime = testRuntime();
  const ended = main(['listen', '--port', '0', '--json', '--public-url', outside.url], runtime);
  await runtime.stderr.line(/Looking whether/);
  runtime.stop();
  expect(await ended).toBe(0);
  expect(checkedRecords(runtime.stdout.text).map(({ type }) => type)).toEqual(['stopped']);
});

it.each([
  ['ftp://x.example', 'It is a url that others can reach'],
  ['nonsense', 'It is a url that others can reach'],
  ['https://me:pw@x.example', 'no name, password, query or fragment'],
  ['https://x.example/?a=1', 'no name, password, query or fragment'],
])('--public-url %s: exit 2', async (url, words) => {
  const { code, stderr } = await run(['listen', '--public-url', url]);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
});

it('a check of strangers is no check: without the value under way the request is like any other', async () => {
  const outside = await startOutside();
  const listener = await startListener(['--public-url', outside.url, '--secret-header', 'X-Secret: s3cret']);
  const guess = { headers: { 'x-whapi-hooks-check': 'guessed' }, method: 'GET' };
  expect((await send(listener.url, '', guess)).status).toBe(401);
  outside.leadTo(listener.url);
  await listener.runtime.stderr.line(/Public address/);
  expect((await send(listener.url, '', guess)).status).toBe(401);
  await listener.stop();
});
