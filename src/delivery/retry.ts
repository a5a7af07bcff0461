import { isOk, type Outcome } from './delivery.ts';

/** How often what failed is tried again; undefined: as long as the listener runs, while nothing answers. */
export interface RetryPlan {
  readonly most: number | undefined;
}

/** Milliseconds before the second attempt, and the longest wait. */
export const FIRST_DELAY = 500;
export const LONGEST_DELAY = 30_000;
/** Times that an app which answers, but not with 2xx, is asked again where no number was given. */
export const MOST_ANSWERS = 10;

/**
 * Milliseconds to wait before the next attempt, twice as long each time up to 30 s; undefined where there is none.
 * @param attempt number of the attempt that ended, from 1
 */
export const nextDelay = (plan: RetryPlan | undefined, outcome: Outcome, attempt: number): number | undefined => {
  if (plan === undefined || isOk(outcome)) return undefined;
  const most = plan.most ?? (outcome.kind === 'answered' ? MOST_ANSWERS : Number.POSITIVE_INFINITY);
  if (attempt > most) return undefined;
  return Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(attempt - 1, 20));
};
