import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { usageError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { join, kindOf, resolve } from '../files.ts';
import { dataFolder } from '../folders.ts';

/** Who named the executable. */
export type Origin = 'flag' | 'environment' | 'PATH' | 'data folder';

export interface Executable {
  readonly path: string;
  readonly origin: Origin;
}

type Machine = Pick<Runtime, 'platform' | 'env' | 'home' | 'cwd' | 'cloudflared'>;

/** The folder in which versions of cloudflared are installed, one below it each. */
export const cloudflaredFolder = (runtime: Machine): string => join(dataFolder(runtime), 'cloudflared');

const fileName = ({ platform }: Machine): string => (platform === 'win32' ? 'cloudflared.exe' : 'cloudflared');

/** Where our own cloudflared lies, or will lie. */
export const installedPath = (runtime: Machine): string => join(cloudflaredFolder(runtime), runtime.cloudflared.version, fileName(runtime));

/** Whether a path is a file that may be run. On Windows every file may. */
export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** A path that somebody named. @throws UserError (2) saying who named it and what is wrong */
const given = (text: string, name: string, hint: string, { cwd }: Machine): string => {
  if (text === '') throw usageError(`${name} is empty.`, hint);
  const path = resolve(cwd, text);
  const kind = kindOf(path);
  if (kind === undefined) throw usageError(`${name}: ${text} does not exist.`, hint);
  if (kind === 'folder') throw usageError(`${name}: ${text} is a folder.`, hint);
  if (!isExecutable(path)) throw usageError(`${name}: ${text} may not be run.`, `chmod +x allows it. ${hint}`);
  return path;
};

/** Names that a command has in the folders of PATH. What needs a shell to run (.bat, .cmd) is none: it is started without one. */
const namesOnPath = ({ platform, env }: Machine): string[] => {
  if (platform !== 'win32') return ['cloudflared'];
  const extensions = (env['PATHEXT'] ?? '.COM;.EXE').toLowerCase().split(';');
  return extensions.filter((extension) => extension === '.exe' || extension === '.com').map((extension) => `cloudflared${extension}`);
};

/** What npm puts before PATH when it runs scripts: its cloudflared is a script that downloads by itself, unchecked. */
const OF_NPM = /[\\/]node_modules[\\/]\.bin[\\/]*$/;

/**
 * The first program on PATH that has one of these names. Folders that are not named from the root are passed over: they
 * change with the working folder.
 */
export const onPath = (names: readonly string[], { platform, env }: Machine): string | undefined => {
  const list = env['PATH'] ?? (platform === 'win32' ? (env['Path'] ?? '') : '');
  return list
    .split(platform === 'win32' ? ';' : ':')
    .map((folder) => folder.replace(/^"(.*)"$/, '$1'))
    .filter((folder) => isAbsolute(folder) && !OF_NPM.test(folder))
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isExecutable);
};

/**
 * The cloudflared to run: the one of the flag, else CLOUDFLARED_BIN, PATH, the data folder.
 * @param flag what --cloudflared says
 * @returns undefined where there is none
 * @throws UserError (2) where the flag or CLOUDFLARED_BIN names something that cannot be run
 */
export const findCloudflared = ({ flag, runtime }: { flag: string | undefined; runtime: Machine }): Executable | undefined => {
  if (flag !== undefined) return { path: given(flag, '--cloudflared', 'Name the cloudflared executable itself.', runtime), origin: 'flag' };
  const named = runtime.env['CLOUDFLARED_BIN'] ?? '';
  if (named !== '') {
    const hint = 'Let CLOUDFLARED_BIN name the cloudflared executable itself, or unset it.';
    return { path: given(named, 'CLOUDFLARED_BIN', hint, runtime), origin: 'environment' };
  }
  const found = onPath(namesOnPath(runtime), runtime);
  if (found !== undefined) return { path: found, origin: 'PATH' };
  const own = installedPath(runtime);
  return isExecutable(own) ? { path: own, origin: 'data folder' } : undefined;
};
