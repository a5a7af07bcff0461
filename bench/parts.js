import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * A part of the tests, which the scripts here share.
 * @param {string} entry its file
 * @param {string} folder where what is bundled of it may lie
 */
export const parts = async (entry, folder) => {
  const outfile = join(folder, 'parts.cjs');
  const libsql = join(root, 'node_modules', 'libsql', 'index.js');
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    outfile,
    alias: { libsql },
    external: [libsql],
    define: { __VERSION__: '"bench"' },
  });
  return createRequire(import.meta.url)(outfile);
};
