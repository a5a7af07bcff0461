import { usageError } from '../errors.ts';
import { type Choice, ChoiceError, readChoice } from '../event/choice.ts';
import type { Delivery, Headers } from './delivery.ts';

/** Where deliveries go when nobody said where. */
export const DEFAULT_ENDPOINT = 'http://localhost:3000';

/**
 * An endpoint from any form people write: `3000`, `:3000`, `3000/hook`, `/hook`, `host:port`, `host:port/hook`, a url.
 * @throws UserError (2) where the text is none of them
 */
export const readEndpoint = (text: string): URL => {
  const trimmed = text.trim();
  const url = /^https?:\/\//i.test(trimmed)
    ? trimmed
    : /^:?\d+(?:[/?].*)?$/.test(trimmed)
      ? `http://localhost:${trimmed.replace(/^:/, '')}`
      : trimmed.startsWith('/')
        ? `${DEFAULT_ENDPOINT}${trimmed}`
        : /^[\w.-]+:\d+(?:[/?].*)?$|^\[[\da-f:.]+\]:\d+(?:[/?].*)?$|^localhost(?:[/?].*)?$/i.test(trimmed)
          ? `http://${trimmed}`
          : undefined;
  const hint = 'Forms: 3000, :3000, 3000/hook, /hook, host:port/hook, https://host/hook.';
  if (url === undefined) throw usageError(`${JSON.stringify(text)} is not an endpoint.`, hint);
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw usageError(`${JSON.stringify(text)} is not an endpoint.`, hint);
  }
  if (parsed.port === '0') throw usageError(`${JSON.stringify(text)} is not an endpoint: nothing listens on port 0.`, hint);
  if (parsed.username !== '' || parsed.password !== '') {
    throw usageError(
      'An endpoint with a name or password in it would end up in reports.',
      'Send it as a header: -H "Authorization: Basic …".',
    );
  }
  parsed.hash = '';
  return parsed;
};

/** An endpoint, and the events it gets. */
export interface Target {
  readonly url: URL;
  readonly chosen: Choice;
  /** The events as they were written; undefined where it gets all. */
  readonly events: string | undefined;
}

/** Words of events, as far as they can be told from an address: no colon, no slash. */
const EVENTS_FIRST = /^([!\w*][\w.*,! -]*)=(.*)$/s;

/**
 * `3000`, or with its events `messages.*,!messages.delete=http://localhost:4000/bot`: what stands before the first
 * `=` is events where it is written as events are.
 * @throws UserError (2) where it is neither
 */
export const readTarget = (text: string): Target => {
  const [, events, address = ''] = EVENTS_FIRST.exec(text.trim()) ?? [];
  if (events === undefined) return { url: readEndpoint(text), chosen: () => true, events: undefined };
  let chosen: Choice;
  try {
    chosen = readChoice([events]);
  } catch (error) {
    if (!(error instanceof ChoiceError)) throw error;
    throw usageError(
      `--forward-to: ${error.message}${error.message.endsWith('?') ? '' : '.'}`,
      'Events stand before the address: messages.*=3000/hook.',
    );
  }
  return { url: readEndpoint(address), chosen, events };
};

/** Whether a url names this machine: `localhost`, 127.0.0.0/8, ::1 (RFC 6761, RFC 1122, RFC 4291). */
export const isLocal = (url: URL): boolean => isLoopback(url.hostname.replace(/^\[|\]$/g, ''));

/** Whether a host's name or address is this machine's own. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(?:\.\d+){3}$/.test(host) || host.startsWith('::ffff:7f');

/** What is sent to an endpoint. */
export interface Shipment {
  readonly id: string;
  readonly method: string;
  /** Appended to the endpoint's path: `/messages/post`, or ''. */
  readonly suffix: string;
  /** With its question mark, or ''. */
  readonly query: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Path and query as they go into the request line. */
export const targetPath = (endpoint: URL, suffix: string, query: string): string => {
  if (suffix === '' && query === '' && endpoint.search === '') return endpoint.pathname;
  const path = suffix === '' ? endpoint.pathname : endpoint.pathname.replace(/\/$/, '') + suffix;
  const both = [endpoint.search.slice(1), query.slice(1)].filter((part) => part !== '').join('&');
  return both === '' ? path : `${path}?${both}`;
};

/** Headers of one connection only (RFC 9110 section 7.6.1), and those that every request makes anew. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
]);

/** Whether a header belongs to one connection, so that every request makes its own. */
export const isOfConnection = (name: string): boolean => NOT_FORWARDED.has(name.toLowerCase());

/**
 * The headers that go on: all but hop-by-hop ones, `host` and the framing. `extra` ones replace those of their name,
 * those named in `dropped` are left out.
 */
export const forwardHeaders = (headers: Headers, extra: Headers = [], dropped: readonly string[] = []): Headers => {
  // Lists of a few names are looked through faster than sets of them are made, and there is a delivery for each.
  const gone = [...dropped];
  for (const [name] of extra) gone.push(name);
  for (const [name, value] of headers) if (name.length === 10 && name.toLowerCase() === 'connection') gone.push(...value.split(','));
  for (const [index, name] of gone.entries()) gone[index] = name.trim().toLowerCase();
  const kept: (readonly [string, string])[] = [];
  for (const header of headers) {
    const name = header[0].toLowerCase();
    if (!NOT_FORWARDED.has(name) && !gone.includes(name)) kept.push(header);
  }
  kept.push(...extra);
  return kept;
};

/** What `shipmentOf` made last: a sender's headers are the same each time but for the length of the body, which is not among them. */
let last: { readonly of: Headers; readonly extra: Headers; readonly dropped: readonly string[]; readonly headers: Headers } | undefined;

const isSameButLength = (one: Headers, other: Headers): boolean => {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) {
    const a = one[i];
    const b = other[i];
    if (a?.[0] !== b?.[0] || (a?.[1] !== b?.[1] && a?.[0].toLowerCase() !== 'content-length')) return false;
  }
  return true;
};

const shippedHeaders = (headers: Headers, extra: Headers, dropped: readonly string[]): Headers => {
  if (last === undefined || last.extra !== extra || last.dropped !== dropped || !isSameButLength(last.of, headers))
    last = { of: headers, extra, dropped, headers: forwardHeaders(headers, extra, dropped) };
  return last.headers;
};

const NONE: Headers = [];
const NO_NAMES: readonly string[] = [];

/** The query of a request line's path, with its question mark, or ''. */
export const queryOf = (url: string): string => {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at);
};

/** A delivery as it is forwarded: nothing of it changes but what belongs to the connection. */
export const shipmentOf = (delivery: Delivery, suffix: string, extra: Headers = NONE, dropped: readonly string[] = NO_NAMES): Shipment => ({
  id: delivery.id,
  method: delivery.method,
  suffix,
  query: queryOf(delivery.url),
  headers: shippedHeaders(delivery.headers, extra, dropped),
  body: delivery.body,
});
