/** What ends a run, for `replay` and `trigger`. */
import type { Unsent } from '../../io/run.ts';
import { complain, type Terminal } from '../../io/terminal.ts';
import type { Result } from '../../replay/result.ts';
import type { Totals } from '../../replay/totals.ts';
import type { Runtime } from '../../runtime.ts';
import { plural } from '../../view/text.ts';

/** Aborts when the person asks for it or when the reader of the output has gone. */
export const stopping = (runtime: Runtime, { out }: Terminal): AbortController => {
  const stop = new AbortController();
  for (const signal of [runtime.stopped(), out.closed]) {
    if (signal.aborted) stop.abort();
    signal.addEventListener('abort', () => stop.abort(), { once: true });
  }
  return stop;
};

/** Whether nobody is there: the first delivery found nothing that listens, so the rest would only say the same. */
export const isNobody = ({ outcome }: Result, done: number): boolean =>
  done === 1 && outcome.kind === 'failed' && outcome.cause === 'unreachable';

/** Says why nothing could be reached, where that is so. */
export const tellUnreachable = (
  { href }: URL,
  { unreachable }: Totals,
  first: Result | undefined,
  { unsent, more }: Unsent,
  terminal: Terminal,
): void => {
  if (!unreachable || first?.outcome.kind !== 'failed') return;
  const rest = unsent > 0 ? ` ${more ? 'More than ' : ''}${plural(unsent, 'more delivery', 'more deliveries')} not sent.` : '';
  complain(
    terminal,
    `Nothing could be reached at ${href}: ${first.outcome.error}.`,
    `Start your app, or name its address with --to.${rest}`,
  );
};
