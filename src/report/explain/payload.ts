import type { Rule } from '../../event/finding.ts';
import { body, type Explanation, message, raw, SOURCES } from './example.ts';

const TEXT = '"type": "text"';
const HI = '"text": { "body": "hi" }';
const typing = (status: string): string => `"presences": [{ "contact_id": "99900011122", "status": "${status}" }]`;
const group = (members: string): string => `"groups_participants": [{ "group_id": "120363000000000000@g.us", ${members} }]`;
const call = (time: number): string =>
  `"calls": [{ "id": "0123456789ABCDEF0123456789ABCDEF", "from": "99900011122@s.whatsapp.net", "status": "missed", "timestamp": ${time} }]`;
const status = (word: string): string =>
  `"statuses": [{ "id": "Abc123Def456Gh-ijKL78", "code": 3, "status": "${word}", "recipient_id": "99900011122@s.whatsapp.net", "timestamp": "1750000001" }]`;
const at = (latitude: number): string => `"location": { "latitude": ${latitude}, "longitude": 13.4 }`;

/** Rules about what stands under the payload key. */
export const PAYLOAD_RULES = {
  'wrong-type': {
    why: 'Code written for the documented type fails on another, or worse, goes on with it: 7 + "1" is "71".',
    wrong: body('labels.delete', '"labels_removed": [7]'),
    right: body('labels.delete', '"labels_removed": ["Paid"]'),
    source: SOURCES.openapiAndTraffic,
  },
  'missing-member': {
    why: 'The service always sends this member, so handlers rely on it. A fixture without it tests something that does not come.',
    wrong: body('groups.put', group('"action": "add"')),
    right: body('groups.put', group('"participants": ["99900011122"], "action": "add"')),
    source: SOURCES.openapiAndTraffic,
  },
  'empty-id': {
    why: 'Replies, reactions and the check for duplicates go by the id of the message; with an empty one all messages are the same.',
    wrong: message('"id": ""', TEXT, HI),
    right: message(TEXT, HI),
    source: SOURCES.openapiAndTraffic,
  },
  'missing-recommended': {
    why: 'It is nearly always sent, though nobody promises it. A fixture without it is fine where the handler must do without; else add it.',
    wrong: raw('"labels_removed": ["Paid"]', '"event": { "type": "labels", "event": "delete" }'),
    right: body('labels.delete', '"labels_removed": ["Paid"]'),
    source: 'Captured traffic and the examples on Whapi’s help pages.',
  },
  'unknown-member': {
    why: 'It may be a slip of the hand, and then the handler reads a member that never comes. It may also be new: Whapi adds members without notice.',
    wrong: body('labels.delete', '"labels_removed": ["Paid"]', '"chanel": "ABCDEF-A1B2C"'),
    right: body('labels.delete', '"labels_removed": ["Paid"]'),
    source: SOURCES.openapiAndTraffic,
  },
  'unknown-word': {
    why: 'A switch over the known words falls through. Lists grow between releases, so it is a warning; a near word is mostly a slip of the hand.',
    wrong: body('presences.post', typing('typng')),
    right: body('presences.post', typing('typing')),
    source: SOURCES.openapiAndTraffic,
  },
  'missing-content': {
    why: 'The type of a message names the member that holds its content. A handler that reads it finds nothing.',
    wrong: message(TEXT),
    right: message(TEXT, HI),
    source: 'Captured traffic and the examples on Whapi’s help pages.',
  },
  'foreign-content': {
    why: 'The type says one thing and the content is another’s. Which of the two a handler believes is chance.',
    wrong: message(TEXT, HI, '"poll": { "title": "When?", "options": ["now", "later"] }'),
    right: message(TEXT, HI),
    source: 'Captured traffic and the examples on Whapi’s help pages.',
  },
  'reply-branch': {
    why: 'A reply to buttons and one to a list come under different members, and type says which. The handler of the other one finds nothing.',
    wrong: message('"type": "reply"', '"reply": { "type": "list_reply", "buttons_reply": { "id": "a", "title": "Yes" } }'),
    right: message('"type": "reply"', '"reply": { "type": "buttons_reply", "buttons_reply": { "id": "a", "title": "Yes" } }'),
    source: 'Captured traffic and the examples on Whapi’s help pages.',
  },
  'odd-id': {
    why: 'Ids are passed back to the API, which refuses what does not look like one; the part behind the @ also tells people, groups and newsletters apart.',
    wrong: body('chats.delete', '"chats_removed": ["+999 000 111 22"]'),
    right: body('chats.delete', '"chats_removed": ["99900011122@s.whatsapp.net"]'),
    source: 'The patterns of Whapi’s official OpenAPI document, widened by captured traffic (…@lid, stories).',
  },
  'odd-time': {
    why: 'Messages tell seconds and calls milliseconds. In the wrong unit a call lies in 1970 and a message in the year 57000.',
    wrong: body('calls.post', call(1750000005)),
    right: body('calls.post', call(1750000005000)),
    source: 'Captured traffic and the examples on Whapi’s help pages.',
  },
  'out-of-range': {
    why: 'There is no such place on the globe, and maps refuse it. Latitude and longitude are often swapped.',
    wrong: message('"type": "location"', at(91)),
    right: message('"type": "location"', at(52.5)),
    source: 'The globe: latitudes go from -90 to 90, longitudes from -180 to 180 (RFC 7946, section 4, WGS 84).',
  },
  'code-disagrees': {
    why: 'One handler goes by the code, another by the word, and they come to different ends. Only 3 (delivered) and 4 (read) are documented.',
    wrong: body('statuses.post', status('read')),
    right: body('statuses.post', status('delivered')),
    source: 'The examples on Whapi’s help pages.',
  },
} as const satisfies Partial<Record<Rule, Explanation>>;
