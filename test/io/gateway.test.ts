import { describe, expect, it, onTestFinished } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { validate } from '../../src/index.ts';
import { type Gateway, openGateway } from '../../src/io/gateway.ts';
import type { Call } from '../../src/replay/calls.ts';
import { dial, send, takePort } from '../support/http.ts';

const TOKEN = { authorization: 'Bearer t', 'content-type': 'application/json' };
const TEXT = JSON.stringify({ to: '99900011122', body: 'hi', quoted: 'Abc123Def456Gh-ijKL78' });

const open = async (port = 0): Promise<{ gateway: Gateway; calls: Call[]; refused: string[] }> => {
  const calls: Call[] = [];
  const refused: string[] = [];
  const gateway = await openGateway({
    port,
    now: () => 1_756_800_871_000,
    id: () => 'k3f9a2bc',
    onCall: (call) => calls.push(call),
    onRefused: (what) => refused.push(what),
  });
  onTestFinished(() => gateway.close());
  return { gateway, calls, refused };
};

describe('the stand-in of the provider’s API', () => {
  it('says that it sent a text, in the provider’s form: the message is one that webhooks carry', async () => {
    const { gateway, calls } = await open();
    const answer = await send(`${gateway.url}/messages/text`, TEXT, { headers: TOKEN });
    expect(answer.status).toBe(200);
    const { sent, message } = JSON.parse(answer.text) as { sent: boolean; message: Record<string, unknown> };
    expect(sent).toBe(true);
    expect(message).toMatchObject({
      chat_id: '99900011122@s.whatsapp.net',
      from_me: true,
      type: 'text',
      source: 'api',
      timestamp: 1_756_800_871,
      text: { body: 'hi' },
      context: { quoted_id: 'Abc123Def456Gh-ijKL78' },
    });
    const payload = { messages: [message], event: { type: 'messages', event: 'post' }, channel_id: 'MANTIS-7QX2K' };
    expect(validate(payload).findings).toEqual([]);
    expect(calls).toEqual([{ what: 'POST /messages/text', to: '99900011122@s.whatsapp.net', quoted: 'Abc123Def456Gh-ijKL78' }]);
  });

  it.each([
    'image',
    'video',
    'gif',
    'short',
    'audio',
    'voice',
    'document',
    'sticker',
    'link_preview',
    'location',
    'contact',
    'contact_list',
    'poll',
    'interactive',
    'media/image',
  ])('takes POST /messages/%s', async (type) => {
    const { gateway, calls } = await open();
    const answer = await send(`${gateway.url}/messages/${type}`, '{"to":"120363419027746581@g.us"}', { headers: TOKEN });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({
      sent: true,
      message: { type: type.replace('media/', ''), chat_id: '120363419027746581@g.us' },
    });
    expect(calls).toMatchObject([{ what: `POST /messages/${type}` }]);
  });

  it.each([
    ['a reaction', 'PUT', '/messages/Abc123Def456Gh-ijKL78/reaction', '{"emoji":"x"}', 'PUT /messages/{id}/reaction'],
    ['a reaction taken back', 'DELETE', '/messages/Abc123Def456Gh-ijKL78/reaction', '', 'DELETE /messages/{id}/reaction'],
    ['a message forwarded', 'POST', '/messages/Abc123Def456Gh-ijKL78', '{"to":"99900011122"}', 'POST /messages/{id}'],
    ['a message deleted', 'DELETE', '/messages/Abc123Def456Gh-ijKL78', '', 'DELETE /messages/{id}'],
  ])('counts %s for the message it names', async (_name, method, path, body, what) => {
    const { gateway, calls } = await open();
    const answer = await send(gateway.url + path, body, { method, headers: TOKEN });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { success: true }]);
    expect(calls).toMatchObject([{ what, quoted: 'Abc123Def456Gh-ijKL78' }]);
  });

  it.each([
    ['a message marked as read', '/messages/Abc123Def456Gh-ijKL78'],
    ['a presence', '/presences/99900011122'],
  ])('takes %s and does not count it: nobody gets anything', async (_name, path) => {
    const { gateway, calls } = await open();
    expect((await send(gateway.url + path, '', { method: 'PUT', headers: TOKEN })).status).toBe(200);
    expect(calls).toEqual([]);
  });

  it('takes the chat from a form and from the query beside raw bytes', async () => {
    const { gateway, calls } = await open();
    const form = '--x\r\ncontent-disposition: form-data; name="to"\r\n\r\n99900011122\r\n--x--\r\n';
    await send(`${gateway.url}/messages/image`, form, { headers: { ...TOKEN, 'content-type': 'multipart/form-data; boundary=x' } });
    await send(`${gateway.url}/messages/image?to=99900011133`, new Uint8Array([1, 2]), {
      headers: { ...TOKEN, 'content-type': 'image/png' },
    });
    expect(calls.map(({ to }) => to)).toEqual(['99900011122@s.whatsapp.net', '99900011133@s.whatsapp.net']);
  });

  it.each<[name: string, status: number, method: string, path: string, body: string, headers: Record<string, string>]>([
    ['no token', 401, 'POST', '/messages/text', TEXT, {}],
    ['a token of another kind', 401, 'POST', '/messages/text', TEXT, { authorization: 'Basic eA==' }],
    ['a path that is none', 404, 'POST', '/messages/telegram', TEXT, TOKEN],
    ['another room', 404, 'POST', '/settings', '{}', TOKEN],
    ['a GET', 404, 'GET', '/messages/text', '', TOKEN],
    ['a path that goes up', 404, 'POST', '/messages/../text', TEXT, TOKEN],
    ['a body that is cut', 400, 'POST', '/messages/text', '{"to":', TOKEN],
    ['a list', 400, 'POST', '/messages/text', '[]', TOKEN],
    ['no chat', 400, 'POST', '/messages/text', '{"body":"hi"}', TOKEN],
    ['a chat that is none', 400, 'POST', '/messages/text', '{"to":"me","body":"hi"}', TOKEN],
    ['no text', 400, 'POST', '/messages/text', '{"to":"99900011122"}', TOKEN],
  ])('refuses %s with %i in the provider’s form, and counts nothing', async (_name, status, method, path, body, headers) => {
    const { gateway, calls, refused } = await open();
    const answer = await send(gateway.url + path, body, { method, headers });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toEqual({ error: { code: status, message: expect.stringMatching(/\w/) as string } });
    expect(calls).toEqual([]);
    expect(refused).toEqual([expect.stringContaining(String(status))]);
  });

  it('refuses a body that is too large, and goes on', async () => {
    const { gateway } = await open();
    expect((await send(`${gateway.url}/messages/text`, new Uint8Array(33_000_000), { headers: TOKEN })).status).toBe(413);
    expect((await send(`${gateway.url}/messages/text`, TEXT, { headers: TOKEN })).status).toBe(200);
  });

  it('survives a caller that goes away, and one that does not speak HTTP', async () => {
    const { gateway, calls } = await open();
    const first = await dial(gateway.url);
    first.socket.write('POST /messages/text HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\ncontent-length: 50\r\n\r\n{');
    first.socket.destroy();
    const second = await dial(gateway.url);
    second.socket.write('hello\r\n\r\n');
    expect(await second.answered).toMatch(/^HTTP\/1.1 400/);
    expect((await send(`${gateway.url}/messages/text`, TEXT, { headers: TOKEN })).status).toBe(200);
    expect(calls).toHaveLength(1);
  });

  it('holds its answers while it is told to; calls are counted when they come', async () => {
    const counted: Call[] = [];
    let come = (): void => {};
    const came = new Promise<void>((resolve) => {
      come = resolve;
    });
    const gateway = await openGateway({
      port: 0,
      now: () => 0,
      id: () => 'a',
      onCall: (call) => {
        counted.push(call);
        come();
      },
      onRefused: () => {},
    });
    onTestFinished(() => gateway.close());
    const order: string[] = [];
    let release = (): void => {};
    gateway.hold(
      new Promise<void>((resolve) => {
        release = resolve;
      }),
    );
    const first = send(`${gateway.url}/messages/text`, TEXT, { headers: TOKEN }).then(() => order.push('first'));
    await came;
    gateway.hold(undefined);
    await send(`${gateway.url}/messages/text`, TEXT, { headers: TOKEN }).then(() => order.push('second'));
    release();
    await first;
    expect(order).toEqual(['second', 'first']);
    expect(counted).toHaveLength(2);
  });

  it('says which port is taken', async () => {
    const port = await takePort();
    const failed = await open(port).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UserError);
    expect(failed).toMatchObject({ exitCode: 3, message: expect.stringContaining(`127.0.0.1:${port}: the port is taken`) as string });
  });
});
