/** What bin/whapi-hooks.cjs needs. */
export { main } from './main.ts';
export { createRuntime } from './runtime.ts';
