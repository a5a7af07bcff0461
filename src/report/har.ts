import { base64, exactText } from '../delivery/bytes.ts';
import type { Headers } from '../delivery/delivery.ts';
import { forwardHeaders } from '../delivery/endpoint.ts';
import type { Stored, StoredOutcome } from '../delivery/stored.ts';
import type { JsonObject } from '../schema/keywords.ts';

/** How an HTTP archive begins (HAR 1.2, w3c.github.io/web-performance/specs/HAR/Overview.html); entries follow, with commas between them. */
export const harHead = (version: string): string =>
  `{"log":{"version":"1.2","creator":${JSON.stringify({ name: 'whapi-hooks', version })},"entries":[\n`;

export const HAR_TAIL = '\n]}}\n';

const headerOf = (headers: Headers, wanted: string): string | undefined => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];

/** A body as HAR has it: text, or base64 where it is no UTF-8. */
const content = (bytes: Uint8Array): JsonObject => {
  const text = exactText(bytes);
  return text === undefined ? { text: base64(bytes), encoding: 'base64' } : { text };
};

/** Of a request's body HAR 1.2 knows no encoding; readers look for it all the same, under the name that answers have. */
const postData = (bytes: Uint8Array, mimeType: string): JsonObject => {
  const made = content(bytes);
  return { mimeType, params: [], ...made, ...(made['encoding'] === undefined ? {} : { comment: 'The text is base64.' }) };
};

/** Where a delivery came to that was never sent on: its own url, at the host it named. */
const ownUrl = ({ delivery }: Stored): string => {
  const host = headerOf(delivery.headers, 'host') ?? 'localhost';
  try {
    return new URL(delivery.url, `http://${host}`).href;
  } catch {
    return new URL(`http://localhost${delivery.url.startsWith('/') ? delivery.url : '/'}`).href;
  }
};

const queryOf = (url: string): JsonObject[] => {
  try {
    return [...new URL(url).searchParams].map(([name, value]) => ({ name, value }));
  } catch {
    return [];
  }
};

const entry = (stored: Stored, sent: StoredOutcome | undefined): JsonObject => {
  const { delivery, reading } = stored;
  const outcome = sent?.outcome;
  const url = outcome?.endpoint ?? ownUrl(stored);
  const ms = outcome?.ms ?? 0;
  const headers = outcome === undefined ? delivery.headers : forwardHeaders(delivery.headers);
  const answer = outcome?.kind === 'answered' ? outcome.answer : undefined;
  return {
    startedDateTime: new Date(sent === undefined ? delivery.time : sent.time - ms).toISOString(),
    time: ms,
    request: {
      method: delivery.method,
      url,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: headers.map(([name, value]) => ({ name, value })),
      queryString: queryOf(url),
      postData: postData(delivery.body, headerOf(delivery.headers, 'content-type') ?? 'application/json'),
      headersSize: -1,
      bodySize: delivery.body.byteLength,
    },
    // Status 0 is how browsers write a request without an answer.
    response: {
      status: outcome?.kind === 'answered' ? outcome.status : 0,
      statusText: '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: [],
      content: { size: answer?.bytes.byteLength ?? 0, mimeType: 'x-unknown', ...content(answer?.bytes ?? new Uint8Array()) },
      redirectURL: '',
      headersSize: -1,
      bodySize: answer === undefined || answer.cut ? -1 : answer.bytes.byteLength,
      ...(outcome?.kind === 'failed' ? { _error: outcome.error } : {}),
    },
    cache: {},
    timings: { send: 0, wait: ms, receive: 0 },
    _delivery: delivery.id,
    _event: reading.name,
    ...(sent === undefined ? { comment: 'It was not sent on.' } : { _attempt: sent.attempt }),
  };
};

/** The entries of a delivery: one for each attempt, or one without an answer where it was never sent on. */
export const harEntries = (stored: Stored): string[] =>
  (stored.outcomes.length === 0 ? [undefined] : stored.outcomes).map((outcome) => JSON.stringify(entry(stored, outcome)));
