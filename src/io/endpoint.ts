import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import type { buildConnector, Dispatcher } from 'undici';
import connectorOf from 'undici/lib/core/connect.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import type { FailureCause, Outcome } from '../delivery/delivery.ts';
import { type Shipment, targetPath } from '../delivery/endpoint.ts';
import { errorCode, reason } from '../errors.ts';

/** Bytes of an answer that are kept. */
const ANSWER_KEPT = 4096;

export interface EndpointOptions {
  /** Milliseconds a delivery may take from being sent to its whole answer. */
  readonly timeout: number;
  readonly elapsed: () => number;
  /** Connections at once; 1 without it. */
  readonly connections?: number;
  /** false: each delivery gets a connection of its own. */
  readonly keepAlive?: boolean;
  /** Whether any certificate will do, and certificates to trust beside the usual ones. */
  readonly tls?: { readonly rejectUnauthorized?: boolean; readonly ca?: string[] };
  /** A proxy on the way. */
  readonly proxy?: URL | undefined;
  /** Said behind what is wrong with a certificate: the flags that help. */
  readonly certificateHint?: string;
  /** Called for each new connection with the address it leads to. */
  readonly onConnected?: (address: string) => void;
}

/** An answer as it is handed on. */
export interface WholeAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** Whether the body was longer. */
  readonly cut: boolean;
}

/** Bytes of an answer that is handed on. */
export const ANSWER_MOST = 5_000_000;

/** How a delivery goes out where its body does not go at once. */
export interface Manner {
  /** The body, in pieces; as many bytes as the shipment's, or fewer and an error. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Milliseconds that it takes to be sent, which the endpoint gets beside its time to answer. */
  readonly longer: number;
}

/** The user's server. */
export interface Endpoint {
  readonly url: URL;
  /**
   * Sends one delivery and tells how it was taken. Never rejects.
   * @param onAnswer called with the whole answer, up to 5 MB, just before
   * @param manner where the body does not go at once
   */
  send(shipment: Shipment, onAnswer?: (answer: WholeAnswer) => void, manner?: Manner): Promise<Outcome>;
  /** Closes the connections; what is under way fails. */
  close(): Promise<void>;
}

/** The addresses a connection was tried on: `127.0.0.1:3000, [::1]:3000`. */
const addressesOf = (error: unknown): string[] => {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.flatMap((one) => {
    if (!(one instanceof Error) || !('address' in one) || typeof one.address !== 'string') return [];
    const host = one.address.includes(':') ? `[${one.address}]` : one.address;
    return ['port' in one ? `${host}:${one.port}` : host];
  });
};

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'EACCES',
  'EPERM',
]);

const SENTENCES: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'no connection came about in time',
  UND_ERR_SOCKET: 'the connection was closed before the answer',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'a certificate in the chain is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate cannot be verified',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is from an issuer that is not known here',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
};

const isOfCertificate = (code: string): boolean => /CERT|SIGNATURE/.test(code);

const failure = (error: unknown, certificateHint?: string): { error: string; cause: FailureCause } => {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = errorCode(error) ?? errorCode(first) ?? '';
  const tried = addressesOf(error);
  const garbage = code.startsWith('HPE_') || (first instanceof Error && first.name === 'HTTPParserError');
  const said = SENTENCES[code] ?? (garbage ? 'the answer is not HTTP' : reason(first));
  const words = certificateHint !== undefined && isOfCertificate(code) ? `${said}; ${certificateHint}` : said;
  return { error: tried.length > 0 ? `${words} (${tried.join(', ')})` : words, cause: UNREACHABLE.has(code) ? 'unreachable' : 'broken' };
};

/**
 * `localhost` as both loopback addresses, whatever this machine's table of hosts says (RFC 6761 section 6.3): apps
 * listen on either.
 */
const bothFamilies: LookupFunction = (_host, options, callback) => {
  if (options.all === true) {
    callback(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ]);
  } else callback(null, '127.0.0.1', 4);
};

/** How connections are made: straight or through the proxy, each told. */
const connectorFor = (url: URL, options: EndpointOptions, tunnelled: typeof import('./tunnel.ts').tunnelled | undefined) => {
  const { timeout, onConnected, proxy } = options;
  const lookup = url.hostname === 'localhost' ? { lookup: bothFamilies } : {};
  const connector = connectorOf({ ...options.tls, ...lookup, timeout, autoSelectFamily: true });
  const connect =
    proxy !== undefined && tunnelled !== undefined && url.protocol === 'https:'
      ? tunnelled(proxy, connector, timeout, options.tls ?? {})
      : connector;
  if (onConnected === undefined) return connect;
  const told: buildConnector.connector = (to, callback) =>
    connect(to, (...made) => {
      const address = made[1]?.remoteAddress;
      if (address !== undefined) onConnected(address);
      callback(...made);
    });
  return told;
};

/** What an endpoint with a proxy needs beside the pool; loaded only there. */
export type ProxyParts = typeof import('./tunnel.ts');

/**
 * Opens an endpoint; no connection is made before the first delivery. `localhost` is tried in both address families.
 * @param proxyParts needed where `options` name a proxy
 */
export const openEndpoint = (url: URL, options: EndpointOptions, proxyParts?: ProxyParts): Endpoint => {
  const { proxy } = options;
  // An http endpoint is asked of its proxy by its whole url (RFC 9112 section 3.2.2), an https one through a tunnel.
  const asked = proxy !== undefined && url.protocol === 'http:' ? proxy : undefined;
  const authorization = asked === undefined ? undefined : proxyParts?.proxyAuthorization(asked);
  const own = asked === undefined ? [] : ['host', url.host, ...(authorization === undefined ? [] : ['proxy-authorization', authorization])];
  const openPool = (): Pool =>
    new Pool((asked ?? url).origin, {
      connections: options.connections ?? 1,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: connectorFor(url, options, proxyParts?.tunnelled),
    });
  let pool = openPool();
  let closed = false;
  const { origin } = url;
  const send: Endpoint['send'] = (shipment, onAnswer, manner) =>
    new Promise((resolve) => {
      const path = targetPath(url, shipment.suffix, shipment.query);
      const endpoint = `${origin}${path}`;
      const most = onAnswer === undefined ? ANSWER_KEPT : ANSWER_MOST;
      let answerHeaders: WholeAnswer['headers'] = {};
      const started = options.elapsed();
      let settled = false;
      let status = 0;
      let size = 0;
      const kept: Buffer[] = [];
      let controller: Dispatcher.DispatchController | undefined;
      const settle = (rest: { status: number } | { error: string; cause: FailureCause }): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        const base = { delivery: shipment.id, endpoint, ms: options.elapsed() - started };
        if (!('status' in rest)) {
          resolve({ kind: 'failed', ...base, ...rest });
          return;
        }
        const whole = kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept); // the only one
        const { location } = answerHeaders;
        const leads = rest.status >= 300 && rest.status < 400 && typeof location === 'string';
        onAnswer?.({ status: rest.status, headers: answerHeaders, body: whole.subarray(0, most), cut: size > most });
        resolve({
          kind: 'answered',
          ...base,
          status: rest.status,
          answer: { bytes: whole.subarray(0, ANSWER_KEPT), cut: size > ANSWER_KEPT, ...(leads ? { location } : {}) },
        });
      };
      const timer = setTimeout(
        () => {
          const told = status === 0 ? 'no answer' : `status ${status}, but not the whole answer`;
          settle({ error: `${told} within ${options.timeout / 1000} s`, cause: 'timeout' });
          controller?.abort(new Error('timeout'));
        },
        options.timeout + (manner?.longer ?? 0),
      );
      const headers: string[] = [...own];
      for (const [name, value] of shipment.headers) headers.push(name, value);
      if (manner !== undefined) headers.push('content-length', String(shipment.body.byteLength));
      try {
        pool.dispatch(
          {
            path: asked === undefined ? path : endpoint,
            method: shipment.method as Dispatcher.HttpMethod,
            headers,
            // undici takes what can be iterated, too; its types do not say so
            body:
              (manner?.body as Readable | undefined) ??
              Buffer.from(shipment.body.buffer, shipment.body.byteOffset, shipment.body.byteLength),
            reset: options.keepAlive === false,
          }, // a verb of a webhook
          {
            onRequestStart: (given) => {
              controller = given;
              if (settled) given.abort(new Error('timeout'));
            },
            onResponseStart: (_controller, code, given) => {
              status = code;
              answerHeaders = given;
            },
            onResponseData: (_controller, chunk) => {
              if (size < most) kept.push(Buffer.from(chunk));
              size += chunk.length;
            },
            onResponseEnd: () => settle({ status }),
            onResponseError: (_controller, error) => {
              settle(failure(error, options.certificateHint));
              // A pool that has refused a request, for instance for one of its headers, would let the next ones wait forever.
              if (controller === undefined && errorCode(error)?.startsWith('UND_ERR_') === true && !closed) {
                void pool.destroy();
                pool = openPool();
              }
            },
          },
        );
      } catch (error) {
        settle(failure(error, options.certificateHint));
      }
    });
  return {
    url,
    send,
    close: () => {
      closed = true;
      return pool.destroy();
    },
  };
};
