/** SEVERITY.md, row by row: what is said of a body, how much it matters, and at which place. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/event/finding.ts';
import { EVENT_NAMES, type EventName, entryOf } from '../../src/event/name.ts';
import { isEvent, parse, validate } from '../../src/event/parse.ts';
import { SAMPLES } from '../support/samples.ts';

type Json = Record<string, unknown>;

const CHANNEL = { channel_id: 'MANTIS-7QX2K' };
const MESSAGE = { id: 'Abc123Def456Gh-ijKL78', type: 'text', chat_id: '99900011122@s.whatsapp.net', from_me: false, timestamp: 1756800871 };
const STATUS = { id: 'Abc123Def456Gh-ijKL78', code: 3, status: 'delivered', timestamp: '1756800871' };

/** A payload of an event in mode body. */
const payload = (name: string, members: Json): Json => {
  const [type, event] = name.split('.');
  return { ...members, event: { type, event }, ...CHANNEL };
};
const messages = (...items: unknown[]): Json => payload('messages.post', { messages: items });
const text = (more: Json = {}): Json => messages({ ...MESSAGE, text: { body: 'hi' }, ...more });
const statuses = (more: Json): Json => payload('statuses.post', { statuses: [{ ...STATUS, ...more }] });
/** A payload that is right but for its member `event`. */
const tagged = (event: unknown): Json => ({ messages: [], event, ...CHANNEL });
const unnamed = (members: Json = { messages: [] }): Json => ({ ...members, ...CHANNEL });

/** A finding in a line: `error wrong-type /messages`. */
const line = ({ severity, rule, pointer, nearest }: Finding): string =>
  `${severity} ${rule} ${pointer}${nearest === undefined ? '' : ` (${nearest})`}`.trimEnd();
const said = (body: unknown, request?: { method: string; url: string }): [verdict: string, ...findings: string[]] => {
  const { verdict, findings } = parse(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body), request);
  return [verdict, ...findings.map(line)];
};

/** What is said of it → the verdict and each finding. */
type Row = readonly [what: string, body: unknown, verdict: string, ...findings: string[]];
const rows = (table: readonly Row[]): void => {
  it.each(table)('%s', (_what, body, ...expected) => {
    expect(said(body)).toEqual(expected);
  });
};

describe('a body that cannot be read', () => {
  rows([
    ['no bytes', '', 'unreadable', 'error empty-body'],
    ['white space', ' \n\t', 'unreadable', 'error empty-body'],
    ['a text', 'hello', 'unreadable', 'error not-json'],
    ['a list', '[{"messages":[]}]', 'unreadable', 'error not-object'],
    ['a string', '"messages"', 'unreadable', 'error not-object'],
    ['null', 'null', 'unreadable', 'error not-object'],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'unreadable', 'error bad-encoding'],
    ['UTF-16', new Uint8Array(Buffer.from('{"a":1}', 'utf16le')), 'unreadable', 'error bad-encoding'],
    ['a number that is infinite', '{"a":[1,-1e400]}', 'unreadable', 'error number-overflow /a/1'],
    ['201 levels', `${'['.repeat(201)}${']'.repeat(201)}`, 'unreadable', 'error too-deep'],
  ]);

  it('has no name and no payload', () => {
    expect(parse('[1]')).toMatchObject({ name: null, payload: undefined });
  });
});

describe('the member event', () => {
  rows([
    ['spelled type and event', tagged({ type: 'messages', event: 'post' }), 'valid'],
    ['spelled type and method', tagged({ type: 'messages', method: 'post' }), 'valid'],
    ['in both spellings, the same', tagged({ type: 'messages', event: 'post', method: 'post' }), 'valid'],
    [
      'in both spellings, different',
      tagged({ type: 'messages', event: 'post', method: 'put' }),
      'invalid',
      'error event-conflict /event/method',
    ],
    ['missing', unnamed(), 'unknown', 'error event-missing /event'],
    ['null', tagged(null), 'unknown', 'error event-malformed /event'],
    ['a string', tagged('messages.post'), 'unknown', 'error event-malformed /event'],
    ['a list', tagged(['messages', 'post']), 'unknown', 'error event-malformed /event'],
    ['without a type', tagged({ event: 'post' }), 'unknown', 'error event-malformed /event/type'],
    ['without a method', tagged({ type: 'messages' }), 'unknown', 'error event-malformed /event/event'],
    ['with nothing', tagged({}), 'unknown', 'error event-malformed /event/type', 'error event-malformed /event/event'],
    ['with a number as type', tagged({ type: 1, event: 'post' }), 'unknown', 'error wrong-type /event/type'],
    ['with null as method', tagged({ type: 'messages', method: null }), 'unknown', 'error wrong-type /event/method'],
    [
      'with a wrong category and no method',
      tagged({ type: 'mesages' }),
      'unknown',
      'error event-malformed /event/event',
      'error unknown-category /event/type (messages)',
    ],
    ['with one member more', tagged({ type: 'messages', event: 'post', id: 1 }), 'valid', 'warning unknown-member /event/id'],
    ['of a category that is none', tagged({ type: 'channels', event: 'post' }), 'unknown', 'error unknown-category /event/type (channel)'],
    ['of no category at all', tagged({ type: 'invoice_lines', event: 'post' }), 'unknown', 'error unknown-category /event/type'],
    ['in capitals', tagged({ type: 'Messages', event: 'post' }), 'unknown', 'error unknown-category /event/type (messages)'],
    ['with a method that is none', tagged({ type: 'messages', event: 'posts' }), 'unknown', 'error unknown-method /event/event (post)'],
    [
      'with an unknown method in the other spelling',
      tagged({ type: 'messages', method: 'x' }),
      'unknown',
      'error unknown-method /event/method',
    ],
    ['with a method of other categories', tagged({ type: 'calls', event: 'delete' }), 'unknown', 'error unknown-method /event/event'],
  ]);

  it.each([
    ['message', 'messages.post'],
    ['ack', 'statuses.post'],
    ['chat', 'chats.post'],
    ['status', 'channel.post'],
  ])('with the old category %s is read as %s, with a warning', (type, name) => {
    const key = entryOf(name as EventName).keys[0] ?? '';
    const body = { [key]: key === 'health' ? { status: { text: 'AUTH' } } : [], event: { type, event: 'post' }, ...CHANNEL };
    expect(parse(JSON.stringify(body))).toMatchObject({ name, verdict: 'valid' });
    expect(said(body)).toEqual(['valid', 'warning deprecated-category /event/type']);
  });

  it('names every event there is, and the four methods of service', () => {
    for (const name of EVENT_NAMES) expect(parse(JSON.stringify(payload(name, {}))).name).toBe(name);
    expect(EVENT_NAMES.filter((name) => name.startsWith('service.')).sort()).toEqual([
      'service.delete',
      'service.patch',
      'service.post',
      'service.put',
    ]);
  });

  it('of a hostile body makes no more than a hundred remarks', () => {
    const event = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`m${index}`, 1]));
    expect(parse(JSON.stringify(tagged({ type: 'messages', event: 'post', ...event }))).findings).toHaveLength(100);
  });
});

describe('the request line', () => {
  it.each([
    ['POST', '/hook/messages', 'messages.post'],
    ['PATCH', '/hook/messages?x=/y', 'messages.patch'],
    ['DELETE', '/users/', 'users.delete'],
    ['POST', '/hook/groups/put', 'groups.put'],
    ['POST', 'https://h.example/hook/groups/put#top', 'groups.put'],
    ['POST', '/hook/ack/put', 'statuses.put'],
  ])('%s %s names %s where the body does not', (method, url, name) => {
    expect(parse(JSON.stringify(unnamed({})), { method, url }).name).toBe(name);
  });

  it.each([
    ['names nothing', 'POST', '/hook', 'error event-missing /event'],
    ['has a method that its category lacks', 'POST', '/hook/presences/put', 'error unknown-method'],
    ['has a verb that is no method', 'GET', '/hook/messages', 'error unknown-method'],
  ])('that %s leaves the event unknown (%s %s)', (_what, method, url, finding) => {
    expect(said(unnamed(), { method, url })).toEqual(['unknown', finding]);
  });

  it('with an old category is read, with a warning', () => {
    expect(said(unnamed(), { method: 'POST', url: '/hook/message/post' })).toEqual(['valid', 'warning deprecated-category']);
  });

  it('that merely ends like an old category says nothing', () => {
    expect(said(text(), { method: 'POST', url: '/our/status' })).toEqual(['valid']);
  });

  it('that names another event than the body loses, with a warning', () => {
    const request = { method: 'POST', url: '/hook/messages/put' };
    expect(parse(JSON.stringify(text()), request).name).toBe('messages.post');
    expect(said(text(), request)).toEqual(['valid', 'warning event-mismatch /event']);
  });

  it.each([
    ['POST', '/hook/messages'],
    ['POST', '/hook/messages/post'],
    ['POST', '/hook/message/post'],
    ['PUT', '/hook'],
    ['GET', '/hook/messages'],
  ])('%s %s does not contradict a body that says messages.post', (method, url) => {
    expect(said(text(), { method, url })).toEqual(['valid']);
  });

  it('does not help a body whose event is broken', () => {
    expect(said(tagged({ type: 'mesages', event: 'post' }), { method: 'POST', url: '/messages' })).toEqual([
      'unknown',
      'error unknown-category /event/type (messages)',
    ]);
  });
});

describe('the payload key', () => {
  rows([
    ['missing', payload('messages.post', {}), 'invalid', 'error payload-missing /messages'],
    ['of another event instead', payload('messages.patch', { messages: [] }), 'invalid', 'error payload-foreign /messages_updates'],
    [
      'of two other events instead',
      payload('groups.post', { chats: [], messages: [] }),
      'invalid',
      'error payload-foreign /groups',
      'warning payload-extra /messages',
    ],
    ['of another event beside', payload('groups.post', { groups: [], chats: [] }), 'valid', 'warning payload-extra /chats'],
    ['as an object', payload('messages.post', { messages: {} }), 'invalid', 'error wrong-type /messages'],
    ['null', payload('channel.post', { health: null }), 'invalid', 'error wrong-type /health'],
    ['of messages.delete: ids', payload('messages.delete', { messages_removed: ['Abc123Def456Gh-ijKL78'] }), 'valid'],
    ['of messages.delete: a chat', payload('messages.delete', { messages_removed_all: '99900011122@s.whatsapp.net' }), 'valid'],
    ['of messages.delete: both', payload('messages.delete', { messages_removed: [], messages_removed_all: 'stories' }), 'valid'],
    ['of messages.delete: neither', payload('messages.delete', {}), 'invalid', 'error payload-missing /messages_removed'],
    ['of messages.delete: another one', payload('messages.delete', { messages: [] }), 'invalid', 'error payload-foreign /messages_removed'],
    ['of service: none', payload('service.post', {}), 'valid'],
    ['of service: anything', payload('service.delete', { messages: 1, notice: [null], whatever: {} }), 'valid'],
  ]);

  it('of another event is named, with the events it belongs to', () => {
    const [finding] = parse(JSON.stringify(payload('messages.patch', { messages: [] }))).findings;
    expect(finding).toMatchObject({ found: 'messages', expected: 'messages_updates' });
    expect(finding?.message).toBe('messages_updates is missing; messages belongs to messages.post, messages.put');
  });
});

describe('the envelope', () => {
  rows([
    [
      'without channel_id',
      { messages: [], event: { type: 'messages', event: 'post' } },
      'valid',
      'warning missing-recommended /channel_id',
    ],
    ['with an empty channel_id', { ...messages(), channel_id: '' }, 'valid', 'warning odd-id /channel_id'],
    ['with a number as channel_id', { ...messages(), channel_id: 7 }, 'invalid', 'error wrong-type /channel_id'],
    ['with null as channel_id', { ...messages(), channel_id: null }, 'invalid', 'error wrong-type /channel_id'],
    ['with errors', { ...messages(), errors: [{ code: 400, message: 'no', details: '', href: '', support: '' }] }, 'valid'],
    ['with errors that are no list', { ...messages(), errors: { code: 400 } }, 'invalid', 'error wrong-type /errors'],
    ['with errors that are no list, of service', { ...payload('service.post', {}), errors: 'no' }, 'invalid', 'error wrong-type /errors'],
    ['with a member misspelt', { ...messages(), channel_ids: 1 }, 'valid', 'warning unknown-member /channel_ids (channel_id)'],
    ['with a member of another world', { ...messages(), 'a/b~c': 1 }, 'valid', 'warning unknown-member /a~1b~0c'],
  ]);
});

describe('members', () => {
  rows([
    ['of a wrong type', text({ timestamp: '1756800871' }), 'invalid', 'error wrong-type /messages/0/timestamp'],
    ['null where no list has it', text({ from_name: null }), 'invalid', 'error wrong-type /messages/0/from_name'],
    [
      'null where the list has it',
      payload('groups.put', {
        groups_participants: [{ group_id: '120363000000000000@g.us', participants: ['99900011122'], action: null }],
      }),
      'valid',
    ],
    ['an item of a wrong type', messages(7), 'invalid', 'error wrong-type /messages/0'],
    [
      'missing',
      messages({}),
      'invalid',
      ...['id', 'type', 'chat_id', 'from_me', 'timestamp'].map((key) => `error missing-member /messages/0/${key}`),
    ],
    ['unknown', text({ to: 1 }), 'valid', 'warning unknown-member /messages/0/to'],
    ['unknown but nearly known', text({ fromme: true }), 'valid', 'warning unknown-member /messages/0/fromme (from_me)'],
    [
      'of a number beyond safe integers',
      payload('chats.patch', {
        chats_updates: [{ before_update: { id: '1@lid' }, after_update: { id: '1@lid', mute_until: 18446744073709552000 }, changes: [] }],
      }),
      'valid',
    ],
    ['of a word that is not listed', text({ source: 'moblie' }), 'valid', 'warning unknown-word /messages/0/source (mobile)'],
    [
      'of a status that is not listed in a channel',
      payload('channel.post', { health: { status: { text: 'STOP' } } }),
      'valid',
      'warning unknown-word /health/status/text',
    ],
    ['of free text', payload('contacts.post', { contacts: [{ id: '99900011122', name: 'A', status: 'anything' }] }), 'valid'],
    [
      'named as prototypes are',
      '{"messages":[],"event":{"type":"messages","event":"post"},"channel_id":"A-1","constructor":1}',
      'valid',
      'warning unsafe-key /constructor',
    ],
  ]);
});

describe('required, recommended and optional members', () => {
  const side = (before: Json, after: Json): Json => ({ before_update: before, after_update: after, changes: [] });
  rows([
    [
      'media need an id',
      messages({ ...MESSAGE, type: 'image', image: {} }),
      'invalid',
      'error missing-member /messages/0/image/id',
      'warning missing-recommended /messages/0/image/mime_type',
      'warning missing-recommended /messages/0/image/file_size',
    ],
    [
      'a status needs id and status',
      payload('statuses.post', { statuses: [{}] }),
      'invalid',
      'error missing-member /statuses/0/id',
      'error missing-member /statuses/0/status',
      'warning missing-recommended /statuses/0/code',
      'warning missing-recommended /statuses/0/timestamp',
    ],
    [
      'a new group needs id, name and participants',
      payload('groups.post', { groups: [{}] }),
      'invalid',
      'error missing-member /groups/0/id',
      'error missing-member /groups/0/name',
      'error missing-member /groups/0/participants',
    ],
    [
      'sides need an id',
      payload('contacts.patch', { contacts_updates: [side({ id: '1' }, {})] }),
      'invalid',
      'error missing-member /contacts_updates/0/after_update/id',
    ],
    ['sides of a group need no more', payload('groups.patch', { groups_updates: [side({ id: '1@g.us' }, { id: '1@g.us' })] }), 'valid'],
    ['a new chat needs a type too', payload('chats.post', { chats: [{ id: '1@lid' }] }), 'invalid', 'error missing-member /chats/0/type'],
    [
      'last_message is checked for types',
      payload('chats.post', { chats: [{ id: '1@lid', type: 'contact', last_message: { text: { body: 7 }, labels: [{}] } }] }),
      'invalid',
      'error wrong-type /chats/0/last_message/text/body',
    ],
    [
      'last_message lacks nothing',
      payload('chats.post', {
        chats: [{ id: '1@lid', type: 'contact', last_message: { type: 'text', image: {}, reply: { type: 'list_reply' } } }],
      }),
      'valid',
    ],
    ['quoted_content is any object', text({ context: { quoted_content: { a: { b: [] } } } }), 'valid'],
    [
      'quoted_content is an object',
      text({ context: { quoted_content: 'hi' } }),
      'invalid',
      'error wrong-type /messages/0/context/quoted_content',
    ],
    ['an edit has any object', messages({ ...MESSAGE, type: 'action', action: { type: 'edit', edited_content: { x: 1 } } }), 'valid'],
    [
      'a poll, its results and a link preview lack nothing',
      messages(
        { ...MESSAGE, type: 'poll', poll: { results: [{}] } },
        { ...MESSAGE, type: 'link_preview', link_preview: {} },
        { ...MESSAGE, type: 'group_invite', group_invite: {} },
      ),
      'valid',
    ],
    [
      'an interactive message needs its action',
      messages({ ...MESSAGE, type: 'interactive', interactive: { header: {} } }),
      'invalid',
      'error missing-member /messages/0/interactive/action',
    ],
    [
      'health needs a status, and a text in it',
      payload('channel.post', { health: { status: {} } }),
      'invalid',
      'error missing-member /health/status/text',
    ],
    [
      'a contact should have a name',
      payload('contacts.post', { contacts: [{ id: '1' }] }),
      'valid',
      'warning missing-recommended /contacts/0/name',
    ],
    ['so should the account', payload('users.post', { user: { id: '1' } }), 'valid', 'warning missing-recommended /user/name'],
    [
      'a call should have id and status',
      payload('calls.post', { calls: [{}] }),
      'valid',
      'warning missing-recommended /calls/0/id',
      'warning missing-recommended /calls/0/status',
    ],
    [
      'the sides of a message are messages',
      payload('messages.patch', {
        messages_updates: [
          {
            id: MESSAGE.id,
            trigger: {},
            before_update: { ...MESSAGE, text: { body: '' } },
            after_update: { ...MESSAGE, text: { body: '' } },
          },
        ],
      }),
      'invalid',
      ...['id', 'type', 'chat_id', 'from_me', 'timestamp'].map((key) => `error missing-member /messages_updates/0/trigger/${key}`),
    ],
  ]);
});

describe('the content of a message', () => {
  const media = { id: 'jpeg-1', mime_type: 'image/jpeg', file_size: 1 };
  rows([
    ['missing', messages(MESSAGE), 'valid', 'warning missing-content /messages/0/text'],
    [
      'of another type',
      messages({ ...MESSAGE, image: media }),
      'valid',
      'warning missing-content /messages/0/text',
      'warning foreign-content /messages/0/image',
    ],
    ['of two types', text({ image: media }), 'valid', 'warning foreign-content /messages/0/image'],
    [
      'in a type without any',
      messages({ ...MESSAGE, type: 'unknown', text: { body: '' } }),
      'valid',
      'warning foreign-content /messages/0/text',
    ],
    ['none in a type without any', messages({ ...MESSAGE, type: 'call' }), 'valid'],
    [
      'not judged where the type is not known',
      messages({ ...MESSAGE, type: 'sms', text: { body: '' }, image: media }),
      'valid',
      'warning unknown-word /messages/0/type',
    ],
    ['of documentWithCaption is a document', messages({ ...MESSAGE, type: 'documentWithCaption', document: media }), 'valid'],
    ['of a story is a text', messages({ ...MESSAGE, type: 'story', chat_id: 'stories', text: { body: '' } }), 'valid'],
    ['of a story is a picture', messages({ ...MESSAGE, type: 'story', chat_id: 'stories', image: media }), 'valid'],
    ['of a story is a voice message', messages({ ...MESSAGE, type: 'story', chat_id: 'stories', voice: media }), 'valid'],
    [
      'of a story is missing',
      messages({ ...MESSAGE, type: 'story', chat_id: 'stories' }),
      'valid',
      'warning missing-content /messages/0/text',
    ],
    [
      'of a reply, by its type',
      messages({ ...MESSAGE, type: 'reply', reply: { type: 'buttons_reply', buttons_reply: { id: 'a', title: 'b' } } }),
      'valid',
    ],
    [
      'of a reply, against its type',
      messages({ ...MESSAGE, type: 'reply', reply: { type: 'buttons_reply', list_reply: {} } }),
      'valid',
      'warning reply-branch /messages/0/reply/buttons_reply',
      'warning reply-branch /messages/0/reply/list_reply',
    ],
    [
      'of a reply of an unknown type is not judged further',
      messages({ ...MESSAGE, type: 'reply', reply: { type: 'flow_reply', list_reply: {} } }),
      'valid',
      'warning unknown-word /messages/0/reply/type',
    ],
    ['event is no envelope', messages({ ...MESSAGE, type: 'event', event: { name: 'Party' } }), 'valid'],
  ]);
});

describe('ids', () => {
  const CHATS = [
    '99900011122@s.whatsapp.net',
    '120363000000000000@g.us',
    '120363000000000000@newsletter',
    '1@lid',
    '1@broadcast',
    '1@c.us',
    'stories',
    'status@broadcast',
  ];
  const PEOPLE = ['99900011122', '99900011122@s.whatsapp.net', '99900011122@lid'];
  const update = (name: string, key: string, id: unknown): Json =>
    payload(name, { [key]: [{ before_update: { id }, after_update: { id }, changes: [] }] });

  /** Where an id stands → a payload with it there. */
  const PLACES: Record<
    string,
    { kind: 'chat' | 'group' | 'person' | 'message' | 'no form'; at: (id: string) => Json; pointers: string[] }
  > = {
    'chat_id of a message': { kind: 'chat', at: (chat_id) => text({ chat_id }), pointers: ['/messages/0/chat_id'] },
    'id of a chat': { kind: 'chat', at: (id) => payload('chats.post', { chats: [{ id, type: 'contact' }] }), pointers: ['/chats/0/id'] },
    'ids of the sides of a chat': {
      kind: 'chat',
      at: (id) => update('chats.patch', 'chats_updates', id),
      pointers: ['/chats_updates/0/before_update/id', '/chats_updates/0/after_update/id'],
    },
    recipient_id: { kind: 'chat', at: (recipient_id) => statuses({ recipient_id }), pointers: ['/statuses/0/recipient_id'] },
    chats_removed: { kind: 'chat', at: (id) => payload('chats.delete', { chats_removed: [id] }), pointers: ['/chats_removed/0'] },
    messages_removed_all: {
      kind: 'chat',
      at: (id) => payload('messages.delete', { messages_removed_all: id }),
      pointers: ['/messages_removed_all'],
    },
    linkedParent: {
      kind: 'chat',
      at: (linkedParent) => payload('groups.post', { groups: [{ id: '1@g.us', name: '', participants: [], linkedParent }] }),
      pointers: ['/groups/0/linkedParent'],
    },
    'chat_id of a call': {
      kind: 'chat',
      at: (chat_id) => payload('calls.post', { calls: [{ id: 'A', status: 'missed', chat_id }] }),
      pointers: ['/calls/0/chat_id'],
    },
    'id of a group': {
      kind: 'group',
      at: (id) => payload('groups.post', { groups: [{ id, name: '', participants: [] }] }),
      pointers: ['/groups/0/id'],
    },
    'ids of the sides of a group': {
      kind: 'group',
      at: (id) => update('groups.patch', 'groups_updates', id),
      pointers: ['/groups_updates/0/before_update/id', '/groups_updates/0/after_update/id'],
    },
    group_id: {
      kind: 'group',
      at: (group_id) => payload('groups.put', { groups_participants: [{ group_id, participants: [], action: 'add' }] }),
      pointers: ['/groups_participants/0/group_id'],
    },
    'participants of a change': {
      kind: 'person',
      at: (id) => payload('groups.put', { groups_participants: [{ group_id: '1@g.us', participants: [id], action: 'add' }] }),
      pointers: ['/groups_participants/0/participants/0'],
    },
    'participants of a group': {
      kind: 'person',
      at: (id) => payload('groups.post', { groups: [{ id: '1@g.us', name: '', participants: [{ id, rank: 'member' }] }] }),
      pointers: ['/groups/0/participants/0/id'],
    },
    'from of a message': { kind: 'person', at: (from) => text({ from }), pointers: ['/messages/0/from'] },
    'from of a call': {
      kind: 'person',
      at: (from) => payload('calls.post', { calls: [{ id: 'A', status: 'missed', from }] }),
      pointers: ['/calls/0/from'],
    },
    contact_id: {
      kind: 'person',
      at: (contact_id) => payload('presences.post', { presences: [{ contact_id }] }),
      pointers: ['/presences/0/contact_id'],
    },
    'id of a contact': {
      kind: 'person',
      at: (id) => payload('contacts.post', { contacts: [{ id, name: '' }] }),
      pointers: ['/contacts/0/id'],
    },
    'id of the account': { kind: 'person', at: (id) => payload('users.delete', { user: { id, name: '' } }), pointers: ['/user/id'] },
    viewer_id: {
      kind: 'person',
      at: (viewer_id) => payload('statuses.put', { statuses: [{ ...STATUS, viewer_id }] }),
      pointers: ['/statuses/0/viewer_id'],
    },
    voters: {
      kind: 'person',
      at: (id) => messages({ ...MESSAGE, type: 'poll', poll: { results: [{ voters: [id] }] } }),
      pointers: ['/messages/0/poll/results/0/voters/0'],
    },
    messages_removed: {
      kind: 'message',
      at: (id) => payload('messages.delete', { messages_removed: [id] }),
      pointers: ['/messages_removed/0'],
    },
    'id of a message update': {
      kind: 'message',
      at: (id) =>
        payload('messages.patch', {
          messages_updates: [{ id, before_update: { ...MESSAGE, type: 'pin' }, after_update: { ...MESSAGE, type: 'pin' } }],
        }),
      pointers: ['/messages_updates/0/id'],
    },
    'id of a message': { kind: 'no form', at: (id) => text({ id }), pointers: ['/messages/0/id'] },
    'id of a status': { kind: 'no form', at: (id) => statuses({ id }), pointers: ['/statuses/0/id'] },
    'id of a call': {
      kind: 'no form',
      at: (id) => payload('calls.post', { calls: [{ id, status: 'missed' }] }),
      pointers: ['/calls/0/id'],
    },
    'id of media': {
      kind: 'no form',
      at: (id) => messages({ ...MESSAGE, type: 'image', image: { id, mime_type: '', file_size: 0 } }),
      pointers: ['/messages/0/image/id'],
    },
    quoted_id: { kind: 'no form', at: (quoted_id) => text({ context: { quoted_id } }), pointers: ['/messages/0/context/quoted_id'] },
    channel_id: { kind: 'no form', at: (channel_id) => ({ ...text(), channel_id }), pointers: ['/channel_id'] },
  };
  const MESSAGE_IDS = ['messages_removed', 'id of a message update', 'id of a message', 'id of a status'];
  const FITTING = {
    chat: CHATS,
    group: ['120363000000000000@g.us', '99900011122-1500000000@g.us'],
    person: PEOPLE,
    message: ['Abc123Def456Gh-ijKL78', 'abcd-efgh-ij-kl', `${'a'.repeat(30)}-${'b'.repeat(30)}-${'c'.repeat(30)}`, 'a.b_-c.d_'],
    'no form': ['x', 'media_init', '1', 'ABC DEF', 'ключ'],
  };
  const MISFITTING = {
    chat: ['99900011122', 'a@example.com', '@lid', 'x y@lid', 'story', '1@g.us.evil', '1@LID', '1@lid@lid'],
    group: ['99900011122@s.whatsapp.net', '120363000000000000', 'stories', '@g.us'],
    person: ['+99900011122', '99900011122@g.us', '999 000', 'Ann', '@lid', '٩٩٩٠٠'],
    message: ['abc', 'abc-defg', `${'a'.repeat(31)}-bcde`, 'abcd-efgh-i', 'abcd+efgh-ijkl', 'abcd-efgh-ij-kl-mn'],
    'no form': [],
  };

  it.each(Object.entries(PLACES))('%s takes what its kind looks like', (_place, { kind, at }) => {
    for (const id of FITTING[kind]) expect(said(at(id)), id).toEqual(['valid']);
  });

  it.each(Object.entries(PLACES))('%s is odd where it looks otherwise, or has control characters', (_place, { kind, at, pointers }) => {
    const fit = FITTING[kind][0] ?? '';
    const odd = [...MISFITTING[kind], `${fit}\n`, `\u0000${fit}`, `${fit}\u007f`, `${fit}\u0085`];
    for (const id of odd)
      expect(said(at(id)), JSON.stringify(id)).toEqual(['valid', ...pointers.map((pointer) => `warning odd-id ${pointer}`)]);
  });

  it.each(Object.entries(PLACES))('%s is not empty', (place, { at, pointers }) => {
    const [verdict, start] = MESSAGE_IDS.includes(place) ? ['invalid', 'error empty-id'] : ['valid', 'warning odd-id'];
    expect(said(at(''))).toEqual([verdict, ...pointers.map((pointer) => `${start} ${pointer}`)]);
  });

  it('of labels that were removed are names, of any form', () => {
    expect(said(payload('labels.delete', { labels_removed: ['', '7', 'Paid in full!', 'a\nb'] }))).toEqual(['valid']);
  });
});

describe('times', () => {
  const SECONDS = 1756800871;
  const PLACES: Record<string, { at: (time: unknown) => Json; pointer: string; unit?: 'milliseconds' }> = {
    'of a message': { at: (timestamp) => text({ timestamp }), pointer: '/messages/0/timestamp' },
    'of a status, as a number': { at: (timestamp) => statuses({ timestamp }), pointer: '/statuses/0/timestamp' },
    'of a status, as a text': { at: (time) => statuses({ timestamp: String(time) }), pointer: '/statuses/0/timestamp' },
    'of a chat': {
      at: (timestamp) => payload('chats.post', { chats: [{ id: '1@lid', type: 'contact', timestamp }] }),
      pointer: '/chats/0/timestamp',
    },
    'of the name of a group': {
      at: (name_at) => payload('groups.post', { groups: [{ id: '1@g.us', name: '', participants: [], name_at }] }),
      pointer: '/groups/0/name_at',
    },
    'of the creation of a group': {
      at: (created_at) => payload('groups.post', { groups: [{ id: '1@g.us', name: '', participants: [], created_at }] }),
      pointer: '/groups/0/created_at',
    },
    'somebody was last seen': {
      at: (last_seen) => payload('presences.post', { presences: [{ contact_id: '1', last_seen }] }),
      pointer: '/presences/0/last_seen',
    },
    'a channel started': {
      at: (start_at) => payload('channel.post', { health: { start_at, status: { text: 'AUTH' } } }),
      pointer: '/health/start_at',
    },
    'of an answer to an event': {
      at: (timestamp) => messages({ ...MESSAGE, type: 'event', event: { responses: [{ timestamp }] } }),
      pointer: '/messages/0/event/responses/0/timestamp',
    },
    'of a call': {
      at: (timestamp) => payload('calls.post', { calls: [{ id: 'A', status: 'missed', timestamp }] }),
      pointer: '/calls/0/timestamp',
      unit: 'milliseconds',
    },
  };

  it.each(Object.entries(PLACES))('%s are in their unit', (_place, { at, pointer, unit = 'seconds' }) => {
    const [right, wrong] = unit === 'seconds' ? [SECONDS, SECONDS * 1000] : [SECONDS * 1000, SECONDS];
    expect(said(at(right))).toEqual(['valid']);
    expect(said(at(0))).toEqual(['valid']);
    expect(said(at(wrong))).toEqual(['valid', `warning odd-time ${pointer}`]);
    const other = unit === 'seconds' ? 'milliseconds' : 'seconds';
    expect(parse(JSON.stringify(at(wrong))).findings[0]?.message).toMatch(new RegExp(`looks like ${other}.*expected ${unit} since 1970`));
  });

  it.each(['', 'soon', '2025-09-02T08:14:31Z', '1.5', '-1', '1e9', '１２３'])('of a status is not %j: a text of digits', (timestamp) => {
    expect(said(statuses({ timestamp }))).toEqual(['valid', 'warning odd-time /statuses/0/timestamp']);
  });
});

describe('places, durations and codes', () => {
  const at = (latitude: number, longitude: number): Json => messages({ ...MESSAGE, type: 'location', location: { latitude, longitude } });
  rows([
    [
      'at the ends of the globe',
      messages(
        ...[
          [90, 180],
          [-90, -180],
          [0, 0],
        ].map(([latitude, longitude]) => ({ ...MESSAGE, type: 'location', location: { latitude, longitude } })),
      ),
      'valid',
    ],
    ['too far north', at(90.01, 0), 'valid', 'warning out-of-range /messages/0/location/latitude'],
    ['too far west', at(0, -181), 'valid', 'warning out-of-range /messages/0/location/longitude'],
    ['of no duration', text({ context: { ephemeral: 0 } }), 'valid'],
    ['of a negative duration', text({ context: { ephemeral: -1 } }), 'valid', 'warning out-of-range /messages/0/context/ephemeral'],
    ['3 is delivered', statuses({ code: 3, status: 'delivered' }), 'valid'],
    ['4 is read', statuses({ code: 4, status: 'read' }), 'valid'],
    ['3 is not read', statuses({ code: 3, status: 'read' }), 'valid', 'warning code-disagrees /statuses/0/code'],
    ['4 is not played', statuses({ code: 4, status: 'played' }), 'valid', 'warning code-disagrees /statuses/0/code'],
    ['2 is a guess', statuses({ code: 2, status: 'read' }), 'valid'],
    ['an unknown word contradicts nothing', statuses({ code: 3, status: 'scheduled' }), 'valid', 'warning unknown-word /statuses/0/status'],
  ]);
});

describe('the text of a body', () => {
  const tail = '"messages":[],"event":{"type":"messages","event":"post"},"channel_id":"A-1"}';
  rows([
    ['with a byte order mark', `\ufeff{${tail}`, 'valid', 'warning byte-order-mark'],
    ['with a key twice', `{"messages":1,${tail}`, 'valid', 'warning duplicate-key /messages'],
    ['with a key that is no name', `{"__proto__":{"a":1},${tail}`, 'valid', 'warning unsafe-key /__proto__'],
    ['with half a character', `{"x":"\\ud83d",${tail}`, 'valid', 'warning lone-surrogate /x', 'warning unknown-member /x'],
  ]);

  it('is judged as the last of two keys, as readers do', () => {
    expect(said(`{"messages":[7],${tail}`)).toEqual(['valid', 'warning duplicate-key /messages']);
  });
});

describe('a finding', () => {
  it('says what stands there, what should, and the nearest word, in one sentence', () => {
    expect(parse(JSON.stringify(text({ source: 'moblie' }))).findings).toEqual([
      {
        severity: 'warning',
        rule: 'unknown-word',
        pointer: '/messages/0/source',
        found: 'the string "moblie"',
        expected: 'one of web, mobile, api, system, business_api, unknown',
        nearest: 'mobile',
        message: 'is the string "moblie", expected one of web, mobile, api, system, business_api, unknown; did you mean mobile?',
      },
    ]);
  });

  it('cuts long texts of strangers', () => {
    const [finding] = parse(JSON.stringify(text({ source: 'x'.repeat(1e6) }))).findings;
    expect(finding?.message.length).toBeLessThan(200);
  });
});

describe('validate', () => {
  it.each(SAMPLES.map((sample) => [sample.origin, sample] as const))(
    'finds in %s what parse finds',
    (_origin, { payload: sample, text: body }) => {
      const { name, findings, verdict } = parse(body);
      expect(validate(sample)).toEqual({ name, findings, verdict });
    },
  );

  it.each([undefined, null, 7, 'text', [], true])('of %j is unreadable', (value) => {
    expect(validate(value)).toMatchObject({
      name: null,
      verdict: 'unreadable',
      findings: [{ severity: 'error', rule: 'not-object', pointer: '' }],
    });
  });

  it('takes the name of the event for a payload without one', () => {
    expect(validate(unnamed(), { as: 'messages.post' })).toEqual({ name: 'messages.post', verdict: 'valid', findings: [] });
    expect(validate(unnamed(), { as: 'messages.patch' })).toMatchObject({
      name: 'messages.patch',
      verdict: 'invalid',
      findings: [{ rule: 'payload-foreign' }],
    });
    expect(validate(unnamed())).toMatchObject({ name: null, verdict: 'unknown' });
  });

  it('believes the payload more than the name it is given', () => {
    expect(validate(text(), { as: 'groups.put' })).toEqual({ name: 'messages.post', verdict: 'valid', findings: [] });
  });

  it.each(['messages', 'message.post', 'messages.pots', '', 'toString', '__proto__', null, 7])(
    'throws a TypeError for the name %j',
    (name) => {
      expect(() => validate({}, { as: name as EventName })).toThrow(TypeError); // what a caller without types may hand in
    },
  );

  it('names the event that was meant', () => {
    expect(() => validate({}, { as: 'mesages.post' as EventName })).toThrow(
      '"mesages.post" is not the name of an event; did you mean messages.post?',
    );
  });

  it('reads own members only', () => {
    const inherited: unknown = Object.create(text());
    expect(validate(inherited)).toMatchObject({ name: null, verdict: 'unknown' });
  });
});

describe('isEvent', () => {
  it.each([
    ['a payload of the event', text(), 'messages.post', true],
    ['a payload with remarks', text({ to: 1 }), 'messages.post', true],
    ['a payload of no event', unnamed(), 'messages.post', true],
    ['a payload of another event', text(), 'messages.put', false],
    ['a payload with an error', text({ id: 7 }), 'messages.post', false],
    ['a payload of no event with the key of another', unnamed(), 'messages.patch', false],
    ['a payload of an unknown event', tagged({ type: 'x', event: 'post' }), 'messages.post', false],
    ['no object', 'messages', 'messages.post', false],
    ['null', null, 'service.post', false],
  ] as const)('%s', (_what, value, name, expected) => {
    expect(isEvent(value, name)).toBe(expected);
  });

  it('throws a TypeError for what is no event', () => {
    expect(() => isEvent({}, 'messages' as EventName)).toThrow(TypeError);
  });
});

describe('a hostile body', () => {
  const tail = '"event":{"type":"messages","event":"post"},"channel_id":"A-1"}';
  const many = `{${Array.from({ length: 100 }, (_, index) => `"m${index}":0`).join(',')}}`;
  const remarked = '{"id":"a","type":"unknown","chat_id":"stories","from_me":true,"timestamp":1,"zz":1}';
  it.each([
    ['6 MB of items that are none', () => `{"messages":[${'0,'.repeat(3_000_000)}0],${tail}`, 'invalid'],
    [
      '300,000 unknown members',
      () => `{"messages":[],${Array.from({ length: 300_000 }, (_, index) => `"m${index}":0`).join(',')},${tail}`,
      'valid',
    ],
    ['a million unknown members of items', () => `{"messages":[${Array(10_000).fill(many).join(',')}],${tail}`, 'invalid'],
    [
      'a hundred remarks on each of three thousand items',
      () =>
        `{"messages":[${Array(3000)
          .fill(`${remarked.slice(0, -1)},${many.slice(1)}`)
          .join(',')}],${tail}`,
      'valid',
    ],
    ['300,000 of them twice', () => `{"messages":[],${'"a":0,'.repeat(300_000)}${tail}`, 'valid'],
    ['300,000 halves of characters', () => `{"messages":[],"a":[${'"\\ud800",'.repeat(300_000)}0],${tail}`, 'valid'],
    [
      '60,000 unknown words',
      () =>
        `{"messages":[${Array(60_000).fill('{"id":"a","type":"unkwown","chat_id":"stories","from_me":true,"timestamp":1}').join(',')}],${tail}`,
      'valid',
    ],
  ])('%s makes a bounded number of findings, soon', (_what, body, verdict) => {
    const made = body();
    const before = process.cpuUsage();
    const parsed = parse(made);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(20); // seconds, even on a slow machine; without bounds it is minutes
    expect(parsed.verdict).toBe(verdict);
    expect(parsed.findings.length).toBeGreaterThan(0);
    expect(parsed.findings.length).toBeLessThanOrEqual(1100);
  });

  it.each([
    ['errors', '0', 'invalid'],
    ['remarks', remarked, 'valid'],
  ])('with more than a thousand %s says that there are more', (_what, item, verdict) => {
    const more = (count: number): string[] => {
      const parsed = parse(`{"messages":[${Array(count).fill(item).join(',')}],${tail}`);
      expect(parsed.verdict).toBe(verdict);
      return parsed.findings.filter(({ rule }) => rule === 'more-findings').map(({ message }) => message);
    };
    expect(more(1500)).toEqual(['at least 500 more findings are not listed']);
    expect(more(1001)).toEqual(['at least 1 more finding is not listed']);
    expect(more(1000)).toEqual([]); // what was left out before is forgotten
  });

  it('does not hide an error behind a thousand remarks', () => {
    const body = `{"messages":[${`${remarked},`.repeat(5000)}{}],${tail}`;
    const { verdict, findings } = parse(body);
    expect(verdict).toBe('invalid');
    expect(findings.filter(({ severity }) => severity === 'error').map(line)).toEqual(
      expect.arrayContaining(['id', 'type', 'chat_id', 'from_me', 'timestamp'].map((key) => `error missing-member /messages/5000/${key}`)),
    );
    expect(findings.length).toBeLessThanOrEqual(1100);
  });
});
