import type { Runtime } from '../runtime.ts';
import { showsProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Something that is waited for: a spinner on a terminal, else one plain line. */
export interface Waiting {
  stop(): void;
}

/** Says on standard error what is waited for, until it is there. */
export const openWaiting = async (
  runtime: Pick<Runtime, 'stderr' | 'env'>,
  { err }: Pick<Terminal, 'err'>,
  text: string,
): Promise<Waiting> => {
  const { stream } = runtime.stderr;
  if (stream === undefined || !showsProgress(runtime) || runtime.env['TERM'] === 'dumb') {
    err.lines(err.paint.dim(text));
    return { stop: () => {} };
  }
  const { default: ora } = await import('ora');
  await err.flush();
  const spinner = ora({ text, stream, discardStdin: false, hideCursor: false }).start();
  return { stop: () => void spinner.stop() };
};
