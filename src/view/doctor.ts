import type { Painter } from './paint.ts';
import { clean, pad } from './text.ts';

/** How a thing was found: in order, worth knowing, or in the way of webhooks. */
export type State = 'fine' | 'note' | 'wrong';

/** What a look at one thing told. */
export interface Checked {
  /** The thing, in a word or two. */
  readonly name: string;
  readonly state: State;
  /** One sentence without its full stop. */
  readonly fact: string;
  /** What to do about it, as a sentence. */
  readonly remedy?: string;
}

const NAME_COLUMNS = 12;

/** A thing on a line, with its remedy below it. */
export const checkedLines = ({ name, state, fact, remedy }: Checked, paint: Painter): string[] => {
  const mark = { fine: paint.green('ok'), note: paint.yellow('! '), wrong: paint.red('x ') }[state];
  const line = `${mark} ${pad(name, NAME_COLUMNS)} ${clean(fact)}`;
  return remedy === undefined ? [line] : [line, `   ${' '.repeat(NAME_COLUMNS)} ${paint.dim(clean(remedy))}`];
};
