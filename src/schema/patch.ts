import { isObject, type JsonObject } from './keywords.ts';

/** A change that traffic asks for, as an overlay has it: event, pattern of pointers, rule, and types or words. */
export interface SchemaChange {
  readonly event: string;
  readonly pointer: string;
  readonly rule: 'unknown-member' | 'unknown-word' | 'missing-member' | 'missing-recommended' | 'wrong-type';
  readonly types?: readonly string[];
  readonly words?: readonly string[];
}

/** What became of the changes. */
export interface SchemaPatch {
  /** The schemas that have to be written, by their paths below the folder, sorted. */
  readonly changed: ReadonlyMap<string, JsonObject>;
  /** Changes that have no place in the schemas, and why. */
  readonly unplaced: readonly { readonly change: SchemaChange; readonly why: string }[];
}

const DESCRIPTION = 'Seen in traffic; what it means is not known.';

/** A schema as it is changed: members in the order of their file. */
type Node = { [keyword: string]: unknown };

/** A node of a schema, and the file it stands in. */
interface Layer {
  readonly file: string;
  readonly node: Node;
}

/** Where a reference leads, as a path below the folder; never out of it. */
const targetOf = (from: string, reference: string): string => {
  const parts = from.split('/').slice(0, -1);
  for (const part of reference.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
};

const isNode = (value: unknown): value is Node => isObject(value);

const memberOf = (node: Node, keyword: string, name: string): Node | undefined => {
  const members = node[keyword];
  const value = isNode(members) && Object.hasOwn(members, name) ? members[name] : undefined;
  return isNode(value) ? value : undefined;
};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** The types with more; a whole number is a number too. */
const withTypes = (before: unknown, more: readonly string[]): unknown => {
  const old = listOf(before);
  const missing = more.filter((type) => !old.includes(type));
  if (missing.length === 0) return before;
  const types = missing.includes('number') && old.includes('integer') ? old.map((type) => (type === 'integer' ? 'number' : type)) : old;
  const all = [...types, ...missing.filter((type) => !types.includes(type))];
  return all.length === 1 ? all[0] : all;
};

/**
 * Makes the changes in copies of the schemas: an unknown member becomes a property, a word is added to its list, a
 * member is no longer asked for, a type is added. All layers that have a say are changed (references, allOf, x-like);
 * a new property goes to the one that has the others.
 * @param load reads the schema at a path such as `common/message.schema.json`; undefined where there is none
 */
export const patchSchemas = (changes: readonly SchemaChange[], load: (file: string) => JsonObject | undefined): SchemaPatch => {
  const open = new Map<string, Node | undefined>();
  const touched = new Set<string>();
  const schemaOf = (file: string): Node | undefined => {
    if (!open.has(file)) {
      const loaded = load(file);
      // A copy: what is handed in stays as it is.
      open.set(file, loaded === undefined ? undefined : (JSON.parse(JSON.stringify(loaded)) as Node));
    }
    return open.get(file);
  };

  /** A node and all that it is made of, the nearest first (scripts/schemas.js merges them in the same order). */
  const layersOf = (layer: Layer, seen: Set<Node> = new Set()): Layer[] => {
    const { file, node } = layer;
    if (seen.has(node)) return [];
    seen.add(node);
    const layers = [layer];
    for (const keyword of ['$ref', 'x-like']) {
      const reference = node[keyword];
      if (typeof reference !== 'string') continue;
      const target = targetOf(file, reference);
      const root = schemaOf(target);
      if (root !== undefined) layers.push(...layersOf({ file: target, node: root }, seen));
    }
    const parts = listOf(node['allOf']).filter(isNode).reverse();
    for (const part of parts) layers.push(...layersOf({ file, node: part }, seen));
    return layers;
  };

  /** All layers of a member, or of the items of a list. */
  const below = (layers: readonly Layer[], part: string): Layer[] => {
    const found: Layer[] = [];
    for (const { file, node } of layers) {
      const items = node['items'];
      const inner = part === '*' ? (isNode(items) ? items : undefined) : memberOf(node, 'properties', part);
      if (inner === undefined) continue;
      found.push(...layersOf({ file, node: inner }));
      // A reference takes the place of what the layers below say of the member.
      if (typeof inner['$ref'] === 'string') break;
    }
    return found;
  };

  const rootOf = (event: string): Layer | undefined => {
    const [category = '', method = ''] = event.split('.');
    for (const name of [method, 'any']) {
      const file = `${category}/${name}.schema.json`;
      const node = schemaOf(file);
      if (node !== undefined) return { file, node };
    }
    return undefined;
  };

  const addTypes = (layers: readonly Layer[], types: readonly string[]): boolean => {
    const typed = layers.filter(({ node }) => 'type' in node);
    for (const { file, node } of typed) {
      const after = withTypes(node['type'], types);
      if (after === node['type']) continue;
      node['type'] = after;
      touched.add(file);
    }
    return typed.length > 0;
  };

  const addMember = (layers: readonly Layer[], name: string, types: readonly string[]): boolean => {
    if (below(layers, name).length > 0) return addTypes(below(layers, name), types);
    const owner = layers.find(({ node }) => isNode(node['properties']));
    const properties = owner?.node['properties'];
    if (owner === undefined || !isNode(properties)) return false;
    properties[name] = { description: DESCRIPTION, type: types.length === 1 ? types[0] : types };
    touched.add(owner.file);
    return true;
  };

  const addWords = (layers: readonly Layer[], words: readonly string[]): boolean => {
    const lists = layers.filter(({ node }) => Array.isArray(node['x-words']));
    for (const { file, node } of lists) {
      const known = listOf(node['x-words']);
      const more = words.filter((word) => !known.includes(word));
      if (more.length === 0) continue;
      node['x-words'] = [...known, ...more];
      touched.add(file);
    }
    return lists.length > 0;
  };

  /** A member leaves the lists of those that have to be there. It may have left them already, with another event of the same schema. */
  const release = (layers: readonly Layer[], keyword: 'required' | 'x-recommended', name: string): boolean => {
    const demanding = layers.filter(({ node }) => listOf(node[keyword]).includes(name));
    for (const { file, node } of demanding) {
      const left = listOf(node[keyword]).filter((member) => member !== name);
      if (left.length > 0) node[keyword] = left;
      else delete node[keyword];
      touched.add(file);
    }
    return demanding.length > 0 || below(layers, name).length > 0;
  };

  /** @returns why a change cannot be made, or undefined where it was */
  const place = ({ event, pointer, rule, types = [], words = [] }: SchemaChange): string | undefined => {
    const root = rootOf(event);
    if (root === undefined) return `there is no schema of ${event}`;
    const parts = pointer
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const name = parts.at(-1) ?? '';
    if (parts[0] === 'event') return 'the member event is read before the schema is chosen (src/event/name.ts)';
    const holder = parts.slice(0, -1).reduce(below, layersOf(root));
    if (holder.length === 0) return 'the schemas have no such place';
    switch (rule) {
      case 'unknown-member':
        if (parts.length === 1)
          return 'a property beside the payload key would be a payload key; ENVELOPE in scripts/schemas.js lists the others';
        if (/[{}]/.test(name)) return 'its names are ids or text, which no schema can list';
        return addMember(holder, name, types) ? undefined : 'no schema lists the members of that object';
      case 'unknown-word':
        return addWords(below(holder, name), words) ? undefined : 'no schema lists words there';
      case 'wrong-type':
        return addTypes(below(holder, name), types) ? undefined : 'no schema gives a type there';
      case 'missing-member':
        return release(holder, 'required', name) ? undefined : 'no schema has that member';
      case 'missing-recommended':
        return release(holder, 'x-recommended', name) ? undefined : 'no schema has that member';
    }
  };

  const unplaced: { change: SchemaChange; why: string }[] = [];
  for (const change of changes) {
    const why = place(change);
    if (why !== undefined) unplaced.push({ change, why });
  }
  const changed = new Map<string, JsonObject>();
  for (const file of [...touched].sort()) {
    const node = open.get(file);
    if (node !== undefined) changed.set(file, node);
  }
  return { changed, unplaced };
};
