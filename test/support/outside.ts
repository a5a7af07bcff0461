import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A reverse proxy of the user's own: the public side of a listener, without TLS. */
export interface Outside {
  readonly url: string;
  /** What was asked for, as far as it has been passed on or refused. */
  readonly asked: readonly string[];
  /** Where it leads to; until that is told, requests wait. */
  leadTo(url: string): void;
  /** From now on it answers 502, or passes on again. */
  open(isOpen: boolean): void;
  /** Resolves when so many requests have been answered. */
  answered(wanted: number): Promise<void>;
}

/** It takes /base off the path. */
export const startOutside = async (): Promise<Outside> => {
  const asked: string[] = [];
  let answered = 0;
  let target: string | undefined;
  let isOpen = true;
  const waiting: (() => void)[] = [];
  const counting: { wanted: number; resolve: () => void }[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    outgoing.on('finish', () => {
      answered++;
      for (const { wanted, resolve } of counting) if (answered >= wanted) resolve();
    });
    const pass = (): void => {
      if (!isOpen) {
        outgoing.writeHead(502).end('bad gateway');
        return;
      }
      const { method, headers } = incoming;
      const inner = request(new URL((incoming.url ?? '/').replace(/^\/base/, ''), target), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      inner.on('error', () => outgoing.writeHead(502).end('bad gateway'));
      incoming.pipe(inner);
    };
    if (target === undefined) waiting.push(pass);
    else pass();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: (url) => {
      target = url;
      for (const pass of waiting.splice(0)) pass();
    },
    open: (given) => {
      isOpen = given;
    },
    answered: (wanted) =>
      new Promise((resolve) => {
        if (answered >= wanted) resolve();
        else counting.push({ wanted, resolve });
      }),
  };
};
