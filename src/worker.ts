/** What other threads of the program run: they check segments of a large file (io/segments.ts), or write a history (io/keeper.ts). */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { KeeperData } from './io/keeper.ts';
import type { ThreadData } from './io/segments.ts';

/** As io/segments.ts and io/keeper.ts start it. */
const data = workerData as (ThreadData & { readonly port: MessagePort }) | { readonly keeper: KeeperData };

// What fails here ends the thread, which is what those that started it wait for.
if (!('keeper' in data)) {
  const { port, ...segments } = data;
  void import('./io/segments.ts').then(({ workOffSegments }) => workOffSegments(segments, (result) => port.postMessage(result)));
} else if (parentPort !== null) {
  const port = parentPort;
  void import('./io/keeper.ts').then(({ keepHistory }) => keepHistory(data.keeper, port));
}
