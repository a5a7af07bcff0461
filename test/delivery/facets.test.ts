import { describe, expect, it } from 'vitest';
import { facetsOf as facets, textOf } from '../../src/delivery/facets.ts';

const facetsOf = (payload: unknown) => ({ ...facets(payload), text: textOf(payload) });

const chatsOf = (payload: unknown): readonly string[] => facetsOf(payload).chats;

import { message } from '../support/payloads.ts';
import { SAMPLES } from '../support/samples.ts';

const ann = '99900011122@s.whatsapp.net';
const group = '120363000000000000@g.us';

describe('the chats of a payload', () => {
  it.each([
    ['messages', { messages: [message('hi'), message('ho'), message('hm', { chat_id: group })] }, [ann, group]],
    [
      'a changed message',
      { messages_updates: [{ id: 'x', before_update: message('a'), after_update: message('b', { chat_id: group }) }] },
      [group],
    ],
    ['removed messages, which name none', { messages_removed: ['Abc'] }, []],
    ['a cleared chat', { messages_removed_all: ann }, [ann]],
    ['statuses', { statuses: [{ recipient_id: ann }] }, [ann]],
    ['chats', { chats: [{ id: group }] }, [group]],
    ['changed chats', { chats_updates: [{ before_update: { id: group }, after_update: { id: group } }] }, [group]],
    ['removed chats', { chats_removed: [ann, group] }, [ann, group]],
    ['contacts, by number', { contacts: [{ id: '99900011122' }] }, [ann]],
    ['presences, by number', { presences: [{ contact_id: '99900011122' }] }, [ann]],
    ['a hidden number', { presences: [{ contact_id: '123456789012345@lid' }] }, ['123456789012345@lid']],
    ['members of a group', { groups_participants: [{ group_id: group, participants: ['99900011122'] }] }, [group]],
    ['calls', { calls: [{ chat_id: ann, from: ann }] }, [ann]],
    ['the channel', { health: {}, qr: {} }, []],
  ])('%s', (_what, payload, chats) => {
    expect(chatsOf(payload)).toEqual(chats);
  });

  it.each([
    null,
    undefined,
    7,
    'text',
    [],
    {},
    { messages: null },
    { messages: { length: 5 } },
    { messages: [null, 1, 'x', [], {}] },
    { messages: [{ chat_id: 7 }, { chat_id: '' }, { chat_id: 'two words' }, { chat_id: 'x'.repeat(101) }, { chat_id: 'a\0b' }] },
    { messages_updates: [null, { after_update: [] }] },
    JSON.parse('{"messages":[{"__proto__":{"chat_id":"a"}}]}') as unknown,
  ])('are none in %j', (payload) => {
    expect(chatsOf(payload)).toEqual([]);
    expect(facetsOf(payload)).toMatchObject({ chats: [], senders: [] });
  });

  it('are at most 50, of at most 200 items', () => {
    expect(chatsOf({ chats_removed: Array.from({ length: 100_000 }, (_, index) => `${index}@g.us`) })).toHaveLength(50);
  });
});

describe('what a delivery is found by', () => {
  it('is who wrote, the types, the texts and whose they are', () => {
    const payload = {
      messages: [
        message('hello there'),
        message('', {
          type: 'image',
          text: undefined,
          from: '99900011133',
          from_me: true,
          image: { id: 'secret-id', caption: 'a boat', preview: 'data:xxx', link: 'https://x' },
        }),
        message('', { type: 'poll', text: undefined, poll: { title: 'lunch?', options: ['soup', 'bread'] } }),
        message('re', { context: { quoted_content: { body: 'quoted words' } }, labels: [{ name: 'Paid' }] }),
      ],
    };
    expect(facetsOf(payload)).toEqual({
      chats: [ann],
      senders: ['99900011122', '99900011133'],
      types: ['text', 'image', 'poll'],
      text: 'hello there\na boat\nlunch?\nsoup\nbread\nre',
      fromMe: true,
    });
  });

  it('is the new text of a changed message, and who changed it', () => {
    const trigger = { from: '99900011144', type: 'action' };
    const payload = { messages_updates: [{ trigger, before_update: message('old'), after_update: message('new') }] };
    expect(facetsOf(payload)).toMatchObject({ text: 'new', types: ['text'], senders: ['99900011122', '99900011144'], fromMe: false });
  });

  it('is the caller, without the end of the chat id', () => {
    expect(facetsOf({ calls: [{ chat_id: ann, from: ann }] })).toMatchObject({ senders: ['99900011122'], types: [], fromMe: null });
  });

  it('is bounded, however large or deep the payload', () => {
    const long = facetsOf({ messages: Array.from({ length: 500 }, () => message('y'.repeat(30_000))) });
    expect(long.text.length).toBeLessThan(70_000);
    let deep: unknown = 'x';
    for (let level = 0; level < 50_000; level++) deep = { body: deep };
    expect(facetsOf({ messages: [{ type: 'text', text: deep }] }).text).toBe('');
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, { body: 'z' }]));
    expect(facetsOf({ messages: [wide] }).text.length).toBeLessThan(1000);
  });

  it('is something for every sample that has a chat', () => {
    for (const { origin, event, payload } of SAMPLES) {
      if (/^(?:messages\.(?:post|put|patch)|statuses|chats|contacts|groups|presences|calls)/.test(event))
        expect(chatsOf(payload), origin).not.toEqual([]);
    }
  });
});
