import { createServer } from 'node:net';
import { isLocal, readTarget } from '../../delivery/endpoint.ts';
import { proxyFor } from '../../delivery/proxy.ts';
import { errorCode, reason } from '../../errors.ts';
import type { Checked } from '../../view/doctor.ts';
import { DEFAULT_PORT } from '../listen/options.ts';
import type { Check, Examination } from './check.ts';
import { wrong } from './machine.ts';

/** Listens for a moment. @returns the system's error where that is not possible */
const tryPort = (port: number): Promise<unknown> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });

export const checkPort: Check = async ({ options }) => {
  const port = options.port ?? DEFAULT_PORT;
  const error = await tryPort(port);
  if (error === undefined) return [{ name: 'port', state: 'fine', fact: port === 0 ? 'any free one' : `${port} is free` }];
  if (errorCode(error) !== 'EADDRINUSE') {
    const remedy =
      errorCode(error) === 'EACCES' ? 'Ports below 1024 need rights of their own; take a higher one.' : 'Name another one with --port.';
    return [{ name: 'port', state: 'wrong', fact: `${port} cannot be used: ${reason(error)}`, remedy }];
  }
  // Without --port a listener goes on to the next one.
  return options.port === undefined
    ? [{ name: 'port', state: 'note', fact: `${port} is in use`, remedy: 'listen takes the next free one; --port names one.' }]
    : [{ name: 'port', state: 'wrong', fact: `${port} is in use`, remedy: 'End what listens there; or --port 0 takes any free one.' }];
};

/** Milliseconds that an app has to answer. */
const PATIENCE = 5000;

/** Bad gateway, unavailable, gateway timeout, and a proxy that wants a password (RFC 9110 section 15). */
const OF_GATEWAYS: readonly number[] = [407, 502, 503, 504];

const reach = async (text: string, { runtime }: Examination): Promise<Checked> => {
  const { url } = readTarget(text);
  const proxy = proxyFor(url, runtime.env);
  const { openEndpoint } = await import('../../io/endpoint.ts');
  const parts = proxy === undefined ? undefined : await import('../../io/connect.ts');
  const endpoint = openEndpoint(url, { timeout: PATIENCE, elapsed: runtime.elapsed, proxy }, parts);
  const outcome = await endpoint.send({ id: '', method: 'HEAD', suffix: '', query: '', headers: [], body: new Uint8Array() });
  await endpoint.close();
  if (outcome.kind === 'answered') {
    const fact = `${url.href} answers (${outcome.status} to HEAD)`;
    if (!OF_GATEWAYS.includes(outcome.status)) return { name: 'app', state: 'fine', fact };
    return { name: 'app', state: 'note', fact, remedy: 'This is what proxies and gateways say when the app behind them is down.' };
  }
  const remedy =
    runtime.inContainer() && isLocal(url)
      ? 'localhost is the container itself: name the machine around it, such as host.docker.internal.'
      : isLocal(url)
        ? 'Start your app, or name its address with --forward-to.'
        : 'Is the address right, and the way there open?';
  return { name: 'app', state: 'wrong', fact: `${url.href} does not answer: ${outcome.error}`, remedy };
};

export const checkApp: Check = async (examination) => {
  const checked: Checked[] = [];
  for (const text of examination.options.forwardTo ?? []) {
    try {
      checked.push(await reach(text, examination));
    } catch (error) {
      checked.push(wrong('app', error));
    }
  }
  return checked;
};
