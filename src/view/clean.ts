/** Short names for what would act on a terminal or hide in it. */
const escapeChar = (char: string): string => {
  if (char === '\n' || char === '\r' || char === '\r\n') return '⏎';
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

/** Nothing but visible letters of ASCII and spaces: most of what is shown. */
const PLAIN = /^[ -~]*$/;

/** Text of strangers made harmless for one line of a terminal. */
export const clean = (text: string): string => (PLAIN.test(text) ? text : text.replace(HARMFUL, escapeChar));

/** The same for a text of several lines. */
export const cleanLines = (text: string): string => text.split('\n').map(clean).join('\n');
