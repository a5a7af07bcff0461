// wasm/ → WebAssembly, as base64.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { root } from './schemas.js';

/** Pages of 64 KB: room for a segment of two megabytes and its lines; src/io/quick.ts asks for more where lines are long. */
const PAGES = 52;

const readSource = (/** @type {string} */ name) => {
  const path = join(root, 'wasm', name);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
};

/** @returns {Promise<string>} */
export const quickModule = async () => {
  let wasm;
  const { error, stderr } = await asc.main(
    ['lines.ts', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', String(PAGES), '-o', 'lines.wasm'],
    {
      readFile: (name) => (/^\w+\.ts$/.test(name) ? readSource(name) : null),
      writeFile: (name, contents) => {
        if (name === 'lines.wasm') wasm = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || wasm === undefined) throw new Error(`wasm/ cannot be compiled: ${stderr}`);
  return Buffer.from(wasm).toString('base64');
};
