import { fileURLToPath } from 'node:url';
import { main } from '../../src/main.ts';
import type { Output, Runtime } from '../../src/runtime.ts';

export const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

/** A stream that keeps what is written, and lets a test wait for a line. */
export interface Kept extends Output {
  readonly text: string;
  /** Resolves with the first line that fits, as soon as it has been written. */
  line(pattern: RegExp): Promise<string>;
  /** The reader goes away. */
  close(): void;
}

const keep = (options: { isTTY: boolean; columns: number | undefined }): Kept => {
  let text = '';
  const waiting: { pattern: RegExp; resolve: (line: string) => void }[] = [];
  const closed = new AbortController();
  const find = (pattern: RegExp): string | undefined =>
    text
      .split('\n')
      .slice(0, -1)
      .find((line) => pattern.test(line));
  return {
    ...options,
    get text() {
      return text;
    },
    async write(more) {
      text += more;
      for (const waiter of [...waiting]) {
        const line = find(waiter.pattern);
        if (line === undefined) continue;
        waiting.splice(waiting.indexOf(waiter), 1);
        waiter.resolve(line);
      }
    },
    line: (pattern) =>
      new Promise((resolve) => {
        const line = find(pattern);
        if (line === undefined) waiting.push({ pattern, resolve });
        else resolve(line);
      }),
    closed: closed.signal,
    close: () => closed.abort(),
  };
};

export interface TestRuntime extends Runtime {
  readonly stdout: Kept;
  readonly stderr: Kept;
  /** Ctrl-C. */
  stop(): void;
}

/** A machine for tests: a fixed clock (one second further at each look), ids d1, d2, …, kept output. */
export const testRuntime = (
  options: {
    cwd?: string;
    env?: Record<string, string>;
    stdin?: string | Uint8Array;
    isTTY?: boolean;
    columns?: number;
    inContainer?: boolean;
    after?: Runtime['after'];
    elapsed?: Runtime['elapsed'];
  } = {},
): TestRuntime => {
  const stopped = new AbortController();
  let ids = 0;
  let clock = Date.UTC(2026, 2, 1, 9, 30, 0);
  let elapsed = 0;
  const stream = { isTTY: options.isTTY ?? false, columns: options.columns };
  return {
    packageRoot,
    cwd: options.cwd ?? packageRoot,
    home: '/nowhere',
    // Tests that want a history name its file.
    env: { WHAPI_HOOKS_NO_HISTORY: '1', ...options.env },
    platform: 'linux',
    cores: 2,
    stdout: keep(stream),
    stderr: keep(stream),
    readStdin: async () =>
      typeof options.stdin === 'string' ? new TextEncoder().encode(options.stdin) : (options.stdin ?? new Uint8Array()),
    now: () => (clock += 1000),
    elapsed: options.elapsed ?? (() => (elapsed += 2)),
    offset: () => 0,
    id: () => `d${++ids}`,
    after:
      options.after ??
      ((ms, action) => {
        const timer = setTimeout(action, ms);
        return () => clearTimeout(timer);
      }),
    inContainer: () => options.inContainer ?? false,
    stopped: () => stopped.signal,
    stop: () => stopped.abort(),
  };
};

/** Runs the program to its end. */
export const run = async (
  argv: readonly string[],
  options: Parameters<typeof testRuntime>[0] = {},
): Promise<{ code: number; stdout: string; stderr: string }> => {
  const runtime = testRuntime(options);
  const code = await main(argv, runtime);
  return { code, stdout: runtime.stdout.text, stderr: runtime.stderr.text };
};

/** A listener that runs until it is stopped. */
export interface RunningListener {
  readonly runtime: TestRuntime;
  readonly url: string;
  /** Ctrl-C, and the exit code. */
  stop(): Promise<number>;
  /** The exit code, when it ends by itself. */
  readonly ended: Promise<number>;
}

/** `listen` on a free port with more flags; resolves when it listens. */
export const startListener = async (
  flags: readonly string[] = [],
  options: Parameters<typeof testRuntime>[0] = {},
): Promise<RunningListener> => {
  const runtime = testRuntime(options);
  const ended = main(['listen', '--port', '0', ...flags], runtime);
  const ready = runtime.stderr.line(/Listening on/);
  const early = await Promise.race([ready, ended]);
  if (typeof early === 'number') throw new Error(`listen ended with ${early}: ${runtime.stderr.text}`);
  const url = /http:\/\/[^\s,]+/.exec(early)?.[0] ?? '';
  return {
    runtime,
    url,
    ended,
    stop: async () => {
      runtime.stop();
      return ended;
    },
  };
};
