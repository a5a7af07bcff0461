import type { Entry } from '../delivery/entry.ts';
import type { Excerpt } from './reporter.ts';

/**
 * The lines of a payload around one of them. What stands before the payload on its first line is not known any more;
 * blanks take its place, so that columns stay true.
 * @param line of the file, from 1
 */
export const excerptOf =
  (text: string, entry: Pick<Entry, 'line' | 'column'>, line: number) =>
  (before: number, after: number): Excerpt => {
    const wanted = line - entry.line;
    const from = Math.max(0, wanted - before);
    const lines: string[] = [];
    let start = 0;
    for (let index = 0; index <= wanted + after && start <= text.length; index++) {
      const found = text.indexOf('\n', start);
      const end = found === -1 ? text.length : found;
      if (index >= from) {
        const content = text.slice(start, end).replace(/\r$/, '');
        lines.push(index === 0 ? ' '.repeat(entry.column - 1) + content : content);
      }
      start = end + 1;
    }
    return { firstLine: entry.line + from, lines };
  };
