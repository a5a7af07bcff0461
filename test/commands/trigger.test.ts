import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../src/event/name.ts';
import { parse } from '../../src/event/parse.ts';
import { main } from '../../src/main.ts';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless, NASTY } from '../support/harmless.ts';
import { closedPort } from '../support/http.ts';
import { run, testRuntime } from '../support/runtime.ts';
import type { JsonMap } from '../support/samples.ts';
import { startProxy, startTlsApp, TEST_CERTIFICATE } from '../support/tls.ts';

const printed = async (...args: string[]): Promise<JsonMap> => {
  const { code, stdout, stderr } = await run(['trigger', ...args, '--print']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as JsonMap;
};
const message = (payload: JsonMap): JsonMap => (payload['messages'] as JsonMap[])[0] ?? {};

describe('trigger --print', () => {
  it.each(EVENT_NAMES)('%s is a fresh event without a finding', async (event) => {
    const payload = await printed(event);
    expect(parse(JSON.stringify(payload))).toMatchObject({ name: event, verdict: 'valid', findings: [] });
    expect(await printed(event, '--seed', '1')).toEqual(await printed(event, '--seed', '1'));
  });

  it('happens now, or at a time', async () => {
    expect(message(await printed('messages.post'))['timestamp']).toBe(Date.UTC(2026, 2, 1, 9, 30, 1) / 1000);
    expect(message(await printed('messages.post', '--at', '2031-05-06T07:08:09Z'))['timestamp']).toBe(Date.UTC(2031, 4, 6, 7, 8, 9) / 1000);
  });

  it.each([
    ['messages.post', 'image', { messages: [{ type: 'image' }] }],
    ['messages.post', 'reaction', { messages: [{ action: { type: 'reaction' } }] }],
    ['messages.post', 'action', { messages: [{ type: 'action' }] }],
    ['statuses.post', 'read', { statuses: [{ status: 'read' }] }],
    ['groups.put', 'promote', { groups_participants: [{ action: 'promote' }] }],
    ['calls.post', 'missed', { calls: [{ status: 'missed' }] }],
  ])('%s --type %s', async (event, type, wanted) => {
    expect(await printed(event, '--type', type)).toMatchObject(wanted);
  });

  it('begins with a sample of a name, and of a type where both are given', async () => {
    expect(message(await printed('messages.post', '--sample', 'text in cyrillic'))['text']).toMatchObject({
      body: expect.stringMatching(/[а-я]/),
    });
    expect(message(await printed('messages.post', '--sample', 'text in cyrillic', '--type', 'text'))['type']).toBe('text');
  });

  it('makes changes in their order', async () => {
    const payload = await printed(
      'messages.post',
      ...['--set', 'messages[0].text.body=a=b', '--set-json', 'messages[0].context={"forwarded":true}'],
      ...['--set', 'messages[0].context.forwarding_score=3', '--unset', 'messages[0].from_name', '--set', 'messages[0].from_me=false'],
    );
    expect(message(payload)).toMatchObject({ text: { body: 'a=b' }, context: { forwarded: true, forwarding_score: 3 }, from_me: false });
    expect(message(payload)).not.toHaveProperty('from_name');
  });

  it('--count makes so many different events', async () => {
    const payloads = (await printed('messages.post', '--count', '20')) as unknown as JsonMap[];
    expect(new Set(payloads.map((payload) => message(payload)['id'])).size).toBe(20);
    expect(new Set(payloads.map((payload) => message(payload)['chat_id'])).size).toBe(20);
  });
});

describe('an event that is not valid', () => {
  it('is not sent: exit 1 with the findings', async () => {
    const app = await startApp();
    const { code, stdout, stderr } = await run([
      'trigger',
      'messages.post',
      '--set',
      'messages[0].timestamp=soon',
      '--to',
      String(app.port),
    ]);
    await app.close();
    expect([code, stdout, app.received.length]).toEqual([1, '', 0]);
    expect(stderr).toContain('error: With these changes it is no valid messages.post event; nothing was sent.');
    expect(stderr).toContain('/messages/0/timestamp  is the string "soon", expected a number');
  });

  it('goes out with --force', async () => {
    const app = await startApp();
    const { code, stderr } = await run(['trigger', 'messages.post', '--unset', 'messages[0].id', '--force', '--to', String(app.port)]);
    await app.close();
    expect(code).toBe(0);
    expect(stderr).toContain('id is missing');
    expect(message(JSON.parse(app.received[0]?.body.toString() ?? '{}') as JsonMap)).not.toHaveProperty('id');
  });

  it('is told how a number is meant as a text', async () => {
    const { code, stderr } = await run(['trigger', 'messages.post', '--set', 'messages[0].text.body=42', '--print']);
    expect(code).toBe(1);
    expect(stderr).toContain(`A text instead: --set-json 'messages[0].text.body="42"'.`);
    expect(message(await printed('messages.post', '--set-json', 'messages[0].text.body="42"'))['text']).toEqual({ body: '42' });
  });

  it('with something to remark on only goes out, and is remarked on', async () => {
    const { code, stdout, stderr } = await run(['trigger', 'messages.post', '--set', 'messages[0].colour=red', '--print']);
    expect(code).toBe(0);
    expect(message(JSON.parse(stdout) as JsonMap)['colour']).toBe('red');
    expect(stderr).toContain('"colour" is not a documented member');
  });
});

describe('trigger, sending', () => {
  it('sends in the mode and with the headers that were asked for, one after the other', async () => {
    const app = await startApp();
    const flags = ['--mode', 'method', '-H', 'X-A: 1', '--secret-header', 'X-Secret: s3cret', '--count', '3', '--seed', '4'];
    const { code, stdout, stderr } = await run(['trigger', 'groups.put', '--to', `${app.port}/hook`, ...flags]);
    await app.close();
    expect([code, stderr]).toEqual([0, '']);
    expect(app.received.map(({ method, url }) => [method, url])).toEqual(Array.from({ length: 3 }, () => ['PUT', '/hook/groups']));
    for (const { headers, body } of app.received) {
      expect(headers.join('\n')).toMatch(/X-A\n1\n.*X-Secret\ns3cret/is);
      expect(JSON.parse(body.toString())).not.toHaveProperty('event');
    }
    expect(stdout).toMatch(/^200 {4}groups\.put .*\n(?:.*\n){2}3 deliveries: 3 ok;/);
    expect(stdout + stderr).not.toContain('s3cret');
  });

  it('the same seed and time are the same bytes', async () => {
    const app = await startApp();
    for (let time = 0; time < 2; time++)
      await run(['trigger', 'messages.post', '--seed', '9', '--at', '2031-05-06', '--count', '2', '--to', String(app.port)]);
    await app.close();
    const [a, b, c, d] = app.received.map(({ body }) => body.toString());
    expect([c, d]).toEqual([a, b]);
    expect(a).not.toBe(b);
  });

  it('prints records with --json', async () => {
    const app = await startApp((_received, _index, response) => void response.writeHead(500).end('no'));
    const { code, stdout } = await run(['trigger', 'messages.post', '--json', '--to', String(app.port)]);
    await app.close();
    expect(code).toBe(1);
    const [outcome, summary] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonMap);
    expect(outcome).toMatchObject({ type: 'outcome', event: 'messages.post', status: 500, verdict: 'valid' });
    expect(summary).toMatchObject({ type: 'summary', sent: 1, failed: 1 });
  });

  it('stops at the first where nothing listens: exit 3', async () => {
    const { code, stderr } = await run(['trigger', 'messages.post', '--count', '5', '--to', String(await closedPort())]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/Nothing could be reached at .*\n.*4 more deliveries not sent\./);
  });

  it('ends when it is asked to, with what was sent', async () => {
    const runtime = testRuntime();
    const app = await startApp(() => runtime.stop());
    expect(await main(['trigger', 'messages.post', '--count', '3', '--to', String(app.port)], runtime)).toBe(1);
    expect(app.received).toHaveLength(1);
    await app.close();
  });
});

describe('trigger reaches what replay reaches', () => {
  it.each([['--skip-verify'], ['--insecure'], ['--ca-cert', 'ca.pem']])('%s %s: a certificate is taken', async (...flags) => {
    const { port } = await startTlsApp();
    const url = `https://localhost:${port}/`;
    const cwd = temporaryFolder({ 'ca.pem': TEST_CERTIFICATE });
    const { code, stdout } = await run(['trigger', 'messages.post', '--to', url, ...flags], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/1 delivery: 1 ok/)]);
  });

  it('the proxy of the environment is asked for what is not local', async () => {
    const proxy = await startProxy(0);
    const { code } = await run(['trigger', 'messages.post', '--to', 'http://app.example:8080/hook'], { env: { HTTP_PROXY: proxy.url } });
    expect([code, proxy.asked.map(({ line }) => line)]).toEqual([0, ['POST http://app.example:8080/hook']]);
  });

  it('--schema-overlay: what the project accepts is valid', async () => {
    const change = ['messages.post', '--set', 'messages[0].brand_new=1'];
    expect((await run(['trigger', ...change, '--print'])).stderr).toContain('brand_new');
    const payload = { event: { type: 'messages', event: 'post' } };
    const { stdout } = await run(['trigger', ...change, '--print']);
    const cwd = temporaryFolder({ 'seen.json': JSON.stringify({ ...payload, ...(JSON.parse(stdout) as JsonMap) }) });
    await run(['drift', 'seen.json', '--overlay', 'overlay.json'], { cwd });
    const { code, stderr } = await run(['trigger', ...change, '--print', '--schema-overlay', 'overlay.json'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('trigger --list', () => {
  it('shows events, types and samples', async () => {
    const { code, stdout } = await run(['trigger', '--list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^messages\.post +image +image with caption$/m);
    expect(stdout).toMatch(/^groups\.put +promote +participant promoted$/m);
    const some = await run(['trigger', '--list', 'calls']);
    expect(some.stdout.split('\n').every((line) => line === '' || line.startsWith('calls.post'))).toBe(true);
  });

  it('is a document with --json', async () => {
    const { stdout } = await run(['trigger', '--list', 'groups.put', '--json']);
    expect(JSON.parse(stdout)).toContainEqual({ event: 'groups.put', types: ['promote'], sample: 'participant promoted' });
  });
});

describe('trigger, called wrongly', () => {
  it.each([
    [[], /No event is named/],
    [['mesages.post'], /"mesages\.post" is no event[\s\S]*messages\.post/],
    [['messages'], /Events of messages: messages\.delete/],
    [['messages.post', '--type', 'imge'], /no sample of type "imge"; did you mean image\?/],
    [['statuses.post', '--type', 'image'], /no sample of type "image"; its types: pending, sent/],
    [['messages.post', '--sample', 'text recieved'], /no sample "text recieved"; did you mean text received\?/],
    [['messages.post', '--sample', 'text received', '--type', 'image'], /is not of type image but of text/],
    [['messages.post', '--set', 'messages[0].text'], /It is written path=value/],
    [
      ['messages.post', '--set', 'messages[0].txt.body=a'],
      /--set messages\[0\]\.txt\.body: messages\[0\] has no member txt; did you mean text\?/,
    ],
    [['messages.post', '--set', 'messages[1].text.body=a'], /messages has 1 item, none at \[1\]/],
    [['messages.post', '--set', '__proto__.polluted=1'], /leads to __proto__/],
    [['messages.post', '--set', 'messages[x]=1'], /cannot be read at character 10/],
    [['messages.post', '--set-json', 'messages[0].text={a}'], /is not JSON/],
    [['messages.post', '--unset', 'messages[0].image'], /--unset messages\[0\]\.image: messages\[0\] has no member image/],
    [['messages.post', '--at', 'soonish'], /--at: "soonish" is no time/],
    [['messages.post', '--seed', '-1'], /whole number from 0/],
    [['messages.post', '--seed', '4294967296'], /whole number from 0/],
    [['messages.post', '--count', '0'], /whole number from 1/],
    [['messages.post', '--to', 'nowhere'], /is not an endpoint/],
    [['messages.post', '--mode', 'all'], /body, path, method/],
    [['messages.post', '--sample', NASTY], /no sample/],
    [['--list', 'grops'], /Did you mean groups\?/],
  ])('%j: exit 2', async (args, says) => {
    const { code, stdout, stderr } = await run(['trigger', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
    expectHarmless(stderr);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });
});
