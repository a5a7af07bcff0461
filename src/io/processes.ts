import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Owner } from '../provider/registration.ts';

const firstLine = (command: string, args: readonly string[]): string | undefined => {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 5000, windowsHide: true });
  const line = status === 0 ? stdout.trim().split('\n')[0] : undefined;
  return line === '' ? undefined : line;
};

const fileOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** Linux: proc(5), `stat`: the state and, in clock ticks since the machine was started, when the process was. */
const linuxStart = (pid: number): string | undefined => {
  const stat = fileOr(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '' || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${fileOr('/proc/sys/kernel/random/boot_id').trim()} ${fields[19] ?? ''}`;
};

/**
 * When a process was started, in words of the system that are the same at each look; undefined where none of that id
 * runs. On Windows only whether it runs is known, and the words are empty.
 */
export const startOf = (pid: number, platform: string): string | undefined => {
  if (platform === 'linux' && fileOr('/proc/self/stat') !== '') return linuxStart(pid);
  if (platform === 'win32')
    return firstLine('tasklist', ['/NH', '/FO', 'CSV', '/FI', `PID eq ${pid}`])?.startsWith('"') === true ? '' : undefined;
  return firstLine('ps', ['-o', 'lstart=', '-p', String(pid)]);
};

/** Whether the very process that a file names still runs. */
export const runs = ({ pid, started }: Owner, platform: string): boolean => startOf(pid, platform) === started;
