import type { Headers } from '../../delivery/delivery.ts';
import { isLocal, readTarget, type Target } from '../../delivery/endpoint.ts';
import { proxyFor } from '../../delivery/proxy.ts';
import { usageError } from '../../errors.ts';
import type { EndpointOptions } from '../../io/endpoint.ts';
import type { Forwarder, ForwarderOptions } from '../../io/forwarder.ts';
import type { Runtime } from '../../runtime.ts';
import { CERTIFICATE_HINT, readDropped, readExtra, readTls } from '../reaching.ts';
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

/** Reads the flags about forwarding; nothing is connected yet. @throws UserError */
export const planForwarding = async (options: ListenOptions, runtime: Runtime): Promise<Plan> => {
  const targets = (options.forwardTo ?? []).map(readTarget);
  if (options.ack === 'forward' && targets.length === 0)
    throw usageError('--ack forward hands on what your app answers, but no app is named.', 'Name it with --forward-to.');
  if (options.ack === 'forward' && options.retry !== undefined)
    throw usageError('--ack forward leaves it to the sender to try again; --retry does that here.', 'Use one of them.');
  return {
    targets,
    headers: (options.header ?? []).map(readExtra),
    dropped: (options.dropHeader ?? []).map(readDropped),
    tls: await readTls(options, runtime.cwd),
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
        certificateHint: CERTIFICATE_HINT,
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
