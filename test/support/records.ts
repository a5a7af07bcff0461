import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { records } from './payloads.ts';
import { packageRoot } from './runtime.ts';

const schema = JSON.parse(readFileSync(join(packageRoot, 'schemas', 'record.schema.json'), 'utf8')) as object;
const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema);

/** The records of a text, each held against the published schema. */
export const checkedRecords = (text: string): Record<string, unknown>[] => {
  const all = records(text);
  for (const record of all) {
    validate(record);
    expect(validate.errors ?? [], JSON.stringify(record)).toEqual([]);
  }
  return all;
};
