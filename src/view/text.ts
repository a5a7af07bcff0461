import measure from 'fast-string-truncated-width';

export { clean } from './clean.ts';

/** Letters of ASCII alone, one column each: most of what is shown. */
const PLAIN = /^[ -~]*$/;

/** Columns that a text takes in a terminal. */
export const width = (text: string): number => (PLAIN.test(text) ? text.length : measure(text).width);

/** How much of a text fits into some columns. The library's index is now and then one too far; its width is right. */
const fitting = (text: string, columns: number): number => {
  let { index } = measure(text, { limit: columns, ellipsis: '', ellipsisWidth: 0 });
  while (index > 0 && width(text.slice(0, index)) > columns) index -= isLowSurrogate(text.charCodeAt(index - 1)) ? 2 : 1;
  return index;
};

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

/** A text cut to some columns, with … where something is missing. Colour codes must not be in it. */
export const cut = (text: string, columns: number): string => {
  // More than this many characters cannot be shown in so few columns; the rest need not be looked at.
  const head = text.slice(0, columns * 16);
  if (head.length === text.length && width(text) <= columns) return text;
  if (columns > 0 && PLAIN.test(head)) return `${head.slice(0, columns - 1)}…`;
  return columns < 1 ? '' : `${head.slice(0, fitting(head, columns - 1))}…`;
};

/** A text broken between words into lines of some columns; of more lines than `most` the last is cut. */
export const wrap = (text: string, columns: number, most: number): string[] => {
  const lines: string[] = [];
  let rest = text;
  while (lines.length < most - 1 && width(rest) > columns) {
    const index = fitting(rest, columns);
    const space = rest.lastIndexOf(' ', index);
    const end = space > index / 2 ? space : Math.max(1, index);
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, cut(rest, columns)];
};

/** A text cut or filled up to exactly some columns. */
export const pad = (text: string, columns: number): string => {
  if (text.length <= columns && PLAIN.test(text)) return text.padEnd(columns);
  const short = cut(text, columns);
  return short + ' '.repeat(Math.max(0, columns - width(short)));
};

/** 1 event, 2 events; 2 deliveries. */
export const plural = (count: number, word: string, many = `${word}s`): string => `${count} ${count === 1 ? word : many}`;
