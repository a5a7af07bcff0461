import type { Command } from 'commander';
import { isLocal } from '../delivery/endpoint.ts';
import { environmentError, errorCode, reason, usageError } from '../errors.ts';
import { readBytes, resolve } from '../io/files.ts';
import type { Provider } from '../io/provider.ts';
import type { Runtime } from '../runtime.ts';
import { duration, option } from './flags.ts';

/** The flags that say how the provider is spoken to. */
export interface ProviderFlags {
  readonly tokenFile?: string;
  readonly apiUrl?: string;
  readonly apiTimeout: number;
}

/** Adds these flags. */
export const addProviderFlags = (command: Command): Command =>
  command
    .option('--token-file <file>', "the channel's token is in it; - is standard input (default: WHAPI_TOKEN)")
    .option('--api-url <url>', "the provider's API (default: WHAPI_API_URL, or https://gate.whapi.cloud)")
    .addOption(option('--api-timeout <duration>', 'time the provider has to answer a call', duration, { value: 15_000, shown: '15s' }));

const TOKEN_HINT = "Put the channel's token into WHAPI_TOKEN, or into a file that --token-file names.";
/** More than a token ever has. */
const LONGEST_TOKEN = 4096;

/** What a person put there, made a token. It is never repeated. @throws UserError (2) */
const asToken = (text: string, where: string): string => {
  const token = text.trim().replace(/^Bearer\s+/i, '');
  if (token === '') throw usageError(`${where} holds no token.`, TOKEN_HINT);
  if (!/^[!-~]+$/.test(token) || token.length > LONGEST_TOKEN) {
    throw usageError(`${where} holds something that is no token: a token is one word of letters, digits and signs.`, TOKEN_HINT);
  }
  return token;
};

/**
 * The channel's token: from --token-file, else from WHAPI_TOKEN. It is never an argument.
 * @throws UserError (2) where there is none, (3) where the file cannot be read
 */
export const readToken = async ({ tokenFile }: Pick<ProviderFlags, 'tokenFile'>, runtime: Runtime): Promise<string> => {
  if (tokenFile === '-') return asToken(new TextDecoder().decode(await runtime.readStdin()), 'Standard input');
  if (tokenFile !== undefined) {
    let bytes: Uint8Array;
    try {
      bytes = readBytes(resolve(runtime.cwd, tokenFile));
    } catch (error) {
      // The name is not repeated: somebody may have given the token itself.
      const hint =
        errorCode(error) === 'ENOENT' || errorCode(error) === 'ENAMETOOLONG' ? 'It takes the name of a file, not the token.' : undefined;
      throw environmentError(`--token-file: the file cannot be read: ${reason(error)}.`, hint);
    }
    return asToken(new TextDecoder().decode(bytes), 'The file of --token-file');
  }
  const token = runtime.env['WHAPI_TOKEN'];
  if (token === undefined || token.trim() === '') throw usageError("The channel's token is missing.", TOKEN_HINT);
  return asToken(token, 'WHAPI_TOKEN');
};

/** The provider's address. @throws UserError (2) */
export const readApiUrl = ({ apiUrl }: Pick<ProviderFlags, 'apiUrl'>, env: Runtime['env'], standard: string): URL => {
  const [flag, text] = apiUrl !== undefined ? ['--api-url', apiUrl] : ['WHAPI_API_URL', env['WHAPI_API_URL'] || standard];
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    // Said below.
  }
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw usageError(`${flag} is no address of an API.`, 'Write it as https://gate.whapi.cloud.');
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw usageError(
      `${flag} holds a name, a password or a query; the API takes its token in a header.`,
      'Write it as https://gate.whapi.cloud.',
    );
  }
  if (url.protocol === 'http:' && !isLocal(url)) {
    throw usageError(`${flag} begins with http:, so the token would travel in the open.`, 'Write https; http is for this machine alone.');
  }
  url.hash = '';
  return url;
};

/** A channel that is known by its token; nothing is called yet. */
export interface Channel {
  /**
   * Opens the API.
   * @param onWait told where a call has to wait
   * @param signal ends the waiting
   */
  open(onWait: (text: string) => void, signal?: AbortSignal): Promise<Provider>;
}

/** Reads which channel is meant, and how it is spoken to. @throws UserError (2), (3) where the flags will not do */
export const readChannel = async (flags: ProviderFlags, runtime: Runtime): Promise<Channel> => {
  // Loaded where the provider is spoken to, and nowhere else.
  const { openProvider, PROVIDER } = await import('../io/provider.ts');
  const api = readApiUrl(flags, runtime.env, PROVIDER);
  const token = await readToken(flags, runtime);
  return {
    open: (onWait, signal) =>
      openProvider({ api, token, timeout: flags.apiTimeout, runtime, onWait, ...(signal === undefined ? {} : { signal }) }),
  };
};

const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** The command that gives the settings back later. */
export const restoreCommand = ({ tokenFile, apiUrl }: Pick<ProviderFlags, 'tokenFile' | 'apiUrl'>): string =>
  [
    'whapi-hooks webhooks restore',
    ...(tokenFile === undefined ? [] : [`--token-file ${quoted(tokenFile)}`]),
    ...(apiUrl === undefined ? [] : [`--api-url ${quoted(apiUrl)}`]),
  ].join(' ');
