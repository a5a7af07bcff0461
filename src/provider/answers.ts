import { isObject } from '../schema/keywords.ts';

/** What went wrong between us and the provider. */
export type Fault =
  | 'token'
  | 'trial'
  | 'missing'
  | 'conflict'
  | 'refused'
  | 'limit'
  | 'server'
  | 'page'
  | 'not-json'
  | 'redirect'
  | 'too-large'
  | 'unreachable'
  | 'timeout'
  | 'broken';

/** An answer of the provider, or of what stands before it. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The header Retry-After, where it was there. */
  readonly retryAfter?: string | undefined;
  /** Where a redirect leads. */
  readonly location?: string | undefined;
}

/** A fault in a sentence, with what to do. */
export interface Told {
  readonly fault: Fault;
  readonly message: string;
  readonly hint: string;
}

/** Characters of a stranger's words that are repeated. */
const MOST = 300;

const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line;
};

const member = (value: unknown, name: string): unknown => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined);

/** Error of an answer: `{"error": {"code", "message", "details"?}}` (CONTRACT.md section 9). */
export interface ProviderWords {
  readonly message: string | undefined;
  readonly details: string | undefined;
}

const textOf = (value: unknown): string | undefined => {
  if (value === undefined || value === null || value === '') return undefined;
  return short(typeof value === 'string' ? value : JSON.stringify(value));
};

/** The provider's own words about an error. */
export const wordsOf = (text: string): ProviderWords => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { message: undefined, details: undefined };
  }
  const error = member(value, 'error') ?? value;
  return { message: textOf(typeof error === 'string' ? error : member(error, 'message')), details: textOf(member(error, 'details')) };
};

const isPage = (text: string): boolean => /^\s*<(?:!doctype|html|head|\?xml)/i.test(text);

const PROXY_HINT =
  'A proxy, a firewall or the sign-in page of a network may have answered instead. Look at HTTPS_PROXY and NO_PROXY, or try another network.';

/** Milliseconds that a header Retry-After wants: seconds, or a date. @param now milliseconds since 1970 */
export const retryAfter = (text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1000;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
};

/**
 * An answer that is not a success in words for a person.
 * @param call such as `GET /settings`
 */
export const tell = (call: string, { status, text, location }: Answer, api: string): Told => {
  const words = wordsOf(text);
  const said = [words.message, words.details].filter((part) => part !== undefined).join(': ');
  const behind = said === '' ? '' : ` It says: ${said.replace(/[.!]+$/, '')}.`;
  const own = `${call} (${status})`;
  if (status >= 300 && status < 400) {
    return {
      fault: 'redirect',
      message: `${api} sends ${call} elsewhere (${status}${location === undefined ? '' : ` to ${short(location)}`}); it is not followed, since the token would go along.`,
      hint: 'Name the right address with --api-url or WHAPI_API_URL.',
    };
  }
  if (isPage(text)) return { fault: 'page', message: `${api} answered ${own} with a web page.`, hint: PROXY_HINT };
  if (status === 407) return { fault: 'page', message: 'The proxy on the way wants a name and password (407).', hint: PROXY_HINT };
  if (status < 300) {
    return {
      fault: 'not-json',
      message: `${api} answered ${own} with something that is not JSON.`,
      hint: `Is it the provider's? ${PROXY_HINT}`,
    };
  }
  if (status === 401 || status === 403) {
    return {
      fault: 'token',
      message: `The provider does not take the token (${status}).${behind}`,
      hint: "Copy the channel's token from Whapi's dashboard into WHAPI_TOKEN or the file of --token-file.",
    };
  }
  if (status === 402) {
    return {
      fault: 'trial',
      message: `The channel has used up what its plan allows (402).${behind}`,
      hint: 'A trial channel has 1000 API calls a month: wait for the next one, or choose another plan in the dashboard.',
    };
  }
  if (status === 404) {
    return {
      fault: 'missing',
      message: `${api} does not know ${own}.${behind}`,
      hint: 'Look at --api-url and WHAPI_API_URL; the usual address is https://gate.whapi.cloud.',
    };
  }
  if (status === 409) {
    return {
      fault: 'conflict',
      message: `The provider cannot do ${own} now.${behind}`,
      hint: "Look at the channel's state: whapi-hooks webhooks health.",
    };
  }
  if (status === 429) {
    return { fault: 'limit', message: `The provider wants fewer calls (429).${behind}`, hint: 'Wait a few minutes and try again.' };
  }
  if (status >= 500) {
    return {
      fault: 'server',
      message: `The provider failed at ${own}.${behind}`,
      hint: 'Try again in a few minutes; the fault is on its side.',
    };
  }
  return { fault: 'refused', message: `The provider refuses ${own}.${behind}`, hint: 'What it says tells what it did not like.' };
};

/** No answer at all. @param error why, in words */
export const tellSilence = (call: string, error: string, cause: 'unreachable' | 'timeout' | 'broken' | 'unsent', api: string): Told => {
  if (cause === 'timeout')
    return { fault: 'timeout', message: `${api}: ${call}: ${error}.`, hint: 'Try again, or give it longer: --api-timeout 60s.' };
  if (cause === 'broken')
    return { fault: 'broken', message: `${api}: ${call}: ${error}.`, hint: /certificate/.test(error) ? TLS_HINT : PROXY_HINT };
  return {
    fault: 'unreachable',
    message: `${api} cannot be reached: ${error}.`,
    hint: 'Look at the network, at HTTPS_PROXY and NO_PROXY, and at --api-url.',
  };
};

const TLS_HINT =
  'Something between here and the provider may look into the connection: NODE_EXTRA_CA_CERTS=<file> trusts its certificate, if it is yours.';
