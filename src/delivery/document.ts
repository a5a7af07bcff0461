import { type Finding, finding } from '../event/finding.ts';
import { positionOf, positionsOf, readJson, syntaxError } from '../event/json.ts';
import { children } from '../event/mode.ts';
import { KEY_OWNERS } from '../event/name.ts';
import { DEEPEST, scanText } from '../event/scan.ts';
import { isObject, type JsonObject } from '../schema/keywords.ts';
import { isRecord, type ReadRecord, readRecord } from './recording.ts';

/** A payload in a file: its own bytes, and where in the file they stand. */
export interface Entry {
  /** Its name in a map, its place in a list (from 1), its line; null where it is the whole file. */
  readonly name: string | null;
  readonly body: Uint8Array;
  /** Line and column (from 1, UTF-16 units) of its first character. */
  readonly line: number;
  readonly column: number;
  /** The delivery it was recorded as. */
  readonly recorded?: Extract<ReadRecord, { type: 'delivery' }>;
  /** Path of the listener that recorded it, where the recording says so. */
  readonly base?: string;
}

/** Something wrong with the file itself. */
export interface FileFinding {
  readonly line: number;
  readonly column: number;
  readonly finding: Finding;
}

/** A file of payloads, read. */
export interface Document {
  readonly entries: Entry[];
  readonly problems: FileFinding[];
}

const encoder = new TextEncoder();

const isPayload = (value: unknown): value is JsonObject =>
  isObject(value) &&
  (Object.hasOwn(value, 'event') || Object.hasOwn(value, 'channel_id') || Object.keys(value).some((key) => KEY_OWNERS.has(key)));

const problem = (made: Finding, line = 1, column = 1): Document => ({ entries: [], problems: [{ line, column, finding: made }] });

const isLines = (file: string): boolean => /\.(?:jsonl|ndjson)$/i.test(file);

/**
 * Reads a file of payloads (README, "Files"): in `.json` a list of payloads, one payload or a map of named ones;
 * in `.jsonl` and `.ndjson` one payload or record a line.
 * @param file its name, which tells the form; `-` is told by its content
 */
export const readDocument = (file: string, bytes: Uint8Array): Document => {
  if (isLines(file) || (file === '-' && looksLikeLines(bytes))) return readLines(bytes);
  return readWhole(bytes);
};

/** Several lines, the first of them one whole JSON object. */
const looksLikeLines = (bytes: Uint8Array): boolean => {
  const end = bytes.indexOf(10);
  if (end === -1 || bytes.subarray(end).every((byte) => byte <= 32)) return false;
  try {
    return isObject(JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))));
  } catch {
    return false;
  }
};

const readWhole = (bytes: Uint8Array): Document => {
  const read = readJson(bytes);
  const fatal = read.findings.find(({ rule }) => ['not-json', 'empty-body', 'bad-encoding', 'too-deep'].includes(rule));
  const text = read.text;
  if (text === undefined || fatal !== undefined) {
    const made = fatal ?? finding('not-json', '', 'other bytes', 'JSON', 'the file is not JSON');
    // A byte order mark takes no column.
    const shift = text?.charCodeAt(0) === 0xfeff ? 1 : 0;
    const { line, column } = positionOf(text?.slice(shift) ?? '', Math.max(0, (made.offset ?? 0) - shift));
    return problem(made, line, column);
  }
  const mark: FileFinding[] = read.findings
    .filter(({ rule }) => rule === 'byte-order-mark')
    .map((made) => ({ line: 1, column: 1, finding: made }));
  const json = mark.length > 0 ? text.slice(1) : text;
  const value: unknown = JSON.parse(json); // readJson has shown that it is JSON
  const start = json.search(/\S/);
  const position = positionsOf(json);
  const slice = (name: string | null, from: number, to: number): Entry => {
    const { line, column } = position(from);
    return { name, body: encoder.encode(json.slice(from, to)), line, column };
  };
  if (Array.isArray(value)) {
    return { entries: children(json).map(({ valueStart, end }, index) => slice(String(index + 1), valueStart, end)), problems: mark };
  }
  if (isObject(value) && isRecord(value)) return readLines(encoder.encode(JSON.stringify(value)));
  if (isPayload(value)) return { entries: [slice(null, start, json.trimEnd().length)], problems: mark };
  if (isObject(value) && Object.keys(value).length > 0) {
    const stranger = Object.keys(value).find((key) => !isPayload(value[key]));
    const members = children(json);
    if (stranger === undefined) {
      const seen = new Set<string>();
      const problems = [...mark];
      for (const member of members) {
        if (seen.has(member.key)) {
          const message = `the name ${JSON.stringify(member.key.slice(0, 60))} stands twice in the map`;
          problems.push({
            ...position(member.start),
            finding: finding('duplicate-key', '', 'the name again', 'each name once', message),
          });
        }
        seen.add(member.key);
      }
      return { entries: members.map(({ key, valueStart, end }) => slice(key, valueStart, end)), problems };
    }
    const payloads = Object.values(value).filter(isPayload).length;
    if (payloads > 0) {
      const at = position(members.find(({ key }) => key === stranger)?.start ?? start);
      const message = `${JSON.stringify(stranger.slice(0, 60))} is not a payload, though the file looks like a map of named payloads: a payload is an object with event, channel_id or a payload key`;
      return problem(finding('not-payload', '', 'something else', 'a payload', message), at.line, at.column);
    }
  }
  const message =
    'neither a payload (an object with event, channel_id or a payload key such as messages), nor a list of payloads, nor a map of named payloads';
  const { line, column } = position(start);
  return problem(finding('not-payload', '', isObject(value) ? 'an object' : 'another value', 'payloads', message), line, column);
};

const readLines = (bytes: Uint8Array): Document => {
  const entries: Entry[] = [];
  const problems: FileFinding[] = [];
  let base: string | undefined;
  /** Told by the first line. */
  let isRecording: boolean | undefined;
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start);
    const end = found === -1 ? bytes.length : found;
    line++;
    const body = bytes.subarray(start, bytes[end - 1] === 13 ? end - 1 : end);
    start = end + 1;
    if (body.every((byte) => byte === 32 || byte === 9)) continue;
    const record = recordOf(body);
    isRecording ??= record !== undefined;
    if (record === undefined && isRecording) {
      problems.push({
        line,
        column: 1,
        finding: finding('not-record', '', 'something else', 'a record', 'a recording holds one record a line, and this line is none'),
      });
    } else if (record === undefined) entries.push({ name: `line ${line}`, body, line, column: 1 });
    else if (typeof record === 'string')
      problems.push({ line, column: 1, finding: finding('not-record', '', 'another record', 'a record', record) });
    else if (record.type === 'ready') base = pathOfReady(record.url);
    else if (record.type === 'delivery') {
      entries.push({
        name: record.delivery.id === '' ? `line ${line}` : record.delivery.id,
        body: record.delivery.body,
        line,
        column: 1,
        recorded: record,
        ...(base === undefined ? {} : { base }),
      });
    }
  }
  if (entries.length === 0 && problems.length === 0 && line === 0) {
    return problem(finding('empty-body', '', 'nothing', 'payloads, one a line', 'the file is empty'));
  }
  return { entries, problems };
};

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
