import { type Checked, checkEntry } from '../delivery/check.ts';
import { type Entry, type FileFinding, type LinesState, readLines } from '../delivery/document.ts';
import type { Finding } from '../event/finding.ts';
import type { EventName } from '../event/name.ts';
import type { Overlay } from '../event/overlay.ts';

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

/** What a check of many lines needs to know. */
export interface SegmentOptions {
  readonly as: EventName | undefined;
  readonly overlay: Overlay | undefined;
  readonly ignores: (finding: Finding) => boolean;
  /** Tells rows apart of which a report shows one. */
  readonly kindOf: (row: Row) => string;
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
  const add = (all: readonly Row[]): boolean => {
    const told = all.filter(({ finding }) => !ignores(finding));
    for (const row of told) {
      const kind = kindOf(row);
      const { around, ...plain } = row;
      rows.push(kinds.has(kind) || kinds.size === MOST_TEXTS ? plain : row);
      if (kinds.size < MOST_TEXTS) kinds.add(kind);
    }
    return told.length > 0;
  };
  const parts = readLines(bytes.length === 0 ? [] : [bytes], before);
  let next = parts.next();
  for (; next.done !== true; next = parts.next()) {
    const part = next.value;
    if ('problem' in part) add([rowOfProblem(part.problem)]);
    else {
      events++;
      const checked = checkEntry(part.entry, as, overlay);
      if (checked.findings.length === 0 || !add(rowsOfEntry(part.entry, checked))) clean++;
    }
  }
  return { events, clean, rows, ...next.value };
};

/** A row of a segment as it stands in the file: `before` lines come before the segment. */
export const rowInFile = (row: Row, before: number): Row => ({
  ...row,
  line: row.line + before,
  payload: row.payload === `line ${row.line}` ? `line ${row.line + before}` : row.payload,
  ...(row.around === undefined ? {} : { around: { ...row.around, line: row.around.line + before } }),
});
