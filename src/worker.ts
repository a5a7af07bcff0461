/** What other threads of the program run: they check segments of a large file (io/segments.ts). */
import { type MessagePort, workerData } from 'node:worker_threads';
import { type ThreadData, workOffSegments } from './io/segments.ts';

const { port, ...data } = workerData as ThreadData & { readonly port: MessagePort }; // as io/segments.ts starts it
workOffSegments(data, (result) => port.postMessage(result));
