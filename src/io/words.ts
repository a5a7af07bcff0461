import { usageError } from '../errors.ts';

/**
 * A command in words, without a shell: separated by white space; quotes hold words together, a backslash outside of
 * single quotes takes the next quote, space or backslash as it is.
 * @param flag that was given the command, for the messages
 * @param hint what is right instead
 * @throws UserError (2) where a quote is not closed or there is no word
 */
export const commandWords = (text: string, flag: string, hint: string): string[] => {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    const next = text[i + 1];
    if (char === '\\' && quote !== "'" && next !== undefined && /["'\\\s]/.test(next)) {
      word = (word ?? '') + next;
      i++;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (quote !== '') throw usageError(`${flag}: the quote ${quote} is not closed.`, hint);
  if (word !== undefined) words.push(word);
  if (words[0] === undefined || words[0] === '') throw usageError(`${flag} names no program.`, hint);
  return words;
};
