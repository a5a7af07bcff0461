import type { Runtime } from '../../runtime.ts';

/** Wakes one waiter; a ring that nobody waits for is remembered. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, at the latest after `ms`. */
  wait(ms: number): Promise<void>;
}

export const createBell = (after: Runtime['after']): Bell => {
  let rung = false;
  let wake = (): void => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    wait: (ms) =>
      new Promise((resolve) => {
        let cancel = (): void => {};
        wake = () => {
          rung = false;
          wake = () => {};
          cancel();
          resolve();
        };
        if (rung) wake();
        else cancel = after(ms, () => wake());
      }),
  };
};

/** Resolves after `ms`, or when `signal` aborts. */
export const pause = (after: Runtime['after'], ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = after(ms, end);
    signal.addEventListener('abort', end, { once: true });
  });
