import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { errorCode } from '../errors.ts';

export { dirname, join, relative, resolve };

/** What a path is; links are followed. Undefined where there is nothing. */
export const kindOf = (path: string): 'file' | 'folder' | undefined => {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    // Something that may not be looked at is there all the same: reading it tells why.
    return errorCode(error) === 'EACCES' || errorCode(error) === 'ELOOP' ? 'file' : undefined;
  }
};

export const readBytes = (path: string): Uint8Array => readFileSync(path);
/** Bytes that are read at once: larger pieces gain nothing. */
const CHUNK = 1 << 20;

/**
 * A file in pieces. Each piece is a buffer of its own, so that lines cut from it stay as they are.
 * @throws the system's error at once where the file cannot be opened or its beginning not be read
 */
export const readChunks = (path: string): Iterable<Uint8Array> => {
  const file = openSync(path, 'r');
  // One byte more than the file has shows its end in the same read; pipes and devices have no size.
  const size = Math.min(CHUNK, (fstatSync(file).size || CHUNK) + 1);
  const next = (): Uint8Array => {
    const buffer = Buffer.allocUnsafe(size);
    return buffer.subarray(0, readSync(file, buffer, 0, size, null));
  };
  let first: Uint8Array;
  try {
    first = next();
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return (function* () {
    try {
      for (let chunk = first; chunk.length > 0; chunk = next()) {
        yield chunk;
        if (size < CHUNK && chunk.length < size) return;
      }
    } finally {
      closeSync(file);
    }
  })();
};

export const exists = (path: string): boolean => existsSync(path);

/** JSON that every project has and that holds no payloads; named by itself it is read all the same. */
const NO_FIXTURES = /^(?:package|package-lock|composer|tsconfig(?:\..+)?|jsconfig|biome|deno|renovate|turbo|whapi-hooks\.config)\.json$/;

const isJson = (name: string): boolean => /\.(?:json|jsonl|ndjson)$/i.test(name);

/** What lies in a folder: its JSON files, and what kept it from being read whole. */
export type Found = { readonly file: string } | { readonly loop: string } | { readonly unreadable: string; readonly error: unknown };

/**
 * The `.json`, `.jsonl` and `.ndjson` files below a folder, in order of their names. Hidden folders, node_modules
 * and the likes of package.json are passed over; links are followed, one that leads back to a folder above it is told and not followed.
 */
export function* walk(folder: string, above: ReadonlySet<string> = new Set()): Generator<Found> {
  let real: string;
  let entries: import('node:fs').Dirent[];
  try {
    real = realpathSync(folder);
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    yield errorCode(error) === 'ELOOP' ? { loop: folder } : { unreadable: folder, error };
    return;
  }
  if (above.has(real)) {
    yield { loop: folder };
    return;
  }
  const inside = new Set([...above, real]);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? kindOf(path) : entry.isDirectory() ? 'folder' : 'file';
    if (kind === 'folder') {
      if (!entry.name.startsWith('.') && entry.name !== 'node_modules') yield* walk(path, inside);
    } else if (isJson(entry.name) && !NO_FIXTURES.test(entry.name)) yield { file: path };
  }
}

/** The first file of that name in a folder or one above it. */
export const findUpwards = (name: string, from: string): string | undefined => {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) return undefined;
  }
};

/** A path as a person would type it from the working folder. */
export const shown = (path: string, cwd: string): string => {
  const below = relative(cwd, path).replaceAll(sep, '/');
  return below === '' ? '.' : below.startsWith('../..') ? path : below;
};

/** How a file begins, and whether its last line is complete; of what is no regular file, or not there, nothing is read. */
export const endsOf = (path: string, length: number): { beginning: string; complete: boolean } => {
  if (!existsSync(path) || !statSync(path).isFile()) return { beginning: '', complete: true };
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const head = Buffer.alloc(Math.min(size, length));
    readSync(file, head, 0, head.length, 0);
    const last = Buffer.alloc(Math.min(size, 1));
    readSync(file, last, 0, last.length, Math.max(0, size - 1));
    return { beginning: head.toString('latin1'), complete: size === 0 || last[0] === 10 };
  } finally {
    closeSync(file);
  }
};

/** A file that lines are added to; only its owner may read it. */
export interface Appender {
  append(text: string): void;
  close(): void;
}

/** @throws the system's error where the file cannot be opened */
export const openAppender = (path: string): Appender => {
  const file = openSync(path, 'a', 0o600);
  return {
    append: (text) => writeAll(file, text),
    close: () => {
      try {
        fsyncSync(file);
      } catch {
        // A pipe or a device cannot be synced; what was written to it has left.
      }
      closeSync(file);
    },
  };
};

/** A file that a report is written into. */
export interface Writer {
  write(text: string): void;
  close(): void;
}

const writeAll = (file: number, text: string): void => {
  const bytes = Buffer.from(text);
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(file, bytes, sent);
};

/** @throws the system's error where the file cannot be opened */
export const openWriter = (path: string, append: boolean, mode?: number): Writer => {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, append ? 'a' : 'w', mode);
  return { write: (text) => writeAll(file, text), close: () => closeSync(file) };
};

/** Writes a new file; one that is there already stays as it is. @returns whether it was written */
export const writeNew = (path: string, bytes: Uint8Array): boolean => {
  mkdirSync(dirname(path), { recursive: true });
  let file: number;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  writeSync(file, bytes);
  closeSync(file);
  return true;
};
