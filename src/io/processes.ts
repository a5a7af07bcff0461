import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import type { Owner } from '../provider/registration.ts';

/** What a command prints; '' where it fails. */
const printed = (command: string, args: readonly string[]): string =>
  spawnSync(command, args, { encoding: 'utf8', timeout: 5000, windowsHide: true }).stdout ?? '';

const fileOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** The run of the machine; '' where the system does not tell it apart from others. */
export const bootId = (platform: string): string => (platform === 'linux' ? fileOr('/proc/sys/kernel/random/boot_id').trim() : '');

/** The container in which numbers of processes mean something; '' where there is no such thing. */
export const processSpace = (platform: string): string => {
  if (platform !== 'linux') return '';
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
};

/** A process as the system shows it. */
export interface Shown {
  /** When it was started, in words that are the same at each look; '' on Windows, which tells only that it runs. */
  readonly started: string;
  /** Its command line; on Windows the name of its program. */
  readonly line: string;
}

/** Linux: proc(5), `stat`: the state and, in clock ticks since the machine was started, when the process was. */
const linuxLook = (pid: number): Shown | undefined => {
  const stat = fileOr(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything.
  const [state, started] = ((fields) => [fields[0], fields[19]])(stat.slice(stat.lastIndexOf(')') + 2).split(' '));
  if (started === undefined || state === 'Z' || state === 'X') return undefined;
  return { started: `${bootId('linux')} ${started}`, line: fileOr(`/proc/${pid}/cmdline`).replaceAll('\0', ' ') };
};

/** Looks at a process; undefined where none of that id runs. */
export const look = (pid: number, platform: string): Shown | undefined => {
  if (platform === 'linux' && fileOr('/proc/self/stat') !== '') return linuxLook(pid);
  if (platform === 'win32') {
    const name = /^"([^"]+)"/.exec(printed('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']).trim())?.[1];
    return name === undefined ? undefined : { started: '', line: name };
  }
  // `Mon Nov 30 06:43:20 2026 /usr/local/bin/cloudflared tunnel …`; the time is in the words and the zone of who asks.
  const told = printed('env', ['LC_ALL=C', 'TZ=UTC0', 'ps', '-o', 'lstart=,command=', '-p', String(pid)]).trim();
  return told === '' ? undefined : { started: told.slice(0, 24), line: told.slice(24) };
};

/** When a process was started, in words of the system; undefined where none of that id runs. */
export const startOf = (pid: number, platform: string): string | undefined => look(pid, platform)?.started;

/** A process as it is told from all others, also from one that gets its number later. */
export const identityOf = (pid: number, platform: string): Owner => ({ pid, started: startOf(pid, platform) ?? '' });

/** Whether the very process that a file names still runs. */
export const runs = ({ pid, started }: Owner, platform: string): boolean => startOf(pid, platform) === started;
