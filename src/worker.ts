/** What other threads of the program run: they check segments of a large file (io/segments.ts), or empty a history's log (io/log.ts). */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { EmptierData } from './io/log.ts';
import type { ThreadData } from './io/segments.ts';

/** As io/segments.ts and io/log.ts start it. */
const data = workerData as (ThreadData & { readonly port: MessagePort }) | { readonly emptier: EmptierData };

// What fails here ends the thread, which is what those that started it wait for.
if (!('emptier' in data)) {
  const { port, ...segments } = data;
  void import('./io/segments.ts').then(({ workOffSegments }) => workOffSegments(segments, (result) => port.postMessage(result)));
} else if (parentPort !== null) {
  const port = parentPort;
  void import('./io/log.ts').then(({ emptyLog }) => emptyLog(data.emptier, port));
}
