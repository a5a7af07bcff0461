import { describe, expect, it } from 'vitest';
import { forwardHeaders, readEndpoint, shipmentOf, targetPath } from '../../src/delivery/endpoint.ts';
import { UserError } from '../../src/errors.ts';

describe('an endpoint as people write it', () => {
  it.each([
    ['3000', 'http://localhost:3000/'],
    [':3000', 'http://localhost:3000/'],
    ['3000/hook', 'http://localhost:3000/hook'],
    ['3000?x=1', 'http://localhost:3000/?x=1'],
    [' 3000 ', 'http://localhost:3000/'],
    ['/hook', 'http://localhost:3000/hook'],
    ['/hook?x=1', 'http://localhost:3000/hook?x=1'],
    ['localhost', 'http://localhost/'],
    ['localhost/hook', 'http://localhost/hook'],
    ['localhost:8080/hook', 'http://localhost:8080/hook'],
    ['my-app.test:8080', 'http://my-app.test:8080/'],
    ['127.0.0.1:8080/a/b/', 'http://127.0.0.1:8080/a/b/'],
    ['[::1]:8080/hook', 'http://[::1]:8080/hook'],
    ['http://example.com', 'http://example.com/'],
    ['HTTPS://Example.com/Hook?a=1#gone', 'https://example.com/Hook?a=1'],
    ['80', 'http://localhost/'],
  ])('%j is %s', (text, href) => {
    expect(readEndpoint(text).href).toBe(href);
  });

  it.each([
    '',
    ' ',
    '3000x',
    '-1',
    '0',
    ':0',
    '65536',
    '99999/hook',
    'example.com',
    'example.com/hook',
    'ftp://x',
    'file:///etc/passwd',
    'http://',
    'http://a b',
    '[::1',
    'localhost:99999',
    'javascript:alert(1)',
  ])('%j is none: a usage error that lists the forms', (text) => {
    const read = (): URL => readEndpoint(text);
    expect(read).toThrow(UserError);
    try {
      read();
    } catch (error) {
      expect((error as UserError).exitCode).toBe(2);
      expect((error as UserError).hint).toMatch(/3000/);
    }
  });

  it.each(['http://me@localhost:3000', 'http://me:s3cr3t@localhost:3000', 'https://:s3cr3t@x'])(
    '%s has a password in it, which is refused and not repeated',
    (text) => {
      try {
        readEndpoint(text);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect(`${(error as UserError).message} ${(error as UserError).hint}`).not.toMatch(/s3cr3t/);
      }
    },
  );
});

describe('path and query of the target', () => {
  it.each([
    ['http://x', '', '', '/'],
    ['http://x', '/messages/post', '', '/messages/post'],
    ['http://x/', '/messages', '?a=1', '/messages?a=1'],
    ['http://x/hook', '', '?a=1', '/hook?a=1'],
    ['http://x/hook/', '', '', '/hook/'],
    ['http://x/hook/', '/messages', '', '/hook/messages'],
    ['http://x/hook?k=1', '/messages', '?a=1&a=2', '/hook/messages?k=1&a=1&a=2'],
    ['http://x/hook?k=%2F', '', '?', '/hook?k=%2F'],
    ['http://x/hook', '/%2e%2e', '?a=%zz', '/hook/%2e%2e?a=%zz'],
  ])('%s + %j + %j', (url, suffix, query, path) => {
    expect(targetPath(new URL(url), suffix, query)).toBe(path);
  });
});

describe('headers that go on', () => {
  it('all, in their order and letters, but those of the connection and of every request', () => {
    const kept = [
      ['Content-TYPE', 'application/json'],
      ['X-Twice', '1'],
      ['x-twice', '2'],
      ['Authorization', 'Bearer x'],
    ] as const;
    const gone = [
      ['Host', 'x'],
      ['Content-Length', '1'],
      ['transfer-encoding', 'chunked'],
      ['CONNECTION', 'keep-alive, X-Hop ,x-hop-2'],
      ['Keep-Alive', 'timeout=5'],
      ['TE', 'trailers'],
      ['Trailer', 'x'],
      ['Upgrade', 'h2c'],
      ['Expect', '100-continue'],
      ['Proxy-Authorization', 'x'],
      ['Proxy-Authenticate', 'x'],
      ['Proxy-Connection', 'x'],
      ['x-hop', '1'],
      ['X-Hop-2', '2'],
    ] as const;
    expect(forwardHeaders([...gone.slice(0, 7), ...kept, ...gone.slice(7)])).toEqual(kept);
  });

  it('more headers replace all of their name and stand at the end', () => {
    const headers = [
      ['X-A', '1'],
      ['x-b', '2'],
      ['x-a', '3'],
    ] as const;
    expect(forwardHeaders(headers, [['X-a', 'new']])).toEqual([
      ['x-b', '2'],
      ['X-a', 'new'],
    ]);
  });

  it('a delivery is forwarded with its verb, query, id and the very same bytes', () => {
    const body = new Uint8Array([0, 255]);
    const shipment = shipmentOf({ id: 'a', time: 0, method: 'PATCH', url: '/in/messages?a=1?b', headers: [], body }, '/messages');
    expect(shipment).toEqual({ id: 'a', method: 'PATCH', suffix: '/messages', query: '?a=1?b', headers: [], body });
    expect(shipment.body).toBe(body);
  });
});
