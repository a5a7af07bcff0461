/** The library: what a handler needs to read and check webhooks. */

export { type Finding, RULES, type Rule, type Severity, type Verdict } from './event/finding.ts';
export { CATEGORIES, type Category, EVENT_NAMES, type EventName, METHODS, type Method } from './event/name.ts';
export { isEvent, type Parsed, type ParsedEvent, parse, validate } from './event/parse.ts';
export type * from './generated/payloads.ts';
export type { ReplayCall, ReplayDuration, ReplayHeaders, ReplayPayload, ReplayRequest, ReplayShare } from './library/call.ts';
export { ReplayError } from './library/error.ts';
export { replay } from './library/replay.ts';
export type { ReplayedDelivery, ReplayResult } from './library/result.ts';
