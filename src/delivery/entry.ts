import type { Finding } from '../event/finding.ts';
import type { Read } from '../event/json.ts';
import type { ReadRecord } from './recording.ts';

/** A payload in a file: its own bytes, and where in the file they stand. */
export interface Entry {
  /** Its name in a map, its place in a list (from 1), its line; null where it is the whole file. */
  readonly name: string | null;
  readonly body: Uint8Array;
  /** What reading it gave, where it has been read already. */
  readonly read?: Read;
  /** Line and column (from 1, UTF-16 units) of its first character. */
  readonly line: number;
  readonly column: number;
  /** The delivery it was recorded as. */
  readonly recorded?: Extract<ReadRecord, { type: 'delivery' }>;
  /** How it goes out as a step of a scenario. */
  readonly scenario?: ScenarioPart;
  /** Path of the listener that recorded it, where the recording says so. */
  readonly base?: string;
}

/** What a scenario says of a payload beside its bytes. */
export interface ScenarioPart {
  /** Milliseconds between the payload before and this one. */
  readonly delay: number;
  /** What is expected of the answer, in the form of `--expect`. */
  readonly expect: readonly string[];
}

/** Something wrong with the file itself. */
export interface FileFinding {
  readonly line: number;
  readonly column: number;
  readonly finding: Finding;
  /** The text of the file, where it was read whole: a report shows its lines. */
  readonly text?: string;
}

/** What stands in a file, in order. */
export type Part = { readonly entry: Entry } | { readonly problem: FileFinding };
