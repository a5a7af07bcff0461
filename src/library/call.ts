import type { ReplayedDelivery } from './result.ts';

/** Names and values of headers; a list of values is a header for each. */
export type ReplayHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A payload with the request it comes in. */
export interface ReplayRequest {
  /** POST, PUT, PATCH or DELETE. */
  readonly method: string;
  /** Path and query behind the path of the endpoint: `/`, `/messages/post`. */
  readonly url: string;
  readonly headers?: ReplayHeaders;
  /** Bytes or text as they are sent, or what is sent as JSON. */
  readonly body: string | Uint8Array | object;
}

/** What can be sent beside sources: a payload, the text or the bytes of a body, a request, a record `delivery` of a recording. */
export type ReplayPayload = object | string | Uint8Array | ReplayRequest;

/** A share of the deliveries: `0.1`, `'10%'`; with a time behind it where the flag takes one: `'5%:2s'`. */
export type ReplayShare = number | string;

/** A time in milliseconds, or as the flags write it: `'2s'`. */
export type ReplayDuration = number | string;

/**
 * What is sent, where to, how, and what is expected. The members are the flags of `whapi-hooks replay`, by their long
 * names in camelCase, with the same values and the same meaning.
 */
export interface ReplayCall {
  /** As on the command line: files, folders, globs, categories, events, `history:…`, scenarios. */
  readonly sources?: readonly string[];
  /** Sent behind the sources. */
  readonly payloads?: readonly ReplayPayload[];
  /** The endpoint: `3000/webhook`, `http://127.0.0.1:3000/webhook`. */
  readonly to?: string;
  /** Ends the run where it stands. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each delivery as soon as it is known how it went; a promise is waited for. What it throws is thrown on. */
  readonly onResult?: ((result: ReplayedDelivery) => unknown) | undefined;
  /** Called before the first delivery with what the handler's API address has to be, where `apiPort` is given; a promise is waited for. */
  readonly onApi?: ((url: string) => unknown) | undefined;

  readonly mode?: 'body' | 'path' | 'method' | 'all' | undefined;
  readonly only?: readonly string[] | undefined;
  readonly repeat?: number | undefined;
  readonly shuffle?: boolean | undefined;
  /** How many times as fast as it was recorded: `2`, `'2x'`, `'original'`, `'max'`. */
  readonly speed?: number | string | undefined;
  /** `name=value` for scenarios. */
  readonly var?: readonly string[] | undefined;
  readonly at?: string | undefined;
  /** Deliveries a second, or `'300/m'`. */
  readonly rate?: number | string | undefined;
  readonly delay?: ReplayDuration | undefined;
  readonly concurrency?: number | undefined;
  readonly timeout?: ReplayDuration | undefined;
  readonly headers?: ReplayHeaders | undefined;
  readonly dropHeader?: readonly string[] | undefined;
  readonly secretHeader?: string | undefined;
  readonly keepAlive?: boolean | undefined;
  readonly caCert?: string | undefined;
  readonly skipVerify?: boolean | undefined;
  readonly duplicate?: ReplayShare | undefined;
  readonly reorder?: number | undefined;
  readonly late?: ReplayShare | undefined;
  readonly dropConnection?: ReplayShare | undefined;
  readonly slowBody?: ReplayShare | undefined;
  readonly retry?: number | boolean | undefined;
  readonly seed?: number | undefined;
  readonly expect?: readonly string[] | undefined;
  readonly expectUnauthorized?: boolean | undefined;
  readonly apiPort?: number | undefined;
  readonly settle?: ReplayDuration | undefined;
  readonly forbidEcho?: boolean | undefined;
  readonly checkIdempotent?: boolean | undefined;
  readonly probe?: string | undefined;
  readonly failFast?: boolean | undefined;
  readonly maxFailures?: number | undefined;
  readonly schemaOverlay?: string | undefined;

  /** What `history:` reads, and which of it. */
  readonly history?: string | undefined;
  readonly event?: readonly string[] | undefined;
  readonly chat?: readonly string[] | undefined;
  readonly from?: readonly string[] | undefined;
  readonly type?: readonly string[] | undefined;
  readonly status?: readonly string[] | undefined;
  readonly verdict?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly search?: readonly string[] | undefined;
  readonly limit?: number | undefined;
}
