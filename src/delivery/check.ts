import type { Finding } from '../event/finding.ts';
import { positionsOf } from '../event/json.ts';
import { locate } from '../event/locate.ts';
import { type Mode, readLine } from '../event/mode.ts';
import { type EventName, isEventName } from '../event/name.ts';
import { judgeWith, type Overlay } from '../event/overlay.ts';
import { parseBody } from '../event/parse.ts';
import type { Entry } from './entry.ts';
import { recordedWords } from './reading.ts';

/** A finding with its place in the file. */
export interface Placed {
  readonly finding: Finding;
  readonly line: number;
  readonly column: number;
}

/** A payload of a file, checked. */
export interface Checked {
  readonly event: EventName | null;
  readonly payload: unknown;
  /** Where its event was named; only recordings tell. */
  readonly mode: Mode | undefined;
  readonly findings: readonly Finding[];
  /** The findings with their places, in order of them; looked for only when asked. */
  placed(): readonly Placed[];
  /** The text of the payload, where it is UTF-8. */
  readonly text: string | undefined;
}

/** `groups.put.added.json` names its event, for bodies that do not. */
export const eventOfFile = (file: string): EventName | undefined => {
  const [category = '', method = ''] = (file.split(/[\\/]/).at(-1) ?? '').split('.');
  const name = `${category}.${method}`;
  return isEventName(name) ? name : undefined;
};

const WAYS = 'name it with --as <event>, by the name of the file (groups.put.added.json), or check the recording it is from';

const NOTHING: readonly Placed[] = [];

/**
 * Checks one payload of a file. A body that does not name its event is named by the request line it was recorded
 * with, else by the caller.
 * @param as the event that the caller or the name of the file gives
 * @param overlay what is accepted, and so is no finding
 */
export const checkEntry = (entry: Entry, as: EventName | undefined, overlay?: Overlay): Checked => {
  const { recorded } = entry;
  const { mode, line } = recorded === undefined ? {} : readLine(recorded.delivery.method, recordedWords(entry));
  const { parsed, text } = parseBody(entry.body, { line, as }, entry.read);
  const { name: event, payload } = parsed;
  const { findings: found } = judgeWith(overlay, parsed);
  if (found.length === 0) return { event, payload, mode, findings: found, text, placed: () => NOTHING };
  const findings = found.map((finding) =>
    finding.rule === 'event-missing' ? { ...finding, message: `${finding.message}; ${WAYS}` } : finding,
  );
  return { event, payload, mode, findings, text, placed: () => place(entry, text, findings) };
};

/** In order of their places. */
const place = (entry: Entry, text: string | undefined, findings: readonly Finding[]): readonly Placed[] => {
  // A recorded body stands in its line as a string: the line is all that can be said.
  if (entry.recorded !== undefined || text === undefined) {
    return findings.map((finding) => ({ finding, line: entry.line, column: entry.column }));
  }
  const offsets = locate(text, findings);
  const position = positionsOf(text);
  const placed = findings.map((finding, index) => {
    const at = position(offsets[index] ?? 0);
    return { finding, line: entry.line + at.line - 1, column: at.line === 1 ? entry.column + at.column - 1 : at.column };
  });
  return placed.sort((a, b) => a.line - b.line || a.column - b.column);
};
