import { type Checked, checkEntry } from '../delivery/check.ts';
import type { Entry, FileFinding } from '../delivery/entry.ts';
import { beginsLikeRecord, type LinesState, readLines } from '../delivery/lines.ts';
import type { Finding } from '../event/finding.ts';
import type { EventName } from '../event/name.ts';
import { judgeWith, type Overlay } from '../event/overlay.ts';
import { parseBody } from '../event/parse.ts';
import type { JsonObject } from '../schema/keywords.ts';

/** A finding in a file: plain data, which may travel from one thread to another. */
export interface Row {
  readonly line: number;
  readonly column: number;
  readonly event: EventName | null;
  readonly finding: Finding;
  /** Name or place of its payload in the file; null where the file is the payload, or none was read. */
  readonly payload: string | null;
  /** The text around it, and where in the file it begins. */
  readonly around?: { readonly text: string; readonly line: number; readonly column: number };
}

/** A file as a whole, from its first character. */
export const rowOfProblem = ({ line, column, finding, text }: FileFinding): Row => ({
  ...{ line, column, event: null, finding, payload: null },
  ...(text === undefined ? {} : { around: { text, line: 1, column: 1 } }),
});

/** The findings of a payload, in order of their places. */
export const rowsOfEntry = (entry: Entry, { event, text, placed }: Checked): Row[] => {
  // A recorded body stands in its line as a string: its text is not that of the file.
  const around = entry.recorded === undefined && text !== undefined ? { text, line: entry.line, column: entry.column } : undefined;
  return placed().map(({ finding, line, column }) => ({
    ...{ line, column, event, finding, payload: entry.name },
    ...(around === undefined ? {} : { around }),
  }));
};

/** Lines of some bytes, cut and looked through by quicker means than `readLines` and `scan`. */
export interface CutLines {
  /**
   * Of each line four times the index of its end, and two more where it is a payload without any finding, or one more
   * where `scan` may have something to say about it: a key may stand twice, a character may be half, it may be too deep.
   */
  readonly ends: Int32Array;
  text(start: number, end: number): string;
}

/** What a check of many lines needs to know. */
export interface SegmentOptions {
  readonly as: EventName | undefined;
  readonly overlay: Overlay | undefined;
  readonly ignores: (finding: Finding) => boolean;
  /** Tells rows apart of which a report shows one. */
  readonly kindOf: (row: Row) => string;
  /** Where it is quick; undefined for bytes that it cannot do. */
  readonly cut?: (bytes: Uint8Array) => CutLines | undefined;
}

/** A part of a file of lines, checked; its lines are counted from 1. */
export interface Segment {
  readonly lines: number;
  readonly events: number;
  /** Payloads without any finding. */
  readonly clean: number;
  /** The text around stands only at the first row of a kind. */
  readonly rows: readonly Row[];
  readonly after: LinesState;
}

/** Rows whose text is kept: a report shows no more kinds. */
const MOST_TEXTS = 1000;

/** A text that begins with a brace; undefined where it is no JSON. */
const parseObject = (text: string): JsonObject | undefined => {
  try {
    return JSON.parse(text) as JsonObject; // what begins with a brace and is JSON is an object
  } catch {
    return undefined;
  }
};

/**
 * Checks some of the lines of a file.
 * @param bytes whole lines
 * @param before what the lines before have told; undefined for the first ones
 */
export const checkSegment = (bytes: Uint8Array, before: LinesState | undefined, options: SegmentOptions): Segment => {
  const { as, overlay, ignores, kindOf } = options;
  const rows: Row[] = [];
  const kinds = new Set<string>();
  let events = 0;
  let clean = 0;
  const add = (all: readonly Row[], before: number): boolean => {
    const told = all.filter(({ finding }) => !ignores(finding));
    for (const each of told) {
      const row = before === 0 ? each : rowInFile(each, before);
      const kind = kindOf(row);
      const { around, ...plain } = row;
      rows.push(kinds.has(kind) || kinds.size === MOST_TEXTS ? plain : row);
      if (kinds.size < MOST_TEXTS) kinds.add(kind);
    }
    return told.length > 0;
  };
  const check = (entry: Entry, before: number): void => {
    events++;
    const checked = checkEntry(entry, as, overlay);
    if (checked.findings.length === 0 || !add(rowsOfEntry(entry, checked), before)) clean++;
  };
  /** Lines by the general way; `before` of the segment's lines come before them. */
  const checkLines = (some: Uint8Array, state: LinesState | undefined, before: number): { lines: number; after: LinesState } => {
    const parts = readLines(some.length === 0 ? [] : [some], state);
    let next = parts.next();
    for (; next.done !== true; next = parts.next()) {
      if ('problem' in next.value) add([rowOfProblem(next.value.problem)], before);
      else check(next.value.entry, before);
    }
    return next.value;
  };
  // The first line tells what the others are.
  const begun = before === undefined && bytes[0] === 123 ? bytes.indexOf(10) + 1 : 0;
  const head = begun === 0 ? undefined : checkLines(bytes.subarray(0, begun), before, 0);
  let after = head?.after ?? before;
  // The lines of a recording have no text of their own to be looked through.
  const lines = after?.isRecording === false ? options.cut?.(bytes) : undefined;
  if (after === undefined || lines === undefined) {
    const rest = checkLines(bytes.subarray(begun), after, head?.lines ?? 0);
    return { lines: (head?.lines ?? 0) + rest.lines, events, clean, rows, after: rest.after };
  }
  const { ends } = lines;
  for (let index = head?.lines ?? 0, start = begun; index < ends.length; index++) {
    const told = ends[index] as number; // index is below the length
    const next = (told >> 2) + 1;
    // Nearly every line ends here, before anything is made of it.
    if ((told & 2) !== 0) {
      events++;
      clean++;
      start = next;
      continue;
    }
    const end = next - 2 >= start && bytes[next - 2] === 13 ? next - 2 : next - 1;
    const plain = (told & 1) === 0 && bytes[start] === 123 && !beginsLikeRecord(bytes, start);
    const text = plain ? lines.text(start, end) : '';
    const payload = plain ? parseObject(text) : undefined;
    if (payload === undefined) ({ after } = checkLines(bytes.subarray(start, next), after, index));
    else {
      const read = { ok: true as const, text, payload, findings: [] };
      if (judgeWith(overlay, parseBody(text, { as }, read).parsed).findings.length === 0) {
        events++;
        clean++;
      } else check({ name: `line ${index + 1}`, body: bytes.subarray(start, end), read, line: index + 1, column: 1 }, 0);
    }
    start = next;
  }
  return { lines: ends.length, events, clean, rows, after };
};

/** A row of a segment as it stands in the file: `before` lines come before the segment. */
export const rowInFile = (row: Row, before: number): Row => ({
  ...row,
  line: row.line + before,
  payload: row.payload === `line ${row.line}` ? `line ${row.line + before}` : row.payload,
  ...(row.around === undefined ? {} : { around: { ...row.around, line: row.around.line + before } }),
});
