// schemas/ → src/generated: the catalogue of events, the compiled validators and the payload types; wasm/ → quick.ts there.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { _, _Code, Ajv, standaloneCode, str, stringify } from './ajv.js';
import { ENVELOPE, events, flatten, loadSchemas, METHODS, root, variants } from './schemas.js';
import { soundTables } from './sound.js';
import { payloadTypes } from './types.js';
import { quickModule } from './wasm.js';

const out = join(root, 'src', 'generated');
const schemas = loadSchemas();
const catalogue = events(schemas);
const messageTypes = variants(schemas, 'messages');

/** A hostile body must not fill the memory with findings: each validator keeps this many. */
const MOST_FINDINGS = 1000;

/** Ids are absolute while compiling, so that references need no base. */
const idOf = (file, partial) => `schemas:/${partial ? 'partial' : 'whole'}/${file}`;

/** What a partial twin leaves out: all that asks for something to be there. */
const DEMANDS = ['required', 'x-recommended', 'x-content', 'x-branch', 'x-agree'];

/** Whether a shape, or one it is made of, demands anything; where not, its partial twin is the shape itself. */
const demands = (file) => {
  const look = (node) =>
    file === MESSAGE ||
    DEMANDS.some((key) => key in node) ||
    (node.$ref !== undefined && demands(node.$ref)) ||
    [...Object.values(node.properties ?? {}), ...(node.items ? [node.items] : [])].some(look);
  return look(flatten(schemas, file));
};
const MESSAGE = 'common/message.schema.json';

/** The words of x-words of a member, looked up through its $ref. */
const wordsOf = (member) => member['x-words'] ?? (member.$ref ? flatten(schemas, member.$ref)['x-words'] : undefined) ?? [];

/**
 * A schema as it is compiled: standard keywords as they are, unknown members remarked on, x-like and its
 * partial twin (types only, nothing missing) spelled out.
 */
const compiled = (file, partial) => {
  const prepare = (node, at) => {
    const { title, description, $comment, $schema, $id, examples, ...rest } = node;
    const result = { ...rest };
    if (result['x-like']) {
      const like = result['x-like'];
      delete result['x-like'];
      delete result.type;
      return { ...result, $ref: idOf(like, true) };
    }
    if (result.$ref) result.$ref = idOf(result.$ref, partial && demands(result.$ref));
    if (result.properties) {
      result['x-members'] = Object.fromEntries(Object.entries(result.properties).map(([k, v]) => [k, prepare(v, k)]));
      delete result.properties;
    }
    if (result.items) result.items = prepare(result.items, at);
    if (result.minLength && result['x-form'] === 'id') result['x-form'] = 'any';
    if (result['x-agree']) {
      result['x-agree'] = { ...result['x-agree'], words: wordsOf(node.properties[result['x-agree'].with]) };
    }
    if (result['x-branch']) {
      const member = result['x-branch'];
      result['x-branch'] = { member, branches: wordsOf(node.properties[member]) };
    }
    if (partial) for (const key of DEMANDS) delete result[key];
    return result;
  };
  const flat = flatten(schemas, file);
  const result = prepare(flat, '');
  if (file === MESSAGE && !partial) {
    const owned = [...new Set(messageTypes.flatMap(({ content }) => content))];
    result['x-content'] = { types: Object.fromEntries(messageTypes.map(({ type, content }) => [type, content])), owned };
  }
  if (!file.startsWith('common/')) {
    // The envelope is read before the schema is chosen (src/event/name.ts); so are the payload keys.
    const { event, ...members } = result['x-members'];
    delete result['x-members'];
    delete result.anyOf;
    delete result.required;
    result.properties = members;
  }
  return result;
};

const ajv = new Ajv({
  allErrors: true,
  strict: true,
  strictRequired: false, // it looks for members in `properties`; a test holds required ones to be declared
  allowUnionTypes: true,
  // Lengths in UTF-16 units: the only length asked for is 1, and the compiled code needs no module for it.
  unicode: false,
  logger: false,
  messages: false,
  inlineRefs: 4,
  code: {
    source: true,
    esm: true,
    lines: false,
  },
});

/** keyword → JSON type it looks at; each calls the function of that name in src/schema/keywords.ts. */
const KEYWORDS = {
  words: 'string',
  recommended: 'object',
  form: 'string',
  unit: ['string', 'number'],
  range: 'number',
  agree: 'object',
  branch: 'object',
};
/** What the function gets: the keyword's value, lists that are looked up as sets and maps. */
const literal = (keyword, schema) => {
  if (keyword === 'words') return _`new Set(${stringify(schema)})`;
  return stringify(schema);
};
for (const [keyword, type] of Object.entries(KEYWORDS)) {
  ajv.addKeyword({
    keyword: `x-${keyword}`,
    type,
    error: { params: ({ params }) => _`{remarks: ${params.remarks}}` },
    code(cxt) {
      const { gen, data, schema } = cxt;
      const value = gen.scopeValue('schema', {
        ref: schema,
        key: `${keyword}:${JSON.stringify(schema)}`,
        code: literal(keyword, schema),
      });
      const remarks = gen.const('remarks', _`${new _Code(`keywords.${keyword}`)}(${value}, ${data})`);
      cxt.setParams({ remarks });
      cxt.pass(_`${remarks} === undefined`);
    },
  });
}
/** Read by x-members, which meets the content members on its way. */
ajv.addKeyword({ keyword: 'x-content', schemaType: 'object' });
/**
 * `properties` of an object whose members are all declared. Ajv asks an object for each member it might have, which is
 * slow where most are absent; this goes through the members that are there, and so meets the unknown ones too.
 */
ajv.addKeyword({
  keyword: 'x-members',
  type: 'object',
  schemaType: 'object',
  error: { params: ({ params }) => _`{remarks: ${params.remarks}}` },
  code(cxt) {
    const { gen, data, schema, it, parentSchema } = cxt;
    const names = Object.keys(schema);
    const content = parentSchema['x-content'];
    const contents = content && { count: gen.let('contents', 0), last: gen.let('content') };
    const table = gen.scopeValue('schema', {
      ref: names,
      key: `members:${names.join()}`,
      code: _`new Map(${stringify(names.map((name, index) => [name, index]))})`,
    });
    const strange = gen.let('strange', false);
    gen.forIn('key', data, (key) => {
      // Read by the key at hand, which V8 does without looking it up; Ajv would read each member by its name.
      const value = gen.const('value', _`${data}[${key}]`);
      for (const [index, name] of names.entries()) {
        gen.code(index === 0 ? _`switch (${table}.get(${key})) {case 0: {` : _`case ${index}: {`);
        const { errorPath, parentDataProperty } = it;
        Object.assign(it, { errorPath: str`${errorPath}/${name}`, parentDataProperty: _`${name}` });
        cxt.subschema({ keyword: 'x-members', schemaProp: name, data: value }, gen.name('valid'));
        Object.assign(it, { errorPath, parentDataProperty });
        if (content?.owned.includes(name)) gen.code(_`${contents.count}++; ${contents.last} = ${key};`);
        gen.code(_`break; }`);
      }
      gen.code(_`default: ${strange} = true; }`);
    });
    if (content) {
      const types = gen.scopeValue('schema', {
        ref: content,
        code: _`{types: new Map(${stringify(Object.entries(content.types))}), owned: new Set(${stringify(content.owned)})}`,
      });
      gen.if(_`${contents.count} !== 1 || !${new _Code('keywords.isContent')}(${types}, ${data}.type, ${contents.last})`, () => {
        const remarks = gen.const('remarks', _`${new _Code('keywords.content')}(${types}, ${data})`);
        cxt.setParams({ remarks });
        cxt.fail(_`${remarks} !== undefined`);
      });
    }
    gen.if(strange, () => {
      const remarks = gen.const('remarks', _`${new _Code('keywords.known')}(${table}, ${data})`);
      cxt.setParams({ remarks });
      cxt.fail(_`${remarks} !== undefined`);
    });
  },
});
const prepared = new Map();
for (const file of schemas.keys()) {
  if (file.startsWith('common/messages/') || file.startsWith('common/actions/')) continue;
  for (const partial of [false, true]) {
    const schema = { $id: idOf(file, partial), ...compiled(file, partial) };
    prepared.set(schema.$id, schema);
    ajv.addSchema(schema);
  }
}

const files = [...new Set(catalogue.map(({ file }) => file))];
const exportName = (file) => file.replace('.schema.json', '').replace('/', '_');
const code = standaloneCode(ajv, Object.fromEntries(files.map((file) => [exportName(file), idOf(file, false)])));
if (code.includes('require(')) throw new Error('The compiled validators ask for a module; a keyword that needs one was used.');
/** Ajv collects errors without bound, and copies the list for each item; and it says more than we read. */
const bounded = code
  // A validator gets its pointer alone: an object for each call would cost more than the check itself.
  .replaceAll('{instancePath="", parentData, parentDataProperty, rootData=data}={}', 'instancePath = ""')
  .replaceAll(
    /\{instancePath:(instancePath\+"[^"]*"(?: \+ i\d+(?:\+"[^"]*")?)*),parentData:(?:data|value)\d*,parentDataProperty:(?:"\w+"|i\d+),rootData\}/g,
    '$1',
  )
  .replaceAll(/schemaPath:"[^"]*",/g, '')
  .replaceAll(/if\(vErrors === null\)\{vErrors = \[(\w+)\];\}else \{vErrors\.push\(\1\);\}/g, 'vErrors = keep(vErrors, $1);')
  .replaceAll(
    /const (err\d+) = \{(instancePath(?::[^,]+)?),keyword:("[\w-]+"),params:([^;]+)\};vErrors = keep\(vErrors, \1\);/g,
    (_whole, _name, path, keyword, params) =>
      `vErrors = keep(vErrors, error(${path.replace(/^instancePath:?/, '') || 'instancePath'}, ${keyword}, ${params}));`,
  )
  .replaceAll(/vErrors = vErrors === null \? (\w+)\.errors : vErrors\.concat\(\1\.errors\)/g, 'vErrors = join(vErrors, $1.errors)');
if (/vErrors\.(concat|push)\(|parentData/.test(bounded)) throw new Error('Ajv writes its errors in a new way: bound them again.');

const validators = `// @ts-nocheck
import * as keywords from '../schema/keywords.ts';
let omitted = 0;
export const takeOmitted = () => { const count = omitted; omitted = 0; return count; };
const keep = (errors, error) => {
  if (errors === null) return [error];
  if (errors.length < ${MOST_FINDINGS}) { errors.push(error); return errors; }
  omitted++;
  if (!error.params.remarks) {
    // No number of remarks hides an error: it takes the place of one of them.
    errors.free ??= errors.length - 1;
    while (errors.free >= 0 && !errors[errors.free].params.remarks) errors.free--;
    if (errors.free >= 0) errors[errors.free--] = error;
  }
  return errors;
};
const error = (instancePath, keyword, params) => ({ instancePath, keyword, params });
const join = (errors, more) => { if (errors === null) return more; for (const error of more) keep(errors, error); return errors; };
${bounded.replace('"use strict";', '').replaceAll('export const ', 'const ')}
export const VALIDATORS = {${files.map((file) => `'${file}': ${exportName(file)}`).join(', ')}};
`;

/** The lists of words that say what an event is about, by what they are words for. */
const WORD_LISTS = {
  'message type': ['common/message-type.schema.json'],
  'action type': ['common/content/action.schema.json', 'type'],
  'group action': ['common/participants-change.schema.json', 'action'],
  'status word': ['common/status-word.schema.json'],
  'call status': ['common/call.schema.json', 'status'],
  presence: ['common/presence.schema.json', 'status'],
  'channel state': ['common/health.schema.json', 'status', 'text'],
};
const wordLists = Object.fromEntries(
  Object.entries(WORD_LISTS).map(([name, [file, ...members]]) => {
    const words = wordsOf(members.reduce((node, member) => node.properties[member], flatten(schemas, file)));
    if (words.length === 0) throw new Error(`${file} has no x-words at ${members.join('.')}: WORD_LISTS is out of date.`);
    return [name, words];
  }),
);

const catalogueSource = `// The events, read from the folder schemas/.
export interface CatalogueEntry {
  readonly category: Category;
  readonly method: Method;
  /** Payload keys; empty where any member may be one. */
  readonly keys: readonly string[];
  /** Path of its schema below schemas/. */
  readonly schema: SchemaFile;
}
/** Paths of the schemas of events. */
export type SchemaFile = ${files.map((file) => `'${file}'`).join(' | ')};

export const CATEGORIES = ${JSON.stringify([...new Set(catalogue.map(({ category }) => category))])} as const;
export const METHODS = ${JSON.stringify(METHODS)} as const;
export type Category = (typeof CATEGORIES)[number];
export type Method = (typeof METHODS)[number];

export const CATALOGUE = {
${catalogue
  .map(
    ({ name, category, method, file, keys }) =>
      `  '${name}': { category: '${category}', method: '${method}', keys: ${JSON.stringify(keys)}, schema: '${file}' },`,
  )
  .join('\n')}
} as const satisfies Record<string, CatalogueEntry>;

export const MESSAGE_TYPES = ${JSON.stringify(messageTypes.map(({ type }) => type))} as const;
/** Words as the schemas list them (x-words), by what they are words for. */
export const WORDS = ${JSON.stringify(wordLists)} as const;
/** Members of every payload beside its payload keys. */
export const ENVELOPE = ${JSON.stringify(ENVELOPE)} as const;
`;

mkdirSync(out, { recursive: true });
const write = (name, text) => {
  const path = join(out, name);
  let before;
  try {
    before = readFileSync(path, 'utf8');
  } catch {}
  if (before !== text) writeFileSync(path, text);
};
write('validators.js', validators);
write(
  'validators.d.ts',
  `import type { SchemaFile } from './catalogue.ts';

export interface ValidatorError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}
export interface Validator {
  (payload: unknown): boolean;
  errors?: ValidatorError[] | null;
}
/** How many findings the last validation left out, for they were too many. */
export const takeOmitted: () => number;
/** Of each schema of an event its validator. */
export const VALIDATORS: Readonly<Record<SchemaFile, Validator>>;
`,
);
write('catalogue.ts', catalogueSource);
write('payloads.ts', await payloadTypes(schemas, catalogue));
const tables = soundTables(
  catalogue.map(({ file, ...event }) => ({ ...event, id: idOf(file, false) })),
  METHODS,
  prepared,
);
write(
  'quick.ts',
  `/** wasm/, compiled. */\nexport const MODULE =\n  '${await quickModule()}';\n/** The schemas, for wasm/sound.ts. */\nexport const SOUND =\n  '${tables.toString('base64')}';\n`,
);
