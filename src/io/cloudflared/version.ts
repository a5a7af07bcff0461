import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { environmentError, errorCode, reason, type UserError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { clean, cut } from '../../view/text.ts';

/** Milliseconds that a program has to tell its version, and bytes of its output that are looked at. */
const PATIENCE = 10_000;
const MOST_OUTPUT = 4096;

const HINT = 'Name another one with --cloudflared, or let whapi-hooks tunnel install get one.';

/** Processors by the number that an ELF file gives them (e_machine of the System V ABI), in Node's words. */
const ELF_MACHINES: Readonly<Record<number, string>> = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' };

/**
 * For which kind of machine a program was made, by how its file begins: `linux-arm64`, `darwin`, `win32`; undefined
 * where that cannot be told, for instance of a script.
 */
export const madeFor = (head: Uint8Array): string | undefined => {
  const magic = Buffer.from(head.subarray(0, 4)).toString('hex');
  if (magic === '7f454c46') {
    const machine = ELF_MACHINES[(head[18] ?? 0) | ((head[19] ?? 0) << 8)];
    return machine === undefined ? 'linux' : `linux-${machine}`;
  }
  if (['cffaedfe', 'cefaedfe', 'cafebabe'].includes(magic)) return 'darwin';
  return magic.startsWith('4d5a') ? 'win32' : undefined;
};

const headOf = (path: string): Uint8Array => {
  const head = Buffer.alloc(20);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    // It may be run but not be read.
  }
  return head;
};

/**
 * What to say of a program that did not run as cloudflared does: it is for another kind of machine, or not cloudflared.
 * @param said the first line that it said
 */
export const notCloudflared = (path: string, said: string, { platform, arch }: Pick<Runtime, 'platform' | 'arch'>): UserError => {
  const made = madeFor(headOf(path));
  const own = `${platform}-${arch}`;
  if (made !== undefined && made !== own && made !== platform)
    return environmentError(`${path} is for another kind of machine: ${made}, and this one is ${own}.`, HINT);
  const words = said.trim() === '' ? 'it tells no version' : `asked for its version it says: ${cut(clean(said.trim()), 100)}`;
  return environmentError(`${path} is not cloudflared: ${words}.`, HINT);
};

/** What to say where a program could not be started at all. */
export const cannotStart = (path: string, error: unknown, machine: Pick<Runtime, 'platform' | 'arch'>): UserError => {
  const code = errorCode(error) ?? '';
  if (code === 'EACCES' || code === 'EPERM') return environmentError(`${path} may not be run.`, `chmod +x allows it. ${HINT}`, error);
  // macOS says -86 (EBADARCH) in place of a name, Windows UNKNOWN.
  if (/^ENOEXEC$|^UNKNOWN$|-86|-8$/.test(code) || madeFor(headOf(path)) !== undefined) return notCloudflared(path, '', machine);
  return environmentError(`${path} cannot be run: ${reason(error)}.`, HINT, error);
};

/**
 * Asks a cloudflared for its version.
 * @returns as it tells it: `2026.5.1`
 * @throws UserError (3) where it cannot be run, is not cloudflared, or does not answer
 */
export const versionOf = (path: string, runtime: Pick<Runtime, 'env' | 'after' | 'platform' | 'arch' | 'cwd'>): Promise<string> =>
  new Promise((resolve, reject) => {
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
