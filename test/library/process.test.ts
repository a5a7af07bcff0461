import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { closedPort } from '../support/http.ts';
import { finished, start } from '../support/process.ts';
import { packageRoot } from '../support/runtime.ts';
import { startProxy } from '../support/tls.ts';

/** A program that calls the built library and then has nothing more to do. */
const program = (call: string): string => `
  import { createServer } from 'node:http';
  import { replay } from ${JSON.stringify(pathToFileURL(join(packageRoot, 'dist/index.js')).href)};
  const stop = new AbortController();
  let answered = () => {};
  const server = createServer((request, response) => request.resume().on('end', () => response.end('ok', () => setImmediate(() => setImmediate(() => answered())))));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const to = 'http://127.0.0.1:' + server.address().port;
  const seen = () => [process.exitCode, ...['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map((name) => process.listenerCount(name)),
    process.stdout.listenerCount('error'), process.stderr.listenerCount('error'), process.stdin.listenerCount('data')];
  const before = seen();
  const told = await replay({ to, sources: ['groups'], ...(${call}) }).then(({ ok, ending }) => ({ ok, ending }), ({ message }) => ({ message }));
  told.same = JSON.stringify(seen()) === JSON.stringify(before);
  console.log(JSON.stringify(told));
  // Its own connections are waited for: what replay left open would keep the program from ending.
  server.close();
`;

it.each<[string, string, unknown]>([
  ['a good run', '{ concurrency: 5 }', { ok: true, ending: 'done' }],
  ['a handler that fails', '{ expect: ["status=404"] }', { ok: false, ending: 'done' }],
  ['nobody there', '{ to: "127.0.0.1:CLOSED" }', { ok: false, ending: 'unreachable' }],
  ['a run that is stopped', '{ signal: stop.signal, onResult: () => stop.abort() }', { ok: false, ending: 'interrupted' }],
  [
    'one that waits for an hour',
    '{ delay: "1h", signal: stop.signal, onResult: () => stop.abort() }',
    { ok: false, ending: 'interrupted' },
  ],
  [
    'one that waits for calls',
    '{ apiPort: 0, settle: "1h", signal: stop.signal, onApi: () => { answered = () => stop.abort(); } }',
    { ok: false, ending: 'interrupted' },
  ],
  [
    'a result that is not taken, an hour before the next',
    '{ delay: "1h", onResult: () => Promise.reject(new Error("mine")) }',
    { message: 'mine' },
  ],
  ['wrong use', '{ sources: ["grops"] }', { message: 'There is no grops.' }],
  ['a function that fails', '{ apiPort: 0, onApi: () => Promise.reject(new Error("mine")) }', { message: 'mine' }],
])('%s: prints nothing, leaves the process as it was, and lets it end', async (_name, call, expected) => {
  const args = ['--input-type=module', '-e', program(call.replace('CLOSED', String(await closedPort())))];
  const { code, stdout, stderr } = await finished(start(process.execPath, args, { env: { NODE_OPTIONS: '' } }));
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toEqual({ ...(expected as object), same: true });
});

it('reads of the environment the secret and the proxy, and no flags', async () => {
  const proxy = await startProxy(0);
  const env = {
    HTTP_PROXY: proxy.url,
    WHAPI_HOOKS_SECRET: 's3cret',
    WHAPI_HOOKS_EXPECT: 'status=404',
    WHAPI_HOOKS_REPEAT: '5',
    GITHUB_ACTIONS: 'true',
  };
  const call = `{ to: 'http://app.example/', secretHeader: 'X-Key', sources: ['samples/users.json#1'] }`;
  const { stdout, stderr } = await finished(
    start(process.execPath, ['--input-type=module', '-e', program(call)], { env: { NODE_OPTIONS: '', ...env } }),
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ ok: true, ending: 'done', same: true });
  expect(proxy.asked.map(({ line, headers }) => [line, headers['x-key']])).toEqual([['POST http://app.example/', 's3cret']]);
});
