import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from './files.ts';

/** The entries of a folder reach the disk too, where the system knows such a thing. */
export const syncFolder = (path: string): void => {
  try {
    const folder = openSync(path, 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch {
    // Windows opens no folders; the file itself has been synced.
  }
};

/** Writes a new file for its owner alone, and returns when it is on the disk. @throws the system's error */
export const writeSynced = (path: string, text: string): void => {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/**
 * Puts a file in its place, whole or not at all, and returns when it is on the disk.
 * @param mark tells apart those who may do it at the same time
 * @throws the system's error; nothing is left behind then
 */
export const replaceSynced = (path: string, text: string, mark: string | number): void => {
  const temporary = `${path}.${mark}.tmp`;
  rmSync(temporary, { force: true });
  try {
    writeSynced(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
};
