import { complain, type Terminal } from '../../io/terminal.ts';
import type { FileFindingRow } from '../../report/checks.ts';
import { findingText } from '../../report/text.ts';
import { clean } from '../../view/text.ts';

/** Who hears what is worth telling of a run beside its results. */
export interface Teller {
  /** A source or a payload cannot be sent; the exit code says so too. */
  trouble(message: string, hint?: string): void;
  /** What is wrong at a place of a file. */
  problem(row: FileFindingRow): void;
  /** Something may not be as it is meant. */
  warning(text: string): void;
  /** Worth knowing, and nothing more. */
  note(text: string): void;
}

/** Tells a person, on standard error. */
export const tellingOn = (terminal: Terminal): Teller => {
  const { err } = terminal;
  return {
    trouble: (message, hint) => complain(terminal, message, hint),
    problem: (row) => err.lines(findingText(row, err)),
    warning: (text) => err.lines(err.paint.yellow(clean(text))),
    note: (text) => err.lines(err.paint.dim(clean(text))),
  };
};
