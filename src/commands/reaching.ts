/** How apps are reached: what `listen` and `replay` have in common. */
import { isOfConnection } from '../delivery/endpoint.ts';
import { proxyFor } from '../delivery/proxy.ts';
import { environmentError, errorCode, reason, usageError } from '../errors.ts';
import type { Endpoint, EndpointOptions } from '../io/endpoint.ts';
import { readBytes, resolve } from '../io/files.ts';
import type { Runtime } from '../runtime.ts';
import { type Header, readHeader } from './flags.ts';

/** Said behind what is wrong with a certificate. */
export const CERTIFICATE_HINT = '--ca-cert <file> trusts it, --skip-verify trusts any';

/** Flags about certificates. */
export interface TlsOptions {
  readonly skipVerify?: boolean;
  readonly insecure?: boolean;
  readonly caCert?: string;
}

/** The certificates of a file, beside those that are trusted anyway. @throws UserError (2), (3) */
const readCertificates = async (file: string, cwd: string): Promise<string[]> => {
  let text: string;
  try {
    text = new TextDecoder().decode(readBytes(resolve(cwd, file)));
  } catch (error) {
    const message = `--ca-cert: ${file} cannot be read: ${reason(error)}.`;
    throw errorCode(error) === 'ENOENT' ? usageError(message) : environmentError(message, undefined, error);
  }
  const [{ rootCertificates }, { X509Certificate }] = await Promise.all([import('node:tls'), import('node:crypto')]);
  try {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
    if (blocks === null) throw new Error('it holds none');
    for (const block of blocks) new X509Certificate(block);
  } catch (error) {
    throw usageError(
      `--ca-cert: ${file} holds no certificate that can be read: ${reason(error)}.`,
      'It is a file in PEM form: -----BEGIN CERTIFICATE-----.',
    );
  }
  return [...rootCertificates, text];
};

/** A header that is sent along. @throws UserError (2) for one that belongs to the connection */
export const readExtra = (text: string): Header => {
  const header = readHeader(text, '--header');
  const [name] = header;
  if (isOfConnection(name) && name.toLowerCase() !== 'host')
    throw usageError(`--header: ${name} belongs to the connection, and each request makes its own.`);
  return header;
};

/** The name of a header that is left out, in lower case. @throws UserError (2) */
export const readDropped = (text: string): string => {
  const [name] = readHeader(`${text}: x`, '--drop-header');
  if (text.includes(':')) throw usageError('--drop-header takes the name of a header alone.');
  return name.toLowerCase();
};

/** What the flags about certificates say. @throws UserError (2), (3) */
export const readTls = async (options: TlsOptions, cwd: string): Promise<NonNullable<EndpointOptions['tls']>> => {
  const ca = options.caCert === undefined ? undefined : await readCertificates(options.caCert, cwd);
  const anyCertificate = options.skipVerify === true || options.insecure === true;
  return { ...(anyCertificate ? { rejectUnauthorized: false } : {}), ...(ca === undefined ? {} : { ca }) };
};

/** How an endpoint is reached, as flags say it. */
export interface ReachOptions extends TlsOptions {
  /** Milliseconds. */
  readonly timeout: number;
  readonly concurrency?: number;
  readonly keepAlive?: boolean;
}

/** The endpoint with what the flags and the environment say about connections. @throws UserError (2), (3) */
export const openReached = async (url: URL, options: ReachOptions, runtime: Runtime): Promise<Endpoint> => {
  const [{ openEndpoint }, tls] = await Promise.all([import('../io/endpoint.ts'), readTls(options, runtime.cwd)]);
  const proxy = proxyFor(url, runtime.env);
  const { timeout, concurrency = 1, keepAlive = true } = options;
  return openEndpoint(
    url,
    { timeout, elapsed: runtime.elapsed, connections: concurrency, keepAlive, tls, proxy, certificateHint: CERTIFICATE_HINT },
    proxy === undefined ? undefined : await import('../io/connect.ts'),
  );
};
