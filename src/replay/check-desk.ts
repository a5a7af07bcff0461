import { type FailureCause, isOk, type Outcome } from '../delivery/delivery.ts';
import type { Shipment } from '../delivery/endpoint.ts';
import type { Mode } from '../event/mode.ts';
import { type Ledger, marksOf } from './calls.ts';
import type { Rulings } from './check.ts';
import { kindOf, renewed, type Specimen, shipmentFor } from './check-events.ts';
import { createSuspects } from './check-suspects.ts';
import { createTallies, type Tally } from './check-tally.ts';
import { LONGEST_ANSWER } from './expect.ts';
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
  /** Those that have come by now; undefined where they are not counted. */
  readonly made: (() => number) | undefined;
}

/** Milliseconds in which a call that is expected has to come; a handler may ask a model first. */
const PATIENCE = 2000;

/** Windows in which it has to come where they are long, since the handler is slow. */
const WINDOWS = 5;

/** Milliseconds in which a handler has to come to rest. */
const LONGEST_UNREST = 120_000;

/** Calls of which the slowest says how long to wait for the next. */
const LATEST = 3;

/** Kinds that are named where one of several has ended the handler. */
const MOST_NAMED = 5;

/** Thrown when nothing more can be checked: the handler is gone, or the person stopped the check. */
export class CheckEnd extends Error {}

/** Sends events and sees what the handler does. */
export interface Desk {
  readonly world: World;
  readonly mode: Mode;
  /** Milliseconds after an answer in which calls still belong to it. */
  readonly settle: number;
  /** How many were answered, and the longest answer. */
  readonly times: () => { readonly answered: number; readonly slowest: { readonly ms: number; readonly event: Specimen } | undefined };
  /** Whether the handler has answered an event of this kind. */
  hasAnswered(specimen: Specimen): boolean;
  /** Whether the handler has outlived an event of this kind. */
  knows(specimen: Specimen): boolean;
  /** Sends another event behind one, so that it is known to have outlived that; nothing where it is known. */
  outlive(specimen: Specimen, other: Specimen): Promise<void>;
  /** Sends another event until the handler is known to have outlived all that it took. */
  outliveAll(other: Specimen): Promise<void>;
  /** Sends half of an event and cuts the connection. What ends a handler that has outlived all else is the cut then. */
  cut(specimen: Specimen): Promise<void>;
  /** A new event of the same kind. */
  renew(specimen: Specimen): Specimen;
  shipment(specimen: Specimen, mode?: Mode): Shipment;
  /** Sends the first of all, of which nothing is expected. */
  greet(specimen: Specimen): Promise<Outcome>;
  /** Sends; a handler that is gone ends the check with a finding. */
  send(specimen: Specimen, shipment?: Shipment): Promise<Outcome>;
  /** Sends, waits until the calls are in, and counts them. @param expected calls for which it waits longer */
  act(specimen: Specimen, expected?: number, shipment?: Shipment): Promise<Deed>;
  /** Sends nothing for a while. */
  rest(ms: number): Promise<void>;
  /** Waits for what earlier deliveries may still do. @returns the calls of those that are sent from now on */
  quiet(): Promise<Tally>;
  /** The calls of the deliveries that are sent from now on. */
  tally(): Tally;
  /** Waits for the first call. */
  called(tally: Tally): Promise<void>;
  /** Waits until so many calls have come, or the patience is over, and the settle window after that; closes the tally. */
  settled(tally: Tally, expected?: number): Promise<number>;
  /** What is looked at when all has been sent: a call may be later than any window. */
  atEnd(look: () => void): void;
  end(): void;
}

export interface DeskOptions {
  readonly mode: Mode;
  readonly settle: number;
  readonly rulings: Rulings;
}

export const sourceOf = ({ name, origin, source }: Specimen): { event: string | null; origin: string; sources: readonly string[] } => ({
  event: name,
  origin,
  sources: source === null ? [] : [source],
});

/** How an answer is told: `status 500`, `no answer within 10 s`. */
export const told = (outcome: Outcome): string => (outcome.kind === 'answered' ? `status ${outcome.status}` : outcome.error);

/** Whether no answer came in time, or one that was later than the provider advises. */
export const isLate = (outcome: Outcome): boolean =>
  outcome.kind === 'failed' ? outcome.cause === 'timeout' : outcome.ms > LONGEST_ANSWER;

const isCaused = (outcome: Outcome, cause: FailureCause): boolean => outcome.kind === 'failed' && outcome.cause === cause;

export const openDesk = (world: World, { mode, settle, rulings }: DeskOptions): Desk => {
  const { api } = world;
  const suspects = createSuspects();
  const tallies = createTallies(api?.track());
  const looks: (() => void)[] = [];
  let slowest: { ms: number; event: Specimen } | undefined;
  let answered = 0;
  const answeredKinds = new Set<string>();
  let isQuiet = true;
  const latest: number[] = [];
  let window = settle;
  /** What was cut since the last delivery. */
  let half: Specimen | undefined;

  const rest: Desk['rest'] = async (ms) => {
    await world.pause(ms);
    suspects.rest(ms);
  };

  /** @param reached whether this one still came to the handler */
  const gone = (specimen: Specimen, reached: boolean): never => {
    const { specimens, answered: wasAnswered } = suspects.blame();
    const [one, ...others] = specimens;
    const tell = (how: string): string => `the handler was gone ${how}: nothing listens any more`;
    if (one === undefined && half !== undefined) {
      const message = tell(`after ${kindOf(half)} was cut in the middle`);
      rulings.found({ rule: 'cut-connection', ...sourceOf(half), message });
    } else if (one === undefined) {
      const message = tell(`${reached ? 'while it had' : 'when it was to have'} ${kindOf(specimen)}`);
      rulings.found({ rule: 'alive', ...sourceOf(specimen), message });
    } else if (others.length === 0) {
      const message = tell(`${wasAnswered ? 'after it had answered' : 'while it had'} ${kindOf(one)}`);
      rulings.found({ rule: 'any-type', ...sourceOf(one), message });
    } else {
      const some = specimens.slice(0, MOST_NAMED);
      const more = specimens.length > some.length ? ` and ${specimens.length - some.length} more` : '';
      const message = tell(`after it had one of these: ${some.map(kindOf).join(', ')}${more}`);
      const origin = some.map((each) => each.origin).join(', ') + more;
      const sources = specimens.flatMap(({ source }) => source ?? []);
      rulings.found({ rule: 'any-type', event: null, origin, sources, message });
    }
    throw new CheckEnd('the handler was gone');
  };

  const send: Desk['send'] = async (specimen, shipment = shipmentFor(specimen, mode, world.id())) => {
    if (world.stopped.aborted) throw new CheckEnd('it was stopped');
    isQuiet = false;
    tallies.begin(marksOf(specimen.payload));
    const isOutlived = suspects.going(window);
    const again = (): Promise<Outcome> => world.send({ ...shipment, id: world.id() });
    let outcome = await world.send(shipment);
    const reached = !isCaused(outcome, 'unreachable');
    // A connection that was closed between two deliveries says nothing about this one; a process that is gone does.
    if (isCaused(outcome, 'broken')) outcome = await again();
    if (isCaused(outcome, 'broken')) {
      // One that is about to end breaks connections until it has.
      await world.pause(window);
      const look = await again();
      if (isCaused(look, 'unreachable')) outcome = look;
    }
    if (world.stopped.aborted) throw new CheckEnd('it was stopped');
    if (reached) suspects.add(specimen, outcome.kind === 'answered');
    if (isCaused(outcome, 'unreachable')) gone(specimen, reached);
    half = undefined;
    if (outcome.kind === 'answered') isOutlived();
    if (isLate(outcome)) {
      const after = outcome.kind === 'failed' ? outcome.error : `answered after ${(outcome.ms / 1000).toFixed(1)} s`;
      rulings.found({ rule: 'in-time', ...sourceOf(specimen), message: `${kindOf(specimen)}: ${after}` });
    }
    if (outcome.kind === 'answered') {
      answered++;
      answeredKinds.add(kindOf(specimen));
      if (outcome.ms > (slowest?.ms ?? -1)) slowest = { ms: outcome.ms, event: specimen };
    }
    return outcome;
  };

  const renew: Desk['renew'] = (specimen) => renewed(specimen, world.random, world.now());

  const settled: Desk['settled'] = async (tally, expected = 0) => {
    if (api !== undefined && tally.calls() < expected) {
      const begun = world.elapsed();
      const over = world.pause(Math.max(PATIENCE, WINDOWS * window)).then(() => true);
      let isOver = false;
      while (!isOver && tally.calls() < expected) isOver = (await Promise.race([over, api.next()])) === true;
      // Who needs long for one call may need as long for the next.
      if (!isOver) latest.unshift(2 * (world.elapsed() - begun));
      latest.splice(LATEST);
      window = Math.max(settle, Math.min(PATIENCE, Math.max(0, ...latest)));
    }
    await rest(window);
    isQuiet = true;
    tally.close();
    return tally.calls();
  };

  const quiet: Desk['quiet'] = async () => {
    const begun = world.elapsed();
    for (let seen = api?.calls(); !isQuiet; seen = api?.calls()) {
      await rest(window);
      isQuiet = api?.calls() === seen;
      // Whose calls they are can no more be told.
      if (!isQuiet && world.elapsed() - begun > LONGEST_UNREST) throw new CheckEnd('the handler calls the API without end');
    }
    return tallies.open();
  };

  return {
    world,
    mode,
    get settle() {
      return window;
    },
    times: () => ({ answered, slowest }),
    hasAnswered: (specimen) => answeredKinds.has(kindOf(specimen)),
    knows: suspects.knows,
    async outlive(specimen, other) {
      if (!suspects.knows(specimen)) await send(renew(other));
    },
    async outliveAll(other) {
      // The first one shows that what came before it was outlived, the second that it was itself.
      for (let sent = 0; sent < 2 && suspects.blame().specimens.length > 0; sent++) {
        await quiet();
        await send(renew(other));
      }
    },
    async cut(specimen) {
      await world.cut(shipmentFor(specimen, mode, world.id()));
      half = specimen;
    },
    async greet(specimen) {
      tallies.begin(marksOf(specimen.payload));
      const outcome = await world.send(shipmentFor(specimen, mode, world.id()));
      suspects.add(specimen, outcome.kind === 'answered');
      return outcome;
    },
    renew,
    shipment: (specimen, other = mode) => shipmentFor(specimen, other, world.id()),
    send,
    rest,
    quiet,
    tally: tallies.open,
    async called(tally) {
      while (tally.calls() === 0) await api?.next();
    },
    settled,
    async act(specimen, expected = 0, shipment) {
      const tally = await quiet();
      const outcome = await send(specimen, shipment);
      const calls = await settled(tally, isOk(outcome) ? expected : 0);
      return api === undefined ? { outcome, calls: undefined, made: undefined } : { outcome, calls, made: tally.calls };
    },
    atEnd: (look) => void looks.push(look),
    end() {
      for (const look of looks) look();
    },
  };
};
