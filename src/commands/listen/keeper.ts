import type { Keeper } from '../../delivery/keeper.ts';
import type { Runtime } from '../../runtime.ts';
import type { ListenOptions } from './options.ts';

/** Opens the store of deliveries; undefined where nothing is stored. */
export const openKeeper = async (_options: ListenOptions, _runtime: Runtime): Promise<Keeper | undefined> => undefined;
