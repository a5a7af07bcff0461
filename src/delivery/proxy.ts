import { usageError } from '../errors.ts';
import { isLocal } from './endpoint.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Whether NO_PROXY leaves a url out: `*`, a host, the end of one (`.example.com`, `*.example.com`), each with a port or without. */
const isLeftOut = (url: URL, list: string): boolean => {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '') return false;
      if (entry === '*') return true;
      const [, name = '', wantedPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(/^[\da-f]*:[\da-f:]*$/.test(entry) ? `[${entry}]` : entry) ?? [];
      if (wantedPort !== undefined && wantedPort !== port) return false;
      const end = name.replace(/^\*?\./, '');
      return host === end || host.endsWith(`.${end}`);
    });
};

/**
 * The proxy that the environment names for an endpoint: HTTP_PROXY or HTTPS_PROXY by the endpoint's scheme, unless
 * NO_PROXY leaves it out; the lower-case names come first, as for curl. Never one for this machine itself.
 * @throws UserError (2) where the variable holds no proxy that can be used
 */
export const proxyFor = (url: URL, env: Env): URL | undefined => {
  if (isLocal(url)) return undefined;
  const names = url.protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const name = names.find((candidate) => (env[candidate] ?? '') !== '');
  if (name === undefined || isLeftOut(url, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return undefined;
  const text = env[name] ?? '';
  let proxy: URL | undefined;
  try {
    proxy = new URL(/^[a-z][\w+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    // Said below; the value may hold a password and is not repeated.
  }
  if (proxy === undefined || !/^https?:$/.test(proxy.protocol))
    throw usageError(`${name} names no proxy that can be used.`, 'Write it as http://host:port, or put the endpoint into NO_PROXY.');
  return proxy;
};
