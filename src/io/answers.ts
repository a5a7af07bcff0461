/** Header names in lower case → value; a list where the name came several times. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Who is told of the answers on one connection. */
export interface AnswerSink {
  /** Whether what was asked for is a head alone (RFC 9110 section 9.3.2): its length is that of a body that does not come. */
  wantsHead(): boolean;
  /** @param status the last one: those below 200 only announce it */
  onHead(status: number, headers: AnswerHeaders): void;
  /** @param chunk is there as long as the call only */
  onData(chunk: Buffer): void;
  /** @param keeps milliseconds that the connection may rest before it is used again; 0 where it must not be used again */
  onEnd(keeps: number): void;
  /** What came is no answer; nothing follows. */
  onBroken(error: Error): void;
}

/** Reads the answers that come on one connection, one after the other. */
export interface AnswerReader {
  read(chunk: Buffer): void;
  /** The other side has closed the connection. @returns whether that is the end of an answer; `onEnd` was called then */
  end(): boolean;
}

/** Bytes that the head of an answer may have, its trailers, and a line about a chunk. */
const LONGEST_HEAD = 16_384;
/** Milliseconds that a connection may rest where the app says nothing, and by which it is given up before the app does. */
const REST = 4000;
const REST_MARGIN = 2000;
const LONGEST_REST = 600_000;

const NOTHING = Buffer.alloc(0);
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const CR = 13;
const LF = 10;
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const SIZE = /^[\da-f]{1,8}(?=$|[ \t;])/i;

const notHttp = (): Error => new Error('the answer is not HTTP');

/** How a body ends: after so many bytes, in chunks, or with the connection. */
type Framing = { readonly length: number } | 'chunked' | 'close';

interface Head {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly framing: Framing;
  readonly keeps: number;
}

const words = (value: string | string[] | undefined): string[] =>
  value === undefined
    ? []
    : String(value)
        .toLowerCase()
        .split(',')
        .map((word) => word.trim());

const isNewer = (text: string): boolean => text.charCodeAt(7) === 49; // HTTP/1.1

/** Milliseconds that a connection may rest after this answer (RFC 9112 section 9.3); 0 where it ends with it. */
const restOf = (newer: boolean, headers: AnswerHeaders): number => {
  const { connection, 'keep-alive': hint } = headers;
  if (connection === undefined ? !newer : connection !== 'keep-alive') {
    const said = words(connection);
    if (said.includes('close') || !(newer || said.includes('keep-alive'))) return 0;
  }
  const seconds = hint === undefined ? undefined : /timeout=(\d+)/i.exec(String(hint))?.[1];
  return seconds === undefined ? REST : Math.min(LONGEST_REST, Math.max(0, Number(seconds) * 1000 - REST_MARGIN));
};

/** How the body ends (RFC 9112 section 6.3). @returns undefined where the length makes no sense */
const framingOf = (status: number, headers: AnswerHeaders): Framing | undefined => {
  if (status === 204 || status === 304) return { length: 0 };
  const { 'transfer-encoding': codings, 'content-length': length } = headers;
  if (codings !== undefined) return words(codings).at(-1) === 'chunked' ? 'chunked' : 'close';
  if (length === undefined) return 'close';
  const lengths = typeof length === 'string' ? [length] : length;
  const [first = ''] = lengths;
  return /^\d{1,15}$/.test(first) && lengths.every((one) => one === first) ? { length: Number(first) } : undefined;
};

/** A head without the empty line at its end. @returns undefined where it is none */
const readHead = (text: string): Head | undefined => {
  if (!/^HTTP\/1\.[01] \d{3}(?=$|[ \r])/.test(text)) return undefined;
  const status = Number(text.slice(9, 12));
  const headers: Record<string, string | string[] | undefined> = Object.create(null) as Record<string, undefined>; // any name may come
  let at = text.indexOf('\r\n');
  while (at !== -1) {
    const start = at + 2;
    at = text.indexOf('\r\n', start);
    // A line that begins with white space goes on with the value before it (RFC 9112 section 5.2).
    while (at !== -1 && (text.charCodeAt(at + 2) === 32 || text.charCodeAt(at + 2) === 9)) at = text.indexOf('\r\n', at + 2);
    const end = at === -1 ? text.length : at;
    const colon = text.indexOf(':', start);
    if (colon === -1 || colon > end) return undefined;
    const name = text.slice(start, colon);
    if (!NAME.test(name)) return undefined;
    const value = text.slice(colon + 1, end).trim();
    const key = name.toLowerCase();
    const before = headers[key];
    if (before === undefined) headers[key] = value.includes('\n') ? value.replace(/\r\n[ \t]+/g, ' ') : value;
    else if (typeof before === 'string') headers[key] = [before, value];
    else before.push(value);
  }
  const framing = framingOf(status, headers);
  if (framing === undefined) return undefined;
  // Both ways to tell a length contradict each other: what comes behind cannot be trusted.
  const clear = headers['transfer-encoding'] === undefined || headers['content-length'] === undefined;
  return { status, headers, framing, keeps: framing === 'close' || !clear ? 0 : restOf(isNewer(text), headers) };
};

/** The head that was read last: within a second a server's heads are often the same. */
let last: { readonly text: string; readonly head: Head | undefined } | undefined;

const headOf = (text: string): Head | undefined => {
  if (last?.text !== text) last = { text, head: readHead(text) };
  return last.head;
};

/**
 * Reads HTTP/1.0 and HTTP/1.1 (RFC 9112). Bodies are handed on as they come; they are views of
 * what was read, which is not held.
 * What a server may send is bounded: its head by 16 KB, and nothing else is held.
 */
export const createAnswerReader = (sink: AnswerSink): AnswerReader => {
  let state: 'head' | 'length' | 'close' | 'size' | 'chunk' | 'gap' | 'trailers' | 'broken' = 'head';
  /** The beginning of a head or a line whose end is still to come. */
  let held: Buffer = NOTHING;
  /** Bytes that are still to come of the body or of a chunk. */
  let left = 0;
  let keeps = 0;
  let trailers = 0;

  const fail = (error: Error): void => {
    state = 'broken';
    sink.onBroken(error);
  };
  const over = (more: boolean): void => {
    state = 'head';
    // Nobody asked for what comes behind an answer.
    sink.onEnd(more ? 0 : keeps);
  };
  /** Holds what has no end yet. @returns the end of the bytes, so that reading stops */
  const hold = (bytes: Buffer, at: number): number => {
    if (bytes.length - at > LONGEST_HEAD) fail(new Error('the head of the answer is larger than 16 KB'));
    else held = Buffer.from(bytes.subarray(at));
    return bytes.length;
  };

  const takeHead = (bytes: Buffer, from: number): number => {
    let at = from;
    while (at < bytes.length && (bytes[at] === CR || bytes[at] === LF)) at++;
    const end = bytes.indexOf(HEAD_END, at);
    if (end === -1) {
      const beginning = bytes.toString('latin1', at, at + 7);
      if (beginning !== 'HTTP/1.'.slice(0, beginning.length) || bytes.includes('\n\n', at)) fail(notHttp());
      return state === 'broken' ? bytes.length : hold(bytes, at);
    }
    const head = end - at > LONGEST_HEAD ? undefined : headOf(bytes.toString('latin1', at, end));
    if (head === undefined || head.status === 101 || head.status < 100) {
      fail(notHttp());
      return bytes.length;
    }
    const next = end + 4;
    if (head.status < 200) return next;
    const framing: Framing = sink.wantsHead() ? { length: 0 } : head.framing;
    keeps = head.keeps;
    sink.onHead(head.status, head.headers);
    if (framing === 'close') state = 'close';
    else if (framing === 'chunked') {
      state = 'size';
      trailers = 0;
    } else if (framing.length === 0) over(next < bytes.length);
    else {
      state = 'length';
      left = framing.length;
    }
    return framing !== 'chunked' && framing !== 'close' && framing.length === 0 ? bytes.length : next;
  };

  const takeBody = (bytes: Buffer, at: number): number => {
    const end = Math.min(bytes.length, at + left);
    left -= end - at;
    sink.onData(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    if (left > 0) return end;
    if (state === 'chunk') {
      state = 'gap';
      return end;
    }
    over(end < bytes.length);
    return bytes.length;
  };

  /** A line of the chunked coding (RFC 9112 section 7.1): a chunk's size, the end of a chunk, or one of the trailers. */
  const takeLine = (bytes: Buffer, at: number): number => {
    const end = bytes.indexOf(LINE_END, at);
    if (end === -1) return hold(bytes, at);
    const next = end + 2;
    if (state === 'gap') {
      if (end === at) state = 'size';
      else fail(notHttp());
    } else if (state === 'size') {
      const size = SIZE.exec(bytes.toString('latin1', at, end))?.[0];
      if (size === undefined) fail(notHttp());
      else {
        left = Number.parseInt(size, 16);
        state = left === 0 ? 'trailers' : 'chunk';
      }
    } else if (end === at) {
      over(next < bytes.length);
      return bytes.length;
    } else {
      trailers += next - at;
      if (trailers > LONGEST_HEAD) fail(new Error('the head of the answer is larger than 16 KB'));
    }
    return state === 'broken' ? bytes.length : next;
  };

  return {
    read(chunk) {
      if (state === 'broken') return;
      let bytes = chunk;
      if (held.length > 0) {
        bytes = Buffer.concat([held, chunk]);
        held = NOTHING;
      }
      let at = 0;
      while (at < bytes.length) {
        if (state === 'head') at = takeHead(bytes, at);
        else if (state === 'length' || state === 'chunk') at = takeBody(bytes, at);
        else if (state === 'close') {
          sink.onData(at === 0 ? bytes : bytes.subarray(at));
          return;
        } else at = takeLine(bytes, at);
      }
    },
    end() {
      if (state !== 'close') return false;
      over(true);
      return true;
    },
  };
};
