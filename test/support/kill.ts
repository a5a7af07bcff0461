import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { lookInto } from './inside.ts';

export { hasSqlite } from './inside.ts';

const CONNECTIONS = 50;
const CATEGORIES = ['messages', 'statuses', 'presences'] as const;

/** A body that there is only once, of another size each, with signs that a careless hand would change. */
const bodyOf = (id: string, number: number): string => {
  const category = CATEGORIES[number % CATEGORIES.length] ?? 'messages';
  const chat = `999${String(100_000 + (number % 40)).padStart(8, '0')}@s.whatsapp.net`;
  const text = `h\\u00e9 é 😀 ${'x'.repeat((number * 37) % 3000)}`;
  const item = {
    messages: `{"id": "${id}","from_me" :false,"type":"text","chat_id":"${chat}","timestamp":1719195391,"text":{"body":"${text}"},"from":"99900011122"}`,
    statuses: `{"id": "${id}","code":3,"status":"delivered","recipient_id":"${chat}","timestamp":"1719195391"}`,
    presences: `{"contact_id": "${chat}","status":"typing","last_seen":1.50,"id":"${id}"}`,
  }[category];
  return `{"${category}" : [${item}],"event":{"type":"${category}","event":"post"},"channel_id":"JZGNAY-C53WG"}\n`;
};

/** An app in this process, which takes everything. */
export const startKillApp = async (): Promise<{ port: number; close(): void }> => {
  const server = createServer((request, response) => request.resume().on('end', () => response.end('ok')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

export interface KillOptions {
  /** The program's file, the history's, and the port of an app. */
  readonly bin: string;
  readonly file: string;
  readonly app: number;
  /** Begins the ids of this round. */
  readonly name: string;
  /** It is killed so many milliseconds after so many were answered 200. */
  readonly answered: number;
  readonly pause: number;
}

/** What the rounds so far have sent, and what of it was answered 200. */
export interface Sent {
  readonly sent: Set<string>;
  readonly acknowledged: Set<string>;
}

/**
 * One round: a listener is started, gets a burst from 50 connections and is killed in the middle of it.
 * @returns the number of deliveries answered 200, and of answers that were something else
 */
export const killOnce = async (options: KillOptions, { sent, acknowledged }: Sent): Promise<{ taken: number; others: number }> => {
  const listener = spawn(
    process.execPath,
    [
      options.bin,
      ...['listen', '--port', '0', '--history', options.file, '-f', `127.0.0.1:${options.app}`, '--quiet'],
      ...['--keep-deliveries', '900000000', '--concurrency', '20'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env['PATH'] ?? '' } },
  );
  let told = '';
  const ended = new Promise<void>((resolve) => listener.on('close', () => resolve()));
  const origin = await new Promise<string>((resolve, reject) => {
    listener.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString();
      const found = /Listening on (http:\/\/[\d.:]+)/.exec(told);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
    ended.then(() => reject(new Error(`It ended before it listened: ${told}`)), reject);
  });
  let taken = 0;
  let others = 0;
  let number = 0;
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 });
  const one = async (): Promise<void> => {
    for (;;) {
      const body = bodyOf(`${options.name}-${number}`, number++);
      sent.add(body);
      try {
        const answer = await pool.request({ path: '/', method: 'POST', body });
        await answer.body.dump();
        if (answer.statusCode !== 200) {
          others++;
          continue;
        }
      } catch {
        return; // the listener is dead
      }
      acknowledged.add(body);
      if (++taken === options.answered) setTimeout(() => listener.kill('SIGKILL'), options.pause);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  await ended;
  await pool.destroy();
  if (listener.signalCode !== 'SIGKILL') throw new Error(`It ended by itself (${listener.exitCode}): ${told}`);
  return { taken, others };
};

export interface Damage {
  /** Answered 200 and not there. */
  readonly lost: number;
  /** There more than once. */
  readonly twice: number;
  /** There with other bytes than were sent. */
  readonly changed: number;
  /** Outcomes whose delivery is not there, or of which there are two of one number. */
  readonly stray: number;
  /** What SQLite found; nothing where the file is sound. */
  readonly unsound: readonly string[];
  readonly stored: number;
}

/** Looks at a copy, so that the next listener finds the file as the killed one left it. */
export const damageOf = async (file: string, { sent, acknowledged }: Sent): Promise<Damage> => {
  const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-kill-'));
  try {
    const copy = join(folder, 'h.db');
    for (const end of ['', '-wal']) if (existsSync(file + end)) copyFileSync(file + end, copy + end);
    const { deliveries, outcomes, sound } = await lookInto(copy);
    const bodies = deliveries.map(({ body }) => body.toString());
    const found = new Set(bodies);
    const attempts = new Set(outcomes.map(({ delivery, attempt }) => `${delivery} ${attempt}`));
    return {
      lost: [...acknowledged].filter((body) => !found.has(body)).length,
      twice: bodies.length - found.size,
      changed: [...found].filter((body) => !sent.has(body)).length,
      stray: outcomes.length - attempts.size + outcomes.filter(({ delivery }) => delivery === 'of no delivery').length,
      unsound: sound.filter((line) => line !== 'ok'),
      stored: bodies.length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
