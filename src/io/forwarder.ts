import type { FailureCause, Outcome } from '../delivery/delivery.ts';
import { type Shipment, targetPath } from '../delivery/endpoint.ts';
import { createQueue, type Turn } from '../delivery/queue.ts';
import { nextDelay, type RetryPlan } from '../delivery/retry.ts';
import type { Endpoint, Sender, WholeAnswer } from './endpoint.ts';

/** A delivery on its way to one endpoint. */
export interface Parcel {
  readonly shipment: Shipment;
  /** Milliseconds since 1970, when the delivery came. */
  readonly time: number;
  /** Name of its event, for people. */
  readonly event: string;
  /** The chat it belongs to; undefined where it names none or several. */
  readonly chat: string | undefined;
  /** Called with the answer, or without one where none came. */
  readonly onAnswer?: (answer: WholeAnswer | undefined, cause: FailureCause | undefined) => void;
}

export interface ForwarderOptions {
  readonly endpoint: Endpoint;
  /** Chats whose deliveries may be under way at once; 1 is the plain order of arrival. */
  readonly concurrency: number;
  readonly retry: RetryPlan | undefined;
  /** Deliveries that may wait, and the bytes of their bodies. */
  readonly most: number;
  readonly mostBytes: number;
  readonly after: (ms: number, action: () => void) => () => void;
  /** Called for every attempt; `last` where no other follows. */
  readonly onOutcome: (outcome: Outcome, parcel: Parcel, last: boolean) => void;
}

export interface Forwarder {
  /** Takes a delivery into the queue; one too many becomes an outcome at once. */
  push(parcel: Parcel): void;
  /** Deliveries that wait or are under way. */
  waiting(): number;
  /** Lets what waits be sent for so many milliseconds, then stops; returns what was left, oldest first. */
  end(patience: number): Promise<Parcel[]>;
}

/** Sends deliveries to an endpoint in the order of `createQueue`, again where it is asked to. */
export const createForwarder = (options: ForwarderOptions): Forwarder => {
  const { endpoint, retry, most, mostBytes, after, onOutcome } = options;
  const queue = createQueue<Parcel>(options.concurrency);
  /**
   * What is under way, in places that are used again: a Set would be made anew all the time, and what its old tables hold
   * lives until the next large collection of garbage.
   */
  const under: (Journey | undefined)[] = [];
  const free: number[] = [];
  let started = 0;
  /** What takes back the attempts that are still to come. */
  const planned = new Set<() => void>();
  let bytes = 0;
  let abandoned = false;
  let onIdle = (): void => {};

  /** A delivery under way, with all its attempts. A class, since one is made for each. */
  class Journey implements Sender {
    attempt = 1;
    readonly whole: boolean;
    readonly parcel: Parcel;
    readonly number = started++;
    private readonly turn: Turn<Parcel>;
    private readonly place: number;

    constructor(turn: Turn<Parcel>) {
      this.turn = turn;
      this.parcel = turn.item;
      this.whole = turn.item.onAnswer !== undefined;
      this.place = free.pop() ?? under.length;
      under[this.place] = this;
      endpoint.dispatch(turn.item.shipment, this);
    }

    onOutcome(outcome: Outcome, answer: WholeAnswer | undefined): void {
      if (abandoned) return;
      const { turn, attempt, parcel } = this;
      const delay = nextDelay(retry, outcome, attempt);
      if (delay === undefined) {
        under[this.place] = undefined;
        free.push(this.place);
        turn.done();
      }
      onOutcome(outcome, parcel, delay === undefined);
      if (delay === undefined) {
        parcel.onAnswer?.(answer, outcome.kind === 'failed' ? outcome.cause : undefined);
        schedule();
      } else {
        const cancel = after(delay, () => {
          planned.delete(cancel);
          this.attempt++;
          endpoint.dispatch(parcel.shipment, this);
        });
        planned.add(cancel);
      }
    }
  }

  let scheduled = false;
  /** What may go in one turn of the event loop goes together at its end: the app is woken once. */
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(pump);
  };

  const pump = (): void => {
    scheduled = false;
    if (abandoned) return;
    for (let next = queue.next(); next !== undefined; next = queue.next()) {
      bytes -= next.item.shipment.body.byteLength;
      new Journey(next);
    }
    if (queue.waiting + queue.running === 0) onIdle();
  };

  return {
    push(parcel) {
      const { shipment } = parcel;
      const size = shipment.body.byteLength;
      const isFull = (): boolean => queue.waiting >= most || bytes + size > mostBytes;
      if (isFull()) pump();
      if (isFull()) {
        const error = `not sent: ${queue.waiting} deliveries wait for the app already`;
        const target = `${endpoint.url.origin}${targetPath(endpoint.url, shipment.suffix, shipment.query)}`;
        onOutcome({ kind: 'failed', delivery: shipment.id, endpoint: target, ms: 0, error, cause: 'unsent' }, parcel, true);
        parcel.onAnswer?.(undefined, 'unsent');
        return;
      }
      queue.push(parcel, parcel.chat);
      bytes += size;
      if (queue.running === 0) pump();
      else schedule();
    },
    waiting: () => queue.waiting + queue.running,
    async end(patience) {
      if (queue.waiting + queue.running > 0) {
        await new Promise<void>((resolve) => {
          const cancel = after(patience, resolve);
          onIdle = () => {
            cancel();
            resolve();
          };
        });
      }
      abandoned = true;
      for (const cancel of planned) cancel();
      const sent = under.filter((one) => one !== undefined).sort((one, other) => one.number - other.number);
      // The queue gives them out chat by chat.
      const left = [...sent.map(({ parcel }) => parcel), ...queue.drain()].sort((one, other) => one.time - other.time);
      endpoint.close();
      return left;
    },
  };
};
