/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 up to 1, without 1. */
  next(): number;
  /** A whole number from 0 up to `end`, without `end`. */
  below(end: number): number;
}

/** Seeds are whole numbers below this: they are printed, and typed again. */
export const SEEDS = 2 ** 32;

/**
 * The numbers of a seed: mulberry32 (Tommy Ettinger, public domain). Good enough to choose deliveries, never for secrets.
 * @param seed a whole number from 0 to 4294967295
 */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (end) => Math.floor(next() * end) };
};

/** A seed from the characters of an id, which the machine has made at random. */
export const seedOf = (id: string): number => {
  let hash = 0x811c9dc5; // FNV-1a
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};
