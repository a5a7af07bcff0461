import type { Ora } from 'ora';
import { formatSize } from '../event/summary.ts';
import type { Runtime } from '../runtime.ts';

/** Progress of a long run, on standard error and only where that is a terminal. */
export interface Progress {
  /** Takes the progress off the screen while a line is written. */
  pause(): void;
  /** @param note what else is worth telling: `250/s, 3 failed` */
  show(done: number, note?: string): void;
  stop(): void;
  /** Whether there is a terminal that shows it. */
  readonly isShown: boolean;
}

/** Milliseconds without a spinner: short runs need none. */
const PATIENCE = 700;
/** Milliseconds before there is an estimate: the beginning of a run says little. */
const KNOWN_AFTER = 2000;

/** `40 of 200`, `1.2 GB of 3.0 GB, about 12 s left`. */
export const progressText = (done: number, total: number, ms: number, unit: 'count' | 'bytes'): string => {
  const text = (value: number): string => (unit === 'bytes' ? formatSize(value) : String(value));
  if (total <= 0) return text(done);
  const left = ms < KNOWN_AFTER || done <= 0 ? undefined : Math.max(1, Math.round(((total - done) * ms) / done / 1000));
  const estimate = left === undefined || done >= total ? '' : `, about ${left < 100 ? `${left} s` : `${Math.round(left / 60)} min`} left`;
  return `${text(done)} of ${text(Math.max(done, total))}${estimate}`;
};

/** Columns of a bar. */
const BAR = 24;

/** `██████░░░░░░░░░░░░░░░░░░ 25 %  10.0 MB of 40.0 MB`. @param total 0 where nobody knows, and there is no bar */
export const barText = (done: number, total: number, text: string): string => {
  if (total <= 0) return text;
  const share = Math.min(1, done / total);
  const full = Math.floor(share * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${Math.floor(share * 100)} %  ${text}`;
};

/**
 * Whether progress can be shown. A terminal that does not say how wide it is (script, some containers) would keep ora
 * clearing lines for ever; what a CI server keeps is read later, by lines.
 */
export const showsProgress = ({ stderr, env }: Pick<Runtime, 'stderr' | 'env'>): boolean =>
  stderr.isTTY && stderr.stream !== undefined && (stderr.columns ?? 0) >= 1 && !('CI' in env);

/**
 * @param total what `show` will have counted at the end; 0 where nobody knows
 * @param look a bar, or only its words
 */
export const openProgress = (
  runtime: Runtime,
  total: number,
  unit: 'count' | 'bytes' = 'count',
  look: 'bar' | 'words' = 'words',
): Progress => {
  const { stream } = runtime.stderr;
  if (stream === undefined || !showsProgress(runtime)) return { pause: () => {}, show: () => {}, stop: () => {}, isShown: false };
  const begun = runtime.elapsed();
  let done = 0;
  let spinner: Ora | undefined;
  let ended = false;
  let noted = '';
  const text = (): string => {
    const words = progressText(done, total, runtime.elapsed() - begun, unit) + (noted === '' ? '' : `, ${noted}`);
    return look === 'bar' ? barText(done, total, words) : words;
  };
  const timer = setTimeout(() => {
    void import('ora').then(({ default: ora }) => {
      if (!ended) spinner = ora({ text: text(), stream, discardStdin: false, hideCursor: false }).start();
    });
  }, PATIENCE);
  timer.unref();
  return {
    pause: () => void spinner?.clear(),
    isShown: true,
    show(more, note = '') {
      done = more;
      noted = note;
      if (spinner !== undefined) spinner.text = text();
    },
    stop() {
      ended = true;
      clearTimeout(timer);
      spinner?.stop();
    },
  };
};
