/** Numbers and short texts, as the page writes them. */
import { duration, NO_EVENT } from '../../view/entry.ts';
import { clean, cut } from '../../view/text.ts';

/** Columns of a text of strangers that are shown. */
const LONGEST = 300;

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const FINE = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });

/** `100,000`. */
export const count = (number: number): string => WHOLE.format(number);

/** `1 delivery`, `100,000 deliveries`. */
export const deliveries = (number: number): string => `${count(number)} ${number === 1 ? 'delivery' : 'deliveries'}`;

/** So many in so many milliseconds, as a number a second: `1,250`, `0.02`. */
export const rate = (number: number, ms: number): string => {
  const perSecond = (number * 1000) / ms;
  return (perSecond < 10 ? FINE : WHOLE).format(perSecond);
};

/** `12 ms`, `1.5 s`, which no line break tears apart; `–` where nothing was answered. */
export const time = (ms: number | null): string => (ms === null ? '–' : duration(ms).replace(' ', '\u00a0'));

/** A text of strangers, cut where it would fill the page. */
export const short = (text: string): string => cut(clean(text), LONGEST);

/** The name of an event, or that there is none. */
export const eventOf = (event: string | null): string => short(event ?? NO_EVENT);
