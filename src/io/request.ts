/** How a request begins: request line and headers (RFC 9112). */
import type { Headers } from '../delivery/delivery.ts';
import type { Shipment } from '../delivery/endpoint.ts';

const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const VALUE = /^[\t -~\u0080-\u00ff]*$/;
const PATH = /^[!-~\u0080-\u00ff]+$/;
/** Headers that say how a request is framed, which is for the request itself to say. */
const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'expect']);
/** Verbs that say how long their body is even where there is none (RFC 9110 section 8.6). */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** Headers as they are sent, each a line. @throws Error for one that would make another request of it */
export const linesOf = (headers: Headers): string => {
  let lines = '';
  for (const [name, value] of headers) {
    if (!NAME.test(name) || !VALUE.test(value) || FRAMING.has(name.toLowerCase())) throw new Error(`the header ${name} cannot be sent`);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
};

/**
 * Request line and headers (RFC 9112), in the order and letters given.
 * @param own what stands before the headers of the shipment
 * @param lines those headers
 * @throws Error for a path or a verb that would make another request of it
 */
export const headOf = (path: string, own: string, { method, body }: Shipment, lines: string): string => {
  if (!PATH.test(path)) throw new Error('the path cannot be sent: it has a space, a line break or another such letter');
  if (!NAME.test(method)) throw new Error('the verb cannot be sent');
  let head = `${method} ${path} HTTP/1.1\r\n${own}${lines}`;
  if (body.byteLength > 0 || WITH_BODY.has(method)) head += `content-length: ${body.byteLength}\r\n`;
  return `${head}\r\n`;
};
