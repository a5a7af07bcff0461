import { readdirSync } from 'node:fs';
import type { Runtime } from '../runtime.ts';
import { join } from './files.ts';
import { dataFolder } from './folders.ts';

type Machine = Pick<Runtime, 'platform' | 'env' | 'home'>;

/** The folder in which running programs of ours are noted, for the case that we are killed. */
export const notesFolder = (machine: Machine): string => join(dataFolder(machine), 'tunnels');

/** Whether anything is noted; costs one look at a folder. */
export const hasNotes = (machine: Machine): boolean => {
  try {
    return readdirSync(notesFolder(machine)).some((name) => name.endsWith('.json'));
  } catch {
    return false; // it is not there, or not ours
  }
};
