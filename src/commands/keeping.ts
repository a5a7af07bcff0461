import { type Command, InvalidArgumentError } from 'commander';
import { KEEP, type Keep } from '../io/prune.ts';
import { readSize } from '../units.ts';
import { option } from './flags.ts';

export interface KeepingOptions {
  readonly keepDays: number;
  readonly keepDeliveries: number;
  readonly keepSize: number;
}

const whole =
  (most: number) =>
  (text: string): number => {
    if (!/^\d{1,9}$/.test(text) || Number(text) > most) throw new InvalidArgumentError(`It is a whole number from 0 to ${most}.`);
    return Number(text);
  };

const bytes = (text: string): number => {
  const size = readSize(text);
  if (size === undefined || size > 1e13) throw new InvalidArgumentError('A size is written 500MB, 2GB or 1GiB, up to 10000GB.');
  return size;
};

/** Adds the flags that say how much of the history is kept. */
export const addKeeping = (command: Command): Command =>
  command
    .addOption(option('--keep-days <n>', 'days that the history goes back', whole(36_500), { value: KEEP.days, shown: String(KEEP.days) }))
    .addOption(
      option('--keep-deliveries <n>', 'deliveries that the history holds', whole(999_999_999), {
        value: KEEP.deliveries,
        shown: String(KEEP.deliveries),
      }),
    )
    .addOption(option('--keep-size <size>', 'size of the history', bytes, { value: KEEP.bytes, shown: '1GB' }));

/** What these flags say. */
export const keepOf = ({ keepDays, keepDeliveries, keepSize }: KeepingOptions): Keep => ({
  days: keepDays,
  deliveries: keepDeliveries,
  bytes: keepSize,
});
