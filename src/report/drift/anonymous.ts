import { isPlain } from '../../event/overlay.ts';
import { isObject } from '../../schema/keywords.ts';

/** Characters of a text that an example keeps the shape of. */
const MOST = 40;
/** Members of an object, items of a list and levels of an example. */
const WIDEST = 5;
const DEEPEST = 3;

/** Numbers first: what is left of signs that are no ASCII punctuation may be a letter of any script, or a picture. */
const shapeOf = (text: string): string =>
  text.replace(/\p{N}/gu, '9').replace(/[^9\u0020-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e]/gu, 'x');

const anonymousText = (text: string): string => {
  if (/^[a-z][a-z\d+.-]{0,20}:\/\//i.test(text)) return 'https://example.com/…';
  // A sign may take two places, and only the beginning of a long text is looked at.
  const signs = [...text.slice(0, 2 * MOST + 2)];
  return `${shapeOf(signs.slice(0, MOST).join(''))}${signs.length > MOST ? '…' : ''}`;
};

const anonymous = (value: unknown, level: number): unknown => {
  if (typeof value === 'string') return anonymousText(value);
  if (typeof value === 'number')
    return Number(
      String(value)
        .replace(/\d/g, '9')
        .replace(/e([+-])9+$/, 'e$19'),
    );
  if (Array.isArray(value)) return level === DEEPEST ? [] : value.slice(0, 1).map((item) => anonymous(item, level + 1));
  if (!isObject(value)) return value;
  if (level === DEEPEST) return {};
  const members: [string, unknown][] = [];
  for (const key in value) {
    if (members.length === WIDEST) break;
    members.push([isPlain(key) ? key : anonymousText(key), anonymous(value[key], level + 1)]);
  }
  return Object.fromEntries(members);
};

/**
 * A value with its shape and nothing of what it says: letters become x, digits 9, addresses https://example.com/…;
 * of long texts, lists and objects only the beginning is left.
 * @param value something that JSON.parse made
 */
export const anonymousExample = (value: unknown): unknown => anonymous(value, 0);
