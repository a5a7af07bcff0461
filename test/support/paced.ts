/** What bin/ needs, as src/entry.ts, with waits that are over sooner: TEST_PACE=20 makes a second of 50 ms. */
import { createRuntime as create } from '../../src/runtime.ts';

export { main } from '../../src/main.ts';

export const createRuntime: typeof create = (host, packageRoot) => {
  const runtime = create(host, packageRoot);
  const pace = Number(host.env['TEST_PACE'] ?? 1);
  return Object.defineProperty(runtime, 'after', { value: (ms: number, action: () => void) => after(ms / pace, action) });
};

const after = (ms: number, action: () => void): (() => void) => {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
};
