import type { Result } from '../../replay/result.ts';
import type { FaultKind } from '../../replay/step.ts';

/** Deliveries that are named for each kind of fault. */
const NAMED = 5;

/** Deliveries that one kind of fault touched. */
export interface Touched {
  /** How many of them failed. */
  readonly failed: number;
  /** The first of them: their numbers, and how they were touched. */
  readonly first: readonly { readonly number: number; readonly detail: string }[];
}

export interface TouchedCollector {
  add(result: Pick<Result, 'step' | 'broken'>): void;
  touched(): ReadonlyMap<FaultKind, Touched>;
}

/** Keeps what is worth telling of the faults of a run, in bounded memory; how many there were, the totals know. */
export const createTouched = (): TouchedCollector => {
  const all = new Map<FaultKind, Touched>();
  return {
    add({ step: { number, faults }, broken }) {
      for (const { kind, detail } of faults) {
        const { failed, first } = all.get(kind) ?? { failed: 0, first: [] };
        all.set(kind, {
          failed: failed + (broken.length > 0 ? 1 : 0),
          first: first.length < NAMED ? [...first, { number, detail }] : first,
        });
      }
    },
    touched: () => new Map(all),
  };
};
