import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Outcome } from '../../src/delivery/delivery.ts';
import { type Shipment, shipmentOf } from '../../src/delivery/endpoint.ts';
import { type Endpoint, openEndpoint } from '../../src/io/endpoint.ts';
import { startApp } from '../support/app.ts';
import { closedPort, startRaw } from '../support/http.ts';

const open = (url: string, timeout = 5000): Endpoint => {
  const endpoint = openEndpoint(new URL(url), { timeout, elapsed: () => performance.now() });
  onTestFinished(() => endpoint.close());
  return endpoint;
};

const shipment = (body: string | Uint8Array = '{}', more: Partial<Shipment> = {}): Shipment => ({
  id: 'd1',
  method: 'POST',
  suffix: '',
  query: '',
  headers: [['content-type', 'application/json']],
  body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
  ...more,
});

const answered = (outcome: Outcome): Extract<Outcome, { kind: 'answered' }> => {
  if (outcome.kind !== 'answered') throw new Error(outcome.error);
  return outcome;
};

const failed = (outcome: Outcome): Extract<Outcome, { kind: 'failed' }> => {
  if (outcome.kind !== 'failed') throw new Error(`answered ${outcome.status}`);
  return outcome;
};

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('an endpoint that answers', () => {
  it.each([200, 201, 204, 301, 302, 308, 400, 401, 404, 422, 429, 500, 503, 599])('%i is told as it is', async (status) => {
    const app = await startApp((_received, _index, response) => {
      response.statusCode = status;
      response.setHeader('location', '/elsewhere');
      response.end();
    });
    const outcome = answered(await open(app.url).send(shipment()));
    await app.close();
    expect(outcome).toMatchObject({ delivery: 'd1', endpoint: `${app.url}/`, status });
    expect(app.received).toHaveLength(1); // a redirect is not followed
  });

  it('with a page of 10 MB: the status, and only the beginning of the page', async () => {
    const app = await startApp((_received, _index, response) => {
      response.statusCode = 500;
      response.end('x'.repeat(10_000_000));
    });
    const endpoint = open(app.url);
    const outcome = answered(await endpoint.send(shipment()));
    expect(outcome.status).toBe(500);
    expect(outcome.answer.bytes).toHaveLength(4096);
    expect(outcome.answer.cut).toBe(true);
    expect(answered(await endpoint.send(shipment())).status).toBe(500);
    await app.close();
  });

  it('with exactly as much as is kept: nothing is cut', async () => {
    const app = await startApp((_received, _index, response) => response.end('x'.repeat(4096)));
    expect(answered(await open(app.url).send(shipment())).answer).toMatchObject({ cut: false });
    await app.close();
  });

  it('that never ends: told at the timeout, and the next delivery is answered', async () => {
    const app = await startRaw((socket, _request, index) => {
      socket.write(index === 0 ? 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n' : OK);
    });
    const endpoint = open(app.url, 100);
    expect(failed(await endpoint.send(shipment()))).toMatchObject({
      error: 'status 200, but not the whole answer within 0.1 s',
      cause: 'timeout',
    });
    expect(answered(await endpoint.send(shipment())).status).toBe(200);
  });

  it('with 100 Continue and 103 Early Hints first: the last status counts', async () => {
    const app = await startRaw((socket) => {
      socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n`);
    });
    expect(answered(await open(app.url).send(shipment())).status).toBe(202);
  });

  it('in HTTP/1.0, until it closes the connection', async () => {
    const app = await startRaw((socket) => void socket.end('HTTP/1.0 200 OK\r\n\r\nfine'));
    const endpoint = open(app.url);
    for (let i = 0; i < 3; i++) {
      const outcome = answered(await endpoint.send(shipment()));
      expect(new TextDecoder().decode(outcome.answer.bytes)).toBe('fine');
    }
  });
});

describe('an endpoint whose connections come and go', () => {
  it('keeps one connection for many deliveries', async () => {
    const app = await startRaw((socket) => void socket.write(OK));
    const endpoint = open(app.url);
    for (let i = 0; i < 5; i++) answered(await endpoint.send(shipment()));
    expect(app.received).toHaveLength(1);
  });

  it.each([
    ['after saying so', (socket: Socket) => void socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok`)],
    ['without a word', (socket: Socket) => void socket.end(OK)],
  ])('that closes each connection %s: every delivery is answered, each arrives once', async (_how, answer) => {
    let arrived = 0;
    const app = await startRaw((socket) => {
      arrived++;
      answer(socket);
    });
    const endpoint = open(app.url);
    for (let i = 0; i < 30; i++) expect(answered(await endpoint.send(shipment())).status).toBe(200);
    expect(arrived).toBe(30);
  });

  it('makes no more connections than it may, and what has to wait for one is sent then', async () => {
    const app = await startRaw((socket) => void socket.write(OK));
    const endpoint = openEndpoint(new URL(app.url), { timeout: 5000, elapsed: () => performance.now(), connections: 2 });
    onTestFinished(() => endpoint.close());
    const outcomes = await Promise.all(Array.from({ length: 7 }, () => endpoint.send(shipment())));
    expect(outcomes.map((outcome) => answered(outcome).status)).toEqual(Array(7).fill(200));
    expect(app.received).toHaveLength(2);
  });

  it('whose connection breaks off: what waited for it is sent on another', async () => {
    const app = await startRaw((socket, _request, index) => void (index === 0 ? socket.resetAndDestroy() : socket.write(OK)));
    const endpoint = open(app.url);
    const outcomes = await Promise.all([endpoint.send(shipment()), endpoint.send(shipment()), endpoint.send(shipment())]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'answered', 'answered']);
  });

  it('that closes a connection which rests after 2 s: it is not used again', async () => {
    const app = await startRaw((socket) => void socket.write('HTTP/1.1 204 No Content\r\nkeep-alive: timeout=2\r\n\r\n'));
    const endpoint = open(app.url);
    for (let i = 0; i < 3; i++) answered(await endpoint.send(shipment()));
    expect(app.received).toHaveLength(3);
  });

  it('that says more than its answer: the connection is not used again, and nothing of it is taken for the next answer', async () => {
    const app = await startRaw((socket) => void socket.write(`${OK}HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n`));
    const endpoint = open(app.url);
    for (let i = 0; i < 3; i++) expect(answered(await endpoint.send(shipment())).status).toBe(200);
    expect(app.received).toHaveLength(3);
  });

  it('that resets each connection behind its answer: what arrived was answered, what did not is told as broken', async () => {
    let arrived = 0;
    const app = await startRaw((socket) => {
      arrived++;
      socket.write(OK, () => socket.resetAndDestroy());
    });
    const endpoint = open(app.url);
    // The reset may meet the next delivery on its way: nobody can know better than that it broke off.
    const outcomes: Outcome[] = [];
    for (let i = 0; i < 30; i++) outcomes.push(await endpoint.send(shipment()));
    expect(outcomes.filter(({ kind }) => kind === 'answered')).toHaveLength(arrived);
    for (const outcome of outcomes) if (outcome.kind === 'failed') expect(outcome.cause).toBe('broken');
  });
});

describe('an endpoint that fails', () => {
  it.each([
    ['closes the connection', (socket: Socket) => void socket.end(), 'broken', /closed before the answer/],
    ['resets the connection', (socket: Socket) => void socket.resetAndDestroy(), 'broken', /connection reset|closed before/],
    ['answers garbage', (socket: Socket) => void socket.end('hello there\r\n\r\n'), 'broken', /not HTTP/],
    ['answers a TLS alert', (socket: Socket) => void socket.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 0x16])), 'broken', /not HTTP/],
    [
      'breaks off its head',
      (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
      'broken',
      /^the connection was closed before the answer$/,
    ],
    [
      'breaks off its body',
      (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'),
      'broken',
      /^status 200, but not the whole answer: the connection was closed$/,
    ],
    [
      'breaks off its chunks',
      (socket: Socket) => void socket.end('HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nno size\r\n'),
      'broken',
      /^status 500, but not the whole answer: the answer is not HTTP$/,
    ],
    ['never answers', () => {}, 'timeout', /^no answer within 0\.2 s$/],
  ] as [string, (socket: Socket) => void, string, RegExp][])(
    '%s: told as it is, and the next delivery is tried',
    async (_what, act, cause, says) => {
      const app = await startRaw((socket, _request, index) => {
        if (index === 0) act(socket);
        else socket.write(OK);
      });
      const endpoint = open(app.url, 200);
      const outcome = failed(await endpoint.send(shipment()));
      expect(outcome.cause).toBe(cause);
      expect(outcome.error).toMatch(says);
      expect(answered(await endpoint.send(shipment())).status).toBe(200);
    },
  );

  it('that has no listener: unreachable, with every address that was tried', async () => {
    const port = await closedPort();
    const outcome = failed(await open(`http://localhost:${port}/hook`).send(shipment()));
    expect(outcome).toMatchObject({ cause: 'unreachable', endpoint: `http://localhost:${port}/hook` });
    expect(outcome.error).toMatch(new RegExp(`^connection refused \\(.*(127\\.0\\.0\\.1|\\[::1\\]):${port}`));
  });

  it('whose name nobody knows: unreachable', async () => {
    const outcome = failed(await open('http://whapi-hooks.invalid:3000').send(shipment()));
    expect(outcome.cause).toBe('unreachable');
    expect(outcome.error).toMatch(/host name/);
  });

  it('that speaks HTTP where HTTPS was asked for: broken', async () => {
    const app = await startApp();
    const outcome = failed(await open(app.url.replace('http:', 'https:')).send(shipment()));
    await app.close();
    expect(outcome.cause).toBe('broken');
    expect(outcome.error).not.toBe('');
  });

  it('while it is being closed: what is under way fails', async () => {
    const app = await startRaw(() => {});
    const endpoint = open(app.url);
    const sent = endpoint.send(shipment());
    await endpoint.close();
    expect(failed(await sent).error).not.toBe('');
  });

  it.each([
    ['a header with a line break', { headers: [['x-a', 'b\r\nx-c: d']] as Shipment['headers'] }],
    ['a header with other letters', { headers: [['x-a', '\u0416']] as Shipment['headers'] }],
    ['a header without a name', { headers: [['', 'b']] as Shipment['headers'] }],
    ['a header with another length', { headers: [['content-length', '1']] as Shipment['headers'] }],
    ['a header of the connection', { headers: [['transfer-encoding', 'chunked']] as Shipment['headers'] }],
    ['a path with a space', { suffix: '/a b' }],
    ['a query with a line break', { query: '?a\r\nb' }],
  ])('%s from a recording cannot be sent: told, not thrown', async (_what, more) => {
    const app = await startApp();
    const endpoint = open(app.url);
    const outcome = failed(await endpoint.send(shipment('{}', more)));
    expect(outcome.error).not.toBe('');
    expect(answered(await endpoint.send(shipment())).status).toBe(200);
    await app.close();
    expect(app.received).toHaveLength(1);
  });
});

describe('what is sent', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s with a body says how long it is', async (method) => {
    const app = await startRaw((socket) => void socket.write(OK));
    answered(await open(`${app.url}/hook?a=1`).send(shipment('{"a":"é"}', { method, suffix: '/messages', query: '?b=2' })));
    expect(app.received[0]).toMatch(new RegExp(`^${method} /hook/messages\\?a=1&b=2 HTTP/1\\.1\r\n`));
    expect(app.received[0]).toMatch(/\r\ncontent-length: 10\r\n/i);
    expect(app.received[0]).not.toMatch(/transfer-encoding/i);
  });

  it('a shipment keeps the order and the letters of its headers', async () => {
    const app = await startRaw((socket) => void socket.write(OK));
    const made = shipmentOf(
      {
        id: 'd1',
        time: 0,
        method: 'POST',
        url: '/x?q=1',
        headers: [
          ['X-B', '1'],
          ['x-a', '2'],
          ['X-B', '3'],
          ['Host', 'gone'],
        ],
        body: new Uint8Array([1, 2, 3]),
      },
      '',
      [['X-New', 'last']],
    );
    answered(await open(app.url).send(made));
    expect(app.received[0]?.match(/^(?:x-|host).*$/gim)).toEqual([
      `host: 127.0.0.1:${app.port}`,
      'X-B: 1',
      'x-a: 2',
      'X-B: 3',
      'X-New: last',
    ]);
  });

  it('a large body arrives whole', async () => {
    const app = await startApp();
    const body = new Uint8Array(30_000_000).map((_, index) => index % 251);
    answered(await open(app.url, 30_000).send(shipment(body)));
    await app.close();
    expect(app.received[0]?.body.equals(body)).toBe(true);
  });

  it('an endpoint that answers before it has read a large body is believed', async () => {
    const server = createServer((_request, response) => {
      response.statusCode = 413;
      response.end('too large');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const endpoint = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 3000);
    for (let i = 0; i < 3; i++) expect(answered(await endpoint.send(shipment('x'.repeat(20_000_000)))).status).toBe(413);
  });
});
