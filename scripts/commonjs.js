// A piece of the program that esbuild made as an ES module → CommonJS whose imports are plain constants.

import { init, parse } from 'es-module-lexer';
import { transform } from 'esbuild';

await init;

/** `{a as b, c}` → `{a: b, c}`. */
const asPattern = (names) => names.replaceAll(/\s+as\s+/g, ':');

/** One static import as a constant. esbuild writes `import a,{b as c}from"x"`, `import*as a from"x"` and `import"x"`. */
const asConstants = (statement, from) => {
  const clause = /^import\s*(?:([\w$]+)\s*,?)?\s*(?:\*\s*as\s+([\w$]+)|\{([^}]*)\})?\s*(?:from)?\s*"/.exec(statement);
  if (clause === null) throw new Error(`an import that is not understood: ${statement.slice(0, 200)}`);
  const [, whole, all, names] = clause;
  const required = `require(${JSON.stringify(from)})`;
  if (whole === undefined && all === undefined && names === undefined) return `${required};`;
  return [whole, all, names && `{${asPattern(names)}}`]
    .filter((target) => target !== undefined)
    .map((target) => `const ${target}=${required};`)
    .join('');
};

/**
 * esbuild's own CommonJS reads every import through two getters, which costs `validate` a tenth of its speed. Constants
 * can only stand for imports where no files import one another in a circle, and nothing exported is assigned later.
 * @param {string} code an ES module
 * @returns {{ code: Promise<string>, imports: string[] }} the CommonJS, and the files it imports at its start
 */
export const toCommonJs = (code) => {
  const [imports, exports] = parse(code);
  const fixed = imports.filter(({ d }) => d === -1);
  let head = '';
  let body = '';
  let at = 0;
  for (const { ss, se, n } of fixed) {
    head += asConstants(code.slice(ss, se), n);
    body += code.slice(at, ss);
    at = se;
  }
  body += code.slice(at);
  const end = body.lastIndexOf('export{');
  if (end !== -1) body = body.slice(0, end);
  else if (exports.length > 0) throw new Error('exports that are not understood');
  // __esModule: else `import()` of it would take all of it for its default export.
  const tail = ['__esModule:true', ...exports.map(({ n, ln }) => `${JSON.stringify(n)}:${ln}`)].join(',');
  const asksForUrl = body.includes('import.meta.url');
  return {
    imports: fixed.map(({ n }) => n ?? ''),
    code: transform(`${head}${body};module.exports={${tail}};`, {
      ...(asksForUrl && {
        define: { 'import.meta.url': 'importMetaUrl' },
        banner: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;',
      }),
      format: 'cjs',
      platform: 'node',
      target: 'node20.19',
      minify: true,
      supported: { 'dynamic-import': false },
    }).then((result) => result.code),
  };
};

/** @param {ReadonlyMap<string, readonly string[]>} imports file → files that it imports; throws where they go in a circle */
export const refuseCircles = (imports) => {
  const done = new Set();
  const visit = (file, above) => {
    if (above.includes(file)) throw new Error(`files that import one another: ${[...above, file].join(' → ')}`);
    if (done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...above, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
};
