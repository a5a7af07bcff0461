import measure from 'fast-string-truncated-width';

/** Short names for what would act on a terminal or hide in it. */
const escapeChar = (char: string): string => {
  if (char === '\n' || char === '\r') return '⏎';
  if (char === '\t') return ' ';
  const code = char.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

/**
 * Control and escape characters, line and paragraph separators, bidirectional controls, invisible characters that
 * glue or reorder text, tags, lone surrogates. The joiner of emoji (U+200D) and variation selectors stay.
 */
const HARMFUL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /\r\n|[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** Text of strangers made harmless for one line of a terminal. */
export const clean = (text: string): string => text.replace(HARMFUL, escapeChar);

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
