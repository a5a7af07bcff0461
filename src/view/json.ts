import { DEEPEST, endOfString, scanText } from '../event/scan.ts';
import { formatSize } from '../event/summary.ts';
import type { Painter } from './paint.ts';
import { clean, cut } from './text.ts';

/** Longer strings without a space, of base64's letters, are shown by their size. */
const LONGEST_BASE64 = 120;
const BASE64 = /^(?:data:([\w/+.-]{1,60});base64,)?[A-Za-z0-9+/=_-]+$/;

/** A string literal as it is shown: base64 as a placeholder with its size, control characters as escapes. */
const showString = (literal: string): string => {
  const inner = literal.slice(1, -1);
  if (inner.length > LONGEST_BASE64) {
    const match = BASE64.exec(inner.slice(0, 2000));
    if (match !== null) {
      const data = inner.length - (inner.indexOf(',') + 1);
      return `"<${match[1] ?? 'base64'}, ${formatSize(Math.floor((data * 3) / 4))}>"`;
    }
  }
  return clean(literal);
};

/** Index behind the token that begins at `start` of a valid JSON text. */
const endOfToken = (text: string, start: number): number => {
  const first = text[start] ?? '';
  if (first === '"') return endOfString(text, start) + 1;
  if ('{}[],:'.includes(first)) return start + 1;
  let end = start;
  while (end < text.length && !/[\s,:{}[\]]/.test(text[end] as string)) end++;
  return end;
};

/**
 * A JSON text, indented and coloured. Numbers, key order and escapes stay as they were sent: the text is laid out,
 * not parsed and written again.
 * @param text valid JSON
 * @param width columns a line may have; longer ones are cut
 * @param most lines at most
 */
export const layOut = (text: string, paint: Painter, width: number, most = 400): string[] => {
  if (scanText(text).depth > DEEPEST) return [];
  const lines: string[] = [];
  let line = '';
  let used = 0;
  let depth = 0;
  const put = (shown: string, colour: (text: string) => string): void => {
    const short = width - used > 1 ? cut(shown, width - used) : '';
    line += short === '' ? '' : colour(short);
    used += short.length;
  };
  const same = (value: string): string => value;
  const newline = (): void => {
    lines.push(line);
    line = '  '.repeat(depth);
    used = line.length;
  };
  let previous = '';
  let at = 0;
  for (; at < text.length && lines.length < most; ) {
    const start = at;
    if (/\s/.test(text[start] as string)) {
      at++;
      continue;
    }
    at = endOfToken(text, start);
    const token = text.slice(start, at);
    if (token === '}' || token === ']') depth--;
    const empty = (token === '}' && previous === '{') || (token === ']' && previous === '[');
    if (((token === '}' || token === ']') && !empty) || ((previous === '{' || previous === '[') && !empty)) newline();
    if (token.startsWith('"')) {
      const isKey = previous !== ':' && /^\s*:/.test(text.slice(at, at + 100));
      put(isKey ? clean(token) : showString(token), isKey ? paint.blue : paint.green);
    } else if (/^[-\d]/.test(token)) put(clean(token), paint.yellow);
    else if (/^[a-z]/.test(token)) put(clean(token), paint.magenta);
    else put(token === ':' ? ': ' : clean(token), same);
    if (token === '{' || token === '[') depth++;
    if (token === ',') newline();
    previous = token;
  }
  if (line !== '') lines.push(line);
  if (at < text.length) lines.push(paint.dim('…'));
  return lines;
};
