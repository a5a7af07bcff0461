import { recordLine, stoppedRecord } from '../../delivery/recording.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import type { History } from '../../io/history.ts';
import type { Recorder } from '../../io/recorder.ts';
import type { Listening } from '../../io/server.ts';
import { complain, type Terminal } from '../../io/terminal.ts';
import { clean, plural } from '../../view/text.ts';
import type { Ending } from './ending.ts';
import { closeHistory } from './history.ts';
import { type ListenOptions, PATIENCE } from './options.ts';
import type { PublicAddress } from './public.ts';
import type { Loan } from './register.ts';
import { addUndelivered, type Tally, tallyLine, undeliveredLines } from './tally.ts';
import type { Open } from './targets.ts';

/** What a listener is made of, when it ends. */
export interface Closing {
  readonly options: ListenOptions;
  readonly terminal: Terminal;
  readonly server: Listening;
  readonly targets: readonly Open[];
  readonly ending: Ending;
  readonly tally: Tally;
  readonly recorder: Recorder;
  readonly history: History | undefined;
  readonly publicAddress: PublicAddress | undefined;
  readonly loan: Loan | undefined;
  /** Writes a line of the record stream. */
  readonly announce: (line: string) => void;
  /** Whether somebody waits for the end: Ctrl-C, or a reader that went away. */
  readonly hurried: () => boolean;
  /** Whether a person or a signal asked for the end. */
  readonly stopped: boolean;
  /** Whether a delivery could not be stored. */
  readonly isUnstored: () => boolean;
}

/** Ends a listener in order: no new deliveries, what has begun gets some time, then all is told. @returns the exit code */
export const finish = async (closing: Closing): Promise<ExitCode> => {
  const { options, terminal, server, targets, ending, tally, history, hurried } = closing;
  const { out, err } = terminal;
  const handsOn = options.ack === 'forward';
  // The terminal has written ^C where the cursor was.
  if (closing.stopped && err.isTTY) err.lines('');
  // First of all, while what the provider still sends is taken.
  const isGivenBack = (await closing.loan?.close()) ?? true;
  const waits = closing.stopped ? targets.reduce((sum, { forwarder }) => sum + forwarder.waiting(), 0) : 0;
  if (waits > 0) err.lines(err.paint.dim(`Waiting for ${plural(waits, 'delivery', 'deliveries')} to be forwarded; Ctrl-C leaves at once.`));
  await server.stop(hurried() || !handsOn ? PATIENCE : options.timeout + PATIENCE);
  const patience = hurried() ? PATIENCE : options.timeout + PATIENCE;
  await Promise.all([
    // Answers under way have gone through it by now.
    closing.publicAddress?.close(),
    ...targets.map(async ({ forwarder, undelivered }) => {
      for (const { shipment, time } of await forwarder.end(patience)) {
        tally.left++;
        addUndelivered(undelivered, shipment.id, time);
      }
    }),
  ]);
  closing.announce(recordLine(stoppedRecord(ending.reason ?? 'signal', tally)));
  const missing = await closeHistory(history);
  const recorded = closing.recorder.close();
  if (tally.left > 0)
    err.lines(
      err.paint.red(`${tally.left} ${tally.left === 1 ? 'delivery was' : 'deliveries were'} not forwarded: the listener ended before.`),
    );
  if (ending.reason === 'time' && ending.wanting) err.lines('The time of --for ended before what was waited for had come.');
  for (const { undelivered, url } of targets) {
    const kept = {
      history: history === undefined ? false : options.history || true,
      recording: options.record,
      alone: targets.length === 1,
    };
    if (undelivered.count > 0) err.lines(...undeliveredLines(undelivered, url.href, kept).map(clean));
  }
  if (missing !== undefined) complain(terminal, missing.message, missing.hint);
  err.lines(tallyLine(tally, targets.length > 0));
  await out.flush();
  await err.flush();
  if (!recorded || closing.isUnstored() || missing !== undefined || !isGivenBack || ending.reason === 'disconnect') return EXIT.environment;
  return ending.wanting || tally.left > 0 ? EXIT.wanting : EXIT.ok;
};
