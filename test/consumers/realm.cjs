// Runs a test file as Jest does: it and all packages in a realm of their own beside Node's modules, in CommonJS, where
// import() fails; `vitest` and the globals are the few words that the file needs.
const { readFileSync } = require('node:fs');
const { createRequire, isBuiltin } = require('node:module');
const { dirname } = require('node:path');
const { createContext, compileFunction } = require('node:vm');
const assert = require('node:assert/strict');

const [file] = process.argv.slice(2);
const { console, process: host, Buffer, URL, TextEncoder, TextDecoder, AbortController, AbortSignal, performance, crypto } = globalThis;
const shared = { console, process: host, Buffer, URL, TextEncoder, TextDecoder, AbortController, AbortSignal, performance, crypto };
const timers = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate, queueMicrotask, fetch, atob, btoa };
// Jest shares these two with its realm, and no other class of the language.
const parsingContext = createContext({ ...shared, ...timers, ArrayBuffer, Uint8Array });

const plain = (value) => JSON.parse(JSON.stringify(value));
const tests = [];
const runner = {
  test: (name, run) => void tests.push([name, run]),
  expect: (value) => ({
    toEqual: (wanted) => assert.deepEqual(plain(value), plain(wanted)),
    toBe: (wanted) => assert.equal(value, wanted),
    toMatch: (wanted) => assert.match(value, wanted),
  }),
};

const loaded = new Map();
const load = (path) => {
  const known = loaded.get(path);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(path, module);
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('.json')) module.exports = JSON.parse(text);
  else {
    const resolve = createRequire(path);
    const wanted = (name) => (name === 'vitest' ? runner : isBuiltin(name) ? require(name) : load(resolve.resolve(name)));
    const names = ['module', 'exports', 'require', '__filename', '__dirname'];
    compileFunction(text, names, { filename: path, parsingContext })(module, module.exports, wanted, path, dirname(path));
  }
  return module.exports;
};

load(file);
const run = async () => {
  for (const [name, test] of tests) {
    await test();
    console.log(`passed: ${name}`);
  }
};
run().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
