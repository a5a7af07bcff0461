import { type Finding, finding } from '../event/finding.ts';
import { positionOf, positionsOf, readJson } from '../event/json.ts';
import { children } from '../event/mode.ts';
import { KEY_OWNERS } from '../event/name.ts';
import { isObject, type JsonObject } from '../schema/keywords.ts';
import type { Entry, FileFinding, Part } from './entry.ts';
import { isLines, join, readLines } from './lines.ts';
import { elementsOf } from './list.ts';
import { isRecord } from './recording.ts';

/** A file of payloads, read whole. */
export interface Document {
  readonly entries: Entry[];
  readonly problems: FileFinding[];
}

const encoder = new TextEncoder();

const isPayload = (value: unknown): value is JsonObject =>
  isObject(value) &&
  (Object.hasOwn(value, 'event') || Object.hasOwn(value, 'channel_id') || Object.keys(value).some((key) => KEY_OWNERS.has(key)));

const problem = (made: Finding, line: number, column: number, text?: string): Document => ({
  entries: [],
  problems: [{ line, column, finding: made, ...(text === undefined ? {} : { text }) }],
});

/** A member of maps that tells editors the schema (docs/editors.md). */
const EDITORS = '$schema';

/**
 * Reads a file of payloads (README, "Files"): in `.json` a list of payloads, one payload or a map of named ones;
 * in `.jsonl` and `.ndjson` one payload or record a line. Files of lines are read as they come: no more than a line
 * of them is held.
 * @param file its name, which tells the form; `-` is told by its content
 * @param chunks its bytes, in pieces of any size; `whole` where there is one piece
 */
export const readParts = (file: string, chunks: Iterable<Uint8Array> & { readonly whole?: Uint8Array }): Iterable<Part> => {
  if (isLines(file)) return readLines(chunks);
  return chunks.whole === undefined || file === '-' ? readJsonFile(file, chunks) : partsOf(readWhole(chunks.whole));
};

const partsOf = ({ entries, problems }: Document): Part[] => [
  ...entries.map((entry) => ({ entry })),
  ...problems.map((problem) => ({ problem })),
];

function* readJsonFile(file: string, chunks: Iterable<Uint8Array>): Generator<Part> {
  const { first, rest } = begin(chunks);
  if (first !== undefined && rest !== undefined && beginsList(first)) {
    // Too large for one piece: the list is read element by element.
    if (first[0] === 0xef) yield { problem: { line: 1, column: 1, finding: byteOrderMark() } };
    let count = 0;
    for (const element of elementsOf(chain(first, rest))) {
      const { line, column } = element;
      if ('problem' in element) yield { problem: { line, column, finding: element.problem } };
      else yield { entry: { name: String(++count), body: element.body, line, column } };
    }
    return;
  }
  const bytes = join(first === undefined ? [] : rest === undefined ? [first] : [...chain(first, rest)]);
  if (file === '-' && looksLikeLines(bytes)) yield* readLines([bytes]);
  else yield* partsOf(readWhole(bytes));
}

const byteOrderMark = (): Finding =>
  finding('byte-order-mark', '', 'a byte order mark', 'none', 'the file begins with a byte order mark', { offset: 0 });

/** The first piece of a file, and the others where there are any. */
const begin = (chunks: Iterable<Uint8Array>): { first?: Uint8Array; rest?: Iterable<Uint8Array> } => {
  const pieces = chunks[Symbol.iterator]();
  const first = pieces.next();
  if (first.done === true) return {};
  const second = pieces.next();
  if (second.done === true) return { first: first.value };
  return { first: first.value, rest: chain(second.value, { [Symbol.iterator]: () => pieces }) };
};

function* chain(first: Uint8Array, rest: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield first;
  yield* rest;
}

/** Whether the first sign of a file is the bracket of a list. */
const beginsList = (bytes: Uint8Array): boolean => {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const sign = bytes.subarray(start).find((byte) => byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13);
  return sign === 91;
};

/** `readParts`, collected. */
export const readDocument = (file: string, bytes: Uint8Array): Document => collect(readParts(file, [bytes]));

export const collect = (parts: Iterable<Part>): Document => {
  const document: Document = { entries: [], problems: [] };
  for (const part of parts) {
    if ('entry' in part) document.entries.push(part.entry);
    else document.problems.push(part.problem);
  }
  return document;
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

/** Bytes of white space that JSON has at the end of a document. */
const spaceAtEnd = (bytes: Uint8Array): number => {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 32 || bytes[end - 1] === 13 || bytes[end - 1] === 9)) end--;
  return bytes.length - end;
};

const readWhole = (bytes: Uint8Array): Document => {
  const read = readJson(bytes);
  // Most files: one payload that begins at the beginning. It is not read again.
  if (read.ok && bytes[0] === 123 && isPayload(read.payload) && !isRecord(read.payload)) {
    const space = spaceAtEnd(bytes);
    const body = bytes.subarray(0, bytes.length - space);
    const text = read.text.slice(0, read.text.length - space);
    return { entries: [{ name: null, body, read: { ...read, text }, line: 1, column: 1 }], problems: [] };
  }
  const fatal = read.findings.find(({ rule }) => ['not-json', 'empty-body', 'bad-encoding', 'too-deep'].includes(rule));
  const text = read.text;
  if (text === undefined || fatal !== undefined) {
    const made = fatal ?? finding('not-json', '', 'other bytes', 'JSON', 'the file is not JSON');
    // A byte order mark takes no column.
    const shift = text?.charCodeAt(0) === 0xfeff ? 1 : 0;
    const { line, column } = positionOf(text?.slice(shift) ?? '', Math.max(0, (made.offset ?? 0) - shift));
    return problem(made, line, column, text?.slice(shift));
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
  if (isObject(value) && isRecord(value)) return collect(readLines([encoder.encode(JSON.stringify(value))]));
  if (isPayload(value)) return { entries: [slice(null, start, json.trimEnd().length)], problems: mark };
  if (isObject(value) && Object.keys(value).some((key) => key !== EDITORS)) {
    const stranger = Object.keys(value).find((key) => key !== EDITORS && !isPayload(value[key]));
    const members = children(json).filter(({ key }) => key !== EDITORS);
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
      return problem(finding('not-payload', '', 'something else', 'a payload', message), at.line, at.column, json);
    }
  }
  const message =
    'neither a payload (an object with event, channel_id or a payload key such as messages), nor a list of payloads, nor a map of named payloads';
  const { line, column } = position(start);
  return problem(finding('not-payload', '', isObject(value) ? 'an object' : 'another value', 'payloads', message), line, column, json);
};
