import { expect } from 'vitest';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const HARMFUL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** All characters that act on a terminal, with some letters around them. */
export const NASTY = 'a\u001b[31mb\u0007c\rd\ne\tf\u0000g\u007fh\u009b2Ji\u0085j\u202ek\u2066l\u2069m\u2028n\u001b]0;title\u0007o';

/** Nothing in the text acts on a terminal: no control character but the line break, no bidirectional override. */
export const expectHarmless = (text: string): void => {
  const found = HARMFUL.exec(text);
  const around = found === null ? '' : JSON.stringify(text.slice(Math.max(0, found.index - 60), found.index + 20));
  expect(found, `a harmful character: ${around}`).toBeNull();
};

/** A text that no person should have to read: a stack trace, or an internal failure. */
export const expectNoTrace = (text: string): void => {
  expect(text).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
  expect(text).not.toMatch(/itself failed|TypeError|RangeError|ReferenceError|node:internal/);
};
