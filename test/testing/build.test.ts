import './samples.ts';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EventName, entryOf } from '../../src/event/name.ts';
import { validate } from '../../src/event/parse.ts';
import { MESSAGE_TYPES } from '../../src/generated/catalogue.ts';
import { build, samples } from '../../src/testing/index.ts';
import { SAMPLES } from '../support/samples.ts';

const findings = (payload: unknown, as?: EventName) => validate(payload, as === undefined ? {} : { as }).findings;

describe('build', () => {
  it.each(EVENT_NAMES)('makes a %s without a finding', (name) => {
    const payload = build(name);
    expect(payload.event).toEqual({ type: entryOf(name).category, event: entryOf(name).method });
    expect(findings(payload)).toEqual([]);
  });

  it.each(MESSAGE_TYPES)('makes a messages.post with one message of type %s', (type) => {
    const payload = build('messages.post', type);
    expect(payload.messages.map((message) => message.type)).toEqual([type]);
    expect(findings(payload)).toEqual([]);
  });

  it('starts from the first sample, the first of the type, or the sample named', () => {
    const of = (name: string) => SAMPLES.find((sample) => sample.name === name)?.payload;
    expect(build('groups.put')).toEqual(of('participant added'));
    expect(build('groups.put', undefined)).toEqual(of('participant added'));
    expect(build('groups.put', 'admin demoted')).toEqual(of('admin demoted'));
    expect(build('messages.post', 'text')).toEqual(of('text received'));
    expect(build('messages.post', 'text in cyrillic')).toEqual(of('text in cyrillic'));
  });

  it('is the same at every call, and a copy of its own', () => {
    const first = build('messages.post', 'text');
    const kept = structuredClone(first);
    const [message] = first.messages;
    if (message === undefined) throw new Error('no message');
    message.text.body = 'changed';
    first.messages.push(message);
    expect(build('messages.post', 'text')).toEqual(kept);
  });

  it('changes members of the item, at any depth, and leaves the others', () => {
    const plain = build('messages.post', 'text');
    const payload = build('messages.post', 'text', { from_name: 'Ann', text: { body: 'hi' } });
    expect(payload).toEqual({ ...plain, messages: [{ ...plain.messages[0], from_name: 'Ann', text: { body: 'hi' } }] });
    const picture = build('messages.post', 'image', { image: { caption: 'look' } }).messages[0]?.image;
    expect(picture).toEqual({ ...build('messages.post', 'image').messages[0]?.image, caption: 'look' });
  });

  it('replaces lists, and copies them', () => {
    const participants = ['99900011122'];
    const payload = build('groups.put', 'several participants added', { participants });
    expect(payload.groups_participants[0]?.participants).toEqual(participants);
    expect(payload.groups_participants[0]?.participants).not.toBe(participants);
  });

  it('removes members that are undefined, at any depth', () => {
    const [message] = build('messages.post', 'text', { from_name: undefined }).messages;
    expect(Object.keys(message ?? {})).not.toContain('from_name');
    expect(Object.keys(message ?? {})).toContain('from');
    const [picture] = build('messages.post', 'image', { image: { preview: undefined } }).messages;
    expect(Object.keys(picture?.image ?? {})).not.toContain('preview');
  });

  it('takes overrides without the name of a sample', () => {
    expect(build('groups.put', { action: 'demote' }).groups_participants[0]?.action).toBe('demote');
    expect(build('users.post', { name: 'Ann' }).user.name).toBe('Ann');
  });

  it('changes the first item where there are several, and an item that is no object', () => {
    const several = build('messages.post', 'batch of two messages', { from_name: 'Ann' });
    expect(several.messages.map(({ from_name }) => from_name === 'Ann')).toEqual([true, false]);
    const removed = build('chats.delete', 'several chats removed', '99900011122@s.whatsapp.net');
    expect(removed.chats_removed).toHaveLength(4);
    expect(removed.chats_removed[0]).toBe('99900011122@s.whatsapp.net');
    expect(build('messages.delete', 'chat cleared', '99900011122@s.whatsapp.net').messages_removed_all).toBe('99900011122@s.whatsapp.net');
  });

  it('changes the payload itself where the event has no payload key', () => {
    expect(build('service.post', { channel_id: 'ABCDEF-A1B2C' }).channel_id).toBe('ABCDEF-A1B2C');
  });

  it('throws with the findings where the overrides made it invalid', () => {
    const broken = { timestamp: 'yesterday', from_me: 1 } as unknown as { timestamp: number }; // as a test in JavaScript might
    expect(() => build('messages.post', 'text', broken)).toThrow(TypeError);
    expect(() => build('messages.post', 'text', broken)).toThrow(
      /no valid messages\.post event:\n {2}error {4}\/messages\/0\/\w+ {2}is .*\n {2}error {4}\/messages\/0\/\w+ {2}is [\s\S]*unchecked/,
    );
    expect(() => build('messages.post', 'text', { chat_id: undefined })).toThrow(/chat_id is missing/);
    expect(() => build('groups.put', { group_id: undefined })).toThrow(/group_id is missing/);
  });

  it('does not throw over what is only remarked on', () => {
    const payload = build('messages.post', 'text', { chat_id: 'odd' });
    expect(findings(payload).map(({ rule }) => rule)).toEqual(['odd-id']);
  });

  it('builds an invalid event when told to', () => {
    const payload = build('messages.post', 'text', { timestamp: 'yesterday' }, { unchecked: true });
    expect(findings(payload).map(({ rule }) => rule)).toContain('wrong-type');
    expect(findings(build('groups.put', { action: 5 }, { unchecked: true })).map(({ rule }) => rule)).toEqual(['wrong-type']);
    expect(() => build('groups.put', { action: 5 }, { unchecked: false })).toThrow(/no valid groups\.put event/);
  });

  it('takes __proto__ as a member like any other', () => {
    const changes = JSON.parse('{"__proto__": {"admin": true}}') as object;
    const payload = build('groups.put', changes, { unchecked: true });
    expect(Object.keys(payload.groups_participants[0] ?? {})).toContain('__proto__');
    expect((payload.groups_participants[0] as { admin?: boolean } | undefined)?.admin).toBeUndefined();
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  // As called from JavaScript: the types refuse these.
  const untyped = build as (...given: unknown[]) => unknown;
  it.each([
    ['an event that there is not', ['groups.pt'], /"groups\.pt" is not the name of an event; did you mean groups\.put\?/],
    ['a name from the prototype', ['toString'], /"toString" is not the name of an event/],
    ['no name', [], /undefined is not the name of an event/],
    [
      'a message type that there is not',
      ['messages.post', 'txt'],
      /"txt" is neither a message type nor .* of messages\.post; did you mean text\?/,
    ],
    [
      'a sample that there is not',
      ['groups.put', 'participant aded'],
      /not the name of a sample of groups\.put; did you mean participant added\?/,
    ],
    ['a sample of another event', ['groups.put', 'text received'], /"text received" is not the name of a sample of groups\.put/],
    ['a word that is near to none', ['groups.put', 'zzzzzzzz'], /of groups\.put; `whapi-hooks samples` lists them/],
    ['a sample from the prototype', ['groups.put', 'toString'], /"toString" is not the name of a sample/],
  ])('refuses %s', (_what, given, says) => {
    expect(() => untyped(...given)).toThrow(says);
    expect(() => untyped(...given)).toThrow(TypeError);
  });
});

describe('samples', () => {
  it('are those of the event, by their names', () => {
    for (const name of EVENT_NAMES) {
      const own = SAMPLES.filter(({ event }) => event === name).map((sample) => [sample.name, sample.payload]);
      expect(Object.entries(samples(name))).toEqual(own);
    }
  });

  it('are copies', () => {
    const first = samples('groups.put');
    Object.assign(first['participant added'] ?? {}, { channel_id: 'changed' });
    expect(samples('groups.put')['participant added']?.channel_id).not.toBe('changed');
  });

  it('throws where there is no such event', () => {
    expect(() => (samples as (name: string) => unknown)('message.post')).toThrow(/did you mean messages\.post\?/);
  });
});
