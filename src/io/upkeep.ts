import type { Database } from './database.ts';
import { type Keep, newHeld, pruneStep, shrinkStep } from './prune.ts';
import { indexStep } from './texts.ts';

/** Deliveries between two looks at what is too old or too much. */
const PRUNE_EVERY = 500;
const PRUNE_INTERVAL = 600_000;
const PRUNE_PAUSE = 5;
/** Milliseconds between two steps of the full-text index while deliveries come. */
const INDEX_PAUSE = 200;

/** What is done with a history between its deliveries: the oldest go, texts are indexed. */
export interface Upkeep {
  /** So many deliveries have been written. */
  written(deliveries: number): void;
  stop(): void;
}

/**
 * Looks after a history that is written through this connection.
 * @param now milliseconds since 1970
 */
export const createUpkeep = (database: Database, keep: Keep, now: () => number): Upkeep => {
  let sincePruned = 0;
  /** Deliveries that came since something was pruned. */
  let due = 0;
  const held = newHeld();
  let pruning: NodeJS.Timeout | undefined;
  let indexing: NodeJS.Timeout | undefined;
  /** Whether something was written since the last step of the index. */
  let busy = false;

  /** A step now, the next a little later: what comes in meanwhile goes first. */
  const prune = (): void => {
    pruning = undefined;
    try {
      let gone = pruneStep(database, keep, now(), held);
      let more = gone > 0;
      // As many as have come since the last time, lest a flood outgrow its bounds.
      for (due -= gone; more && due > 0; due -= gone) {
        gone = pruneStep(database, keep, now(), held);
        more = gone > 0;
      }
      due = 0;
      if (more || shrinkStep(database)) schedulePrune();
    } catch {
      // Another process has the file, or the disk is full: the next time is soon.
    }
  };
  const schedulePrune = (): void => {
    pruning ??= setTimeout(prune, PRUNE_PAUSE).unref();
  };
  /** Texts go into the index between deliveries: one step now and then while they come, one after the other when they rest. */
  const index = (): void => {
    indexing = undefined;
    const pause = busy ? INDEX_PAUSE : PRUNE_PAUSE;
    busy = false;
    try {
      if (indexStep(database)) scheduleIndex(pause);
    } catch {
      // Another process has the file, or the disk is full: the next delivery asks again, or the next search does it.
    }
  };
  const scheduleIndex = (ms: number): void => {
    indexing ??= setTimeout(index, ms).unref();
  };
  const regular = setInterval(schedulePrune, PRUNE_INTERVAL).unref();

  schedulePrune();
  scheduleIndex(INDEX_PAUSE); // what a listener that was killed has left
  return {
    written(deliveries) {
      if (deliveries === 0) return;
      busy = true;
      scheduleIndex(INDEX_PAUSE);
      sincePruned += deliveries;
      due += deliveries;
      held.deliveries += deliveries;
      if (sincePruned >= PRUNE_EVERY) {
        sincePruned = 0;
        schedulePrune();
      }
    },
    stop() {
      clearInterval(regular);
      clearTimeout(pruning);
      clearTimeout(indexing);
    },
  };
};
