import type { EventPayloads, MessagesPostEvent, TextMessage } from 'whapi-hooks';
import { build, type DeepPartial, matchers, type SampleNames, samples } from 'whapi-hooks/testing';

// A message type: the messages are of that type, and so are the changes.
const text = build('messages.post', 'text', { from_name: 'Ann', text: { body: 'hi' } });
const message: TextMessage | undefined = text.messages[0];
const whole: MessagesPostEvent = text;
const types: 'text' | undefined = message?.type;

// The name of a sample, or nothing: the payload of the event.
const group: EventPayloads['groups.put'] = build('groups.put', 'participant removed', { action: 'promote', participants: ['99900011122'] });
const first: EventPayloads['groups.put'] = build('groups.put');
const changed: EventPayloads['groups.put'] = build('groups.put', { action: 'demote' });
const removed: EventPayloads['chats.delete'] = build('chats.delete', 'private chat removed', '99900011122@s.whatsapp.net');
const user: EventPayloads['users.post'] = build('users.post', { name: 'Ann' });
const service: EventPayloads['service.delete'] = build('service.delete');
const without = build('messages.post', 'text', { from_name: undefined });

// Meant to be invalid: anything goes.
const invalid = build('messages.post', 'text', { timestamp: 'yesterday' }, { unchecked: true });
const invalidGroup = build('groups.put', { action: 5 }, { unchecked: true });

const named: EventPayloads['groups.put'] = samples('groups.put')['participant added'];
const name: SampleNames['service.post'] = 'invented notice';
const part: DeepPartial<TextMessage> = { text: {} };

export const wrong = (): unknown[] => [
  // @ts-expect-error: there is no such event
  build('messages.get'),
  // @ts-expect-error: there is no such message type, and no such sample
  build('messages.post', 'txt'),
  // @ts-expect-error: there is no such sample
  build('groups.put', 'participant aded'),
  // @ts-expect-error: message types are for messages.post
  build('groups.put', 'text'),
  // @ts-expect-error: a message has no such member
  build('messages.post', 'text', { form_name: 'Ann' }),
  // @ts-expect-error: a time is a number
  build('messages.post', 'text', { timestamp: 'yesterday' }),
  // @ts-expect-error: a text has no picture
  build('messages.post', 'text', { image: { id: 'x' } }),
  // @ts-expect-error: the other type
  build('messages.post', 'text', { type: 'image' }),
  // @ts-expect-error: not one of the actions
  build('groups.put', { action: 'adds' }),
  // @ts-expect-error: there is no such sample
  samples('groups.put')['participant aded'],
  // @ts-expect-error: there is no such event
  matchers.toBeWhapiEvent({}, 'messages.get'),
];

console.log(
  JSON.stringify({
    name: message?.from_name,
    body: message?.text.body,
    type: types,
    messages: whole.messages.length,
    action: group.groups_participants[0]?.action,
    first: first.groups_participants.length,
    changed: changed.groups_participants[0]?.action,
    removed: removed.chats_removed[0],
    user: user.user.name,
    service: service.event,
    without: 'from_name' in (without.messages[0] ?? {}),
    invalid: [matchers.toBeWhapiEvent(invalid).pass, matchers.toBeWhapiEvent(invalidGroup).pass],
    named: named.groups_participants[0]?.action,
    pass: [name, part, matchers.toBeWhapiEvent(text, 'messages.post').pass].length,
  }),
);
