// wasm/lines.ts → WebAssembly, as base64.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { root } from './schemas.js';

/** Pages of 64 KB: room for a segment of two megabytes and its lines; src/io/lines.ts asks for more where lines are long. */
const PAGES = 48;

/** @returns {Promise<string>} */
export const linesModule = async () => {
  let wasm;
  const { error, stderr } = await asc.main(
    ['lines.ts', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', String(PAGES), '-o', 'lines.wasm'],
    {
      readFile: (name) => (name === 'lines.ts' ? readFileSync(join(root, 'wasm', name), 'utf8') : null),
      writeFile: (name, contents) => {
        if (name === 'lines.wasm') wasm = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || wasm === undefined) throw new Error(`wasm/lines.ts cannot be compiled: ${stderr}`);
  return Buffer.from(wasm).toString('base64');
};
