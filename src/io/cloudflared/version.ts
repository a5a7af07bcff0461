import { spawn } from 'node:child_process';
import { environmentError, errorCode, reason, type UserError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { clean, cut } from '../../view/text.ts';
import { madeOf } from './machine.ts';

/** Milliseconds that a program has to tell its version, and bytes of its output that are looked at. */
const PATIENCE = 10_000;
const MOST_OUTPUT = 4096;

const HINT = 'Name another one with --cloudflared, or let whapi-hooks tunnel install get one.';

/**
 * What to say of a program that did not run as cloudflared does: it is for another kind of machine, or not cloudflared.
 * @param said the first line that it said
 */
export const notCloudflared = (path: string, said: string, machine: Pick<Runtime, 'platform' | 'arch'>): UserError => {
  const { kind, isForeign } = madeOf(path, machine);
  if (isForeign)
    return environmentError(`${path} is for another kind of machine: ${kind}, and this one is ${machine.platform}-${machine.arch}.`, HINT);
  const words = said.trim() === '' ? 'it tells no version' : `asked for its version it says: ${cut(clean(said.trim()), 100)}`;
  return environmentError(`${path} is not cloudflared: ${words}.`, HINT);
};

/** What to say where a program could not be started at all. */
export const cannotStart = (path: string, error: unknown, machine: Pick<Runtime, 'platform' | 'arch'>): UserError => {
  const code = errorCode(error) ?? '';
  if (code === 'EACCES' || code === 'EPERM') return environmentError(`${path} may not be run.`, `chmod +x allows it. ${HINT}`, error);
  // macOS says -86 (EBADARCH) in place of a name, Windows UNKNOWN.
  if (/^ENOEXEC$|^UNKNOWN$|-86|-8$/.test(code) || madeOf(path, machine).kind !== undefined) return notCloudflared(path, '', machine);
  return environmentError(`${path} cannot be run: ${reason(error)}.`, HINT, error);
};

/**
 * Asks a cloudflared for its version.
 * @returns as it tells it: `2026.5.1`
 * @throws UserError (3) where it cannot be run, is not cloudflared, or does not answer
 */
export const versionOf = (path: string, runtime: Pick<Runtime, 'env' | 'after' | 'platform' | 'arch' | 'cwd'>): Promise<string> =>
  new Promise((resolve, reject) => {
    if (madeOf(path, runtime).isForeign) {
      reject(notCloudflared(path, '', runtime));
      return;
    }
    let child: ReturnType<typeof spawn>;
    try {
      child = spawn(path, ['--version'], {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: runtime.cwd,
        env: { ...runtime.env },
        windowsHide: true,
      });
    } catch (error) {
      reject(cannotStart(path, error, runtime));
      return;
    }
    let output = '';
    const end = (): void => {
      cancel();
      child.kill('SIGKILL');
      // What it started in turn may hold them open.
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
    };
    const cancel = runtime.after(PATIENCE, () => {
      end();
      reject(environmentError(`${path} did not tell its version within ${PATIENCE / 1000} s.`, HINT));
    });
    const judge = (): void => {
      const version = /^cloudflared(?:\.exe)? version (\d[\w.+-]{0,40})/m.exec(output)?.[1];
      if (version !== undefined) resolve(version);
      else reject(notCloudflared(path, output.trim().split('\n')[0] ?? '', runtime));
    };
    const take = (bytes: Buffer): void => {
      output += bytes.toString('latin1');
      if (output.length < MOST_OUTPUT) return;
      output = output.slice(0, MOST_OUTPUT);
      end();
      judge();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('error', (error) => {
      end();
      reject(cannotStart(path, error, runtime));
    });
    child.on('close', () => {
      cancel();
      judge();
    });
  });
