import { clean } from '../view/text.ts';

/** Markup, and never a text of somebody else: only `html` makes it. */
class Markup {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}
export type Html = Markup;

/** What stands between pieces of markup: a text or a number, which is escaped; markup; a list of it; undefined: nothing. */
export type HtmlPart = string | number | Html | readonly Html[] | undefined;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escaped = (part: HtmlPart): string => {
  if (part === undefined) return '';
  if (part instanceof Markup) return String(part);
  if (typeof part === 'object') return part.join('');
  return clean(String(part)).replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '');
};

/**
 * Markup from a template. What is put into it becomes a text, also between the quotes of an attribute: it opens no
 * element, ends no attribute, and its control characters and bidirectional controls are seen.
 */
export const html = (strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html =>
  new Markup(strings.map((string, index) => string + escaped(parts[index])).join(''));
