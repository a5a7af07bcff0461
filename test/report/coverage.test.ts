import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EventName, isEventName } from '../../src/event/name.ts';
import { validate } from '../../src/event/parse.ts';
import { PAIRS } from '../../src/report/coverage/pairs.ts';
import { CHAT_KINDS, chatKind, DIMENSIONS } from '../../src/report/coverage/seen.ts';
import { type Coverage, type Covering, coverageJson, coveragePercent, coverageText, createCoverage } from '../../src/report/coverage.ts';
import { form } from '../../src/schema/keywords.ts';
import { plain } from '../../src/view/paint.ts';
import { width } from '../../src/view/text.ts';
import { WORDS as BY_HAND } from '../support/contract.ts';
import { message } from '../support/payloads.ts';
import { type JsonMap, read, SAMPLES } from '../support/samples.ts';

const cover = (...readings: readonly Covering[]): Coverage => {
  const coverage = createCoverage();
  for (const reading of readings) coverage.add(reading);
  return coverage.result();
};
const dimension = (coverage: Coverage, name: string) => {
  const found = coverage.dimensions.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no dimension ${name}`);
  return found;
};
const nameOf = (event: string): EventName => {
  if (!isEventName(event)) throw new Error(`${event} is no event`);
  return event;
};
const ofSamples: readonly Covering[] = SAMPLES.map(({ event, payload }) => ({ name: nameOf(event), payload }));
const posted = (...messages: readonly unknown[]): Covering => ({ name: 'messages.post', payload: { messages } });

describe('the lists that are covered', () => {
  it.each([
    ['message type', BY_HAND['message type']],
    ['action type', BY_HAND['action type']],
    ['group action', BY_HAND.participants],
    ['status word', BY_HAND.status],
    ['call status', BY_HAND.call],
    ['presence', BY_HAND.presence],
    ['channel state', BY_HAND['channel status']],
  ] as const)('%s is that of the contract', (name, words) => {
    expect([...DIMENSIONS[name]].sort()).toEqual(words.split(' ').sort());
  });

  it('counts 23 documented events and service as one', () => {
    expect(DIMENSIONS.event).toHaveLength(24);
    expect(EVENT_NAMES.filter((name) => !DIMENSIONS.event.includes(name))).toEqual([
      'service.post',
      'service.put',
      'service.patch',
      'service.delete',
    ]);
  });

  it('knows the kind of every id that the contract knows as a chat id', () => {
    for (const [kind, ends] of Object.entries(CHAT_KINDS)) {
      for (const end of ends) {
        const id = end.startsWith('@') ? `99900011122${end}` : end;
        expect(form('chat-id', id), id).toBeUndefined();
        expect(chatKind(id), id).toBe(kind);
      }
    }
    for (const { payload } of SAMPLES) {
      for (const id of JSON.stringify(payload).match(/[^"]+@(?:[a-z.]+)(?=")/g) ?? []) {
        if (form('chat-id', id) === undefined) expect(chatKind(id), id).toBeDefined();
      }
    }
  });

  it.each(['', '@g.us', 'a@b', '99900011122', 'g.us', 7, null, undefined, {}, ['a@g.us']])('knows no kind of %j', (id) => {
    expect(chatKind(id)).toBeUndefined();
  });

  it('has about 25 pairs with titles of their own, of events that exist', () => {
    expect(PAIRS.length).toBeGreaterThanOrEqual(25);
    expect(new Set(PAIRS.map(({ title }) => title)).size).toBe(PAIRS.length);
    for (const { title, events } of PAIRS) {
      expect(title).toMatch(/^\S.* × .*\S$/);
      for (const name of events) expect(isEventName(name)).toBe(true);
    }
  });

  it('are documented', () => {
    const page = read('docs', 'ci.md');
    expect([...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)).toEqual(expect.arrayContaining(Object.keys(DIMENSIONS)));
    const rows = [...page.matchAll(/^\| (.* × .*) \| (.*) \|$/gm)].map(([, title, why]) => [title, why]);
    expect(rows).toEqual(PAIRS.map(({ title, why }) => [title, why]));
  });
});

describe('our own samples', () => {
  const coverage = cover(...ofSamples);

  it('show everything that bodies can show', () => {
    const missing = coverage.dimensions.filter(({ name }) => name !== 'mode').map(({ name, missing }) => [name, missing]);
    expect(missing).toEqual([...Object.keys(DIMENSIONS).filter((name) => name !== 'mode'), 'pair'].map((name) => [name, []]));
    expect(coveragePercent(coverage)).toBe(100);
  });

  it('are valid without a finding, so that what they show is really sent', () => {
    for (const { origin, payload } of SAMPLES) expect([origin, validate(payload).findings]).toEqual([origin, []]);
  });

  it('show each pair in some samples and not in most: a pair that everything fits says nothing', () => {
    for (const pair of PAIRS) {
      const fitting = ofSamples.filter((sample) => dimension(cover(sample), 'pair').covered.includes(pair.title));
      expect([pair.title, fitting.length > 0 && fitting.length < 30]).toEqual([pair.title, true]);
    }
  });

  it('need each of their words: without the samples of one event, its share is missing', () => {
    for (const [event, words] of [
      ['calls.post', ['call status', DIMENSIONS['call status']]],
      ['groups.put', ['group action', DIMENSIONS['group action']]],
      ['presences.post', ['presence', DIMENSIONS.presence]],
      ['channel.post', ['channel state', DIMENSIONS['channel state']]],
    ] as const) {
      const without = cover(...ofSamples.filter(({ name }) => name !== event));
      expect(dimension(without, 'event').missing).toEqual([event]);
      expect(dimension(without, words[0]).missing).toEqual(words[1]);
    }
  });
});

describe('what is counted', () => {
  it('is nothing at first', () => {
    const nothing = cover();
    expect(nothing.dimensions.flatMap(({ covered }) => covered)).toEqual([]);
    expect(coveragePercent(nothing)).toBe(0);
  });

  it('is what the payload shows and no more', () => {
    const one = cover(posted(message('hello')));
    expect(Object.fromEntries(one.dimensions.map(({ name, covered }) => [name, covered]))).toEqual({
      event: ['messages.post'],
      'message type': ['text'],
      'action type': [],
      chat: ['private'],
      from: ['others'],
      'group action': [],
      'status word': [],
      'call status': [],
      presence: [],
      'channel state': [],
      mode: [],
      pair: [],
    });
  });

  it('leaves out the mode until a recording tells it, and then counts it', () => {
    const body = posted(message('hello'));
    expect(dimension(cover(body), 'mode')).toEqual({ name: 'mode', measured: false, covered: [], missing: ['body', 'path', 'method'] });
    expect(dimension(cover(body, { ...body, mode: 'path' }), 'mode')).toEqual({
      name: 'mode',
      measured: true,
      covered: ['path'],
      missing: ['body', 'method'],
    });
    const modes = (['body', 'path', 'method'] as const).map((mode) => ({ ...body, mode }));
    expect(coveragePercent(cover(...ofSamples, ...modes))).toBe(100);
    expect(coveragePercent(cover(...ofSamples, ...modes.slice(1)))).toBe(99.3);
  });

  it('looks at every item of a body, and at each body', () => {
    const several = cover(posted(message('a'), message('b', { from_me: true })), posted(message('c', { chat_id: 'stories' })));
    expect(dimension(several, 'from').covered).toEqual(['me', 'others']);
    expect(dimension(several, 'chat').covered).toEqual(['private', 'stories']);
    expect(dimension(several, 'pair').covered).toEqual(['text × from me', 'several messages × one body']);
  });

  it.each([
    ['service.put', 'service'],
    ['service.delete', 'service'],
    ['statuses.put', 'statuses.put'],
  ] as const)('%s is the event %s', (name, word) => {
    expect(dimension(cover({ name, payload: {} }), 'event').covered).toEqual([word]);
  });

  it('takes an action from a trigger, and no message type from what stood there before', () => {
    const update = {
      id: 'x',
      trigger: message('', { type: 'action', action: { type: 'vote' } }),
      after_update: message('', { type: 'poll' }),
    };
    const coverage = cover({ name: 'messages.patch', payload: { messages_updates: [update] } });
    expect(dimension(coverage, 'action type').covered).toEqual(['vote']);
    expect(dimension(coverage, 'message type').covered).toEqual([]);
    expect(dimension(coverage, 'pair').covered).toEqual(['poll × vote via messages.patch']);
  });

  it.each([
    ['the action of a message that is none', posted(message('', { action: { type: 'vote' } })), 'action type'],
    ['a status word of a message', posted(message('', { status: 'read' })), 'status word'],
    ['what stands under a key of another event', { name: 'messages.post', payload: { calls: [{ status: 'missed' }] } }, 'call status'],
    ['a word in other letters', { name: 'presences.post', payload: { presences: [{ status: 'Online' }] } }, 'presence'],
    ['a body that names no event', { name: null, payload: { messages: [message('hi')] } }, 'message type'],
  ] as const)('does not count %s', (_what, reading, name) => {
    expect(dimension(cover(reading), name).covered).toEqual([]);
  });
});

/** Each pair by a body that just misses it. */
const MISSES: readonly [title: string, reading: Covering][] = [
  ['text × from me', posted(message('a'))],
  ['image × from me', posted(message('a', { type: 'image', image: {} }))],
  ['text × group', posted(message('a', { chat_id: '99900011122@lid' }))],
  ['media × without link', posted(message('', { type: 'image', image: { id: 'x', link: 'https://example.com/x' } }))],
  ['media × without link', posted(message('', { type: 'image' }))],
  ['media × view once', posted(message('', { type: 'image', image: { view_once: false } }))],
  ['text × with quote', posted(message('', { context: { quoted_id: '' } }))],
  ['text × with mentions', posted(message('', { context: { mentions: [] } }))],
  ['reaction × taken back', posted(message('', { type: 'action', action: { type: 'reaction', emoji: '👍' } }))],
  ['reaction × taken back', posted(message('', { type: 'action', action: { type: 'reaction' } }))],
  ['vote × taken back', posted(message('', { type: 'action', action: { type: 'vote', votes: ['a'] } }))],
  ['vote × taken back', posted(message('', { type: 'action', action: { type: 'vote' } }))],
  ['message changed × without trigger', { name: 'messages.patch', payload: { messages_updates: [{ trigger: {}, after_update: {} }] } }],
  ['status failed × errors', { name: 'statuses.post', payload: { statuses: [{ status: 'failed', errors: [] }] } }],
  ['status failed × errors', { name: 'statuses.post', payload: { statuses: [{ status: 'sent', errors: [{}] }] } }],
  ['several statuses × one body', { name: 'statuses.post', payload: { statuses: [{ status: 'sent' }] } }],
  ['group add × several participants', { name: 'groups.put', payload: { groups_participants: [{ action: 'add', participants: ['1'] }] } }],
  [
    'group add × several participants',
    { name: 'groups.put', payload: { groups_participants: [{ action: 'remove', participants: ['1', '2'] }] } },
  ],
  ['messages.delete × whole chat', { name: 'messages.delete', payload: { messages_removed: ['x'] } }],
  ['messages.delete × single messages', { name: 'messages.delete', payload: { messages_removed: [] } }],
  ['qr × without code', { name: 'channel.patch', payload: { qr: { status: 'OK' } } }],
  ['call × group', { name: 'calls.post', payload: { calls: [{ group_call: 'true' }] } }],
];

describe('pairs', () => {
  it.each(MISSES)('%s is not shown by what only comes near (%j)', (title, reading) => {
    expect(PAIRS.map((pair) => pair.title)).toContain(title);
    expect(dimension(cover(reading), 'pair').covered).not.toContain(title);
  });
});

describe('hostile payloads', () => {
  const shapes: readonly unknown[] = [
    undefined,
    null,
    0,
    '',
    'text',
    [],
    [[]],
    {},
    { messages: null },
    { messages: { type: 'text' } },
    { messages: [null, 7, 'x', [], [[]], {}, { type: {} }, { type: ['text'] }, { action: null, type: 'action' }] },
    { messages: [{ type: 'constructor' }, { type: '__proto__' }, { type: 'toString', chat_id: '__proto__' }] },
    JSON.parse('{"__proto__": {"messages": [{"type": "text"}]}, "messages": [{"__proto__": {"type": "image"}}]}'),
    { calls: [{ status: 'hasOwnProperty' }], presences: [{ status: { toString: null } }] },
    Object.create(null),
  ];

  it.each(EVENT_NAMES)('never throw and count for nothing: %s', (name) => {
    const coverage = createCoverage();
    for (const payload of shapes) {
      coverage.add({ name, payload });
      // The same shapes where the payload's items should stand, and inside them.
      for (const sample of SAMPLES.filter(({ event }) => event === name)) {
        for (const key of Object.keys(sample.payload)) {
          coverage.add({ name, payload: { ...sample.payload, [key]: payload } });
          coverage.add({ name, payload: { ...sample.payload, [key]: [payload] } });
          const [item] = [sample.payload[key]].flat() as (JsonMap | undefined)[]; // any JSON will do
          for (const member of Object.keys(item ?? {})) coverage.add({ name, payload: { [key]: [{ ...item, [member]: payload }] } });
        }
      }
    }
    const words = Object.values(DIMENSIONS).flat() as string[];
    const titles = PAIRS.map(({ title }) => title);
    for (const { covered, missing } of coverage.result().dimensions) {
      for (const word of [...covered, ...missing]) expect([...words, ...titles]).toContain(word);
    }
  });

  it('takes no type from a prototype', () => {
    const payload: unknown = JSON.parse('{"messages": [{"__proto__": {"type": "image", "from_me": true}}]}');
    const coverage = cover({ name: 'messages.post', payload });
    expect(dimension(coverage, 'message type').covered).toEqual([]);
    expect(dimension(coverage, 'from').covered).toEqual([]);
  });

  it('goes through a body of 300,000 items, deep ones among them, in a moment', () => {
    let deep: unknown = 0;
    for (let level = 0; level < 10_000; level++) deep = { action: deep };
    const items = Array.from({ length: 300_000 }, (_, index) => ({ type: `made up ${index}`, chat_id: `${index}@nowhere`, action: deep }));
    const coverage = cover(posted(...items.slice(0, 1000)), { name: 'messages.post', payload: { messages: items } });
    expect(dimension(coverage, 'message type').covered).toEqual([]);
    expect(JSON.stringify(coverageJson(coverage)).length).toBeLessThan(10_000);
  });
});

describe('the table', () => {
  const layout = { paint: plain, columns: 80 };

  it('shows each dimension, what is missing, and the sum', () => {
    const half = cover(...ofSamples.filter(({ name }) => name !== 'calls.post' && name !== 'channel.patch'));
    expect(coverageText(half, layout)).toEqual([
      'dimension      covered   percent',
      'event            22/24    91.6 %',
      '  calls.post, channel.patch',
      'message type     36/36   100.0 %',
      'action type      14/14   100.0 %',
      'chat               6/6   100.0 %',
      'from               2/2   100.0 %',
      'group action       7/7   100.0 %',
      'status word        7/7   100.0 %',
      'call status        0/5     0.0 %',
      '  initiated, ringing, missed, canceled, answered',
      'presence           5/5   100.0 %',
      'channel state      7/7   100.0 %',
      'mode                 -  not measured',
      '  only recordings tell it',
      'pair             29/31    93.5 %',
      '  call × group',
      '  qr × without code',
      'all            135/144    93.7 %',
    ]);
  });

  it.each([1, 40, 60, 80, 160])('fits into %i columns, or 40 where there are fewer', (columns) => {
    for (const line of coverageText(cover(), { paint: plain, columns })) expect(width(line)).toBeLessThanOrEqual(Math.max(40, columns));
  });

  it('names every missing word, however few columns there are', () => {
    const text = coverageText(cover(), { paint: plain, columns: 40 }).join(' ');
    for (const word of [...(Object.values(DIMENSIONS).flat() as string[]), ...PAIRS.map(({ title }) => title)]) {
      if (!(DIMENSIONS.mode as readonly string[]).includes(word)) expect(text).toContain(word);
    }
  });

  it('is green where all is there', () => {
    const paint = { ...plain, green: (text: string) => `<g>${text}</g>`, yellow: (text: string) => `<y>${text}</y>` };
    expect(coverageText(cover(...ofSamples), { paint, columns: 80 }).join('\n')).not.toContain('<y>');
    expect(coverageText(cover(), { paint, columns: 80 }).join('\n')).not.toContain('<g>');
  });

  it('never shows more than was reached', () => {
    const almost = cover(...ofSamples.filter(({ name }) => name !== 'users.delete'));
    expect(coveragePercent(almost)).toBe(99.3); // 143 of 144 are 99.305…
    expect(coverageText(almost, layout).at(-1)).toBe('all            143/144    99.3 %');
  });
});

describe('the JSON', () => {
  it('has the sums, and each dimension with its words', () => {
    const { dimensions, ...sums } = coverageJson(cover(posted(message('hello')))) as { dimensions: { name: string }[] };
    expect(sums).toEqual({ percent: 2.7, covered: 4, total: 144 });
    expect(dimensions.map(({ name }) => name)).toEqual([...Object.keys(DIMENSIONS), 'pair']);
    expect(dimensions.find(({ name }) => name === 'from')).toEqual({
      name: 'from',
      measured: true,
      percent: 50,
      covered: ['others'],
      missing: ['me'],
    });
    expect(dimensions.find(({ name }) => name === 'mode')).toMatchObject({ measured: false, percent: null });
  });
});
