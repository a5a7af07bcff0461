import { isOk } from '../delivery/delivery.ts';
import type { Mode } from '../event/mode.ts';
import { type CheckReport, createRulings, type Rulings } from './check.ts';
import { type Actor, checkAnswersFirst, checkAtOnce, checkDuplicates, checkOwnMessages, findActor, whyIdle } from './check-deeds.ts';
import { CheckEnd, type Desk, isLate, openDesk, sourceOf, told, type World } from './check-desk.ts';
import { byInterest, isIncoming, kindOf, ownWithStatus, type Specimen, textBy, unknownOf } from './check-events.ts';
import { CHECK_RULE_NAMES, type CheckRule } from './check-rules.ts';
import type { Tally } from './check-tally.ts';
import { checkCut, checkLargeBody, checkModes, checkOrder, checkSecret, checkVerbs } from './check-wire.ts';

export interface CheckPlan {
  /** The rules that are asked for. */
  readonly rules: readonly CheckRule[];
  readonly specimens: readonly Specimen[];
  /** The modes that are tried; everything else goes out in the first. */
  readonly modes: readonly [Mode, ...Mode[]];
  /** Milliseconds after an answer in which calls still belong to it. */
  readonly settle: number;
  /** Name of the header with the secret. */
  readonly secret: string | undefined;
  /** Called when the turn of a rule comes. */
  readonly onRule?: (rule: CheckRule) => void;
}

/** Answers that took too long before the rest is left out: it would only take longer. */
const MOST_SLOW = 3;
/** Milliseconds for rests after kinds that are new to the handler: what ends it can be told by them. */
const LONGEST_APART = 3000;
/** Kinds that are sent twice beside the first. */
const MOST_TWICE = 8;

/** Sends all events once. @param base what it takes @returns those on which the handler acted, one of each kind */
const checkAnswers = async (desk: Desk, rulings: Rulings, specimens: readonly Specimen[], base: Specimen): Promise<Actor[]> => {
  const failed = new Map<string, { first: Specimen; why: string; count: number }>();
  const fine = new Set<string>();
  const tallies = new Map<Specimen, Tally>();
  const fresh = new Set(specimens.filter((one) => !desk.knows(one)).map(kindOf));
  // What ends the handler can be told for sure where each new kind has a settle window to itself, and a text shows after
  // it that the handler is still there. Of many kinds some may be left, and they alone are few.
  const areFew = fresh.size * desk.settle <= LONGEST_APART;
  const gap = areFew ? desk.settle : LONGEST_APART / fresh.size;
  const all = await desk.quiet();
  let sent = 0;
  let slow = 0;
  let broken = 0;
  for (const specimen of specimens) {
    const event = desk.renew(specimen);
    const tally = desk.tally();
    const outcome = await desk.send(event);
    tally.close();
    tallies.set(specimen, tally);
    sent++;
    const kind = kindOf(event);
    if (fresh.delete(kind)) {
      await desk.rest(gap);
      if (areFew) await desk.outlive(event, base);
    }
    if (outcome.kind === 'failed' && outcome.cause === 'broken') broken++;
    if (isOk(outcome)) fine.add(kind);
    else {
      const before = failed.get(kind);
      failed.set(kind, before === undefined ? { first: event, why: told(outcome), count: 1 } : { ...before, count: before.count + 1 });
    }
    if (isLate(outcome)) slow++;
    if (slow >= MOST_SLOW) {
      rulings.remark(`${specimens.length - sent} of ${specimens.length} events were not sent: too many answers were slow.`);
      break;
    }
  }
  await desk.settled(all);
  // A process that ends breaks connections, which says nothing about what was on its way there.
  if (broken > 0) await desk.act(desk.renew(base));
  for (const [kind, { first, why, count }] of failed) {
    // What fails for one kind alone is about that kind.
    const rule: CheckRule = fine.size === 0 || fine.has(kind) || first.type === 'text' ? 'answers' : 'any-type';
    rulings.found({ rule, ...sourceOf(first), message: `${kind}: ${why}${count === 1 ? '' : `, ${count} times`}` });
  }
  rulings.passed('answers', `${sent === 1 ? '1 event' : `${sent} events`} of ${fine.size === 1 ? '1 kind' : `${fine.size} kinds`}`);
  const acting = new Map<string, Actor>();
  for (const [specimen, tally] of tallies) {
    if (tally.named() > 0 && !specimen.mine && !acting.has(kindOf(specimen)))
      acting.set(kindOf(specimen), { specimen, calls: tally.named });
  }
  return [...acting.values()];
};

/** Sends what nobody knows yet. */
const checkUnknown = async (desk: Desk, rulings: Rulings, base: Specimen): Promise<void> => {
  const unknown = unknownOf(base);
  for (const specimen of unknown) {
    const event = desk.renew(specimen);
    const outcome = await desk.send(event);
    await desk.rest(desk.settle);
    if (!isOk(outcome)) rulings.found({ rule: 'any-type', ...sourceOf(event), message: `${specimen.origin}: ${told(outcome)}` });
  }
  // One that dies of the last of them is found gone here.
  await desk.act(desk.renew(base));
  rulings.passed('any-type', `${unknown.length} that no version of WhatsApp has sent yet`);
};

/** Sends the last delivery, and looks back at how long all of them took. */
const checkEnd = async (desk: Desk, rulings: Rulings, base: Specimen): Promise<void> => {
  const last = desk.renew(base);
  const wasAnswered = desk.hasAnswered(last);
  const { outcome } = await desk.act(last);
  if (outcome.kind === 'answered') rulings.passed('alive', 'it answered the last delivery as the first');
  else if (wasAnswered) {
    const message = `${kindOf(last)} was answered before, and at the end no more: ${told(outcome)}`;
    rulings.found({ rule: 'alive', ...sourceOf(last), message });
  } else rulings.unchecked('alive', `it has not answered ${kindOf(last)} at any time (${told(outcome)})`);
  const { answered, slowest } = desk.times();
  if (slowest === undefined) rulings.unchecked('in-time', 'nothing was answered');
  else rulings.passed('in-time', `the slowest of ${answered} answers took ${Math.round(slowest.ms)} ms`);
};

const checkAll = async (desk: Desk, rulings: Rulings, plan: CheckPlan): Promise<void> => {
  const wanted = (rule: CheckRule): boolean => plan.rules.includes(rule);
  const comes = (rule: CheckRule): boolean => {
    const isWanted = wanted(rule);
    if (isWanted) plan.onRule?.(rule);
    return isWanted;
  };
  const specimens = byInterest(plan.specimens);
  const headers = specimens[0]?.headers ?? [];
  const base = specimens.find((one) => isIncoming(one) && one.type === 'text') ?? textBy(headers);
  if (comes('secret')) await checkSecret(desk, rulings, base, plan.secret);
  if (comes('modes')) await checkModes(desk, rulings, base, plan.modes);
  if (comes('verbs')) await checkVerbs(desk, rulings, base, specimens, plan.modes);

  const deeds = (['duplicates', 'at-once', 'own-messages', 'answers-first'] as const).filter(wanted);
  const needsActor = deeds.length > 0 || wanted('out-of-order') || wanted('cut-connection');
  const actor = needsActor ? await findActor(desk, specimens, base) : undefined;
  if (actor === undefined) for (const rule of deeds) rulings.unchecked(rule, whyIdle(desk));
  else {
    if (comes('duplicates')) await checkDuplicates(desk, rulings, [actor]);
    if (comes('at-once')) {
      if (rulings.has('duplicates')) rulings.unchecked('at-once', 'it acts twice on copies that come one after the other');
      else await checkAtOnce(desk, rulings, actor);
    }
    const noApi = desk.world.api === undefined ? 'it needs --api-port: only the calls to the API tell' : undefined;
    if (comes('own-messages')) {
      const own = specimens.filter(({ mine }) => mine);
      if (noApi !== undefined) rulings.unchecked('own-messages', noApi);
      else await checkOwnMessages(desk, rulings, own.length > 0 ? own : [ownWithStatus(base).message]);
    }
    if (comes('answers-first')) {
      if (noApi !== undefined) rulings.unchecked('answers-first', noApi);
      else await checkAnswersFirst(desk, rulings, actor);
    }
  }
  if (comes('out-of-order'))
    await checkOrder(desk, rulings, actor !== undefined && isIncoming(actor.specimen) ? actor : { specimen: base, calls: undefined });
  if (comes('large-body')) await checkLargeBody(desk, rulings, base);
  if (comes('cut-connection')) await checkCut(desk, rulings, actor ?? { specimen: base, calls: undefined });
  if (comes('answers') || wanted('any-type')) {
    const acting = await checkAnswers(desk, rulings, specimens, base);
    const others = acting.filter(({ specimen }) => actor === undefined || kindOf(specimen) !== kindOf(actor.specimen)).slice(0, MOST_TWICE);
    if (wanted('duplicates') && actor !== undefined && others.length > 0) await checkDuplicates(desk, rulings, others, [actor]);
  }
  if (comes('any-type')) await checkUnknown(desk, rulings, base);
  if (comes('alive') || wanted('in-time')) await checkEnd(desk, rulings, base);
};

/**
 * Checks a handler: sends it what webhooks are like on bad days, and sees what it does.
 * Of a rule that could not be checked it says so, never that it holds.
 */
export const runCheck = async (world: World, plan: CheckPlan): Promise<CheckReport> => {
  const rulings = createRulings();
  const rules = CHECK_RULE_NAMES.filter((rule) => plan.rules.includes(rule));
  const desk = openDesk(world, { mode: plan.modes[0], settle: plan.settle, rulings });
  const first = byInterest(plan.specimens)[0];
  if (first !== undefined) {
    const tally = desk.tally();
    const outcome = await desk.greet(desk.renew(first));
    if (outcome.kind === 'failed' && outcome.cause === 'unreachable') return rulings.report([], { unreachable: outcome.error });
    // The first call takes longest: connections are made, code is loaded.
    await desk.settled(tally, isOk(outcome) ? 1 : 0);
  }
  let ended: string | null = null;
  try {
    await checkAll(desk, rulings, plan);
  } catch (error) {
    if (!(error instanceof CheckEnd)) throw error;
    ended = error.message;
  }
  desk.end();
  const refused = world.api?.refused();
  if (refused !== undefined) rulings.remark(`The API stand-in refused calls of the handler, as the provider would: ${refused}.`);
  return rulings.report(rules, { ended });
};
