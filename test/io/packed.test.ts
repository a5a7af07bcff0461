import { expect, it } from 'vitest';
import { pack, unpack, type Values } from '../../src/io/packed.ts';

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

it.each<[string, Values[]]>([
  ['none', []],
  ['without values', [[], []]],
  ['of each kind', [['text', 1, null, bytes(0, 255)]]],
  ['with texts that are empty, hold NUL, are no Latin or half a sign', [['', 'a\0b', 'peonies 🌸', '\ud83c', 'é'], ['after']]],
  ['with numbers that look like marks, that are large or no whole', [[-1, -2, -3, 0, 1.5, 2 ** 53 - 1, 1_772_357_340_000]]],
  ['with bytes that are empty or lie in the middle of a buffer', [[bytes(), bytes(1, 2, 3).subarray(1, 2), bytes(9)], [bytes(7)]]],
  ['of different lengths', [['a'], ['b', null, 2], [], [null]]],
])('rows %s come out as they were packed', (_what, rows) => {
  const { buffer, ...rest } = pack(rows);
  // As another thread gets them.
  expect(unpack(structuredClone({ ...rest, buffer }, { transfer: [buffer] }))).toEqual(rows);
});
