import { describe, expect, it } from 'vitest';
import { readDuration, readSize } from '../src/units.ts';

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
