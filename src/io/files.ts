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
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
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

/** Bytes of a file; 0 where there is none. */
export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

export const readBytes = (path: string): Uint8Array => readFileSync(path);

/** Names in a folder; none where it is not there. */
export const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** Bytes that are read at once: larger pieces gain nothing. */
const CHUNK = 1 << 20;
/** Bytes in which most fixtures are read, without asking how large they are: that costs more than the reading. */
const SMALL = 1 << 16;
const NOTHING = new Uint8Array();

/** A file that is read piece by piece, to its end. */
export interface Chunks extends Iterable<Uint8Array> {
  /** Bytes of the file. */
  readonly size: number;
  /** All of it, where it is small and has been read already. */
  readonly whole?: Uint8Array;
  /** For whoever does not read to its end; once it is closed, it does nothing. */
  close(): void;
}

let small: Buffer | undefined;

const inOnePiece = (whole: Uint8Array): Chunks => ({
  ...{ size: whole.length, whole, close: () => {} },
  [Symbol.iterator]: () => (whole.length === 0 ? [] : [whole]).values(),
});

/**
 * A file in pieces. Each piece is a buffer of its own, so that lines cut from it stay as they are; it ends with the end
 * of a line where it holds one, so that lines need not be joined.
 * @param regular whether it is known to be a regular file, no pipe or device
 * @throws the system's error at once where the file cannot be opened or its beginning not be read
 */
export const readChunks = (path: string, regular = false): Chunks => {
  const file = openSync(path, 'r');
  let head: Uint8Array = NOTHING;
  if (regular) {
    small ??= Buffer.allocUnsafeSlow(SMALL);
    let length = 0;
    try {
      length = readSync(file, small, 0, SMALL, null);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    head = Buffer.from(small.subarray(0, length));
    // Of a regular file less comes only at its end.
    if (length < SMALL) {
      closeSync(file);
      return inOnePiece(head);
    }
  }
  const { size: whole } = fstatSync(file);
  // One byte more than the file has shows its end in the same read; pipes and devices have no size.
  const size = Math.min(CHUNK, (whole || CHUNK) + 1);
  const next = (begun: Uint8Array): Buffer => {
    const buffer = Buffer.allocUnsafe(Math.max(size, begun.length + (size >> 1)));
    buffer.set(begun);
    return buffer.subarray(0, begun.length + readSync(file, buffer, begun.length, buffer.length - begun.length, null));
  };
  let first: Buffer;
  try {
    first = next(head);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  if (size < CHUNK && first.length < size) {
    closeSync(file);
    return inOnePiece(first);
  }
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  const chunks = (function* () {
    try {
      let begun: Uint8Array = NOTHING;
      for (let chunk = first; chunk.length > begun.length; chunk = next(begun)) {
        const end = chunk.lastIndexOf(10) + 1;
        // A line that is longer than a piece leaves in pieces.
        if (end === 0 && chunk.length < CHUNK) begun = chunk;
        else {
          begun = end === 0 ? NOTHING : chunk.subarray(end);
          yield end === 0 ? chunk : chunk.subarray(0, end);
        }
      }
      if (begun.length > 0) yield begun;
    } finally {
      close();
    }
  })();
  return { size: whole, [Symbol.iterator]: () => chunks, close };
};

export const exists = (path: string): boolean => existsSync(path);

/** JSON that every project has and that holds no payloads; named by itself it is read all the same. */
const NO_FIXTURES =
  /^(?:package|package-lock|composer|tsconfig(?:\..+)?|jsconfig|biome|deno|renovate|turbo|whapi-hooks\.(?:config|overlay))\.json$/;

const isJson = (name: string): boolean => /\.(?:json|jsonl|ndjson)$/i.test(name);

/** What lies in a folder: its JSON files (`below`: as they are called from there; `regular`: known to be no pipe, device or link), and what kept it from being read whole. */
export type Found =
  | { readonly file: string; readonly below: string; readonly regular: boolean }
  | { readonly loop: string }
  | { readonly unreadable: string; readonly error: unknown };

/**
 * The `.json`, `.jsonl` and `.ndjson` files below a folder, in order of their names. Hidden folders, node_modules
 * and the likes of package.json are passed over; links are followed, one that leads back to a folder above it is told and not followed.
 */
export function* walk(folder: string, below = '', above: ReadonlySet<string> = new Set()): Generator<Found> {
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
    // The folder is a path that is in order already.
    const path = (folder.endsWith(sep) ? folder : folder + sep) + entry.name;
    const kind = entry.isSymbolicLink() ? kindOf(path) : entry.isDirectory() ? 'folder' : 'file';
    if (kind === 'folder') {
      if (!entry.name.startsWith('.') && entry.name !== 'node_modules') yield* walk(path, `${below}${entry.name}/`, inside);
    } else if (isJson(entry.name) && !NO_FIXTURES.test(entry.name))
      yield { file: path, below: below + entry.name, regular: entry.isFile() };
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

/** A file named from a folder, as it is called below a root; one that is not below it, or no root, changes nothing. */
export const fromRoot = (file: string, folder: string, root: string): string => {
  const below = root === '' ? '' : relative(root, resolve(folder, file));
  return below === '' || below.startsWith('..') || isAbsolute(below) ? file : below.replaceAll(sep, '/');
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

/**
 * Makes a folder and those above it that are not there. One after the other: where a file system takes no new folders
 * and says that there is no such file (/proc), Node's own recursive way never ends.
 * @throws the system's error
 */
export const makeFolder = (path: string, mode?: number): void => {
  if (existsSync(path)) return;
  makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Another process may have been quicker.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
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
  makeFolder(dirname(path));
  const file = openSync(path, append ? 'a' : 'w', mode);
  return { write: (text) => writeAll(file, text), close: () => closeSync(file) };
};

/** Writes a new file; one that is there already stays as it is. @returns whether it was written */
export const writeNew = (path: string, bytes: Uint8Array): boolean => {
  makeFolder(dirname(path));
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
