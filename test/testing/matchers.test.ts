import './samples.ts';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { build, matchers } from '../../src/testing/index.ts';
import { expectHarmless, NASTY } from '../support/harmless.ts';
import '../../src/testing/vitest.ts';

const event = build('messages.post', 'text');
const text = JSON.stringify(event);
const bytes = new TextEncoder().encode(text);
const { event: _event, ...unnamed } = event;
const invalid = build('messages.post', 'text', { timestamp: '1750000000', from: 'Ann' }, { unchecked: true });

/** What a failed test says. */
const failure = (check: () => void): string => {
  try {
    check();
  } catch (error) {
    return (error as Error).message; // matchers throw errors
  }
  throw new Error('It did not fail');
};

describe('toBeWhapiEvent', () => {
  it.each<[string, unknown]>([
    ['a payload', event],
    ['text', text],
    ['a Buffer', Buffer.from(text)],
    ['bytes', bytes],
    ['bytes within others', new Uint8Array(Buffer.from(`xx${text}`)).subarray(2)],
    ['an ArrayBuffer', bytes.slice().buffer],
    ['bytes of another realm', runInNewContext('Uint8Array.from(list)', { list: [...bytes] })],
    ['a request with bytes', { method: 'POST', url: '/hook', body: bytes }],
    ['a request with text', { method: 'POST', url: '/hook', body: text }],
    ['a request with a payload', { method: 'POST', url: '/hook', body: event }],
    ['a request in mode path', { method: 'POST', url: '/hook/messages/post', body: unnamed }],
    ['a request in mode method', { method: 'POST', url: 'https://example.com/hook/messages?x=1', body: JSON.stringify(unnamed) }],
    ['a payload of that mode, which the test names', unnamed],
  ])('takes %s', (_what, received) => {
    expect(received).toBeWhapiEvent('messages.post');
    expect(() => expect(received).not.toBeWhapiEvent('messages.post')).toThrow(
      'expected anything but a messages.post event, got a valid one',
    );
  });

  it('takes any event without a name', () => {
    expect(event).toBeWhapiEvent();
    expect({ method: 'PUT', url: '/groups', body: { groups_participants: [] } }).toBeWhapiEvent('groups.put');
    expect(unnamed).not.toBeWhapiEvent();
    expect(() => expect(event).not.toBeWhapiEvent()).toThrow('expected anything but an event of Whapi, got a valid messages.post event');
  });

  it('works inside other matchers, and with promises', async () => {
    expect({ event, other: 1 }).toEqual({ event: expect.toBeWhapiEvent('messages.post'), other: 1 });
    expect({ event }).not.toEqual({ event: expect.toBeWhapiEvent('messages.put') });
    await expect(Promise.resolve(event)).resolves.toBeWhapiEvent('messages.post');
  });

  it('lets pass what is only remarked on', () => {
    expect(build('messages.post', 'text', { chat_id: 'odd' })).toBeWhapiEvent('messages.post');
  });

  it.each<[string, unknown, string]>([
    ['another event', build('groups.put'), 'expected a messages.post event, got a groups.put event'],
    ['an invalid event', invalid, 'expected a messages.post event, got an invalid one:\n  '],
    ['a request that names another event', { method: 'PUT', url: '/messages', body: unnamed }, 'got a messages.put event'],
    ['a body that is no JSON', '{"messages": [', 'expected a messages.post event, got something that is no payload:\n  error    '],
    ['an empty body', new Uint8Array(), 'got something that is no payload:\n  error    the body is empty'],
    ['undefined', undefined, 'got something that is no payload:\n  error    the payload is nothing, expected one object'],
    ['null', null, 'the payload is null'],
    ['a list', [event], 'the payload is a list'],
    ['a request without a body', { method: 'POST', url: '/hook', body: undefined }, 'got something that is no payload'],
    [
      'an event that there is not',
      { ...event, event: { type: 'mesages', event: 'post' } },
      'got a payload that names no event:\n  error    /event/type  ',
    ],
  ])('refuses %s and says why', (_what, received, says) => {
    expect(received).not.toBeWhapiEvent('messages.post');
    expect(failure(() => expect(received).toBeWhapiEvent('messages.post'))).toContain(says);
  });

  it('lists the findings, warnings too', () => {
    const lines = failure(() => expect(invalid).toBeWhapiEvent()).split('\n');
    expect(lines[0]).toBe('expected an event of Whapi, got a messages.post event, and not a valid one:');
    expect(lines.slice(1).sort()).toEqual([
      '  error    /messages/0/timestamp  is the string "1750000000", expected a number',
      '  warning  /messages/0/from  is the string "Ann", expected digits, alone or with @s.whatsapp.net or @lid',
    ]);
  });

  it('lists twenty of them', () => {
    const many = { ...event, messages: Array.from({ length: 100 }, () => 5) };
    const lines = failure(() => expect(many).toBeWhapiEvent()).split('\n');
    expect(lines).toHaveLength(22);
    expect(lines.at(-1)).toBe('  and 80 more');
  });

  it('repeats strange text harmlessly', () => {
    const message = failure(() => expect({ ...event, [NASTY]: 1, channel_id: { [NASTY]: NASTY } }).toBeWhapiEvent());
    for (const line of message.split('\n')) expectHarmless(line);
  });

  it('is not fooled by a payload that circles', () => {
    const circle: Record<string, unknown> = { messages: [] };
    circle['self'] = circle;
    expect(circle).toBeWhapiEvent('messages.post');
    expect({ method: 'POST', url: '/hook', body: circle }).not.toBeWhapiEvent('messages.post');
    expect({ method: 'POST', url: '/hook', body: { big: 1n } }).not.toBeWhapiEvent('messages.post');
  });

  it('throws where the test names no event, also after not', () => {
    const name = 'messages.pst' as 'messages.post'; // as a test in JavaScript might
    expect(() => expect(event).toBeWhapiEvent(name)).toThrow('"messages.pst" is not the name of an event; did you mean messages.post?');
    expect(() => expect(event).not.toBeWhapiEvent(name)).toThrow('did you mean messages.post?');
  });

  it('is a function for expect.extend', () => {
    const { pass, message } = matchers.toBeWhapiEvent(event, 'messages.post');
    expect({ pass, message: typeof message() }).toEqual({ pass: true, message: 'string' });
  });
});
