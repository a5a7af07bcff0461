import type { Outcome } from '../delivery/delivery.ts';
import { type Shipment, targetPath } from '../delivery/endpoint.ts';
import type { Endpoint } from './endpoint.ts';

export interface ForwarderOptions {
  readonly endpoint: Endpoint;
  /** Deliveries that may wait, and the bytes of their bodies. */
  readonly most: number;
  readonly mostBytes: number;
  readonly onOutcome: (outcome: Outcome) => void;
}

export interface Forwarder {
  /** Takes a delivery into the queue; one too many becomes an outcome at once. */
  push(shipment: Shipment): void;
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>;
  /** Stops sending; returns how many deliveries were still waiting or under way. */
  abandon(): Promise<number>;
}

/** Sends deliveries to an endpoint one at a time, in order of arrival. */
export const createForwarder = ({ endpoint, most, mostBytes, onOutcome }: ForwarderOptions): Forwarder => {
  const queue: Shipment[] = [];
  let bytes = 0;
  let under = 0;
  let running: Promise<void> | undefined;
  let abandoned = false;

  const run = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !abandoned; next = queue.shift()) {
      bytes -= next.body.byteLength;
      under = 1;
      const outcome = await endpoint.send(next);
      under = 0;
      if (abandoned) return;
      onOutcome(outcome);
    }
    running = undefined;
  };

  return {
    push(shipment) {
      if (queue.length >= most || bytes + shipment.body.byteLength > mostBytes) {
        const error = `not sent: ${queue.length} deliveries wait for the app already`;
        const target = `${endpoint.url.origin}${targetPath(endpoint.url, shipment.suffix, shipment.query)}`;
        onOutcome({ kind: 'failed', delivery: shipment.id, endpoint: target, ms: 0, error, cause: 'unsent' });
        return;
      }
      queue.push(shipment);
      bytes += shipment.body.byteLength;
      running ??= run();
    },
    async idle() {
      while (running !== undefined) await running;
    },
    async abandon() {
      abandoned = true;
      const left = queue.length + under;
      queue.length = 0;
      await endpoint.close();
      return left;
    },
  };
};
