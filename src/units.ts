/** The one grammar of durations and sizes: a number and a unit. */
const DURATION: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
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
