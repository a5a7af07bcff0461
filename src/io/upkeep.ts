import type { Database } from './database.ts';
import { type Keep, newHeld, pruneStep, shrinkStep } from './prune.ts';
import { indexStep } from './texts.ts';
import { unpackStep } from './unpacking.ts';

/** Deliveries between two looks at what is too old or too much. */
const PRUNE_EVERY = 500;
const PRUNE_INTERVAL = 600_000;
const PRUNE_PAUSE = 5;
/** Milliseconds until what came is put in order, and between two steps of it while there is much else to do. */
const ORDER_PAUSE = 200;
/** Part of the time in which the event loop works, from which on there is much else to do. */
const MUCH = 0.7;

/** What is done with a history between its deliveries: batches become rows, texts are indexed, the oldest go. */
export interface Upkeep {
  /** So many deliveries have been written. */
  written(deliveries: number): void;
  stop(): void;
}

export interface UpkeepOptions {
  readonly keep: Keep;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called with the bytes that the log took; those of the index and of pruning are not counted. */
  readonly onWritten: (bytes: number) => void;
}

/** Looks after a history that is written through this connection. */
export const createUpkeep = (database: Database, { keep, now, onWritten }: UpkeepOptions): Upkeep => {
  let sincePruned = 0;
  /** Deliveries that came since something was pruned. */
  let due = 0;
  const held = newHeld();
  let pruning: NodeJS.Timeout | undefined;
  let ordering: NodeJS.Timeout | undefined;
  /** How much the event loop had done when the last step ended. */
  let done = performance.eventLoopUtilization();

  /** A step now, the next a little later: what comes in meanwhile goes first. */
  const prune = (): void => {
    pruning = undefined;
    try {
      let { gone, more } = pruneStep(database, keep, now(), held);
      // As many as have come since the last time, lest a flood outgrow its bounds.
      for (due -= gone; more && due > 0; due -= gone) ({ gone, more } = pruneStep(database, keep, now(), held));
      due = 0;
      if (more || shrinkStep(database)) schedulePrune();
    } catch {
      // Another process has the file, or the disk is full: the next time is soon.
    }
  };
  const schedulePrune = (): void => {
    pruning ??= setTimeout(prune, PRUNE_PAUSE).unref();
  };
  /** Batches and texts are put in order between deliveries: a step now and then under load, else one after the other. */
  const order = (): void => {
    ordering = undefined;
    const isBusy = performance.eventLoopUtilization(done).utilization > MUCH;
    try {
      const { more, bytes } = unpackStep(database);
      if (bytes > 0) onWritten(bytes);
      if (more || indexStep(database)) scheduleOrder(isBusy ? ORDER_PAUSE : PRUNE_PAUSE);
    } catch {
      // Another process has the file, or the disk is full: the next delivery asks again, or whoever reads does it.
    }
    done = performance.eventLoopUtilization();
  };
  const scheduleOrder = (ms: number): void => {
    ordering ??= setTimeout(order, ms).unref();
  };
  const regular = setInterval(schedulePrune, PRUNE_INTERVAL).unref();

  schedulePrune();
  scheduleOrder(ORDER_PAUSE); // what a listener that was killed has left
  return {
    written(deliveries) {
      scheduleOrder(ORDER_PAUSE);
      if (deliveries === 0) return;
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
      clearTimeout(ordering);
    },
  };
};
