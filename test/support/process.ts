import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from './runtime.ts';

/** The built program. */
export const bin = join(packageRoot, 'bin', 'whapi-hooks.cjs');

/** A process whose output is kept, with lines that a test can wait for. */
export interface Running {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the match as soon as one of the two streams holds it; rejects when the process ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** The exit code (or the signal), once everything has been read. */
  readonly ended: Promise<number | string>;
}

export const start = (
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; uid?: number } = {},
): Running => {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    // Tests that want a history name its file.
    env: { ...process.env, NO_COLOR: '1', WHAPI_HOOKS_NO_HISTORY: '1', ...options.env },
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of waiting) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const look of waiting) look();
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(stdout) ?? pattern.exec(stderr);
          if (match === null) return;
          waiting.delete(look);
          resolve(match);
        };
        waiting.add(look);
        look();
        ended.then((code) => reject(new Error(`ended with ${code} before ${pattern}:\n${stdout}\n${stderr}`)), reject);
      }),
  };
};

/** The built program with some arguments. */
export const program = (args: readonly string[], options: Parameters<typeof start>[2] = {}): Running =>
  start(process.execPath, [bin, ...args], options);

/** Runs a command to its end. */
export const finished = async (running: Running): Promise<{ code: number | string; stdout: string; stderr: string }> => {
  const code = await running.ended;
  return { code, stdout: running.stdout(), stderr: running.stderr() };
};
