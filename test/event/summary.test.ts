import { describe, expect, it } from 'vitest';
import { formatSize, type Summary, summarize } from '../../src/event/summary.ts';

const ANN = '99900011122';
const ANNS = `${ANN}@s.whatsapp.net`;
const BOB = '99900033344';
const GROUP = '120363000000000000@g.us';
const NOTHING: Summary = { direction: null, kind: null, who: null, where: null, what: '', id: null };

/** The only item of an event. */
const only = (event: string | null, payload: unknown): Summary => {
  const { items, total } = summarize(event, payload);
  expect(total).toBe(1);
  expect(items).toHaveLength(1);
  return items[0] ?? NOTHING;
};

const incoming = (type: string, rest: object): object => ({
  id: 'm1',
  from_me: false,
  type,
  chat_id: ANNS,
  from: ANN,
  from_name: 'Ann',
  timestamp: 1750000000,
  ...rest,
});

const said = (type: string, content: unknown, rest: object = {}): string =>
  only('messages.post', {
    messages: [incoming(type, { [type === 'documentWithCaption' ? 'document' : type]: content, ...rest })],
  }).what;

const acted = (action: object, rest: object = {}): Summary =>
  only('messages.post', { messages: [incoming('action', { action, ...rest })] });

describe('the published shapes', () => {
  it.each<[string, string, unknown, Partial<Summary>]>([
    [
      'calls.post ringing',
      'calls.post',
      {
        calls: [
          {
            id: 'CB0B4C0934A58927B51B80AFFBB0ECA1',
            from: '999505214230@s.whatsapp.net',
            chat_id: '999505214230@s.whatsapp.net',
            status: 'ringing',
            timestamp: 1719992600000,
            group_call: false,
            video_call: false,
            offline_call: false,
          },
        ],
      },
      { kind: 'ringing', who: '+999505214230', what: 'ringing', id: 'CB0B4C0934A58927B51B80AFFBB0ECA1' },
    ],
    [
      'channel.post qr',
      'channel.post',
      { health: { start_at: 1719975029, uptime: 20, status: { code: 3, text: 'QR' }, version: '3.6.8' } },
      { kind: 'QR', what: 'channel waits for a phone to scan the QR code' },
    ],
    [
      'chats.delete removed',
      'chats.delete',
      { chats_removed: ['999505214230@s.whatsapp.net'] },
      { where: '+999505214230', what: 'chat deleted', id: '999505214230@s.whatsapp.net' },
    ],
    [
      'chats.patch label assigned',
      'chats.patch',
      {
        chats_updates: [
          {
            before_update: { id: '120363185728038804@g.us', type: 'group', name: 'Runa Hartwell' },
            after_update: {
              id: '120363185728038804@g.us',
              type: 'group',
              name: 'Runa Hartwell',
              labels: [{ id: '73', name: 'Hollow saddle', color: 'lightsteelblue' }],
            },
            changes: ['labels'],
          },
        ],
      },
      { where: 'Runa Hartwell', what: 'label “Hollow saddle” put on', id: '120363185728038804@g.us' },
    ],
    [
      'contacts.patch picture',
      'contacts.patch',
      {
        contacts_updates: [
          {
            before_update: { id: '99960607936' },
            after_update: {
              id: '99960607936',
              profile_pic: 'https://p.example/a',
              profile_pic_full: 'https://p.example/b',
            },
            changes: ['profile_pic', 'profile_pic_full'],
          },
        ],
      },
      { who: '+99960607936', what: 'new profile picture', id: '99960607936' },
    ],
    [
      'groups.post created',
      'groups.post',
      {
        groups: [
          {
            id: '120363164179522616@g.us',
            name: 'Juniper timber! 🙏',
            type: 'group',
            participants: [
              { id: '99976903420', rank: 'member' },
              { id: '999505214230', rank: 'creator' },
            ],
            created_by: '999505214230',
          },
        ],
      },
      {
        where: 'Juniper timber! 🙏',
        what: 'group created or joined, 2 members, created by +999505214230',
        id: '120363164179522616@g.us',
      },
    ],
    [
      'groups.put add',
      'groups.put',
      { groups_participants: [{ group_id: '120363164179522616@g.us', participants: ['99913536385'], action: 'add' }] },
      { kind: 'add', where: '120363164179522616@g.us', what: 'added +99913536385', id: '120363164179522616@g.us' },
    ],
    [
      'labels.delete by name',
      'labels.delete',
      { labels_removed: ['Ember garnet'] },
      { what: 'label “Ember garnet” deleted', id: 'Ember garnet' },
    ],
    [
      'messages.patch poll vote, minimal',
      'messages.patch',
      {
        messages_updates: [
          {
            id: 'TecZOph7ytJ4Ut-vEmJzSVtbw',
            trigger: {
              id: 'PotPGfq4iyY4Tg-rZyZgGWtxk',
              from_me: false,
              type: 'action',
              chat_id: '9994699311315@s.whatsapp.net',
              action: { target: 'TecZOph7ytJ4Ut-vEmJzSVtbw', type: 'vote', votes: ['8HczIovIQ4='] },
            },
            before_update: {
              id: 'TecZOph7ytJ4Ut-vEmJzSVtbw',
              from_me: true,
              type: 'poll',
              chat_id: '9994699311315@s.whatsapp.net',
              poll: { total: 0 },
            },
            after_update: {
              id: 'TecZOph7ytJ4Ut-vEmJzSVtbw',
              from_me: true,
              type: 'poll',
              chat_id: '9994699311315@s.whatsapp.net',
              poll: { total: 1, results: [{ id: '8HczIovIQ4=', count: 1 }] },
            },
            changes: ['poll'],
          },
        ],
      },
      {
        direction: 'out',
        kind: 'vote',
        who: '+9994699311315',
        what: 'voted for 1 option; poll now 1 vote',
        id: 'TecZOph7ytJ4Ut-vEmJzSVtbw',
      },
    ],
    [
      'messages.post image, forwarded',
      'messages.post',
      {
        messages: [
          {
            id: 'FkR8iOXzgVhu7b-bWZFmPJjnp',
            from_me: false,
            type: 'image',
            chat_id: '999657810000@s.whatsapp.net',
            image: { id: 'jpeg-0e54', mime_type: 'image/jpeg', file_size: 59649, width: 724, height: 1280 },
            context: { forwarded: true, forwarding_score: 3 },
            from: '999657810000',
            from_name: 'Nadir Westbrook',
          },
        ],
      },
      {
        direction: 'in',
        kind: 'image',
        who: 'Nadir Westbrook',
        what: 'photo 59.6 kB (forwarded)',
        id: 'FkR8iOXzgVhu7b-bWZFmPJjnp',
      },
    ],
    [
      'messages.post reply to a button of a template',
      'messages.post',
      {
        messages: [
          {
            id: 'b6uUB0EhQiqu7mPFPR3IOm-rEVLJ88EHh',
            from_me: false,
            type: 'reply',
            chat_id: '99976903420@s.whatsapp.net',
            chat_name: 'Juniper Juniper',
            reply: { type: 'buttons_reply', buttons_reply: { id: 'ButtonsV3:vpvgizVb5', title: 'Juniper932' } },
            context: {
              quoted_id: 'nxNv.S0TDc2m9oK-nG4Sqf2ElS',
              quoted_content: { header: 'Orchard pebble orchard', body: 'Inkwell lantern', footer: 'Quarry kettle' },
              quoted_type: 'hsm',
            },
            from: '99976903420',
            from_name: 'Dario',
          },
        ],
      },
      {
        direction: 'in',
        kind: 'reply',
        who: 'Dario',
        what: 'chose “Juniper932” (reply to “Inkwell lantern”)',
        id: 'b6uUB0EhQiqu7mPFPR3IOm-rEVLJ88EHh',
      },
    ],
    [
      'messages.post text, mode method',
      'messages.post',
      {
        messages: [
          {
            id: 'VzS_z8fAXjiJYkn-kY2GxMLvac',
            from_me: false,
            type: 'text',
            chat_id: '99913536385@s.whatsapp.net',
            text: { body: 'dapple' },
            from: '99913536385',
            from_name: '~ Oona',
          },
        ],
        channel_id: 'JZGNAY-C53WG',
      },
      { direction: 'in', kind: 'text', who: '~ Oona', what: 'dapple', id: 'VzS_z8fAXjiJYkn-kY2GxMLvac' },
    ],
    [
      'messages.post text received',
      'messages.post',
      {
        messages: [
          {
            id: 'a.c06M9aqyHX6UgYq.l0OM-zAlIut9wIx',
            from_me: false,
            type: 'text',
            chat_id: '999505214230@s.whatsapp.net',
            text: { body: 'Ember orchard' },
            from: '999505214230',
            from_name: 'Nadir',
          },
        ],
      },
      { direction: 'in', kind: 'text', who: 'Nadir', what: 'Ember orchard', id: 'a.c06M9aqyHX6UgYq.l0OM-zAlIut9wIx' },
    ],
    [
      'messages.post unknown, system noise',
      'messages.post',
      {
        messages: [
          {
            id: 'T6gbiSSZDcfeTs-wsOhWvvEYHU',
            from: '99901390520',
            type: 'unknown',
            source: 'system',
            chat_id: '99901390520@s.whatsapp.net',
            from_me: false,
            from_name: 'Marit Elmhurst',
          },
        ],
      },
      {
        direction: 'in',
        kind: 'unknown',
        who: 'Marit Elmhurst',
        what: 'no content (type unknown)',
        id: 'T6gbiSSZDcfeTs-wsOhWvvEYHU',
      },
    ],
    [
      'messages.post voice',
      'messages.post',
      {
        messages: [
          {
            id: 'KymXOoa3mwV0Io-jGyIuFUidf',
            from_me: false,
            type: 'voice',
            chat_id: '999657810000@s.whatsapp.net',
            voice: { id: 'oga-0ec1', mime_type: 'audio/ogg; codecs=opus', file_size: 6995, seconds: 3 },
            from: '999657810000',
            from_name: 'Nadir Westbrook',
          },
        ],
      },
      {
        direction: 'in',
        kind: 'voice',
        who: 'Nadir Westbrook',
        what: 'voice message 7.0 kB 0:03',
        id: 'KymXOoa3mwV0Io-jGyIuFUidf',
      },
    ],
    [
      'presences.post typing',
      'presences.post',
      { presences: [{ contact_id: '999505214230', status: 'typing' }] },
      { kind: 'typing', who: '+999505214230', what: 'typing', id: '999505214230' },
    ],
    [
      'statuses.post delivered',
      'statuses.post',
      {
        statuses: [
          {
            id: 'WjQkWooTQS78_m6rugH14i-qO5Ifh2eTv',
            code: 3,
            status: 'delivered',
            recipient_id: '999505214230@s.whatsapp.net',
            timestamp: '1719195524',
          },
        ],
      },
      { kind: 'delivered', what: 'delivered to +999505214230', id: 'WjQkWooTQS78_m6rugH14i-qO5Ifh2eTv' },
    ],
    [
      'statuses.put story view',
      'statuses.put',
      {
        statuses: [
          {
            id: 'bqT_qed_hT6-8QlE-Z3HkO3y',
            code: 4,
            status: 'read',
            recipient_id: 'stories',
            timestamp: '1716623617',
            viewer_id: '99976903420',
          },
        ],
      },
      { kind: 'read', where: 'stories', what: 'story seen by +99976903420', id: 'bqT_qed_hT6-8QlE-Z3HkO3y' },
    ],
    [
      'users.post connected',
      'users.post',
      { user: { id: '99976903420', name: 'Dario' } },
      { who: 'Dario', what: 'WhatsApp account connected', id: '99976903420' },
    ],
  ])('%s', (_name, event, payload, expected) => {
    expect(only(event, payload)).toEqual({ ...NOTHING, ...expected });
  });
});

describe('who and where', () => {
  it.each<[string, object, Pick<Summary, 'direction' | 'who' | 'where'>]>([
    ['a private chat', {}, { direction: 'in', who: 'Ann', where: null }],
    ['without from_name', { from_name: undefined, chat_name: 'Ann A.' }, { direction: 'in', who: 'Ann A.', where: null }],
    ['the number only', { from_name: undefined }, { direction: 'in', who: `+${ANN}`, where: null }],
    ['the chat only', { from_name: undefined, from: undefined }, { direction: 'in', who: `+${ANN}`, where: null }],
    ['sent', { from_me: true }, { direction: 'out', who: 'you', where: `+${ANN}` }],
    ['sent to a named chat', { from_me: true, chat_name: 'Ann' }, { direction: 'out', who: 'you', where: 'Ann' }],
    ['a named group', { chat_id: GROUP, chat_name: 'Sales' }, { direction: 'in', who: 'Ann', where: 'Sales' }],
    ['a group', { chat_id: GROUP }, { direction: 'in', who: 'Ann', where: GROUP }],
    [
      'a named group whose member has no name',
      { chat_id: GROUP, chat_name: 'Sales', from_name: undefined },
      { direction: 'in', who: `+${ANN}`, where: 'Sales' },
    ],
    [
      'a newsletter',
      { chat_id: '120363000000000001@newsletter', from: undefined, from_name: undefined },
      { direction: 'in', who: null, where: 'newsletter 120363000000000001' },
    ],
    ['a story', { chat_id: 'stories' }, { direction: 'in', who: 'Ann', where: 'stories' }],
    ['the story chat', { chat_id: 'status@broadcast', chat_name: 'x' }, { direction: 'in', who: 'Ann', where: 'stories' }],
    [
      'a hidden number',
      { chat_id: '123456@lid', from: '123456@lid', from_name: undefined },
      { direction: 'in', who: 'lid 123456', where: null },
    ],
    ['sent to a hidden number', { chat_id: '123456@lid', from_me: true }, { direction: 'out', who: 'you', where: 'lid 123456' }],
    ['no direction', { from_me: 'yes' }, { direction: null, who: 'Ann', where: null }],
    ['no chat', { chat_id: undefined }, { direction: 'in', who: 'Ann', where: null }],
  ])('%s', (_name, rest, expected) => {
    const given = JSON.parse(JSON.stringify(incoming('text', { text: { body: 'hi' }, ...rest })));
    expect(only('messages.post', { messages: [given] })).toEqual({ kind: 'text', what: 'hi', id: 'm1', ...expected });
  });
});

describe('what a message says', () => {
  const media = { id: 'x-1', mime_type: 'a/b', file_size: 59649 };
  it.each<[string, unknown, string]>([
    ['text', { body: 'hi' }, 'hi'],
    ['text', { body: 'hi', buttons: [{ title: 'Yes' }, { title: 'No' }] }, 'hi (choices: Yes, No)'],
    ['text', { body: 'secret', view_once: true }, 'secret (view once)'],
    ['text', {}, 'empty text'],
    ['image', { ...media, caption: 'at the beach', file_name: 'beach.jpg' }, 'photo “at the beach” beach.jpg 59.6 kB'],
    ['image', { ...media, view_once: true }, 'photo 59.6 kB (view once)'],
    ['video', { ...media, seconds: 75 }, 'video 59.6 kB 1:15'],
    ['gif', media, 'GIF 59.6 kB'],
    ['short', { ...media, seconds: 9 }, 'video note 59.6 kB 0:09'],
    ['audio', { ...media, seconds: 3725 }, 'audio 59.6 kB 1:02:05'],
    ['voice', { ...media, seconds: 3 }, 'voice message 59.6 kB 0:03'],
    ['document', { ...media, filename: 'a.pdf', file_name: 'a.pdf', page_count: 3 }, 'document a.pdf 59.6 kB 3 pages'],
    ['documentWithCaption', { ...media, caption: 'the bill', filename: 'a.pdf' }, 'document “the bill” a.pdf 59.6 kB'],
    ['sticker', { ...media, animated: true }, 'animated sticker 59.6 kB'],
    ['link_preview', { body: 'see https://a.example/x', url: 'https://a.example/x', title: 'X' }, 'see https://a.example/x (link “X”)'],
    ['link_preview', { title: 'X', url: 'https://a.example/' }, 'https://a.example/ (link “X”)'],
    ['location', { latitude: 48.8584, longitude: 2.2945 }, 'location 48.8584, 2.2945'],
    ['location', { latitude: 1, longitude: 2, name: 'Café', address: 'Rue X 5' }, 'location “Café”, Rue X 5'],
    ['live_location', { latitude: 1.5, longitude: -2, caption: 'on my way' }, 'live location 1.5, -2 “on my way”'],
    ['contact', { name: 'Bob', vcard: 'BEGIN:VCARD' }, 'contact Bob'],
    ['contact', { vcard: 'BEGIN:VCARD\nFN:Bob B.\nEND:VCARD' }, 'contact Bob B.'],
    ['contact_list', { list: [{ name: 'Bob' }, { name: 'Eve' }] }, 'contacts Bob, Eve'],
    ['poll', { title: 'Lunch?', options: ['Pizza', 'Pasta'] }, 'poll “Lunch?” Pizza / Pasta'],
    [
      'poll',
      {
        title: 'Lunch?',
        options: ['Pizza', { name: 'Pasta' }],
        total: 2,
        results: [{ id: 'a', name: 'Pizza', count: 2 }],
      },
      'poll “Lunch?” Pizza / Pasta (Pizza 2)',
    ],
    ['reply', { type: 'buttons_reply', buttons_reply: { id: 'b', title: 'Yes' } }, 'chose “Yes”'],
    ['reply', { type: 'list_reply', list_reply: { id: 'b', title: 'Red', description: 'roses' } }, 'chose “Red”'],
    [
      'interactive',
      { type: 'button', body: { text: 'Pick one' }, action: { buttons: [{ title: 'A' }, { title: 'B' }] } },
      'Pick one (choices: A, B)',
    ],
    [
      'interactive',
      {
        type: 'list',
        header: { text: 'Menu' },
        action: { list: { label: 'Open', sections: [{ rows: [{ title: 'Tea' }] }] } },
      },
      'Menu (choices: Tea)',
    ],
    ['interactive', { type: 'product', body: { text: 'Look' }, action: { product: { product_id: 'p1' } } }, 'Look (product p1)'],
    ['list', { body: 'Menu', sections: [{ rows: [{ title: 'Tea' }, { title: 'Milk' }] }] }, 'Menu (choices: Tea, Milk)'],
    ['buttons', { text: 'Sure?', buttons: [{ id: '1', text: 'Yes' }] }, 'Sure? (choices: Yes)'],
    ['hsm', { body: 'Your code is 1', buttons: [{ text: 'Copy' }] }, 'Your code is 1 (choices: Copy)'],
    ['hsm', { header: { type: 'image' }, body: 'New roses' }, 'photo New roses'],
    ['order', { item_count: 3, total_price: 12.5, currency: 'EUR' }, 'order (3 items, 12.50 EUR)'],
    ['order', { title: 'Roses', item_count: 1, status: 'new', text: 'soon' }, 'order “Roses” (1 item, new) “soon”'],
    ['event', { name: 'Picnic', start: 1750000000 }, 'event “Picnic” 2025-06-15T15:06:40Z'],
    ['event', { name: 'Picnic', is_canceled: true, responses: [{ response: 'GOING' }] }, 'canceled event “Picnic” (1 going)'],
    ['product', { catalog_id: 'c1', product_id: 'p1' }, 'product p1 of catalog c1'],
    ['catalog', { title: 'Moss', body: 'our flowers' }, 'catalog “Moss” “our flowers”'],
    ['group_invite', { title: 'Sales', body: 'join us' }, 'invites to the group “Sales” “join us”'],
    ['newsletter_invite', { title: 'News', body: 'News' }, 'invites to the newsletter “News”'],
    ['admin_invite', { newsletter_name: 'News', body: 'help us' }, 'invites to be an admin of the newsletter “News” “help us”'],
    ['system', { body: 'Messages are encrypted' }, 'Messages are encrypted'],
    ['call', undefined, 'a call'],
    ['pin', undefined, 'pinned a message'],
    ['carousel', undefined, 'carousel'],
    ['album', undefined, 'album'],
    ['unknown', undefined, 'no content (type unknown)'],
    ['image', undefined, 'no content (type image)'],
    ['hologram', { title: 'a cat' }, 'hologram “a cat”'],
    ['hologram', { x: 1 }, 'no content (type hologram)'],
  ])('%s %j', (type, content, expected) => {
    expect(said(type, content)).toBe(expected);
  });

  it.each<[string, object, string]>([
    ['a story', { type: 'story', chat_id: 'stories', text: { body: 'sun' } }, 'story: sun'],
    ['a story with a photo', { type: 'story', image: { caption: 'sun' } }, 'story: photo “sun”'],
    ['an empty story', { type: 'story' }, 'story: no content'],
    ['no type', { type: undefined }, 'no content (no type)'],
    ['an action without content', { type: 'action' }, 'no content (type action)'],
  ])('%s', (_name, rest, expected) => {
    expect(only('messages.post', { messages: [incoming('text', rest)] }).what).toBe(expected);
  });

  it.each<[string, object, string]>([
    ['a quote', { quoted_id: 'q', quoted_content: { body: 'hello' } }, 'hi (reply to “hello”)'],
    ['a quoted caption', { quoted_content: { caption: 'beach' } }, 'hi (reply to “beach”)'],
    ['quoted buttons', { quoted_content: { text: 'Sure?' } }, 'hi (reply to “Sure?”)'],
    [
      'a long quote',
      { quoted_content: { body: 'one two three four five six seven eight nine ten eleven' } },
      'hi (reply to “one two three four five six seven eight…”)',
    ],
    ['a quote without content', { quoted_id: 'q' }, 'hi (a reply)'],
    ['forwarded', { forwarded: true }, 'hi (forwarded)'],
    ['an ad', { ad: { title: 'Fresh roses' } }, 'hi (from ad “Fresh roses”)'],
    ['an ad without words', { ad: {} }, 'hi (from an ad)'],
  ])('context: %s', (_name, context, expected) => {
    expect(said('text', { body: 'hi' }, { context })).toBe(expected);
  });
});

describe('what an action does', () => {
  it.each<[string, object, string]>([
    ['reaction', { emoji: '👍', target: 't1' }, 'reacted 👍 to t1'],
    ['reaction', { emoji: '', target: 't1' }, 'took back the reaction to t1'],
    ['reaction', {}, 'took back the reaction'],
    ['edit', { target: 't1', edited_type: 'text', edited_content: { body: 'new' } }, 'edited to “new”'],
    ['edited', { target: 't1', edited_content: { caption: 'new' } }, 'edited to “new”'],
    ['edited', { edited_type: 'image', edited_content: { caption: 'new' } }, 'edited to photo “new”'],
    ['edited', { target: 't1' }, 'edited a message t1'],
    ['delete', { target: 't1' }, 'deleted a message t1'],
    ['vote', { target: 't1', votes: ['a', 'b'] }, 'voted for 2 options'],
    ['vote', { target: 't1', votes: [] }, 'took back the vote'],
    ['ephemeral', { ephemeral: 604800 }, 'set disappearing messages to 7 days'],
    ['ephemeral', { ephemeral: 86400 }, 'set disappearing messages to 24 hours'],
    ['ephemeral', { ephemeral: 0 }, 'turned off disappearing messages'],
    ['ephemeral', {}, 'changed disappearing messages'],
    ['comment', { target: 't1', comment: 'nice' }, 'commented “nice”'],
    ['event_response', { event_response: { response: 'GOING' } }, 'answers GOING to the event'],
    ['pin', { target: 't1' }, 'pinned a message t1'],
    ['unpin', { target: 't1' }, 'unpinned a message t1'],
    ['label_change', { target: 't1' }, 'changed labels of a message t1'],
    ['media_notify', {}, 'media notice about a message'],
    ['status_notify', {}, 'story notice about a message'],
    ['group_status_notify', {}, 'group story notice about a message'],
    ['star', { target: 't1' }, 'starred a message t1'],
    ['dance', { target: 't1' }, 'action dance t1'],
  ])('%s %j', (type, action, what) => {
    expect(acted({ type, ...action })).toEqual({
      direction: 'in',
      kind: type,
      who: 'Ann',
      where: null,
      what,
      id: 'm1',
    });
  });

  it('keeps the word action where the kind of action is missing', () => {
    expect(acted({ target: 't1' })).toMatchObject({ kind: 'action', what: 'action without a type to t1' });
  });
});

describe('changed messages', () => {
  it.each<[string, object, string]>([
    ['changed', { text: { body: 'hi' } }, 'changed, now: hi'],
    ['edited', { text: { body: 'hi' }, edited_at: 1750000000 }, 'edited, now: hi'],
    [
      'reacted to',
      { text: { body: 'hi' }, reactions: [{ emoji: '👍' }, { emoji: '🌿', count: 2 }] },
      'changed, now: hi (reactions 👍 🌿 2)',
    ],
    ['an action', { type: 'action', action: { type: 'delete', target: 't1' } }, 'deleted a message t1'],
  ])('whole: %s', (_name, rest, what) => {
    expect(only('messages.put', { messages: [incoming('text', rest)] })).toMatchObject({
      who: 'Ann',
      direction: 'in',
      what,
    });
  });

  const poll = {
    title: 'Lunch?',
    total: 3,
    results: [
      { id: 'a', name: 'Pizza', count: 2 },
      { id: 'b', name: 'Pasta', count: 1 },
    ],
  };
  const text = (body: string): object => incoming('text', { text: { body } });
  const mine = (rest: object): object => incoming('poll', { from_me: true, poll, ...rest });
  const vote = (votes: string[]): object =>
    incoming('action', { id: 'v1', from: BOB, from_name: 'Bob', action: { type: 'vote', target: 'm1', votes } });

  it.each<[string, object, Partial<Summary>]>([
    [
      'a vote with names',
      { trigger: vote(['b']), after_update: mine({}), changes: ['poll'] },
      { direction: 'out', kind: 'vote', who: 'Bob', what: 'voted for “Pasta”; poll now Pizza 2, Pasta 1' },
    ],
    [
      'a vote of which one name is known',
      { trigger: vote(['a', 'z']), after_update: mine({}), changes: [] },
      { direction: 'out', kind: 'vote', who: 'Bob', what: 'voted for “Pizza” and 1 more' },
    ],
    [
      'an edit with its trigger',
      {
        trigger: incoming('action', { action: { type: 'edit', edited_content: { body: 'new' } } }),
        before_update: text('old'),
        after_update: text('new'),
        changes: ['text'],
      },
      { direction: 'in', kind: 'edit', who: 'Ann', what: 'edited “old” → “new”' },
    ],
    [
      'an edit without a trigger',
      { before_update: text('old'), after_update: text('new'), changes: ['text', 'labels'] },
      { direction: 'in', kind: 'text', who: 'Ann', what: 'edited “old” → “new”; labels' },
    ],
    [
      'an edit of which only the new words came',
      {
        trigger: incoming('action', { action: { type: 'edit', edited_content: { body: 'new' } } }),
        after_update: text('new'),
      },
      { direction: 'in', kind: 'edit', who: 'Ann', what: 'edited to “new”' },
    ],
    [
      'a reaction',
      {
        trigger: incoming('action', { action: { type: 'reaction', emoji: '👍', target: 'm1' } }),
        before_update: text('hi'),
        after_update: incoming('text', { text: { body: 'hi' }, reactions: [{ emoji: '👍' }] }),
        changes: ['reactions'],
      },
      { direction: 'in', kind: 'reaction', who: 'Ann', what: 'reacted 👍 to m1; reactions now 👍' },
    ],
    [
      'a change nobody says the author of',
      { after_update: mine({}), changes: ['poll', 'starred'] },
      { direction: 'out', kind: 'poll', where: `+${ANN}`, what: 'message changed: poll now Pizza 2, Pasta 1, starred' },
    ],
    ['nothing', {}, { what: 'message changed' }],
  ])('update: %s', (_name, update, expected) => {
    expect(only('messages.patch', { messages_updates: [{ id: 'm1', ...update }] })).toEqual({
      ...NOTHING,
      id: 'm1',
      ...expected,
    });
  });

  it('tells removed messages and a cleared chat', () => {
    expect(summarize('messages.delete', { messages_removed: ['m1', 'm2'], messages_removed_all: GROUP })).toEqual({
      total: 3,
      items: [
        { ...NOTHING, what: 'message m1 deleted', id: 'm1' },
        { ...NOTHING, what: 'message m2 deleted', id: 'm2' },
        { ...NOTHING, where: GROUP, what: 'chat cleared, all its messages deleted', id: GROUP },
      ],
    });
  });
});

describe('statuses', () => {
  it.each<[object, string | null, string]>([
    [{ status: 'sent', recipient_id: ANNS }, null, `sent to +${ANN}`],
    [{ status: 'read', recipient_id: ANNS }, null, `read by +${ANN}`],
    [{ status: 'played', recipient_id: ANNS }, null, `played by +${ANN}`],
    [{ status: 'pending', recipient_id: ANNS }, null, `waiting to be sent to +${ANN}`],
    [{ status: 'deleted', recipient_id: ANNS }, null, `deleted in the chat with +${ANN}`],
    [
      { status: 'failed', recipient_id: ANNS, errors: [{ code: 1, message: 'not on WhatsApp' }] },
      null,
      `failed to reach +${ANN}: not on WhatsApp`,
    ],
    [{ status: 'failed' }, null, 'failed'],
    [{ status: 'read', recipient_id: GROUP, viewer_id: BOB }, GROUP, `read by +${BOB}`],
    [{ status: 'read', recipient_id: GROUP }, GROUP, 'read'],
    [{ status: 'sent', recipient_id: 'stories' }, 'stories', 'story sent'],
    [{ status: 'waved', recipient_id: ANNS }, null, `waved, +${ANN}`],
    [{ code: 4, recipient_id: ANNS }, null, `status code 4, +${ANN}`],
  ])('%j', (status, where, what) => {
    expect(only('statuses.post', { statuses: [{ id: 's1', ...status }] })).toMatchObject({ where, what, id: 's1' });
  });
});

describe('chats, contacts and groups', () => {
  it.each<[string, unknown, Partial<Summary>]>([
    ['chats.post', { chats: [{ id: ANNS, type: 'contact', unread: 1 }] }, { where: `+${ANN}`, what: 'new chat, 1 unread', id: ANNS }],
    [
      'chats.post',
      {
        chats: [{ id: 'status@broadcast', type: 'broadcast', last_message: incoming('text', { text: { body: 'sun' } }) }],
      },
      { where: 'stories', what: 'new chat (broadcast), last message Ann: sun', id: 'status@broadcast' },
    ],
    ['chats.put', { chats: [{ id: GROUP, type: 'group', name: 'Sales' }] }, { where: 'Sales', what: 'chat changed (group)', id: GROUP }],
    [
      'contacts.post',
      { contacts: [{ id: ANN, name: 'Ann', is_business: true }] },
      { who: 'Ann', what: `contact added or renamed, a business, +${ANN}`, id: ANN },
    ],
    ['contacts.post', { contacts: [{ id: ANN }] }, { who: `+${ANN}`, what: 'contact added or renamed', id: ANN }],
    [
      'groups.post',
      { groups: [{ id: GROUP, name: 'All', is_parent: true, participants_count: 1, performed_by: ANNS }] },
      { who: `+${ANN}`, where: 'All', what: 'community created or joined, 1 member', id: GROUP },
    ],
    [
      'groups.post',
      { groups: [{ id: GROUP, name: 'News', isCommunityAnnounce: true, linkedParent: '120363000000000009@g.us' }] },
      {
        where: 'News',
        what: 'announcement group created or joined, in community 120363000000000009@g.us',
        id: GROUP,
      },
    ],
  ])('%s %j', (event, payload, expected) => {
    expect(only(event, payload)).toEqual({ ...NOTHING, ...expected });
  });

  it.each<[string[], object, object, string]>([
    [['name'], { name: 'Old' }, { name: 'New' }, 'name “Old” → “New”'],
    [['description'], {}, { description: 'Flowers' }, 'description now “Flowers”'],
    [['description'], { description: 'Flowers' }, {}, 'description “Flowers” → none'],
    [['unread'], { unread: 2 }, { unread: 3 }, 'unread 2 → 3'],
    [['mute', 'mute_until'], {}, { mute: true, mute_until: 18446744073709552000 }, 'mute off → on, muted for good'],
    [['mute_until'], {}, { mute_until: 1750000000 }, 'muted until 2025-06-15T15:06:40Z'],
    [['pin', 'archive'], { pin: true }, { archive: true }, 'pin on → off, archive off → on'],
    [
      ['labels'],
      { labels: [{ id: '1', name: 'Due' }] },
      { labels: [{ id: '2', name: 'Paid' }] },
      'label “Paid” put on, label “Due” taken off',
    ],
    [['ephemeral'], { ephemeral: 0 }, { ephemeral: 604800 }, 'disappearing messages off → 7 days'],
    [['ephemeral'], { ephemeral: 7776000 }, {}, 'disappearing messages 90 days → off'],
    [
      ['announcements', 'restricted'],
      { announcements: false },
      { announcements: true, restricted: true },
      'announcements off → on, restricted off → on',
    ],
    [['participants'], { participants: [{}] }, { participants: [{}, {}] }, 'members 1 → 2'],
    [['chat_pic', 'chat_pic_full'], { chat_pic: 'https://a.example/', chat_pic_full: 'https://a.example/f' }, {}, 'picture removed'],
    [
      ['last_message', 'timestamp', 'unread'],
      { timestamp: 1 },
      { timestamp: 2, unread: 1, last_message: incoming('image', { image: { caption: 'roses' } }) },
      'last message Ann: photo “roses”, unread now 1',
    ],
    [['mute', 'mute_until'], { mute: true, mute_until: 1750000000 }, {}, 'mute on → off'],
    [['name', 'name_at'], { name: 'Old', name_at: 1 }, { name: 'New', name_at: 2 }, 'name “Old” → “New”'],
    [['timestamp'], { timestamp: 1 }, { timestamp: 2 }, 'timestamp 1 → 2'],
    [['weather'], { weather: {} }, { weather: [] }, 'weather'],
    [[], {}, {}, 'changed, without saying what'],
  ])('%j', (changes, before, after, what) => {
    const update = { before_update: { id: GROUP, ...before }, after_update: { id: GROUP, ...after }, changes };
    for (const [event, key] of [
      ['chats.patch', 'chats_updates'],
      ['groups.patch', 'groups_updates'],
    ] as const) {
      expect(only(event, { [key]: [update] })).toMatchObject({ what, id: GROUP, who: null });
    }
    expect(only('contacts.patch', { contacts_updates: [update] })).toMatchObject({ what, id: GROUP, where: null });
  });

  it.each<[string | null, unknown[], string]>([
    ['add', [ANN, ANNS, '77@lid'], `added +${ANN}, +${ANN}, lid 77`],
    ['remove', [ANN], `removed +${ANN}`],
    ['promote', [{ id: ANN, name: 'Ann' }], 'promoted Ann to admin'],
    ['demote', [ANN], `demoted +${ANN} from admin`],
    ['request', [ANN], `+${ANN} asks to join`],
    ['request', [ANN, BOB], `+${ANN}, +${BOB} ask to join`],
    ['revoke_request', [ANN], `+${ANN} took back the request to join`],
    ['rejected_request', [ANN], `request of +${ANN} to join was rejected`],
    [null, [ANN], `members changed: +${ANN}`],
    ['teleport', [], 'teleport: nobody'],
    ['add', Array.from({ length: 14 }, () => '1'), `added ${Array.from({ length: 12 }, () => '+1').join(', ')} and 2 more`],
  ])('groups.put %s %j', (action, participants, what) => {
    const payload = { groups_participants: [{ group_id: GROUP, participants, action }] };
    expect(only('groups.put', payload)).toEqual({ ...NOTHING, kind: action, where: GROUP, what, id: GROUP });
  });
});

describe('the account', () => {
  it.each<[string, unknown, Partial<Summary>]>([
    ['presences.post', { presences: [{ contact_id: ANN, status: 'online' }] }, { kind: 'online', who: `+${ANN}`, what: 'online', id: ANN }],
    [
      'presences.post',
      { presences: [{ contact_id: ANN, status: 'offline', last_seen: 1750000000 }] },
      { kind: 'offline', who: `+${ANN}`, what: 'offline, last seen 2025-06-15T15:06:40Z', id: ANN },
    ],
    [
      'presences.post',
      { presences: [{ contact_id: ANN, last_seen: 1750000000 }] },
      { who: `+${ANN}`, what: 'last seen 2025-06-15T15:06:40Z', id: ANN },
    ],
    [
      'presences.post',
      { presences: [{ contact_id: GROUP, status: 'recording' }] },
      { kind: 'recording', where: GROUP, what: 'recording a voice message', id: GROUP },
    ],
    ['channel.post', { health: { status: { text: 'NOT_INIT' } } }, { kind: 'NOT_INIT', what: 'channel is not started' }],
    ['channel.post', { health: { status: { text: 'INIT' } } }, { kind: 'INIT', what: 'channel is starting' }],
    ['channel.post', { health: { status: { text: 'LAUNCH' } } }, { kind: 'LAUNCH', what: 'channel is launching WhatsApp' }],
    [
      'channel.post',
      { health: { status: { text: 'AUTH' }, user: { name: 'Dario' }, channel_id: 'MANTIS-7QX2K' } },
      { kind: 'AUTH', what: 'channel is connected to WhatsApp as Dario', id: 'MANTIS-7QX2K' },
    ],
    ['channel.post', { health: { status: { text: 'ERROR' } } }, { kind: 'ERROR', what: 'channel has an error' }],
    [
      'channel.post',
      { health: { status: { text: 'SYNC_ERROR' } } },
      { kind: 'SYNC_ERROR', what: 'channel could not synchronize with the phone' },
    ],
    ['channel.post', { health: { status: { text: 'STOP' } } }, { kind: 'STOP', what: 'channel is stopped' }],
    ['channel.post', { health: { status: { text: 'NAP' } } }, { kind: 'NAP', what: 'channel state NAP' }],
    ['channel.post', { health: { status: { code: 9 } } }, { what: 'channel state code 9' }],
    ['channel.post', { health: {} }, { what: 'channel state not told' }],
    [
      'channel.patch',
      { qr: { status: 'OK', base64: 'iVBORw0', expire: 20 } },
      { kind: 'OK', what: 'new QR code to scan, expires in 20 s' },
    ],
    ['channel.patch', { qr: { status: 'TIMEOUT' } }, { kind: 'TIMEOUT', what: 'QR code timed out' }],
    ['channel.patch', { qr: { status: 'WAITING' } }, { kind: 'WAITING', what: 'QR code is not ready yet' }],
    ['channel.patch', { qr: { status: 'ERROR' } }, { kind: 'ERROR', what: 'no QR code: error' }],
    ['users.delete', { user: { id: ANN } }, { who: `+${ANN}`, what: 'WhatsApp account disconnected', id: ANN }],
    [
      'labels.post',
      { labels: [{ id: '7', name: 'Paid', color: 'gold', count: 3 }] },
      { what: 'label “Paid” created or changed, gold, count 3', id: '7' },
    ],
    ['labels.post', { labels: [{ id: '7' }] }, { what: 'label 7 created or changed', id: '7' }],
    [
      'calls.post',
      { calls: [{ id: 'C1', from: ANNS, chat_id: ANNS, status: 'ringing', video_call: true }] },
      { kind: 'ringing', who: `+${ANN}`, what: 'ringing, video', id: 'C1' },
    ],
    [
      'calls.post',
      { calls: [{ id: 'C1', from: ANNS, chat_id: GROUP, status: 'missed', group_call: true, offline_call: true }] },
      { kind: 'missed', who: `+${ANN}`, where: GROUP, what: 'missed, group call, while offline', id: 'C1' },
    ],
    ['calls.post', { calls: [{}] }, { what: 'call' }],
  ])('%s %j', (event, payload, expected) => {
    expect(only(event, payload)).toEqual({ ...NOTHING, ...expected });
  });
});

describe('what is not known', () => {
  it.each<[string | null, unknown, string]>([
    ['foo.post', { a: 1, b: 2 }, 'members: a, b'],
    ['service.post', { notice: {}, event: {}, channel_id: 'X' }, 'members: notice, event, channel_id'],
    [null, {}, 'no members'],
    [null, null, 'null'],
    [null, undefined, 'nothing'],
    [null, [1, 2], 'a list of 2'],
    [null, 'hi', 'a text'],
    [null, 4, 'a number'],
    [null, true, 'a boolean'],
    ['messages.post', { messages_updates: [] }, 'members: messages_updates'],
    ['messages.post', 'hi', 'a text'],
    ['messages.post', { messages: 'hi' }, 'messages: a text instead of a list'],
    ['messages.post', { messages: null }, 'messages: null instead of a list'],
    ['messages.post', { messages: [7] }, 'messages: a number instead of an object'],
    ['messages.delete', { messages_removed: [''] }, 'messages_removed: an empty text instead of a text'],
    ['channel.post', { health: [] }, 'health: a list of 0 instead of an object'],
    ['toString', { a: 1 }, 'members: a'],
    ['__proto__', { a: 1 }, 'members: a'],
  ])('%s %j', (event, payload, what) => {
    expect(only(event, payload)).toEqual({ ...NOTHING, what });
  });

  it('names a dozen of many members', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, index]));
    expect(only(null, many).what).toBe('members: k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11 and 38 more');
  });
});

describe('how many', () => {
  const payload = {
    messages: Array.from({ length: 30 }, (_, n) => incoming('text', { id: `m${n}`, text: { body: 'x' } })),
  };
  it.each<[number | undefined, number]>([
    [undefined, 20],
    [3, 3],
    [0, 0],
    [-1, 0],
    [1.9, 1],
    [Number.NaN, 20],
    [Number.POSITIVE_INFINITY, 30],
  ])('limit %s', (limit, length) => {
    const { items, total } = summarize('messages.post', payload, limit);
    expect(total).toBe(30);
    expect(items.map((item) => item.id)).toEqual(payload.messages.slice(0, length).map((_, n) => `m${n}`));
  });

  it('has no items where the list is empty', () => {
    expect(summarize('messages.post', { messages: [] })).toEqual({ items: [], total: 0 });
  });
});

describe('formatSize', () => {
  it.each<[number, string]>([
    [0, '0 B'],
    [412, '412 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [59649, '59.6 kB'],
    [999_949, '999.9 kB'],
    [999_960, '1.0 MB'],
    [25_000_000, '25.0 MB'],
    [3_000_000_000, '3.0 GB'],
    [5e15, '5000.0 TB'],
  ])('%d is %s', (bytes, expected) => {
    expect(formatSize(bytes)).toBe(expected);
  });
});

describe('hostile payloads', () => {
  const EVENTS: readonly (readonly [event: string, key: string])[] = [
    ['messages.post', 'messages'],
    ['messages.put', 'messages'],
    ['messages.patch', 'messages_updates'],
    ['messages.delete', 'messages_removed'],
    ['messages.delete', 'messages_removed_all'],
    ['statuses.post', 'statuses'],
    ['statuses.put', 'statuses'],
    ['chats.post', 'chats'],
    ['chats.put', 'chats'],
    ['chats.patch', 'chats_updates'],
    ['chats.delete', 'chats_removed'],
    ['contacts.post', 'contacts'],
    ['contacts.patch', 'contacts_updates'],
    ['groups.post', 'groups'],
    ['groups.put', 'groups_participants'],
    ['groups.patch', 'groups_updates'],
    ['presences.post', 'presences'],
    ['channel.post', 'health'],
    ['channel.patch', 'qr'],
    ['users.post', 'user'],
    ['users.delete', 'user'],
    ['labels.post', 'labels'],
    ['labels.delete', 'labels_removed'],
    ['calls.post', 'calls'],
    ['service.post', 'notice'],
    ['foo.post', 'foo'],
  ];

  const deep = (): unknown => {
    let value: unknown = 'bottom';
    for (let level = 0; level < 5000; level += 1) value = level % 2 === 0 ? [value] : { text: value, body: value, id: value };
    return value;
  };

  const LONG = 'long '.repeat(200_000);
  const ODD: readonly unknown[] = [
    null,
    true,
    0,
    -1,
    1e308,
    18446744073709552000,
    '',
    'word',
    LONG,
    '\u001b[2J\u0000\u202e\ud83d',
    [],
    [null],
    [[]],
    {},
    JSON.parse('{"__proto__":{"id":"x","type":"text"},"constructor":1,"prototype":[],"toString":"x"}'),
    deep(),
    Array.from({ length: 100_000 }, (_, index) => index),
    Array.from({ length: 5000 }, () => ({ id: LONG, type: LONG, name: LONG, changes: [LONG] })),
  ];

  /** Every member and word this program reads, so that odd values reach all readers. */
  const MEMBERS = [
    'id from from_me from_name chat_id chat_name type status code viewer_id recipient_id errors timestamp',
    'text image video gif short audio voice document sticker link_preview location live_location contact contact_list',
    'action reply interactive poll hsm list buttons order event product catalog group_invite admin_invite system context',
    'reactions labels before_update after_update trigger changes name pushname unread last_message participants action',
    'participants_count created_by linkedParent group_id contact_id last_seen health user expire base64 color count',
    'mute mute_until ephemeral chat_pic video_call group_call edited_at edit_history body caption title options results',
    'total votes target emoji edited_type edited_content comment event_response quoted_content quoted_id ad sections rows',
    'file_size seconds file_name filename page_count latitude longitude address vcard start item_count total_price currency',
  ].flatMap((members) => members.split(' '));
  const TYPES = [
    'text image video document story contact contact_list location poll reply interactive hsm list buttons order event',
    'product catalog group_invite admin_invite system link_preview action unknown __proto__ constructor',
  ].flatMap((types) => types.split(' '));
  const ACTIONS = 'edit reaction delete vote ephemeral comment event_response pin __proto__'.split(' ');

  const bounded = (event: string | null, payload: unknown): void => {
    const { items, total } = summarize(event, payload);
    expect(items.length).toBeLessThanOrEqual(20);
    expect(total).toBeGreaterThanOrEqual(items.length);
    for (const item of items) {
      expect(Object.keys(item).sort()).toEqual(['direction', 'id', 'kind', 'what', 'where', 'who']);
      expect(item.what).not.toBe('');
      expect(item.what).not.toMatch(/undefined|\[object|NaN|cannot be read/);
      expect(item.what.length).toBeLessThanOrEqual(480);
      for (const part of [item.kind, item.who, item.where, item.id]) {
        if (part !== null) {
          expect(typeof part).toBe('string');
          expect(part.length).toBeGreaterThan(0);
          expect(part.length).toBeLessThanOrEqual(320);
        }
      }
    }
  };

  it.each(EVENTS)('%s, %s', (event, key) => {
    for (const odd of ODD) {
      bounded(event, odd);
      bounded(event, { [key]: odd });
      bounded(event, { [key]: [odd] });
      bounded(event, { [key]: Object.fromEntries(MEMBERS.map((member) => [member, odd])) });
      bounded(event, { [key]: [Object.fromEntries(MEMBERS.map((member) => [member, odd]))] });
    }
  });

  it('every message type and action with odd content', () => {
    for (const odd of ODD) {
      const content = Object.fromEntries(MEMBERS.map((member) => [member, odd]));
      const wide = Object.fromEntries(MEMBERS.map((member) => [member, [content, content]]));
      const nested = Object.fromEntries(MEMBERS.map((member) => [member, content]));
      for (const type of TYPES) {
        for (const inner of [content, wide, nested]) {
          const message = { ...nested, type, [type]: inner, context: nested };
          bounded('messages.post', { messages: [message] });
          bounded('messages.put', { messages: [message] });
          bounded('messages.patch', {
            messages_updates: [{ trigger: message, before_update: message, after_update: nested, changes: MEMBERS.slice(0, 12) }],
          });
        }
      }
      for (const type of ACTIONS) {
        const message = { ...nested, type: 'action', action: { ...content, type } };
        bounded('messages.post', { messages: [message] });
        bounded('messages.patch', {
          messages_updates: [{ trigger: message, before_update: nested, after_update: nested }],
        });
      }
    }
  });

  it('every change between odd sides', () => {
    for (const odd of ODD) {
      for (const other of ODD) {
        for (const member of ['name', 'labels', 'mute', 'mute_until', 'ephemeral', 'participants', 'last_message', 'chat_pic', 'weather']) {
          const update = { before_update: { [member]: odd }, after_update: { [member]: other }, changes: [member] };
          bounded('chats.patch', { chats_updates: [update] });
        }
      }
    }
  });

  it('looks at no more items than it tells', () => {
    let looked = 0;
    const items = new Proxy(
      Array.from({ length: 100_000 }, () => incoming('text', { text: { body: 'x' } })),
      {
        get: (target, key, receiver) => {
          if (typeof key === 'string' && /^\d+$/.test(key)) looked += 1;
          return Reflect.get(target, key, receiver);
        },
      },
    );
    expect(summarize('messages.post', { messages: items }, 5)).toMatchObject({ total: 100_000, items: { length: 5 } });
    expect(looked).toBe(5);
  });

  it('does not read what a prototype offers', () => {
    const payload = Object.create({ messages: [incoming('text', { text: { body: 'x' } })] });
    expect(only('messages.post', payload).what).toBe('no members');
  });

  it('cuts long texts and leaves no half characters', () => {
    const what = said('text', { body: '🌿'.repeat(1000) });
    expect(what).toBe(`${'🌿'.repeat(149)}…`);
    expect(said('image', { caption: LONG, file_name: LONG, file_size: 5 }).length).toBeLessThan(320);
  });

  it('survives values that no JSON has', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const getter = {
      get messages(): never {
        throw new Error('no');
      },
    };
    for (const odd of [proxy, getter, { messages: proxy }, { messages: [proxy] }]) {
      expect(only('messages.post', odd).what).toBe('payload that cannot be read');
    }
    for (const odd of [10n, Symbol('s'), () => 1, new Map(), new Date(0)]) {
      bounded('messages.post', odd);
      bounded('messages.post', { messages: [odd, { id: odd, type: odd, text: { body: odd } }] });
    }
  });
});
