import type { Delivery, Headers, Outcome } from '../../src/delivery/delivery.ts';
import { readDelivery } from '../../src/delivery/reading.ts';
import { wordsBelow } from '../../src/event/mode.ts';
import { type HistoryOptions, openHistory } from '../../src/io/history.ts';
import { testRuntime } from './runtime.ts';

/** When the deliveries of tests came, unless they say something else: a minute before the test clock begins. */
export const CAME = Date.UTC(2026, 2, 1, 9, 29, 0);

export interface Taken {
  readonly id: string;
  readonly body: string | Uint8Array;
  readonly time?: number;
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Headers;
  readonly outcomes?: readonly Sent[];
}

/** An outcome in short: a status, or why there is none. */
export interface Sent {
  readonly endpoint?: string;
  readonly status?: number;
  readonly error?: string;
  readonly answer?: string | Uint8Array;
  readonly cut?: boolean;
  readonly ms?: number;
}

const bytesOf = (text: string | Uint8Array): Uint8Array => (typeof text === 'string' ? new TextEncoder().encode(text) : text);

export const deliveryOf = ({ id, body, time = CAME, method = 'POST', url = '/', headers }: Taken): Delivery => ({
  id,
  time,
  method,
  url,
  headers: headers ?? [
    ['Host', 'localhost:4545'],
    ['Content-Type', 'application/json'],
    ['X-Odd', 'a  b'],
  ],
  body: bytesOf(body),
});

export const outcomeOf = (
  delivery: string,
  { endpoint = 'http://localhost:3000/', status = 200, error, answer = '', cut = false, ms = 12.5 }: Sent,
): Outcome =>
  error === undefined
    ? { delivery, endpoint, ms, kind: 'answered', status, answer: { bytes: bytesOf(answer), cut } }
    : { delivery, endpoint, ms, kind: 'failed', error, cause: 'unreachable' };

/** Reads a delivery as a listener on `/` or `base` does. */
export const readingOf = (delivery: Delivery, base = '/'): ReturnType<typeof readDelivery> =>
  readDelivery(delivery, wordsBelow(base, delivery.url) ?? []);

/** Writes a history with these deliveries in it. */
export const fill = async (file: string, taken: readonly Taken[], options: Partial<HistoryOptions> = {}): Promise<void> => {
  const history = await openHistory({ file, runtime: testRuntime(), ...options });
  for (const one of taken) {
    const delivery = deliveryOf(one);
    await history.add(delivery, readingOf(delivery, options.base));
    for (const sent of one.outcomes ?? []) history.addOutcome(outcomeOf(one.id, sent));
  }
  await history.close();
};
