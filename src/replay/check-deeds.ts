import { isOk, type Outcome } from '../delivery/delivery.ts';
import type { Rulings } from './check.ts';
import { type Desk, sourceOf } from './check-desk.ts';
import { isIncoming, kindOf, oneOfEach, type Specimen } from './check-events.ts';

/** An event on which the handler acts, and the calls it makes for it; undefined where only a probe shows it. */
export interface Actor {
  readonly specimen: Specimen;
  readonly calls: number | undefined;
}

/** Events that are tried until the handler acts on one. */
const MOST_TRIED = 4;

/** What the probe says; undefined where there is none. */
const probed = (desk: Desk): Promise<string | undefined> => desk.world.probe?.() ?? Promise.resolve(undefined);

/**
 * Finds an event on which the handler acts: a text of somebody else, or what else the source has.
 * @param base a text of somebody else, for sources that hold none
 */
export const findActor = async (desk: Desk, specimens: readonly Specimen[], base: Specimen): Promise<Actor | undefined> => {
  const { api, probe } = desk.world;
  if (api === undefined && probe === undefined) return undefined;
  const texts = specimens.filter((one) => isIncoming(one) && one.type === 'text').slice(0, 2);
  const others = oneOfEach(specimens).filter((one) => !one.mine && one.type !== 'text');
  for (const specimen of [...(texts.length > 0 ? texts : [base]), ...others].slice(0, MOST_TRIED)) {
    const before = await probed(desk);
    const { calls } = await desk.act(desk.renew(specimen), 1);
    if ((calls ?? 0) > 0 || (await probed(desk)) !== before) return { specimen, calls };
  }
  return undefined;
};

/** Why it cannot be told what the handler does. */
export const whyIdle = ({ world: { api, probe } }: Desk): string => {
  if (api === undefined && probe === undefined)
    return 'nothing tells what the handler does: --api-port counts its calls to the API, --probe reads a value of its own';
  if (api === undefined) return 'the value of the probe never changed, so nothing tells what the handler does';
  const refused = api.refused();
  return refused === undefined
    ? `the handler made no call to ${api.url}: is the address of its API set to that?`
    : `none of the handler's calls to ${api.url} could be taken (${refused})`;
};

const times = (count: number): string => (count === 1 ? '1 API call' : `${count} API calls`);

const sameAnswer = (one: Outcome, other: Outcome): boolean => {
  if (one.kind === 'failed' || other.kind === 'failed') return one.kind === other.kind;
  const [a, b] = [one.answer.bytes, other.answer.bytes];
  return one.status === other.status && a.length === b.length && a.every((byte, at) => byte === b[at]);
};

/**
 * Sends each event twice with the same ids; the handler must act once.
 * @param tried actors that were tried already
 */
export const checkDuplicates = async (
  desk: Desk,
  rulings: Rulings,
  actors: readonly Actor[],
  tried: readonly Actor[] = [],
): Promise<void> => {
  for (const { specimen, calls } of actors) {
    const event = desk.renew(specimen);
    const first = await desk.act(event, calls ?? 0);
    const before = await probed(desk);
    const second = await desk.act(event);
    const after = await probed(desk);
    const answers = isOk(second.outcome) ? '; both were answered with 2xx' : '';
    if ((second.calls ?? 0) > 0) {
      const message = `${kindOf(event)}: ${times(first.calls ?? 0)} for the first delivery, ${second.calls} more for the same again${answers}`;
      rulings.found({ rule: 'duplicates', ...sourceOf(event), message });
    } else if (after !== before) {
      const message = `${kindOf(event)}: the probe said ${shown(before)} before the same came again, and ${shown(after)} after it${answers}`;
      rulings.found({ rule: 'duplicates', ...sourceOf(event), message });
    } else if (!sameAnswer(first.outcome, second.outcome))
      rulings.remark(`${kindOf(event)}: the second delivery was answered differently from the first; Whapi does not mind.`);
  }
  const kinds = [...tried, ...actors].map(({ specimen }) => kindOf(specimen)).join(', ');
  rulings.passed('duplicates', `${kinds}: acted on once, though it came twice`);
};

const LONGEST_SHOWN = 40;
const shown = (value: string | undefined): string => JSON.stringify((value ?? '').slice(0, LONGEST_SHOWN));

/** Rounds of two copies at once: whether both get through can be luck. */
const ROUNDS = 3;

/** Sends two copies at the same time, and lets the API take its time, so that both are under way together. */
export const checkAtOnce = async (desk: Desk, rulings: Rulings, { specimen, calls }: Actor): Promise<void> => {
  const { api } = desk.world;
  if (api === undefined || calls === undefined || calls === 0) return checkAtOnceByProbe(desk, rulings, specimen);
  for (let round = 0; round < ROUNDS; round++) {
    const event = desk.renew(specimen);
    const since = await desk.quiet();
    const release = api.hold();
    try {
      const both = Promise.all([desk.send(event), desk.send(event)]);
      await Promise.race([both, api.next()]);
      if (api.calls() === since) await Promise.race([api.next(), desk.world.pause(2 * desk.settle)]);
      await desk.world.pause(desk.settle);
      release();
      await both;
    } finally {
      release();
    }
    const made = await desk.settled(since, calls);
    if (made > calls) {
      const message = `${kindOf(event)}: ${times(calls)} for one delivery, ${made} for two copies of it at once`;
      return rulings.found({ rule: 'at-once', ...sourceOf(event), message });
    }
  }
  rulings.passed('at-once', `${kindOf(specimen)}: acted on once, though two copies came together, ${ROUNDS} times`);
};

/** Numbers can be compared: two at once must change it by as much as one. */
const checkAtOnceByProbe = async (desk: Desk, rulings: Rulings, specimen: Specimen): Promise<void> => {
  const value = async (): Promise<number> => Number(((await probed(desk)) ?? '').trim() || Number.NaN);
  const start = await value();
  await desk.act(desk.renew(specimen));
  const one = await value();
  const event = desk.renew(specimen);
  await Promise.all([desk.send(event), desk.send(event)]);
  await desk.settled(0, 0);
  const two = await value();
  if (!Number.isFinite(two - start)) return rulings.unchecked('at-once', 'the value of the probe is no number');
  if (two - one > one - start) {
    const message = `${kindOf(event)}: one delivery changed the probe by ${one - start}, two copies at once by ${two - one}`;
    return rulings.found({ rule: 'at-once', ...sourceOf(event), message });
  }
  rulings.passed('at-once', `${kindOf(specimen)}: the probe changed by ${two - one} for two copies at once, as for one`);
};

const MOST_OWN = 10;

/** Sends messages of the channel itself: nothing may come of them. */
export const checkOwnMessages = async (desk: Desk, rulings: Rulings, own: readonly Specimen[]): Promise<void> => {
  const { api } = desk.world;
  if (api === undefined) return;
  const some = oneOfEach(own).slice(0, MOST_OWN);
  const since = await desk.quiet();
  for (const one of some) await desk.send(desk.renew(one));
  if ((await desk.settled(since, 0)) === 0)
    return rulings.passed('own-messages', `${some.length === 1 ? 'one was' : `${some.length} were`} sent, and no call came of it`);
  for (const one of some) {
    const event = desk.renew(one);
    const { calls = 0 } = await desk.act(event);
    if (calls > 0) {
      const message = `${kindOf(event)} with from_me: true made it call the API (${times(calls)})`;
      return rulings.found({ rule: 'own-messages', ...sourceOf(event), message });
    }
  }
  rulings.unchecked('own-messages', 'calls came that belong to none of them; a longer --settle may tell');
};

/** Milliseconds that the API keeps a handler waiting; one that answers first does not notice. */
const HOLD = 1000;

/** Lets a call to the API wait: an answer that waits with it comes after the work. */
export const checkAnswersFirst = async (desk: Desk, rulings: Rulings, { specimen }: Actor): Promise<void> => {
  const { api, pause } = desk.world;
  if (api === undefined) return;
  const event = desk.renew(specimen);
  const since = await desk.quiet();
  const release = api.hold();
  try {
    const sending = desk.send(event);
    const answered = await Promise.race([sending.then(() => true), api.next().then(() => pause(HOLD).then(() => false))]);
    release();
    await sending;
    await desk.settled(since, 1);
    if (answered) return rulings.passed('answers-first', `${kindOf(event)}: it answered while the API still took its time`);
    const message = `${kindOf(event)}: its answer waited for the API, which took ${HOLD / 1000} s`;
    rulings.found({ rule: 'answers-first', ...sourceOf(event), message });
  } finally {
    release();
  }
};
