import type { Dispatcher } from 'undici';
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
}

/** The user's server. */
export interface Endpoint {
  readonly url: URL;
  /** Sends one delivery and tells how it was taken. Never rejects. */
  send(shipment: Shipment): Promise<Outcome>;
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
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
};

const failure = (error: unknown): { error: string; cause: FailureCause } => {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = errorCode(error) ?? errorCode(first) ?? '';
  const tried = addressesOf(error);
  const garbage = code.startsWith('HPE_') || (first instanceof Error && first.name === 'HTTPParserError');
  const words = SENTENCES[code] ?? (garbage ? 'the answer is not HTTP' : reason(first));
  return { error: tried.length > 0 ? `${words} (${tried.join(', ')})` : words, cause: UNREACHABLE.has(code) ? 'unreachable' : 'broken' };
};

/** Opens an endpoint; no connection is made before the first delivery. `localhost` is tried in both address families. */
export const openEndpoint = (url: URL, options: EndpointOptions): Endpoint => {
  const openPool = (): Pool =>
    new Pool(url.origin, {
      connections: 1,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: options.timeout, autoSelectFamily: true },
    });
  let pool = openPool();
  let closed = false;
  const send = (shipment: Shipment): Promise<Outcome> =>
    new Promise((resolve) => {
      const path = targetPath(url, shipment.suffix, shipment.query);
      const endpoint = `${url.origin}${path}`;
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
        resolve(
          'status' in rest
            ? {
                kind: 'answered',
                ...base,
                status: rest.status,
                answer: { bytes: Buffer.concat(kept).subarray(0, ANSWER_KEPT), cut: size > ANSWER_KEPT },
              }
            : { kind: 'failed', ...base, ...rest },
        );
      };
      const timer = setTimeout(() => {
        const told = status === 0 ? 'no answer' : `status ${status}, but not the whole answer`;
        settle({ error: `${told} within ${options.timeout / 1000} s`, cause: 'timeout' });
        controller?.abort(new Error('timeout'));
      }, options.timeout);
      const headers: string[] = shipment.headers.flat();
      try {
        pool.dispatch(
          {
            path,
            method: shipment.method as Dispatcher.HttpMethod,
            headers,
            body: Buffer.from(shipment.body.buffer, shipment.body.byteOffset, shipment.body.byteLength),
          }, // a verb of a webhook
          {
            onRequestStart: (given) => {
              controller = given;
              if (settled) given.abort(new Error('timeout'));
            },
            onResponseStart: (_controller, code) => {
              status = code;
            },
            onResponseData: (_controller, chunk) => {
              if (size < ANSWER_KEPT) kept.push(Buffer.from(chunk));
              size += chunk.length;
            },
            onResponseEnd: () => settle({ status }),
            onResponseError: (_controller, error) => {
              settle(failure(error));
              // A pool that has refused a request, for instance for one of its headers, would let the next ones wait forever.
              if (controller === undefined && errorCode(error)?.startsWith('UND_ERR_') === true && !closed) {
                void pool.destroy();
                pool = openPool();
              }
            },
          },
        );
      } catch (error) {
        settle(failure(error));
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
