import { type Finding, RULES, type Rule } from '../event/finding.ts';
import type { EventName } from '../event/name.ts';
import { type Acceptance, DRIFT_RULES, type DriftRule, isPlain, JSON_TYPES, type JsonType, jsonType, patternOf } from '../event/overlay.ts';
import { anonymousExample } from './drift/anonymous.ts';

/** Groups that are told apart; what comes after them is counted. */
const MOST_GROUPS = 10_000;

/** Rules about form and content: the schemas know the member, and what stands there is odd. They come last. */
const ODD_RULES: ReadonlySet<Rule> = new Set([
  'payload-missing',
  'payload-foreign',
  'payload-extra',
  'empty-id',
  'missing-content',
  'foreign-content',
  'reply-branch',
  'odd-id',
  'odd-time',
  'out-of-range',
  'code-disagrees',
]);

const isDrift = (rule: Rule): rule is DriftRule => (DRIFT_RULES as readonly Rule[]).includes(rule);

/** Where something was met. */
export interface Sighting {
  readonly file: string;
  readonly line: number;
  /** When it came, in milliseconds since 1970; only recordings tell. */
  readonly time?: number;
}

/** What traffic does at one place that the schemas do not know. Nothing in it is a value of a payload. */
export interface DriftGroup {
  readonly event: EventName;
  /** Pattern of pointers (`patternOf`). */
  readonly pointer: string;
  readonly rule: Rule;
  /** Of an unknown word; one that may be a text, a number or an id is not told. */
  readonly word?: string;
  /** JSON types met there. */
  readonly types: readonly JsonType[];
  readonly count: number;
  /** Deliveries it was met in. */
  readonly deliveries: number;
  readonly first: Sighting;
  readonly last: Sighting;
  readonly expected: string;
  /** A value as it was met, made anonymous. */
  readonly example?: unknown;
}

/** What was found in all deliveries. */
export interface Drift {
  readonly deliveries: number;
  /** Deliveries with drift. */
  readonly drifting: number;
  /** Most frequent first; those about form and content behind the others. */
  readonly groups: readonly DriftGroup[];
  /** Findings of groups beyond the 10,000th. */
  readonly beyond: number;
  /** Findings that a check leaves out where one body has too many. */
  readonly omitted: number;
  readonly unreadable: number;
  readonly unknown: number;
}

/** One delivery, checked. */
export interface Drifting {
  /** Null where none is named. */
  readonly event: EventName | null;
  /** Undefined where the body is no JSON object. */
  readonly payload: unknown;
  readonly findings: readonly Finding[];
  readonly file: string;
  readonly time?: number | undefined;
  /** Line of a finding in the file; asked for only where it is told. */
  lineOf(finding: Finding): number;
}

export interface DriftCollector {
  add(delivery: Drifting): void;
  /** Something in a file that is no delivery. */
  addUnreadable(): void;
  result(): Drift;
}

interface Gathered {
  readonly event: EventName;
  readonly pointer: string;
  readonly rule: Rule;
  readonly word: string | undefined;
  readonly types: Set<JsonType>;
  readonly expected: string;
  readonly example: unknown;
  count: number;
  deliveries: number;
  /** Number of the delivery that was counted last. */
  counted: number;
  first: Sighting;
  last: Sighting;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byWeight = (a: DriftGroup, b: DriftGroup): number =>
  Number(ODD_RULES.has(a.rule)) - Number(ODD_RULES.has(b.rule)) ||
  b.count - a.count ||
  byText(a.event, b.event) ||
  byText(a.pointer, b.pointer) ||
  byText(a.rule, b.rule) ||
  byText(a.word ?? '', b.word ?? '');

const omittedBy = ({ found }: Finding): number => Number.parseInt(found, 10) || 0;

/** Gathers drift from deliveries. Its memory is bounded: it keeps groups, not deliveries. */
export const createDrift = (): DriftCollector => {
  const groups = new Map<string, Gathered>();
  let [deliveries, drifting, beyond, omitted, unreadable, unknown] = [0, 0, 0, 0, 0, 0];

  const gather = (delivery: Drifting, event: EventName, finding: Finding): void => {
    const { rule } = finding;
    const { pattern, value } = patternOf(finding.pointer, delivery.payload);
    const word = rule === 'unknown-word' && typeof value === 'string' && isPlain(value) ? value : undefined;
    const key = `${event} ${rule} ${pattern} ${word ?? ''}`;
    let group = groups.get(key);
    if (group === undefined && groups.size === MOST_GROUPS) {
      beyond++;
      return;
    }
    const { file, time } = delivery;
    const sighting: Sighting = { file, line: delivery.lineOf(finding), ...(time === undefined ? {} : { time }) };
    if (group === undefined) {
      const example = value === undefined || word !== undefined ? undefined : anonymousExample(value);
      const { expected } = finding;
      group = {
        ...{ event, pointer: pattern, rule, word, expected, example, types: new Set() },
        ...{ count: 0, deliveries: 0, counted: 0, first: sighting, last: sighting },
      };
      groups.set(key, group);
    }
    if (value !== undefined) group.types.add(jsonType(value));
    group.count++;
    if (group.counted !== deliveries) group.deliveries++;
    group.counted = deliveries;
    // Times say more than the order of the files, where both are known.
    if (time !== undefined && group.first.time !== undefined && time < group.first.time) group.first = sighting;
    if (!(time !== undefined && group.last.time !== undefined && time < group.last.time)) group.last = sighting;
  };

  return {
    add(delivery) {
      const { event, payload, findings } = delivery;
      deliveries++;
      if (event === null) {
        if (payload === undefined) unreadable++;
        else unknown++;
        return;
      }
      let drifts = false;
      for (const finding of findings) {
        if (finding.rule === 'more-findings') omitted += omittedBy(finding);
        if (!isDrift(finding.rule) && !ODD_RULES.has(finding.rule)) continue;
        drifts = true;
        gather(delivery, event, finding);
      }
      if (drifts) drifting++;
    },
    addUnreadable() {
      unreadable++;
    },
    result() {
      const all = [...groups.values()].map(
        ({ event, pointer, rule, word, types, count, deliveries: within, first, last, expected, example }): DriftGroup => ({
          ...{ event, pointer, rule, ...(word === undefined ? {} : { word }) },
          types: JSON_TYPES.filter((type) => types.has(type)),
          ...{ count, deliveries: within, first, last, expected, ...(example === undefined ? {} : { example }) },
        }),
      );
      return { deliveries, drifting, groups: all.sort(byWeight), beyond, omitted, unreadable, unknown };
    },
  };
};

/** Whether anything was found that the schemas do not know. */
export const hasDrift = ({ groups }: Drift): boolean => groups.length > 0;

/**
 * What would have to be accepted for the drift to be silent.
 * @returns `left` are the groups that cannot be accepted: form and content, and words that may be text or ids
 */
export const acceptancesOf = ({ groups }: Drift): { accept: Acceptance[]; left: DriftGroup[] } => {
  const accept: Acceptance[] = [];
  const left: DriftGroup[] = [];
  for (const group of groups) {
    const { event, pointer, rule, word, types } = group;
    if (!isDrift(rule) || (rule === 'unknown-word' && word === undefined)) left.push(group);
    else if (word !== undefined) accept.push({ event, pointer, rule, words: [word] });
    else if (rule === 'unknown-member' || rule === 'wrong-type') accept.push({ event, pointer, rule, types });
    else accept.push({ event, pointer, rule });
  }
  return { accept, left };
};

const timeOf = (time: number | undefined): string | undefined => {
  const date = time === undefined ? undefined : new Date(time);
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};

const jsonSighting = ({ file, line, time }: Sighting): { readonly [member: string]: unknown } => {
  const told = timeOf(time);
  return { file, line, ...(told === undefined ? {} : { time: told }) };
};

/** The report of `drift --json`, a document. */
export const driftJson = (drift: Drift): { readonly [member: string]: unknown } => {
  const { deliveries, drifting, groups, beyond, omitted, unreadable, unknown } = drift;
  return {
    deliveries,
    drifting,
    unreadable,
    unknown,
    notListed: beyond,
    notChecked: omitted,
    drift: groups.map(({ first, last, ...group }) => ({
      severity: RULES[group.rule].severity,
      ...group,
      first: jsonSighting(first),
      last: jsonSighting(last),
    })),
  };
};
