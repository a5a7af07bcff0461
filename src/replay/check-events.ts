import type { Headers } from '../delivery/delivery.ts';
import type { Shipment } from '../delivery/endpoint.ts';
import { inMode, type Mode, requestLine } from '../event/mode.ts';
import { type EventName, isEventName } from '../event/name.ts';
import { isObject, type JsonObject } from '../schema/keywords.ts';
import { freshEvent } from './fresh.ts';
import type { Random } from './random.ts';
import type { Step } from './step.ts';

/** An event that a check sends, as often as it likes, each time with new ids. */
export interface Specimen {
  readonly name: EventName | null;
  readonly type: string | null;
  /** Whether all of its messages are the channel's own. */
  readonly mine: boolean;
  /** Where it is from, for people. */
  readonly origin: string;
  /** The source that holds it alone; null where nothing names it. */
  readonly source: string | null;
  readonly payload: JsonObject;
  readonly headers: Headers;
}

const messagesOf = ({ messages }: JsonObject): readonly unknown[] => (Array.isArray(messages) ? messages : []);

const isMine = (message: unknown): boolean => isObject(message) && message['from_me'] === true;

/** The event of a step; undefined where its body is no JSON object. */
export const specimenOf = ({ name, type, origin, again, shipment }: Step): Specimen | undefined => {
  let payload: unknown;
  try {
    payload = JSON.parse(new TextDecoder().decode(shipment.body));
  } catch {
    return undefined;
  }
  if (!isObject(payload)) return undefined;
  const messages = messagesOf(payload);
  const mine = messages.length > 0 && messages.every(isMine);
  return { name, type, mine, origin, source: again, payload, headers: shipment.headers };
};

/** Event and type, by which specimens are told apart: `messages.post image`. */
export const kindOf = ({ name, type }: Pick<Specimen, 'name' | 'type'>): string =>
  `${name ?? 'an event without a name'}${type === null ? '' : ` ${type}`}`;

/** Whether somebody else writes something new in it. */
export const isIncoming = ({ name, mine, payload }: Specimen): boolean =>
  name === 'messages.post' && messagesOf(payload).length > 0 && !mine;

/** Texts of others first, then their other messages, then the rest: what bots act on comes early. */
export const byInterest = (specimens: readonly Specimen[]): Specimen[] => {
  const rank = (one: Specimen): number => (isIncoming(one) ? (one.type === 'text' ? 0 : 1) : 2);
  return [...specimens].sort((a, b) => rank(a) - rank(b));
};

/** The first of each kind. */
export const oneOfEach = (specimens: readonly Specimen[]): Specimen[] => {
  const kinds = new Map<string, Specimen>();
  for (const one of specimens) if (!kinds.has(kindOf(one))) kinds.set(kindOf(one), one);
  return [...kinds.values()];
};

/** The same event as if it happened now, to other people. @param at milliseconds since 1970 */
export const renewed = (specimen: Specimen, random: Random, at: number): Specimen => ({
  ...specimen,
  payload: freshEvent(specimen.payload, { random, at }),
});

const encoder = new TextEncoder();

/** How an event goes out in a mode. An event that has no name goes out as it is. */
export const shipmentFor = ({ name, payload, headers }: Specimen, mode: Mode, id: string): Shipment => {
  const text = JSON.stringify(payload);
  const base = { id, query: '', headers };
  if (name === null || !isEventName(name)) return { ...base, method: 'POST', suffix: '', body: encoder.encode(text) };
  return { ...base, ...requestLine(name, mode), body: encoder.encode(inMode(text, name, mode)) };
};

/** A shipment with other headers of a name: none, or one. */
export const withHeader = (shipment: Shipment, name: string, value?: string): Shipment => {
  const others = shipment.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...shipment, headers: value === undefined ? others : [...others, [name, value]] };
};

/** The first message of an event, changed. */
export const withMessage = (specimen: Specimen, change: (message: JsonObject) => JsonObject): Specimen => {
  const [first] = messagesOf(specimen.payload);
  return isObject(first) ? { ...specimen, payload: { ...specimen.payload, messages: [change(first)] } } : specimen;
};

/** The id of the first item of a list of the payload. */
export const firstOf = ({ payload }: Specimen, key: string): JsonObject | undefined => {
  const list = payload[key];
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return isObject(first) ? first : undefined;
};

const PREVIEW = 'A'.repeat(300_000);

/** A picture as it comes, with a preview of some bytes or 300 kB. */
export const pictureOf = (specimen: Specimen, large: boolean): Specimen => ({
  ...withMessage(specimen, ({ text: _, ...message }) => ({
    ...message,
    type: 'image',
    image: {
      id: 'jpeg-0011223344556677-8899aabbccddee',
      mime_type: 'image/jpeg',
      file_size: 90_461,
      width: 1200,
      height: 900,
      preview: `data:image/jpeg;base64,${large ? PREVIEW : 'AAAA'}`,
    },
  })),
  type: 'image',
  origin: large ? 'a picture with a preview of 300 kB' : 'a picture with a small preview',
  source: null,
});

/**
 * What nobody knows yet, made of a message: types, actions and events that WhatsApp may add tomorrow.
 * @param specimen an event of messages.post
 */
export const unknownOf = (specimen: Specimen): Specimen[] => {
  const made = (origin: string, type: string | null, payload: JsonObject, name: EventName | null = 'messages.post'): Specimen => ({
    ...specimen,
    ...{ name, type, origin, payload, source: null, mine: false },
  });
  const message = (change: (message: JsonObject) => JsonObject): JsonObject => withMessage(specimen, change).payload;
  const { channel_id: channel } = specimen.payload;
  return [
    made(
      'a message of type hologram',
      'hologram',
      message(({ text: _, ...rest }) => ({ ...rest, type: 'hologram', hologram: { id: 'holo-1' } })),
    ),
    made(
      'a message of type hologram without content',
      'hologram',
      message(({ text: _, ...rest }) => ({ ...rest, type: 'hologram' })),
    ),
    made(
      'an action of type applaud',
      'action',
      message(({ text: _, ...rest }) => ({ ...rest, type: 'action', action: { type: 'applaud', target: rest['id'] } })),
    ),
    made(
      'a message without its text',
      // A kind of its own: that texts are taken says nothing about it.
      'text without its text',
      message(({ text: _, ...rest }) => ({ ...rest, type: 'text' })),
    ),
    made(
      'an event of a category that does not exist yet',
      null,
      {
        holograms: [{ id: 'holo-1', chat_id: '999000000001@s.whatsapp.net' }],
        event: { type: 'holograms', event: 'post' },
        channel_id: channel ?? 'ABCDEF-A1B2C',
      },
      null,
    ),
  ];
};

const made = (base: Specimen, origin: string, name: EventName, type: string | null, items: JsonObject): Specimen => {
  const [category = '', method = ''] = name.split('.');
  const { channel_id: channel } = base.payload;
  const payload = { ...items, event: { type: category, event: method }, channel_id: channel ?? 'ABCDEF-A1B2C' };
  return { name, type, mine: false, origin, source: null, payload, headers: base.headers };
};

/** A text of somebody else, for sources that hold none. */
export const textBy = (headers: Headers): Specimen =>
  made({ name: null, type: null, mine: false, origin: '', source: null, payload: {}, headers }, 'a text message', 'messages.post', 'text', {
    messages: [
      {
        id: 'YhV8Lq1yxRuIH4PsBQDj5J-ZpWqNn2m96',
        from_me: false,
        type: 'text',
        chat_id: '999000000001@s.whatsapp.net',
        timestamp: 1_756_800_871,
        source: 'mobile',
        text: { body: 'Good morning!' },
        from: '999000000001',
        from_name: 'Ann',
      },
    ],
  });

/** One event for each verb of mode method but POST, for sources that hold none. */
export const changesBy = (base: Specimen): Specimen[] => {
  const chat = { id: '999000000001@s.whatsapp.net', type: 'contact', name: 'Ann' };
  return [
    made(base, 'a participant who joins', 'groups.put', 'add', {
      groups_participants: [{ group_id: '120363419027746581@g.us', participants: ['999000000001'], action: 'add' }],
    }),
    made(base, 'a chat that is read', 'chats.patch', null, {
      chats_updates: [{ before_update: { ...chat, unread: 2 }, after_update: { ...chat, unread: 0 }, changes: ['unread'] }],
    }),
    made(base, 'a message that is removed', 'messages.delete', null, { messages_removed: ['YhV8Lq1yxRuIH4PsBQDj5J-ZpWqNn2m96'] }),
  ];
};

/** A message of the channel itself, and the status that belongs to it. @param specimen an event of messages.post */
export const ownWithStatus = (specimen: Specimen): { readonly message: Specimen; readonly status: Specimen } => {
  const message = withMessage(specimen, ({ from_name: _, ...rest }) => ({ ...rest, from_me: true, source: 'api', status: 'pending' }));
  const { id, chat_id: chat, timestamp } = firstOf(message, 'messages') ?? {};
  return {
    message: { ...message, mine: true, origin: 'a message of the channel itself', source: null },
    status: made(specimen, 'a status that comes before its message', 'statuses.post', 'delivered', {
      statuses: [{ id, code: 3, status: 'delivered', recipient_id: chat, timestamp: String(timestamp) }],
    }),
  };
};

/** Two messages of one chat, the newer one first. @param specimen an event of messages.post */
export const newerFirst = (specimen: Specimen, other: Specimen): readonly [newer: Specimen, older: Specimen] => {
  const { chat_id: chat, from, timestamp } = firstOf(specimen, 'messages') ?? {};
  const time = Number(timestamp);
  const older = withMessage(other, (message) => ({ ...message, chat_id: chat, from, timestamp: time - 60 }));
  return [specimen, { ...older, origin: `${other.origin}, a minute older than the one before`, source: null }];
};
