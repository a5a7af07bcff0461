import type { Runtime } from '../runtime.ts';
import type { Terminal } from './terminal.ts';

/** Something that is waited for: a spinner on a terminal, else one plain line. */
export interface Waiting {
  stop(): void;
}

/** Says on standard error what is waited for, until it is there. */
export const openWaiting = async (
  { stderr, env }: Pick<Runtime, 'stderr' | 'env'>,
  { err }: Pick<Terminal, 'err'>,
  text: string,
): Promise<Waiting> => {
  const { stream } = stderr;
  // A terminal that does not say how wide it is would keep ora clearing lines for ever; a CI server's log is read by lines.
  if (!stderr.isTTY || stream === undefined || (stderr.columns ?? 0) < 1 || 'CI' in env || env['TERM'] === 'dumb') {
    err.lines(err.paint.dim(text));
    return { stop: () => {} };
  }
  const { default: ora } = await import('ora');
  await err.flush();
  const spinner = ora({ text, stream, discardStdin: false, hideCursor: false }).start();
  return { stop: () => void spinner.stop() };
};
