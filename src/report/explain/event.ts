import type { Rule } from '../../event/finding.ts';
import { body, type Explanation, raw, SOURCES } from './example.ts';

const LABELS = '"labels_removed": ["Paid"]';
const CHANNEL = '"channel_id": "ABCDEF-A1B2C"';
const paid = body('labels.delete', LABELS);
const EVENT_SOURCE =
  'Examples on Whapi’s help pages and captured traffic, which write { "type", "event" }; the official OpenAPI document calls the second member method.';

/** Rules about the name of the event and its payload key. */
export const EVENT_RULES = {
  'event-missing': {
    why: 'Without its name nobody can say what a body is about. In the modes path and method the request line names it; a file of such a body is named by --as, by its own name (labels.delete.paid.json), or by the recording it is from.',
    wrong: raw(LABELS, CHANNEL),
    right: paid,
    source: 'Whapi’s official example bots and captured traffic: in mode body the event is in the body.',
  },
  'event-malformed': {
    why: 'A handler that reads event.type and event.event finds nothing there and drops the delivery.',
    wrong: raw(LABELS, '"event": "labels.delete"', CHANNEL),
    right: paid,
    source: EVENT_SOURCE,
  },
  'event-conflict': {
    why: 'Both spellings of the second member are read. Where they differ, two handlers take one body for two events.',
    wrong: raw(LABELS, '"event": { "type": "labels", "event": "delete", "method": "post" }', CHANNEL),
    right: paid,
    source: EVENT_SOURCE,
  },
  'unknown-category': {
    why: 'A handler that chooses by category never reaches its code. It is mostly a singular or a slip of the hand.',
    wrong: body('label.delete', LABELS),
    right: paid,
    source: SOURCES.openapi,
  },
  'unknown-method': {
    why: 'A handler that chooses by method never reaches its code. Methods are post, put, patch and delete, and not every category has all four.',
    wrong: body('labels.remove', LABELS),
    right: paid,
    source: 'Whapi’s official OpenAPI document and the table of events on its help pages.',
  },
  'deprecated-category': {
    why: 'Settings still take the old names, but deliveries are known with today’s only. A fixture with an old name tests code that never runs.',
    wrong: body('chat.delete', '"chats_removed": ["99900011122@s.whatsapp.net"]'),
    right: body('chats.delete', '"chats_removed": ["99900011122@s.whatsapp.net"]'),
    source: SOURCES.openapi,
  },
  'event-mismatch': {
    why: 'Request line and body name the event, and not the same one. This program goes by the body; a router that goes by the path calls another handler.',
    wrong: { ...paid, request: { method: 'POST', url: '/chats/delete' } },
    right: { ...paid, request: { method: 'POST', url: '/labels/delete' } },
    source: 'This program: it compares the two. Whapi’s help pages describe the modes.',
  },
  'payload-missing': {
    why: 'The event is there and what it is about is not. A handler that walks through the items fails.',
    wrong: body('labels.delete'),
    right: paid,
    source: SOURCES.openapi,
  },
  'payload-foreign': {
    why: 'Event and content do not belong together, as when an example was copied and only its event changed. A handler of this event finds no items.',
    wrong: body('labels.delete', '"chats_removed": ["99900011122@s.whatsapp.net"]'),
    right: paid,
    source: 'Whapi’s official OpenAPI document and the examples on its help pages, one payload key for each event.',
  },
  'payload-extra': {
    why: 'A body is about one event. A handler that chooses by payload key takes it for another, or handles it twice.',
    wrong: body('labels.delete', LABELS, '"chats_removed": []'),
    right: paid,
    source: 'Captured traffic and the examples on Whapi’s help pages, one payload key in each body.',
  },
} as const satisfies Partial<Record<Rule, Explanation>>;
