import type { Value } from './database.ts';

/** One row, as a statement takes it. */
export type Values = readonly Value[];

/** Rows on their way to another thread: few objects, for each costs more than what is in it. */
export interface Packed {
  /** All texts, one behind the other. */
  readonly text: string;
  /** How many marks the buffer begins with; the bytes of all values that are bytes come behind them. */
  readonly marks: number;
  /** To be transferred. */
  readonly buffer: ArrayBuffer;
}

/** Marks of a value: a text is its length (0 and more), a number follows its mark, and so does the length of bytes. */
const [NOTHING, NUMBER, BYTES] = [-1, -2, -3] as const;

/** Packs rows, so that they can be sent to another thread; what is in them is copied. */
export const pack = (rows: readonly Values[]): Packed => {
  const marks: number[] = [];
  const blobs: Uint8Array[] = [];
  let text = '';
  let size = 0;
  for (const row of rows) {
    marks.push(row.length);
    for (const value of row) {
      if (typeof value === 'string') {
        marks.push(value.length);
        text += value;
      } else if (value === null) marks.push(NOTHING);
      else if (typeof value === 'number') marks.push(NUMBER, value);
      else {
        marks.push(BYTES, value.byteLength);
        blobs.push(value);
        size += value.byteLength;
      }
    }
  }
  let end = marks.length * 8;
  const buffer = new ArrayBuffer(end + size);
  new Float64Array(buffer, 0, marks.length).set(marks);
  const bytes = new Uint8Array(buffer);
  for (const blob of blobs) {
    bytes.set(blob, end);
    end += blob.byteLength;
  }
  return { text, marks: marks.length, buffer };
};

/** The rows that were packed; their bytes are views of the buffer. */
export const unpack = ({ text, marks: count, buffer }: Packed): Values[] => {
  const marks = new Float64Array(buffer, 0, count);
  const rows: Values[] = [];
  let next = 0;
  const mark = (): number => marks[next++] ?? NOTHING;
  let read = 0;
  let end = count * 8;
  while (next < count) {
    const row: Value[] = [];
    for (let left = mark(); left > 0; left--) {
      const kind = mark();
      if (kind >= 0) {
        row.push(text.slice(read, read + kind));
        read += kind;
      } else if (kind === NUMBER) row.push(mark());
      else if (kind === BYTES) {
        const size = mark();
        row.push(new Uint8Array(buffer, end, size));
        end += size;
      } else row.push(null);
    }
    rows.push(row);
  }
  return rows;
};
