import { reason } from '../errors.ts';
import { type Database, failureOf, type Row } from './database.ts';

/** What a column holds that is no bytes. */
type Plain = string | number | null;

/** A delivery to be stored. What it is found by is read from its body, later. */
export interface NewDelivery {
  /** id, time, method, url, base, mode, event, said, verdict, findings: the columns of these names. */
  readonly columns: readonly Plain[];
  /** As JSON. */
  readonly headers: string;
  readonly body: Uint8Array;
}

/** An outcome to be stored. */
export interface NewOutcome {
  /** id of the delivery, endpoint, time, ms, status, error, cause, cut. */
  readonly columns: readonly Plain[];
  readonly answer: Uint8Array | null;
}

/** What is committed together. */
export interface Batch {
  readonly deliveries: readonly NewDelivery[];
  readonly outcomes: readonly NewOutcome[];
}

/** How a batch lies in its row: numbers of bytes, and headers only where they are others than those before. */
type Packed = readonly [
  deliveries: readonly (readonly [columns: readonly Plain[], size: number, headers: string | 0])[],
  outcomes: readonly (readonly [columns: readonly Plain[], size: number | null])[],
];

/** Columns of a delivery and of an outcome, as they are named above. */
const DELIVERY_COLUMNS = 10;
const OUTCOME_COLUMNS = 8;
/** Deliveries or outcomes, and bytes of bodies, that one row takes: what is unpacked at a time. */
const MOST_IN_ROW = 200;
const MOST_BYTES_IN_ROW = 4_000_000;
/** Bytes that a delivery or an outcome takes in the log beside its body, about: in a batch, and in rows of its own. */
const IN_BATCH = 400;
export const IN_ROWS = 1200;
/** Bytes that a batch takes in the log, about; `each` beside the bodies. */
export const bytesOf = ({ deliveries, outcomes }: Batch, each: number): number => {
  let bytes = (deliveries.length + outcomes.length) * each;
  for (const { body } of deliveries) bytes += body.byteLength;
  return bytes;
};

/** Cuts a batch into what rows take, the deliveries first. */
function* pieces({ deliveries, outcomes }: Batch): Generator<Batch> {
  let from = 0;
  let bytes = 0;
  for (let i = 0; i + 1 < deliveries.length; i++) {
    bytes += deliveries[i]?.body.byteLength ?? 0;
    if (i + 1 - from < MOST_IN_ROW && bytes < MOST_BYTES_IN_ROW) continue;
    yield { deliveries: deliveries.slice(from, i + 1), outcomes: [] };
    from = i + 1;
    bytes = 0;
  }
  yield { deliveries: from === 0 ? deliveries : deliveries.slice(from), outcomes: outcomes.slice(0, MOST_IN_ROW) };
  for (let i = MOST_IN_ROW; i < outcomes.length; i += MOST_IN_ROW) yield { deliveries: [], outcomes: outcomes.slice(i, i + MOST_IN_ROW) };
}

const pack = ({ deliveries, outcomes }: Batch): { readonly rows: string; readonly bodies: Uint8Array } => {
  const bodies: Uint8Array[] = [];
  let before: string | undefined;
  const packed: Packed = [
    deliveries.map(({ columns, headers, body }) => {
      const same = headers === before;
      before = headers;
      bodies.push(body);
      return [columns, body.byteLength, same ? 0 : headers];
    }),
    outcomes.map(({ columns, answer }) => {
      if (answer !== null) bodies.push(answer);
      return [columns, answer === null ? null : answer.byteLength];
    }),
  ];
  return { rows: JSON.stringify(packed), bodies: Buffer.concat(bodies) };
};

/**
 * Stores a batch, in one transaction. It lies there as it came, in a row or a few, since rows of their own for all, with
 * their indexes, cost three times as much as the rest of the storing; `unpackStep` makes them later.
 * @param writer tells who writes from others that write into the same file
 * @returns bytes that the log took, about
 */
export const addBatch = (database: Database, writer: string, batch: Batch): number =>
  database.transaction(() => {
    // node:sqlite of Node 22 takes empty bytes for NULL.
    const statement = database.prepare("INSERT INTO batches (writer, count, rows, bodies) VALUES (?, ?, ?, ifnull(?, x''))");
    for (const piece of pieces(batch)) {
      const { rows, bodies } = pack(piece);
      statement.run(writer, piece.deliveries.length, rows, bodies);
    }
    return bytesOf(batch, IN_BATCH);
  });

/** What lies in a batch is not what was put there: somebody has changed the file. */
class ChangedError extends Error {}

/** Whether a batch can never be unpacked. */
export const isChanged = (error: unknown): boolean => error instanceof ChangedError || failureOf(error) === 'refused';

const isPlain = (value: unknown): boolean => value === null || typeof value === 'string' || Number.isFinite(value);
const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

/** Whether an entry of a batch has so many columns and what belongs behind them. */
const isEntry = (entry: unknown, columns: number, isRest: (size: unknown, headers: unknown) => boolean): boolean =>
  Array.isArray(entry) && Array.isArray(entry[0]) && entry[0].length === columns && entry[0].every(isPlain) && isRest(entry[1], entry[2]);

const isPacked = (read: unknown): read is Packed => {
  const [deliveries, outcomes, ...more]: unknown[] = Array.isArray(read) ? read : [];
  return (
    Array.isArray(deliveries) &&
    Array.isArray(outcomes) &&
    more.length === 0 &&
    deliveries.every((entry) =>
      isEntry(entry, DELIVERY_COLUMNS, (size, headers) => isSize(size) && (headers === 0 || typeof headers === 'string')),
    ) &&
    outcomes.every((entry) => isEntry(entry, OUTCOME_COLUMNS, (size) => size === null || isSize(size)))
  );
};

const packedIn = (row: Row): Packed => {
  let read: unknown;
  try {
    read = JSON.parse(String(row['rows']));
  } catch (error) {
    throw new ChangedError(reason(error));
  }
  if (!isPacked(read)) throw new ChangedError('it is no batch');
  return read;
};

/** What lies in a row. @throws an error that `isChanged` knows */
export const unpack = (row: Row): Batch => {
  const all = row['bodies'] instanceof Uint8Array ? row['bodies'] : new Uint8Array();
  const [deliveries, outcomes] = packedIn(row);
  let at = 0;
  let before = '[]';
  const next = (size: number): Uint8Array => {
    at += size;
    return all.subarray(at - size, at);
  };
  const batch = {
    deliveries: deliveries.map(([columns, size, headers]) => {
      if (headers !== 0) before = headers;
      return { columns, headers: before, body: next(size) };
    }),
    outcomes: outcomes.map(([columns, size]) => ({ columns, answer: size === null ? null : next(size) })),
  };
  if (at !== all.byteLength) throw new ChangedError(`it has ${all.byteLength} bytes in place of ${at}`);
  return batch;
};
