import { isOk, type Outcome } from '../delivery/delivery.ts';
import type { Rulings } from './check.ts';
import { type Desk, sourceOf } from './check-desk.ts';
import { isIncoming, kindOf, oneOfEach, type Specimen } from './check-events.ts';
import type { Tally } from './check-tally.ts';

/** An event on which the handler acts. */
export interface Actor {
  readonly specimen: Specimen;
  /** The calls that one delivery of it has caused by now: some come late. Undefined where they are not counted. */
  readonly calls: (() => number) | undefined;
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
    const { calls, made } = await desk.act(desk.renew(specimen), 1);
    if ((calls ?? 0) > 0 || (await probed(desk)) !== before) return { specimen, calls: made };
    await desk.outlive(specimen, base);
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

/** Calls for one delivery that has as much time as two. */
const callsOfOne = async (desk: Desk, specimen: Specimen, expected: number): Promise<number> => {
  const tally = await desk.quiet();
  await desk.act(desk.renew(specimen), expected);
  return desk.settled(tally);
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
    const both = await desk.quiet();
    const first = await desk.act(event, calls?.());
    const before = await probed(desk);
    const second = await desk.act(event);
    const after = await probed(desk);
    both.close();
    const answers = isOk(second.outcome) ? '; both were answered with 2xx' : '';
    const { calls: once = 0 } = first;
    // Calls of the first may come late: only what is more than one delivery causes is due to the second.
    const isTwice = (): boolean => both.calls() > Math.max(once, calls?.() ?? 0);
    const twice = (): void => {
      const message = `${kindOf(event)}: ${times(once)} for the first delivery, ${both.calls() - once} more for the same again${answers}`;
      rulings.found({ rule: 'duplicates', ...sourceOf(event), message });
    };
    if (isTwice()) {
      if ((await callsOfOne(desk, specimen, once)) < both.calls()) twice();
      continue;
    }
    desk.atEnd(() => {
      if (isTwice()) twice();
    });
    if (after !== before) {
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
  if (api === undefined || calls === undefined || calls() === 0) return checkAtOnceByProbe(desk, rulings, specimen);
  for (let round = 0; round < ROUNDS; round++) {
    const event = desk.renew(specimen);
    const tally = await desk.quiet();
    const release = api.hold();
    try {
      const both = Promise.all([desk.send(event), desk.send(event)]);
      // Who works after its answer has got both when it has answered both; of who works before, one may wait.
      await Promise.race([both, desk.world.pause(2 * desk.settle)]);
      await Promise.race([desk.called(tally), desk.world.pause(2 * desk.settle)]);
      await desk.world.pause(desk.settle);
      release();
      await both;
    } finally {
      release();
    }
    const made = await desk.settled(tally, calls());
    if (made > calls()) {
      const message = `${kindOf(event)}: ${times(calls())} for one delivery, ${made} for two copies of it at once`;
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
  const tally = desk.tally();
  await Promise.all([desk.send(event), desk.send(event)]);
  await desk.settled(tally);
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
  const some = oneOfEach(own).slice(0, MOST_OWN).map(desk.renew);
  const found = (event: Specimen, calls: number): void => {
    const message = `${kindOf(event)} with from_me: true made it call the API (${times(calls)})`;
    rulings.found({ rule: 'own-messages', ...sourceOf(event), message });
  };
  const all = await desk.quiet();
  const tallies = new Map<Specimen, Tally>();
  for (const event of some) {
    const tally = desk.tally();
    await desk.send(event);
    tally.close();
    tallies.set(event, tally);
  }
  if ((await desk.settled(all)) === 0) {
    desk.atEnd(() => {
      for (const [event, tally] of tallies) if (tally.named() > 0) return found(event, tally.named());
    });
    return rulings.passed('own-messages', `${some.length === 1 ? 'one was' : `${some.length} were`} sent, and no call came of it`);
  }
  for (const event of some.map(desk.renew)) {
    const { calls = 0 } = await desk.act(event);
    if (calls > 0) return found(event, calls);
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
  const tally = await desk.quiet();
  const release = api.hold();
  try {
    const sending = desk.send(event);
    // The last pause is for an answer that is there and was not read yet, where this machine is busy.
    const waited = desk.called(tally).then(() => pause(HOLD).then(() => pause(desk.settle)));
    const answered = await Promise.race([sending.then(() => true), waited.then(() => false)]);
    release();
    await sending;
    await desk.settled(tally, 1);
    if (answered) return rulings.passed('answers-first', `${kindOf(event)}: it answered while the API still took its time`);
    const message = `${kindOf(event)}: its answer waited for the API, which took ${HOLD / 1000} s`;
    rulings.found({ rule: 'answers-first', ...sourceOf(event), message });
  } finally {
    release();
  }
};
