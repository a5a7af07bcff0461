import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as an app received it. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

const read = async (request: IncomingMessage): Promise<Received> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return { method: request.method ?? '', url: request.url ?? '', headers: request.rawHeaders, body: Buffer.concat(chunks) };
};

export interface App {
  readonly port: number;
  readonly url: string;
  readonly received: Received[];
  /** Resolves when so many requests have come. */
  count(wanted: number): Promise<void>;
  close(): Promise<void>;
}

/** The developer's app: keeps what it gets and answers as `answer` says (200 `ok` without it). */
export const startApp = async (
  answer: (received: Received, index: number, response: Parameters<RequestListener>[1]) => void = (_received, _index, response) =>
    void response.end('ok'),
): Promise<App> => {
  const received: Received[] = [];
  const waiting: { wanted: number; resolve: () => void }[] = [];
  const server: Server = createServer((request, response) => {
    read(request).then(
      (one) => {
        received.push(one);
        answer(one, received.length - 1, response);
        for (const { wanted, resolve } of waiting) if (received.length >= wanted) resolve();
      },
      () => {},
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    received,
    count: (wanted) =>
      new Promise((resolve) => {
        if (received.length >= wanted) resolve();
        else waiting.push({ wanted, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
