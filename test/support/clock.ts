import type { Runtime } from '../../src/runtime.ts';

/** A clock whose longer waits are over when the test says so. */
export interface ManualClock {
  readonly after: Runtime['after'];
  /** The waits that were asked for, in milliseconds, in order. */
  readonly asked: readonly number[];
  /** Lets the oldest wait of so many milliseconds be over, as soon as there is one. */
  pass(ms: number): Promise<void>;
}

/** Waits below this are real: they bridge moments of the machine and decide nothing. */
const REAL = 600;

/** Waits that are there for a machine or an app to get done are over at once: nothing comes while they last. */
export const impatient: Runtime['after'] = (ms, action) => {
  const timer = setTimeout(action, ms < REAL ? ms : 0);
  return () => clearTimeout(timer);
};

export const manualClock = (): ManualClock => {
  const asked: number[] = [];
  const waits: { readonly ms: number; readonly action: () => void }[] = [];
  const passing: { readonly ms: number; readonly resolve: () => void }[] = [];
  const match = (): void => {
    for (const one of [...passing]) {
      const at = waits.findIndex(({ ms }) => ms === one.ms);
      if (at === -1) continue;
      passing.splice(passing.indexOf(one), 1);
      const [wait] = waits.splice(at, 1);
      wait?.action();
      one.resolve();
    }
  };
  return {
    asked,
    after(ms, action) {
      if (ms < REAL) {
        const timer = setTimeout(action, ms);
        return () => clearTimeout(timer);
      }
      asked.push(ms);
      const wait = { ms, action };
      waits.push(wait);
      // What was asked for is taken back first, where that comes in the same turn.
      setImmediate(match);
      return () => {
        const at = waits.indexOf(wait);
        if (at !== -1) waits.splice(at, 1);
      };
    },
    pass: (ms) =>
      new Promise((resolve) => {
        passing.push({ ms, resolve });
        match();
      }),
  };
};
