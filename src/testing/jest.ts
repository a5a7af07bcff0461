/** Imported for what it does: `expect(body).toBeWhapiEvent('messages.post')` in Jest. */
import type { EventName } from '../index.ts';
import { matchers } from './index.ts';

const { expect } = globalThis as { expect?: { extend?: (added: typeof matchers) => void } }; // Jest puts it there

if (typeof expect?.extend !== 'function') {
  throw new Error(
    'whapi-hooks/testing/jest adds to the expect of Jest, and there is none here. Name it in setupFilesAfterEnv, or say expect.extend(matchers) with the matchers of whapi-hooks/testing.',
  );
}
expect.extend(matchers);

declare global {
  // For @types/jest.
  namespace jest {
    interface Matchers<R, T> {
      /** It is an event of that name, or of any, and no finding is an error. */
      toBeWhapiEvent(name?: EventName): R;
    }
  }
}

// For @jest/globals.
// biome-ignore lint/suspicious/noTsIgnore: where Jest is not installed there is nothing to add to
// @ts-ignore
declare module 'expect' {
  interface Matchers<R> {
    /** It is an event of that name, or of any, and no finding is an error. */
    toBeWhapiEvent(name?: EventName): R;
  }
}
