import { isUtf8 } from 'node:buffer';
import { LINES } from '../generated/lines.ts';
import type { CutLines } from '../report/rows.ts';

/** What wasm/lines.ts exports. */
interface Cutter {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly FOUND: { readonly value: number };
  readonly BYTES: { readonly value: number };
  cut(length: number): number;
}

const PAGE = 1 << 16;
/** Line ends behind the bytes, which the cutter may read beyond. */
const BEHIND = 32;
/** Bytes that are copied into its memory, which never shrinks. */
const MOST = 8 << 20;

const load = (): Cutter | undefined => {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(LINES, 'base64')));
    return exports as Cutter; // scripts/wasm.js has compiled it from wasm/lines.ts
  } catch {
    // A node that runs without WebAssembly (--jitless), or a machine without SIMD.
    return undefined;
  }
};

/**
 * Something that cuts pieces of a file into lines, and looks through them, several times as fast as JavaScript does.
 * It gives undefined for a piece that it has no room for, or that is not UTF-8; its lines hold until the next piece.
 */
export const createLineCutter = (): ((bytes: Uint8Array) => CutLines | undefined) => {
  const cutter = load();
  if (cutter === undefined) return () => undefined;
  const { memory } = cutter;
  const [found, begin] = [cutter.FOUND.value, cutter.BYTES.value];
  return (bytes) => {
    const { length } = bytes;
    if (length > MOST || !isUtf8(bytes)) return undefined;
    const missing = begin + length + BEHIND - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    const place = Buffer.from(memory.buffer, begin, length + BEHIND);
    place.set(bytes);
    place.fill(10, length);
    const count = cutter.cut(length);
    if (count < 0) return undefined;
    return { ends: new Int32Array(memory.buffer, found, count), text: (start, end) => place.toString('utf8', start, end) };
  };
};
