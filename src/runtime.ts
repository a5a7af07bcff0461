import { existsSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { PINNED, type Release } from './io/cloudflared/release.ts';

/** An output stream as the program sees it. */
export interface Output {
  readonly isTTY: boolean;
  /** Width in columns, where it is a terminal. */
  readonly columns: number | undefined;
  /** Writes; resolves when the text has left the program. A reader that went away is told by `closed`. */
  write(text: string): Promise<void>;
  /** The stream itself, for a spinner; where there is one. */
  readonly stream?: NodeJS.WriteStream;
  /** Aborts when the reader of this stream has gone away, or nothing more can be written; the reason is the error. */
  readonly closed: AbortSignal;
}

/** How the program and a person speak with one another. */
interface Dialogue {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input, whole. */
  readStdin(): Promise<Uint8Array>;
  /** Whether somebody can be asked: standard input and standard error are terminals. */
  readonly interactive: boolean;
  /** Asks on standard error; the line that is answered, undefined where the input ends or the program is stopped. */
  ask(question: string): Promise<string | undefined>;
  /** Aborts when the person asks the program to stop (Ctrl-C, SIGTERM); ask for it only to handle it. */
  stopped(): AbortSignal;
}

/** All that is asked of the machine. This file is the only one that says `process`. */
export interface Runtime extends Dialogue {
  /** Folder of the installed package: samples/ and schemas/ lie in it. */
  readonly packageRoot: string;
  readonly cwd: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** The processor, by Node's name: `x64`, `arm64`. */
  readonly arch: string;
  /** Version of Node, `20.19.0`. */
  readonly node: string;
  /** The cloudflared that is installed where there is none. */
  readonly cloudflared: Release;
  /** Threads that can work at once. */
  readonly cores: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds on a clock that never jumps. */
  elapsed(): number;
  /** Minutes that local time is ahead of UTC at a time given in milliseconds since 1970. */
  offset(time: number): number;
  /** A new secret: 32 random bytes in letters that a header may have. */
  secret(): string;
  /** A new short id: 8 letters and digits that are easy to type. */
  id(): string;
  /** Calls back after so many milliseconds; what it returns takes that back. */
  after(ms: number, action: () => void): () => void;
  /** The number of this process. */
  readonly pid: number;
  /** Sends a signal to a process, or by its negative number to its group. @returns whether there is one that may be sent it */
  signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): boolean;
  /** Calls back when the process leaves, in whatever way but by SIGKILL; what it returns takes that back. */
  onExit(action: () => void): () => void;
  /** Whether the program runs in a container, where `localhost` is not the machine around it. */
  inContainer(): boolean;
}

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base 32: no i, l, o, u

/** Ids that share their first three letters. */
const IDS_OF_A_KIND = 512;
/** Odd, so that all 2^25 endings come before one comes again; about 2^25 / golden ratio, so that neighbours look different. */
const STRIDE = 20_737_781;

const letters = (bits: number, count: number): string => {
  let text = '';
  for (let i = 0; i < count; i++) text += LETTERS[(bits >>> (5 * i)) & 31];
  return text;
};

const random = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

let beginning = '';
let ending: number | undefined;
let given = 0;

/**
 * Eight characters: three that stay for a while, so that an index of ids is written in one place, and five that differ
 * between all ids of a process. Both begin at random, so that those of two processes are as unlikely to meet as
 * 40 random bits.
 */
export const randomId = (): string => {
  if (given++ % IDS_OF_A_KIND === 0) beginning = letters(random(), 3);
  ending = ((ending ?? random()) + STRIDE) & 0x1ffffff;
  return beginning + letters(ending, 5);
};

const output = (stream: NodeJS.WriteStream): Output => {
  const closed = new AbortController();
  // EPIPE: the reader has gone (`| head -1`). That is its right; the program ends quietly. Of other causes `main` tells.
  stream.on('error', (error) => closed.abort(error));
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns;
    },
    write: (text) =>
      new Promise((resolve) => {
        if (closed.signal.aborted) resolve();
        else
          stream.write(text, (error) => {
            // Told here before the stream says so itself: whoever waits for the text looks at once.
            if (error !== null && error !== undefined) closed.abort(error);
            resolve();
          });
      }),
    stream,
    closed: closed.signal,
  };
};

/** What is the same for whoever asks: nothing of it is seen or heard. */
const machine = (host: NodeJS.Process, packageRoot: string): Omit<Runtime, keyof Dialogue> => ({
  packageRoot,
  cwd: host.cwd(),
  home: homedir(),
  env: host.env,
  platform: host.platform,
  arch: host.arch,
  node: host.versions.node,
  cloudflared: PINNED,
  cores: availableParallelism(),
  now: () => Date.now(),
  elapsed: () => performance.now(),
  offset: (time) => -new Date(time).getTimezoneOffset(),
  secret: () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  id: randomId,
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
  pid: host.pid,
  signal(pid, name) {
    try {
      return host.kill(pid, name);
    } catch {
      return false; // it is gone, or somebody else's
    }
  },
  onExit(action) {
    host.on('exit', action);
    return () => host.off('exit', action);
  },
  // The marks that docker and podman leave.
  inContainer: () => existsSync('/.dockerenv') || existsSync('/run/.containerenv') || host.env['KUBERNETES_SERVICE_HOST'] !== undefined,
});

/** The runtime of the real program. */
export const createRuntime = (host: NodeJS.Process, packageRoot: string): Runtime => {
  let stop: AbortController | undefined;
  return {
    ...machine(host, packageRoot),
    stdout: output(host.stdout),
    stderr: output(host.stderr),
    async readStdin() {
      const chunks: Uint8Array[] = [];
      for await (const chunk of host.stdin) chunks.push(chunk as Uint8Array); // no encoding is set: chunks are bytes
      return Buffer.concat(chunks);
    },
    get interactive() {
      return host.stdin.isTTY === true && host.stderr.isTTY === true;
    },
    async ask(question) {
      const { createInterface } = await import('node:readline');
      // Without readline's own editing the terminal stays as it is, and Ctrl-C remains a signal.
      const lines = createInterface({ input: host.stdin, output: host.stderr, terminal: false });
      const stopped = stop?.signal;
      return new Promise((resolve) => {
        const close = (): void => lines.close();
        lines.once('close', () => {
          stopped?.removeEventListener('abort', close);
          resolve(undefined);
        });
        stopped?.addEventListener('abort', close);
        lines.question(question, (answer) => {
          resolve(answer);
          close();
        });
        if (stopped?.aborted === true) close();
      });
    },
    stopped() {
      if (stop === undefined) {
        const controller = new AbortController();
        stop = controller;
        const onSignal = (): void => {
          // The second one leaves at once: 128 + SIGINT.
          if (controller.signal.aborted) host.exit(130);
          controller.abort();
        };
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) host.on(signal, onSignal);
      }
      return stop.signal;
    },
  };
};

/** The runtime inside somebody else's program: its streams, its input and its signals are left alone. */
export const createSilentRuntime = (packageRoot: string, stopped: AbortSignal): Runtime => {
  const nowhere: Output = { isTTY: false, columns: undefined, write: async () => {}, closed: new AbortController().signal };
  return {
    ...machine(process, packageRoot),
    stdout: nowhere,
    stderr: nowhere,
    readStdin: async () => new Uint8Array(),
    interactive: false,
    ask: async () => undefined,
    stopped: () => stopped,
  };
};

/**
 * Loads node:sqlite without the warning that it is experimental, which would stand on the user's standard error
 * (Node 22; later ones say nothing).
 */
export const withoutSqliteWarning = async <Module>(load: () => Promise<Module>): Promise<Module> => {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes('SQLite')) Reflect.apply(emitWarning, process, [warning, ...rest]);
  }) as typeof emitWarning; // it has many overloads
  try {
    return await load();
  } finally {
    process.emitWarning = emitWarning;
  }
};
