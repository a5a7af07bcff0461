import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * A stand-in for the provider's settings API: a real HTTP server that keeps settings as text, merges what PATCH brings
 * as text, and refuses calls and shapes that the contract does not have (CONTRACT.md section 9).
 */

export const TOKEN = 'tOkEn-0f-a-test-channel';
export const CHANNEL = 'TESTIN-G4TEW';

/** Settings as strangers left them: white space, escapes, unknown members, numbers that a careless hand would change. */
export const SETTINGS = `{
  "callback_backoff_delay_ms": 3000, "max_callback_backoff_delay_ms" :900000,
  "callback_persist":true,
  "media": {"auto_download": ["image" , "document"], "init_avatars": false, "share": 1.0},
  "webhooks": [ {"url":"https:\\/\\/crm.example.com/hook","mode":"body", "events":[{"type":"messages","method":"post"}],
      "headers" : {"X-Key":"s3cr3t-\\u00e9"}, "webhook_max_age_seconds": 18446744073709552000, "x":1.0 } ,
    {"events":[ {"type":"statuses","method":"post"} ], "url":"https://stats.example.com/", "mode":"method", "later": {"a":[1e2, -0.0]}} ],
  "on_call_pager": "\\ud83d\\ude00",
  "sent_status":false , "weight":18446744073709552000
}`;

/** What one call is answered with instead of the usual. */
export type Behaviour =
  | { readonly kind: 'answer'; readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection is cut: before the call is carried out, after that, or in the middle of the answer. */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' | 'middle' }
  /** Nothing is ever answered; `applied` tells whether the call is carried out. */
  | { readonly kind: 'hang'; readonly applied: boolean }
  /** Somebody else changes the settings just before. */
  | { readonly kind: 'meanwhile'; readonly change: (settings: string) => string };

export interface Call {
  readonly call: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  readonly calls: Call[];
  /** The text of the settings; may be set. */
  settings: string;
  /** The answer of GET /health; may be set. */
  health: unknown;
  /** Asked for each call with its name and how many of it came before. */
  behave: (call: string, nth: number) => Behaviour | undefined;
  /** Told before a call is carried out and after that, before it is answered; waited for. */
  moment: (moment: string) => void | Promise<void>;
  /** The values of `webhooks` now. */
  webhooks(): { url: string; mode: string; events: { type: string; method: string }[]; headers?: Record<string, string> }[];
  /** Sends an event to each webhook that subscribes it, in its mode; resolves with the statuses. */
  deliver(payload: Payload): Promise<number[]>;
  close(): Promise<void>;
}

/** A payload as mode body has it. */
export interface Payload {
  readonly event: { readonly type: string; readonly event: string };
  readonly [member: string]: unknown;
}

/** Where the values of an object's members stand in its text. Independent of the code under test. */
const membersOf = (text: string): Map<string, { start: number; end: number }> => {
  const found = new Map<string, { start: number; end: number }>();
  let at = 0;
  const space = (): void => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const string = (): string => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    return text.slice(start, ++at);
  };
  const value = (): void => {
    let depth = 0;
    for (;;) {
      const char = text[at] ?? '';
      if (char === '"') string();
      else if ('{['.includes(char)) {
        depth++;
        at++;
      } else if (depth === 0 && ',}]'.includes(char)) return;
      else {
        if ('}]'.includes(char)) depth--;
        at++;
      }
    }
  };
  space();
  at++; // {
  for (;;) {
    space();
    if (text[at] === '}') return found;
    if (text[at] === ',') {
      at++;
      space();
    }
    const name = JSON.parse(string()) as string;
    space();
    at++; // :
    space();
    const start = at;
    value();
    let end = at;
    while (/\s/.test(text[end - 1] ?? '')) end--;
    found.set(name, { start, end });
  }
};

/** The text of a member's value. */
export const memberText = (text: string, name: string): string | undefined => {
  const place = membersOf(text).get(name);
  return place === undefined ? undefined : text.slice(place.start, place.end);
};

/** The text with the value of a member replaced, or with a member more. */
export const withMember = (text: string, name: string, value: string): string => {
  const members = membersOf(text);
  const place = members.get(name);
  if (place !== undefined) return text.slice(0, place.start) + value + text.slice(place.end);
  const end = text.lastIndexOf('}');
  return `${text.slice(0, end)}${members.size === 0 ? '' : ','}${JSON.stringify(name)}:${value}${text.slice(end)}`;
};

const EVENTS = [
  ...['messages', 'statuses', 'chats', 'contacts', 'groups'].flatMap((type) =>
    ['post', 'put', 'patch', 'delete'].map((method) => [type, method]),
  ),
  ...['presences', 'channel', 'users', 'labels', 'calls'].map((type) => [type, 'post']),
].map(([type = '', method = '']) => ({ type, method }));

const MEMBERS = new Set(
  (
    'callback_backoff_delay_ms max_callback_backoff_delay_ms callback_persist media webhooks proxy mobile_proxy offline_mode ' +
    'full_history pdo_sync ignored_presences on_call_pager pass_through sent_status'
  ).split(' '),
);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with a webhook; undefined where nothing is. */
const wrongWebhook = (value: unknown): string | undefined => {
  if (!isRecord(value)) return 'a webhook is an object';
  const { url, mode, events, headers } = value;
  if (typeof url !== 'string' || !URL.canParse(url)) return 'url is missing';
  if (mode !== undefined && !['body', 'path', 'method'].includes(String(mode))) return 'mode is wrong';
  if (!Array.isArray(events)) return 'events is no list';
  for (const event of events) {
    if (!isRecord(event) || !EVENTS.some(({ type, method }) => type === event['type'] && method === event['method']))
      return 'an event is not known';
  }
  if (headers === undefined) return undefined;
  if (!isRecord(headers) || Object.values(headers).some((header) => typeof header !== 'string')) return 'headers are texts';
  return Object.keys(headers).length > 5 ? 'five headers at most' : undefined;
};

const error = (code: number, message: string, details?: string): string =>
  JSON.stringify({ error: { code, message, ...(details === undefined ? {} : { details }) } });

interface Result {
  readonly status: number;
  readonly body: string;
}

/** A connection to a host, through the CONNECT proxy that HTTPS_PROXY names where the url is https. */
const post = async (
  url: string,
  method: string,
  headers: Record<string, string>,
  body: string,
  proxy: string | undefined,
  ca: string | undefined,
): Promise<{ status: number; text: string }> => {
  const { hostname, port, protocol } = new URL(url);
  const own = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const through = protocol === 'https:' && proxy !== undefined ? new URL(proxy) : undefined;
  const socket = through === undefined ? undefined : connect(Number(through.port), through.hostname);
  if (socket !== undefined) {
    const target = `${hostname}:${port || '443'}`;
    socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n`);
    await new Promise<void>((resolve, reject) => {
      socket.once('data', (chunk: Buffer) =>
        /^HTTP\/1\.\d 200/.test(chunk.toString('latin1')) ? resolve() : reject(new Error('the proxy refuses')),
      );
      socket.once('error', reject);
    });
  }
  return new Promise((resolve, reject) => {
    const send = protocol === 'https:' ? requestHttps : requestHttp;
    const outgoing = send(
      url,
      {
        method,
        headers: own,
        ...(socket === undefined
          ? { agent: false }
          : { createConnection: () => connectTls({ socket, servername: hostname, ...(ca === undefined ? {} : { ca }) }) }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
};

export interface GatewayOptions {
  readonly settings?: string;
  /** The CONNECT proxy that leads to https urls, and the certificate to trust there. */
  readonly proxy?: string | undefined;
  readonly ca?: string | undefined;
  readonly port?: number;
}

const below = (url: string, word: string): string => `${url.replace(/\/$/, '')}/${word}`;

/** Starts the stand-in. */
export const openGateway = async ({ settings = SETTINGS, proxy, ca, port = 0 }: GatewayOptions = {}): Promise<Gateway> => {
  const calls: Call[] = [];
  const counts = new Map<string, number>();

  const call = (
    url: string,
    mode: string,
    type: string,
    method: string,
    headers: Record<string, string>,
    payload: Record<string, unknown>,
  ) => {
    const { event: _, ...bare } = payload;
    if (mode === 'path') return post(below(url, `${type}/${method}`), 'POST', headers, JSON.stringify(bare), proxy, ca);
    if (mode === 'method') return post(below(url, type), method.toUpperCase(), headers, JSON.stringify(bare), proxy, ca);
    return post(url, 'POST', headers, JSON.stringify(payload), proxy, ca);
  };

  const patch = (body: string): Result => {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return { status: 400, body: error(400, 'Bad Request', 'the body is no JSON') };
    }
    if (!isRecord(value)) return { status: 400, body: error(400, 'Bad Request', 'the body is no object') };
    const foreign = Object.keys(value).find((name) => !MEMBERS.has(name));
    if (foreign !== undefined) return { status: 400, body: error(400, 'Bad Request', `settings have no ${foreign}`) };
    if ('webhooks' in value) {
      if (!Array.isArray(value['webhooks'])) return { status: 400, body: error(400, 'Bad Request', 'webhooks is no list') };
      const wrong = value['webhooks'].map(wrongWebhook).find((one) => one !== undefined);
      if (wrong !== undefined) return { status: 400, body: error(400, 'Bad Request', wrong) };
    }
    const before = gateway.settings;
    for (const name of Object.keys(value)) gateway.settings = withMember(gateway.settings, name, memberText(body, name) ?? 'null');
    return {
      status: 200,
      body: `{"before_update":${before},"after_update":${gateway.settings},"changes":${JSON.stringify(Object.keys(value))}}`,
    };
  };

  const test = async (body: string): Promise<Result> => {
    const value = JSON.parse(body) as { url?: string; type?: string; mode?: string; headers?: Record<string, string> };
    const { url, type, mode, headers = {} } = value;
    if (typeof url !== 'string' || typeof type !== 'string' || typeof mode !== 'string' || Object.keys(headers).length > 5)
      return { status: 400, body: error(400, 'Bad Request', 'url, type and mode are wanted') };
    try {
      const answer = await call(url, mode, type, 'post', headers, { event: { type, event: 'post' }, [type]: [] });
      if (answer.status === 200) return { status: 200, body: '{"success":true}' };
      return { status: 409, body: error(409, 'Internal Error', `${answer.status} - ${JSON.stringify(answer.text)}`) };
    } catch (failure) {
      return { status: 409, body: error(409, 'Internal Error', `no answer - ${(failure as Error).message}`) };
    }
  };

  const carryOut = async (name: string, body: string): Promise<Result> => {
    switch (name) {
      case 'GET /settings':
        return { status: 200, body: gateway.settings };
      case 'PATCH /settings':
        return patch(body);
      case 'GET /settings/events':
        return { status: 200, body: JSON.stringify(EVENTS) };
      case 'GET /health':
        return { status: 200, body: JSON.stringify(gateway.health) };
      case 'POST /settings/webhook_test':
        return test(body);
      default:
        return { status: 404, body: error(404, 'Not Found') };
    }
  };

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const name = `${request.method} ${request.url}`;
    calls.push({ call: name, body, headers: request.headers });
    const nth = counts.get(name) ?? 0;
    counts.set(name, nth + 1);
    const answer = ({ status, body: text }: Result, headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers });
      response.end(text);
    };
    await gateway.moment(`before ${name}`);
    const behaviour = gateway.behave(name, nth);
    if (behaviour?.kind === 'answer') {
      answer({ status: behaviour.status, body: behaviour.body ?? error(behaviour.status, 'So it is') }, behaviour.headers);
      return;
    }
    if (behaviour?.kind === 'drop' && behaviour.when === 'before') {
      request.socket.destroy();
      return;
    }
    if (behaviour?.kind === 'hang' && !behaviour.applied) return;
    if (behaviour?.kind === 'meanwhile') gateway.settings = behaviour.change(gateway.settings);
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      answer({ status: 401, body: error(401, 'Unauthorized') });
      return;
    }
    if (!/^whapi-hooks\//.test(request.headers['user-agent'] ?? '') || request.headers.accept !== 'application/json') {
      answer({ status: 403, body: '<!DOCTYPE html><html>Attention Required! | Cloudflare</html>' }, { 'content-type': 'text/html' });
      return;
    }
    const result = await carryOut(name, body);
    await gateway.moment(`after ${name}`);
    if (behaviour?.kind === 'hang') return;
    if (behaviour?.kind === 'drop') {
      if (behaviour.when === 'middle') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(result.body) });
        response.write(result.body.slice(0, 10), () => request.socket.destroy());
      } else request.socket.destroy();
      return;
    }
    answer(result);
  };

  const server = createServer((request, response) => {
    response.on('error', () => {});
    take(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  const gateway: Gateway = {
    port: own,
    url: `http://127.0.0.1:${own}`,
    calls,
    settings,
    health: {
      start_at: 1750000004,
      uptime: 12,
      status: { code: 4, text: 'AUTH' },
      channel_id: CHANNEL,
      user: { id: '99900011122', name: 'Ann' },
    },
    behave: () => undefined,
    moment: () => {},
    webhooks: () => JSON.parse(gateway.settings).webhooks ?? [],
    deliver: async (payload) => {
      const { type, event } = payload.event;
      const subscribed = gateway.webhooks().filter(({ events }) => events.some((one) => one.type === type && one.method === event));
      const reachable = subscribed.filter(({ url }) => !/example\.com/.test(url));
      const answers = await Promise.all(reachable.map(({ url, mode, headers }) => call(url, mode, type, event, headers ?? {}, payload)));
      return answers.map(({ status }) => status);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return gateway;
};
