import { kindOf, type Specimen } from './check-events.ts';

/** A delivery that reached the handler and may still end it. */
interface Suspect {
  readonly specimen: Specimen;
  readonly answered: boolean;
  /** Milliseconds of rest since. */
  rested: number;
}

/** What has ended the handler, as far as it can be told. */
export interface Blame {
  /** Those that may have, one of each kind that was not known to be harmless; the latest first. */
  readonly specimens: readonly Specimen[];
  /** Whether the only one was answered before. */
  readonly answered: boolean;
}

/**
 * Deliveries whose work may still go on. An answer proves nothing about them: a process that dies of an error in the
 * background can answer others until then. Only a handler that answers after a settle window of rest has outlived
 * what came before that rest.
 */
export interface Suspects {
  /** A delivery reached the handler. */
  add(specimen: Specimen, answered: boolean): void;
  /** Nothing was sent for so long. */
  rest(ms: number): void;
  /** A delivery goes out. @returns what to call when it is answered: those that had rested for so long are over then */
  going(window: number): () => void;
  /** Whether the handler has outlived one of this kind. */
  knows(specimen: Specimen): boolean;
  blame(): Blame;
}

export const createSuspects = (): Suspects => {
  const known = new Set<string>();
  let all: Suspect[] = [];
  return {
    add: (specimen, answered) => void all.push({ specimen, answered, rested: 0 }),
    rest(ms) {
      for (const one of all) one.rested += ms;
    },
    going(window) {
      const over = new Set(all.filter(({ rested }) => rested >= window));
      return () => {
        for (const { specimen } of over) known.add(kindOf(specimen));
        all = all.filter((one) => !over.has(one));
      };
    },
    knows: (specimen) => known.has(kindOf(specimen)),
    blame() {
      const kinds = new Map<string, Suspect>();
      for (const one of [...all].reverse()) {
        const kind = kindOf(one.specimen);
        if (!known.has(kind) && !kinds.has(kind)) kinds.set(kind, one);
      }
      const left = [...kinds.values()];
      return { specimens: left.map(({ specimen }) => specimen), answered: left[0]?.answered === true };
    },
  };
};
