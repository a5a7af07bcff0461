import type { Reading } from '../../delivery/delivery.ts';
import type { StopReason } from '../../delivery/recording.ts';
import { readEvents } from '../flags.ts';
import type { ListenOptions } from './options.ts';

/** What ends a listener, and which delivery is its last. */
export interface Ending {
  /** Aborts when the listener ends; the first reason stays. */
  readonly signal: AbortSignal;
  readonly reason: StopReason | undefined;
  /** Whether something happened that makes the exit code 1. */
  readonly wanting: boolean;
  /** Whether the last delivery has come: what comes now is not taken. */
  readonly full: boolean;
  end(reason: StopReason): void;
  /** A delivery was admitted. */
  admit(id: string, reading: Reading): void;
  /** An admitted delivery could not be kept: it will come again. */
  giveBack(id: string): void;
  /** An admitted delivery has been taken. */
  taken(id: string, reading: Reading): void;
  /** A delivery was not forwarded, and will not be tried again. */
  notForwarded(): void;
}

/** Reads --count, --stop-on and --exit-on. @throws UserError (2) */
export const createEnding = (options: ListenOptions): Ending => {
  const controller = new AbortController();
  const stopOn = options.stopOn === undefined ? undefined : readEvents(options.stopOn, '--stop-on');
  const causes = new Set(options.exitOn ?? []);
  let reason: StopReason | undefined;
  let wanting = false;
  let admitted = 0;
  let last: { readonly id: string; readonly reason: StopReason } | undefined;

  const end = (given: StopReason): void => {
    reason ??= given;
    controller.abort();
  };
  const reasonFor = (reading: Reading): StopReason | undefined => {
    if (causes.has('invalid') && reading.verdict !== 'valid') return 'invalid';
    if (stopOn?.(reading.name) === true) return 'stop-on';
    return admitted === options.count ? 'count' : undefined;
  };

  return {
    signal: controller.signal,
    get reason() {
      return reason;
    },
    get wanting() {
      const waitedFor = options.count !== undefined || stopOn !== undefined;
      return wanting || (reason === 'time' && waitedFor);
    },
    get full() {
      return last !== undefined || (reason !== undefined && reason !== 'signal' && reason !== 'reader' && reason !== 'disconnect');
    },
    end,
    admit(id, reading) {
      admitted++;
      const given = reasonFor(reading);
      if (given !== undefined) last = { id, reason: given };
    },
    giveBack(id) {
      admitted--;
      if (last?.id === id) last = undefined;
    },
    taken(id, reading) {
      if (causes.has('invalid') && reading.verdict !== 'valid') wanting = true;
      if (last?.id === id) end(last.reason);
    },
    notForwarded() {
      if (!causes.has('forward-error')) return;
      wanting = true;
      end('forward-error');
    },
  };
};
