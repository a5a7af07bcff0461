/**
 * Whether a body is sound at a quick look (wasm/sound.ts). What such a look says yes to must be without any finding;
 * every sample changed in one place is held to that in test/event/mutations.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { parse, parseSound } from '../../src/event/parse.ts';
import { createQuick } from '../../src/io/quick.ts';
import { message, named } from '../support/payloads.ts';
import { randomNumbers } from '../support/random.ts';
import { SAMPLES } from '../support/samples.ts';

const { isSound } = createQuick();
const encoder = new TextEncoder();
const sound = (text: string): boolean => isSound(encoder.encode(text));
const text = named('hi');
const hi = message('hi');
const post = (messages: unknown): string => JSON.stringify({ messages, event: { type: 'messages', event: 'post' }, channel_id: 'A' });
const withMember = (members: string): string => text.replace('"type":"text"', `"type":"text",${members}`);

describe('a quick look', () => {
  it.each(SAMPLES.filter(({ event }) => !event.startsWith('service.')).map((sample) => [sample.origin, sample] as const))(
    'finds %s sound, laid out as it is, in one line, and with white space behind it',
    (_origin, { text: own, payload }) => {
      for (const written of [own, JSON.stringify(payload), `${JSON.stringify(payload)} \r\n\t\n`]) {
        expect(sound(written)).toBe(true);
        expect(parseSound(encoder.encode(written))).toEqual(parse(written));
      }
    },
  );

  it.each([
    ['the members of a payload in any order', `{"event":{"event":"post","type":"messages"},"channel_id":"A","messages":[]}`],
    ['errors beside them', `${text.slice(0, -1)},"errors":[]}`],
    ['escapes', text.replace('"hi"', '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\ud7ff\\ue000"')],
    ['characters of two to four bytes', text.replace('"hi"', '"ä€😀 \u2028"')],
    ['a text of many letters', text.replace('"hi"', `"${'x'.repeat(100_000)}"`)],
    ['an object of any members', withMember('"context":{"quoted_content":{"a":{"b":[1,-0.5,true,false,null,{}]},"":1}}')],
    ['deep levels', withMember(`"context":{"quoted_content":{"a":${'['.repeat(80)}${']'.repeat(80)}}}`)],
    ['a chat of letters', text.replace('99900011122@s.whatsapp.net', 'a.b-c_9@newsletter')],
    ['stories', text.replace('99900011122@s.whatsapp.net', 'stories')],
    ['the status list', text.replace('99900011122@s.whatsapp.net', 'status@broadcast')],
    ['no messages', post([])],
    ['two of them', post([hi, hi])],
  ])('takes %s', (_what, written) => {
    expect(parse(written).findings).toEqual([]);
    expect(sound(written)).toBe(true);
    expect(parseSound(encoder.encode(written))).toEqual(parse(written));
  });

  it.each([
    ['nothing', ''],
    ['white space', '  \n'],
    ['an empty object', '{}'],
    ['a list', `[${text}]`],
    ['two payloads', text + text],
    ['a payload that is cut off', text.slice(0, -1)],
    ['a payload that is cut off within white space', `${text.slice(0, -1)}\n\n\n`],
    ['a byte too many', `${text}x`],
    ['a byte of zero', `${text}\0`],
    ['a byte order mark', `\ufeff${text}`],
    ['a comma at the end of an object', `${text.slice(0, -1)},}`],
    ['a comma at the end of a list', text.replace('}],"event"', '},],"event"')],
    ['a comma too few', text.replace('],"event"', ']"event"')],
    ['a colon too few', text.replace('"event":', '"event"')],
    ['a key without quotes', text.replace('"event":', 'event:')],
    ['a single quote', text.replace('"hi"', "'hi'")],
    ['a comment', text.replace('{', '{/**/')],
    ['a control character in a text', text.replace('"hi"', '"h\ni"')],
    ['a text that is not closed', text.replace('"hi"', '"hi')],
    ['a malformed escape', text.replace('"hi"', '"\\x"')],
    ['a malformed escape of a character', text.replace('"hi"', '"\\u00g0"')],
    ['half of a character', text.replace('"hi"', '"\\ud83d"')],
    ['the other half', text.replace('"hi"', '"\\ude00"')],
    ['a word that JSON does not have', text.replace('false', 'False')],
    ['a word that goes on', text.replace('false', 'falsey')],
    ['a number that begins with zero', text.replace('1719195391', '01719195391')],
    ['a number that begins with a plus', text.replace('1719195391', '+1719195391')],
    ['a number that ends with a point', text.replace('1719195391', '1719195391.')],
    ['a number that is a sign', text.replace('1719195391', '-')],
    ['a number too large', text.replace('1719195391', '1e999')],
    ['a key that stands twice', withMember('"from_name":"x"')],
    ['a key of the payload that stands twice', `${text.slice(0, -1)},"channel_id":"A"}`],
    ['a payload key that stands twice', `${text.slice(0, -1)},"messages":[]}`],
    ['an event that stands twice', `${text.slice(0, -1)},"event":{"type":"messages","event":"post"}}`],
    ['a key in an object of any members that stands twice', withMember('"context":{"quoted_content":{"a":1,"b":2,"a":3}}')],
    ['an unsafe key there', withMember('"context":{"quoted_content":{"__proto__":1}}')],
    ['an unsafe key', withMember('"constructor":1')],
    ['an unknown member', withMember('"frm":1')],
    ['a member that is empty', withMember('"":1')],
    ['an unknown word', text.replace('"source":"mobile"', '"source":"moon"')],
    ['an unknown type', text.replace('"type":"text"', '"type":"txt"')],
    ['content of another type', withMember('"image":{"id":"a","mime_type":"a","file_size":1}')],
    ['no content', text.replace('"text":{"body":"hi"},', '')],
    ['a missing member', text.replace('"from_me":false,', '')],
    ['a member of another type', text.replace('"from_me":false', '"from_me":0')],
    ['a whole number with a fraction', withMember('"context":{"ephemeral":1.5}')],
    ['a number below its range', withMember('"context":{"ephemeral":-1}')],
    ['a time in milliseconds', text.replace('1719195391', '1719195391000')],
    ['an empty id', text.replace('Abc123Def456Gh-ijKL78', '')],
    ['an id with a control character', text.replace('Abc123Def456Gh-ijKL78', 'Abc\u0085')],
    ['a chat without a server', text.replace('99900011122@s.whatsapp.net', '99900011122')],
    ['a chat of an unknown server', text.replace('99900011122@s.whatsapp.net', '99900011122@s.whatsapp.com')],
    ['a person of an odd form', text.replace('"from":"99900011122"', '"from":"+99900011122"')],
    ['no event', JSON.stringify({ messages: [hi], channel_id: 'A' })],
    ['an event without a method', text.replace(',"event":"post"', '')],
    ['an unknown category', text.replace('"type":"messages"', '"type":"massages"')],
    ['an old category', text.replace('"type":"messages"', '"type":"message"')],
    ['a category that stands twice', text.replace('"type":"messages"', '"type":"moon","type":"messages"')],
    ['a method that is not of the category', text.replace('"event":"post"}', '"event":"patch"}')],
    ['the key of another event', text.replace('"messages":[', '"chats":[')],
    ['the keys of two events', `${text.slice(0, -1)},"statuses":[]}`],
    ['no channel', text.replace(',"channel_id":"JZGNAY-C53WG"', '')],
  ])('leaves %s to a closer one', (_what, written) => {
    expect(written).not.toBe(text);
    expect(parse(written).findings).not.toEqual([]);
    expect(sound(written)).toBe(false);
  });

  it('leaves to a closer one what is not UTF-8, larger than its room, or deeper than it goes', () => {
    expect(isSound(Uint8Array.of(...encoder.encode(text).subarray(0, -2), 0xff, 34, 125))).toBe(false);
    expect(sound(text.replace('"hi"', `"${'x'.repeat(9_000_000)}"`))).toBe(false);
    expect(sound(withMember(`"context":{"quoted_content":{"a":${'['.repeat(120)}${']'.repeat(120)}}}`))).toBe(false);
    expect(sound(text)).toBe(true);
  });

  it('is never wrong about samples with random bytes in them', () => {
    const random = randomNumbers(3);
    const letters = encoder.encode('{}[]":,\\ \n\r\t0123456789-+.eEutrfnalsxyz@_/\0');
    const samples = SAMPLES.map(({ payload }) => encoder.encode(JSON.stringify(payload))).filter(({ length }) => length < 3000);
    let [yes, no] = [0, 0];
    for (let round = 0; round < 40_000; round++) {
      const sample = samples[random(samples.length)] ?? new Uint8Array();
      const [at, gone, other] = [random(sample.length), random(3), samples[random(samples.length)] ?? sample];
      const from = random(other.length);
      const added =
        random(4) === 0 ? other.subarray(from, from + random(30)) : letters.slice(random(letters.length)).subarray(0, random(3));
      const changed = Uint8Array.of(...sample.subarray(0, at), ...added, ...sample.subarray(at + gone));
      if (!isSound(changed)) {
        no++;
        continue;
      }
      yes++;
      expect(parse(changed).findings, new TextDecoder().decode(changed)).toEqual([]);
    }
    expect(Math.min(yes, no)).toBeGreaterThan(5000);
  });
});
