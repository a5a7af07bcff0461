import { describe, expect, it } from 'vitest';
import { readDuration, readMoment, readSize } from '../src/units.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['2s', 2000],
    ['1.5s', 1500],
    ['1m', 60_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
    [' 3 S ', 3000],
    ['0s', 0],
  ])('%j is %i ms', (text, ms) => {
    expect(readDuration(text)).toBe(ms);
  });

  it.each(['', '5', 's', '-1s', '1e3s', '1.s', '.5s', '5 minutes', '5d', '1s2', '1h30m', 'constructor', '1constructor', '1kb', '٣s'])(
    '%j is none',
    (text) => {
      expect(readDuration(text)).toBeUndefined();
    },
  );
});

describe('sizes', () => {
  it.each([
    ['300B', 300],
    ['500KB', 500_000],
    ['25MB', 25_000_000],
    ['25mb', 25_000_000],
    ['1MiB', 1_048_576],
    ['1KiB', 1024],
    ['1GiB', 1_073_741_824],
    ['1.5 KB', 1500],
    ['1.9B', 1],
  ])('%j is %i bytes', (text, bytes) => {
    expect(readSize(text)).toBe(bytes);
  });

  it.each(['', '25', 'MB', '-1MB', '1e3B', '25M', '25 megabytes', '1ms', 'toString', '0x10B'])('%j is none', (text) => {
    expect(readSize(text)).toBeUndefined();
  });
});

describe('moments', () => {
  const now = Date.parse('2026-03-29T12:30:00Z');
  /** Berlin: on that day the clock went from 02:00 to 03:00. */
  const berlin = (time: number): number => (time < Date.parse('2026-03-29T01:00:00Z') ? 60 : 120);

  it.each([
    ['2h', '2026-03-29T10:30:00.000Z', '2026-03-29T10:30:00.001Z'],
    ['7d', '2026-03-22T12:30:00.000Z', '2026-03-22T12:30:00.001Z'],
    ['now', '2026-03-29T12:30:00.000Z', '2026-03-29T12:30:00.001Z'],
    ['today', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['Yesterday', '2026-03-27T23:00:00.000Z', '2026-03-28T23:00:00.000Z'],
    ['2026-03-29', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['9:05', '2026-03-29T07:05:00.000Z', '2026-03-29T07:06:00.000Z'],
    ['2026-03-28T14:30', '2026-03-28T13:30:00.000Z', '2026-03-28T13:31:00.000Z'],
    ['2026-03-28 14:30:05', '2026-03-28T13:30:05.000Z', '2026-03-28T13:30:06.000Z'],
    ['2026-03-28T14:30:05.5Z', '2026-03-28T14:30:05.500Z', '2026-03-28T14:30:05.501Z'],
    ['2026-03-28T14:30+05:30', '2026-03-28T09:00:00.000Z', '2026-03-28T09:01:00.000Z'],
  ])('%j is from %s to %s', (text, from, to) => {
    const moment = readMoment(text, now, berlin);
    expect([moment?.from, moment?.to].map((time) => new Date(time ?? Number.NaN).toISOString())).toEqual([from, to]);
  });

  it.each(['', 'soon', '2026-02-30', '2026-13-01', '25:00', '9:60', '2026-03-28T25:00', '2h30m', '-2h', '20260329', 'constructor'])(
    '%j is none',
    (text) => {
      expect(readMoment(text, now, berlin)).toBeUndefined();
    },
  );
});
