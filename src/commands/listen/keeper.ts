import type { Keeper } from '../../delivery/keeper.ts';
import { UserError } from '../../errors.ts';
import { openHistory } from '../../io/history.ts';
import type { Runtime } from '../../runtime.ts';
import { keepOf } from '../keeping.ts';
import type { ListenOptions } from './options.ts';

/**
 * Opens the history, in which deliveries are stored before they are acknowledged.
 * @returns undefined where `--no-history` wants none
 * @throws UserError (3) where it cannot be opened
 */
export const openKeeper = async (options: ListenOptions, runtime: Runtime): Promise<Keeper | undefined> => {
  const { history, path } = options;
  if (history === false) return undefined;
  return openHistory({ file: history, runtime, keep: keepOf(options), base: path });
};

/**
 * Closes the history.
 * @returns what is missing in it (outcomes that could not be written), which is told at the end; undefined where all is there
 */
export const closeKeeper = async (keeper: Keeper | undefined): Promise<UserError | undefined> => {
  let missing: UserError | undefined;
  for (const step of ['flush', 'close'] as const) {
    try {
      await keeper?.[step]();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      missing ??= error;
    }
  }
  return missing;
};
