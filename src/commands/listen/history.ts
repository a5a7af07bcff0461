import { UserError } from '../../errors.ts';
import { join } from '../../io/files.ts';
import { type History, openHistory } from '../../io/history.ts';
import type { Runtime } from '../../runtime.ts';
import { keepOf } from '../keeping.ts';
import type { ListenOptions } from './options.ts';

/**
 * Opens the history, in which deliveries are stored before they are acknowledged.
 * @returns undefined where `--no-history` wants none
 * @throws UserError (3) where it cannot be opened
 */
export const openListenersHistory = async (options: ListenOptions, runtime: Runtime): Promise<History | undefined> => {
  const { history: file, path } = options;
  if (file === false) return undefined;
  const program = runtime.cores > 1 ? join(runtime.packageRoot, 'dist', 'worker.cjs') : undefined;
  return openHistory({ file, runtime, keep: keepOf(options), base: path, program });
};

/**
 * Closes the history.
 * @returns what is missing in it (outcomes that could not be written), which is told at the end; undefined where all is there
 */
export const closeHistory = async (history: History | undefined): Promise<UserError | undefined> => {
  let missing: UserError | undefined;
  for (const step of ['flush', 'close'] as const) {
    try {
      await history?.[step]();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      missing ??= error;
    }
  }
  return missing;
};
