import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import type { buildConnector } from 'undici';

/** The header that a proxy's name and password become, where its url has them. */
export const proxyAuthorization = (proxy: URL): string | undefined =>
  proxy.username === '' && proxy.password === ''
    ? undefined
    : `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')}`;

/** A connection through a proxy to a host and port (RFC 9110 section 9.3.6). */
const connectThrough = (proxy: URL, target: string, timeout: number, tls: object, signal?: AbortSignal): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const authorization = proxyAuthorization(proxy);
    const outgoing = (proxy.protocol === 'https:' ? requestHttps : requestHttp)({
      ...tls,
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
      agent: false,
      timeout,
      ...(signal === undefined ? {} : { signal }),
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`the proxy ${proxy.host} does not answer`)));
    outgoing.on('error', reject);
    outgoing.on('connect', (response, socket) => {
      if (response.statusCode === 200) {
        socket.setTimeout(0);
        resolve(socket);
        return;
      }
      socket.on('error', () => {}).destroy();
      reject(new Error(`the proxy ${proxy.host} refuses: ${response.statusCode} ${response.statusMessage ?? ''}`.trimEnd()));
    });
    outgoing.on('response', (response) => {
      response.resume();
      reject(new Error(`the proxy ${proxy.host} refuses: ${response.statusCode}`));
    });
    outgoing.end();
  });

/**
 * Makes connections to HTTPS endpoints through a proxy; encryption reaches from here to the endpoint.
 * (undici's own ProxyAgent would join headers of one name, and needs undici's whole entry.)
 * @param signal ends the waiting for the proxy
 */
export const tunnelled =
  (proxy: URL, connector: buildConnector.connector, timeout: number, tls: object, signal?: AbortSignal): buildConnector.connector =>
  (options, callback) => {
    const target = options.port === '' || options.port === undefined ? `${options.hostname}:443` : `${options.hostname}:${options.port}`;
    connectThrough(proxy, target, timeout, tls, signal).then(
      (socket) => connector({ ...options, httpSocket: socket as never }, callback), // a TCP or TLS socket
      (error: Error) => callback(error, null),
    );
  };
