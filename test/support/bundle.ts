import { join } from 'node:path';
import { build } from 'esbuild';
import { packageRoot } from './runtime.ts';

/** A program of the tests, bundled so that Node runs it as a process of its own. */
export const bundle = async (entry: string, folder: string): Promise<string> => {
  const outfile = join(folder, 'program.mjs');
  await build({
    absWorkingDir: packageRoot,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    mainFields: ['module', 'main'],
    entryPoints: [entry],
    outfile,
    alias: { libsql: join(packageRoot, 'node_modules/libsql/index.js') },
    external: [join(packageRoot, 'node_modules/libsql/index.js')],
    define: { __VERSION__: '"0.0.0-test"' },
    logLevel: 'warning',
  });
  return outfile;
};
