import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { packageRoot } from './runtime.ts';

/** What the stand-in does when it is started; nothing said, it opens a tunnel and passes requests on. */
export interface Behaviour {
  /** The first word of its hostname. */
  readonly name?: string;
  /** Writes in pieces of so many characters. */
  readonly pieces?: number;
  /** false: no connection over it. */
  readonly quic?: boolean;
  readonly http2?: boolean;
  /** Lines before all else: a level and a text; the text alone where the level is ''. */
  readonly says?: readonly (readonly [level: string, text: string])[];
  /** Ends at once with this code. */
  readonly exit?: number;
  /** Does nothing more. */
  readonly hang?: boolean;
  /** Writes so many characters without a line break first. */
  readonly huge?: number;
  /** Does not end at SIGTERM. */
  readonly stubborn?: boolean;
  /** Is registered, but nothing comes through. */
  readonly unreachable?: boolean;
  /** What it does at each SIGUSR2. */
  readonly later?: readonly ('terminate' | 'register' | 'flicker' | 'exit' | 'forget')[];
}

export interface Call {
  readonly pid: number;
  readonly args: readonly string[];
  /** The variables that cloudflared, or we, would read. */
  readonly env: Readonly<Record<string, string>>;
}

export interface StandIn {
  readonly path: string;
  readonly folder: string;
  /** The calls so far. */
  calls(): Call[];
  /** Resolves when one that was started does nothing more, and what it wrote has been read. */
  hangs(): Promise<void>;
}

/** An executable in a folder of its own. @param behaviours one for each start, the last for all later ones */
export const makeCloudflared = (behaviours: readonly Behaviour[] = [{}]): StandIn => {
  const folder = temporaryFolder();
  const path = join(folder, 'cloudflared');
  const script = join(packageRoot, 'test', 'support', 'cloudflared.mjs');
  writeFileSync(path, `#!${process.execPath}\nimport(${JSON.stringify(script)});\n`, { mode: 0o755 });
  writeFileSync(join(folder, 'behaviours.json'), JSON.stringify(behaviours));
  mkdirSync(join(folder, 'edge'));
  const file = join(folder, 'calls.jsonl');
  const calls = (): Call[] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Call)
      : [];
  onTestFinished(() => {
    // Nothing that a test has started outlives it, whatever the test found.
    for (const { pid } of calls()) if (runs(pid, path)) process.kill(pid, 'SIGKILL');
  });
  const hanging = join(folder, 'hangs');
  const hangs = async (): Promise<void> => {
    const watched = new AbortController();
    const changes = watch(folder, { signal: watched.signal });
    if (!existsSync(hanging)) for await (const _ of changes) if (existsSync(hanging)) break;
    watched.abort();
    rmSync(hanging);
    // Its output lies in the pipe by now.
    for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => void setImmediate(resolve));
  };
  return { path, folder, calls, hangs };
};

/** Whether a process runs whose command line holds a text; a zombie does not. */
export const runs = (pid: number, text = ''): boolean => {
  try {
    const state = /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
    return state !== 'Z' && state !== 'X' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
  } catch {
    return false;
  }
};

/** A delivery from outside: over TLS to the edge, by the hostname of the tunnel. @returns the status */
export const deliver = ({ folder }: StandIn, url: URL, body: string, method = 'POST'): Promise<number> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: Number(readFileSync(join(folder, 'edge', url.hostname.split('.')[0] ?? ''), 'utf8')),
        servername: url.hostname,
        ca: readFileSync(EDGE_CERTIFICATE),
        path: url.pathname,
        method,
        headers: { host: url.host, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        agent: false,
      },
      (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)),
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });

/** The certificate of the edge, for NODE_EXTRA_CA_CERTS. */
export const EDGE_CERTIFICATE = join(packageRoot, 'test', 'support', 'edge-cert.pem');

/**
 * The way to the edge: a proxy that leads hostnames of tunnels to where their stand-ins are, and knows no other.
 * @param folder that of the stand-in
 */
export const startEdgeProxy = async (folder: string): Promise<{ url: string; asked: string[] }> => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(400).end());
  server.on('connect', ({ url = '' }, client: Socket) => {
    asked.push(url);
    sockets.add(client.on('error', () => {}));
    const host = url.replace(/:443$/, '');
    const file = join(folder, 'edge', host.replace(/\.trycloudflare\.com$/, ''));
    if (!existsSync(file)) {
      client.end('HTTP/1.1 502 Unknown host\r\n\r\n');
      return;
    }
    const upstream = connect(Number(readFileSync(file, 'utf8')), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    sockets.add(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};
