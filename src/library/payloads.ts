import { base64 } from '../delivery/bytes.ts';
import type { Part } from '../delivery/entry.ts';
import { isRecord, RECORD_VERSION, readRecord } from '../delivery/recording.ts';
import { type UserError, usageError } from '../errors.ts';
import { isObject, type JsonObject } from '../schema/keywords.ts';
import { headerPairs } from './flags.ts';

const encoder = new TextEncoder();

const wrong = (place: string, what: string): UserError => usageError(`replay: ${place} ${what}.`);

const isArrayBuffer = (value: unknown): value is ArrayBuffer => Object.prototype.toString.call(value) === '[object ArrayBuffer]';

/** Bytes and texts as they stand, anything else as JSON. @throws UserError (2) where it is none */
const bytesOf = (value: unknown, place: string): Uint8Array => {
  if (typeof value === 'string') return encoder.encode(value);
  // Tests of Jest run in another realm than Node's modules, so what a value is an instance of says nothing.
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isArrayBuffer(value)) return new Uint8Array(value);
  if (isObject(value) && typeof value['then'] === 'function') throw wrong(place, 'is a promise, not what it holds');
  let text: string | undefined;
  try {
    text = typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
  } catch {
    throw wrong(place, 'cannot be written as JSON');
  }
  if (text === undefined) throw wrong(place, 'is no payload: neither an object nor a text nor bytes');
  return encoder.encode(text);
};

const isRequest = (value: JsonObject): boolean =>
  typeof value['method'] === 'string' && typeof value['url'] === 'string' && 'body' in value;

const recordOf = (request: JsonObject, place: string): JsonObject => ({
  v: RECORD_VERSION,
  type: 'delivery',
  method: request['method'],
  url: request['url'],
  headers: headerPairs(`${place}.headers`, request['headers'] ?? { 'content-type': 'application/json' }),
  bodyBase64: base64(bytesOf(request['body'], `${place}.body`)),
});

const partOf = (value: unknown, index: number): Part => {
  const place = `payloads[${index}]`;
  const at = { name: String(index + 1), line: 1, column: 1 };
  if (isObject(value) && (isRequest(value) || isRecord(value))) {
    const isWhole = isRecord(value);
    const recorded = readRecord(isWhole ? value : recordOf(value, place));
    if (typeof recorded === 'string') throw wrong(place, `cannot be sent: ${recorded}`);
    if (recorded.type !== 'delivery') throw wrong(place, 'is a record of no delivery');
    // The url of a request stands behind the endpoint as it is; of a record, what names its event.
    return { entry: { ...at, body: recorded.delivery.body, recorded, ...(isWhole ? {} : { base: '' }) } };
  }
  return { entry: { ...at, body: bytesOf(value, place) } };
};

/** Payloads of a call as parts of a file, named by their place from 1. @throws UserError (2) */
export const readPayloads = (payloads: unknown): readonly Part[] => {
  if (payloads === undefined) return [];
  if (!Array.isArray(payloads)) throw wrong('payloads', 'is a list');
  return payloads.map(partOf);
};
