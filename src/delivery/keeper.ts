import type { Delivery, Outcome, Reading } from './delivery.ts';

/** Where deliveries and outcomes are stored so that they survive the listener. */
export interface Keeper {
  /** Resolves when the delivery is stored; rejects where it cannot be. */
  add(delivery: Delivery, reading: Reading): Promise<void>;
  addOutcome(outcome: Outcome): void;
  /** Resolves when all that was added is stored. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
