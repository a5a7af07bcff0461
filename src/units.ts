/** The one grammar of durations and sizes: a number and a unit. */
const DURATION: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
const AGE: Readonly<Record<string, number>> = { ...DURATION, d: 86_400_000, w: 604_800_000 };
const SIZE: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

const read = (text: string, units: Readonly<Record<string, number>>): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim());
  const unit = match?.[2]?.toLowerCase() ?? '';
  return match === null || !Object.hasOwn(units, unit) ? undefined : Number(match[1]) * (units[unit] ?? 0);
};

/** `500ms`, `2s`, `1m`, `1h` → milliseconds; undefined where it is no duration. */
export const readDuration = (text: string): number | undefined => read(text, DURATION);

/** `300B`, `25MB`, `1MiB` → bytes; undefined where it is no size. */
export const readSize = (text: string): number | undefined => {
  const size = read(text, SIZE);
  return size === undefined ? undefined : Math.floor(size);
};

/** A stretch of time, milliseconds since 1970: from its first moment up to the first one behind it. */
export interface Moment {
  readonly from: number;
  readonly to: number;
}

const DAY = 86_400_000;
const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
const CLOCK = /^(\d\d?):(\d\d)(?::(\d\d))?$/;

/**
 * A point in time as people write it: how long ago (`2h`, `30m`, `7d`), `now`, `today`, `yesterday`, a date, a time
 * of today (`14:30`), or both (`2026-03-01T14:30`, local unless it says `Z` or `+02:00`). A day is as long as it is.
 * @param now milliseconds since 1970
 * @param offset minutes that local time is ahead of UTC at a time
 * @returns undefined where it is none of them
 */
export const readMoment = (text: string, now: number, offset: (time: number) => number): Moment | undefined => {
  const trimmed = text.trim();
  const word = trimmed.toLowerCase();
  /** UTC of a local time; a second look, since the offset may change in between. */
  const utc = (local: number): number => local - offset(local - offset(local) * 60_000) * 60_000;
  const day = (local: number): Moment => {
    const start = Math.floor(local / DAY) * DAY;
    return { from: utc(start), to: utc(start + DAY) };
  };
  const at = (time: number, length: number): Moment => ({ from: time, to: time + length });
  const here = now + offset(now) * 60_000;
  if (word === 'now') return at(now, 1);
  if (word === 'today') return day(here);
  if (word === 'yesterday') return day(here - DAY);
  const age = read(trimmed, AGE);
  if (age !== undefined) return at(now - age, 1);
  const clock = CLOCK.exec(trimmed);
  if (clock !== null) {
    const [hours, minutes, seconds] = [Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0)];
    if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
    const local = Math.floor(here / DAY) * DAY + ((hours * 60 + minutes) * 60 + seconds) * 1000;
    return at(utc(local), clock[3] === undefined ? 60_000 : 1000);
  }
  const match = DATE_TIME.exec(trimmed);
  if (match === null) return undefined;
  const [year, month, date, hours, minutes, seconds, ms] = [1, 2, 3, 4, 5, 6, 7].map((group) => Number(match[group] ?? 0));
  const fraction = match[7] === undefined ? 0 : (ms ?? 0) * 10 ** (3 - match[7].length);
  const local = Date.UTC(year ?? 0, (month ?? 0) - 1, date, hours, minutes, seconds, fraction);
  // 2026-02-30 would become a day in March.
  const back = new Date(local);
  if (back.getUTCDate() !== date || back.getUTCMonth() + 1 !== month || back.getUTCHours() !== hours || back.getUTCMinutes() !== minutes)
    return undefined;
  if (match[4] === undefined) return day(local);
  const length = match[7] !== undefined ? 1 : match[6] !== undefined ? 1000 : 60_000;
  const zone = match[8];
  if (zone === undefined) return at(utc(local), length);
  const [, sign, zoneHours, zoneMinutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const ahead = sign === undefined ? 0 : (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1);
  return at(local - ahead * 60_000, length);
};
