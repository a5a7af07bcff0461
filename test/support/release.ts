import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Release } from '../../src/io/cloudflared/release.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './tls.ts';

/** A program that says what cloudflared says when it is asked for its version. */
export const FAKE = '#!/bin/sh\necho "cloudflared version 2026.5.1 (built 2026-05-20-1200 UTC)"\n';

/** The file that is served: a program that runs, with so many bytes behind it that it comes in several pieces. */
export const EXECUTABLE = Buffer.concat([Buffer.from(`${FAKE}exit 0\n`), Buffer.alloc(3_000_000, '#')]);

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A release whose one file, for linux-x64, lies below a url. */
export const releaseAt = (base: string, more: Partial<Release> = {}): Release => ({
  version: '2026.5.1',
  base,
  assets: { 'linux-x64': { name: 'cloudflared-linux-amd64', sha256: sha256(EXECUTABLE) } },
  least: 1000,
  most: 50_000_000,
  about: EXECUTABLE.length,
  ...more,
});

export interface FileServer {
  readonly port: number;
  /** `http://127.0.0.1:port/` or, with TLS, `https://localhost:port/`. */
  readonly base: string;
  readonly asked: string[];
}

/** A server of files; without a handler each is the executable. */
export const serveFiles = async (
  handler: (path: string, response: ServerResponse) => void = (_path, response) => void sendWhole(response),
  secure = false,
): Promise<FileServer> => {
  const asked: string[] = [];
  const take: RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    handler(request.url ?? '', response);
  };
  const server = secure ? createHttps({ key: TEST_KEY, cert: TEST_CERTIFICATE }, take) : createServer(take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, asked, base: secure ? `https://localhost:${port}/` : `http://127.0.0.1:${port}/` };
};

export const sendWhole = (response: ServerResponse, bytes: Uint8Array = EXECUTABLE): void => {
  response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
};

/** The first half of the file; `then` runs when it has left. */
export const sendHalf = (response: ServerResponse, then: () => void): void => {
  response.writeHead(200, { 'content-length': EXECUTABLE.length });
  response.write(EXECUTABLE.subarray(0, EXECUTABLE.length / 2), () => then());
};

export const otherHalf = EXECUTABLE.subarray(EXECUTABLE.length / 2);
