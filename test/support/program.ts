import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { packageRoot } from './runtime.ts';

/** The program as a folder of its own, built from the sources as they are now; every user may run it. */
export interface Program {
  readonly bin: string;
  remove(): void;
}

/** @param entry what it is built from, where something of the machine is to be another one */
export const buildProgram = async (entry = 'src/entry.ts'): Promise<Program> => {
  const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-program-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'dist'));
  for (const part of ['bin', 'samples', 'schemas', 'package.json'])
    cpSync(join(packageRoot, part), join(folder, part), { recursive: true });
  await build({
    absWorkingDir: packageRoot,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    mainFields: ['module', 'main'],
    define: { __VERSION__: '"0.0.0-test"' },
    entryPoints: [entry],
    outfile: join(folder, 'dist', 'main.cjs'),
    logLevel: 'warning',
    external: ['libsql'],
  });
  // Packages that are not bundled are found as they are in an installation.
  symlinkSync(join(packageRoot, 'node_modules'), join(folder, 'node_modules'));
  return { bin: join(folder, 'bin', 'whapi-hooks.cjs'), remove: () => rmSync(folder, { recursive: true, force: true }) };
};

export interface Spawned {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the first line of standard error that fits. */
  told(pattern: RegExp): Promise<string>;
  /** The exit code, or the signal it ended by. */
  readonly ended: Promise<number | string>;
}

/** Runs the built program as a process, as another user where one is asked for. */
export const spawnProgram = (
  program: Program,
  argv: readonly string[],
  options: { cwd?: string; uid?: number; env?: Record<string, string>; stdin?: Uint8Array | string } = {},
): Spawned => {
  const child = spawn(process.execPath, [program.bin, ...argv], {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let stdout = '';
  let stderr = '';
  const waiting: (() => void)[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const look of waiting) look();
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? ''));
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    told: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = stderr.split('\n').find((candidate) => pattern.test(candidate));
          if (line !== undefined) resolve(line);
        };
        waiting.push(look);
        look();
        ended.then(() => reject(new Error(`It ended without saying ${pattern}: ${stderr}`)), reject);
      }),
  };
};

/** Whether a process of another user can be started here, as needed for what may not be read; says so where not. */
export const otherUserRuns = (scene: string): boolean => {
  const runs = process.getuid?.() === 0 && spawnSync(process.execPath, ['-e', '0'], { uid: 65_534, cwd: tmpdir() }).status === 0;
  if (!runs) process.stdout.write(`skipped: another user is needed for ${scene}\n`);
  return runs;
};
