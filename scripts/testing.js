// src/testing/ → dist/testing/: the helpers for tests, with the samples inside.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { events, loadSchemas, root } from './schemas.js';

const ENTRIES = ['index', 'vitest', 'jest'];

/** The samples by their event and name; an event without one has an empty group. */
const samplesByEvent = () => {
  /** @type {Record<string, Record<string, unknown>>} */
  const groups = Object.fromEntries(events(loadSchemas()).map(({ name }) => [name, {}]));
  for (const file of readdirSync(join(root, 'samples'))
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    for (const [name, payload] of Object.entries(JSON.parse(readFileSync(join(root, 'samples', file), 'utf8')))) {
      const group = groups[`${payload.event.type}.${payload.event.event}`];
      if (group === undefined) throw new Error(`samples/${file} > ${name} is of no event that there is.`);
      group[name] = payload;
    }
  }
  return groups;
};

/**
 * @param {import('esbuild').BuildOptions} common
 * @param {string} folder the dist that is being built
 * @returns the results of esbuild, for the notices
 */
export const buildTesting = async (common, folder) => {
  const groups = samplesByEvent();
  const out = join(folder, 'testing');
  mkdirSync(out);
  const results = await Promise.all(
    /** @type {const} */ ([
      ['esm', '.js'],
      ['cjs', '.cjs'],
    ]).map(([format, extension]) =>
      build({
        ...common,
        entryPoints: ENTRIES.map((name) => `src/testing/${name}.ts`),
        outdir: out,
        outExtension: { '.js': extension },
        format,
        platform: 'neutral',
        define: { ...common.define, __SAMPLES__: JSON.stringify(JSON.stringify(groups)) },
        external: ['vitest'],
        plugins: [
          {
            // The files for Vitest and Jest load the one file with everything in it.
            name: 'one-file',
            setup: ({ onResolve }) => onResolve({ filter: /^\.\/index\.ts$/ }, () => ({ path: `./index${extension}`, external: true })),
          },
        ],
      }),
    ),
  );

  const library = join(root, 'src', 'index.ts');
  const helpers = join(root, 'src', 'testing', 'index.ts');
  for (const name of ENTRIES) {
    const input = join(root, 'src', 'testing', `${name}.ts`);
    const isLibrary = (/** @type {string} */ id) => id === library || id.endsWith('/src/index.ts') || id === '../index.ts';
    const types = await rollup({
      input,
      plugins: [dts()],
      external: (id) =>
        isLibrary(id) || (name !== 'index' && (id === helpers || id === './index.ts')) || id === 'vitest' || id === 'expect',
      logLevel: 'warn',
    });
    const { output } = await types.generate({
      format: 'es',
      paths: (id) => (isLibrary(id) ? '../index.js' : id === helpers ? './index.js' : id),
    });
    // rollup leaves the comment out, and where Jest is not installed there is nothing to add to.
    const code = withNames(output[0].code, name, groups).replace("declare module 'expect'", "// @ts-ignore\ndeclare module 'expect'");
    writeFileSync(join(out, `${name}.d.ts`), code);
    writeFileSync(join(out, `${name}.d.cts`), code.replaceAll("'../index.js'", "'../index.cjs'"));
  }
  return results;
};

/** The names of the samples, in place of `string`: an editor completes them, and tsc knows them. */
const withNames = (
  /** @type {string} */ code,
  /** @type {string} */ entry,
  /** @type {Record<string, Record<string, unknown>>} */ groups,
) => {
  if (entry !== 'index') return code;
  const place = /type SampleNames = Record<EventName, string>;/;
  if (!place.test(code)) throw new Error('src/testing/names.ts is written in a new way: put the names in again.');
  const lines = Object.entries(groups).map(([event, group]) => {
    const names = Object.keys(group).map((name) => JSON.stringify(name));
    return `  '${event}': ${names.length === 0 ? 'never' : names.join(' | ')};`;
  });
  return code.replace(place, () => `interface SampleNames {\n${lines.join('\n')}\n}`);
};
