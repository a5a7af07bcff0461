// src/ → dist/: the program as small CommonJS files that load one another when needed, and the library.
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { refuseCircles, toCommonJs } from './commonjs.js';
import { fixturesSchema } from './fixtures-schema.js';
import { root } from './schemas.js';
import { buildTesting } from './testing.js';

const dist = join(root, 'dist');
/** Built here first: a build that fails leaves the last one as it was. */
const fresh = join(root, '.dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  define: { __VERSION__: JSON.stringify(version) },
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  external: ['libsql'], // optional, and has a binary of its own
};

/**
 * commander starts other programs only for commands in files of their own, which we have none of; child_process
 * alone would cost every start 2 ms.
 * @type {import('esbuild').Plugin}
 */
const withoutChildProcess = {
  name: 'without-child-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('node_modules/commander/') ? { path: 'child_process', namespace: 'left-out' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {}' }));
  },
};

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });

// esbuild splits ES modules only; each piece is then turned into CommonJS, which starts a little faster.
const program = await build({
  ...common,
  entryPoints: { main: 'src/entry.ts', worker: 'src/worker.ts', library: 'src/library.ts' },
  outdir: '.dist',
  format: 'esm',
  splitting: true,
  outExtension: { '.js': '.cjs' },
  chunkNames: 'chunk-[hash]',
  plugins: [withoutChildProcess],
  write: false,
});
const imports = new Map();
for (const file of program.outputFiles) {
  const piece = toCommonJs(file.text);
  imports.set(`./${basename(file.path)}`, piece.imports);
  writeFileSync(file.path, await piece.code);
}
refuseCircles(imports);

/**
 * What `replay` needs stays in the program's files, which the library loads when it is called.
 * @param {string} file
 * @returns {import('esbuild').Plugin}
 */
const replayFrom = (file) => ({
  name: 'replay-from',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\.\/library\.ts$/ }, () => ({ path: file, external: true })),
});

const library = await Promise.all(
  [
    ['esm', '.js'],
    ['cjs', '.cjs'],
  ].map(([format, extension]) =>
    build({
      ...common,
      entryPoints: ['src/index.ts'],
      outfile: `.dist/index${extension}`,
      format: /** @type {'esm' | 'cjs'} */ (format),
      platform: 'neutral',
      minify: false,
      plugins: [replayFrom(`./library${extension}`)],
      // Jest knows no import() in CommonJS.
      ...(format === 'cjs' && { supported: { 'dynamic-import': false } }),
    }),
  ),
);
// Node finds no names in what the program's files export.
writeFileSync(join(fresh, 'library.js'), "import library from './library.cjs';\nexport const { answerTo } = library;\n");

const types = await rollup({ input: join(root, 'src/index.ts'), plugins: [dts()], logLevel: 'warn' });
await types.write({ file: join(fresh, 'index.d.ts'), format: 'es' });
cpSync(join(fresh, 'index.d.ts'), join(fresh, 'index.d.cts'));

const testing = await buildTesting(common, fresh);

writeFileSync(join(fresh, 'fixtures.schema.json'), `${JSON.stringify(await fixturesSchema())}\n`);

// The licences of what is inside the files.
const packages = new Map();
for (const { metafile } of [program, ...library, ...testing]) {
  for (const input of Object.keys(metafile?.inputs ?? {})) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1];
    if (name !== undefined) packages.set(name, join(root, 'node_modules', name));
  }
}
const notices = [...packages].sort().map(([name, folder]) => {
  const { version: packageVersion, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${packageVersion}\n\n${text}\n`;
});
writeFileSync(
  join(fresh, 'THIRD-PARTY-NOTICES.txt'),
  `whapi-hooks contains parts of these packages.\n\n${notices.join(`\n${'-'.repeat(72)}\n\n`)}`,
);
rmSync(dist, { recursive: true, force: true });
renameSync(fresh, dist);
