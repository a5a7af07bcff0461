import type { EventName } from '../index.ts';

// The build puts the names themselves in (scripts/testing.js).
/** From event name to the names of its samples. */
export type SampleNames = Record<EventName, string>;
