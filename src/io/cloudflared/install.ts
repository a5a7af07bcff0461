import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { environmentError, errorCode, reason, UserError } from '../../errors.ts';
import { formatSize } from '../../event/summary.ts';
import type { Runtime } from '../../runtime.ts';
import { confirm } from '../confirm.ts';
import { DownloadError, download } from '../download.ts';
import { syncFolder } from '../durable.ts';
import { dirname, exists, join, kindOf, makeFolder, readChunks } from '../files.ts';
import { startOf } from '../processes.ts';
import { openProgress, showsProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { cloudflaredFolder, type Executable, findCloudflared, installedPath, isExecutable } from './find.ts';
import { packageCommand } from './packages.ts';
import type { Asset } from './release.ts';

export interface InstallOptions {
  readonly runtime: Runtime;
  readonly terminal: Terminal;
  /** Certificates to trust beside the usual ones. */
  readonly ca?: string[];
}

export interface Installed {
  readonly path: string;
  /** Whether it was downloaded now; false where it was there. */
  readonly fresh: boolean;
}

/** Milliseconds after which a temporary file that nobody wrote to is dead, whoever made it. */
const DEAD_AFTER = 3_600_000;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** This machine among those that may share a home folder; ids of processes are only known here. */
const machine = (): string => digest(hostname()).slice(0, 8);

const PART = /^cloudflared(?:\.exe)?\.([\da-f]{8})-(\d+)-\w+\.part$/;

/** Takes away what downloads left that were killed. */
const sweep = (folder: string, runtime: Runtime): void => {
  for (const name of readdirSync(folder)) {
    const [, host, pid] = PART.exec(name) ?? [];
    if (host === undefined) continue;
    const path = join(folder, name);
    const isDead = host === machine() && startOf(Number(pid), runtime.platform) === undefined;
    const age = runtime.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (isDead || age > DEAD_AFTER) rmSync(path, { force: true });
  }
};

/** SHA-256 of a file, in hexadecimal; undefined where it cannot be read. */
const checksumOf = (path: string): string | undefined => {
  try {
    const hash = createHash('sha256');
    for (const piece of readChunks(path)) hash.update(piece);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
};

/** The file for this machine. @throws UserError (3) where none with a checksum is known */
const assetOf = (runtime: Runtime): Asset => {
  const { platform, arch, cloudflared } = runtime;
  const kind = `${platform}-${arch}`;
  const asset = Object.hasOwn(cloudflared.assets, kind) ? cloudflared.assets[kind] : undefined;
  if (asset !== undefined) return asset;
  throw environmentError(
    `No cloudflared is known for this machine (${kind}) with a checksum that can be trusted, so none is downloaded.`,
    `Install cloudflared yourself: ${packageCommand(runtime)}. Or name one with --cloudflared.`,
  );
};

const hostOf = ({ cloudflared }: Runtime): string => new URL(cloudflared.base).host;

const cannotWrite = (path: string, error: unknown): UserError =>
  environmentError(
    `cloudflared cannot be put into ${dirname(path)}: ${reason(error)}.`,
    errorCode(error) === 'ENOSPC' ? 'Make room there, or name a cloudflared with --cloudflared.' : 'Name a cloudflared with --cloudflared.',
    error,
  );

/** Gets the file into a temporary one. @throws UserError (3); the signal's reason where it was stopped */
const fetchInto = async (file: number, path: string, asset: Asset, options: InstallOptions, signal: AbortSignal): Promise<void> => {
  const { runtime, terminal } = options;
  const { least, most, version } = runtime.cloudflared;
  const hash = createHash('sha256');
  let size = 0;
  let progress: ReturnType<typeof openProgress> | undefined;
  const own = `Or install cloudflared yourself: ${packageCommand(runtime)}.`;
  try {
    await download(new URL(asset.name, runtime.cloudflared.base), {
      runtime,
      most,
      signal,
      ca: options.ca,
      onBegin: (from, told) => {
        const bytes = told === undefined ? '' : ` (${formatSize(told)})`;
        if (!showsProgress(runtime)) terminal.err.lines(`Downloading cloudflared ${version}${bytes} from ${from.host} …`);
        progress = openProgress(runtime, told ?? 0, 'bytes', 'bar');
      },
      onBytes: (bytes) => {
        hash.update(bytes);
        try {
          for (let sent = 0; sent < bytes.length; ) sent += writeSync(file, bytes, sent);
        } catch (error) {
          throw cannotWrite(path, error);
        }
        size += bytes.length;
        progress?.show(size);
      },
    });
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    throw environmentError(`cloudflared could not be downloaded: ${error.message}.`, `${error.advice ?? 'Try again later.'} ${own}`, error);
  } finally {
    progress?.stop();
  }
  const checksum = hash.digest('hex');
  if (checksum === asset.sha256 && size >= least) return;
  throw environmentError(
    checksum === asset.sha256
      ? `What was downloaded as cloudflared has only ${formatSize(size)}; it was deleted.`
      : `What was downloaded as cloudflared is another file than expected; it was deleted. SHA-256 is ${checksum}, expected ${asset.sha256}.`,
    `Something on the way changed it, or the download was cut. Try again later. ${own}`,
  );
};

/** Puts a checked file in its place. Where another process was quicker and its file is held (Windows), that one stays. */
const putInPlace = (temporary: string, path: string, asset: Asset): void => {
  try {
    renameSync(temporary, path);
  } catch (error) {
    if (checksumOf(path) !== asset.sha256) throw error;
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(path));
};

/**
 * Installs the pinned cloudflared in the data folder: downloaded beside its place, checked, and only then made
 * executable and put in place. One that is there and whole stays.
 * @returns undefined where the person stopped it
 * @throws UserError (3) where it cannot be had; nothing is left behind then
 */
export const installCloudflared = async (options: InstallOptions): Promise<Installed | undefined> => {
  const { runtime } = options;
  const asset = assetOf(runtime);
  const path = installedPath(runtime);
  if (kindOf(path) === 'file' && checksumOf(path) === asset.sha256 && isExecutable(path)) return { path, fresh: false };
  const temporary = `${path}.${machine()}-${runtime.pid}-${runtime.id()}.part`;
  const stopped = runtime.stopped();
  let file: number | undefined;
  try {
    makeFolder(dirname(path), 0o700);
    sweep(dirname(path), runtime);
    file = openSync(temporary, 'wx', 0o600);
  } catch (error) {
    throw cannotWrite(path, error);
  }
  try {
    await fetchInto(file, path, asset, options, stopped);
    try {
      fchmodSync(file, 0o755);
      fsyncSync(file);
      closeSync(file);
      file = undefined;
      putInPlace(temporary, path, asset);
    } catch (error) {
      throw cannotWrite(path, error);
    }
    return { path, fresh: true };
  } catch (error) {
    if (stopped.aborted && !(error instanceof UserError)) return undefined;
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
    rmSync(temporary, { force: true });
  }
};

/** Takes what was installed out of the data folder, all versions; what is not ours there stays. @returns the executables that went */
export const uninstallCloudflared = (runtime: Runtime): string[] => {
  const folder = cloudflaredFolder(runtime);
  const gone: string[] = [];
  if (!exists(folder)) return gone;
  const empty = (path: string): void => {
    try {
      rmdirSync(path);
    } catch {
      // Something of somebody else lies in it.
    }
  };
  try {
    for (const version of readdirSync(folder, { withFileTypes: true })) {
      if (!version.isDirectory()) continue;
      const own = join(folder, version.name);
      for (const name of readdirSync(own)) {
        const isProgram = /^cloudflared(?:\.exe)?$/.test(name);
        if (!isProgram && !PART.test(name)) continue;
        rmSync(join(own, name));
        if (isProgram) gone.push(join(own, name));
      }
      empty(own);
    }
  } catch (error) {
    throw environmentError(
      `cloudflared cannot be taken out of ${folder}: ${reason(error)}.`,
      'Is it running? End its tunnel first.',
      error,
    );
  }
  empty(folder);
  return gone;
};

/**
 * The cloudflared to run; where there is none it is installed, with consent: the flag, or yes to a question.
 * @param flag what --cloudflared says
 * @param install whether --install-cloudflared was given
 * @returns undefined where the person stopped the download
 * @throws UserError (2) where a named one cannot be run, (3) where there is none and none may or can be installed
 */
export const ensureCloudflared = async (
  options: InstallOptions & { readonly flag: string | undefined; readonly install: boolean },
): Promise<Executable | undefined> => {
  const { flag, install, runtime, terminal } = options;
  const found = findCloudflared({ flag, runtime });
  if (found !== undefined) return found;
  assetOf(runtime);
  const path = installedPath(runtime);
  if (!install) {
    const { version, about } = runtime.cloudflared;
    const question = `cloudflared makes the tunnel and is not installed. Download version ${version} (some ${formatSize(about)}) from ${hostOf(runtime)} to ${path}?`;
    const said = await confirm(runtime, terminal, question);
    if (said !== true && runtime.stopped().aborted) return undefined;
    if (said !== true)
      throw environmentError(
        'cloudflared makes the tunnel and is not installed.',
        `--install-cloudflared or whapi-hooks tunnel install downloads it; or: ${packageCommand(runtime)}.`,
      );
  }
  const installed = await installCloudflared(options);
  return installed === undefined ? undefined : { path: installed.path, origin: 'data folder' };
};
