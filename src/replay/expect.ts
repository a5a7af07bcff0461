import { isOk, type Outcome } from '../delivery/delivery.ts';
import { nearest } from '../schema/keywords.ts';
import { readDuration } from '../units.ts';
import { type Path, readPathAt, readValue, sameValue, valueAt } from './paths.ts';
import type { Broken } from './result.ts';

/** What is known of a delivery once it was answered, or was not. */
export interface Facts {
  readonly outcome: Outcome;
  /** Headers of the answer, names in lower case; empty where there was none. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The answer's body, up to 5 MB. */
  readonly body: Uint8Array;
  /** Calls that the handler made to the provider's API because of this delivery; undefined where they are not counted. */
  readonly calls: number | undefined;
}

/** What of an answer an expectation is about. */
export type Subject = 'status' | 'time' | 'body' | 'header' | 'calls';

/** Something a delivery's answer must be: `status=200`, `time<2s`. */
export interface Expectation {
  /** As it was written. */
  readonly text: string;
  readonly subject: Subject;
  /** @returns undefined where it holds, else what was found instead: `status 500 instead of 200` */
  judge(facts: Facts): string | undefined;
}

/** Thrown by `readExpectation`: what is wrong, and where. */
export class ExpectationError extends Error {
  /** From 1. */
  readonly column: number;

  constructor(text: string, index: number, problem: string) {
    super(`${JSON.stringify(text)} cannot be read at column ${index + 1}: ${problem}`);
    this.column = index + 1;
  }
}

/** What to say beside an expectation that cannot be read. */
export const EXPECTATION_FORMS = `Forms: status=200, status=2xx, 'time<2s', body.ok=true, 'body.items[0].id~^a', header.x-id=7, calls=1; = != < <= > >= ~.`;

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '~';
const OPERATOR = /\s*(!=|<=|>=|=|<|>|~)\s*/y;
const SUBJECTS: readonly Subject[] = ['status', 'time', 'body', 'header', 'calls'];

const inOrder = (found: number, operator: Operator, wanted: number): boolean =>
  ({
    '=': found === wanted,
    '!=': found !== wanted,
    '<': found < wanted,
    '<=': found <= wanted,
    '>': found > wanted,
    '>=': found >= wanted,
  })[
    operator as '=' // a pattern never comes here
  ];

const SHOWN = 60;
const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
};

const milliseconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms * 10) / 10} ms` : `${Math.round(ms / 10) / 100} s`);

/** What is left to read of an expectation. */
interface Rest {
  readonly text: string;
  readonly operator: Operator;
  readonly value: string;
  /** Where the value begins. */
  readonly at: number;
}

const pattern = ({ text, value, at }: Rest): RegExp => {
  try {
    return new RegExp(value, 'u');
  } catch (error) {
    throw new ExpectationError(text, at, error instanceof Error ? error.message : String(error));
  }
};

const statusJudge = (rest: Rest): Expectation['judge'] => {
  const { text, operator, value, at } = rest;
  const tell = (status: number): string => `status ${status} instead of ${operator === '=' ? '' : operator}${value}`;
  const fits = ((): ((status: number) => boolean) => {
    if (operator === '~') {
      const wanted = pattern(rest);
      return (status) => wanted.test(String(status));
    }
    if (operator !== '=' && operator !== '!=') {
      if (!/^\d+$/.test(value)) throw new ExpectationError(text, at, 'a number such as 300 is expected');
      return (status) => inOrder(status, operator, Number(value));
    }
    const words = value.split(',').map((word) => word.trim());
    let from = at;
    for (const word of words) {
      if (!/^[1-5](?:\d\d|xx)$/i.test(word)) throw new ExpectationError(text, from, 'a status such as 200 or 2xx is expected');
      from += word.length + 1;
    }
    const any = (status: number): boolean =>
      words.some((word) => (/x/i.test(word) ? String(status)[0] === word[0] : status === Number(word)));
    return (status) => any(status) === (operator === '=');
  })();
  return ({ outcome }) => (outcome.kind === 'answered' && !fits(outcome.status) ? tell(outcome.status) : undefined);
};

const timeJudge = ({ text, operator, value, at }: Rest): Expectation['judge'] => {
  const wanted = readDuration(value);
  if (operator === '~') throw new ExpectationError(text, at, 'a time has no pattern');
  if (wanted === undefined) throw new ExpectationError(text, at, 'a duration such as 500ms or 2s is expected');
  return ({ outcome: { ms } }) => (inOrder(ms, operator, wanted) ? undefined : `answered after ${milliseconds(ms)}`);
};

const callsJudge = ({ text, operator, value, at }: Rest): Expectation['judge'] => {
  if (operator === '~' || !/^\d{1,9}$/.test(value)) throw new ExpectationError(text, at, 'a whole number is expected');
  return ({ calls }) => {
    if (calls === undefined) return 'calls are not counted';
    return inOrder(calls, operator, Number(value)) ? undefined : `${calls} ${calls === 1 ? 'call' : 'calls'}`;
  };
};

/** Whether a JSON value is as wanted; of other kinds only `!=` holds. */
const valueFits = (rest: Rest): ((found: unknown) => boolean) => {
  const { text, operator, value, at } = rest;
  if (operator === '~') {
    const wanted = pattern(rest);
    return (found) => found !== undefined && wanted.test(typeof found === 'string' ? found : JSON.stringify(found));
  }
  const wanted = readValue(value);
  if (operator === '=' || operator === '!=') return (found) => sameValue(found, wanted) === (operator === '=');
  if (typeof wanted !== 'number') throw new ExpectationError(text, at, 'a number is expected');
  return (found) => typeof found === 'number' && inOrder(found, operator, wanted);
};

const bodyJudge = (name: string, path: Path, rest: Rest): Expectation['judge'] => {
  const fits = valueFits(rest);
  return ({ body }) => {
    const text = new TextDecoder().decode(body);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      if (path.length > 0) return 'the answer is not JSON';
      json = text;
    }
    const found = valueAt(json, path);
    return fits(found) ? undefined : `${name} is ${shown(found)}`;
  };
};

const headerJudge = (name: string, rest: Rest): Expectation['judge'] => {
  const { operator, value } = rest;
  const isText = operator === '=' || operator === '!=';
  const fits = isText || operator === '~' ? undefined : valueFits(rest);
  const wanted = operator === '~' ? pattern(rest) : undefined;
  return ({ headers }) => {
    const all = headers[name];
    const found = Array.isArray(all) ? all.join(', ') : all;
    const holds =
      fits !== undefined
        ? found !== undefined && fits(Number(found))
        : wanted !== undefined
          ? found !== undefined && wanted.test(found)
          : (found === value) === (operator === '=');
    return holds ? undefined : `header ${name} is ${found === undefined ? 'missing' : shown(found)}`;
  };
};

/**
 * Reads an expectation: a subject (`status`, `time`, `calls`, `body` with a path, `header.<name>`), an operator, a value.
 * @throws ExpectationError naming the place
 */
export const readExpectation = (text: string): Expectation => {
  const start = text.search(/\S|$/);
  const word = /^[a-z]*/i.exec(text.slice(start))?.[0] ?? '';
  const subject = SUBJECTS.find((candidate) => candidate === word);
  if (subject === undefined) {
    const near = nearest(word, SUBJECTS);
    const known = near === undefined ? `one of ${SUBJECTS.join(', ')} is expected` : `there is no ${word}; did you mean ${near}?`;
    throw new ExpectationError(text, start, known);
  }
  let end = start + word.length;
  let path: Path = [];
  let header = '';
  if (subject === 'header') {
    header = /^\.([\w.-]+)/.exec(text.slice(end))?.[1] ?? '';
    if (header === '') throw new ExpectationError(text, end, 'the name of a header is expected: header.x-id');
    end += 1 + header.length;
  } else if (subject === 'body') {
    const read = readPathAt(text, end);
    if ('problem' in read) throw new ExpectationError(text, read.at, read.problem);
    ({ path, end } = read);
  }
  OPERATOR.lastIndex = end;
  const found = OPERATOR.exec(text);
  if (found === null) throw new ExpectationError(text, end, 'one of = != < <= > >= ~ is expected');
  const at = end + found[0].length;
  const value = text.slice(at).trim();
  const operator = found[1] as Operator; // the pattern lets nothing else through
  const rest: Rest = { text, operator, value, at };
  if (value === '' && subject !== 'header' && subject !== 'body') throw new ExpectationError(text, at, 'a value is expected');
  const judges: Readonly<Record<Subject, () => Expectation['judge']>> = {
    status: () => statusJudge(rest),
    time: () => timeJudge(rest),
    calls: () => callsJudge(rest),
    body: () => bodyJudge(text.slice(start, end), path, rest),
    header: () => headerJudge(header.toLowerCase(), rest),
  };
  return { text: text.trim(), subject, judge: judges[subject]() };
};

/** Milliseconds after which an answer is late: the provider's advice (CONTRACT.md, section 1). */
export const LONGEST_ANSWER = 5000;

/** What is expected where nothing else was asked for: 2xx within 5 s. */
export const DEFAULT_EXPECTATIONS: readonly Expectation[] = [
  {
    text: 'status=2xx',
    subject: 'status',
    judge: ({ outcome }) => (outcome.kind === 'answered' && !isOk(outcome) ? `status ${outcome.status} instead of 2xx` : undefined),
  },
  {
    text: 'time<=5s',
    subject: 'time',
    judge: ({ outcome: { ms } }) => (ms > LONGEST_ANSWER ? `answered after ${milliseconds(ms)}` : undefined),
  },
];

/** Expectations with what else holds: of the others those about something that none of them is about. */
export const withDefaults = (own: readonly Expectation[], others: readonly Expectation[] = DEFAULT_EXPECTATIONS): readonly Expectation[] =>
  own.length === 0 ? others : [...own, ...others.filter(({ subject }) => !own.some((one) => one.subject === subject))];

/** Whether the answer's headers or body are needed to judge. */
export const needsAnswer = (expects: readonly Expectation[]): boolean =>
  expects.some(({ subject }) => subject === 'body' || subject === 'header');

/**
 * What of the expectations did not hold. Without an answer nothing else is worth saying.
 * @param own expectations of this delivery, which stand for those of all that are about the same
 * @param all what is expected of all
 */
export const judge = (own: readonly Expectation[], facts: Facts, all: readonly Expectation[] = DEFAULT_EXPECTATIONS): readonly Broken[] => {
  const expects = withDefaults(own, all);
  const { outcome } = facts;
  if (outcome.kind === 'failed') {
    const first = expects.find(({ subject }) => subject === 'status') ?? expects[0];
    return [{ expected: first?.text ?? 'an answer', found: outcome.error }];
  }
  const broken: Broken[] = [];
  for (const { text, judge: judgeOne } of expects) {
    const found = judgeOne(facts);
    if (found !== undefined) broken.push({ expected: text, found });
  }
  return broken;
};
