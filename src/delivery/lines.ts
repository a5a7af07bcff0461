import { finding } from '../event/finding.ts';
import { syntaxError } from '../event/json.ts';
import { DEEPEST, scanText } from '../event/scan.ts';
import type { Part } from './entry.ts';
import { isRecord, type ReadRecord, readRecord } from './recording.ts';

/** Whether the name of a file says that it holds one payload or record a line. */
export const isLines = (file: string): boolean => /\.(?:jsonl|ndjson)$/i.test(file);

/** Pieces of bytes as one. */
export const join = (pieces: readonly Uint8Array[]): Uint8Array => {
  const [first = new Uint8Array()] = pieces;
  if (pieces.length < 2) return first;
  const whole = new Uint8Array(pieces.reduce((size, { byteLength }) => size + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
};

/**
 * The lines of a file without their ends, one a call, undefined after the last one, which may lack its end. No generator:
 * there are millions of them.
 */
const linesOf = (chunks: Iterable<Uint8Array>): (() => Uint8Array | undefined) => {
  const pieces = chunks[Symbol.iterator]();
  let carried: Uint8Array[] = [];
  let chunk: Uint8Array = new Uint8Array();
  let start = 0;
  const more = (): boolean => {
    // A copy: whoever reads the file may use its buffer again.
    if (start < chunk.length) carried.push(chunk.slice(start));
    const { done, value } = pieces.next();
    chunk = done === true ? new Uint8Array() : value;
    start = 0;
    return done !== true;
  };
  const withCarried = (rest: Uint8Array): Uint8Array => {
    const line = join([...carried, rest]);
    carried = [];
    return line;
  };
  return () => {
    let end = chunk.indexOf(10, start);
    while (end === -1) {
      if (!more()) return carried.length > 0 ? withCarried(chunk) : undefined;
      end = chunk.indexOf(10);
    }
    const rest = chunk.subarray(start, end > start && chunk[end - 1] === 13 ? end - 1 : end);
    start = end + 1;
    if (carried.length === 0) return rest;
    const line = withCarried(rest);
    // The end of the line may stand in two pieces.
    return end === 0 && line[line.length - 1] === 13 ? line.subarray(0, -1) : line;
  };
};

/** What the lines before have told about those that follow. */
export interface LinesState {
  /** Told by the first line. */
  readonly isRecording: boolean;
  /** Path of the listener that recorded, where the recording says so. */
  readonly base?: string;
}

/**
 * Reads lines of payloads or records.
 * @param before what the lines before these have told, where these are not the first
 * @returns how many lines there were, and what they tell about those that follow
 */
export function* readLines(
  chunks: Iterable<Uint8Array>,
  before?: LinesState,
): Generator<Part, { readonly lines: number; readonly after: LinesState }> {
  let base = before?.base;
  let isRecording = before?.isRecording;
  let line = 0;
  const next = linesOf(chunks);
  for (let body = next(); body !== undefined; body = next()) {
    line++;
    if (isBlank(body)) continue;
    // Among payloads only a line that begins like a record of ours is looked at as one.
    const record = isRecording === false && !beginsLikeRecord(body) ? undefined : recordOf(body);
    isRecording ??= record !== undefined;
    if (record === undefined && isRecording)
      yield notRecord(line, 'something else', 'a recording holds one record a line, and this line is none');
    else if (record === undefined) yield { entry: { name: `line ${line}`, body, line, column: 1 } };
    else if (typeof record === 'string') yield notRecord(line, 'another record', record);
    else if (record.type === 'ready') base = pathOfReady(record.url);
    else if (record.type === 'delivery') {
      const name = record.delivery.id === '' ? `line ${line}` : record.delivery.id;
      yield { entry: { name, body: record.delivery.body, line, column: 1, recorded: record, ...(base === undefined ? {} : { base }) } };
    }
  }
  if (line === 0 && before === undefined)
    yield { problem: { line: 1, column: 1, finding: finding('empty-body', '', 'nothing', 'payloads, one a line', 'the file is empty') } };
  return { lines: line, after: { isRecording: isRecording === true, ...(base === undefined ? {} : { base }) } };
}

const notRecord = (line: number, found: string, message: string): Part => ({
  problem: { line, column: 1, finding: finding('not-record', '', found, 'a record', message) },
});

const isBlank = (line: Uint8Array): boolean => {
  for (let i = 0; i < line.length; i++) if (line[i] !== 32 && line[i] !== 9) return false;
  return true;
};

/** Whether `{"v"` stands at an index. */
export const beginsLikeRecord = (bytes: Uint8Array, start = 0): boolean =>
  bytes[start + 2] === 118 && bytes[start] === 123 && bytes[start + 1] === 34 && bytes[start + 3] === 34;

/** A line as a record, a sentence about a bad record, or undefined where it is a payload (or no JSON at all). */
const recordOf = (body: Uint8Array): ReadRecord | string | undefined => {
  // Nearly all payloads are told apart without parsing them twice.
  const text = new TextDecoder().decode(body);
  if (!text.includes('"v"')) return undefined;
  if (scanText(text).depth > DEEPEST) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? readRecord(value) : undefined;
  } catch {
    return text.includes('"bodyBase64"') || text.includes('"type":"delivery"') ? `not JSON: ${syntaxError(text).cause}` : undefined;
  }
};

/** The path a listener listened on, from the url of its ready record. */
const pathOfReady = (url: string): string | undefined => {
  try {
    return new URL(url).pathname.replace(/\/$/, '');
  } catch {
    return undefined;
  }
};
