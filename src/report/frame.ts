import { endOfString } from '../event/scan.ts';
import type { Painter } from '../view/paint.ts';
import { clean, cut, width } from '../view/text.ts';
import type { Excerpt } from './reporter.ts';

/** Lines of context above and below. */
export const ABOVE = 3;
export const BELOW = 1;

/** Narrower than this a frame would show nothing. */
const LEAST_ROOM = 20;
/** UTF-16 units looked at for each column: signs may be put together of several. */
const UNITS = 4;

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

/** The end of a harmless text that fits into some columns. */
const tailOf = (text: string, columns: number): string => {
  if (width(text) <= columns) return text;
  const signs = [...text];
  let from = signs.length;
  for (let used = 0; from > 0; from--) {
    used += width(signs[from - 1] ?? '');
    if (used > columns) break;
  }
  return signs.slice(from).join('');
};

/** Units of the value or key that begins a text: what the caret underlines. */
const lengthOfValue = (text: string): number => {
  if (text.startsWith('"')) {
    const end = endOfString(text, 0);
    return end === -1 ? text.length : end + 1;
  }
  return Math.max(1, /^[\w.+-]+/.exec(text)?.[0].length ?? 1);
};

/** A line cut around a place so that the place is seen, and the line of the caret below it. */
const around = (line: string, at: number, room: number): { text: string; caret: string; whole: boolean } => {
  const most = room * UNITS;
  let from = Math.max(0, at - most);
  if (from > 0 && isLowSurrogate(line.charCodeAt(from))) from++;
  let before = clean(line.slice(from, at));
  const rest = line.slice(at, at + most);
  const after = clean(rest);
  const whole = from === 0 && at + most >= line.length && width(before) + width(after) <= room;
  // The place keeps half of the room, or more where little stands before it.
  if (!whole && (from > 0 || width(before) > room / 2)) before = `…${tailOf(before, Math.floor(room / 2) - 1)}`;
  const indent = width(before);
  const marked = Math.min(width(clean(rest.slice(0, lengthOfValue(rest)))), room - indent);
  return {
    text: before + (whole ? after : cut(after + (at + most < line.length ? ' '.repeat(room) : ''), room - indent)),
    caret: `${' '.repeat(indent)}^${'~'.repeat(Math.max(0, marked - 1))}`,
    whole,
  };
};

/**
 * The lines around a finding with their numbers and a caret under its place. Lines wider than the terminal are cut
 * around the place; then the lines around them, as long as that one, are left out.
 * @param line, column of the finding, from 1, in UTF-16 units
 * @returns lines without line ends; none where the excerpt does not hold the line
 */
export const frame = (
  excerpt: Excerpt,
  { line, column }: { readonly line: number; readonly column: number },
  { paint, columns, mark }: { readonly paint: Painter; readonly columns: number; readonly mark: (text: string) => string },
): string[] => {
  const index = line - excerpt.firstLine;
  const offending = excerpt.lines[index];
  if (offending === undefined) return [];
  const numbers = String(excerpt.firstLine + excerpt.lines.length - 1).length;
  const room = Math.max(LEAST_ROOM, columns - numbers - 7);
  const { text, caret, whole } = around(offending, column - 1, room);
  const gutter = (sign: string, number: string): string => paint.dim(`  ${sign} ${number.padStart(numbers)} |`);
  const context = (content: string, at: number): string =>
    `${gutter(' ', String(excerpt.firstLine + at))} ${cut(clean(content.slice(0, room * UNITS)), room)}`.trimEnd();
  return [
    ...(whole ? excerpt.lines.slice(0, index).map(context) : []),
    `${gutter('>', String(line))} ${text}`.trimEnd(),
    `${gutter(' ', '')} ${mark(caret)}`,
    ...(whole ? excerpt.lines.slice(index + 1).map((content, more) => context(content, index + 1 + more)) : []),
  ];
};
