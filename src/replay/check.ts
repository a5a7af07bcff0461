import { EXIT, type ExitCode } from '../errors.ts';
import type { CheckRule } from './check-rules.ts';

export interface CheckRuleText {
  /** What a right handler does. */
  readonly sentence: string;
  /** What goes wrong with one that does not. */
  readonly why: string;
  readonly fix: string;
}

/** What is said of each rule. Facts of the provider: CONTRACT.md, sections 1 and 2. */
export const CHECK_RULES: Readonly<Record<CheckRule, CheckRuleText>> = {
  secret: {
    sentence: 'refuses what comes without the secret',
    why: 'The address of a webhook is no secret and nothing is signed: whoever finds it can play Whapi.',
    fix: 'Compare the header with the secret first, in constant time, and answer 401 without doing anything.',
  },
  modes: {
    sentence: 'takes the addresses of all three modes',
    why: 'Mode path appends /messages/post to the address and mode method /messages; what answers 404 there loses every event.',
    fix: 'Route the address and all that stands below it to one handler. If your channel stays with one mode, name it: --mode body.',
  },
  verbs: {
    sentence: 'takes POST, PUT, PATCH and DELETE',
    why: 'Mode method sends changes as PUT and PATCH and removals as DELETE, all with a body.',
    fix: 'Register the handler for all four verbs. If your channel stays with another mode, name it: --mode body.',
  },
  answers: {
    sentence: 'answers every event with 2xx',
    why: 'Whatever is not 200 counts as failed: the delivery comes again and again, with growing delays.',
    fix: 'Answer 200 as soon as the delivery is yours, also where there is nothing to do.',
  },
  'in-time': {
    sentence: 'answers within 5 s',
    why: 'Whapi advises to answer within 5 s; what takes longer may be sent again while you still work on it.',
    fix: 'Put the delivery into a queue, answer, and work afterwards.',
  },
  'answers-first': {
    sentence: 'answers before slow work',
    why: 'The answer waits for something that can be slow, such as a call to the API. On a bad day it comes too late, and the delivery comes twice.',
    fix: 'Answer 200 first, then work: in the background or from a queue.',
  },
  'any-type': {
    sentence: 'takes events and message types that it does not know',
    why: 'WhatsApp adds types without notice, and a chat partner can send any of them: one such message must not cost the others.',
    fix: 'Pass over what you do not know and answer 200. Catch errors of each message, and look before you use a member.',
  },
  duplicates: {
    sentence: 'does not act twice on a delivery that comes twice',
    why: 'Deliveries are repeated whenever an answer was late or lost. Whoever acts on each answers, books or pays twice.',
    fix: 'Keep the ids that you have handled, in a table with a unique key, and pass over those that are there.',
  },
  'at-once': {
    sentence: 'does not act twice on two copies at once',
    why: 'Copies can come milliseconds apart. Who looks first and remembers after the work lets both through.',
    fix: 'Remember the id before you act, in one step: INSERT … ON CONFLICT DO NOTHING, or SET NX.',
  },
  'own-messages': {
    sentence: 'does not answer messages of the channel itself',
    why: 'What the channel sends comes as an event too, with from_me: true. A bot that answers it talks to itself without end.',
    fix: 'Pass over messages with from_me: true.',
  },
  'out-of-order': {
    sentence: 'takes events in any order',
    why: 'Deliveries that failed come later than newer ones; a status can come before its message.',
    fix: 'Let no event rely on an earlier one: keep a status for a message that is not there yet, and do not pass over what is older.',
  },
  'large-body': {
    sentence: 'takes large bodies',
    why: 'Previews and QR codes stand in the body as base64. Frameworks refuse more than 100 kB unless they are told.',
    fix: "Raise the limit of your body parser, for instance express.json({ limit: '5mb' }).",
  },
  'cut-connection': {
    sentence: 'survives a connection that breaks in the middle of a body',
    why: 'Networks fail. What was cut comes again whole, and must be acted on then, once.',
    fix: 'Act only on a body that has come whole, and catch the errors of the request.',
  },
  alive: {
    sentence: 'is still there at the end',
    why: 'A process that ended takes no events.',
    fix: 'Catch the errors of work in the background; in Node an unhandled rejection ends the process.',
  },
};

/** Something wrong with the handler. */
export interface CheckFinding {
  readonly rule: CheckRule;
  /** What was seen, one sentence without its full stop; strangers' text may stand in it. */
  readonly message: string;
  /** The event that shows it; null where no single one does. */
  readonly event: string | null;
  /** Where that is from, for people. */
  readonly origin: string | null;
  /** The sources that hold this event alone, or those of which one shows it; none where nothing names it. */
  readonly sources: readonly string[];
  /** How many more of the same there were. */
  readonly more: number;
}

/** What became of one rule. */
export type Ruling =
  | { readonly rule: CheckRule; readonly status: 'passed'; readonly note: string }
  | { readonly rule: CheckRule; readonly status: 'found'; readonly findings: readonly CheckFinding[] }
  /** It could not be checked; `note` says why. */
  | { readonly rule: CheckRule; readonly status: 'unchecked'; readonly note: string };

/** What a check has to say. */
export interface CheckReport {
  readonly rulings: readonly Ruling[];
  /** What is worth knowing though nothing is wrong. */
  readonly remarks: readonly string[];
  /** Why nothing was there to be checked; null where it was. */
  readonly unreachable: string | null;
  /** Why it ended before its end; null where it did not. */
  readonly ended: string | null;
}

export const countRulings = ({ rulings }: CheckReport): Record<Ruling['status'], number> => {
  const counts = { passed: 0, found: 0, unchecked: 0 };
  for (const { status } of rulings) counts[status]++;
  return counts;
};

/** 0 nothing wrong was found; 1 something was, or the check ended early; 3 nothing could be reached. */
export const checkExitCode = (report: CheckReport): ExitCode => {
  if (report.unreachable !== null) return EXIT.environment;
  return countRulings(report).found > 0 || report.ended !== null ? EXIT.wanting : EXIT.ok;
};

/** Collects what is seen of each rule. */
export interface Rulings {
  /** Another finding; of one rule only a few are kept, the others are counted. */
  found(finding: Omit<CheckFinding, 'more'>): void;
  passed(rule: CheckRule, note: string): void;
  unchecked(rule: CheckRule, note: string): void;
  has(rule: CheckRule): boolean;
  remark(text: string): void;
  report(rules: readonly CheckRule[], trouble?: Partial<Pick<CheckReport, 'unreachable' | 'ended'>>): CheckReport;
}

/** Findings of one rule that are told each. */
const MOST_TOLD = 3;
const MOST_REMARKS = 5;

/** What was found outlasts what passed: a rule that was looked at twice has to hold twice. */
export const createRulings = (): Rulings => {
  const findings = new Map<CheckRule, CheckFinding[]>();
  const notes = new Map<CheckRule, { status: 'passed' | 'unchecked'; note: string }>();
  const remarks: string[] = [];
  return {
    found(finding) {
      const own = findings.get(finding.rule) ?? [];
      const last = own.at(-1);
      if (last !== undefined && own.length === MOST_TOLD) own[own.length - 1] = { ...last, more: last.more + 1 };
      else own.push({ ...finding, more: 0 });
      findings.set(finding.rule, own);
    },
    passed: (rule, note) => void notes.set(rule, { status: 'passed', note }),
    unchecked: (rule, note) => void notes.set(rule, { status: 'unchecked', note }),
    has: (rule) => findings.has(rule),
    remark(text) {
      if (remarks.length < MOST_REMARKS && !remarks.includes(text)) remarks.push(text);
    },
    report: (rules, { unreachable = null, ended = null } = {}) => ({
      unreachable,
      ended,
      remarks,
      rulings: rules.map((rule): Ruling => {
        const own = findings.get(rule);
        if (own !== undefined) return { rule, status: 'found', findings: own };
        return {
          rule,
          ...(notes.get(rule) ?? {
            status: 'unchecked',
            note: ended === null ? 'nothing was there to try it with' : `the check ended before it: ${ended}`,
          }),
        };
      }),
    }),
  };
};
