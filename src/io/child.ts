import { type ChildProcess, spawn } from 'node:child_process';
import { environmentError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { noteChild } from './leftovers.ts';

/** Milliseconds a program has to end before it is killed. */
export const END_LIMIT = 5000;
/** Milliseconds that output of a program that has ended is waited for. */
const OUTPUT_LIMIT = 500;

/** A program of ours that runs. */
export interface Child {
  readonly pid: number;
  /** How it ended, when it has, and its output with it. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Ends it and what it has started: SIGTERM, and SIGKILL after 5 s. Resolves when it is gone. */
  end(): Promise<void>;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets what it writes, on either stream, in pieces. */
  readonly onText: (text: string) => void;
  readonly runtime: Pick<Runtime, 'after' | 'signal' | 'onExit' | 'platform' | 'env' | 'home' | 'pid' | 'cwd'>;
  /** A text in its command line by which it is known again, beside the command itself. */
  readonly mark?: string;
}

/** The environment of this process without what is meant for us alone: settings, secrets, tokens. */
export const cleanEnvironment = (env: Runtime['env']): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^WHAPI_/i.test(name)));

/**
 * Starts a program without a shell, in a group of its own: Ctrl-C in the terminal reaches us alone, who end it in
 * order. It is noted in the data folder, so that the next start ends it where we are killed.
 * @throws the system's error where it cannot be started; UserError (3) where it cannot be noted
 */
export const startChild = async (options: ChildOptions): Promise<Child> => {
  const { command, args, env, onText, runtime, mark } = options;
  const grouped = runtime.platform !== 'win32';
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: env as NodeJS.ProcessEnv,
    cwd: runtime.cwd,
    detached: grouped,
    windowsHide: true,
  });
  const { pid } = child;
  if (pid === undefined) return new Promise((_resolve, reject) => child.once('error', reject));
  child.on('error', () => {}); // a signal that could not be sent
  // `killed` says only that a signal was sent.
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const send = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    if (grouped) runtime.signal(-pid, signal);
    else child.kill(signal);
  };
  // However we leave, it does not stay.
  const stay = runtime.onExit(() => send('SIGKILL'));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', onText);
    stream?.on('error', () => {});
  }
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve())).then(async () => {
    // What it has started in turn may hold its output open.
    let cancel = (): void => {};
    await Promise.race([closed, new Promise<void>((resolve) => (cancel = runtime.after(OUTPUT_LIMIT, resolve)))]);
    cancel();
    if (grouped) send('SIGKILL');
    stay();
    forget();
    return { code: child.exitCode, signal: child.signalCode };
  });
  let forget = (): void => {};
  const end = async (): Promise<void> => {
    if (!isGone()) send('SIGTERM');
    const cancel = runtime.after(END_LIMIT, () => {
      if (!isGone()) send('SIGKILL');
    });
    await ended;
    cancel();
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  try {
    forget = noteChild(runtime, { pid, marks: [command, ...(mark === undefined ? [] : [mark])] });
  } catch (error) {
    await end();
    throw error instanceof Error && error.name === 'UserError' ? error : environmentError(String(error));
  }
  return { pid, ended, end };
};
