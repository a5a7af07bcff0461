import type { Runtime } from '../runtime.ts';
import { clean } from '../view/text.ts';
import type { Terminal } from './terminal.ts';

/**
 * Asks a question that is answered with yes or no, on standard error.
 * @param text the question without its question mark's `[y/N]`
 * @returns whether the answer was `y` or `yes`; anything else, Ctrl-D too, is no. Undefined where nobody can be asked:
 * standard input or standard error is no terminal
 */
export const confirm = async (runtime: Runtime, terminal: Terminal, text: string): Promise<boolean | undefined> => {
  if (!runtime.interactive) return undefined;
  // What was said before stands above the question.
  await terminal.out.flush();
  await terminal.err.flush();
  const answer = await runtime.ask(`${clean(text)} [y/N] `);
  return answer !== undefined && /^\s*y(?:es)?\s*$/i.test(answer);
};
