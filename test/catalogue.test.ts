/** The folder of schemas and the folder of samples are the catalogue: what is in one is in the other, and all of it holds. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { RULES } from '../src/event/finding.ts';
import { inMode, MODES } from '../src/event/mode.ts';
import { EVENT_NAMES, type EventName, entryOf } from '../src/event/name.ts';
import { parse } from '../src/event/parse.ts';
import type { SchemaFile } from '../src/generated/catalogue.ts';
import { bundle, type Draft } from '../src/schema/bundle.ts';
import { EVENTS, shapesIn, WORDS } from './support/contract.ts';
import { packageRoot, run, startListener } from './support/runtime.ts';
import { type Json, type JsonMap, read, readMap, SAMPLES, values } from './support/samples.ts';

const SCHEMA_FILES = readdirSync(join(packageRoot, 'schemas'), { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.json'))
  .sort();
const SCHEMAS = new Map(SCHEMA_FILES.map((file) => [file, readMap('schemas', file)]));
const schema = (file: string): JsonMap => SCHEMAS.get(file) ?? {};
/** Names of the schema files in a folder. */
const namesIn = (folder: string): string[] =>
  SCHEMA_FILES.filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1).replace('.schema.json', ''));
const wordsOf = (value: Json | undefined): string[] => (value ?? []) as string[];

describe('the events', () => {
  it('are those of the contract, in the files of the folder', () => {
    expect([...EVENT_NAMES].sort()).toEqual(Object.keys(EVENTS).sort());
    const folders = SCHEMA_FILES.filter((file) => file.includes('/') && !file.startsWith('common/'));
    expect([...new Set(EVENT_NAMES.map((name) => entryOf(name).schema))].sort()).toEqual(folders);
  });

  it('each have a schema of their name and a sample', () => {
    for (const name of EVENT_NAMES) {
      const { category, method, schema: file } = entryOf(name);
      expect([`${category}/${method}.schema.json`, `${category}/any.schema.json`]).toContain(file);
      if (file.endsWith('/any.schema.json')) continue;
      expect(SAMPLES.filter(({ event }) => event === name)).not.toEqual([]);
    }
    expect(SAMPLES.filter(({ event }) => event.startsWith('service.'))).not.toEqual([]);
  });

  it('are what every sample is of, in the file of its category', () => {
    for (const { event, file, origin } of SAMPLES) {
      expect(EVENT_NAMES, origin).toContain(event);
      expect(file).toBe(`${event.split('.')[0]}.json`);
    }
    expect(new Set(SAMPLES.map(({ origin }) => origin)).size).toBe(SAMPLES.length);
    expect(SAMPLES.length).toBeGreaterThanOrEqual(219);
  });
});

describe('every sample', () => {
  it.each(SAMPLES.map((sample) => [sample.origin, sample] as const))('%s is valid without a remark', (_origin, { event, text }) => {
    expect(parse(text)).toMatchObject({ name: event, verdict: 'valid', findings: [] });
  });
});

describe('the words', () => {
  /** Values of the member `type` of messages, and of their actions. */
  const types = (member: string): Set<string> =>
    new Set(
      SAMPLES.flatMap(({ event, payload }) => [...shapesIn(event, payload)])
        .filter(({ shape }) => shape.is === 'object' && shape.kind === member)
        .map(({ value }) => String((value as JsonMap)['type'])),
    );

  it.each([
    ['messages', 'Message', schema('common/message-type.schema.json')['x-words']],
    ['actions', 'Action', ((schema('common/content/action.schema.json')['properties'] as JsonMap)['type'] as JsonMap)['x-words']],
  ])('for %s are the schema files of variants, and the samples have each', (folder, kind, words) => {
    const listed = [...wordsOf(words)].sort();
    expect(namesIn(`common/${folder}`)).toEqual(listed);
    expect([...types(kind)].sort()).toEqual(listed);
    for (const name of namesIn(`common/${folder}`)) {
      const { properties } = schema(`common/${folder}/${name}.schema.json`);
      expect((properties as JsonMap)['type']).toMatchObject({ const: name });
    }
  });

  it('are the lists of the contract, all of them and no other', () => {
    const listed = new Set(
      [...SCHEMAS.values()].flatMap((root) =>
        [...values(root)]
          .filter(({ member, value }) => member === 'x-words' && Array.isArray(value))
          .map(({ value }) => wordsOf(value).join(' ')),
      ),
    );
    expect([...listed].sort()).toEqual([...new Set(Object.values(WORDS) as string[])].sort());
  });

  const used = new Map<string, Set<string>>();
  for (const { event, payload } of SAMPLES) {
    for (const { shape, value } of shapesIn(event, payload)) {
      if (shape.is !== 'word') continue;
      const list = shape.words.join(' ');
      used.set(list, (used.get(list) ?? new Set()).add(String(value)));
    }
  }
  it.each(Object.entries(WORDS))('of the list "%s" all occur in the samples', (_name, list) => {
    expect([...(used.get(list) ?? [])].sort()).toEqual(list.split(' ').sort());
  });
});

describe('every schema', () => {
  it('has the id of its path, a title and a description', () => {
    expect(SCHEMA_FILES.length).toBeGreaterThan(100);
    for (const file of SCHEMA_FILES) {
      const { $id, title, description } = schema(file);
      expect($id).toBe(`https://unpkg.com/whapi-hooks@1/schemas/${file}`);
      expect(title, file).toMatch(/\S/);
      expect(description, file).toMatch(/\S.*\.$/);
    }
  });

  it('of an event describes each of its members', () => {
    const bare = SCHEMA_FILES.filter((file) => file.includes('/')).flatMap((file) =>
      [...values(schema(file))]
        .filter(({ member }) => member === 'properties')
        .flatMap(({ value }) => Object.entries(value as JsonMap))
        .filter(([, member]) => typeof (member as JsonMap)['description'] !== 'string')
        .map(([name]) => `${file} ${name}`),
    );
    expect(bare).toEqual([]);
  });

  const ajv = new Ajv2020({ strict: false, schemas: [...SCHEMAS.values()] });
  const validator = (file: string): ValidateFunction => {
    const found = ajv.getSchema(`https://unpkg.com/whapi-hooks@1/schemas/${file}`);
    if (found === undefined) throw new Error(`no schema ${file}`);
    return found as ValidateFunction; // none of our schemas is asynchronous
  };

  it.each(SCHEMA_FILES)('%s is plain JSON Schema 2020-12', (file) => {
    expect(ajv.validateSchema(schema(file))).toBe(true);
    expect(validator(file)).toBeTypeOf('function');
  });

  it('takes the samples of its event, and none without the payload key', () => {
    for (const { event, payload, origin } of SAMPLES) {
      const { schema: file, keys } = entryOf(event as EventName); // all samples are of events
      const validate = validator(file);
      expect(validate(payload), `${origin}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      const empty = Object.fromEntries(Object.entries(payload).filter(([key]) => !keys.includes(key)));
      expect(validate(empty), origin).toBe(keys.length === 0);
    }
  });
});

/** Strict mode as Ajv has it by default, but with errors where it only logs. */
const STRICT = { strictSchema: true, strictNumbers: true, strictTypes: true, strictTuples: true, allowUnionTypes: true } as const;

describe.each<[Draft, Ajv]>([
  ['07', new Ajv(STRICT)],
  ['2020-12', new Ajv2020(STRICT)],
])('a bundled schema of draft %s', (draft, ajv) => {
  const bundled = (file: string): JsonMap => bundle(file, schema, draft) as JsonMap; // schemas are JSON
  const files = [...new Set(EVENT_NAMES.map((name) => entryOf(name).schema))];
  const validators = new Map(files.map((file) => [file, ajv.compile(bundled(file))]));

  it.each(files)('%s stands alone, in standard keywords', (file) => {
    const found = [...values(bundled(file))].map(({ member }) => member);
    expect(found.filter((member) => member.startsWith('x-'))).toEqual([]);
    const refs = [...values(bundled(file))].filter(({ member }) => member === '$ref').map(({ value }) => String(value));
    expect(refs.filter((ref) => !/^#\/(?:\$defs|definitions)\/[\w-]+$/.test(ref))).toEqual([]);
    // A reader of draft 07 passes over whatever stands beside a reference.
    const beside = [...values(bundled(file))].flatMap(({ value }) =>
      typeof value === 'object' && value !== null && '$ref' in value ? Object.keys(value).filter((key) => key !== '$ref') : [],
    );
    if (draft === '07') expect(beside).toEqual([]);
    expect(bundled(file)['$schema']).toContain(draft === '07' ? 'draft-07' : '2020-12');
    expect(bundled(file)['$id']).toBe(schema(file)['$id']);
  });

  it('takes every sample of its event, and none without what the event is about', () => {
    for (const { event, payload, origin } of SAMPLES) {
      const { schema: file, keys } = entryOf(event as EventName); // all samples are of events
      const validate = validators.get(file) as ValidateFunction;
      expect(validate(payload), `${origin}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      const empty = Object.fromEntries(Object.entries(payload).filter(([key]) => !keys.includes(key)));
      expect(validate(empty), origin).toBe(keys.length === 0);
    }
  });

  it.each([
    ['messages/post.schema.json', { messages: [{ id: '', type: 'text', chat_id: 'a', from_me: true, timestamp: 1 }] }, false],
    ['messages/post.schema.json', { messages: [{ id: 'a', type: 'text', chat_id: 'a', from_me: true, timestamp: '1' }] }, false],
    ['messages/post.schema.json', { messages: [{ id: 'a', type: 'new', chat_id: 'a', from_me: true, timestamp: 1, more: 1 }] }, true],
    ['messages/delete.schema.json', { messages_removed_all: 'a' }, true],
    ['messages/post.schema.json', { messages: [], event: { type: 'messages', event: 'post' } }, true],
    ['messages/post.schema.json', { messages: [], event: { type: 'messages', event: 'put' } }, false],
    ['messages/post.schema.json', { messages: [], event: { type: 'chats', method: 'post' } }, false],
    ['messages/post.schema.json', { messages: [], event: { event: 'post' } }, false],
    ['groups/put.schema.json', { groups_participants: [{ group_id: 'a', participants: [], action: null }] }, true],
    ['groups/put.schema.json', { groups_participants: [{ group_id: 'a', participants: [{}], action: null }] }, false],
  ])('%s says of %j: %s', (file, payload, fits) => {
    expect((validators.get(file as SchemaFile) as ValidateFunction)(payload)).toBe(fits);
  });
});

describe('the rules', () => {
  it('of the keywords are rules that are known', () => {
    const source = read('src', 'schema', 'keywords.ts');
    const named = [...source.matchAll(/rule: '([^']+)'/g)].map(([, rule]) => rule);
    expect(named.length).toBeGreaterThanOrEqual(11);
    expect(named.filter((rule) => !Object.hasOwn(RULES, String(rule)))).toEqual([]);
    // And nothing else can be a rule there: every `rule:` is followed by such a text, but for parameters and types.
    expect([...source.matchAll(/\brule: (?!')(.*)/g)].map(([, rest]) => rest?.trim())).toEqual([
      'string;',
      '{',
      '{ readonly member: string; readonly branches: readonly string[] },',
    ]);
  });

  it('say what they mean', () => {
    for (const { severity, means } of Object.values(RULES)) {
      expect(['error', 'warning']).toContain(severity);
      expect(means).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe('the bodies from documents and from the wild', () => {
  const fixtures = readdirSync(join(packageRoot, 'test', 'fixtures')).sort();

  it('are nineteen', () => {
    expect(fixtures).toHaveLength(19);
  });

  it.each(fixtures)('%s has no error', (file) => {
    const line = file.includes('method-mode') ? { method: 'POST', url: '/messages' } : undefined;
    const { name, verdict, findings } = parse(read('test', 'fixtures', file), line);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(verdict).toBe('valid');
    expect(file.startsWith(`${name}.`)).toBe(true);
  });
});

describe('the samples through a socket', () => {
  interface Delivered {
    readonly type: string;
    readonly method: string;
    readonly url: string;
    readonly event: string;
    readonly mode: string;
    readonly verdict: string;
    readonly findings: unknown[];
    readonly body: string;
  }

  const LINES: Record<string, (category: string, method: string) => [verb: string, url: string]> = {
    body: () => ['POST', '/'],
    path: (category, method) => ['POST', `/${category}/${method}`],
    method: (category, method) => [method.toUpperCase(), `/${category}`],
  };

  it.each(MODES)('come out equal in mode %s', async (mode) => {
    const listener = await startListener(['--json']);
    const { code, stderr } = await run(['replay', 'samples', '--to', listener.url, '--mode', mode]);
    await listener.stop();
    expect([code, stderr]).toEqual([0, '']);
    const records = listener.runtime.stdout.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Delivered)
      .filter(({ type }) => type === 'delivery');
    expect(records).toHaveLength(SAMPLES.length);
    for (const [index, { event, text, payload, origin }] of SAMPLES.entries()) {
      const { method, url, body, ...rest } = records[index] as Delivered;
      const [category = '', word = ''] = event.split('.');
      expect(rest, origin).toMatchObject({ event, mode, verdict: 'valid', findings: [] });
      expect([method, url]).toEqual(LINES[mode]?.(category, word));
      if (mode === 'body') {
        expect(body, origin).toBe(text);
        continue;
      }
      const { event: _, ...unnamed } = payload;
      expect(JSON.parse(body), origin).toEqual(unnamed);
      expect(JSON.parse(inMode(body, event as EventName, 'body')), origin).toEqual(payload);
    }
  });
});
