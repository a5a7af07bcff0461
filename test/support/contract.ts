/**
 * The contract, written down a second time and by hand: from SEVERITY.md and CONTRACT.md sections 3 to 8, not from
 * schemas/ and not from src/. The mutation tests take from it what has to be found.
 */
import type { Json, JsonMap } from './samples.ts';

/** What may stand in a member. */
export type Shape =
  | { readonly is: 'string' | 'number' | 'integer' | 'boolean' | 'any object' | 'string or object' }
  /** An id; `message` is the id of a message without a form, `message form` one with it. */
  | { readonly is: 'id'; readonly of: IdKind }
  | { readonly is: 'word'; readonly words: readonly string[]; readonly orNull: boolean }
  | { readonly is: 'time'; readonly unit: 'seconds' | 'milliseconds'; readonly type: 'number' | 'integer' | 'string or number' }
  | { readonly is: 'degrees'; readonly most: number }
  | { readonly is: 'object'; readonly kind: Kind }
  /** An object of that kind, checked for types and not for what is missing. */
  | { readonly is: 'types of'; readonly kind: Kind }
  | { readonly is: 'list'; readonly of: Shape };
/** A name of the table below; a test holds every mention to it. */
type Kind = string;
export type IdKind = 'any' | 'message' | 'message form' | 'chat' | 'group' | 'person';

const string: Shape = { is: 'string' };
const number: Shape = { is: 'number' };
const integer: Shape = { is: 'integer' };
const boolean: Shape = { is: 'boolean' };
const anyObject: Shape = { is: 'any object' };
const id: Shape = { is: 'id', of: 'any' };
const chatId: Shape = { is: 'id', of: 'chat' };
const personId: Shape = { is: 'id', of: 'person' };
const list = (of: Shape): Shape => ({ is: 'list', of });
const object = (kind: Kind): Shape => ({ is: 'object', kind });
const words = (text: string): Shape => ({ is: 'word', words: text.split(' '), orNull: false });
const seconds = (type: 'number' | 'integer' | 'string or number'): Shape => ({ is: 'time', unit: 'seconds', type });

/** CONTRACT.md section 6. */
export const WORDS = {
  'message type':
    'text image video gif audio voice short document documentWithCaption link_preview location live_location contact contact_list sticker system call unknown action group_invite newsletter_invite admin_invite product catalog interactive reply poll hsm order story event buttons list pin carousel album',
  source: 'web mobile api system business_api unknown',
  status: 'failed pending sent delivered read played deleted',
  'action type':
    'edited edit delete reaction ephemeral vote comment event_response pin unpin label_change media_notify status_notify group_status_notify',
  'channel status': 'NOT_INIT INIT LAUNCH QR AUTH ERROR SYNC_ERROR',
  presence: 'online offline typing recording pending',
  call: 'initiated ringing missed canceled answered',
  participants: 'add remove promote demote request revoke_request rejected_request',
  rank: 'admin member creator',
  'chat type': 'group contact broadcast newsletter unknown',
  'qr status': 'OK TIMEOUT WAITING ERROR',
  'label colour':
    'salmon lightskyblue gold plum silver mediumturquoise violet goldenrod cornflowerblue greenyellow cyan lightpink mediumaquamarine orangered deepskyblue limegreen darkorange lightsteelblue mediumpurple rebeccapurple',
  'reply type': 'list_reply buttons_reply',
  'interactive type': 'list button product',
  'button type': 'quick_reply call copy url',
  'hsm button type': 'simple reply url phone_number copy_code',
  'order status': 'new accepted canceled',
  'event answer': 'UNKNOWN GOING NOT_GOING',
  'ad media type': 'image video gif audio voice document sticker',
} as const;

const media = {
  'id!': id,
  'mime_type~': string,
  'file_size~': integer,
  link: string,
  file_name: string,
  sha256: string,
  timestamp: number,
} satisfies Members;
/** Media where nothing is asked of them: the header of a template, the picture of an interactive message. */
const looseMedia = { id, mime_type: string, file_size: integer, link: string, file_name: string, sha256: string, timestamp: number };
const picture = { caption: string, preview: string, width: integer, height: integer, view_once: boolean };
const film = { ...picture, seconds: integer, autoplay: boolean };
const sound = { seconds: integer, recording_time: number, waveform: string, view_once: boolean };
const preview = {
  body: string,
  title: string,
  url: string,
  description: string,
  canonical: string,
  preview: string,
  id,
  link: string,
  sha256: string,
  catalog_id: id,
  newsletter_id: id,
  invite_code: id,
  view_once: boolean,
} satisfies Members;
const place = {
  latitude: { is: 'degrees', most: 90 },
  longitude: { is: 'degrees', most: 180 },
  accuracy: integer,
  speed: integer,
  degrees: integer,
  preview: string,
  view_once: boolean,
} satisfies Members;
const chat = {
  'id!': chatId,
  type: words(WORDS['chat type']),
  name: string,
  timestamp: seconds('integer'),
  chat_pic: string,
  chat_pic_full: string,
  pin: boolean,
  mute: boolean,
  mute_until: integer,
  archive: boolean,
  unread: integer,
  unread_mention: boolean,
  read_only: boolean,
  not_spam: boolean,
  last_message: { is: 'types of', kind: 'Message' },
  labels: list(object('Label')),
} satisfies Members;
const group = {
  ...chat,
  'id!': { is: 'id', of: 'group' },
  name_owner: id,
  name_at: seconds('integer'),
  description: string,
  description_owner: id,
  description_id: id,
  participants_count: integer,
  participants: list(object('Participant')),
  created_at: seconds('integer'),
  created_by: id,
  suspended: boolean,
  terminated: boolean,
  is_parent: boolean,
  is_default_subgroup: boolean,
  restricted: boolean,
  announcements: boolean,
  adminAddMemberMode: boolean,
  ephemeral: number,
  invite_code: id,
  isCommunityAnnounce: boolean,
  linkedParent: chatId,
  performed_by: chatId,
} satisfies Members;
const contact = {
  'id!': personId,
  name: string,
  pushname: string,
  is_business: boolean,
  profile_pic: string,
  profile_pic_full: string,
  status: string,
  saved: boolean,
} satisfies Members;

/** Members of a kind of object: `id!` must be there (error), `code~` should be (warning). */
type Members = { readonly [member: string]: Shape };

const without = <Key extends string>(members: Members, ...keys: Key[]): Members =>
  Object.fromEntries(Object.entries(members).filter(([key]) => !(keys as string[]).includes(key)));

const MEMBERS: { readonly [kind: string]: Members } = {
  Message: {
    'id!': { is: 'id', of: 'message' },
    'type!': words(WORDS['message type']),
    'chat_id!': chatId,
    'from_me!': boolean,
    'timestamp!': seconds('number'),
    subtype: string,
    chat_name: string,
    from: personId,
    from_name: string,
    source: words(WORDS.source),
    device_id: number,
    status: words(WORDS.status),
    context: object('Context'),
    reactions: list(object('Reaction')),
    labels: list(object('Label')),
    starred: boolean,
    edited_at: number,
    edit_history: list(anyObject),
    text: object('Text'),
    image: object('Image'),
    video: object('Video'),
    gif: object('Video'),
    short: object('Video'),
    audio: object('Audio'),
    voice: object('Audio'),
    document: object('Document'),
    sticker: object('Sticker'),
    link_preview: object('LinkPreview'),
    location: object('Location'),
    live_location: object('LiveLocation'),
    contact: object('VCard'),
    contact_list: object('ContactList'),
    action: object('Action'),
    reply: object('Reply'),
    interactive: object('Interactive'),
    poll: object('Poll'),
    hsm: object('Hsm'),
    list: object('List'),
    buttons: object('Buttons'),
    group_invite: object('LinkPreview'),
    newsletter_invite: object('LinkPreview'),
    catalog: object('LinkPreview'),
    admin_invite: object('AdminInvite'),
    product: object('Product'),
    order: object('Order'),
    event: object('EventContent'),
    system: object('System'),
    product_items: object('ProductItems'),
  },
  Context: {
    forwarded: boolean,
    forwarding_score: integer,
    mentions: list(string),
    quoted_id: id,
    quoted_type: words(WORDS['message type']),
    quoted_content: anyObject,
    quoted_author: string,
    ephemeral: integer,
    ad: object('Ad'),
    conversion: object('Conversion'),
  },
  Ad: {
    advertiser_name: string,
    media_type: words(WORDS['ad media type']),
    preview: string,
    preview_url: string,
    title: string,
    body: string,
    media_url: string,
    source: object('AdSource'),
    auto_reply: boolean,
    attrib: boolean,
    ctwa: string,
    ref: string,
  },
  AdSource: { id, type: string, url: string },
  Conversion: { source: string, data: string, delay: integer },
  Reaction: { 'emoji!': string, id, group_key: string, t: number, unread: boolean, count: number },
  Text: {
    'body!': string,
    buttons: list(object('Button')),
    sections: list(object('ProductSection')),
    button: string,
    view_once: boolean,
  },
  ProductSection: { title: string, rows: list(object('Row')), product_items: list(object('Product')) },
  Button: {
    type: words(WORDS['button type']),
    title: string,
    id,
    copy_code: string,
    phone_number: string,
    url: string,
    merchant_url: string,
  },
  Section: { title: string, rows: list(object('Row')) },
  Row: { id, title: string, description: string },
  Image: { ...media, ...picture, buttons: list(object('Button')) },
  Video: { ...media, ...film, buttons: list(object('Button')) },
  Audio: { ...media, ...sound },
  Document: {
    ...media,
    caption: string,
    filename: string,
    page_count: integer,
    preview: string,
    buttons: list(object('Button')),
    view_once: boolean,
  },
  Sticker: { ...media, animated: boolean, width: integer, height: integer, preview: string, view_once: boolean },
  MediaFile: looseMedia,
  LinkPreview: preview,
  Place: { ...place, address: string, name: string, url: string, comment: string },
  Location: {
    ...without(place, 'latitude', 'longitude'),
    'latitude!': place.latitude,
    'longitude!': place.longitude,
    address: string,
    name: string,
    url: string,
    comment: string,
  },
  LiveLocation: {
    ...without(place, 'latitude', 'longitude'),
    'latitude!': place.latitude,
    'longitude!': place.longitude,
    caption: string,
    sequence_number: integer,
    time_offset: number,
  },
  VCard: { name: string, vcard: string },
  ContactList: { list: list(object('VCard')) },
  Action: {
    'type!': words(WORDS['action type']),
    target: id,
    emoji: string,
    ephemeral: integer,
    edited_type: words(WORDS['message type']),
    edited_content: anyObject,
    votes: list(id),
    comment: string,
    event_response: object('EventResponse'),
  },
  EventResponse: { participant: id, response: words(WORDS['event answer']), timestamp: seconds('integer') },
  Reply: { type: words(WORDS['reply type']), buttons_reply: object('ButtonsReply'), list_reply: object('Row') },
  ButtonsReply: { id, title: string },
  Interactive: {
    ...looseMedia,
    type: words(WORDS['interactive type']),
    header: object('TextBlock'),
    body: object('TextBlock'),
    footer: object('TextBlock'),
    'action!': object('InteractiveAction'),
    view_once: boolean,
  },
  TextBlock: { text: string },
  InteractiveAction: { buttons: list(object('Button')), list: object('InteractiveList'), product: object('Product') },
  InteractiveList: { 'label!': string, 'sections!': list(object('Section')) },
  Product: { catalog_id: id, product_id: id },
  Poll: {
    title: string,
    options: list({ is: 'string or object' }),
    vote_limit: integer,
    total: integer,
    results: list(object('PollResult')),
    view_once: boolean,
  },
  PollResult: { id, name: string, count: integer, voters: list(personId) },
  Hsm: { header: object('HsmHeader'), body: string, footer: string, buttons: list(object('HsmButton')) },
  HsmHeader: {
    type: string,
    text: object('HsmText'),
    image: object('MediaFile'),
    video: object('MediaFile'),
    document: object('MediaFile'),
    location: object('Place'),
  },
  HsmText: { body: string },
  HsmButton: { id, type: words(WORDS['hsm button type']), text: string, url: string, phone_number: string, copy_code: string },
  List: { header: string, body: string, label: string, footer: string, sections: list(object('Section')) },
  Buttons: { text: string, footer: string, buttons: list(object('PlainButton')) },
  PlainButton: { id, text: string, type: string },
  AdminInvite: { 'body!': string, 'newsletter_id!': id, 'newsletter_name!': string, 'expiration!': number, preview: string },
  Order: {
    order_id: id,
    seller: string,
    title: string,
    text: string,
    token: string,
    item_count: number,
    currency: string,
    total_price: number,
    status: words(WORDS['order status']),
    preview: string,
  },
  EventContent: {
    is_canceled: boolean,
    name: string,
    description: string,
    join_link: string,
    start: integer,
    responses: list(object('EventResponse')),
  },
  System: { body: string },
  ProductItems: { type: string },
  MessageUpdate: {
    'id!': { is: 'id', of: 'message form' },
    trigger: object('Message'),
    'before_update!': object('Message'),
    'after_update!': object('Message'),
    changes: list(string),
  },
  Status: {
    'id!': { is: 'id', of: 'message' },
    'code~': number,
    'status!': words(WORDS.status),
    'timestamp~': seconds('string or number'),
    recipient_id: chatId,
    viewer_id: personId,
    errors: list(object('Error')),
  },
  Error: { code: integer, message: string, details: string, href: string, support: string },
  Chat: { ...without(chat, 'type'), 'type!': chat.type },
  ChatSide: chat,
  ChatUpdate: { 'before_update!': object('ChatSide'), 'after_update!': object('ChatSide'), 'changes!': list(string) },
  Contact: { ...without(contact, 'name'), 'name~': string },
  ContactSide: contact,
  ContactUpdate: { 'before_update!': object('ContactSide'), 'after_update!': object('ContactSide'), 'changes!': list(string) },
  Group: { ...without(group, 'name', 'participants'), 'name!': string, 'participants!': group.participants },
  GroupSide: group,
  GroupUpdate: { 'before_update!': object('GroupSide'), 'after_update!': object('GroupSide'), 'changes!': list(string) },
  Participant: { 'id!': personId, 'rank!': words(WORDS.rank), name: string },
  ParticipantEvent: {
    'group_id!': { is: 'id', of: 'group' },
    'participants!': list(personId),
    'action!': { is: 'word', words: WORDS.participants.split(' '), orNull: true },
  },
  Presence: { 'contact_id!': personId, status: words(WORDS.presence), last_seen: seconds('number') },
  Health: {
    start_at: seconds('number'),
    uptime: number,
    'status!': object('HealthStatus'),
    channel_id: id,
    version: string,
    core_version: string,
    api_version: string,
    device_id: number,
    ip: string,
    user: object('Contact'),
  },
  HealthStatus: { code: number, 'text!': words(WORDS['channel status']) },
  Qr: { 'status!': words(WORDS['qr status']), type: string, base64: string, rowdata: string, expire: number },
  Label: { 'id!': id, 'name!': string, 'color!': words(WORDS['label colour']), count: integer },
  Call: {
    'id~': id,
    chat_id: chatId,
    from: personId,
    'status~': words(WORDS.call),
    timestamp: { is: 'time', unit: 'milliseconds', type: 'integer' },
    group_call: boolean,
    video_call: boolean,
    offline_call: boolean,
    latency: integer,
  },
};

export const KINDS = Object.keys(MEMBERS);

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly wanted: 'required' | 'recommended' | 'optional';
}

/** The members of a kind by their names. */
export const membersOf = (kind: Kind): ReadonlyMap<string, Member> =>
  new Map(
    Object.entries(MEMBERS[kind] ?? {}).map(([key, shape]) => {
      const name = key.replace(/[!~]$/, '');
      return [name, { name, shape, wanted: key.endsWith('!') ? 'required' : key.endsWith('~') ? 'recommended' : 'optional' }];
    }),
  );

/** CONTRACT.md section 4: event → payload keys and what they hold. `service` takes anything. */
export const EVENTS: { readonly [event: string]: { readonly [key: string]: Shape } } = {
  'messages.post': { messages: list(object('Message')) },
  'messages.put': { messages: list(object('Message')) },
  'messages.patch': { messages_updates: list(object('MessageUpdate')) },
  'messages.delete': { messages_removed: list({ is: 'id', of: 'message form' }), messages_removed_all: chatId },
  'statuses.post': { statuses: list(object('Status')) },
  'statuses.put': { statuses: list(object('Status')) },
  'chats.post': { chats: list(object('Chat')) },
  'chats.put': { chats: list(object('Chat')) },
  'chats.patch': { chats_updates: list(object('ChatUpdate')) },
  'chats.delete': { chats_removed: list(chatId) },
  'contacts.post': { contacts: list(object('Contact')) },
  'contacts.patch': { contacts_updates: list(object('ContactUpdate')) },
  'groups.post': { groups: list(object('Group')) },
  'groups.put': { groups_participants: list(object('ParticipantEvent')) },
  'groups.patch': { groups_updates: list(object('GroupUpdate')) },
  'presences.post': { presences: list(object('Presence')) },
  'channel.post': { health: object('Health') },
  'channel.patch': { qr: object('Qr') },
  'users.post': { user: object('Contact') },
  'users.delete': { user: object('Contact') },
  'labels.post': { labels: list(object('Label')) },
  'labels.delete': { labels_removed: list(string) },
  'calls.post': { calls: list(object('Call')) },
  'service.post': {},
  'service.put': {},
  'service.patch': {},
  'service.delete': {},
};

/** Beside the payload key; `event` is a matter of its own. */
export const ENVELOPE: ReadonlyMap<string, Member> = new Map([
  ['channel_id', { name: 'channel_id', shape: id, wanted: 'recommended' }],
  ['errors', { name: 'errors', shape: list(object('Error')), wanted: 'optional' }],
]);

const contentTypes =
  'text image video gif audio voice short document link_preview location live_location contact contact_list sticker system action group_invite newsletter_invite admin_invite product catalog interactive reply poll hsm order event buttons list';

/** CONTRACT.md section 5: message type → the members that may hold its content. */
export const CONTENT: { readonly [type: string]: readonly string[] } = {
  ...Object.fromEntries(contentTypes.split(' ').map((type) => [type, [type]])),
  documentWithCaption: ['document'],
  story: ['text', 'image', 'video', 'gif', 'short', 'audio', 'voice', 'sticker', 'link_preview'],
  call: [],
  unknown: [],
  pin: [],
  carousel: [],
  album: [],
};

/** The members that hold content of some type. */
export const CONTENT_MEMBERS: ReadonlySet<string> = new Set(Object.values(CONTENT).flat());

/** Every value of a payload that the contract has a shape for, with that shape. */
export function* shapesIn(event: string, payload: JsonMap): Generator<{ readonly shape: Shape; readonly value: Json }> {
  for (const [key, shape] of Object.entries(EVENTS[event] ?? {}))
    if (Object.hasOwn(payload, key)) yield* below(payload[key] as Json, shape);
}

function* below(value: Json, shape: Shape): Generator<{ readonly shape: Shape; readonly value: Json }> {
  yield { shape, value };
  if (shape.is === 'list') for (const item of value as Json[]) yield* below(item, shape.of);
  if (shape.is !== 'object' && shape.is !== 'types of') return;
  for (const [name, member] of membersOf(shape.kind)) {
    if (Object.hasOwn(value as JsonMap, name)) yield* below((value as JsonMap)[name] as Json, member.shape);
  }
}
