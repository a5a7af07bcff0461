import measure from 'fast-string-truncated-width';

export { clean } from './clean.ts';

/** Columns that a text takes in a terminal. */
export const width = (text: string): number => measure(text).width;

/** A text cut to some columns, with … where something is missing. Colour codes must not be in it. */
export const cut = (text: string, columns: number): string => {
  // More than this many characters cannot be shown in so few columns; the rest need not be looked at.
  const head = text.slice(0, columns * 16);
  const { index, ellipsed } = measure(head, { limit: columns, ellipsis: '…', ellipsisWidth: 1 });
  return ellipsed || head.length < text.length ? `${head.slice(0, index)}…` : text;
};

/** A text cut or filled up to exactly some columns. */
export const pad = (text: string, columns: number): string => {
  const short = cut(text, columns);
  return short + ' '.repeat(Math.max(0, columns - width(short)));
};

/** 1 event, 2 events; 2 deliveries. */
export const plural = (count: number, word: string, many = `${word}s`): string => `${count} ${count === 1 ? word : many}`;
