// The payload types: one interface per schema, a union per shape with variants, a map from event name to type.
import { compile } from 'json-schema-to-typescript';
import { flatten, variants } from './schemas.js';

/** "Text message" → TextMessage; "groups.put" → GroupsPutEvent; service, any method → ServiceEvent. */
const typeName = (file, schema) => {
  const [category = '', method = ''] = file.replace('.schema.json', '').split('/');
  const words = category === 'common' ? schema.title : `${category} ${method === 'any' ? '' : method} event`;
  return words
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');
};

/** Shapes that come in variants, told apart by `type`. */
const UNIONS = { 'common/message.schema.json': 'messages', 'common/content/action.schema.json': 'actions' };

/**
 * @param {Map<string, import('./schemas.js').Schema>} schemas
 * @param {ReturnType<import('./schemas.js').events>} catalogue
 * @returns {Promise<string>} TypeScript
 */
export const payloadTypes = async (schemas, catalogue) => {
  const names = new Map([...schemas].map(([file, schema]) => [file, typeName(file, schema)]));
  const taken = new Set();
  for (const name of names.values()) {
    if (taken.has(name)) throw new Error(`Two schemas would both be called ${name}`);
    taken.add(name);
  }

  const typed = (node) => {
    if (node.$ref) return { tsType: names.get(node.$ref), ...(node.description ? { description: node.description } : {}) };
    if (node['x-like']) return { tsType: `Partial<${names.get(node['x-like'])}>`, description: node.description };
    const out = {};
    for (const key of ['type', 'const', 'enum', 'description', 'required']) if (key in node) out[key] = node[key];
    if (node['x-words'] && !('const' in node)) out.enum = [...node['x-words'], ...([node.type].flat().includes('null') ? [null] : [])];
    if (node.properties) {
      out.properties = Object.fromEntries(Object.entries(node.properties).map(([k, v]) => [k, typed(v)]));
      out.additionalProperties = false;
    } else if (node.type === 'object') {
      return { tsType: 'Record<string, unknown>', description: node.description };
    }
    if (node.items) out.items = typed(node.items);
    return out;
  };

  const definitions = {};
  for (const file of schemas.keys()) {
    if (file.startsWith('common/messages/') || file.startsWith('common/actions/')) continue;
    const name = names.get(file);
    const node = flatten(schemas, file);
    const folder = UNIONS[file];
    if (folder === undefined) {
      definitions[name] = typed(node);
      continue;
    }
    const kinds = variants(schemas, folder);
    const owned = new Set(kinds.flatMap(({ content }) => content));
    const { type, ...rest } = node.properties;
    const base = Object.fromEntries(Object.entries(rest).filter(([member]) => !owned.has(member)));
    definitions[`${name}Base`] = typed({
      ...node,
      description: `What every ${node.title.toLowerCase()} has, whatever its type.`,
      properties: base,
      required: (node.required ?? []).filter((member) => member !== 'type'),
    });
    for (const kind of kinds) {
      const own = Object.fromEntries(kind.content.map((member) => [member, node.properties[member]]));
      definitions[names.get(kind.file)] = {
        ...typed({
          description: schemas.get(kind.file).description,
          type: 'object',
          properties: { type: { const: kind.type }, ...own },
          // A message without its content is only remarked on, but a handler that narrowed to the type wants to read it.
          required: ['type', ...(folder === 'messages' && kind.content.length === 1 ? kind.content : [])],
        }),
        extends: { $ref: `#/definitions/${name}Base` },
      };
    }
    definitions[name] = { description: node.description, anyOf: kinds.map((kind) => ({ $ref: `#/definitions/${names.get(kind.file)}` })) };
  }

  const source = await compile({ definitions, type: 'object', title: 'UnusedRoot', additionalProperties: false }, 'UnusedRoot', {
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    unreachableDefinitions: true,
    bannerComment: '',
    format: false,
    declareExternallyReferenced: true,
  });
  const eventTypes = [...new Set(catalogue.map(({ file }) => names.get(file)))];
  return `// Generated from schemas/. A type describes a body without findings: known words and declared members only.
/* biome-ignore-all lint: generated */
${source
  .replace(/export interface UnusedRoot \{\s*\}\n/, '')
  .replaceAll(/^\/\*\*\n(?: \*.*\n)*? \* This interface was referenced by `UnusedRoot`'s JSON-Schema\n.*\n \*\/\n/gm, '')
  .replaceAll(/ \*\n \* This interface was referenced by `UnusedRoot`'s JSON-Schema\n \* via the `definition` .*\n/g, '')}
/** From event name to the type of its payload. */
export interface EventPayloads {
${catalogue.map(({ name, file }) => `  '${name}': ${names.get(file)};`).join('\n')}
}

/** Any payload of the contract. */
export type WhapiEvent = ${eventTypes.join(' | ')};
`;
};
