import { createHash } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { environmentError, errorCode, reason } from '../errors.ts';
import { type Owner, type Registration, readRegistration, registrationText } from '../provider/registration.ts';
import type { Runtime } from '../runtime.ts';
import { replaceSynced, syncFolder, writeSynced } from './durable.ts';
import { dirname, join, makeFolder } from './files.ts';
import { dataFolder } from './folders.ts';
import { identityOf, runs } from './processes.ts';

/** SHA-256 of a text, in hex. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What the journal asks of the machine. */
export type Machine = Pick<Runtime, 'platform' | 'env' | 'home' | 'pid' | 'id' | 'now' | 'after'>;

/** A registration that the journal holds, and its file. */
export interface Noted {
  readonly path: string;
  readonly registration: Registration;
}

/** All that the journal holds. */
export interface Journal {
  readonly noted: readonly Noted[];
  /** Files that are damaged, or of a later version of this program. */
  readonly unread: readonly { readonly path: string; readonly why: string }[];
}

/** The folder of the journal: one folder a channel, one file a registration. */
export const journalFolder = (machine: Pick<Runtime, 'platform' | 'env' | 'home'>): string => join(dataFolder(machine), 'registrations');

/** The folder of one channel, whose name tells neither the channel nor the provider's address. */
export const channelFolder = (machine: Machine, api: string, channel: string | null): string =>
  join(journalFolder(machine), sha256(`${api}\n${channel ?? ''}`).slice(0, 32));

/** This process, as the journal names owners. */
export const thisProcess = ({ pid, platform }: Machine): Owner => identityOf(pid, platform);

const cannotWrite = (path: string, error: unknown): Error =>
  environmentError(
    `The journal of the channel's settings cannot be written: ${path}: ${reason(error)}.`,
    'Without it the settings could not be given back after a crash, so nothing is changed. XDG_DATA_HOME names another folder.',
    error,
  );

/**
 * Writes a registration, whole or not at all, and returns when it is on the disk.
 * @throws UserError (3)
 */
export const note = (machine: Machine, registration: Registration): Noted => {
  const folder = channelFolder(machine, registration.api, registration.channel);
  const path = join(folder, `${registration.id}.json`);
  try {
    makeFolder(folder, 0o700);
    replaceSynced(path, registrationText(registration), machine.pid);
  } catch (error) {
    throw cannotWrite(path, error);
  }
  return { path, registration };
};

/** Takes a registration out of the journal: the channel is as it was. @throws UserError (3) */
export const strike = ({ path }: { readonly path: string }): void => {
  try {
    rmSync(path, { force: true });
    rmSync(testFile(path), { force: true });
    syncFolder(dirname(path));
  } catch (error) {
    throw cannotWrite(path, error);
  }
};

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw environmentError(`The journal ${folder} cannot be read: ${reason(error)}.`, undefined, error);
  }
};

const readFolder = (folder: string): Journal => {
  const noted: Noted[] = [];
  const unread: { path: string; why: string }[] = [];
  for (const name of namesIn(folder)) {
    if (!name.endsWith('.json')) continue;
    const path = join(folder, name);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      // Its owner has just taken it away.
      if (errorCode(error) !== 'ENOENT') unread.push({ path, why: reason(error) });
      continue;
    }
    const registration = readRegistration(text);
    if (registration === undefined) unread.push({ path, why: 'it is damaged' });
    else if (registration === 'later') unread.push({ path, why: 'a later version of whapi-hooks wrote it' });
    else noted.push({ path, registration });
  }
  return { noted, unread };
};

/** Reads the journal, of all channels. @throws UserError (3) */
export const readJournal = (machine: Machine): Journal => {
  const top = journalFolder(machine);
  const parts = namesIn(top).map((name) => readFolder(join(top, name)));
  return { noted: parts.flatMap(({ noted }) => noted), unread: parts.flatMap(({ unread }) => unread) };
};

/** Whether the listener of a registration still runs. */
export const isRunning = ({ registration }: Noted, { platform }: Machine): boolean => runs(registration.owner, platform);

/** Beside a registration: what its listener has seen of `webhooks test`. */
const testFile = (path: string): string => path.replace(/\.json$/, '.test');

/** A listener notes that a test has arrived. */
export const noteTest = (path: string, nonce: string): void => {
  try {
    replaceSynced(testFile(path), nonce, 'new');
  } catch {
    // The test says then that nothing is known to have arrived.
  }
};

/** The last test that a listener has seen. */
export const lastTest = (path: string): string | undefined => {
  try {
    return readFileSync(testFile(path), 'utf8');
  } catch {
    return undefined;
  }
};

/** Milliseconds between two looks at a lock, and how long one is waited for. */
const PAUSE = 100;
const PATIENCE = 90_000;

const lockOwner = (path: string): { text: string; owner: Owner | undefined } | undefined => {
  try {
    const text = readFileSync(path, 'utf8');
    const [pid = '', ...started] = text.split(' ');
    return { text, owner: /^\d+$/.test(pid) ? { pid: Number(pid), started: started.join(' ') } : undefined };
  } catch {
    return undefined;
  }
};

/** Takes the lock where it is free, or its owner is dead. */
const tryLock = (path: string, mine: string, platform: string): boolean => {
  // A file that is whole when it appears: a lock without its owner's name would be nobody's.
  const own = `${path}.${mine.split(' ')[0] ?? ''}`;
  rmSync(own, { force: true });
  writeSynced(own, mine);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(own);
  }
  const held = lockOwner(path);
  if (held === undefined || (held.owner !== undefined && runs(held.owner, platform))) return false;
  // Out of the way first, and looked at again: another process may have been quicker.
  const aside = `${own}.old`;
  try {
    renameSync(path, aside);
    if (lockOwner(aside)?.text !== held.text) linkSync(aside, path);
    unlinkSync(aside);
  } catch {
    // Another process has done it.
  }
  return false;
};

/** Takes away what a process that was killed had begun to write; only who holds the lock writes here. */
const sweep = (folder: string): void => {
  for (const name of namesIn(folder)) if (/\.json\.\d+\.tmp$/.test(name)) rmSync(join(folder, name), { force: true });
};

/**
 * Runs something while no other process of this machine changes the same channel.
 * @param onWait called once where another process holds the lock
 * @throws UserError (3) where it is held too long
 */
export const locked = async <Result>(
  machine: Machine,
  folder: string,
  onWait: (pid: number | undefined) => void,
  run: () => Promise<Result>,
): Promise<Result> => {
  const path = join(folder, 'lock');
  const { pid, started } = thisProcess(machine);
  const mine = `${pid} ${started}`;
  try {
    makeFolder(folder, 0o700);
    for (let waited = 0; !tryLock(path, mine, machine.platform); waited += PAUSE) {
      const holder = lockOwner(path)?.owner?.pid;
      if (waited === PAUSE * 3) onWait(holder);
      if (waited > PATIENCE) {
        throw environmentError(
          `Another whapi-hooks${holder === undefined ? '' : ` (process ${holder})`} has been changing this channel's settings for too long.`,
          'Try again when it has ended.',
        );
      }
      await new Promise<void>((resolve) => machine.after(PAUSE, resolve));
    }
  } catch (error) {
    throw errorCode(error) === undefined ? error : cannotWrite(path, error);
  }
  try {
    sweep(folder);
    return await run();
  } finally {
    rmSync(path, { force: true });
  }
};
