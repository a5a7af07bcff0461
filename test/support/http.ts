import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** One request as a provider would send it, on a connection of its own. */
export const send = (
  url: string,
  body: string | Uint8Array = '',
  options: { method?: string; headers?: Record<string, string | string[]> } = {},
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
    const method = options.method ?? 'POST';
    const headers = { ...(bytes.length > 0 || method !== 'GET' ? { 'content-length': String(bytes.length) } : {}), ...options.headers };
    const outgoing = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });

/** A connection on which a test writes what it likes. */
export const dial = async (url: string): Promise<{ socket: Socket; answered: Promise<string> }> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const answered = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
  return { socket, answered };
};

export interface RawServer {
  readonly url: string;
  readonly port: number;
  /** All that was received, connection by connection. */
  readonly received: string[];
}

/** An endpoint that speaks bytes. `onRequest` is called for every whole request of a connection (head and content-length). */
export const startRaw = async (onRequest: (socket: Socket, request: string, index: number) => void): Promise<RawServer> => {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  let requests = 0;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    const at = received.push('') - 1;
    let pending = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      received[at] += text;
      pending += text;
      for (;;) {
        const head = pending.indexOf('\r\n\r\n');
        if (head === -1) return;
        const length = Number(/^content-length: *(\d+)/im.exec(pending.slice(0, head))?.[1] ?? 0);
        const end = head + 4 + length;
        if (pending.length < end) return;
        const whole = pending.slice(0, end);
        pending = pending.slice(end);
        onRequest(socket, whole, requests++);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, received };
};

/** Ports that no system gives to who asks for any: another test might be given one that is to stay closed. */
const [FIRST_PORT, PORTS] = [20_000, 12_000];

/** A port on which nothing listens. */
export const closedPort = async (): Promise<number> => {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return port;
  }
};

/** Takes a port, so that nobody else can have it. */
export const takePort = async (port = 0): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};
