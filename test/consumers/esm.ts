import { EVENT_NAMES, type EventPayloads, isEvent, type MessagesPostEvent, parse, validate } from 'whapi-hooks';

const body = '{"messages":[],"event":{"type":"messages","event":"post"},"channel_id":"ABCDEF-A1B2C"}';
const parsed = parse(body, { method: 'POST', url: '/hook' });
if (parsed.name === 'messages.post') {
  for (const message of parsed.payload.messages) {
    if (message.type === 'text') {
      const text: string = message.text.body;
      console.log(text.toUpperCase());
    }
    if (message.type === 'action' && message.action.type === 'reaction') {
      const emoji: string | undefined = message.action.emoji;
      console.log(emoji);
    }
    // @ts-expect-error: payloads have no index signature
    console.log(message.nonsense);
  }
}
if (parsed.name === 'groups.put') {
  const action: 'add' | 'remove' | 'promote' | 'demote' | 'request' | 'revoke_request' | 'rejected_request' | null | undefined =
    parsed.payload.groups_participants[0]?.action;
  console.log(action);
}
const payload: unknown = JSON.parse(body);
if (isEvent(payload, 'messages.post')) {
  const typed: MessagesPostEvent = payload;
  const same: EventPayloads['messages.post'] = typed;
  console.log(same.messages.length);
}
// @ts-expect-error: there is no such event
export const never = (): boolean => isEvent(payload, 'messages.get');
const { findings, verdict } = validate(payload, { as: 'messages.post' });
console.log(
  JSON.stringify({
    names: EVENT_NAMES.length,
    name: parsed.name,
    findings: findings.length,
    verdict,
    is: isEvent(payload, 'messages.post'),
  }),
);
