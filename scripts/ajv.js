// Ajv is CommonJS: its parts under the names they have in its documents.
import ajv from 'ajv';
import code from 'ajv/dist/compile/codegen/code.js';
import standalone from 'ajv/dist/standalone/index.js';

export const { Ajv } = ajv;
export const { _, _Code, str, stringify } = code;
export const standaloneCode = standalone.default;
