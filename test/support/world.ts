import type { FailureCause, Outcome } from '../../src/delivery/delivery.ts';
import type { Shipment } from '../../src/delivery/endpoint.ts';
import { type Call, createLedger, type Ledger } from '../../src/replay/calls.ts';
import type { World } from '../../src/replay/check-desk.ts';
import { createRandom } from '../../src/replay/random.ts';
import type { Hook } from './handler.ts';
import { jumpingClock } from './run.ts';

/** What a handler in a world without a network can do. */
export interface Means {
  /** Does something later. */
  later(ms: number, action: () => void): void;
  /** Calls the API. @returns once it is answered */
  call(to: string | null, quoted?: string): Promise<void>;
  /** Ends the handler: the next connections break, all others are refused. */
  end(breaking?: number): void;
}

/** @returns the status of the answer; undefined breaks the connection */
export type Handler = (payload: Hook['payload'], means: Means) => number | undefined | Promise<number>;

/** Milliseconds that an answer takes. */
const ANSWER = 1;

/**
 * A world for a check: its time passes as soon as nothing else is to be done, and its handler is one function.
 * @param onCut what the handler does when a connection is cut
 */
export const worldOf = (handler: Handler, onCut?: (means: Means) => void): World & { readonly sent: () => number } => {
  const clock = jumpingClock();
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  let sent = 0;
  let calls = 0;
  let ids = 0;
  let ledger: Ledger | undefined;
  let held: Promise<void> | undefined;
  const waiting: (() => void)[] = [];
  let breaking: number | undefined;
  const failed = ({ id }: Shipment, cause: FailureCause): Outcome => ({
    ...{ kind: 'failed', delivery: id, endpoint: '', ms: ANSWER, cause },
    error: cause,
  });
  const means: Means = {
    later: (ms, action) => void clock.after(ms, action),
    async call(to, quoted) {
      if (breaking !== undefined) return;
      const wait = held;
      const call: Call = { what: 'POST /messages/text', to, quoted: quoted ?? null };
      calls++;
      ledger?.take(call);
      for (const come of waiting.splice(0)) come();
      await wait;
    },
    end(connections = 0) {
      breaking ??= connections;
    },
  };
  return {
    sent: () => sent,
    async send(shipment) {
      sent++;
      await pause(ANSWER);
      if (breaking !== undefined) return failed(shipment, breaking-- > 0 ? 'broken' : 'unreachable');
      const payload = JSON.parse(new TextDecoder().decode(shipment.body)) as Hook['payload'];
      const status = await handler(payload, means);
      if (status === undefined) return failed(shipment, 'broken');
      const { id } = shipment;
      return { kind: 'answered', delivery: id, endpoint: '', ms: ANSWER, status, answer: { bytes: new Uint8Array(), cut: false } };
    },
    async cut() {
      await pause(ANSWER);
      onCut?.(means);
    },
    api: {
      url: 'http://127.0.0.1:4010',
      calls: () => calls,
      refused: () => undefined,
      hold() {
        let release = (): void => {};
        held = new Promise((resolve) => {
          release = resolve;
        });
        return () => {
          held = undefined;
          release();
        };
      },
      next: () => new Promise((resolve) => void waiting.push(resolve)),
      track() {
        ledger = createLedger();
        return ledger;
      },
    },
    probe: undefined,
    pause,
    elapsed: clock.elapsed,
    now: () => Date.UTC(2026, 2, 1),
    id: () => `d${++ids}`,
    random: createRandom(7),
    stopped: new AbortController().signal,
  };
};
