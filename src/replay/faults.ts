import { createRandom, type Random } from './random.ts';
import type { Fault, Step, Treatment } from './step.ts';

/** Some of the deliveries, as a share from 0 to 1, and how long something takes, in milliseconds. */
export interface Share {
  readonly share: number;
  readonly ms: number;
}

/** What a run does to its deliveries; what is missing is not done. */
export interface FaultPlan {
  /** So many come twice, the copy right behind or so much later. */
  readonly duplicate?: Share;
  /** Deliveries change places within groups of so many. */
  readonly reorder?: number;
  /** So many come so much later than they should. */
  readonly late?: Share;
  /** Of so many the connection is cut in the middle of the body; each is sent again at once. */
  readonly dropConnection?: number;
  /** The bodies of so many take so long to be sent. */
  readonly slowBody?: Share;
}

/** A delivery on its way into the plan. */
export interface Draft {
  readonly step: Step;
  due: number;
  /** Whether it is due later than its place in the line. */
  held: boolean;
  readonly faults: Fault[];
  treatment: Treatment | undefined;
  readonly copyOf: Draft | undefined;
  /** Its place in the plan, once it has one. */
  number: number;
}

/** A part of the plan: takes deliveries one after the other and lets them go, perhaps in another order or changed. */
export interface Stage {
  take(draft: Draft, next: (draft: Draft) => void): void;
  /** Lets go what it still has. */
  end(next: (draft: Draft) => void): void;
}

const PIECES = 10;

/** Milliseconds as they are asked for: `500 ms`, `2 s`, `1.5 min`. */
export const span = (ms: number): string => (ms < 1000 ? `${ms} ms` : ms < 60_000 ? `${ms / 1000} s` : `${ms / 60_000} min`);

const shuffled = <Item>(items: readonly Item[], random: Random): Item[] => {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [all[i], all[j]] = [all[j] as Item, all[i] as Item]; // both are within
  }
  return all;
};

/** Deliveries in another order; each place keeps its time. */
const inOtherOrder = (drafts: readonly Draft[], random: Random, told: boolean): Draft[] => {
  const dues = drafts.map(({ due }) => due);
  const places = new Map(drafts.map((draft, index) => [draft, index]));
  const changed = shuffled(drafts, random);
  for (const [index, draft] of changed.entries()) {
    const moved = index - (places.get(draft) ?? index);
    draft.due = dues[index] ?? draft.due;
    if (!told || moved === 0) continue;
    const far = Math.abs(moved);
    draft.faults.push({ kind: 'reorder', detail: `${far} ${far === 1 ? 'place' : 'places'} ${moved > 0 ? 'later' : 'earlier'}` });
  }
  return changed;
};

/** All of the deliveries in another order: it holds all of them. */
export const shuffle = (random: Random): Stage => {
  const all: Draft[] = [];
  return {
    take: (draft) => void all.push(draft),
    end: (next) => inOtherOrder(all.splice(0), random, false).forEach(next),
  };
};

/** Groups of so many, each in another order: no delivery goes further than that. */
const reorder = (window: number, random: Random): Stage => {
  const group: Draft[] = [];
  const leave = (next: (draft: Draft) => void): void => inOtherOrder(group.splice(0), random, true).forEach(next);
  return {
    take(draft, next) {
      group.push(draft);
      if (group.length === window) leave(next);
    },
    end: leave,
  };
};

/** Changes one delivery after the other. */
const each = (change: (draft: Draft) => void): Stage => ({
  take(draft, next) {
    change(draft);
    next(draft);
  },
  end: () => {},
});

/** Puts time between deliveries. @param every milliseconds between two of them */
export const pace = (every: number): Stage => {
  let count = 0;
  return each((draft) => {
    draft.due = Math.max(draft.due, count++ * every);
  });
};

const late = ({ share, ms }: Share, random: Random): Stage =>
  each((draft) => {
    if (random.next() >= share) return;
    draft.due += ms;
    draft.held = true;
    draft.faults.push({ kind: 'late', detail: `by ${span(ms)}` });
  });

const duplicate = ({ share, ms }: Share, random: Random): Stage => ({
  take(draft, next) {
    next(draft);
    if (random.next() >= share) return;
    const detail = ms > 0 ? `${span(ms)} later` : 'at once';
    const fault: Fault = { kind: 'duplicate', detail };
    next({ ...draft, due: draft.due + ms, held: draft.held || ms > 0, faults: [...draft.faults, fault], copyOf: draft });
  },
  end: () => {},
});

/** What is held leaves when the line has come to its time, the earliest first. */
const line = (): Stage => {
  const held: Draft[] = [];
  /** Binary search for the place behind all that are due at that time or before: what was held first leaves first. */
  const hold = (draft: Draft): void => {
    let [from, to] = [0, held.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((held[middle]?.due ?? 0) <= draft.due) from = middle + 1;
      else to = middle;
    }
    held.splice(from, 0, draft);
  };
  return {
    take(draft, next) {
      if (draft.held) {
        hold(draft);
        return;
      }
      let ready = 0;
      while (ready < held.length && (held[ready]?.due ?? 0) <= draft.due) ready++;
      for (const one of held.splice(0, ready)) next(one);
      next(draft);
    },
    end: (next) => held.splice(0).forEach(next),
  };
};

const dropConnection = (share: number, random: Random): Stage =>
  each((draft) => {
    const size = draft.step.shipment.body.byteLength;
    const at = random.next() < share ? 1 + random.below(Math.max(1, size - 1)) : 0;
    if (at === 0 || size < 2) return;
    draft.treatment = { ...draft.treatment, cutAt: at };
    draft.faults.push({ kind: 'drop-connection', detail: `after ${at} of ${size} bytes` });
  });

const slowBody = ({ share, ms }: Share, random: Random): Stage =>
  each((draft) => {
    if (random.next() >= share || draft.step.shipment.body.byteLength < 2) return;
    draft.treatment = { ...draft.treatment, slow: { pieces: PIECES, every: ms / (PIECES - 1) } };
    draft.faults.push({ kind: 'slow-body', detail: `over ${span(ms)}` });
  });

/**
 * The faults of a plan as its parts, in the order in which they are done. Each has random numbers of its own, so that
 * one more fault does not change what the others touch.
 */
export const faultStages = (plan: FaultPlan, seed: number): Stage[] => {
  const random = (salt: number): Random => createRandom((seed ^ Math.imul(salt, 0x9e3779b1)) >>> 0);
  const stages: Stage[] = [];
  if (plan.reorder !== undefined) stages.push(reorder(plan.reorder, random(1)));
  if (plan.late !== undefined) stages.push(late(plan.late, random(2)));
  if (plan.duplicate !== undefined) stages.push(duplicate(plan.duplicate, random(3)));
  if (plan.late !== undefined || plan.duplicate !== undefined) stages.push(line());
  if (plan.dropConnection !== undefined) stages.push(dropConnection(plan.dropConnection, random(4)));
  if (plan.slowBody !== undefined) stages.push(slowBody(plan.slowBody, random(5)));
  return stages;
};
