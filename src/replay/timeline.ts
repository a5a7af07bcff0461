import type { Result } from './result.ts';

/** Stretches that are kept; when there would be more, each two become one. */
const MOST_STRETCHES = 120;
/** Milliseconds that a stretch lasts at first. */
const FIRST_WIDTH = 10;

/** How many deliveries of a stretch of time went as expected, and how many did not. */
export interface Stretch {
  readonly ok: number;
  readonly failed: number;
}

/** When deliveries were sent: stretches that last equally long, from the begin of the run to the last delivery. */
export interface Timeline {
  /** Milliseconds that each stretch lasts. */
  readonly width: number;
  readonly stretches: readonly Stretch[];
}

export interface TimelineCollector {
  add(result: Pick<Result, 'started' | 'broken'>): void;
  timeline(): Timeline;
}

const NOTHING: Stretch = { ok: 0, failed: 0 };

/** The same deliveries in half as many stretches that last twice as long. */
export const coarser = ({ width, stretches }: Timeline): Timeline => {
  const pairs: Stretch[] = [];
  for (let index = 0; index < stretches.length; index += 2) {
    const [one = NOTHING, other = NOTHING] = [stretches[index], stretches[index + 1]];
    pairs.push({ ok: one.ok + other.ok, failed: one.failed + other.failed });
  }
  return { width: width * 2, stretches: pairs };
};

/** Counts deliveries by the time they were sent; what it keeps is bounded, however many there are and however long it takes. */
export const createTimeline = (): TimelineCollector => {
  let width = FIRST_WIDTH;
  let stretches: Stretch[] = [];
  return {
    add({ started, broken }) {
      const time = Math.max(0, started);
      while (Math.floor(time / width) >= MOST_STRETCHES) {
        const half = coarser({ width, stretches });
        width = half.width;
        stretches = [...half.stretches];
      }
      const index = Math.floor(time / width);
      while (stretches.length <= index) stretches.push(NOTHING);
      const { ok, failed } = stretches[index] ?? NOTHING;
      stretches[index] = broken.length === 0 ? { ok: ok + 1, failed } : { ok, failed: failed + 1 };
    },
    timeline: () => ({ width, stretches: [...stretches] }),
  };
};
