import { describe, expect, it } from 'vitest';
import { createAnswerReader } from '../../src/io/answers.ts';

/** What a reader told of the bytes of one connection, given in pieces of a size. */
const read = (text: string, size: number, ends = false, wantsHead = false): unknown[] => {
  const told: unknown[] = [];
  const reader = createAnswerReader({
    wantsHead: () => wantsHead,
    onHead: (status, headers) => told.push([status, { ...headers }]),
    onData: (chunk) => {
      const last = told.at(-1);
      if (typeof last === 'string') told[told.length - 1] = last + chunk.toString('latin1');
      else told.push(chunk.toString('latin1'));
    },
    onEnd: (keeps) => told.push({ keeps }),
    onBroken: (error) => told.push(error.message),
  });
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) reader.read(bytes.subarray(at, at + size));
  if (ends) told.push({ ended: reader.end() });
  return told;
};

const sizes = [1, 2, 3, 7, 100_000];

describe.each(sizes)('an answer that comes in pieces of %i bytes', (size) => {
  it.each(['content-length: 9\r\n', 'transfer-encoding: chunked\r\n', ''])('to HEAD has no body, whatever it says: %j', (framing) => {
    const [head, end] = read(`HTTP/1.1 200 OK\r\n${framing}\r\n`, size, false, true);
    expect(head).toEqual([200, expect.anything()]);
    expect(end).toHaveProperty('keeps');
  });

  it.each([
    ['with its length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', [[200, { 'content-length': '2' }], 'ok', { keeps: 4000 }]],
    ['without a reason', 'HTTP/1.1 201\r\ncontent-length: 0\r\n\r\n', [[201, { 'content-length': '0' }], { keeps: 4000 }]],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', [[204, {}], { keeps: 4000 }]],
    [
      'not modified, with the length of what is not sent',
      'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n',
      [[304, { 'content-length': '9' }], { keeps: 4000 }],
    ],
    [
      'in chunks, with an extension and trailers',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA \r\n0123456789\r\n0\r\nx-sum: 1\r\n\r\n',
      [[200, { 'transfer-encoding': 'chunked' }], 'abc0123456789', { keeps: 4000 }],
    ],
    [
      'behind others that announce it',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 1\r\n\r\n!',
      [[202, { 'content-length': '1' }], '!', { keeps: 4000 }],
    ],
    [
      'with a header twice, and one on two lines',
      'HTTP/1.1 204 OK\r\nX-A: 1\r\nx-a:2\r\nX-B: one\r\n\ttwo\r\n\r\n',
      [[204, { 'x-a': ['1', '2'], 'x-b': 'one two' }], { keeps: 4000 }],
    ],
    [
      'with headers that objects have by themselves',
      'HTTP/1.1 204 OK\r\nconstructor: a\r\ntoString: b\r\n\r\n',
      [[204, { constructor: 'a', tostring: 'b' }], { keeps: 4000 }],
    ],
    [
      'that says how long the connection stays',
      'HTTP/1.1 204 OK\r\nconnection: keep-alive\r\nkeep-alive: timeout=5\r\n\r\n',
      [[204, { connection: 'keep-alive', 'keep-alive': 'timeout=5' }], { keeps: 3000 }],
    ],
    [
      'that stays too short to be used again',
      'HTTP/1.1 204 OK\r\nkeep-alive: timeout=2\r\n\r\n',
      [[204, { 'keep-alive': 'timeout=2' }], { keeps: 0 }],
    ],
    [
      'that closes the connection',
      'HTTP/1.1 200 OK\r\nConnection: Foo, Close\r\ncontent-length: 2\r\n\r\nok',
      [[200, { connection: 'Foo, Close', 'content-length': '2' }], 'ok', { keeps: 0 }],
    ],
    [
      'of HTTP/1.0, whose connections end',
      'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok',
      [[200, { 'content-length': '2' }], 'ok', { keeps: 0 }],
    ],
    [
      'of HTTP/1.0 that says otherwise',
      'HTTP/1.0 204 OK\r\nconnection: keep-alive\r\n\r\n',
      [[204, { connection: 'keep-alive' }], { keeps: 4000 }],
    ],
    [
      'with two ways to tell its length: it is read, and the connection not used again',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
      [[200, { 'content-length': '5', 'transfer-encoding': 'chunked' }], 'a', { keeps: 0 }],
    ],
    [
      'behind empty lines, with the same length twice',
      '\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na',
      [[200, { 'content-length': ['1', '1'] }], 'a', { keeps: 4000 }],
    ],
  ])('%s', (_what, text, told) => {
    expect(read(text, size)).toEqual(told);
  });

  it('and ends with its connection', () => {
    expect(read('HTTP/1.1 200 OK\r\n\r\nall of it', size, true)).toEqual([[200, {}], 'all of it', { keeps: 0 }, { ended: true }]);
  });

  it.each([
    ['its head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['its body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
    ['a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\nhalf'],
    ['its trailers', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: 1\r\n'],
  ])('and breaks off in %s has no end', (_where, text) => {
    const told = read(text, size, true);
    expect(told.at(-1)).toEqual({ ended: false });
    expect(told).not.toContainEqual({ keeps: 4000 });
  });

  it.each([
    ['words', 'hello there\r\n\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['a status too long', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status too small', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['a protocol nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['lines that end with a line feed alone', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nnothing\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: a\r\n\r\n'],
    ['a header with a space before its colon', 'HTTP/1.1 200 OK\r\ncontent-length : 1\r\n\r\na'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n'],
    ['a chunk of too many digits', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1234567890\r\n'],
    ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n'],
  ])('and has %s is no HTTP', (_what, text) => {
    expect(read(text, size).at(-1)).toBe('the answer is not HTTP');
  });
});

describe('what an answer may make the reader hold', () => {
  it.each([
    ['a head without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(4000)}`],
    ['one header without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`],
    ['a line about a chunk without end', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'y'.repeat(20_000)}`],
    ['trailers without end', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(4000)}`],
  ])('is bounded: %s', (_what, text) => {
    for (const size of [100, 100_000]) expect(read(text, size).at(-1)).toBe('the head of the answer is larger than 16 KB');
  });

  it('what nobody asked for, behind an answer: the connection is not used again', () => {
    const text = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil';
    expect(read(text, 100_000)).toEqual([[200, { 'content-length': '2' }], 'ok', { keeps: 0 }]);
  });
});
