import { type GatewayOptions, openGateway } from '../../io/gateway.ts';
import { type Call, createLedger, type Ledger } from '../../replay/calls.ts';
import type { Runtime } from '../../runtime.ts';

/** The API stand-in, and what is known of the calls to it. */
export interface Calls {
  readonly port: number;
  readonly url: string;
  /** Calls until now that the provider would have taken. */
  readonly count: () => number;
  /** Calls that it would have refused, and the first of them. */
  readonly refused: () => { readonly count: number; readonly first: string } | undefined;
  /** Answers to calls wait from now on; what it returns lets them go. */
  readonly hold: () => () => void;
  /** Resolves when a call comes. */
  readonly next: () => Promise<void>;
  /** A ledger that is told of all calls from now on; the one before is told of no more. */
  readonly track: () => Ledger;
  close(): Promise<void>;
}

/** Opens the stand-in and counts its calls. @throws UserError (3) where the port cannot be had */
export const openCalls = async (port: number, runtime: Pick<Runtime, 'now' | 'id'>): Promise<Calls> => {
  let count = 0;
  let ledger: Ledger | undefined;
  let refused: { count: number; first: string } | undefined;
  let waiting: (() => void)[] = [];
  const onCall = (call: Call): void => {
    count++;
    ledger?.take(call);
    const all = waiting;
    waiting = [];
    for (const come of all) come();
  };
  const onRefused: GatewayOptions['onRefused'] = (first) => {
    refused = refused === undefined ? { count: 1, first } : { ...refused, count: refused.count + 1 };
  };
  const gateway = await openGateway({ port, now: runtime.now, id: runtime.id, onCall, onRefused });
  return {
    port: gateway.port,
    url: gateway.url,
    count: () => count,
    refused: () => refused,
    hold() {
      let release = (): void => {};
      gateway.hold(
        new Promise<void>((resolve) => {
          release = resolve;
        }),
      );
      return () => {
        gateway.hold(undefined);
        release();
      };
    },
    next: () => new Promise((resolve) => void waiting.push(resolve)),
    track() {
      ledger = createLedger();
      return ledger;
    },
    close: gateway.close,
  };
};
