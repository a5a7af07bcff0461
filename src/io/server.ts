import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Delivery } from '../delivery/delivery.ts';
import { environmentError, errorCode, reason } from '../errors.ts';
import { wordsBelow } from '../event/mode.ts';

/** Why a request was not taken as a delivery. */
export type Refusal = 'late' | 'unstored' | 'origin' | 'secret' | 'path' | 'method' | 'too-large' | 'malformed' | 'broken';

/** How a delivery is answered. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: Uint8Array;
}

/** The delivery was taken. */
export const TAKEN: Reply = { status: 200 };

/** What is done with a delivery: it is answered, or refused so that it comes again (503). Each is called once. */
export interface Exchange {
  answer(reply: Reply): void;
  refuse(refusal: 'late' | 'unstored', text: string): void;
}

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** Whether the next free port will do when the port is taken. */
  readonly anyPort: boolean;
  /** `/` or a path without a slash at its end. */
  readonly path: string;
  /** Bytes a body may have. */
  readonly maxBody: number;
  /** Header that every request must carry. */
  readonly secret: { readonly name: string; readonly value: string } | undefined;
  readonly now: () => number;
  readonly after: (ms: number, action: () => void) => () => void;
  readonly id: () => string;
  /** Called when a delivery has come whole. `words` are the path's words after the agreed path. */
  readonly onDelivery: (delivery: Delivery, words: readonly string[], exchange: Exchange) => void;
  readonly onRefusal: (refusal: Refusal, detail: string) => void;
  /** The answer to a check of whether the listener can be reached, by the value of its header; undefined for strangers. */
  readonly answerTo?: ((value: string) => string | undefined) | undefined;
}

/** The header of such a check. */
export const CHECK_HEADER = 'x-whapi-hooks-check';

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Takes no new connections; resolves when the requests that were under way have ended or `patience` ms are over. */
  stop(patience: number): Promise<void>;
}

/** Bytes of an answer's body that are sent in one piece with its head. */
const TOGETHER = 4096;

const VERBS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

const answer = (response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text), ...headers });
  response.end(text);
};

const pairs = (raw: readonly string[]): [string, string][] => {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) headers.push([raw[i] as string, raw[i + 1] as string]);
  return headers;
};

/** Compares with a secret in constant time, whatever the lengths are. */
const comparer = async (secret: string): Promise<(value: string) => boolean> => {
  const { createHash, timingSafeEqual } = await import('node:crypto');
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const wanted = digest(secret);
  return (value) => timingSafeEqual(digest(value), wanted);
};

/**
 * The webhook listener: takes POST, PUT, PATCH and DELETE on its path and up to two words below it, and hands each
 * delivery on, to be answered, as soon as its body is whole.
 * @throws UserError (3) where the port cannot be had
 */
export const listenOn = async (options: ServerOptions): Promise<Listening> => {
  const { path, maxBody, secret, onRefusal } = options;
  const secretName = secret?.name.toLowerCase();
  const isSecret = secret === undefined ? undefined : await comparer(secret.value);

  const refuse = (
    request: IncomingMessage,
    response: ServerResponse,
    refusal: Refusal,
    status: number,
    text: string,
    headers?: Record<string, string>,
  ): void => {
    request.resume(); // what still comes is read and thrown away, so that the client gets to read the answer
    request.on('error', () => {});
    answer(response, status, `${text}\n`, headers);
    onRefusal(refusal, `${request.method ?? ''} ${(request.url ?? '').slice(0, 100)}: ${text}`);
  };

  const hasSecret = (request: IncomingMessage): boolean => {
    if (isSecret === undefined) return true;
    const values = pairs(request.rawHeaders).filter(([name]) => name.toLowerCase() === secretName);
    return isSecret(values.length === 1 ? (values[0]?.[1] ?? '') : '');
  };

  /** Requests whose body is under way, and what is called when the last of them is over. */
  const reading = new Set<IncomingMessage>();
  let onRead = (): void => {};

  const handOn = (response: ServerResponse, { status, headers, body }: Reply): void => {
    const length = body?.byteLength ?? 0;
    response.writeHead(status, { ...headers, 'content-length': length, ...(stopping ? { connection: 'close' } : {}) });
    if (body === undefined || length === 0) response.end();
    // As a text of bytes a short body leaves in one piece with the head.
    else if (length <= TOGETHER) response.end(Buffer.from(body.buffer, body.byteOffset, length).toString('latin1'), 'latin1');
    else response.end(body);
  };

  /** Answers of one turn of the event loop leave together at its end: a client that is woken once is woken cheaply. */
  let answers: (() => void)[] = [];
  const leave = (): void => {
    const all = answers;
    answers = [];
    for (const send of all) send();
  };
  const later = (send: () => void): void => {
    if (answers.push(send) === 1) setImmediate(leave);
  };

  const take = (request: IncomingMessage, response: ServerResponse, words: readonly string[]): void => {
    const chunks: Buffer[] = [];
    let size = 0;
    let over = false;
    const announced = Number(request.headers['content-length'] ?? 0);
    const done = (): void => {
      reading.delete(request);
      if (reading.size === 0) onRead();
    };
    const tooLarge = (): void => {
      over = true;
      chunks.length = 0;
      done(); // its rest is read, and may never come
      refuse(request, response, 'too-large', 413, `The body is larger than ${maxBody} bytes (--max-body).`);
    };
    if (announced > maxBody) {
      tooLarge();
      return;
    }
    reading.add(request);
    request.on('close', () => {
      if (!over && !request.complete) {
        over = true;
        onRefusal('broken', `A client went away after ${size}${announced > 0 ? ` of ${announced}` : ''} bytes.`);
      }
      done();
    });
    request.on('data', (chunk: Buffer) => {
      if (over) return;
      size += chunk.length;
      if (size > maxBody) tooLarge();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      if (over || !request.complete) return;
      const raw = pairs(request.rawHeaders);
      const headers = secretName === undefined ? raw : raw.filter(([name]) => name.toLowerCase() !== secretName);
      const delivery: Delivery = {
        id: options.id(),
        time: options.now(),
        method: request.method ?? 'POST',
        url: request.url ?? '/',
        headers,
        body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
      };
      options.onDelivery(delivery, words, {
        answer: (reply) => later(() => handOn(response, reply)),
        refuse: (refusal, text) => refuse(request, response, refusal, 503, text, { 'retry-after': '1' }),
      });
    });
  };

  const server = createServer((request, response) => {
    response.on('error', () => {});
    if (stopping) response.setHeader('connection', 'close');
    if (request.headers.origin !== undefined) {
      refuse(request, response, 'origin', 403, 'Web pages may not send deliveries (the request has an Origin header).');
      return;
    }
    const words = wordsBelow(path, request.url ?? '');
    if (words === undefined) {
      refuse(request, response, 'path', 404, `Nothing listens on this path; deliveries go to ${path}.`);
      return;
    }
    const value = options.answerTo === undefined ? undefined : request.headers[CHECK_HEADER];
    const reply = typeof value === 'string' ? options.answerTo?.(value) : undefined;
    if (reply !== undefined) {
      request.resume();
      answer(response, 200, reply, { 'cache-control': 'no-store' });
      return;
    }
    if (!hasSecret(request)) {
      refuse(request, response, 'secret', 401, 'The secret header is missing or wrong.');
      return;
    }
    const verb = request.method ?? '';
    if (VERBS.has(verb)) take(request, response, words);
    else if ((verb === 'GET' || verb === 'HEAD') && words.length === 0) {
      request.resume();
      answer(response, 200, 'whapi-hooks listens here for the webhooks of Whapi.Cloud.\n');
    } else
      refuse(request, response, 'method', 405, 'This method is not taken here.', {
        allow: 'POST, PUT, PATCH, DELETE',
      });
  });
  server.keepAliveTimeout = 75_000;
  server.on('clientError', (error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    // A body that breaks off is told by its request; a connection that is reset between requests is no request.
    const told = errorCode(error) === 'ECONNRESET' || [...reading].some((request) => request.socket === socket);
    if (!told) onRefusal('malformed', 'A request was not HTTP.');
  });

  let stopping = false;
  const listen = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, options.host, () => {
        server.off('error', reject);
        resolve((server.address() as AddressInfo).port); // a TCP server
      });
    });
  let port = options.port;
  for (;;) {
    try {
      port = await listen(port);
      break;
    } catch (error) {
      const taken = errorCode(error) === 'EADDRINUSE';
      if (taken && options.anyPort && port < options.port + 20) {
        port++;
        continue;
      }
      throw environmentError(
        `Cannot listen on ${options.host}:${options.port}: ${reason(error)}.`,
        taken ? 'Choose another port with --port, or --port 0 for any free one.' : undefined,
        error,
      );
    }
  }

  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    port,
    url: `http://${host}:${port}${path}`,
    stop: (patience) =>
      new Promise((resolve) => {
        stopping = true;
        const cancel = options.after(patience, () => server.closeAllConnections());
        server.close(() => {
          cancel();
          // Bodies that broke off just now are told first.
          if (reading.size === 0) resolve();
          else onRead = resolve;
        });
        server.closeIdleConnections();
      }),
  };
};
