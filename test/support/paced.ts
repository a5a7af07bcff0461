/**
 * What bin/ needs, as src/entry.ts, with waits that are over sooner: TEST_PACE=20 makes a second of 50 ms. Waits for
 * another process stay as long as they are, since a busy machine is no faster for it; TEST_KEEP lists others.
 */
import { createRuntime as create } from '../../src/runtime.ts';

export { main } from '../../src/main.ts';

export const createRuntime: typeof create = (host, packageRoot) => {
  const runtime = create(host, packageRoot);
  const pace = Number(host.env['TEST_PACE'] ?? 1);
  const kept = new Set((host.env['TEST_KEEP'] ?? '10000,15000,20000,30000').split(',').map(Number));
  const after = (ms: number, action: () => void): (() => void) => {
    const timer = setTimeout(action, ms < 600 || kept.has(ms) ? ms : ms / pace);
    return () => clearTimeout(timer);
  };
  return Object.defineProperty(runtime, 'after', { value: after });
};
