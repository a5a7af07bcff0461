/** The times of a payload, moved together. */
import { isObject, type JsonObject } from '../schema/keywords.ts';

/** Members that say when something was (CONTRACT.md section 5). */
const PAST = new Set(['timestamp', 'edited_at', 'name_at', 'created_at', 'last_seen', 't', 'start_at']);
/** Members that say when something will be. The sequence number of a live location is a time in milliseconds. */
const OTHER = new Set(['expiration', 'start', 'mute_until', 'sequence_number']);

/** Numbers above are milliseconds (schema/keywords.ts has the same border), those above the second are no times: muted for ever. */
const MILLISECONDS = 1e11;
const NO_TIME = 1e14;

/** Milliseconds since 1970 that a value says, and how it says them; undefined where it is no time. */
const readTime = (value: unknown): { ms: number; unit: 1 | 1000; text: boolean } | undefined => {
  const number = typeof value === 'string' && /^\d{9,14}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || number <= 0 || number >= NO_TIME) return undefined;
  const unit = number >= MILLISECONDS ? 1 : 1000;
  return { ms: number * unit, unit, text: typeof value === 'string' };
};

function* pastTimes(value: unknown): Generator<number> {
  if (Array.isArray(value)) for (const item of value) yield* pastTimes(item);
  if (!isObject(value)) return;
  for (const [member, inner] of Object.entries(value)) {
    const time = PAST.has(member) ? readTime(inner) : undefined;
    // A channel tells how long it has been up, so when it says so.
    const since = member === 'start_at' && typeof value['uptime'] === 'number' ? value['uptime'] * 1000 : 0;
    if (time === undefined) yield* pastTimes(inner);
    else yield time.ms + since;
  }
}

/**
 * A payload as it would have come at another time: its latest moment becomes that time, and all its times keep their
 * distances and units.
 * @param at milliseconds since 1970
 */
export const atTime = (payload: JsonObject, at: number): JsonObject => {
  let latest = 0;
  for (const time of pastTimes(payload)) latest = Math.max(latest, time);
  if (latest === 0) return payload;
  const whole = latest % 1000 === 0 ? Math.floor(at / 1000) * 1000 : at;
  const move = (value: unknown, member: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => move(item, member));
    if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, move(inner, key)]));
    const time = PAST.has(member) || OTHER.has(member) ? readTime(value) : undefined;
    if (time === undefined) return value;
    const moved = Math.max(1, Math.round((time.ms + whole - latest) / time.unit));
    return time.text ? String(moved) : moved;
  };
  return move(payload, '') as JsonObject; // an object stays one
};
