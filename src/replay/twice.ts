import { facetsOf } from '../delivery/facets.ts';
import type { Expectation } from './expect.ts';
import type { Step } from './step.ts';

/** What a copy of a delivery is judged by beside its calls: what of it changed, a sentence; undefined where nothing did. */
export type ChangeOf = (step: number) => string | undefined;

/** The house's plural is a floor above. */
const times = (calls: number): string => (calls === 1 ? '1 API call' : `${calls} API calls`);

const once = (number: number, changeOf: ChangeOf): Expectation => ({
  text: 'idempotent',
  subject: 'calls',
  judge: ({ calls = 0 }) => (calls > 0 ? `${times(calls)} for the same delivery again` : changeOf(number)),
});

/**
 * Each step, and right after it the same again with the same ids, which must change nothing. Numbers are given anew.
 * @returns the step and its copy
 */
export const twice = (step: Step, changeOf: ChangeOf): readonly [Step, Step] => {
  const first = (number: number): number => 2 * number - 1;
  const { number, after, copyOf } = step;
  const original: Step = {
    ...step,
    number: first(number),
    // What had to wait for a step waits for its copy too.
    after: after.map((one) => 2 * one),
    copyOf: copyOf === null ? null : first(copyOf),
  };
  const copy: Step = {
    ...original,
    number: 2 * number,
    after: [first(number)],
    copyOf: first(number),
    expects: [once(2 * number, changeOf), ...step.expects.filter(({ subject }) => subject !== 'calls')],
  };
  return [original, copy];
};

const NO_ECHO: Expectation = {
  text: 'echo-free',
  subject: 'calls',
  judge: ({ calls = 0 }) => (calls > 0 ? `${times(calls)} because of a message of the channel itself` : undefined),
};

/** A step whose messages the channel itself sent must cause no call; all others stay as they are. */
export const withoutEcho = (step: Step, payload: unknown): Step =>
  facetsOf(payload).fromMe === true ? { ...step, expects: [NO_ECHO, ...step.expects.filter(({ subject }) => subject !== 'calls')] } : step;
