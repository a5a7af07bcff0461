import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { environmentError, errorCode, reason } from '../errors.ts';
import type { Call } from '../replay/calls.ts';
import { isObject, type JsonObject } from '../schema/keywords.ts';

/** A stand-in of the provider's API, on this machine. */
export interface Gateway {
  readonly port: number;
  /** What the handler's API address has to be: `http://127.0.0.1:4010`. */
  readonly url: string;
  /** Answers to calls that come from now on wait for this; undefined takes that back. */
  hold(until: Promise<unknown> | undefined): void;
  close(): Promise<void>;
}

export interface GatewayOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** Milliseconds since 1970, for what it answers. */
  readonly now: () => number;
  /** Part of the ids of the messages it says it sent. */
  readonly id: () => string;
  /** A call to a send endpoint that the provider would take, just before it is answered. */
  readonly onCall: (call: Call) => void;
  /** What the provider would refuse: `401 POST /messages/text: the call has no token`. Strangers' text. */
  readonly onRefused: (what: string) => void;
}

/** Bytes of a call: media may stand in it as base64. */
const MOST_BYTES = 32_000_000;
const LONGEST_ID = 200;

/** What may stand behind `POST /messages/`; `media/<type>` is another way to write a medium. */
const SENDS = new Set(
  (
    'text image video gif short audio voice document sticker link_preview location live_location contact contact_list poll ' +
    'interactive hsm product catalog carousel event newsletter_invite group_invite admin_invite order list buttons story'
  ).split(' '),
);
const MEDIA = new Set(['image', 'video', 'gif', 'short', 'audio', 'voice', 'document', 'sticker']);

/** What a request asks for: something that is sent, and so counts, or something that is only acknowledged. */
type Asked =
  | { readonly kind: 'send'; readonly type: string }
  | { readonly kind: 'act'; readonly message: string }
  | { readonly kind: 'quiet' };

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const asked = (verb: string, path: string): Asked | undefined => {
  const words = path.split('/').slice(1).map(decoded);
  const [room, first = '', second] = words;
  if (words.length > 3 || (room !== 'messages' && room !== 'presences')) return undefined;
  if (room === 'presences') return verb === 'PUT' && first !== '' && second === undefined ? { kind: 'quiet' } : undefined;
  if (first === '') return undefined;
  if (verb === 'POST' && first === 'media') return second !== undefined && MEDIA.has(second) ? { kind: 'send', type: second } : undefined;
  if (verb === 'POST' && second === undefined) return SENDS.has(first) ? { kind: 'send', type: first } : forwarded(first);
  if (second === 'reaction') return verb === 'PUT' || verb === 'DELETE' ? { kind: 'act', message: first } : undefined;
  if (second !== undefined) return undefined;
  // A message is marked as read, or taken back.
  return verb === 'PUT' ? { kind: 'quiet' } : verb === 'DELETE' ? { kind: 'act', message: first } : undefined;
};

/** `POST /messages/<id>` forwards a message; the ids of messages hold a dash (CONTRACT.md section 6). */
const forwarded = (id: string): Asked | undefined => (/^[\w.]{4,30}-[\w.-]{4,}$/.test(id) ? { kind: 'act', message: id } : undefined);

/** The provider's form of an error (CONTRACT.md section 9). */
const failure = (code: number, message: string): JsonObject => ({ error: { code, message } });

const answer = (response: ServerResponse, status: number, body: JsonObject): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) });
  response.end(text);
};

const read = (request: IncomingMessage): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MOST_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on('error', reject);
    request.on('end', () => resolve(size > MOST_BYTES ? undefined : Buffer.concat(chunks)));
  });

const hasToken = (request: IncomingMessage, url: URL): boolean =>
  /^Bearer +\S+$/i.test(request.headers.authorization ?? '') || (url.searchParams.get('token') ?? '') !== '';

/** The members of a call: JSON, a form's plain fields, or the query beside raw bytes; a sentence where it is none of them. */
const fieldsOf = (request: IncomingMessage, url: URL, body: Buffer): JsonObject | string => {
  const type = (request.headers['content-type'] ?? '').toLowerCase();
  const query = Object.fromEntries(url.searchParams);
  if (type.startsWith('multipart/form-data')) {
    const fields = [...body.toString('latin1').matchAll(/name="(\w+)"\r\n\r\n([^\r\n]*)\r\n/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]);
    return { ...query, ...Object.fromEntries(fields) };
  }
  if (/^(?:image|video|audio|application\/octet-stream|application\/pdf)/.test(type)) return query;
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return isObject(parsed) ? parsed : 'the body is not a JSON object';
  } catch {
    return 'the body is not JSON';
  }
};

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_ID) : null);

/** `99900011122` is written as a chat's id is. */
const chatOf = (to: string): string => (/^\d+$/.test(to) ? `${to}@s.whatsapp.net` : to);

/** What the members of a call must be, in the provider's words as far as they are known. */
const wanting = (type: string, fields: JsonObject): string | undefined => {
  const to = fields['to'];
  if (typeof to !== 'string' || !/^(?:\d{7,31}|[\d-]{7,31}@[\w.]+)$/.test(to)) return 'to is not the id of a chat or a phone number';
  if (type === 'text' && text(fields['body']) === null) return 'body is missing';
  return undefined;
};

/**
 * Opens a stand-in of the provider's send endpoints on 127.0.0.1: it takes what the provider takes, answers in its
 * form, sends nothing and tells of each call. A token is demanded, any will do.
 * @throws UserError (3) where the port cannot be had
 */
export const openGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const { now, id, onCall, onRefused } = options;
  let held: Promise<unknown> | undefined;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const verb = request.method ?? '';
    const url = new URL(`http://127.0.0.1${request.url?.startsWith('/') === true ? request.url : '/'}`);
    const body = await read(request);
    const refuse = (status: number, told: string): void => {
      onRefused(`${status} ${verb} ${url.pathname.slice(0, LONGEST_ID)}: ${told}`);
      answer(response, status, failure(status, told));
    };
    const what = asked(verb, url.pathname);
    if (!hasToken(request, url)) return refuse(401, 'the call has no token; it is sent as Authorization: Bearer <token>');
    if (what === undefined) return refuse(404, 'there is no such endpoint here');
    if (body === undefined) return refuse(413, `the body is larger than ${MOST_BYTES} bytes`);
    if (what.kind === 'quiet') return answer(response, 200, { success: true });
    const needsBody = what.kind === 'send' || body.length > 0;
    const fields = needsBody ? fieldsOf(request, url, body) : {};
    if (typeof fields === 'string') return refuse(400, fields);
    if (what.kind === 'send') {
      const missing = wanting(what.type, fields);
      if (missing !== undefined) return refuse(400, missing);
    }
    const to = text(fields['to']);
    const wait = held;
    onCall({
      what: `${verb} ${what.kind === 'send' ? url.pathname : url.pathname.replace(/^\/messages\/[^/]+/, '/messages/{id}')}`,
      to: to === null ? null : chatOf(to),
      quoted: what.kind === 'act' ? what.message : text(fields['quoted']),
    });
    if (wait !== undefined) await wait;
    if (what.kind === 'act') return answer(response, 200, { success: true });
    answer(response, 200, { sent: true, message: messageOf(what.type, fields, chatOf(to ?? ''), now(), id()) });
  };

  const server = createServer((request, response) => {
    response.on('error', () => {});
    handle(request, response).catch(() => response.destroy()); // the handler went away in the middle
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port); // a TCP server
    });
  }).catch((error: unknown) => {
    throw environmentError(
      `The API stand-in cannot listen on 127.0.0.1:${options.port}: ${reason(error)}.`,
      errorCode(error) === 'EADDRINUSE' ? 'Choose another port with --api-port, or 0 for any free one.' : undefined,
      error,
    );
  });
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    hold: (until) => {
      held = until;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** The message that the provider says it sent (the form of messages in webhooks: CONTRACT.md section 4). */
const messageOf = (type: string, fields: JsonObject, chat: string, now: number, id: string): JsonObject => {
  const { to: _, quoted, token: __, ...content } = fields;
  return {
    id: `PsS4${id.padEnd(8, '0').slice(0, 8)}.standIn-wAAAAAAAAA`,
    from_me: true,
    type,
    chat_id: chat,
    timestamp: Math.floor(now / 1000),
    source: 'api',
    device_id: 0,
    status: 'pending',
    ...(type === 'text' ? { text: { body: fields['body'] } } : { [type]: content }),
    ...(typeof quoted === 'string' ? { context: { quoted_id: quoted } } : {}),
    from: '999000000000',
  };
};
