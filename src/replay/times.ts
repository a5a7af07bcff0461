/** Values kept as they are; beyond, only how many there were of each size. */
const KEPT = 1000;
/** Sizes grow by so much: what is told of many values is wrong by 1 % at most. */
const GROWTH = 1.02;
const SMALLEST = 0.01;
const LOG = Math.log(GROWTH);

/** Milliseconds of many deliveries in bounded memory. */
export interface Times {
  add(ms: number): void;
  /**
   * The time below which a share of them lies (nearest rank): exact for up to 1,000 times, then within 1 %.
   * @returns null where there is none
   */
  percentile(share: number): number | null;
  /** Exact; null where there is none. */
  max(): number | null;
  readonly count: number;
}

const bucketOf = (ms: number): number => (ms <= SMALLEST ? 0 : Math.round(Math.log(ms / SMALLEST) / LOG));

export const createTimes = (): Times => {
  const kept: number[] = [];
  const buckets: number[] = [];
  let count = 0;
  let most = 0;
  const spill = (ms: number): void => {
    const bucket = bucketOf(ms);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  };
  return {
    get count() {
      return count;
    },
    add(ms) {
      count++;
      if (ms > most) most = ms;
      if (count <= KEPT) kept.push(ms);
      else {
        if (count === KEPT + 1) for (const one of kept.splice(0)) spill(one);
        spill(ms);
      }
    },
    percentile(share) {
      if (count === 0) return null;
      const rank = Math.max(1, Math.ceil(share * count));
      if (count <= KEPT) return [...kept].sort((a, b) => a - b)[rank - 1] ?? null;
      if (rank === count) return most;
      let seen = 0;
      for (const [bucket, times = 0] of buckets.entries()) {
        seen += times;
        if (seen >= rank) return Math.min(most, SMALLEST * GROWTH ** bucket);
      }
      return most;
    },
    max: () => (count === 0 ? null : most),
  };
};
