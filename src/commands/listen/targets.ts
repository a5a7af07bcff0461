import type { Headers } from '../../delivery/delivery.ts';
import { isLocal, isOfConnection, readTarget, type Target } from '../../delivery/endpoint.ts';
import { proxyFor } from '../../delivery/proxy.ts';
import { environmentError, errorCode, reason, usageError } from '../../errors.ts';
import type { EndpointOptions } from '../../io/endpoint.ts';
import { readBytes, resolve } from '../../io/files.ts';
import type { Forwarder, ForwarderOptions } from '../../io/forwarder.ts';
import type { Runtime } from '../../runtime.ts';
import { type Header, readHeader } from '../flags.ts';
import type { ListenOptions } from './options.ts';
import { MOST_WAITING_BYTES } from './options.ts';
import { newUndelivered, type Undelivered } from './tally.ts';

/** An endpoint that deliveries are forwarded to. */
export interface Open extends Target {
  readonly forwarder: Forwarder;
  readonly undelivered: Undelivered;
}

/** What the flags about forwarding say. */
export interface Plan {
  readonly targets: readonly Target[];
  readonly headers: Headers;
  readonly dropped: readonly string[];
  readonly tls: NonNullable<EndpointOptions['tls']>;
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

const readExtra = (text: string): Header => {
  const header = readHeader(text, '--header');
  const [name] = header;
  if (isOfConnection(name) && name.toLowerCase() !== 'host')
    throw usageError(`--header: ${name} belongs to the connection, and each request makes its own.`);
  return header;
};

const readDropped = (text: string): string => {
  const [name] = readHeader(`${text}: x`, '--drop-header');
  if (text.includes(':')) throw usageError('--drop-header takes the name of a header alone.');
  return name.toLowerCase();
};

/** Reads the flags about forwarding; nothing is connected yet. @throws UserError */
export const planForwarding = async (options: ListenOptions, runtime: Runtime): Promise<Plan> => {
  const targets = (options.forwardTo ?? []).map(readTarget);
  if (options.ack === 'forward' && targets.length === 0)
    throw usageError('--ack forward hands on what your app answers, but no app is named.', 'Name it with --forward-to.');
  if (options.ack === 'forward' && options.retry !== undefined)
    throw usageError('--ack forward leaves it to the sender to try again; --retry does that here.', 'Use one of them.');
  const ca = options.caCert === undefined ? undefined : await readCertificates(options.caCert, runtime.cwd);
  const anyCertificate = options.skipVerify === true || options.insecure === true;
  return {
    targets,
    headers: (options.header ?? []).map(readExtra),
    dropped: (options.dropHeader ?? []).map(readDropped),
    tls: { ...(anyCertificate ? { rejectUnauthorized: false } : {}), ...(ca === undefined ? {} : { ca }) },
  };
};

export interface Forwarding {
  readonly onOutcome: (target: Open) => ForwarderOptions['onOutcome'];
  /** Called once for an endpoint on `localhost`, with the address that answered. */
  readonly onLocal: (url: URL, address: string) => void;
}

/** Opens the endpoints of a plan. @throws UserError (2) for a proxy that cannot be used */
export const openTargets = async (plan: Plan, options: ListenOptions, runtime: Runtime, forwarding: Forwarding): Promise<Open[]> => {
  if (plan.targets.length === 0) return [];
  // The HTTP client is loaded while nothing is asked of it yet.
  const [{ openEndpoint }, { createForwarder }] = await Promise.all([import('../../io/endpoint.ts'), import('../../io/forwarder.ts')]);
  const opened: Open[] = [];
  for (const target of plan.targets) {
    const { url } = target;
    const proxy = proxyFor(url, runtime.env);
    let named = url.hostname !== 'localhost';
    const endpoint = openEndpoint(
      url,
      {
        timeout: options.timeout,
        elapsed: runtime.elapsed,
        connections: options.concurrency,
        tls: plan.tls,
        proxy,
        certificateHint: '--ca-cert <file> trusts it, --skip-verify trusts any',
        onConnected: (address) => {
          if (named) return;
          named = true;
          forwarding.onLocal(url, address);
        },
      },
      proxy === undefined ? undefined : await import('../../io/connect.ts'),
    );
    const retry = options.retry === undefined ? undefined : { most: options.retry === true ? undefined : options.retry };
    const open: Open = {
      ...target,
      undelivered: newUndelivered(),
      forwarder: createForwarder({
        endpoint,
        concurrency: options.concurrency,
        retry,
        most: options.maxWaiting,
        mostBytes: MOST_WAITING_BYTES,
        after: runtime.after,
        onOutcome: (...told) => onOutcome(...told),
      }),
    };
    const onOutcome = forwarding.onOutcome(open);
    opened.push(open);
  }
  return opened;
};

/** Whether an endpoint is the listener itself: every delivery would come back for ever. */
export const isItself = (endpoint: URL, host: string, port: number): boolean => {
  const standard = endpoint.protocol === 'https:' ? '443' : '80';
  const target = endpoint.hostname.replace(/^\[|\]$/g, '');
  return Number(endpoint.port || standard) === port && (target === host || isLocal(endpoint));
};

/** `http://localhost:3000/ and messages.* to http://localhost:4000/bot`, each painted. */
export const targetsText = (targets: readonly Target[], bold: (text: string) => string): string =>
  targets.map(({ url, events }) => `${events === undefined ? '' : `${events} to `}${bold(url.href)}`).join(', ');
