import type { Outcome } from '../delivery/delivery.ts';
import type { Shipment } from '../delivery/endpoint.ts';
import { proxyFor } from '../delivery/proxy.ts';
import { EXIT, UserError } from '../errors.ts';
import { type Answer, type Fault, retryAfter, tell, tellSilence, wordsOf } from '../provider/answers.ts';
import { type Health, readAllowed, readHealth } from '../provider/channel.ts';
import { patchText, readList, readMember, readSettings, type Settings, SettingsError } from '../provider/settings.ts';
import type { Runtime } from '../runtime.ts';
import { openEndpoint, type WholeAnswer } from './endpoint.ts';

/** The provider's address (CONTRACT.md section 9). */
export const PROVIDER = 'https://gate.whapi.cloud';

/** A failure between us and the provider, with its kind. */
export class ProviderError extends UserError {
  readonly fault: Fault;

  constructor(fault: Fault, message: string, hint: string) {
    super(message, { hint, exitCode: EXIT.environment });
    this.fault = fault;
  }
}

/** Faults after which nobody knows whether a change was made, or that may be over at the next try. */
const UNSURE: readonly Fault[] = ['server', 'timeout', 'broken', 'page', 'not-json', 'too-large'];

/** Whether a change that failed so may have been made all the same. */
export const isUnsure = (error: unknown): error is ProviderError => error instanceof ProviderError && UNSURE.includes(error.fault);

/** How a test delivery went (POST /settings/webhook_test). */
export type Tested = { readonly ok: true } | { readonly ok: false; readonly status: number; readonly told: string };

/** The provider's API, for one channel. All calls reject with a ProviderError. */
export interface Provider {
  /** The address, without a slash at its end. */
  readonly api: string;
  settings(): Promise<Settings>;
  /**
   * Replaces the list of webhooks. It is not repeated where its answer is lost.
   * @returns what the list was just before, where the provider says so
   */
  replace(list: string): Promise<Settings | undefined>;
  /** Names of the events that subscriptions may name. */
  events(): Promise<string[]>;
  health(): Promise<Health>;
  test(request: {
    readonly url: string;
    readonly type: string;
    readonly mode: string;
    readonly headers: Readonly<Record<string, string>>;
  }): Promise<Tested>;
  /** The provider's clock at the last answer, as its header Date said; undefined where it did not. */
  date(): string | undefined;
  close(): Promise<void>;
}

export interface ProviderOptions {
  readonly api: URL;
  readonly token: string;
  /** Milliseconds for one call. */
  readonly timeout: number;
  readonly runtime: Pick<Runtime, 'env' | 'elapsed' | 'after' | 'now'>;
  /** Told where a call has to wait. */
  readonly onWait: (text: string) => void;
  /** Ends the waiting between two calls. */
  readonly signal?: AbortSignal;
}

/** Tries of a call that may be repeated, the wait between them, and the longest wait that an answer may ask for. */
const TRIES = 3;
const PAUSE = 1000;
const PAUSE_AT_LIMIT = 5000;
const LONGEST_WAIT = 60_000;

/** Characters of a header's value from which on it is looked for in what a server says; shorter ones stand everywhere. */
const SHORTEST_SECRET = 6;

const headerOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Opens the API; no connection is made before the first call. @throws UserError (2) for a proxy that cannot be used */
export const openProvider = async (options: ProviderOptions): Promise<Provider> => {
  const { token, runtime, onWait, signal } = options;
  const api = options.api.href.replace(/\/+$/, '');
  const proxy = proxyFor(options.api, runtime.env);
  const endpoint = openEndpoint(
    options.api,
    { timeout: options.timeout, elapsed: runtime.elapsed, proxy },
    proxy === undefined ? undefined : await import('./connect.ts'),
  );
  let date: string | undefined;

  /** Values of headers that were sent along, which may be secrets of webhooks. */
  const secrets = new Set<string>();
  const keepSecret = (headers: Iterable<readonly [name: string, value: string]>): void => {
    for (const [, value] of headers) if (value.length >= SHORTEST_SECRET) secrets.add(value);
  };
  /** What a stranger said, without token and secrets: some servers repeat the request. To be done before it is cut short. */
  const without = (text: string): string => {
    let left = text.replaceAll(token, '(token)');
    for (const secret of secrets) left = left.replaceAll(secret, '(secret)');
    return left;
  };
  const words = (answer: Answer): Answer => ({
    ...answer,
    text: without(answer.text),
    location: answer.location === undefined ? undefined : without(answer.location),
  });
  const failed = ({ fault, message, hint }: { fault: Fault; message: string; hint: string }): ProviderError =>
    new ProviderError(fault, without(message), without(hint));

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = runtime.after(ms, done);
      signal?.addEventListener('abort', done, { once: true });
    });

  const send = async (method: string, path: string, body: string): Promise<Answer> => {
    const shipment: Shipment = {
      id: '',
      method,
      suffix: path,
      query: '',
      headers: [
        ['authorization', `Bearer ${token}`],
        ['user-agent', `whapi-hooks/${__VERSION__}`],
        ['accept', 'application/json'],
        ...(body === '' ? [] : ([['content-type', 'application/json']] as const)),
      ],
      body: new TextEncoder().encode(body),
    };
    const [outcome, whole] = await new Promise<[Outcome, WholeAnswer | undefined]>((resolve) =>
      endpoint.dispatch(shipment, { whole: true, onOutcome: (...told) => resolve(told) }),
    );
    const call = `${method} ${path}`;
    if (outcome.kind === 'failed') throw failed(tellSilence(call, outcome.error, outcome.cause, api));
    const headers = whole?.headers ?? {};
    date = headerOf(headers['date']);
    if (whole?.cut === true) {
      throw failed({
        fault: 'too-large',
        message: `${api} answered ${call} with more than 5 MB.`,
        hint: 'That is not an answer of the provider: look at --api-url.',
      });
    }
    return {
      status: outcome.status,
      text: whole === undefined ? '' : new TextDecoder().decode(whole.body),
      retryAfter: headerOf(headers['retry-after']),
      location: headerOf(headers['location']),
    };
  };

  /** One call to its end. @param repeats whether it may be sent again where nobody knows what became of it */
  const call = async (method: string, path: string, body: string, repeats: boolean): Promise<string> => {
    for (let tried = 1; ; tried++) {
      const isLast = tried === TRIES || signal?.aborted === true;
      let answer: Answer;
      try {
        answer = await send(method, path, body);
      } catch (error) {
        if (isLast || !repeats || !(error instanceof ProviderError) || error.fault !== 'broken') throw error;
        await pause(PAUSE * tried);
        continue;
      }
      const { status, text } = answer;
      if (status >= 200 && status < 300 && isJson(text)) return text;
      const wrong = failed(tell(`${method} ${path}`, words(answer), api));
      if (wrong.fault === 'limit') {
        const wait = retryAfter(answer.retryAfter, runtime.now()) ?? PAUSE_AT_LIMIT;
        if (wait > LONGEST_WAIT) throw new ProviderError('limit', wrong.message, `It asks to wait ${Math.ceil(wait / 1000)} s.`);
        if (isLast) throw wrong;
        onWait(`The provider wants fewer calls (429); waiting ${Math.ceil(wait / 1000)} s.`);
        await pause(wait);
        continue;
      }
      if (isLast || !repeats || wrong.fault !== 'server') throw wrong;
      await pause(PAUSE * tried);
    }
  };

  const unreadable = (path: string, why: string): ProviderError =>
    failed({
      fault: 'not-json',
      message: `${api} answered ${path} with something this program does not understand: ${why}.`,
      hint: 'Nothing was changed. Look at --api-url.',
    });

  return {
    api,
    async settings() {
      try {
        return readSettings(await call('GET', '/settings', '', true));
      } catch (error) {
        throw error instanceof SettingsError ? unreadable('GET /settings', error.message) : error;
      }
    },
    async replace(list) {
      for (const { headers } of readList(list).webhooks) keepSecret(headers);
      return readMember(await call('PATCH', '/settings', patchText(list), false), 'before_update');
    },
    async events() {
      const names = readAllowed(JSON.parse(await call('GET', '/settings/events', '', true)));
      if (names === undefined) throw unreadable('GET /settings/events', 'it is no list of events');
      return names;
    },
    async health() {
      const health = readHealth(JSON.parse(await call('GET', '/health', '', true)));
      if (health === undefined) throw unreadable('GET /health', 'it is no object');
      return health;
    },
    async test(request) {
      keepSecret(Object.entries(request.headers));
      for (let tried = 1; ; tried++) {
        const answer = await send('POST', '/settings/webhook_test', JSON.stringify(request));
        const { status, text } = answer;
        if (status >= 200 && status < 300 && isJson(text)) return { ok: true };
        const said = words(answer);
        const wrong = failed(tell('POST /settings/webhook_test', said, api));
        // The provider tells here how the url was answered (CONTRACT.md section 9).
        const { details } = wordsOf(said.text);
        if (details !== undefined && !['token', 'trial', 'limit', 'redirect'].includes(wrong.fault)) {
          return { ok: false, status, told: details };
        }
        const wait = retryAfter(answer.retryAfter, runtime.now()) ?? PAUSE_AT_LIMIT;
        if (wrong.fault !== 'limit' || tried === TRIES || wait > LONGEST_WAIT) throw wrong;
        onWait(`The provider wants fewer calls (429); waiting ${Math.ceil(wait / 1000)} s.`);
        await pause(wait);
      }
    },
    date: () => date,
    close: async () => endpoint.close(),
  };
};
