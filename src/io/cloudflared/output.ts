import type { Failure } from '../program.ts';

/** What a line of cloudflared's output says. */
export type Said =
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'registered'; readonly connection: number; readonly protocol: string | undefined }
  | { readonly type: 'lost'; readonly connection: number }
  | {
      readonly type: 'failure';
      readonly cause: Failure['cause'];
      readonly line: string;
      /** Of several failures the one with the lowest number tells most: the others follow from it, or are harmless. */
      readonly rank: number;
    };

/** Reads output as it comes, in pieces of any size. */
export interface OutputReader {
  /** @returns what the lines say that are whole now */
  add(text: string): Said[];
  /** The output has ended. @returns what its last line says */
  end(): Said[];
  /** Whether any line so far had the form of cloudflared's log. */
  readonly isCloudflared: boolean;
  /** The last lines that say something went wrong, or the last of all, the newest at the end. */
  readonly last: readonly string[];
}

/** Characters of a line that are read; the rest is passed over. */
const MOST = 8192;
/** Lines that are kept for a person. */
const KEPT = 3;

/** `2026-05-01T10:00:00Z INF …` */
const LOG_LINE = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) (TRC|DBG|INF|WRN|ERR|FTL|PNC) (.*)$/s;

/** Hosts of the service itself, which stand in error lines. */
const NO_TUNNEL = new Set(['api', 'www', 'update', 'developers']);

/**
 * What lines about failures hold, and what that means; the first that fits counts. The texts are those of cloudflared,
 * of Go's net and crypto packages, and of the system under them.
 */
const FAILURES: readonly (readonly [RegExp, Failure['cause']])[] = [
  [/error code: 1015|status_code="?429|\b429 Too Many Requests|Too Many Requests/i, 'rate-limit'],
  [
    /Provided Tunnel token is not valid|Invalid tunnel secret|Unauthorized: |token is (?:invalid|malformed)|failed to (?:decode|parse) token/i,
    'token',
  ],
  [/flag provided but not defined|Incorrect Usage|No help topic for/i, 'flags'],
  [
    /(?:parsing|reading|in|load\w*) (?:YAML in )?config(?:uration)? file|config\.ya?ml\b.*(?:error|invalid|cannot|not)|quick tunnels? .*config/i,
    'config',
  ],
  [/x509: |tls: failed to verify|certificate signed by unknown authority|tls: handshake failure/i, 'certificate'],
  [
    /no such host|server misbehaving|Temporary failure in name resolution|lookup \S+(?: on \S+)?: .*(?:timeout|refused|misbehaving|unreachable)|Failed to (?:fetch features|refresh DNS)|edge discovery/i,
    'dns',
  ],
  [/network is unreachable|no route to host|network is down/i, 'network'],
  [/connection refused/i, 'refused'],
  [
    /status_code="?5\d\d|error code: (?:1101|5\d\d)|\b5\d\d (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)/i,
    'api',
  ],
  [/(?:Error unmarshaling|failed to unmarshal) quick ?Tunnel/i, 'api'],
  [/failed to request quick Tunnel: .*(?:Client\.Timeout|deadline exceeded|i\/o timeout|TLS handshake timeout)/i, 'network'],
];

const numberOf = (text: string): number => Number(/connIndex=(\d+)/.exec(text)?.[1] ?? 0);

/** The name of a quick tunnel in a line: of words, and none of the service's own. */
const quickUrl = (line: string): string | undefined => {
  for (const [url, name = ''] of line.matchAll(/https:\/\/([a-z0-9-]+)\.trycloudflare\.com(?![\w.-])/g))
    if (!NO_TUNNEL.has(name)) return url;
  return undefined;
};

/**
 * Reads what cloudflared writes. A url counts from the box on only that follows "Your quick Tunnel has been created";
 * error lines hold urls too. Nothing is kept but the line under way, bounded, and the last few.
 */
export const createOutputReader = (): OutputReader => {
  let pending = '';
  let skipping = false;
  let isCloudflared = false;
  let announced = false;
  let last: string[] = [];
  let bad = false;

  const keep = (line: string, isBad: boolean): void => {
    if (line.trim() === '' || (bad && !isBad)) return;
    last = isBad && !bad ? [line] : [...last.slice(1 - KEPT), line];
    bad ||= isBad;
  };

  const read = (whole: string): Said[] => {
    const line = whole.replace(/\r$/, '');
    const [, level, text = line] = LOG_LINE.exec(line) ?? [];
    if (level !== undefined) isCloudflared = true;
    const isBad = level === 'ERR' || level === 'FTL' || level === 'PNC' || level === undefined;
    const rank = isBad || level === 'WRN' ? FAILURES.findIndex(([pattern]) => pattern.test(text)) : -1;
    const cause = FAILURES[rank]?.[1];
    keep(text, level === 'ERR' || level === 'FTL' || level === 'PNC' || cause !== undefined);
    if (/\bRegistered tunnel connection\b|^Connection \S+ registered\b/.test(text))
      return [{ type: 'registered', connection: numberOf(text), protocol: /protocol=(\w+)/.exec(text)?.[1] }];
    if (/\b(?:Unregistered tunnel connection|Connection terminated|Lost connection with the edge)\b/.test(text))
      return [{ type: 'lost', connection: numberOf(text) }];
    if (/Your quick Tunnel has been created/i.test(text)) announced = true;
    const url = announced && level === 'INF' ? quickUrl(text) : undefined;
    if (url !== undefined) {
      announced = false;
      return [{ type: 'url', url }];
    }
    return cause === undefined ? [] : [{ type: 'failure', cause, line: text, rank }];
  };

  const add = (text: string): Said[] => {
    const said: Said[] = [];
    let from = 0;
    for (;;) {
      const end = text.indexOf('\n', from);
      const piece = text.slice(from, end === -1 ? undefined : end);
      if (!skipping) pending += piece.slice(0, MOST - pending.length);
      skipping = pending.length >= MOST;
      if (end === -1) return said;
      said.push(...read(pending));
      pending = '';
      skipping = false;
      from = end + 1;
    }
  };
  return {
    add,
    end: () => (pending === '' ? [] : add('\n')),
    get isCloudflared() {
      return isCloudflared;
    },
    get last() {
      return last;
    },
  };
};
