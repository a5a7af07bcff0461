import { type Draft, type FaultPlan, faultStages, pace, type Stage, shuffle } from './faults.ts';
import { createRandom } from './random.ts';
import type { Step } from './step.ts';

export interface PlanOptions {
  /** What shuffling and faults follow: the same seed makes the same plan. */
  readonly seed: number;
  readonly shuffle?: boolean | undefined;
  /** Milliseconds between two deliveries. */
  readonly every?: number | undefined;
  readonly faults?: FaultPlan;
}

/** Steps one after the other become those that are sent, in their order. */
export interface Plan {
  /** @returns what can be sent now that this one is known */
  push(step: Step): readonly Step[];
  /** @returns what was held back */
  end(): readonly Step[];
}

/** Numbers of steps that are remembered for those that come after them. */
const REMEMBERED = 10_000;

/**
 * A plan of what is sent when, made of a stream of steps. It holds what comes later, groups that change places, and
 * all of it only where it is shuffled. Steps get the numbers of their new places.
 */
export const createPlan = ({ seed, shuffle: isShuffled, every, faults = {} }: PlanOptions): Plan => {
  const stages: readonly Stage[] = [
    ...(isShuffled === true ? [shuffle(createRandom(seed))] : []),
    ...(every === undefined ? [] : [pace(every)]),
    ...faultStages(faults, seed),
  ];
  const places = new Map<number, number>();
  let out: Step[] = [];
  let count = 0;
  const leave = (draft: Draft): void => {
    draft.number = ++count;
    const { step, due, faults: touched, treatment, copyOf } = draft;
    const after = step.after.length === 0 ? step.after : step.after.flatMap((number) => places.get(number) ?? []);
    if (copyOf === undefined) {
      places.set(step.number, count);
      if (places.size > REMEMBERED) for (const [oldest] of places) if (places.delete(oldest)) break;
    }
    out.push({
      ...step,
      number: count,
      due,
      after,
      copyOf: copyOf?.number ?? step.copyOf,
      faults: touched,
      ...(treatment === undefined ? {} : { treatment }),
    });
  };
  /** Hands a delivery to the stages from one of them on. */
  const into = (index: number): ((draft: Draft) => void) => {
    const stage = stages[index];
    if (stage === undefined) return leave;
    const next = into(index + 1);
    return (draft) => stage.take(draft, next);
  };
  const first = into(0);
  const taken = (): readonly Step[] => {
    const made = out;
    out = [];
    return made;
  };
  if (stages.length === 0) return { push: (step) => [step], end: () => [] };
  return {
    push(step) {
      const { due, faults: touched, treatment } = step;
      first({ step, due, held: false, faults: [...touched], treatment, copyOf: undefined, number: 0 });
      return taken();
    },
    end() {
      for (const [index, stage] of stages.entries()) stage.end(into(index + 1));
      return taken();
    },
  };
};
