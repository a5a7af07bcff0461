import { RULES, type Rule, type Severity } from '../event/finding.ts';
import { EVENT_RULES } from './explain/event.ts';
import type { Explanation } from './explain/example.ts';
import { PAYLOAD_RULES } from './explain/payload.ts';
import { TEXT_RULES } from './explain/text.ts';

export type { Example, Explanation } from './explain/example.ts';

/** What `whapi-hooks explain` tells about each rule, beside its meaning in RULES. */
export const EXPLANATIONS: Readonly<Record<Rule, Explanation>> = { ...TEXT_RULES, ...EVENT_RULES, ...PAYLOAD_RULES };

/** A rule as one value for JSON. */
export interface Explained {
  readonly rule: Rule;
  readonly severity: Severity;
  readonly means: string;
  readonly why: string;
  readonly wrong: string;
  readonly right: string;
  readonly source: string;
  /** How to leave its findings out. */
  readonly silence: string;
}

/** All that is known of a rule, with its examples as they are shown. */
export const explained = (rule: Rule): Explained => {
  const { why, wrong, right, source } = EXPLANATIONS[rule];
  return {
    rule,
    ...RULES[rule],
    why,
    wrong: wrong.shown ?? wrong.text,
    right: right.shown ?? right.text,
    source,
    silence: `--ignore ${rule}`,
  };
};
