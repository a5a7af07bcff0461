import { isUtf8 } from 'node:buffer';
import { MODULE, SOUND } from '../generated/quick.ts';
import type { CutLines } from '../report/rows.ts';

/** What wasm/lines.ts exports. */
interface Module {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly TABLES: { readonly value: number };
  readonly FOUND: { readonly value: number };
  readonly BYTES: { readonly value: number };
  prepare(size: number): number;
  cut(length: number): number;
  sound(length: number): number;
}

const PAGE = 1 << 16;
/** Bytes behind those looked at, which may be read too. */
const BEHIND = 32;
/** Bytes that are copied into its memory, which never shrinks. */
const MOST = 8 << 20;

/** What looks at bytes several times as fast as JavaScript does. */
export interface Quick {
  /**
   * The lines of a piece of a file, which hold until the next call; undefined for a piece that it has no room for, or
   * that is not UTF-8.
   */
  cut(bytes: Uint8Array): CutLines | undefined;
  /** Whether a body names its event and nothing is to be remarked on it; false also where that is not easily told. */
  isSound(body: Uint8Array): boolean;
}

/** @returns undefined for a node that runs without WebAssembly (--jitless), or a machine without SIMD */
const load = (): Module | undefined => {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(MODULE, 'base64')));
    const module = exports as Module; // scripts/wasm.js has compiled it from wasm/lines.ts
    const tables = Buffer.from(SOUND, 'base64');
    Buffer.from(module.memory.buffer, module.TABLES.value).set(tables);
    return module.prepare(tables.length) === 0 ? undefined : module;
  } catch {
    return undefined;
  }
};

export const createQuick = (): Quick => {
  const module = load();
  if (module === undefined) return { cut: () => undefined, isSound: () => false };
  const { memory } = module;
  const [found, begin] = [module.FOUND.value, module.BYTES.value];
  let place = Buffer.from(memory.buffer, begin);
  /** @param behind the byte that stands behind them */
  const take = (bytes: Uint8Array, behind: number): boolean => {
    const { length } = bytes;
    if (length > MOST || !isUtf8(bytes)) return false;
    const missing = length + BEHIND - place.length;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / PAGE));
      place = Buffer.from(memory.buffer, begin);
    }
    place.set(bytes);
    place.fill(behind, length, length + BEHIND);
    return true;
  };
  return {
    cut(bytes) {
      if (!take(bytes, 10)) return undefined;
      const count = module.cut(bytes.length);
      if (count < 0) return undefined;
      return { ends: new Int32Array(memory.buffer, found, count), text: (start, end) => place.toString('utf8', start, end) };
    },
    isSound: (body) => take(body, 0) && module.sound(body.length) === 1,
  };
};
