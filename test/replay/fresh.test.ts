import { describe, expect, it } from 'vitest';
import { parse } from '../../src/event/parse.ts';
import { type Cast, freshEvent, freshIds, OWN_NUMBERS } from '../../src/replay/fresh.ts';
import { atTime } from '../../src/replay/fresh-times.ts';
import { createRandom } from '../../src/replay/random.ts';
import { type Json, type JsonMap, SAMPLES, values } from '../support/samples.ts';

const sample = (name: string): JsonMap => {
  const found = SAMPLES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no sample ${name}`);
  return found.payload;
};
const fresh = (payload: JsonMap, seed = 1, cast?: Cast): JsonMap => freshIds(payload, createRandom(seed), cast) as JsonMap;
const textsIn = (payload: JsonMap, member: RegExp): string[] =>
  [...values(payload)].flatMap((one) => (member.test(one.member) && typeof one.value === 'string' ? [one.value] : []));
const first = (payload: JsonMap, key: string): JsonMap => (payload[key] as JsonMap[])[0] as JsonMap;

/** Ids of ads are the advertiser's own. */
const AD = /^12021443771\d{4}$/;

const AT = Date.UTC(2031, 4, 6, 7, 8, 9, 123);

describe('every sample made anew', () => {
  it.each(SAMPLES.map((one) => [one.origin, one] as const))(
    '%s is valid without a finding, whatever the seed',
    (_origin, { event, payload }) => {
      for (const seed of [1, 2, 3, 4]) {
        const made = freshEvent(payload, { random: createRandom(seed), at: AT });
        expect(parse(JSON.stringify(made))).toMatchObject({ name: event, verdict: 'valid', findings: [] });
      }
    },
  );

  it.each(SAMPLES.map((one) => [one.origin, one] as const))('%s keeps its shape, and its channel', (_origin, { payload }) => {
    const shape = (value: Json): Json =>
      Array.isArray(value)
        ? value.map(shape)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
          : typeof value;
    const made = freshEvent(payload, { random: createRandom(5), at: AT }) as JsonMap;
    expect(shape(made)).toEqual(shape(payload));
    expect(made['channel_id']).toBe(payload['channel_id']);
  });

  it('has not one number, chat, message or call of the sample any more but those of the channel', () => {
    const ids = /^(?:id|chat_id|from|quoted_id|target|group_id|contact_id|recipient_id|participants|messages_removed|viewer_id)$/;
    const telling = /^\d{9,}(?:-\d+)?(?:@.*)?$|^[\w.]{6,}-[\w.-]{8,}$|^[0-9A-F]{32}$/;
    let seen = 0;
    for (const { payload, origin } of SAMPLES) {
      const before = textsIn(payload, ids).filter(
        (id) => telling.test(id) && /\d|[A-Z]/.test(id) && !AD.test(id) && !OWN_NUMBERS.has(id.split('@')[0] ?? ''),
      );
      const after = new Set(textsIn(fresh(payload), ids));
      for (const id of before) expect(after.has(id), `${origin}: ${id}`).toBe(false);
      seen += before.length;
    }
    expect(seen).toBeGreaterThan(500);
  });

  it('has made-up numbers only: they begin with 999', () => {
    for (const { payload, origin } of SAMPLES)
      for (const { value } of values(fresh(payload)))
        if (typeof value === 'string' && /^\d{7,15}@(?:s\.whatsapp\.net|lid)$/.test(value)) expect(value, origin).toMatch(/^999/);
  });

  it('is the same for the same seed, and another one for another', () => {
    const payload = sample('image with caption');
    expect(fresh(payload, 7)).toEqual(fresh(payload, 7));
    expect(fresh(payload, 7)).not.toEqual(fresh(payload, 8));
  });
});

describe('the same id', () => {
  it('is the same new id in a chat, a sender and what they are quoted by', () => {
    const made = first(fresh(sample('text received')), 'messages');
    expect(made['chat_id']).toBe(`${made['from']}@s.whatsapp.net`);
  });

  it('is the same in both sides of an update, its trigger and what that is about', () => {
    const made = first(fresh(sample('message text changed')), 'messages_updates');
    const [before, after, trigger] = [made['before_update'], made['after_update'], made['trigger']] as [JsonMap, JsonMap, JsonMap];
    expect([before['id'], after['id'], (trigger['action'] as JsonMap)['target']]).toEqual([made['id'], made['id'], made['id']]);
    expect(trigger['id']).not.toBe(made['id']);
    expect([before['chat_id'], trigger['chat_id']]).toEqual([after['chat_id'], after['chat_id']]);
  });

  it('is the same in a mention and the text that shows it', () => {
    const made = first(fresh(sample('text with a mention in a group')), 'messages');
    const { mentions } = made['context'] as { mentions: string[] };
    expect(mentions.length).toBe(2);
    for (const mention of mentions) expect((made['text'] as JsonMap)['body']).toContain(`@${mention}`);
  });

  it('is the same in a file, its link and a card of a contact', () => {
    const image = first(fresh(sample('image with caption')), 'messages')['image'] as { id: string; link: string };
    expect(image.link).toContain(`/${image.id}.`);
    expect(image.link).toContain('/999201445560/');
    const { vcard } = first(fresh(sample('contact received')), 'messages')['contact'] as { vcard: string };
    expect(vcard).toMatch(/waid=(999\d+):\+\1\n/);
    expect(vcard).not.toContain('9992265813047');
  });

  it('is the same in events that share a cast; messages are new in each', () => {
    const cast: Cast = new Map();
    const random = createRandom(3);
    const one = first(freshIds(sample('text received'), random, cast) as JsonMap, 'messages');
    const two = first(freshIds(sample('text received'), random, cast) as JsonMap, 'messages');
    expect(two['chat_id']).toBe(one['chat_id']);
    expect(two['id']).not.toBe(one['id']);
  });

  it('leaves ids that mean something: buttons, rows, options of a poll', () => {
    expect(fresh(sample('reply by a button'))).toMatchObject({ messages: [{ reply: { buttons_reply: { id: 'ButtonsV3:confirm' } } }] });
    const options = (payload: JsonMap) => textsIn(first(payload, 'messages')['poll'] as JsonMap, /^id$/);
    expect(options(fresh(sample('poll with results')))).toEqual(options(sample('poll with results')));
  });

  it('of labels stays apart from those of other labels', () => {
    const labels = (payload: JsonMap) => (payload['labels'] as { id: string }[]).map(({ id }) => id);
    const made = labels(fresh(sample('labels of every colour')));
    expect(new Set(made).size).toBe(made.length);
    expect(made).not.toEqual(labels(sample('labels of every colour')));
    for (const id of made) expect(id).toMatch(/^\d{1,2}$/);
  });

  it('looks as the provider writes it', () => {
    expect(textsIn(fresh(sample('call ringing')), /^id$/)).toEqual([expect.stringMatching(/^[0-9A-F]{32}$/)]);
    expect(first(fresh(sample('group created')), 'groups')['id']).toMatch(/^120363\d{12}@g\.us$/);
    expect(first(fresh(sample('text in an old style group')), 'messages')['chat_id']).toMatch(/^999\d{9}-1\d{9}@g\.us$/);
    expect(first(fresh(sample('image received')), 'messages')['image']).toMatchObject({
      id: expect.stringMatching(/^jpeg-[0-9a-f]{20}-[0-9a-f]{14}$/),
    });
    expect(first(fresh(sample('text from a hidden number')), 'messages')['from']).toMatch(/^999\d{12}@lid$/);
  });
});

describe('the time', () => {
  it.each<[string, string, JsonMap]>([
    ['a message in seconds', 'text received', { messages: [{ timestamp: Math.floor(AT / 1000) }] }],
    ['a status in seconds as a text', 'message read', { statuses: [{ timestamp: String(Math.floor(AT / 1000)) }] }],
    ['a call in milliseconds', 'call ringing', { calls: [{ timestamp: AT }] }],
  ])('is that of %s', (_what, name, wanted) => {
    expect(atTime(sample(name), AT)).toMatchObject(wanted);
  });

  it('of an edit is the latest; the message before it keeps its distance', () => {
    const was = first(sample('message text changed'), 'messages_updates') as { before_update: JsonMap; trigger: JsonMap };
    const is = first(atTime(sample('message text changed'), AT) as JsonMap, 'messages_updates') as typeof was;
    expect(is.trigger['timestamp']).toBe(Math.floor(AT / 1000));
    expect(Number(is.trigger['timestamp']) - Number(is.before_update['timestamp'])).toBe(
      Number(was.trigger['timestamp']) - Number(was.before_update['timestamp']),
    );
  });

  it('of what is still to come lies ahead as far as before', () => {
    const was = first(sample('invitation to be a newsletter admin'), 'messages') as { timestamp: number; admin_invite: JsonMap };
    const is = first(atTime(sample('invitation to be a newsletter admin'), AT) as JsonMap, 'messages') as typeof was;
    expect(Number(is.admin_invite['expiration']) - is.timestamp).toBe(Number(was.admin_invite['expiration']) - was.timestamp);
    expect(is.timestamp).toBe(Math.floor(AT / 1000));
  });

  it('of a channel that tells how long it is up is now', () => {
    const { health } = atTime(sample('channel waits for the qr code'), AT) as { health: { start_at: number; uptime: number } };
    expect(health.start_at + health.uptime).toBe(Math.floor(AT / 1000));
  });

  it('never touches what is no time: muted for ever, durations, no time at all', () => {
    expect(atTime(sample('muted for ever'), AT)).toMatchObject({ chats_updates: [{ after_update: { mute_until: 18446744073709552000 } }] });
    expect(atTime(sample('contact typing'), AT)).toEqual(sample('contact typing'));
  });

  it('leaves no time of any sample behind', () => {
    for (const { payload, origin } of SAMPLES) {
      const made = atTime(payload, AT) as JsonMap;
      for (const { value, member } of values(made)) {
        if (!/^(?:timestamp|edited_at|name_at|created_at|last_seen|t|start_at)$/.test(member)) continue;
        const ms = Number(value) * (Number(value) > 1e11 ? 1 : 1000);
        if (ms > 0) expect(ms > Date.UTC(2025, 0, 1) && ms <= AT, `${origin}: ${member} ${value}`).toBe(true);
      }
    }
  });
});

it('the numbers of the channels are those that the samples of accounts name', () => {
  const own = SAMPLES.filter(({ event }) => event.startsWith('users.')).map(
    ({ payload }) => String((payload['user'] as JsonMap)['id']).split('@')[0],
  );
  expect(new Set(own)).toEqual(OWN_NUMBERS);
});
