// Reads the folder of schemas and flattens it: what the compiler, the types and `whapi-hooks schema` have in common.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {Record<string, any>} Schema JSON Schema is an open language: any. */

export const root = fileURLToPath(new URL('..', import.meta.url));
export const METHODS = ['post', 'put', 'patch', 'delete'];
/** Members of every payload beside the payload keys. */
export const ENVELOPE = ['event', 'channel_id', 'errors'];

/** @returns {Map<string, Schema>} every schema of the events by its path below schemas/, sorted */
export const loadSchemas = (folder = join(root, 'schemas')) => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.includes('/') && file.endsWith('.schema.json'))
    .sort();
  return new Map(files.map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8'))]));
};

/** The events: the folder listing is the catalogue. `any` stands for all four methods. */
export const events = (/** @type {Map<string, Schema>} */ schemas) =>
  [...schemas].flatMap(([file, schema]) => {
    const [category = '', name = ''] = file.split('/');
    if (category === 'common') return [];
    const method = name.replace('.schema.json', '');
    const keys = Object.keys(schema.properties).filter((key) => !ENVELOPE.includes(key));
    return (method === 'any' ? METHODS : [method]).map((m) => ({ name: `${category}.${m}`, category, method: m, file, keys }));
  });

export const resolve = (/** @type {string} */ from, /** @type {string} */ ref) => posix.normalize(posix.join(posix.dirname(from), ref));

/** Merges `allOf: [{$ref}]` into the schema itself; every $ref and x-like becomes a path below schemas/. */
export const flatten = (/** @type {Map<string, Schema>} */ schemas, /** @type {string} */ file) => {
  const schema = schemas.get(file);
  if (!schema) throw new Error(`There is no schema ${file}`);
  return flattenNode(schemas, file, schema);
};

/** @returns {Schema} */
const flattenNode = (/** @type {Map<string, Schema>} */ schemas, /** @type {string} */ file, /** @type {Schema} */ node) => {
  /** @type {Schema} */
  const { allOf = [], ...own } = node;
  /** @type {Schema} */
  let out = {};
  for (const part of allOf) {
    const base = part.$ref ? flatten(schemas, resolve(file, part.$ref)) : flattenNode(schemas, file, part);
    out = merge(out, base);
  }
  if (own.$ref && own.properties) {
    out = merge(out, flatten(schemas, resolve(file, own.$ref)));
    delete own.$ref;
  }
  if (own.properties) {
    own.properties = Object.fromEntries(Object.entries(own.properties).map(([name, value]) => [name, flattenNode(schemas, file, value)]));
  }
  if (own.items) own.items = flattenNode(schemas, file, own.items);
  if (own.$ref) own.$ref = resolve(file, own.$ref);
  if (own['x-like']) own['x-like'] = resolve(file, own['x-like']);
  return merge(out, own);
};

const merge = (/** @type {Schema} */ base, /** @type {Schema} */ own) => {
  const out = { ...base, ...own };
  if (base.properties && own.properties) {
    out.properties = { ...base.properties };
    for (const [name, value] of Object.entries(own.properties)) {
      // A refinement such as {const} keeps what the base says of the member.
      out.properties[name] = { ...(value.$ref || !base.properties[name] ? {} : base.properties[name]), ...value };
    }
  }
  for (const key of ['required', 'x-recommended']) {
    if (base[key] && own[key]) out[key] = [...new Set([...base[key], ...own[key]])];
  }
  return out;
};

/** The variants of a shape: `common/messages/*` by the type they are of, with their content members. */
export const variants = (/** @type {Map<string, Schema>} */ schemas, /** @type {string} */ folder) =>
  [...schemas]
    .filter(([file]) => file.startsWith(`common/${folder}/`))
    .map(([file, schema]) => ({ file, type: schema.properties.type.const, content: schema['x-content'] ?? [] }));
