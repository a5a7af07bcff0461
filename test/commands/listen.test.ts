import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/main.ts';
import { type App, startApp } from '../support/app.ts';
import { impatient } from '../support/clock.ts';
import { temporaryFolder } from '../support/folder.ts';
import { closedPort, dial, send, startRaw, takePort } from '../support/http.ts';
import { delivered, message, named, records, unnamed } from '../support/payloads.ts';
import { buildProgram, otherUserRuns, type Program, spawnProgram } from '../support/program.ts';
import { type RunningListener, run, startListener, testRuntime } from '../support/runtime.ts';

/** The last line that a listener says. */
const tally = (listener: RunningListener): string => listener.runtime.stderr.text.trimEnd().split('\n').at(-1) ?? '';

const rawHeaders = (headers: readonly string[]): [string, string][] =>
  headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1] ?? ''] as [string, string]] : []));

/** An app that keeps its answers back until it is told to give them. */
const heldApp = async (): Promise<App & { release(): void }> => {
  const held: (() => void)[] = [];
  let open = false;
  const app = await startApp((_received, _index, response) => {
    const answer = (): void => void response.end('ok');
    if (open) answer();
    else held.push(answer);
  });
  return {
    ...app,
    release: () => {
      open = true;
      for (const answer of held.splice(0)) answer();
    },
  };
};

describe('what is a delivery', () => {
  it.each([
    ['POST', '', named('hi'), 'messages.post', 'body', 'valid'],
    ['POST', 'messages/post', unnamed('hi'), 'messages.post', 'path', 'valid'],
    ['POST', 'messages', unnamed('hi'), 'messages.post', 'method', 'valid'],
    ['POST', 'chats/delete', '{"chats_removed":["99900011122@s.whatsapp.net"],"channel_id":"X"}', 'chats.delete', 'path', 'valid'],
    ['DELETE', 'chats', '{"chats_removed":["99900011122@s.whatsapp.net"],"channel_id":"X"}', 'chats.delete', 'method', 'valid'],
    ['PUT', 'groups', '{"groups_participants":[],"channel_id":"X"}', 'groups.put', 'method', 'valid'],
    ['PATCH', 'contacts', '{"contacts_updates":[],"channel_id":"X"}', 'contacts.patch', 'method', 'valid'],
    ['POST', 'my-hook', named('hi'), 'messages.post', 'body', 'valid'],
    ['POST', 'oranges', unnamed('hi'), null, 'method', 'unknown'],
    ['POST', 'oranges/apples', unnamed('hi'), null, 'path', 'unknown'],
    ['DELETE', '', '', null, 'body', 'unreadable'],
  ])('%s /%s', async (method, path, body, event, mode, verdict) => {
    const listener = await startListener(['--json']);
    expect(await send(listener.url + path, body, { method })).toMatchObject({ status: 200, text: '' });
    await listener.runtime.stdout.line(/"delivery"/);
    expect(await listener.stop()).toBe(0);
    expect(records(listener.runtime.stdout.text)[1]).toMatchObject({
      type: 'delivery',
      method,
      url: `/${path}`,
      body,
      event,
      mode,
      verdict,
    });
  });

  it('recognises all three modes from one request to the next', async () => {
    const listener = await startListener(['--output', 'compact']);
    await send(listener.url, named('one'));
    await send(`${listener.url}messages/post`, unnamed('two'));
    await send(`${listener.url}messages`, unnamed('three'));
    await listener.runtime.stdout.line(/three/);
    expect(await listener.stop()).toBe(0);
    const lines = listener.runtime.stdout.text.trimEnd().split('\n');
    expect(lines.map((line) => /messages\.post\s+text\s.*(one|two|three).*valid/.exec(line)?.[1])).toEqual(['one', 'two', 'three']);
    expect(tally(listener)).toBe('3 deliveries');
  });

  it('shows words that are no category as unknown, under the name they came with', async () => {
    const listener = await startListener();
    await send(`${listener.url}oranges/squeeze`, unnamed('hi'));
    expect(await listener.runtime.stdout.line(/oranges/)).toMatch(/oranges\.squeez.*unknown/);
    await listener.stop();
    expect(tally(listener)).toBe('1 delivery, 1 not valid');
  });

  it('listens on --path and below it, and nowhere else', async () => {
    const listener = await startListener(['--path', '/hooks/whapi/', '--json']);
    expect(new URL(listener.url).pathname).toBe('/hooks/whapi');
    const status = async (path: string): Promise<number> => (await send(new URL(path, listener.url).href, unnamed('hi'))).status;
    expect(await status('/hooks/whapi')).toBe(200);
    expect(await status('/hooks/whapi/')).toBe(200);
    expect(await status('/hooks/whapi/messages')).toBe(200);
    expect(await status('/hooks/whapi/messages/post')).toBe(200);
    expect(await status('/hooks/whapi/messages/post/more')).toBe(404);
    expect(await status('/hooks/whapier')).toBe(404);
    expect(await status('/hooks')).toBe(404);
    expect(await status('/')).toBe(404);
    expect(await listener.stop()).toBe(0);
    expect(tally(listener)).toBe('4 deliveries, 2 not valid, 4 refused: on another path (404)');
    const modes = records(listener.runtime.stdout.text).filter(({ type }) => type === 'delivery');
    expect(modes.map(({ mode }) => mode)).toEqual(['body', 'body', 'method', 'path']);
  });

  it('keeps the query in the record', async () => {
    const listener = await startListener(['--json']);
    await send(`${listener.url}messages?token=a%20b&x=1`, unnamed('hi'));
    expect(JSON.parse(await listener.runtime.stdout.line(/"delivery"/))).toMatchObject({
      url: '/messages?token=a%20b&x=1',
      mode: 'method',
    });
    await listener.stop();
  });

  it('answers GET on its path in words, and other requests 404 or 405', async () => {
    const listener = await startListener();
    const get = await send(listener.url, '', { method: 'GET' });
    expect(get.status).toBe(200);
    expect(get.text).toMatch(/listens here/);
    expect((await send(listener.url, '', { method: 'HEAD' })).status).toBe(200);
    expect((await send(`${listener.url}messages`, '', { method: 'GET' })).status).toBe(405);
    const options = await send(listener.url, '', { method: 'OPTIONS' });
    expect(options.status).toBe(405);
    expect(options.headers['allow']).toBe('POST, PUT, PATCH, DELETE');
    expect((await send(`${listener.url}a/b/c`, '{}')).status).toBe(404);
    expect((await send(`${listener.url}a/b/c`, '', { method: 'GET' })).status).toBe(404);
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stdout.text).toBe('');
    expect(tally(listener)).toMatch(/^0 deliveries, .*2 refused: with another verb \(405\)/);
    expect(tally(listener)).toMatch(/2 refused: on another path \(404\)/);
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1'])('refuses what a web page at %s sends', async (origin) => {
    const listener = await startListener();
    expect((await send(listener.url, named('hi'), { headers: { Origin: origin } })).status).toBe(403);
    expect((await send(listener.url, '', { method: 'OPTIONS', headers: { Origin: origin } })).status).toBe(403);
    await listener.stop();
    expect(listener.runtime.stdout.text).toBe('');
    expect(tally(listener)).toBe('0 deliveries, 2 refused: from a web page (403)');
  });

  it('answers at once, before the app has answered', async () => {
    const app = await heldApp();
    const listener = await startListener(['--forward-to', app.url, '--json']);
    expect((await send(listener.url, named('hi'))).status).toBe(200);
    await app.count(1);
    expect(listener.runtime.stdout.text).not.toContain('"outcome"');
    app.release();
    await listener.runtime.stdout.line(/"outcome"/);
    expect(await listener.stop()).toBe(0);
    await app.close();
  });
});

describe('the secret header', () => {
  it.each([
    ['as one argument', ['--secret-header', 'X-Hook-Secret: s3cr3t-value'], {}],
    ['by name, with the value in the environment', ['--secret-header', 'X-Hook-Secret'], { WHAPI_HOOKS_SECRET: 's3cr3t-value' }],
    ['in the environment alone', [], { WHAPI_HOOKS_SECRET_HEADER: 'X-Hook-Secret: s3cr3t-value' }],
  ] as [string, string[], Record<string, string>][])('given %s', async (_how, flags, env) => {
    const folder = temporaryFolder();
    const app = await startApp();
    const listener = await startListener([...flags, '--json', '--record', 'all.jsonl', '--forward-to', app.url], { env, cwd: folder });
    const status = async (headers: Record<string, string | string[]>): Promise<number> =>
      (await send(listener.url, named('hi'), { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ 'X-Hook-Secret': 'wrong' })).toBe(401);
    expect(await status({ 'X-Hook-Secret': '' })).toBe(401);
    expect(await status({ 'X-Hook-Secret': 's3cr3t-valu' })).toBe(401);
    expect(await status({ 'X-Hook-Secret': ['s3cr3t-value', 's3cr3t-value'] })).toBe(401);
    expect((await send(listener.url, '', { method: 'GET' })).status).toBe(401);
    expect(app.received).toEqual([]);
    expect(await status({ 'x-hook-secret': 's3cr3t-value', 'X-Other': 'stays' })).toBe(200);
    await listener.runtime.stdout.line(/"outcome"/);
    expect(await listener.stop()).toBe(0);
    await app.close();
    expect(tally(listener)).toBe('1 delivery, 1 forwarded, 6 refused: without the secret (401)');
    expect(app.received).toHaveLength(1);
    expect(app.received[0]?.headers.join()).toContain('X-Other,stays');
    const recording = readFileSync(join(folder, 'all.jsonl'), 'utf8');
    expect(recording).toContain('X-Other');
    for (const text of [listener.runtime.stdout.text, listener.runtime.stderr.text, recording, app.received[0]?.headers.join() ?? '']) {
      expect(text).not.toContain('s3cr3t');
      expect(text).not.toMatch(/hook-secret/i);
    }
  });

  it('tells of the first refused strangers and counts the others', async () => {
    const listener = await startListener(['--secret-header', 'X-Hook-Secret: s3cr3t-value']);
    for (let i = 0; i < 9; i++) await send(listener.url, named('hi'));
    await listener.stop();
    expect(listener.runtime.stdout.text).toBe('');
    const told = listener.runtime.stderr.text.match(/refused: POST \/: The secret header is missing.*/g) ?? [];
    expect(told).toHaveLength(5);
    expect(told[4]).toMatch(/Further ones are only counted/);
    expect(listener.runtime.stderr.text).toMatch(/9 refused: without the secret \(401\)/);
  });

  it.each([
    ['a name without a value anywhere', 'X-Hook-Secret', {}, /WHAPI_HOOKS_SECRET/],
    ['an empty value', 'X-Hook-Secret:', {}, /no value/],
    ['a name that no header may have', 'X Hook: s3cr3t-value', {}, /"X Hook"/],
    ['such a name with the value in the environment', 'X Hook', { WHAPI_HOOKS_SECRET: 's3cr3t-value' }, /"X Hook"/],
    ['a value that no header may have', 'X-Hook', { WHAPI_HOOKS_SECRET: 's3cr3t\nvalue' }, /X-Hook/],
  ] as [string, string, Record<string, string>, RegExp][])(
    '%s is a usage error that does not repeat the value',
    async (_what, flag, env, says) => {
      const { code, stdout, stderr } = await run(['listen', '--port', '0', '--secret-header', flag], { env });
      expect(code).toBe(2);
      expect(stderr).toMatch(says);
      expect(stdout + stderr).not.toContain('s3cr3t');
    },
  );
});

describe('what is shown', () => {
  it('says on standard error where it listens, and to whom it forwards', async () => {
    const listener = await startListener(['--forward-to', '3000/hook']);
    await listener.stop();
    expect(listener.runtime.stderr.text.split('\n')[0]).toBe(`Listening on ${listener.url}, forwarding to http://localhost:3000/hook`);
    expect(listener.runtime.stdout.text).toBe('');
  });

  it('warns where strangers can reach it', async () => {
    const open = await startListener(['--host', '0.0.0.0']);
    await open.stop();
    expect(open.runtime.stderr.text).toMatch(/--secret-header keeps strangers out/);
    const closed = await startListener(['--host', '0.0.0.0', '--secret-header', 'X-A: b']);
    await closed.stop();
    expect(closed.runtime.stderr.text).not.toMatch(/strangers/);
  });

  it('one entry for each event, its findings indented below', async () => {
    const listener = await startListener();
    await send(listener.url, named('fine'));
    await send(listener.url, named('odd', { from_me: 'no', foo: 1 }));
    await send(listener.url, named('fine again'));
    await listener.runtime.stdout.line(/fine again/);
    await listener.stop();
    const lines = listener.runtime.stdout.text.trimEnd().split('\n');
    expect(lines.map((line) => (line.startsWith(' ') ? 'below' : 'entry'))).toEqual(['entry', 'entry', 'below', 'below', 'entry']);
    expect(lines[1]).toMatch(/messages\.post.*odd.*invalid/);
    expect(lines.slice(2, 4).join('\n')).toMatch(/^ +error +\/messages\/0\/from_me .*expected true or false/m);
    expect(lines.slice(2, 4).join('\n')).toMatch(/^ +warning +\/messages\/0\/foo /m);
    expect(tally(listener)).toBe('3 deliveries, 1 not valid');
  });

  it('-v adds the JSON as it was sent, base64 as a placeholder with its size', async () => {
    const listener = await startListener(['-v']);
    const preview = `data:image/jpeg;base64,${'QUJD'.repeat(3000)}`;
    const body = JSON.stringify({
      messages: [message('x', { type: 'image', image: { id: 'a', mime_type: 'image/jpeg', preview, caption: 'sun\u001b[2J' } })],
      event: { type: 'messages', event: 'post' },
      channel_id: 'X',
    }).replace('1719195391', '1719195391.0e0');
    await send(listener.url, body);
    await listener.runtime.stdout.line(/^ {9}}$/);
    await listener.stop();
    const { text } = listener.runtime.stdout;
    expect(text).toMatch(/^ {9}\{$/m);
    expect(text).toMatch(/"preview": "<image\/jpeg, 9(\.0)? kB>"/i);
    expect(text).not.toContain('QUJDQUJD');
    expect(text).toContain('"timestamp": 1719195391.0e0');
    expect(text).toContain('sun\\u001b[2J');
  });

  it('--json: first ready, then deliveries and outcomes, at last stopped, each a line', async () => {
    const app = await startApp();
    const listener = await startListener(['--json', '--forward-to', app.url]);
    await send(listener.url, named('hi'));
    await listener.runtime.stdout.line(/"outcome"/);
    await listener.stop();
    await app.close();
    const [ready, delivery, outcome, ...more] = records(listener.runtime.stdout.text);
    expect(ready).toEqual({ v: 1, type: 'ready', url: listener.url });
    expect(delivery).toMatchObject({ v: 1, type: 'delivery', id: 'd1', body: named('hi'), verdict: 'valid', findings: [] });
    expect(outcome).toMatchObject({ v: 1, type: 'outcome', delivery: 'd1', endpoint: `${app.url}/`, status: 200 });
    expect(outcome?.['ms']).toBeGreaterThan(0);
    expect(outcome?.['attempt']).toBe(1);
    expect(more).toEqual([
      {
        v: 1,
        type: 'stopped',
        reason: 'signal',
        deliveries: 1,
        other: 0,
        invalid: 0,
        forwarded: 1,
        failed: 0,
        left: 0,
        refused: {},
      },
    ]);
  });

  it('--quiet: nothing but where it listens and the tally', async () => {
    const listener = await startListener(['-q']);
    await send(listener.url, named('hi'));
    await send(listener.url, 'rubbish');
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stdout.text).toBe('');
    expect(listener.runtime.stderr.text).toBe(`Listening on ${listener.url}\n2 deliveries, 1 not valid\n`);
  });

  it('--output compact: one line for each event and each answer, also where something is wrong', async () => {
    const app = await startApp((_received, _index, response) => {
      response.statusCode = 500;
      response.end('broken');
    });
    const listener = await startListener(['--output', 'compact', '--forward-to', app.url]);
    await send(listener.url, named('odd', { from_me: 'no' }));
    await listener.runtime.stdout.line(/<--/);
    await listener.stop();
    await app.close();
    expect(listener.runtime.stdout.text.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/messages\.post.*odd.*invalid/),
      expect.stringMatching(/<-- messages\.post.*500/),
    ]);
  });

  it.each([
    [['-e', 'messages'], ['hi'], 1],
    [['-e', 'messages.*'], ['hi'], 1],
    [['-e', '!statuses'], ['hi'], 1],
    [['-e', 'statuses.post,calls'], ['delivered'], 1],
    [['-e', 'messages', '-e', 'statuses'], ['hi', 'delivered'], 0],
    [['-e', '!messages.put'], ['hi', 'delivered'], 0],
  ])('%j chooses what is shown, recorded and forwarded; the rest is counted', async (flags, chosen, hidden) => {
    const folder = temporaryFolder();
    const app = await startApp();
    const listener = await startListener([...flags, '--record', 'all.jsonl', '--forward-to', app.url, '--output', 'compact'], {
      cwd: folder,
    });
    await send(listener.url, named('hi'));
    await send(listener.url, delivered);
    await app.count(chosen.length);
    expect(await listener.stop()).toBe(0);
    await app.close();
    const { text } = listener.runtime.stdout;
    const recorded = records(readFileSync(join(folder, 'all.jsonl'), 'utf8')).filter(({ type }) => type === 'delivery');
    for (const [word, body] of [
      ['hi', named('hi')],
      ['delivered', delivered],
    ] as const) {
      const is = chosen.includes(word);
      expect(new RegExp(`^[\\d:]+ (?!<--).*\\b${word}\\b`, 'm').test(text)).toBe(is);
      expect(recorded.some((record) => record['body'] === body)).toBe(is);
      expect(app.received.some((one) => one.body.toString() === body)).toBe(is);
    }
    expect(tally(listener)).toContain(`${chosen.length === 1 ? '1 delivery' : '2 deliveries'}`);
    expect(tally(listener).includes('1 of other events')).toBe(hidden === 1);
  });

  it('-e of an event that does not exist is a usage error with the nearest', async () => {
    const { code, stderr } = await run(['listen', '--port', '0', '-e', 'mesages']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--events: "mesages" is no event; did you mean messages\?/);
  });
});

describe('forwarding', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s: same verb, same bytes, suffix and both queries', async (method) => {
    const app = await startApp();
    const listener = await startListener(['--forward-to', `${app.url}/hook/?key=a%2Fb`]);
    const body = Buffer.from([0x7b, 0x20, 0xff, 0x00, 0x0d, 0x0a, 0xc3, 0xa9, 0x7d]);
    await send(`${listener.url}messages/post?x=1&y=%20`, body, { method });
    await send(`${listener.url}messages`, '', { method });
    await send(listener.url, body, { method });
    await app.count(3);
    expect(await listener.stop()).toBe(0);
    await app.close();
    expect(app.received.map((one) => [one.method, one.url, one.body.toString('latin1')])).toEqual([
      [method, '/hook/messages/post?key=a%2Fb&x=1&y=%20', body.toString('latin1')],
      [method, '/hook/messages?key=a%2Fb', ''],
      [method, '/hook/?key=a%2Fb', body.toString('latin1')],
    ]);
  });

  it('headers go on as they came, but those of the connection and the host', async () => {
    const app = await startRaw((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const listener = await startListener(['--forward-to', app.url, '--json']);
    const { socket, answered } = await dial(listener.url);
    const head = [
      'POST / HTTP/1.1',
      'HOST: hooks.example',
      'Content-TYPE: application/json;charset=UTF-8',
      'X-Twice: one',
      'x-twice: two',
      'X-Latin: caf\u00e9',
      'Cookie: a=b',
      'Accept-Encoding: gzip',
      'Connection: close, X-Hop',
      'X-Hop: gone',
      'Keep-Alive: timeout=99',
      'TE: trailers',
      'Proxy-Authorization: Basic abc',
      'Expect: 100-continue',
      'Transfer-Encoding: chunked',
      '',
      '',
    ].join('\r\n');
    socket.write(Buffer.from(`${head}2\r\n{}\r\n0\r\n\r\n`, 'latin1'));
    await answered;
    await listener.runtime.stdout.line(/"outcome".*"status":200/);
    await listener.stop();
    const [requestLine, ...lines] = (app.received[0] ?? '').split('\r\n\r\n')[0]?.split('\r\n') ?? [];
    expect(requestLine).toBe('POST / HTTP/1.1');
    const own = lines.filter((line) => !/^(host|connection|content-length):/i.test(line));
    expect(own).toEqual([
      'Content-TYPE: application/json;charset=UTF-8',
      'X-Twice: one',
      'x-twice: two',
      'X-Latin: caf\u00e9',
      'Cookie: a=b',
      'Accept-Encoding: gzip',
    ]);
    expect(lines.filter((line) => /^host:/i.test(line))).toEqual([`host: 127.0.0.1:${app.port}`]);
    expect(lines.filter((line) => /^content-length:/i.test(line))).toEqual(['content-length: 2']);
    expect(app.received[0]).toMatch(/\r\n\r\n\{\}$/);
  });

  it('a body of DELETE is framed by its length', async () => {
    const app = await startRaw((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const listener = await startListener(['--forward-to', app.url, '--json']);
    await send(`${listener.url}chats`, '{"chats_removed":["a"]}', { method: 'DELETE' });
    await listener.runtime.stdout.line(/"outcome"/);
    await listener.stop();
    expect(app.received[0]).toMatch(/^DELETE \/chats HTTP\/1\.1\r\n/);
    expect(app.received[0]).toMatch(/\r\ncontent-length: 23\r\n/i);
    expect(app.received[0]).toMatch(/\r\n\r\n\{"chats_removed":\["a"\]\}$/);
    expect(app.received[0]).not.toMatch(/transfer-encoding/i);
  });

  it('one at a time, in order of arrival', async () => {
    let busy = 0;
    let most = 0;
    const app = await startApp((received, _index, response) => {
      busy++;
      most = Math.max(most, busy);
      // The first ones take longest: sent at once they would be overtaken.
      setTimeout(
        () => {
          busy--;
          response.end();
        },
        20 - 2 * Number(received.body.toString()),
      );
    });
    const listener = await startListener(['--forward-to', app.url, '--quiet']);
    for (let i = 0; i < 10; i++) await send(listener.url, String(i));
    await app.count(10);
    expect(await listener.stop()).toBe(0);
    await app.close();
    expect(app.received.map(({ body }) => body.toString()).join('')).toBe('0123456789');
    expect(most).toBe(1);
    expect(tally(listener)).toBe('10 deliveries, 10 not valid, 10 forwarded');
  });

  it('the queue is bounded: what is too much is told at once and the rest is delivered', async () => {
    const app = await heldApp();
    const listener = await startListener(['--forward-to', app.url, '--json']);
    await send(listener.url, '0');
    await app.count(1);
    // One is under way; a thousand wait; two are too many.
    for (let i = 1; i <= 1002; i += 50) {
      const some = Array.from({ length: Math.min(50, 1003 - i) }, (_, index) => send(listener.url, String(i + index)));
      for (const { status } of await Promise.all(some)) expect(status).toBe(200);
    }
    await listener.runtime.stdout.line(/"delivery":"d1003".*not sent: 1000 deliveries wait/);
    app.release();
    await app.count(1001);
    expect(await listener.stop()).toBe(0);
    await app.close();
    const failed = records(listener.runtime.stdout.text).filter(({ type, error }) => type === 'outcome' && error !== undefined);
    expect(failed.map(({ delivery }) => delivery)).toEqual(['d1002', 'd1003']);
    expect(tally(listener)).toBe('1003 deliveries, 1003 not valid, 1001 forwarded, 2 failed');
  });

  it('tells an app that is down for each delivery and goes on', async () => {
    const port = await closedPort();
    const listener = await startListener(['--forward-to', String(port)]);
    await send(listener.url, named('one'));
    await listener.runtime.stdout.line(/connection refused \(127\.0\.0\.1:\d+/);
    await send(listener.url, named('two'));
    await listener.runtime.stdout.line(/two/);
    expect(await listener.stop()).toBe(0);
    expect(listener.runtime.stdout.text.match(/<-- messages\.post +failed/g)).toHaveLength(2);
    expect(listener.runtime.stdout.text.match(/connection refused/g)).toHaveLength(2);
    expect(tally(listener)).toBe('2 deliveries, 0 forwarded, 2 failed');
  });

  it('tells an app that is slower than --timeout and goes on', async () => {
    const app = await startApp((_received, index, response) => {
      if (index === 1) response.end('ok');
    });
    const listener = await startListener(['--forward-to', app.url, '--timeout', '80ms', '--json']);
    await send(listener.url, named('one'));
    await send(listener.url, named('two'));
    await listener.runtime.stdout.line(/"outcome".*"d1".*no answer within 0\.08 s/);
    await listener.runtime.stdout.line(/"outcome".*"d2".*"status":200/);
    expect(await listener.stop()).toBe(0);
    await app.close();
    expect(tally(listener)).toBe('2 deliveries, 1 forwarded, 1 failed');
  });

  it('shows what a non-2xx answer says, bounded and on one line', async () => {
    const app = await startApp((_received, _index, response) => {
      response.statusCode = 422;
      response.end(`Oh no:\n\u001b[31m${'x'.repeat(100_000)}`);
    });
    const listener = await startListener(['--forward-to', app.url]);
    await send(listener.url, named('one'));
    const line = await listener.runtime.stdout.line(/answer: Oh no: \\x1b\[31mxxx/);
    await listener.stop();
    await app.close();
    expect(line.length).toBeLessThanOrEqual(160);
    expect(line).toMatch(/…$/);
    expect(listener.runtime.stdout.text).toMatch(/<-- messages\.post +422/);
  });
});

describe('how it ends', () => {
  it('Ctrl-C: the answer that is under way is waited for and told, then the tally', async () => {
    const app = await heldApp();
    const listener = await startListener(['--forward-to', app.url]);
    await send(listener.url, named('one'));
    await send(listener.url, named('two'));
    await app.count(1);
    listener.runtime.stop();
    app.release();
    expect(await listener.ended).toBe(0);
    await app.close();
    expect(listener.runtime.stdout.text.match(/<-- messages\.post +200/g)).toHaveLength(2);
    expect(tally(listener)).toBe('2 deliveries, 2 forwarded');
  });

  it('Ctrl-C: a body that is under way is still taken', async () => {
    const listener = await startListener();
    const { socket, answered } = await dial(listener.url);
    const body = named('slow');
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 10)}`);
    await send(listener.url, named('quick'));
    await listener.runtime.stdout.line(/quick/);
    listener.runtime.stop();
    socket.write(body.slice(10));
    expect(await answered).toMatch(/^HTTP\/1\.1 200 /);
    expect(await listener.ended).toBe(0);
    expect(listener.runtime.stdout.text).toMatch(/slow/);
    expect(tally(listener)).toBe('2 deliveries');
  });

  it('Ctrl-C: what the app did not take within some seconds is told, and the exit code is 1', async () => {
    const app = await heldApp();
    const listener = await startListener(['--forward-to', app.url], { after: impatient });
    await send(listener.url, named('one'));
    await send(listener.url, named('two'));
    await app.count(1);
    expect(await listener.stop()).toBe(1);
    await app.close();
    expect(listener.runtime.stderr.text).toMatch(/2 deliveries were not forwarded/);
    expect(tally(listener)).toBe('2 deliveries, 0 forwarded');
  });

  it('--count: ends by itself after so many, each forwarded', async () => {
    const app = await startApp();
    const listener = await startListener(['--count', '2', '--json', '--forward-to', app.url]);
    await send(listener.url, named('one'));
    await send(listener.url, named('two'));
    expect(await listener.ended).toBe(0);
    await app.close();
    expect(app.received).toHaveLength(2);
    const types = records(listener.runtime.stdout.text).map(({ type }) => type);
    expect(types[0]).toBe('ready');
    expect(types.at(-1)).toBe('stopped');
    expect(types.slice(1).sort()).toEqual(['delivery', 'delivery', 'outcome', 'outcome', 'stopped', 'warning']); // the same message twice
    expect(tally(listener)).toBe('2 deliveries, 2 forwarded');
  });

  it('--count counts chosen deliveries only', async () => {
    const listener = await startListener(['--count', '1', '-e', 'statuses']);
    await send(listener.url, named('one'));
    await send(listener.url, delivered);
    expect(await listener.ended).toBe(0);
    expect(tally(listener)).toBe('1 delivery, 1 of other events');
  });

  it('a reader that goes away ends it with 0', async () => {
    const listener = await startListener(['--json']);
    await send(listener.url, named('one'));
    listener.runtime.stdout.close();
    expect(await listener.ended).toBe(0);
  });
});

describe('the port', () => {
  it('that was asked for and is taken: exit 3 with advice', async () => {
    const port = await takePort();
    const { code, stdout, stderr } = await run(['listen', '--port', String(port)]);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`^error: Cannot listen on 127\\.0\\.0\\.1:${port}: the port is taken\\.$`, 'm'));
    expect(stderr).toMatch(/--port 0/);
  });

  it('that nobody asked for: the next free one, and it says so', async () => {
    // Somebody else on this machine may have the usual port already: that is as good.
    await takePort(4545).catch(() => {});
    const runtime = testRuntime();
    const ended = main(['listen'], runtime);
    const line = await runtime.stderr.line(/Listening on/);
    const port = Number(/:(\d+)\//.exec(line)?.[1]);
    expect(port).toBeGreaterThan(4545);
    expect(port).toBeLessThanOrEqual(4565);
    await runtime.stderr.line(/port 4545 is taken/);
    expect((await send(`http://127.0.0.1:${port}/`, named('hi'))).status).toBe(200);
    runtime.stop();
    expect(await ended).toBe(0);
  });

  it('on an address that this machine does not have: exit 3', async () => {
    const { code, stderr } = await run(['listen', '--port', '0', '--host', '192.0.2.1']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/this machine does not have that address/);
  });
});

describe('the recording', () => {
  const bodies = [
    Buffer.from(named('plain')),
    Buffer.from(''),
    Buffer.from(' {"a" : 1.0}\r\n'),
    Buffer.from('\ufeff{}'),
    Buffer.from([0, 1, 2, 0xff, 0xfe, 0x80, 0xc3, 0x28]),
    Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
    Buffer.from('\u2028\u2029\u202e\u0000\ud83d\ude00'),
  ];

  it('brings bodies, verbs, paths, queries and headers back byte for byte', async () => {
    const folder = temporaryFolder();
    const first = await startApp();
    const listener = await startListener(['--path', '/hook', '--record', 'all.jsonl', '--quiet', '--forward-to', first.url], {
      cwd: folder,
    });
    const methods = ['POST', 'PUT', 'PATCH', 'DELETE'];
    for (const [index, body] of bodies.entries()) {
      const words = ['', '/messages', '/messages/post'][index % 3];
      await send(`${listener.url}${words}?n=${index}`, body, {
        method: methods[index % 4] ?? '',
        headers: { 'X-Number': String(index), 'Content-Type': 'application/json' },
      });
    }
    await first.count(bodies.length);
    expect(await listener.stop()).toBe(0);
    const again = await startApp();
    const { code } = await run(['replay', 'all.jsonl', '--to', again.url], { cwd: folder });
    expect(code).toBe(0);
    await first.close();
    await again.close();
    expect(again.received.map(({ body }) => body)).toEqual(bodies);
    const shape = ({ method, url, headers }: App['received'][number]): unknown => [
      method,
      url,
      rawHeaders(headers).filter(([name]) => name.toLowerCase() !== 'host'),
    ];
    expect(again.received.map(shape)).toEqual(first.received.map(shape));
  });

  it('is added to, never overwritten, and only its owner may read it', async () => {
    const folder = temporaryFolder();
    for (const text of ['one', 'two']) {
      const listener = await startListener(['--record', 'all.jsonl'], { cwd: folder });
      await send(listener.url, named(text));
      await listener.stop();
    }
    const recorded = records(readFileSync(join(folder, 'all.jsonl'), 'utf8'));
    expect(recorded.map(({ type }) => type)).toEqual(['ready', 'delivery', 'stopped', 'ready', 'delivery', 'stopped']);
    expect(recorded.flatMap(({ body }) => body ?? [])).toEqual([named('one'), named('two')]);
    expect(statSync(join(folder, 'all.jsonl')).mode & 0o777).toBe(0o600);
  });

  it('holds the outcomes too', async () => {
    const folder = temporaryFolder();
    const app = await startApp();
    const listener = await startListener(['--record', 'all.jsonl', '--forward-to', app.url], { cwd: folder });
    await send(listener.url, named('one'));
    await listener.runtime.stdout.line(/<--/);
    await listener.stop();
    await app.close();
    expect(records(readFileSync(join(folder, 'all.jsonl'), 'utf8')).at(-2)).toMatchObject({ type: 'outcome', delivery: 'd1', status: 200 });
  });

  it.each([
    ['in a folder that is not there', 'nowhere/all.jsonl', /there is no such file/],
    ['that is a folder', '.', /it is a folder/],
    ['below a file', 'file/all.jsonl', /not a folder/],
  ])('%s: exit 3 before anything is taken', async (_where, file, says) => {
    const folder = temporaryFolder({ file: '' });
    const { code, stdout, stderr } = await run(['listen', '--port', '0', '--record', file], { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toMatch(says);
    expect(stderr).toContain(file);
    expect(stdout + stderr).not.toMatch(/Listening/);
  });

  it.runIf(process.platform === 'linux')('on a full disk: told once, the listener goes on, exit 3', async () => {
    const listener = await startListener(['--record', '/dev/full']);
    await send(listener.url, named('one'));
    await send(listener.url, named('two'));
    await listener.runtime.stdout.line(/two/);
    expect(await listener.stop()).toBe(3);
    expect(listener.runtime.stderr.text.match(/the recording \/dev\/full ends here: the disk is full/g)).toHaveLength(1);
    expect(tally(listener)).toBe('2 deliveries');
  });
});

describe('as a process', () => {
  let program: Program;
  beforeAll(async () => {
    program = await buildProgram();
  });
  afterAll(() => program.remove());

  const url = (line: string): string => /http:\/\/[^\s,]+/.exec(line)?.[0] ?? '';

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it with a tally and 0', async (signal) => {
    const listener = spawnProgram(program, ['listen', '--port', '0']);
    await send(url(await listener.told(/Listening on/)), named('hi'));
    listener.child.kill(signal);
    expect(await listener.ended).toBe(0);
    expect(listener.stdout()).toMatch(/messages\.post.*hi/);
    expect(listener.stderr()).toMatch(/^1 delivery$/m);
  });

  it('a reader that closes the pipe ends it quietly with 0', async () => {
    const listener = spawnProgram(program, ['listen', '--port', '0', '--json']);
    const address = url(await listener.told(/Listening on/));
    listener.child.stdout?.destroy();
    // The pipe breaks when something is written to it; how soon that is noticed is the system's affair.
    let ended = false;
    void listener.ended.then(() => {
      ended = true;
    });
    while (!ended) await send(address, named('hi')).catch(() => {});
    expect(await listener.ended).toBe(0);
    expect(listener.stderr()).not.toMatch(/EPIPE|error/i);
  });

  it('waits for one event in a script: --json --count 1', async () => {
    const listener = spawnProgram(program, ['listen', '--port', '0', '--json', '--count', '1']);
    await send(url(await listener.told(/Listening on/)), named('hi'));
    expect(await listener.ended).toBe(0);
    expect(records(listener.stdout()).map(({ type }) => type)).toEqual(['ready', 'delivery', 'stopped']);
  });

  it('a recording is whole when the process is killed outright', async () => {
    const folder = temporaryFolder();
    const listener = spawnProgram(program, ['listen', '--port', '0', '--record', 'all.jsonl', '--json'], { cwd: folder });
    const address = url(await listener.told(/Listening on/));
    const seen = once(listener.child.stdout as NonNullable<typeof listener.child.stdout>, 'data');
    for (const text of ['one', 'two']) await send(address, named(text));
    await seen;
    listener.child.kill('SIGKILL');
    expect(await listener.ended).toBe('SIGKILL');
    const recorded = records(readFileSync(join(folder, 'all.jsonl'), 'utf8'));
    expect(recorded[1]).toMatchObject({ type: 'delivery', body: named('one') });
  });

  it('a recording that may not be written is exit 3', async () => {
    if (!otherUserRuns('a file that may not be written')) return;
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'all.jsonl'), '', { mode: 0o600 });
    const listener = spawnProgram(program, ['listen', '--port', '0', '--record', join(folder, 'all.jsonl')], { uid: 65_534 });
    expect(await listener.ended).toBe(3);
    expect(listener.stderr()).toMatch(/permission denied/);
  });
});
