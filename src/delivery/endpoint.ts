import { usageError } from '../errors.ts';
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

/** The headers that go on: all but hop-by-hop ones, `host` and the framing. `extra` ones replace those of their name. */
export const forwardHeaders = (headers: Headers, extra: Headers = []): Headers => {
  const named = new Set(
    headers
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, value]) => value.split(','))
      .map((name) => name.trim().toLowerCase()),
  );
  const replaced = new Set(extra.map(([name]) => name.toLowerCase()));
  const kept = headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return !NOT_FORWARDED.has(lower) && !named.has(lower) && !replaced.has(lower);
  });
  return [...kept, ...extra];
};

const queryOf = (url: string): string => {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at);
};

/** A delivery as it is forwarded: nothing of it changes but what belongs to the connection. */
export const shipmentOf = (delivery: Delivery, suffix: string, extra: Headers = []): Shipment => ({
  id: delivery.id,
  method: delivery.method,
  suffix,
  query: queryOf(delivery.url),
  headers: forwardHeaders(delivery.headers, extra),
  body: delivery.body,
});
