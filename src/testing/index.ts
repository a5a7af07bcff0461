/** What tests of a handler need: events to send, and a check of those it gets. */

export { build, samples } from './build.ts';
export { matchers } from './matchers.ts';
export type { SampleNames } from './names.ts';
export type { BuildOptions, BuiltEvent, DeepPartial, EventItem, MessageOf, MessageType, Overrides, Which } from './types.ts';
