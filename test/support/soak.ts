import { createServer, type Server } from 'node:http';
import { Pool } from 'undici';
import { lookInto } from './inside.ts';

/** A delivery as the soak sends it: a number within its chat, so that order can be seen. */
export interface Soaked {
  readonly chat: string;
  readonly number: number;
}

const CHATS = 40;
const EVENTS = ['messages', 'statuses', 'presences'] as const;

const payloadOf = (index: number, chat: string, number: number): string => {
  const event = EVENTS[index % EVENTS.length] ?? 'messages';
  const id = `${chat}-${number}`;
  const item = {
    messages: { id, from_me: false, type: 'text', chat_id: chat, timestamp: 1719195391, text: { body: 'hi' }, from: '99900011122' },
    statuses: { id, code: 3, status: 'delivered', recipient_id: chat, timestamp: '1719195391' },
    presences: { contact_id: chat, status: 'typing', id },
  }[event];
  return JSON.stringify({ [event]: [item], event: { type: event, event: 'post' }, channel_id: 'JZGNAY-C53WG' });
};

const readBack = (body: string): Soaked => {
  const [, chat = '', number = ''] = /"id":"([^"]+)-(\d+)"/.exec(body) ?? [];
  return { chat, number: Number(number) };
};

/** An app that is slow now and then, answers errors, breaks off, and is restarted; it keeps what it answered with 200. */
export const startBadApp = async (restarts: number, each: number): Promise<{ port: number; taken: Soaked[]; close(): Promise<void> }> => {
  const taken: Soaked[] = [];
  let seen = 0;
  let left = restarts;
  let server: Server;
  let port = 0;
  const create = (): Server =>
    createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => {});
      request.on('end', () => {
        const kind = seen++;
        if (left > 0 && seen % each === 0) {
          left--;
          server.closeAllConnections();
          server.close(() => setTimeout(() => void open(), 30));
          return;
        }
        if (kind % 97 === 5) response.destroy();
        else if (kind % 31 === 7) response.writeHead(503).end('busy');
        else {
          const answer = (): void => {
            taken.push(readBack(Buffer.concat(chunks).toString()));
            response.end('ok');
          };
          if (kind % 53 === 11) setTimeout(answer, 20);
          else answer();
        }
      });
    });
  const open = (): Promise<void> =>
    new Promise((resolve) => {
      server = create();
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        port = typeof address === 'object' && address !== null ? address.port : 0;
        resolve();
      });
    });
  await open();
  return {
    get port() {
      return port;
    },
    taken,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Sends deliveries from so many connections, each chat's on one of them in order. @returns how many were answered 200 */
export const pour = async (url: string, total: number, connections: number): Promise<number> => {
  const { origin } = new URL(url);
  const pools = Array.from({ length: connections }, () => new Pool(origin, { connections: 1, pipelining: 1 }));
  const numbers = new Map<string, number>();
  let ok = 0;
  let index = 0;
  const run = async (pool: Pool, own: number): Promise<void> => {
    // Chats belong to connections: a provider sends one chat's deliveries one after the other.
    for (let at = own; at < total; at += connections) {
      const chat = `999${String(100000 + own * 10 + (Math.floor(at / connections) % Math.max(1, Math.floor(CHATS / 10)))).padStart(8, '0')}@s.whatsapp.net`;
      const number = (numbers.get(chat) ?? 0) + 1;
      numbers.set(chat, number);
      const { statusCode, body } = await pool.request({ path: '/', method: 'POST', body: payloadOf(index++, chat, number) });
      await body.dump();
      if (statusCode === 200) ok++;
    }
  };
  await Promise.all(pools.map(run));
  await Promise.all(pools.map((pool) => pool.close()));
  return ok;
};

/** How often something came in another order than it was sent in, first arrivals alone; and how many came at all. */
export const orderOf = (taken: readonly Soaked[]): { arrived: number; disorder: number } => {
  const last = new Map<string, number>();
  const all = new Set<string>();
  let disorder = 0;
  for (const { chat, number } of taken) {
    const key = `${chat} ${number}`;
    if (all.has(key)) continue; // sent again because its answer was lost
    all.add(key);
    if (number !== (last.get(chat) ?? 0) + 1) disorder++;
    last.set(chat, number);
  }
  return { arrived: all.size, disorder };
};

/** What a history holds of a soak. */
export interface Kept {
  readonly stored: number;
  readonly twice: number;
  /** How often a chat's deliveries lie in another order than they were sent in. */
  readonly disorder: number;
  /** Attempts by the delivery's id, each in the order they were written in. */
  readonly attempts: ReadonlyMap<string, readonly { readonly attempt: number; readonly status: number | null }[]>;
  /** What SQLite found wrong. */
  readonly unsound: readonly string[];
}

export const keptIn = async (file: string): Promise<Kept> => {
  const { deliveries, outcomes, sound } = await lookInto(file);
  const bodies = deliveries.map(({ body }) => body.toString());
  const attempts = new Map<string, { attempt: number; status: number | null }[]>();
  for (const { delivery, attempt, status } of outcomes) {
    const before = attempts.get(delivery);
    if (before === undefined) attempts.set(delivery, [{ attempt, status }]);
    else before.push({ attempt, status });
  }
  return {
    stored: bodies.length,
    twice: bodies.length - new Set(bodies).size,
    disorder: orderOf(bodies.map(readBack)).disorder,
    attempts,
    unsound: sound.filter((line) => line !== 'ok'),
  };
};
