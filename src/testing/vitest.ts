/** Imported for what it does: `expect(body).toBeWhapiEvent('messages.post')` in Vitest. */
import { expect } from 'vitest';
import type { EventName } from '../index.ts';
import { matchers } from './index.ts';

expect.extend(matchers);

interface WhapiMatchers {
  /** It is an event of that name, or of any, and no finding is an error. */
  toBeWhapiEvent(name?: EventName): void;
}

declare module 'vitest' {
  interface Assertion<T> extends WhapiMatchers {}
  interface AsymmetricMatchersContaining extends WhapiMatchers {}
}
