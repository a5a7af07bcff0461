import type { Teller } from '../commands/replay/telling.ts';
import { findingText } from '../report/text.ts';
import { clean } from '../view/clean.ts';
import { plain } from '../view/paint.ts';

/** Sentences that are kept of each kind. */
const MOST_KEPT = 100;

/** What was told of a run. */
export interface Told {
  readonly teller: Teller;
  /** What could not be read or sent. */
  readonly trouble: readonly string[];
  /** What is worth knowing. */
  readonly notes: readonly string[];
  /** What to do about the first trouble for which something is known. */
  readonly hint: () => string | undefined;
}

/** Keeps what the command would say on standard error. */
export const createTold = (): Told => {
  const trouble: string[] = [];
  const notes: string[] = [];
  let hint: string | undefined;
  const keep = (kept: string[], text: string): void => {
    if (kept.length < MOST_KEPT) kept.push(clean(text));
  };
  return {
    trouble,
    notes,
    hint: () => hint,
    teller: {
      trouble(message, help) {
        keep(trouble, message);
        if (help !== undefined) hint ??= clean(help);
      },
      problem: (row) => keep(trouble, findingText(row, { paint: plain })),
      warning: (text) => keep(notes, text),
      note: (text) => keep(notes, text),
    },
  };
};
