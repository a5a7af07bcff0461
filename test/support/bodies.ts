import { message, named } from './payloads.ts';

/** A body that strangers send, and how each command has to take it. */
export interface BadBody {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What `listen` shows of the request. */
  readonly verdict: 'valid' | 'invalid' | 'unknown' | 'unreadable';
  /** The rule that `listen` and `validate` name, and a part of its sentence. */
  readonly rule: string;
  readonly says: RegExp;
  /** The rule where a file is told something else than a request. */
  readonly fileRule?: string;
  /** Whether it counts only with --strict. */
  readonly warning?: true;
  /** Whether `replay` sends it when it is a .json file; what it does not send it tells. */
  readonly sent: boolean;
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const good = named('hello');

const utf16 = (content: string, mark: boolean, big: boolean): Uint8Array => {
  const bytes = Buffer.from(`${mark ? '\ufeff' : ''}${content}`, 'utf16le');
  return big ? bytes.swap16() : bytes;
};

export const BAD_BODIES: readonly BadBody[] = [
  { name: 'an empty body', bytes: text(''), verdict: 'unreadable', rule: 'empty-body', says: /empty/, sent: false },
  { name: 'white space', bytes: text(' \r\n\t '), verdict: 'unreadable', rule: 'empty-body', says: /empty/, sent: false },
  { name: 'cut-off JSON', bytes: text(good.slice(0, -20)), verdict: 'unreadable', rule: 'not-json', says: /not JSON/, sent: false },
  {
    name: 'JSON cut inside a string',
    bytes: text(good.slice(0, 30)),
    verdict: 'unreadable',
    rule: 'not-json',
    says: /not JSON/,
    sent: false,
  },
  {
    name: 'a string on top',
    bytes: text('"hello"'),
    verdict: 'unreadable',
    rule: 'not-object',
    says: /payload|object/,
    fileRule: 'not-payload',
    sent: false,
  },
  {
    name: 'null on top',
    bytes: text('null'),
    verdict: 'unreadable',
    rule: 'not-object',
    says: /payload|object/,
    fileRule: 'not-payload',
    sent: false,
  },
  {
    name: 'two documents',
    bytes: text(`${good}${good}`),
    verdict: 'unreadable',
    rule: 'not-json',
    says: /more stands after the end/,
    sent: false,
  },
  {
    name: 'a form',
    bytes: text('event=messages&from=1%2F2'),
    verdict: 'unreadable',
    rule: 'not-json',
    says: /looks like a form/,
    sent: false,
  },
  {
    name: 'HTML',
    bytes: text('<!doctype html><html><body>502 Bad Gateway</body></html>'),
    verdict: 'unreadable',
    rule: 'not-json',
    says: /looks like HTML/,
    sent: false,
  },
  {
    name: 'UTF-16 with its mark',
    bytes: utf16(good, true, false),
    verdict: 'unreadable',
    rule: 'bad-encoding',
    says: /UTF-16/,
    sent: false,
  },
  {
    name: 'UTF-16, big end first, without a mark',
    bytes: utf16(good, false, true),
    verdict: 'unreadable',
    rule: 'bad-encoding',
    says: /UTF-16/,
    sent: false,
  },
  {
    name: 'invalid UTF-8',
    bytes: Buffer.concat([text(good.slice(0, 20)), Buffer.from([0xff, 0xfe, 0xc3]), text(good.slice(20))]),
    verdict: 'unreadable',
    rule: 'bad-encoding',
    says: /not UTF-8: byte 21/,
    sent: false,
  },
  {
    name: 'UTF-8 cut inside a character',
    bytes: text(`{"messages": "é`).subarray(0, -1),
    verdict: 'unreadable',
    rule: 'bad-encoding',
    says: /not UTF-8/,
    sent: false,
  },
  {
    name: 'a byte order mark',
    bytes: text(`\ufeff${good}`),
    verdict: 'valid',
    rule: 'byte-order-mark',
    says: /byte order mark/,
    warning: true,
    sent: true,
  },
  {
    name: 'NaN',
    bytes: text(good.replace('1719195391', 'NaN')),
    verdict: 'unreadable',
    rule: 'not-json',
    says: /NaN, which JSON does not have/,
    sent: false,
  },
  {
    name: '1e999',
    bytes: text(good.replace('1719195391', '1e999')),
    verdict: 'unreadable',
    rule: 'number-overflow',
    says: /1e999 is too large a number/,
    sent: true,
  },
  {
    name: 'duplicate keys',
    bytes: text(good.replace('"from_me":false', '"from_me":true,"from_me":false')),
    verdict: 'valid',
    rule: 'duplicate-key',
    says: /from_me.*twice|twice.*from_me/,
    warning: true,
    sent: true,
  },
  {
    name: '__proto__',
    bytes: text(good.replace('"from_me":false', '"from_me":false,"__proto__":{"admin":true}')),
    verdict: 'valid',
    rule: 'unsafe-key',
    says: /__proto__/,
    warning: true,
    sent: true,
  },
  {
    name: 'lists 20,000 deep',
    bytes: text(`{"messages":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
    verdict: 'unreadable',
    rule: 'too-deep',
    says: /levels deep/,
    sent: false,
  },
  {
    name: 'objects 20,000 deep, never closed',
    bytes: text('{"a":'.repeat(20_000)),
    verdict: 'unreadable',
    rule: 'too-deep',
    says: /levels deep/,
    sent: false,
  },
  {
    name: 'an unknown category',
    bytes: text(JSON.stringify({ mesages: [message('hello')], event: { type: 'mesages', event: 'post' }, channel_id: 'X' })),
    verdict: 'unknown',
    rule: 'unknown-category',
    says: /"mesages".*did you mean messages/,
    sent: true,
  },
  {
    name: 'an unknown method',
    bytes: text(good.replace('"event":"post"', '"event":"posts"')),
    verdict: 'unknown',
    rule: 'unknown-method',
    says: /did you mean post/,
    sent: true,
  },
];

/** A payload of some megabytes: one message with an image in it. */
export const largePayload = (bytes: number): Uint8Array => text(named('x', { body_of_a_picture: 'A'.repeat(bytes) }));
