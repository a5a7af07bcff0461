import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import { proxyFor } from '../delivery/proxy.ts';
import { formatSize } from '../event/summary.ts';
import type { Runtime } from '../runtime.ts';
import { connectorFor, failure } from './endpoint.ts';

/** Why a file did not come, as a sentence without its beginning: `github.com answered 404`. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  /** What may help, as a sentence; undefined where nothing but trying again does. */
  readonly advice: string | undefined;

  constructor(message: string, options: { advice?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.advice = options.advice;
  }
}

const MISSING = 'A newer whapi-hooks may know a file that is still there.';
const PROXY = 'Look at HTTPS_PROXY: a name and a password are written http://name:password@host:port.';
const CERTIFICATE = 'NODE_EXTRA_CA_CERTS=<file> trusts the certificate of a proxy that looks inside.';

/** What to say where a connection failed, or ended before all had come. */
const broken = (host: string, error: unknown, come: string | undefined): DownloadError => {
  const words = failure(error).error;
  const advice = words.startsWith('the proxy ') ? PROXY : /certificate/.test(words) ? CERTIFICATE : undefined;
  const message = come === undefined ? `${host}: ${words}` : `${host} ended the connection after ${come}`;
  return new DownloadError(message, { cause: error, ...(advice === undefined ? {} : { advice }) });
};

/** Redirects that are followed. */
const MOST_REDIRECTS = 5;
/** Milliseconds for a connection, and without a byte. */
const CONNECT_TIME = 15_000;
const SILENCE = 30_000;

export interface DownloadOptions {
  readonly runtime: Pick<Runtime, 'env' | 'after'>;
  /** More bytes than this are not taken. */
  readonly most: number;
  /** Ends the download. */
  readonly signal: AbortSignal;
  /** Certificates to trust beside the usual ones. */
  readonly ca?: string[] | undefined;
  /** Called once, when the file itself begins: where it comes from at last, and its bytes where the server says so. */
  onBegin(from: URL, size: number | undefined): void;
  /** Takes the bytes as they come; what it throws ends the download and is thrown on. */
  onBytes(bytes: Uint8Array): void;
}

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** One request. @returns the place it was redirected to; undefined when the file has come */
const getOnce = async (url: URL, options: DownloadOptions): Promise<string | undefined> => {
  const { runtime, most, signal } = options;
  // What is not encrypted is never asked of a proxy: only tests serve files so.
  const proxy = url.protocol === 'https:' ? proxyFor(url, runtime.env) : undefined;
  const tls = options.ca === undefined ? {} : { ca: options.ca };
  const parts = proxy === undefined ? undefined : await import('./connect.ts');
  const ended = new AbortController();
  const pool = new Pool(url.origin, {
    connections: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connectorFor(
      url,
      { timeout: CONNECT_TIME, proxy, tls },
      parts && ((...[to, connector, timeout, given]) => parts.tunnelled(to, connector, timeout, given, ended.signal)),
    ),
  });
  let controller: Dispatcher.DispatchController | undefined;
  let size: number | undefined;
  let come = 0;
  /** Whether what comes is the file; the text of a redirect or of an error is not. */
  let isFile = false;
  let cancel = (): void => {};
  const progress = (): string => (size === undefined ? formatSize(come) : `${formatSize(come)} of ${formatSize(size)}`);
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      const watch = (): void => {
        cancel();
        const began =
          come > 0 ? `nothing more came for ${SILENCE / 1000} s, after ${progress()}` : `did not answer within ${SILENCE / 1000} s`;
        cancel = runtime.after(SILENCE, () => reject(new DownloadError(come > 0 ? `${began} from ${url.host}` : `${url.host} ${began}`)));
      };
      signal.addEventListener('abort', () => reject(signal.reason), { signal: ended.signal });
      if (signal.aborted) reject(signal.reason);
      watch();
      const attempt = (run: () => void): void => {
        try {
          run();
        } catch (error) {
          isFile = false;
          reject(error);
        }
      };
      pool.dispatch(
        {
          path: url.pathname + url.search,
          method: 'GET',
          headers: { 'user-agent': `whapi-hooks/${__VERSION__}`, accept: 'application/octet-stream, */*' },
        },
        {
          onRequestStart: (given) => {
            controller = given;
          },
          onResponseStart: (_controller, status, headers) =>
            attempt(() => {
              if (status < 200) return;
              if (status >= 300 && status < 400 && status !== 304) {
                resolve(one(headers['location']) ?? '');
                return;
              }
              if (status !== 200)
                throw new DownloadError(
                  `${url.host} answered ${status} to ${url.origin}${url.pathname}`,
                  status === 404 ? { advice: MISSING } : {},
                );
              const told = Number(one(headers['content-length']) ?? Number.NaN);
              size = Number.isSafeInteger(told) ? told : undefined;
              if (size !== undefined && size > most)
                throw new DownloadError(`what ${url.host} sends has ${formatSize(size)}, and no more than ${formatSize(most)} is taken`);
              options.onBegin(url, size);
              isFile = true;
            }),
          onResponseData: (_controller, chunk) => {
            if (!isFile || ended.signal.aborted) return;
            come += chunk.length;
            watch();
            attempt(() => {
              if (come > most) throw new DownloadError(`what ${url.host} sends has no end: more than ${formatSize(most)} is not taken`);
              options.onBytes(chunk);
            });
          },
          onResponseEnd: () => resolve(undefined),
          onResponseError: (_controller, error) => reject(broken(url.host, error, isFile ? progress() : undefined)),
        },
      );
    });
  } finally {
    cancel();
    ended.abort();
    controller?.abort(new Error('ended'));
    await pool.destroy();
  }
};

/**
 * Gets a file, through the proxy that the environment names and after redirects; from https only to https.
 * @throws DownloadError where it did not come whole, what `onBytes` threw, the signal's reason, or UserError (2) for a
 * proxy that cannot be used
 */
export const download = async (start: URL, options: DownloadOptions): Promise<void> => {
  let url = start;
  for (let redirects = 0; ; redirects++) {
    const location = await getOnce(url, options);
    if (location === undefined) return;
    if (redirects === MOST_REDIRECTS) throw new DownloadError(`${start.host} redirects more than ${MOST_REDIRECTS} times`);
    const next = URL.canParse(location, url.href) && location !== '' ? new URL(location, url.href) : undefined;
    if (next === undefined || !/^https?:$/.test(next.protocol)) throw new DownloadError(`${url.host} redirects to nowhere`);
    if (start.protocol === 'https:' && next.protocol !== 'https:')
      throw new DownloadError(`${url.host} redirects to ${next.host}, where nothing is encrypted`);
    url = next;
  }
};
