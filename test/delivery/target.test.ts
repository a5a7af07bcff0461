import { describe, expect, it } from 'vitest';
import { isLocal, readTarget, shipmentOf } from '../../src/delivery/endpoint.ts';
import { proxyFor } from '../../src/delivery/proxy.ts';

describe('--forward-to', () => {
  it.each([
    ['3000', 'http://localhost:3000/', undefined],
    [':3000/hook?a=b', 'http://localhost:3000/hook?a=b', undefined],
    ['/hook?a=b=c', 'http://localhost:3000/hook?a=b=c', undefined],
    ['localhost/x=1', 'http://localhost/x=1', undefined],
    ['http://h/?messages=1', 'http://h/?messages=1', undefined],
    ['messages=3000', 'http://localhost:3000/', 'messages'],
    ['messages.*=http://localhost:4000/bot', 'http://localhost:4000/bot', 'messages.*'],
    ['*.delete=:4000', 'http://localhost:4000/', '*.delete'],
    ['!statuses,!presences=/hook?x=1', 'http://localhost:3000/hook?x=1', '!statuses,!presences'],
    ['messages.post, calls = 3000/a=b', 'http://localhost:3000/a=b', 'messages.post, calls '],
  ])('%s', (text, href, events) => {
    const target = readTarget(text);
    expect(target.url.href).toBe(href);
    expect(target.events).toBe(events);
  });

  it('sends what its events are, and all without them', () => {
    expect(['messages.post', 'calls.post', null].map(readTarget('messages.*=3000').chosen)).toEqual([true, false, false]);
    expect(['messages.post', 'calls.post', null].map(readTarget('!calls=3000').chosen)).toEqual([true, false, true]);
    expect(['messages.post', 'calls.post', null].map(readTarget('3000').chosen)).toEqual([true, true, true]);
  });

  it.each(['mesages=3000', 'messages.pst=3000', 'messages=', '=3000', 'messages=nowhere', 'a=b=3000'])('%s is a usage error', (text) => {
    expect(() => readTarget(text)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

describe('headers', () => {
  const delivery = {
    id: 'd',
    time: 0,
    method: 'POST',
    url: '/',
    body: new Uint8Array(),
    headers: [
      ['X-A', '1'],
      ['x-a', '2'],
      ['X-B', '3'],
      ['Cookie', 'c'],
    ],
  } as const;
  it('-H replaces those of its name, --drop-header removes', () => {
    expect(shipmentOf(delivery, '', [['x-A', 'new']], ['cookie']).headers).toEqual([
      ['X-B', '3'],
      ['x-A', 'new'],
    ]);
  });
  it('one that is both given and dropped is given', () => {
    expect(shipmentOf(delivery, '', [['X-A', 'new']], ['x-a', 'x-b', 'cookie']).headers).toEqual([['X-A', 'new']]);
  });
});

describe('this machine', () => {
  it.each([
    ['http://localhost:3000', true],
    ['http://app.localhost', true],
    ['http://127.0.0.1', true],
    ['http://127.8.9.10', true],
    ['http://[::1]:3000', true],
    ['http://[::ffff:127.0.0.1]', true],
    ['http://192.168.0.1', false],
    ['http://127.example.com', false],
    ['http://localhost.example.com', false],
    ['http://[::2]', false],
  ])('%s: %s', (url, local) => {
    expect(isLocal(new URL(url))).toBe(local);
  });
});

describe('the proxy of the environment', () => {
  it.each([
    ['http://app.example', { HTTP_PROXY: 'http://proxy:8080' }, 'http://proxy:8080/'],
    ['http://app.example', { http_proxy: 'http://small:1', HTTP_PROXY: 'http://big:1' }, 'http://small:1/'],
    ['http://app.example', { HTTP_PROXY: 'proxy:8080' }, 'http://proxy:8080/'],
    ['https://app.example', { HTTP_PROXY: 'http://proxy:8080' }, undefined],
    ['https://app.example', { https_proxy: 'http://proxy:8080' }, 'http://proxy:8080/'],
    ['http://app.example', { HTTP_PROXY: '' }, undefined],
    ['http://app.example', { HTTP_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
    ['http://app.example', { HTTP_PROXY: 'http://p:1', NO_PROXY: 'other, APP.example' }, undefined],
    ['http://my.app.example', { HTTP_PROXY: 'http://p:1', NO_PROXY: '.app.example' }, undefined],
    ['http://my.app.example', { HTTP_PROXY: 'http://p:1', no_proxy: '*.example' }, undefined],
    ['http://myapp.example', { HTTP_PROXY: 'http://p:1', NO_PROXY: 'app.example' }, 'http://p:1/'],
    ['http://app.example:81', { HTTP_PROXY: 'http://p:1', NO_PROXY: 'app.example:82' }, 'http://p:1/'],
    ['http://app.example:82', { HTTP_PROXY: 'http://p:1', NO_PROXY: 'app.example:82' }, undefined],
    ['http://[fd00::1]:3000', { HTTP_PROXY: 'http://p:1', NO_PROXY: 'fd00::1' }, undefined],
    ['http://localhost:3000', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://127.0.0.1:3000', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://[::1]:3000', { HTTP_PROXY: 'http://p:1' }, undefined],
  ] as [string, Record<string, string>, string | undefined][])('%s with %j', (url, env, proxy) => {
    expect(proxyFor(new URL(url), env)?.href).toBe(proxy);
  });

  it.each(['socks5://me:s3cr3t@proxy', 'http://', 'http://me:s3cr3t@pro xy'])('%s cannot be used, and is not repeated', (text) => {
    const act = (): unknown => proxyFor(new URL('http://app.example'), { HTTP_PROXY: text });
    expect(act).toThrow(/HTTP_PROXY names no proxy/);
    expect(act).not.toThrow(/s3cr3t/);
  });
});
