import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chatOf, chatsOf } from '../../src/delivery/chats.ts';
import { packageRoot } from '../support/runtime.ts';

const A = '99900011122@s.whatsapp.net';
const G = '120363000000000000@g.us';

describe('the chats of a payload', () => {
  it.each([
    [{ messages: [{ chat_id: A }] }, [A]],
    [{ messages: [{ chat_id: A }, { chat_id: A }] }, [A]],
    [{ messages: [{ chat_id: A }, { chat_id: G }] }, [A, G]],
    [{ messages_updates: [{ before_update: { chat_id: A }, after_update: { chat_id: A } }] }, [A]],
    [{ messages_updates: [{ before_update: { chat_id: A } }] }, [A]],
    [{ messages_removed: ['Abc123'] }, []],
    [{ messages_removed_all: A }, [A]],
    [{ statuses: [{ recipient_id: A }] }, [A]],
    [{ statuses: [{ recipient_id: 'stories', viewer_id: '99900011122' }] }, ['stories']],
    [{ chats: [{ id: A }] }, [A]],
    [{ chats_updates: [{ after_update: { id: A } }] }, [A]],
    [{ chats_removed: [A, G] }, [A, G]],
    [{ contacts: [{ id: '99900011122' }] }, [A]],
    [{ contacts_updates: [{ after_update: { id: '99900011122' } }] }, [A]],
    [{ groups: [{ id: G }] }, [G]],
    [{ groups_participants: [{ group_id: G, participants: ['1'] }] }, [G]],
    [{ groups_updates: [{ after_update: { id: G } }] }, [G]],
    [{ presences: [{ contact_id: '99900011122' }] }, [A]],
    [{ presences: [{ contact_id: G }] }, [G]],
    [{ calls: [{ chat_id: A, from: '999' }] }, [A]],
    [{ calls: [{ from: A }] }, [A]],
    [{ health: { user: { id: A } } }, []],
    [{ qr: {} }, []],
    [{ user: { id: '99900011122' } }, []],
    [{ labels: [{ id: '7' }] }, []],
    [{ messages: [], chats: [{ id: A }] }, [A]],
  ])('%j', (payload, chats) => {
    expect(chatsOf(payload)).toEqual(chats);
    expect(chatOf(payload)).toBe(chats.length === 1 ? chats[0] : undefined);
  });

  it('an item that names none leaves it open to which chat the whole belongs', () => {
    const payload = { messages: [{ chat_id: A }, {}] };
    expect(chatsOf(payload)).toEqual([A]);
    expect(chatOf(payload)).toBeUndefined();
  });

  it.each<unknown>([
    undefined,
    null,
    7,
    'text',
    [],
    [[]],
    { messages: null },
    { messages: {} },
    { messages: [null, 7, [], 'x', { chat_id: 7 }, { chat_id: '' }, { chat_id: { a: 1 } }] },
    { messages_removed_all: 7, chats_removed: [7, null], messages_updates: [{ after_update: 7, before_update: [] }] },
    { constructor: [{ chat_id: A }], toString: [A], __proto__: [A] },
  ])('takes any shape: %j', (payload) => {
    expect(chatsOf(payload)).toEqual([]);
    expect(chatOf(payload)).toBeUndefined();
  });

  it('is bounded', () => {
    expect(chatsOf({ messages: Array.from({ length: 100_000 }, (_, index) => ({ chat_id: `${index}@g.us` })) })).toHaveLength(100);
  });

  it('names a chat in every sample that has one', () => {
    for (const file of readdirSync(join(packageRoot, 'samples')).filter((name) => name.endsWith('.json'))) {
      const samples = JSON.parse(readFileSync(join(packageRoot, 'samples', file), 'utf8')) as Record<string, Record<string, unknown>>;
      for (const [name, payload] of Object.entries(samples)) {
        const named = /"(?:chat_id|group_id|recipient_id)":/.test(JSON.stringify(payload));
        if (named) expect(chatsOf(payload).length, `${file} ${name}`).toBeGreaterThan(0);
      }
    }
  });
});
