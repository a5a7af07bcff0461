// schemas/ → one schema for editors: what a file of fixtures may be, the event picked by its name.
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { build } from 'esbuild';
import { ENVELOPE, events, flatten, loadSchemas, METHODS, root, variants } from './schemas.js';

/** @typedef {import('./schemas.js').Schema} Schema */

/** The bundler of `whapi-hooks schema`, which is TypeScript. */
const loadBundler = async () => {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/schema/bundle.ts')],
    bundle: true,
    format: 'cjs',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    write: false,
    logLevel: 'warning',
  });
  /** @type {{ exports: typeof import('../src/schema/bundle.ts') }} */
  const module = { exports: Object.create(null) };
  runInThisContext(`(module) => {${outputFiles[0]?.text}\n}`, { filename: 'bundle.ts (built)' })(module);
  return module.exports.bundle;
};

const ROOT = 'fixtures.schema.json';
const MESSAGE = 'common/message.schema.json';
const TAG = 'common/event.schema.json';
const TYPE = 'common/message-type.schema.json';

/**
 * Where `test` holds, `schema` does too. Written the wrong way round because vscode-json-languageservice offers what it
 * finds in an `if`, met or not, as completion; what stands in a `not` it does not offer.
 * @returns {Schema}
 */
const where = (/** @type {Schema} */ test, /** @type {Schema} */ schema) => ({ if: { not: test }, else: schema });
/** @returns {Schema} */
// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
const unless = (/** @type {Schema} */ test, /** @type {Schema} */ schema) => ({ if: { not: test }, then: schema });

const ref = (/** @type {string} */ file) => ({ $ref: file });
const has = (/** @type {string[]} */ members) => ({ anyOf: members.map((member) => ({ required: [member] })) });
const is = (/** @type {string} */ member, /** @type {string[]} */ words) => ({
  required: [member],
  properties: { [member]: { enum: words } },
});

/**
 * The schema for files of fixtures, complete in itself, draft 07 (the last one that VS Code and JetBrains read fully).
 * Editors are the strict place: foreign words and members are told here, where `validate` only warns.
 * @returns {Promise<Schema>}
 */
export const fixturesSchema = async (folder = join(root, 'schemas')) => {
  const bundle = await loadBundler();
  const schemas = loadSchemas(folder);
  const catalogue = events(schemas);
  const messages = variants(schemas, 'messages');
  const described = new Map(messages.map(({ file, type }) => [type, schemas.get(file)?.description]));
  const owned = new Set(messages.flatMap(({ content }) => content));
  const keys = [...new Set(catalogue.flatMap((event) => event.keys))];
  const payloadMembers = ['event', 'channel_id', ...keys];
  const flatMessage = flatten(schemas, MESSAGE);

  /** Category → its words (today's first, then the old name), its methods, what it is about. */
  const categories = new Map();
  for (const { category, method, file } of catalogue) {
    const known = categories.get(category) ?? { words: schemas.get(file)?.properties.event.properties.type.enum, methods: [], says: [] };
    known.methods.push(method);
    known.says.push(schemas.get(file)?.description);
    categories.set(category, known);
  }

  /** Word lists become enums, objects are closed, references lead to whole shapes or, in x-like, to partial ones. */
  const strict = (/** @type {Schema} */ node, /** @type {string} */ back, partial = false) => {
    /** @type {Schema} */
    const { 'x-words': words, 'x-like': like, required, ...out } = node;
    if (required && !partial) out.required = required;
    if (words) out.enum = [...words, ...([node.type].flat().includes('null') ? [null] : [])];
    if (like) return { $ref: `${back}partial/${like}`, description: node.description };
    if (out.$ref) out.$ref = partial && demanding(out.$ref) ? `${back}partial/${out.$ref}` : back + out.$ref;
    if (out.items) out.items = strict(out.items, back, partial);
    if (out.properties) {
      out.properties = Object.fromEntries(Object.entries(out.properties).map(([name, inner]) => [name, strict(inner, back, partial)]));
      out.additionalProperties = false;
    }
    return out;
  };
  const demanding = (/** @type {string} */ file) => flatten(schemas, file).type === 'object';

  const tag = () => {
    const { properties, ...node } = flatten(schemas, TAG);
    const agree = METHODS.map((method) =>
      where({ ...is('event', [method]), required: ['event', 'method'] }, { properties: { method: { const: method } } }),
    );
    const methods = (/** @type {string[]} */ words, /** @type {string[] | undefined} */ says) => ({
      properties: { event: { enum: words, ...(says && { enumDescriptions: says }) }, method: { enum: words } },
    });
    return {
      ...node,
      properties: {
        ...properties,
        type: { ...properties.type, enum: [...categories.keys()] },
      },
      additionalProperties: false,
      allOf: [
        ...[...categories.values()].map(({ words, methods: own, says }) => where(is('type', words), methods(own, says))),
        unless(
          is(
            'type',
            [...categories.values()].flatMap(({ words }) => words),
          ),
          methods(METHODS, undefined),
        ),
        unless({ required: ['method'] }, { required: ['event'] }),
        ...agree,
      ],
    };
  };

  /** A message picks its type first, so that what is said of it speaks of that type alone. */
  const message = () => ({
    type: 'object',
    description: flatMessage.description,
    properties: { type: { $ref: 'message-type.schema.json', description: flatMessage.properties.type.description } },
    allOf: [
      ...messages.map(({ type }) => where(is('type', [type]), ref(`../message/${type}`))),
      unless(is('type', [...described.keys()]), ref('../message/any')),
    ],
  });
  const messageOf = (/** @type {string} */ type) => {
    const content = messages.find((kind) => kind.type === type)?.content;
    const members = Object.keys(flatMessage.properties).filter((member) => !content || !owned.has(member) || content.includes(member));
    return {
      title: content ? schemas.get(`common/messages/${type}.schema.json`)?.title : flatMessage.title,
      type: 'object',
      required: flatMessage.required,
      properties: Object.fromEntries(members.map((member) => [member, member === 'type' ? {} : ref(`../member/${member}`)])),
      additionalProperties: false,
    };
  };

  const event = (/** @type {string} */ file) => {
    const { properties, ...node } = flatten(schemas, file);
    const out = strict({ ...node, properties: { ...properties, event: {} } }, '../');
    // What a service event holds is not known.
    if (Object.keys(properties).every((member) => ENVELOPE.includes(member))) delete out.additionalProperties;
    return out;
  };

  /** A payload picks its event: by the member event, or by its payload key where the request line would name it. */
  const payload = () => {
    const { channel_id, errors } = flatten(schemas, catalogue[0]?.file ?? '').properties;
    const first = new Map(keys.map((key) => [key, catalogue.find((entry) => entry.keys.includes(key))?.file]));
    const named = new Map(catalogue.map(({ file }) => [file, catalogue.filter((entry) => entry.file === file)]));
    return {
      type: 'object',
      properties: {
        event: { ...ref(TAG), description: 'Which event this is. Left out in the delivery modes path and method.' },
        channel_id: strict(channel_id, ''),
        errors: strict(errors, ''),
      },
      allOf: [
        ...[...named].map(([file, own]) => {
          const words = categories.get(own[0]?.category).words;
          const methods = own.map(({ method }) => method);
          const says = { ...is('type', words), anyOf: [is('event', methods), { ...is('method', methods), not: { required: ['event'] } }] };
          return where({ required: ['event'], properties: { event: says } }, ref(file));
        }),
        ...[...new Set(first.values())].map((file) =>
          where({ ...has(keys.filter((key) => first.get(key) === file)), not: { required: ['event'] } }, ref(file ?? '')),
        ),
        unless(has(['event', ...keys]), { properties: suggestions() }),
      ],
    };
  };
  /** Payload keys for completion, where none is there yet. */
  const suggestions = () =>
    Object.fromEntries(
      keys.map((key) => {
        const owners = catalogue.filter((entry) => entry.keys.includes(key));
        const { description } = schemas.get(owners[0]?.file ?? '')?.properties[key] ?? {};
        return [key, { description: `${description} Payload key of ${owners.map(({ name }) => name).join(', ')}.` }];
      }),
    );

  /** Shapes that are not a file below schemas/, or are another one here. */
  const load = (/** @type {string} */ file) => {
    if (file === ROOT) {
      return {
        $id: 'https://unpkg.com/whapi-hooks@1/dist/fixtures.schema.json',
        title: 'Webhooks of Whapi.Cloud',
        description: 'A file of fixtures for whapi-hooks: a payload, a list of payloads or a map of named payloads.',
        if: { type: 'array' },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { items: ref('entry') },
        else: {
          type: 'object',
          allOf: [
            where(has(payloadMembers), ref('payload')),
            unless(has(payloadMembers), {
              minProperties: 1,
              properties: {
                $schema: { description: 'Where an editor finds this schema. Passed over when the file is read.', type: 'string' },
                event: { description: 'Which event this is, where the file is one payload.' },
                channel_id: { description: 'The channel the event is from, where the file is one payload.' },
                ...suggestions(),
              },
              additionalProperties: ref('entry'),
            }),
          ],
        },
      };
    }
    if (file === 'entry') return { allOf: [ref('payload'), unless(has(payloadMembers), { required: ['event'] })] };
    if (file === 'payload') return payload();
    if (file === TAG) return tag();
    if (file === MESSAGE) return message();
    if (file === TYPE)
      return {
        ...strict(flatten(schemas, file), ''),
        enumDescriptions: flatten(schemas, file)['x-words'].map((/** @type {string} */ type) => described.get(type) ?? ''),
      };
    const [kind = '', name = ''] = file.split('/');
    if (kind === 'message') return messageOf(name);
    if (kind === 'member') return strict(flatMessage.properties[name], '../');
    const back = '../'.repeat(file.split('/').length - 1);
    if (kind === 'partial') return strict(flatten(schemas, file.slice('partial/'.length)), back, true);
    if (kind === 'common') return strict(flatten(schemas, file), back);
    return event(file);
  };
  return describedOutside(bundle(ROOT, load, '07'));
};

/**
 * An editor shows the innermost description, but the nearest one is the member's own: "The channel the event is from",
 * not "Channel id". So shapes that are described where they are referred to are described there everywhere, and only there.
 */
const describedOutside = (/** @type {Schema} */ schema) => {
  /** @type {Set<string>} */
  const outside = new Set();
  const isOwn = (/** @type {Schema} */ node) => typeof node.description === 'string' && typeof node.allOf?.[0]?.$ref === 'string';
  const nameOf = (/** @type {string} */ target) => target.slice('#/definitions/'.length);
  const look = (/** @type {Schema} */ node) => {
    if (typeof node !== 'object' || node === null) return;
    if (isOwn(node)) outside.add(nameOf(node.allOf[0].$ref));
    for (const inner of Object.values(node)) look(inner);
  };
  look(schema);
  /** @returns {any} */
  const move = (/** @type {any} */ node, own = false) => {
    if (Array.isArray(node)) return node.map((inner, index) => move(inner, own && index === 0));
    if (typeof node !== 'object' || node === null) return node;
    if (typeof node.$ref === 'string') {
      const name = nameOf(node.$ref);
      const { description } = schema.definitions[name];
      return outside.has(name) && description && !own ? { description, allOf: [node] } : node;
    }
    const described = isOwn(node);
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, move(inner, described && key === 'allOf')]));
  };
  const out = move(schema);
  for (const name of outside) delete out.definitions[name].description;
  return out;
};
