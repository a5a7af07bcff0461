import type { Counts } from '../../delivery/recording.ts';
import type { Refusal } from '../../io/server.ts';
import { plural } from '../../view/text.ts';

/** What happened so far; told at the end. */
export interface Tally extends Counts {
  taken: number;
  hidden: number;
  invalid: number;
  forwarded: number;
  failed: number;
  left: number;
  readonly refused: Map<Refusal, number>;
}

export const newTally = (): Tally => ({ taken: 0, hidden: 0, invalid: 0, forwarded: 0, failed: 0, left: 0, refused: new Map() });

const REFUSED: Readonly<Record<Refusal, string>> = {
  late: 'after the last one (503)',
  unstored: 'not stored (503)',
  origin: 'from a web page (403)',
  secret: 'without the secret (401)',
  path: 'on another path (404)',
  method: 'with another verb (405)',
  'too-large': 'too large (413)',
  malformed: 'not HTTP (400)',
  broken: 'broken off',
};

export const tallyLine = (tally: Tally, forwards: boolean): string => {
  const parts = [plural(tally.taken, 'delivery', 'deliveries')];
  if (tally.hidden > 0) parts.push(`${tally.hidden} of other events`);
  if (tally.invalid > 0) parts.push(`${tally.invalid} not valid`);
  if (forwards) parts.push(`${tally.forwarded} forwarded${tally.failed > 0 ? `, ${tally.failed} failed` : ''}`);
  for (const [refusal, times] of tally.refused) parts.push(`${times} refused: ${REFUSED[refusal]}`);
  return parts.join(', ');
};

/** Ids of deliveries that are named one by one. */
const MOST_NAMED = 5;

/** Deliveries that an endpoint did not get, as they become known. */
export interface Undelivered {
  readonly ids: string[];
  count: number;
  /** Milliseconds since 1970, when the first of them came. */
  since: number;
}

export const newUndelivered = (): Undelivered => ({ ids: [], count: 0, since: Number.POSITIVE_INFINITY });

export const addUndelivered = (to: Undelivered, id: string, time: number): void => {
  to.count++;
  if (to.ids.length < MOST_NAMED) to.ids.push(id);
  to.since = Math.min(to.since, time);
};

/** An argument as a shell takes it. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** Where deliveries were kept. */
interface KeptIn {
  /** The file of the history as it was named, true for the one in the data folder, false where there is none. */
  readonly history: string | boolean;
  readonly recording: string | undefined;
  /** Whether no other endpoint has outcomes there: only then they say what this one did not get. */
  readonly alone: boolean;
}

/** What an endpoint did not get, and the command that sends it. */
export const undeliveredLines = ({ ids, count, since }: Undelivered, endpoint: string, { history, recording, alone }: KeptIn): string[] => {
  const named = `${ids.join(', ')}${count > ids.length ? ` and ${count - ids.length} more` : ''}`;
  const lines = [`Not delivered to ${endpoint}: ${plural(count, 'delivery', 'deliveries')} (${named}).`];
  const to = `--to ${quoted(endpoint)}`;
  if (history !== false) {
    const all = `history: --since ${new Date(since).toISOString()}${alone ? ' --status failed,none,3xx,4xx,5xx' : ''}`;
    const what = count > ids.length ? all : ids.map((id) => `history:${id}`).join(' ');
    const file = history === true ? '' : ` --history ${quoted(history)}`;
    lines.push(`Send ${count === 1 ? 'it' : 'them'} with: whapi-hooks replay ${what} ${to}${file}`);
  } else if (recording !== undefined) lines.push(`Send all of the recording with: whapi-hooks replay ${quoted(recording)} ${to}`);
  else lines.push('Nothing was kept to send again; --record <file> keeps it.');
  return lines;
};
