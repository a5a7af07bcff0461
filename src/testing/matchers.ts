import type { Finding, Verdict } from '../event/finding.ts';
import { lineOfUrl } from '../event/mode.ts';
import { type Naming, parseBody, validate } from '../event/parse.ts';
import type { EventName } from '../index.ts';
import { isObject } from '../schema/keywords.ts';
import { knownEvent } from './build.ts';
import { findingLines } from './lines.ts';

interface Reading {
  readonly name: EventName | null;
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
}

/** Bytes, whichever realm made them: Jest's tests run in another one than Node's modules. */
const bytesOf = (value: unknown): Uint8Array | undefined => {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]' ? new Uint8Array(value as ArrayBuffer) : undefined; // its tag says so
};

/** A payload as the text of a body; '' where it cannot have been one: undefined, a circle, a bigint. */
const written = (payload: unknown): string => {
  try {
    return JSON.stringify(payload) ?? '';
  } catch {
    return '';
  }
};

const readAny = (received: unknown, as: EventName | undefined): Reading => {
  const body = typeof received === 'string' ? received : bytesOf(received);
  if (body !== undefined) return parseBody(body, { as }).parsed;
  if (isObject(received) && typeof received['method'] === 'string' && typeof received['url'] === 'string' && 'body' in received) {
    const { method, url } = received;
    const naming: Naming = { line: lineOfUrl(method, url), as };
    const sent = received['body'];
    return parseBody(typeof sent === 'string' ? sent : (bytesOf(sent) ?? written(sent)), naming).parsed;
  }
  return validate(received, as === undefined ? {} : { as });
};

const WORDS: Readonly<Record<Verdict, string>> = {
  valid: 'a valid event',
  invalid: 'an invalid one',
  unknown: 'a payload that names no event',
  unreadable: 'something that is no payload',
};

/**
 * For `expect.extend` of Vitest and Jest.
 * `toBeWhapiEvent(name?)` holds where what was received is an event of that name (of any, without one) and no finding is
 * an error. It takes the bytes or the text of a body, a parsed payload, or a request: an object with method, url and body.
 * A body that names no event, as in the modes path and method, is taken for the one that its request line or else the
 * test names.
 */
export const matchers = {
  /** @throws TypeError where `name` is not the name of an event */
  toBeWhapiEvent(received: unknown, name?: EventName): { pass: boolean; message: () => string } {
    const wanted = name === undefined ? undefined : knownEvent(name);
    const { name: found, findings, verdict } = readAny(received, wanted);
    const pass = verdict === 'valid' && (wanted === undefined || found === wanted);
    const event = wanted === undefined ? 'an event of Whapi' : `a ${wanted} event`;
    const message = (): string => {
      if (pass) return `expected anything but ${event}, got ${wanted === undefined ? `a valid ${found} event` : 'a valid one'}`;
      const got =
        found !== null && found !== wanted ? `a ${found} event${verdict === 'valid' ? '' : ', and not a valid one'}` : WORDS[verdict];
      return findings.length === 0 ? `expected ${event}, got ${got}` : `expected ${event}, got ${got}:\n${findingLines(findings)}`;
    };
    return { pass, message };
  },
};
