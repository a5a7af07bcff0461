import type { Ora } from 'ora';
import type { Runtime } from '../runtime.ts';

/** Progress of a long run, on standard error and only where that is a terminal. */
export interface Progress {
  /** Takes the progress off the screen while a line is written. */
  pause(): void;
  show(done: number): void;
  stop(): void;
}

/** Milliseconds without a spinner: short runs need none. */
const PATIENCE = 700;

export const openProgress = (runtime: Runtime, total: number): Progress => {
  const { stderr } = runtime;
  const stream = stderr.stream;
  if (!stderr.isTTY || stream === undefined) return { pause: () => {}, show: () => {}, stop: () => {} };
  let done = 0;
  let spinner: Ora | undefined;
  let ended = false;
  const text = (): string => `${done} of ${total}`;
  const timer = setTimeout(() => {
    void import('ora').then(({ default: ora }) => {
      if (!ended) spinner = ora({ text: text(), stream, discardStdin: false, hideCursor: false }).start();
    });
  }, PATIENCE);
  timer.unref();
  return {
    pause: () => void spinner?.clear(),
    show(more) {
      done = more;
      if (spinner !== undefined) spinner.text = text();
    },
    stop() {
      ended = true;
      clearTimeout(timer);
      spinner?.stop();
    },
  };
};
