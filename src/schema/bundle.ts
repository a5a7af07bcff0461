import { isObject, type JsonObject } from './keywords.ts';

export type Draft = '2020-12' | '07';

/** Where a reference leads, as a path below schemas/. */
const resolveRef = (from: string, ref: string): string => {
  const parts = from.split('/').slice(0, -1);
  for (const part of ref.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
};

/** `common/content/text.schema.json` → `content-text`. */
const definitionName = (file: string): string =>
  file
    .replace(/^common\//, '')
    .replace('.schema.json', '')
    .replaceAll('/', '-');

/**
 * A schema with everything it refers to inside it, in standard keywords only: the word lists, which only our
 * validators read, become examples.
 * @param file its path below schemas/
 * @param load reads a schema by its path
 */
export const bundle = (file: string, load: (file: string) => JsonObject, draft: Draft): JsonObject => {
  const definitions = new Map<string, unknown>();
  const key = draft === '07' ? 'definitions' : '$defs';

  const convert = (value: unknown, from: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => convert(item, from));
    if (!isObject(value)) return value;
    const out: Record<string, unknown> = {};
    let reference: string | undefined;
    for (const [member, inner] of Object.entries(value)) {
      if (member === '$id' || member === '$schema' || member === '$comment') continue;
      if (member === '$ref') reference = define(resolveRef(from, String(inner)));
      else if (member === 'x-words') out['examples'] = inner;
      else if (member.startsWith('x-')) continue;
      // Names of members, not keywords.
      else if (member === 'properties' && isObject(inner))
        out[member] = Object.fromEntries(Object.entries(inner).map(([name, schema]) => [name, convert(schema, from)]));
      else out[member] = convert(inner, from);
    }
    // The reference beside says so too, but strict readers (Ajv: strictTypes) want the type beside the keyword.
    if (out['properties'] !== undefined || out['required'] !== undefined) out['type'] ??= 'object';
    if (reference === undefined) return out;
    // Draft 07 ignores what stands beside $ref.
    if (draft === '07' && Object.keys(out).length > 0) {
      const before = Array.isArray(out['allOf']) ? (out['allOf'] as unknown[]) : [];
      return { ...out, allOf: [{ $ref: reference }, ...before] };
    }
    return { $ref: reference, ...out };
  };

  const define = (target: string): string => {
    const name = definitionName(target);
    if (!definitions.has(name)) {
      definitions.set(name, {});
      definitions.set(name, convert(load(target), target));
    }
    return `#/${key}/${name}`;
  };

  const root = load(file);
  const converted = convert(root, file) as JsonObject; // of an object comes an object
  return {
    $schema: draft === '07' ? 'http://json-schema.org/draft-07/schema#' : 'https://json-schema.org/draft/2020-12/schema',
    $id: root['$id'],
    ...converted,
    [key]: Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
};
