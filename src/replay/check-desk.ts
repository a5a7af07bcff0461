import { isOk, type Outcome } from '../delivery/delivery.ts';
import type { Shipment } from '../delivery/endpoint.ts';
import type { Mode } from '../event/mode.ts';
import type { Ledger } from './calls.ts';
import type { Rulings } from './check.ts';
import { kindOf, renewed, type Specimen, shipmentFor } from './check-events.ts';
import type { CheckRule } from './check-rules.ts';
import type { Random } from './random.ts';

/** What a check asks of the world. */
export interface World {
  readonly send: (shipment: Shipment) => Promise<Outcome>;
  /** Sends half of the body and cuts the connection. */
  readonly cut: (shipment: Shipment) => Promise<void>;
  /** The API stand-in, where there is one. */
  readonly api:
    | {
        readonly url: string;
        /** All calls until now. */
        readonly calls: () => number;
        /** Calls that the provider would have refused; the first of them. */
        readonly refused: () => string | undefined;
        /** Answers to calls wait from now on; what it returns lets them go. */
        readonly hold: () => () => void;
        /** Resolves when a call comes. */
        readonly next: () => Promise<void>;
        /** A ledger that is told of all calls from now on; the one before is told of no more. */
        readonly track: () => Ledger;
      }
    | undefined;
  /** A value that shows what the handler did: a row count, say. */
  readonly probe: (() => Promise<string>) | undefined;
  readonly pause: (ms: number) => Promise<void>;
  readonly elapsed: () => number;
  readonly now: () => number;
  readonly id: () => string;
  readonly random: Random;
  readonly stopped: AbortSignal;
}

/** What a handler did because of a delivery. */
export interface Deed {
  readonly outcome: Outcome;
  /** Calls; undefined where they are not counted. */
  readonly calls: number | undefined;
}

/** Milliseconds in which a call that is expected has to come; a handler may ask a model first. */
const PATIENCE = 2000;

/** The provider's advice (CONTRACT.md, section 1). */
const LONGEST_ANSWER = 5000;

/** Calls of which the slowest says how long to wait for the next. */
const LATEST = 3;

/** Thrown when nothing more can be checked: the handler is gone, or the person stopped the check. */
export class CheckEnd extends Error {}

/** Sends events and sees what the handler does. */
export interface Desk {
  readonly world: World;
  readonly mode: Mode;
  /** Milliseconds after an answer in which calls still belong to it. */
  readonly settle: number;
  /** Kinds that were answered, and after which the handler was still there. */
  readonly known: ReadonlySet<string>;
  /** How many were answered, and the longest answer. */
  readonly times: () => { readonly answered: number; readonly slowest: { readonly ms: number; readonly event: Specimen } | undefined };
  /** A new event of the same kind. */
  renew(specimen: Specimen): Specimen;
  shipment(specimen: Specimen, mode?: Mode): Shipment;
  /** Sends; a handler that is gone ends the check with a finding. */
  send(specimen: Specimen, shipment?: Shipment): Promise<Outcome>;
  /** Sends, waits until the calls are in, and counts them. @param expected calls for which it waits longer */
  act(specimen: Specimen, expected?: number, shipment?: Shipment): Promise<Deed>;
  /** Waits for what earlier deliveries may still do, so that only new calls are counted from now on. @returns calls until now */
  quiet(): Promise<number>;
  /** Waits until so many calls have come since a count, or the patience is over, and the settle window after that. */
  settled(since: number, expected: number): Promise<number>;
}

export interface DeskOptions {
  readonly mode: Mode;
  readonly settle: number;
  readonly rulings: Rulings;
}

export const sourceOf = ({ name, origin, source }: Specimen): { event: string | null; origin: string; source: string | null } => ({
  event: name,
  origin,
  source,
});

/** How an answer is told: `status 500`, `no answer within 10 s`. */
export const told = (outcome: Outcome): string => (outcome.kind === 'answered' ? `status ${outcome.status}` : outcome.error);

export const openDesk = (world: World, { mode, settle, rulings }: DeskOptions): Desk => {
  const known = new Set<string>();
  let before: Specimen | undefined;
  let slowest: { ms: number; event: Specimen } | undefined;
  let answered = 0;
  let isQuiet = true;
  const latest: number[] = [];
  let window = settle;

  const gone = (specimen: Specimen): never => {
    // What came before it was answered, and may have ended the process afterwards.
    const suspects = before === undefined ? [specimen] : [before, specimen];
    const suspect = suspects.find((one) => !known.has(kindOf(one))) ?? specimen;
    const rule: CheckRule = known.has(kindOf(suspect)) ? 'alive' : 'any-type';
    const after = suspect === specimen ? 'while it had' : 'after it had answered';
    rulings.found({ rule, ...sourceOf(suspect), message: `the handler was gone ${after} ${kindOf(suspect)}: nothing listens any more` });
    throw new CheckEnd('the handler was gone');
  };

  const send: Desk['send'] = async (specimen, shipment = shipmentFor(specimen, mode, world.id())) => {
    if (world.stopped.aborted) throw new CheckEnd('it was stopped');
    isQuiet = false;
    let outcome = await world.send(shipment);
    if (outcome.kind === 'failed' && outcome.cause === 'broken') {
      // A connection that was closed between two deliveries says nothing about this one; a process that is gone does.
      outcome = await world.send({ ...shipment, id: world.id() });
    }
    if (world.stopped.aborted) throw new CheckEnd('it was stopped');
    if (outcome.kind === 'failed' && outcome.cause === 'unreachable') gone(specimen);
    if (before !== undefined) known.add(kindOf(before));
    before = isOk(outcome) ? specimen : undefined;
    const isLate = outcome.kind === 'failed' ? outcome.cause === 'timeout' : outcome.ms > LONGEST_ANSWER;
    if (isLate) {
      const after = outcome.kind === 'failed' ? outcome.error : `answered after ${(outcome.ms / 1000).toFixed(1)} s`;
      rulings.found({ rule: 'in-time', ...sourceOf(specimen), message: `${kindOf(specimen)}: ${after}` });
    }
    if (outcome.kind === 'answered') {
      answered++;
      if (outcome.ms > (slowest?.ms ?? -1)) slowest = { ms: outcome.ms, event: specimen };
    }
    return outcome;
  };

  const settled: Desk['settled'] = async (since, expected) => {
    const { api } = world;
    if (api !== undefined && api.calls() - since < expected) {
      const begun = world.elapsed();
      const over = world.pause(PATIENCE).then(() => true);
      let isOver = false;
      while (!isOver && api.calls() - since < expected) isOver = (await Promise.race([over, api.next()])) === true;
      // Who needs long for one call may need as long for the next.
      if (!isOver) latest.unshift(2 * (world.elapsed() - begun));
      latest.splice(LATEST);
      window = Math.max(settle, Math.min(PATIENCE, Math.max(0, ...latest)));
    }
    await world.pause(window);
    isQuiet = true;
    return (api?.calls() ?? 0) - since;
  };

  const quiet: Desk['quiet'] = async () => {
    const { api } = world;
    for (let seen = api?.calls(); !isQuiet; seen = api?.calls()) {
      await world.pause(window);
      isQuiet = api?.calls() === seen;
    }
    return api?.calls() ?? 0;
  };

  return {
    world,
    mode,
    get settle() {
      return window;
    },
    known,
    times: () => ({ answered, slowest }),
    renew: (specimen) => renewed(specimen, world.random, world.now()),
    shipment: (specimen, other = mode) => shipmentFor(specimen, other, world.id()),
    send,
    quiet,
    settled,
    async act(specimen, expected = 0, shipment) {
      const since = await quiet();
      const outcome = await send(specimen, shipment);
      const calls = await settled(since, isOk(outcome) ? expected : 0);
      return { outcome, calls: world.api === undefined ? undefined : calls };
    },
  };
};
