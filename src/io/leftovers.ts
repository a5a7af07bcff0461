import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { environmentError, reason } from '../errors.ts';
import type { Owner } from '../provider/registration.ts';
import type { Runtime } from '../runtime.ts';
import { join, makeFolder } from './files.ts';
import { notesFolder } from './notes.ts';
import { bootId, identityOf, look, processSpace, runs } from './processes.ts';

type Machine = Pick<Runtime, 'platform' | 'env' | 'home' | 'pid' | 'signal' | 'after'>;

/** What is noted of a program that we started. */
interface Note {
  /** The run of the machine, and of the container on it, in which the numbers mean something. */
  readonly boot: string;
  readonly space: string;
  readonly child: Owner;
  /** Texts of which one stands in its command line. */
  readonly marks: readonly string[];
  readonly parent: Owner;
}

const quietly = <Value>(read: () => Value): Value | undefined => {
  try {
    return read();
  } catch {
    return undefined; // such a file, process or program is not there
  }
};

const place = ({ platform }: Machine): Pick<Note, 'boot' | 'space'> => ({ boot: bootId(platform), space: processSpace(platform) });

/**
 * Notes a program that was started, for the case that we are killed.
 * @returns takes the note back
 * @throws UserError (3) where it cannot be written
 */
export const noteChild = (machine: Machine, { pid, marks }: { pid: number; marks: readonly string[] }): (() => void) => {
  const { platform } = machine;
  const folder = notesFolder(machine);
  const file = join(folder, `${pid}.json`);
  const names = platform === 'win32' ? marks.map((mark) => basename(mark)) : marks;
  const note: Note = { ...place(machine), child: identityOf(pid, platform), marks: names, parent: identityOf(machine.pid, platform) };
  try {
    makeFolder(folder, 0o700);
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(note), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw environmentError(
      `What is started for the tunnel cannot be noted in ${folder}: ${reason(error)}.`,
      'XDG_DATA_HOME names another folder for data.',
      error,
    );
  }
  return () => quietly(() => rmSync(file, { force: true }));
};

const isIdentity = (value: unknown): value is Owner =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  Number.isSafeInteger(value.pid) &&
  (value.pid as number) > 1 &&
  'started' in value &&
  typeof value.started === 'string';

const readNote = (text: string): Note | undefined => {
  const value = quietly(() => JSON.parse(text) as Partial<Record<keyof Note, unknown>> | null);
  if (value === undefined || value === null || !isIdentity(value.child) || !isIdentity(value.parent)) return undefined;
  const { boot, space, marks, child, parent } = value;
  if (typeof boot !== 'string' || typeof space !== 'string' || !Array.isArray(marks)) return undefined;
  return { boot, space, child, parent, marks: marks.filter((mark): mark is string => typeof mark === 'string' && mark !== '') };
};

/** Whether the process with that number is surely the one that was noted. */
const isOurs = ({ child, marks }: Note, platform: string): boolean => {
  const found = look(child.pid, platform);
  return found !== undefined && found.started === child.started && marks.some((mark) => found.line.includes(mark));
};

const hasEnded = async (note: Note, machine: Machine, ms: number): Promise<boolean> => {
  for (let waited = 0; waited < ms; waited += 50) {
    if (!isOurs(note, machine.platform)) return true;
    await new Promise<void>((resolve) => machine.after(50, resolve));
  }
  return !isOurs(note, machine.platform);
};

const endNoted = async (note: Note, machine: Machine): Promise<void> => {
  const target = machine.platform === 'win32' ? note.child.pid : -note.child.pid;
  machine.signal(target, 'SIGTERM');
  if (!(await hasEnded(note, machine, 5000))) machine.signal(target, 'SIGKILL');
};

/**
 * Ends programs that listeners which were killed have left: only those that are surely ours, and whose listener is
 * gone. Never throws.
 * @returns how many
 */
export const endLeftovers = async (machine: Machine): Promise<number> => {
  const folder = notesFolder(machine);
  const { boot, space } = place(machine);
  let ended = 0;
  for (const name of quietly(() => readdirSync(folder)) ?? []) {
    if (!/^\d+\.json$/.test(name)) continue;
    const file = join(folder, name);
    const text = quietly(() => readFileSync(file, 'utf8'));
    const note = text === undefined ? undefined : readNote(text);
    // One that is being written is not whole yet; what is broken says nothing about a process.
    if (note === undefined) continue;
    if (note.boot === boot) {
      // In another container numbers mean other processes, and ours cannot be seen.
      if (note.space !== space || runs(note.parent, machine.platform)) continue;
      if (isOurs(note, machine.platform)) {
        await endNoted(note, machine);
        ended++;
      }
    }
    quietly(() => rmSync(file, { force: true }));
  }
  return ended;
};
