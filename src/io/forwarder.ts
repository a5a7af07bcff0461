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
  /** Deliveries that wait or are under way. */
  waiting(): number;
  /** Lets what waits be sent for so many milliseconds, then stops; returns how many deliveries were left. */
  end(patience: number): Promise<number>;
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
    waiting: () => queue.length + under,
    async end(patience) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patience);
      });
      await Promise.race([running, late]);
      clearTimeout(timer);
      abandoned = true;
      const left = queue.length + under;
      queue.length = 0;
      await endpoint.close();
      return left;
    },
  };
};
