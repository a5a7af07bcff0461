import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { isLines, type LinesState } from '../delivery/lines.ts';
import type { Rule } from '../event/finding.ts';
import type { EventName } from '../event/name.ts';
import { type Acceptance, createOverlay, type Overlay } from '../event/overlay.ts';
import { checkSegment, type Segment } from '../report/rows.ts';
import { kindOf } from '../report/text.ts';
import { createQuick } from './quick.ts';

/** Bytes of a segment: so few that its findings are no burden, so many that taking one costs nothing. */
const SIZE = 2 << 20;
/** A file must have so many bytes before further threads are worth their start. */
export const WORTH_THREADS = 24_000_000;
/** Segments that may be ahead of the one that is reported next. */
const MOST_AHEAD = 8;

/** What the threads share: the number of the next segment that nobody has taken, and of the next one to be reported. */
const [TAKEN, REPORTED] = [0, 1] as const;

/** What a thread is told at its start; all of it can be sent to another thread. */
export interface ThreadData {
  readonly path: string;
  readonly shared: Int32Array;
  /** What the first segment has told about those after it. */
  readonly before: LinesState;
  readonly as: EventName | undefined;
  readonly accept: readonly Acceptance[] | undefined;
  readonly ignore: readonly Rule[];
}

export type ThreadResult = { readonly index: number; readonly segment: Segment };

/** The lines of a file that begin in a segment of it, one segment a call; the bytes hold until the next call. */
const openSegments = (path: string): { read(index: number): Uint8Array; readonly count: number; close(): void } => {
  const file = openSync(path, 'r');
  let buffer = Buffer.allocUnsafe(SIZE + (SIZE >> 3));
  let filled = 0;
  /** The index after the first line end at a position or behind it, read from `from` on; where there is none before `limit`, that. */
  const lineEnd = (from: number, position: number, limit: number): number => {
    for (let searched = position; ; ) {
      const end = filled > searched ? buffer.subarray(0, filled).indexOf(10, searched) : -1;
      if (end !== -1) return Math.min(end + 1, limit);
      searched = Math.max(position, filled);
      if (searched >= limit) return limit;
      if (filled === buffer.length) {
        const larger = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(larger);
        buffer = larger;
      }
      const more = readSync(file, buffer, filled, buffer.length - filled, from + filled);
      if (more === 0) return filled;
      filled += more;
    }
  };
  return {
    count: Math.ceil(fstatSync(file).size / SIZE),
    read(index) {
      // From the byte before it: where that ends a line, the segment begins with one.
      const from = index === 0 ? 0 : index * SIZE - 1;
      const length = (index + 1) * SIZE - from;
      filled = 0;
      const start = index === 0 ? 0 : lineEnd(from, 0, length);
      const end = start < length ? lineEnd(from, length - 1, Number.POSITIVE_INFINITY) : start;
      return buffer.subarray(Math.min(start, filled), Math.max(start, end));
    },
    close: () => closeSync(file),
  };
};

const optionsOf = ({ as, accept, ignore }: Pick<ThreadData, 'as' | 'accept' | 'ignore'>) => {
  const ignored = new Set(ignore);
  return {
    ...{ as, overlay: accept === undefined ? undefined : createOverlay(accept) },
    ...{ ignores: ({ rule }: { rule: Rule }) => ignored.has(rule), kindOf, cut: createQuick().cut },
  };
};

/** The work of a thread: takes segments until there are no more, and sends what it found. */
export const workOffSegments = (data: ThreadData, send: (result: ThreadResult) => void): void => {
  const segments = openSegments(data.path);
  const options = optionsOf(data);
  const { shared } = data;
  for (let index = Atomics.add(shared, TAKEN, 1); index < segments.count; index = Atomics.add(shared, TAKEN, 1)) {
    // Who is far ahead waits, so that what was found does not pile up.
    for (let reported = Atomics.load(shared, REPORTED); index > reported + MOST_AHEAD; reported = Atomics.load(shared, REPORTED)) {
      Atomics.wait(shared, REPORTED, reported);
    }
    send({ index, segment: checkSegment(segments.read(index), data.before, options) });
  }
  segments.close();
};

/** Other threads that work segments off. */
interface Helpers {
  /** Takes in what they have sent so far. */
  collect(): void;
  /** Resolves when they have sent something, or when none of them is left. */
  wait(): Promise<void>;
  working(): number;
  end(): Promise<void>;
}

const startHelpers = async (count: number, program: string, data: ThreadData, take: (result: ThreadResult) => void): Promise<Helpers> => {
  const { MessageChannel, receiveMessageOnPort, Worker } = await import('node:worker_threads');
  let wake = (): void => {};
  const working = new Set<InstanceType<typeof Worker>>();
  const ports = Array.from({ length: count }, () => {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(program, { workerData: { ...data, port: port2 }, transferList: [port2], stdout: false, stderr: false });
    working.add(worker);
    // What a thread that failed had taken is done by this one.
    const gone = (): void => {
      working.delete(worker);
      wake();
    };
    worker.on('error', gone).on('exit', gone);
    port1.on('message', (result: ThreadResult) => {
      take(result);
      wake();
    });
    return { port: port1, worker };
  });
  const collect = (): void => {
    for (const { port } of ports) {
      for (let message = receiveMessageOnPort(port); message !== undefined; message = receiveMessageOnPort(port)) {
        take(message.message as ThreadResult); // sent by workOffSegments
      }
    }
  };
  return {
    collect,
    wait: () =>
      new Promise((resolve) => {
        wake = resolve;
        if (working.size === 0) resolve();
      }),
    working: () => working.size,
    async end() {
      for (const { port } of ports) port.close();
      await Promise.all(ports.map(({ worker }) => worker.terminate()));
    },
  };
};

export interface SegmentsRequest {
  readonly path: string;
  /** Threads that work at it, this one among them. */
  readonly threads: number;
  /** The file of the program that the others run. */
  readonly program: string;
  readonly as: EventName | undefined;
  readonly overlay: Overlay | undefined;
  readonly ignore: readonly Rule[];
}

/** Whether a file of lines is checked in segments. */
export const hasSegments = (file: string, size: number): boolean => isLines(file) && size > SIZE;

/**
 * Checks a file of lines with several threads.
 * @returns its segments in their order, the same however many threads there are; `end` is where each ends, in bytes of the file, for a progress
 * @throws the system's error where the file cannot be read
 */
export async function* checkSegments(request: SegmentsRequest): AsyncGenerator<Segment & { readonly end: number }> {
  const { path, as, ignore } = request;
  const accept = request.overlay?.accept;
  const options = optionsOf({ as, accept, ignore });
  const segments = openSegments(path);
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const done = new Map<number, Segment>();
  let helpers: Helpers | undefined;
  let before: LinesState | undefined;
  let alone = true;
  try {
    for (let next = 0; next < segments.count; ) {
      helpers?.collect();
      let segment = done.get(next);
      if (segment === undefined && alone) segment = checkSegment(segments.read(next), before, options);
      if (segment !== undefined) {
        done.delete(next);
        next++;
        Atomics.store(shared, REPORTED, next);
        Atomics.notify(shared, REPORTED);
        const turned = before !== undefined && !isDeepStrictEqual(before, segment.after);
        if (turned) {
          // A recording of another listener begins: what others did ahead, they did not know of it.
          alone = true;
          done.clear();
          await helpers?.end();
          helpers = undefined;
        } else if (before === undefined && request.threads > 1 && segments.count > 1) {
          alone = false;
          Atomics.store(shared, TAKEN, next);
          const data = { path, shared, before: segment.after, as, accept, ignore };
          helpers = await startHelpers(request.threads - 1, request.program, data, ({ index, segment: one }) => void done.set(index, one));
        }
        before = segment.after;
        yield { ...segment, end: next * SIZE };
        continue;
      }
      const index = Atomics.load(shared, TAKEN) <= next + MOST_AHEAD ? Atomics.add(shared, TAKEN, 1) : segments.count;
      if (index < segments.count) done.set(index, checkSegment(segments.read(index), before, options));
      else if (helpers !== undefined && helpers.working() > 0) await helpers.wait();
      else alone = true;
    }
  } finally {
    await helpers?.end();
    segments.close();
  }
}
