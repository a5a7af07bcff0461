import type { ConnectOpts, LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';
import connectorOf from 'undici/lib/core/connect.js';
import type { FailureCause, Headers, Outcome } from '../delivery/delivery.ts';
import { type Shipment, targetPath } from '../delivery/endpoint.ts';
import { errorCode, isError, reason } from '../errors.ts';
import type { AnswerHeaders } from './answers.ts';
import { type Call, type Connect, type Manner, openConnections } from './connections.ts';
import { headOf, linesOf } from './request.ts';

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
  readonly headers: AnswerHeaders;
  readonly body: Uint8Array;
  /** Whether the body was longer. */
  readonly cut: boolean;
}

/** Bytes of an answer that is handed on. */
export const ANSWER_MOST = 5_000_000;

/** Who sends a delivery, and is told how it was taken. */
export interface Sender {
  /** Which try this is, from 1; undefined where tries are not counted. */
  readonly attempt?: number;
  /** Whether the answer is to be handed on whole, up to 5 MB. */
  readonly whole: boolean;
  /** Where the body does not go at once. */
  readonly manner?: Manner;
  onOutcome(outcome: Outcome, answer: WholeAnswer | undefined): void;
}

/** The user's server. */
export interface Endpoint {
  readonly url: URL;
  /** Sends one delivery and tells its sender how it was taken; where it cannot be sent at all, before it returns. */
  dispatch(shipment: Shipment, sender: Sender): void;
  /** Sends one delivery and tells how it was taken. Never rejects. */
  send(shipment: Shipment): Promise<Outcome>;
  /** Closes the connections; what is under way fails. */
  close(): void;
}

/** The errors that an AggregateError holds, or the one. */
const allOf = (error: unknown): readonly unknown[] =>
  isError(error) && 'errors' in error && Array.isArray(error.errors) ? error.errors : [error];

/** The addresses a connection was tried on: `127.0.0.1:3000, [::1]:3000`. */
const addressesOf = (error: unknown): string[] => {
  return allOf(error).flatMap((one) => {
    if (!isError(one) || !('address' in one) || typeof one.address !== 'string') return [];
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
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'a certificate in the chain is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate cannot be verified',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is from an issuer that is not known here',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
};

const isOfCertificate = (code: string): boolean => /CERT|SIGNATURE/.test(code);

/** Why nothing, or not all, came back, in a person's words, with the addresses that were tried. */
export const failure = (error: unknown, certificateHint?: string): { error: string; cause: FailureCause } => {
  const [first] = allOf(error);
  const code = errorCode(error) ?? errorCode(first) ?? '';
  const tried = addressesOf(error);
  // undici, which downloads speak through, has words of its own.
  const garbage = isError(first) && first.name === 'HTTPParserError';
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

/**
 * How connections are made: straight or through the proxy, each told.
 * @param more options of node:net for each
 */
export const connectorFor = (
  url: URL,
  options: Pick<EndpointOptions, 'timeout' | 'onConnected' | 'proxy' | 'tls'>,
  tunnelled: typeof import('./connect.ts').tunnelled | undefined,
  more: Pick<ConnectOpts, 'onread'> = {},
) => {
  const { timeout, onConnected, proxy } = options;
  const lookup = url.hostname === 'localhost' ? { lookup: bothFamilies } : {};
  const connector = connectorOf({ ...options.tls, ...lookup, ...more, timeout, autoSelectFamily: true });
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

/** What is read of a connection, until it was looked at: one for all, since they are read one after the other. */
const read = Buffer.allocUnsafeSlow(65_536);

/** Connections that read into memory that is used again, where they are without TLS; else each read has its own. */
const connectTo = (first: URL, url: URL, options: EndpointOptions, tunnelled: ProxyParts['tunnelled'] | undefined): Connect => {
  if (first.protocol === 'http:') {
    return (target, callback, receive) => {
      const take = (size: number, bytes: Uint8Array): boolean => {
        receive((bytes as Buffer).subarray(0, size)); // it is the one above
        return true;
      };
      connectorFor(url, options, tunnelled, { onread: { buffer: read, callback: take } })(target, callback);
    };
  }
  const connect = connectorFor(url, options, tunnelled);
  return (target, callback, receive) =>
    connect(target, (...made) => {
      made[1]?.on('data', receive);
      callback(...made);
    });
};

/** What an endpoint with a proxy needs beside its connections; loaded only there. */
export type ProxyParts = typeof import('./connect.ts');

/** One delivery that is under way. A class, since one is made for each: its functions are made once. */
class Sending implements Call {
  readonly head: string;
  readonly body: Uint8Array;
  readonly manner: Manner | undefined;
  private readonly id: string;
  private readonly endpoint: string;
  private readonly sender: Sender;
  private readonly options: EndpointOptions;
  private readonly started: number;
  private readonly kept: Buffer[] = [];
  private headers: AnswerHeaders = {};
  private status = 0;
  private size = 0;
  private isLate = false;

  constructor(head: string, endpoint: string, shipment: Shipment, sender: Sender, options: EndpointOptions) {
    this.head = head;
    this.body = shipment.body;
    this.manner = sender.manner;
    this.id = shipment.id;
    this.endpoint = endpoint;
    this.sender = sender;
    this.options = options;
    this.started = options.elapsed();
  }

  onHead(status: number, headers: AnswerHeaders): void {
    this.status = status;
    this.headers = headers;
  }

  onData(chunk: Buffer): void {
    if (this.size < (this.sender.whole ? ANSWER_MOST : ANSWER_KEPT)) this.kept.push(Buffer.from(chunk));
    this.size += chunk.length;
  }

  onEnd(): void {
    const { kept, size, status, headers, sender } = this;
    const all = kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept); // the only one
    const { location } = headers;
    const leads = status >= 300 && status < 400 && typeof location === 'string';
    const cut = size > ANSWER_KEPT;
    const bytes = cut ? Uint8Array.prototype.slice.call(all, 0, ANSWER_KEPT) : all; // what is cut off must not be held
    sender.onOutcome(
      {
        kind: 'answered',
        delivery: this.id,
        endpoint: this.endpoint,
        ms: this.options.elapsed() - this.started,
        ...(sender.attempt === undefined ? {} : { attempt: sender.attempt }),
        status,
        answer: leads ? { bytes, cut, location } : { bytes, cut },
      },
      sender.whole
        ? { status, headers, body: size > ANSWER_MOST ? all.subarray(0, ANSWER_MOST) : all, cut: size > ANSWER_MOST }
        : undefined,
    );
  }

  onError(error: unknown): void {
    const told: { error: string; cause: FailureCause } = this.isLate
      ? { error: reason(error), cause: 'timeout' }
      : this.broken(failure(error, this.options.certificateHint));
    const { attempt } = this.sender;
    const ms = this.options.elapsed() - this.started;
    this.sender.onOutcome(
      { kind: 'failed', delivery: this.id, endpoint: this.endpoint, ms, ...(attempt === undefined ? {} : { attempt }), ...told },
      undefined,
    );
  }

  late(): Error {
    this.isLate = true;
    const told = this.status === 0 ? 'no answer' : this.half();
    return new Error(`${told} within ${this.options.timeout / 1000} s`);
  }

  closed(): Error {
    return new Error(this.status === 0 ? 'the connection was closed before the answer' : 'the connection was closed');
  }

  /** What broke off an answer says that it had begun. */
  private broken<Told extends { error: string }>(told: Told): Told {
    return this.status === 0 ? told : { ...told, error: `${this.half()}: ${told.error}` };
  }

  private half(): string {
    return `status ${this.status}, but not the whole answer`;
  }
}

/**
 * Opens an endpoint; no connection is made before the first delivery. `localhost` is tried in both address families.
 * @param proxyParts needed where `options` name a proxy
 */
export const openEndpoint = (url: URL, options: EndpointOptions, proxyParts?: ProxyParts): Endpoint => {
  const { proxy } = options;
  // An http endpoint is asked of its proxy by its whole url (RFC 9112 section 3.2.2), an https one through a tunnel.
  const asked = proxy !== undefined && url.protocol === 'http:' ? proxy : undefined;
  const authorization = asked === undefined ? undefined : proxyParts?.proxyAuthorization(asked);
  const connection = `connection: ${options.keepAlive === false ? 'close' : 'keep-alive'}\r\n`;
  const own = authorization === undefined ? connection : `${connection}proxy-authorization: ${authorization}\r\n`;
  const usual = `host: ${url.host}\r\n${own}`;
  const connections = openConnections({
    url: asked ?? url,
    connect: connectTo(asked ?? url, url, options, proxyParts?.tunnelled),
    most: options.connections ?? 1,
    timeout: options.timeout,
    keepAlive: options.keepAlive ?? true,
  });
  const { origin } = url;
  /** Of the shipment before: most of a run have the same list of headers. */
  let last: { readonly headers: Headers; readonly lines: string; readonly isOwn: boolean } | undefined;
  const headersOf = (headers: Headers): NonNullable<typeof last> => {
    // A host that a flag asks for takes the place of the endpoint's own.
    if (last?.headers !== headers)
      last = { headers, lines: linesOf(headers), isOwn: headers.some(([name]) => name.toLowerCase() === 'host') };
    return last;
  };
  const dispatch: Endpoint['dispatch'] = (shipment, sender) => {
    const path = targetPath(url, shipment.suffix, shipment.query);
    const endpoint = `${origin}${path}`;
    try {
      const { lines, isOwn } = headersOf(shipment.headers);
      const head = headOf(asked === undefined ? path : endpoint, isOwn ? own : usual, shipment, lines);
      connections.call(new Sending(head, endpoint, shipment, sender, options));
    } catch (error) {
      new Sending('', endpoint, shipment, sender, options).onError(error);
    }
  };
  return {
    url,
    dispatch,
    send: (shipment) => new Promise((resolve) => dispatch(shipment, { whole: false, onOutcome: (outcome) => resolve(outcome) })),
    close: connections.close,
  };
};
