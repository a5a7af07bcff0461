import { describe, expect, it } from 'vitest';
import { createOutputReader, type Said } from '../../../src/io/cloudflared/output.ts';

const box = (url: string): string =>
  [
    '2026-05-01T10:00:00Z INF Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a quick way to experiment and try it out. However, be aware that these account-less Tunnels have no uptime guarantee, are subject to the Cloudflare Online Services Terms of Use (https://www.cloudflare.com/website-terms/), and Cloudflare reserves the right to investigate your use of Tunnels for violations of such terms.',
    '2026-05-01T10:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...',
    `2026-05-01T10:00:04Z INF +${'-'.repeat(92)}+`,
    '2026-05-01T10:00:04Z INF |  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |',
    `2026-05-01T10:00:04Z INF |  ${url.padEnd(90)}|`,
    `2026-05-01T10:00:04Z INF +${'-'.repeat(92)}+`,
    '',
  ].join('\n');

const REGISTERED =
  '2026-05-01T10:00:05Z INF Registered tunnel connection connIndex=0 connection=1f0a8a52-8f1c-4d54-9a0e-3f2b5c7d9e10 event=0 ip=198.41.200.193 location=fra07 protocol=quic\n';

/** What a reader says to a text, the failures by their cause alone. */
const read = (pieces: readonly string[]): unknown[] => {
  const reader = createOutputReader();
  const said: Said[] = [...pieces.flatMap((piece) => reader.add(piece)), ...reader.end()];
  return said.map((one) => (one.type === 'failure' ? one.cause : one));
};

const url = { type: 'url', url: 'https://brave-otters-fetch-hooks.trycloudflare.com' };
const registered = { type: 'registered', connection: 0, protocol: 'quic' };

describe('what a line says', () => {
  it.each<[string, string, unknown[]]>([
    ['the box with the url', box(url.url), [url]],
    [
      'a name with digits and without words',
      box('https://a1b2c3.trycloudflare.com'),
      [{ type: 'url', url: 'https://a1b2c3.trycloudflare.com' }],
    ],
    ['the box without a url', box('(none)'), []],
    ['lines that end with \\r\\n', box(url.url).replaceAll('\n', '\r\n'), [url]],
    ['a url before the box', `2026-05-01T10:00:00Z INF see ${url.url}\n`, []],
    ['the API itself, in the box', box('https://api.trycloudflare.com'), []],
    ['a host that only begins like one', box('https://x.trycloudflare.com.evil.example'), []],
    ['a url in an error line behind the box', `${box('(none)')}2026-05-01T10:00:00Z ERR failed on ${url.url}\n`, []],
    ['a registered connection', REGISTERED, [registered]],
    [
      'the third connection, over HTTP/2',
      REGISTERED.replace('connIndex=0', 'connIndex=2').replace('quic', 'http2'),
      [{ type: 'registered', connection: 2, protocol: 'http2' }],
    ],
    [
      'a registered connection of older versions',
      '2022-01-01T10:00:00Z INF Connection 1f0a8a52-8f1c-4d54-9a0e-3f2b5c7d9e10 registered connIndex=1 ip=198.41.200.193 location=FRA\n',
      [{ type: 'registered', connection: 1, protocol: undefined }],
    ],
    [
      'a terminated connection',
      '2026-05-01T10:00:00Z ERR Connection terminated error="timeout: no recent network activity" connIndex=1 event=0 ip=198.41.200.193\n',
      [{ type: 'lost', connection: 1 }],
    ],
    [
      'an unregistered connection',
      '2026-05-01T10:00:00Z INF Unregistered tunnel connection connIndex=0 event=0 ip=198.41.200.193\n',
      [{ type: 'lost', connection: 0 }],
    ],
    ['a lost connection', '2026-05-01T10:00:00Z INF Lost connection with the edge connIndex=3\n', [{ type: 'lost', connection: 3 }]],
    [
      '429',
      `2026-05-01T10:00:00Z ERR Error unmarshaling QuickTunnel response: error code: 1015 error="invalid character 'e' looking for beginning of value" status_code="429 Too Many Requests"\n`,
      ['rate-limit'],
    ],
    [
      '500',
      `2026-05-01T10:00:00Z ERR Error unmarshaling QuickTunnel response: error code: 1101 error="invalid character 'e' looking for beginning of value" status_code="500 Internal Server Error"\n`,
      ['api'],
    ],
    ['an answer that is no JSON', "failed to unmarshal quick Tunnel: invalid character '<' looking for beginning of value\n", ['api']],
    [
      'a name that is not known, with the API in the line',
      'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: lookup api.trycloudflare.com on 127.0.0.53:53: no such host\n',
      ['dns'],
    ],
    [
      'a DNS server that is broken',
      '2026-05-01T10:00:00Z ERR edge discovery: error looking up Cloudflare edge IPs: the DNS query failed error="lookup _v2-origintunneld._tcp.argotunnel.com on 10.0.0.1:53: server misbehaving" event=0\n',
      ['dns'],
    ],
    [
      'a refused connection',
      'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp 104.16.230.132:443: connect: connection refused\n',
      ['refused'],
    ],
    [
      'no network',
      'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp 104.16.230.132:443: connect: network is unreachable\n',
      ['network'],
    ],
    [
      'no answer in time',
      'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": context deadline exceeded (Client.Timeout exceeded while awaiting headers)\n',
      ['network'],
    ],
    [
      'a certificate of somebody else',
      'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": tls: failed to verify certificate: x509: certificate signed by unknown authority\n',
      ['certificate'],
    ],
    [
      'a config in the way',
      'error parsing YAML in config file at /home/ann/.cloudflared/config.yml: yaml: line 3: mapping values are not allowed\n',
      ['config'],
    ],
    ['a token that will not do', "Provided Tunnel token is not valid.\nSee 'cloudflared tunnel run --help'.\n", ['token']],
    [
      'a token that the edge refuses',
      '2026-05-01T10:00:00Z ERR Register tunnel error from server side error="Unauthorized: Invalid tunnel secret" connIndex=0 event=0 ip=198.41.200.193\n',
      ['token'],
    ],
    ['a flag that is not known', 'Incorrect Usage: flag provided but not defined: -no-autoupdate\n', ['flags']],
    ['that an empty config is empty', '2026-05-01T10:00:00Z ERR Configuration file /home/ann/empty.yml was empty\n', []],
    [
      'that there is no default config',
      '2026-05-01T10:00:00Z INF Cannot determine default configuration path. No file [config.yml config.yaml] in [~/.cloudflared ~/.cloudflare-warp ~/cloudflare-warp /etc/cloudflared /usr/local/etc/cloudflared]\n',
      [],
    ],
    ['the settings', '2026-05-01T10:00:00Z INF Settings: map[config:/x/config.yml no-autoupdate:true url:http://127.0.0.1:4545]\n', []],
    ['an answer of 502 by the listener, told as information', '2026-05-01T10:00:00Z DBG 502 Bad Gateway connIndex=0\n', []],
    ['an empty line', '\n', []],
    ['a line without an end', REGISTERED.trimEnd(), [registered]],
  ])('%s', (_what, text, wanted) => {
    expect(read([text])).toEqual(wanted);
  });
});

it('says the same wherever the output is cut in two, and byte by byte', () => {
  const text = `${box(url.url)}${REGISTERED}2026-05-01T10:00:00Z ERR Connection terminated connIndex=0\nProvided Tunnel token is not valid.\n`;
  const wanted = [url, registered, { type: 'lost', connection: 0 }, 'token'];
  expect(read([text])).toEqual(wanted);
  for (let at = 0; at <= text.length; at++) expect(read([text.slice(0, at), text.slice(at)]), `cut at ${at}`).toEqual(wanted);
  expect(read([...text])).toEqual(wanted);
});

it('passes over what is too long for a line, and reads on behind it', () => {
  const reader = createOutputReader();
  for (let i = 0; i < 1000; i++) expect(reader.add('x'.repeat(65_536))).toEqual([]);
  expect(reader.add(` ${url.url}\n${REGISTERED}`)).toEqual([registered]);
  expect(reader.last.every((line) => line.length <= 8192)).toBe(true);
});

it('takes the first url alone: later ones are of requests', () => {
  expect(read([box(url.url), `2026-05-01T10:00:00Z INF GET ${url.url.replace('brave', 'other')}\n`])).toEqual([url]);
});

describe('whether it is cloudflared at all', () => {
  it.each([
    ['its log', '2026-05-01T10:00:00Z INF Version 2026.5.1\n', true],
    ['its log, with another zone', '2026-05-01T12:00:00+02:00 WRN x\n', true],
    ['somebody else', 'hello\nworld\n', false],
    ['nothing', '', false],
  ])('%s', (_what, text, wanted) => {
    const reader = createOutputReader();
    reader.add(text);
    expect(reader.isCloudflared).toBe(wanted);
  });
});

it('keeps the last lines that say what went wrong, else the last of all', () => {
  const reader = createOutputReader();
  reader.add('2026-05-01T10:00:00Z INF one\n');
  expect(reader.last).toEqual(['one']);
  reader.add('2026-05-01T10:00:00Z ERR first\n2026-05-01T10:00:00Z INF two\n2026-05-01T10:00:00Z ERR second\n');
  expect(reader.last).toEqual(['first', 'second']);
  reader.add('2026-05-01T10:00:00Z ERR third\n2026-05-01T10:00:00Z ERR fourth\n');
  expect(reader.last).toEqual(['second', 'third', 'fourth']);
});
