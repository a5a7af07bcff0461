import { EVENT_NAMES } from '../event/name.ts';
import type { Difference, Webhook } from '../provider/settings.ts';
import type { Layout } from './entry.ts';
import { clean, cut, pad, width } from './text.ts';

/**
 * Events in few words: `messages.*` where all events of a category are there, `all` where all there are.
 * @param allowed the events that there are
 */
export const shortEvents = (events: readonly string[], allowed: readonly string[] = EVENT_NAMES): string => {
  if (events.length === 0) return 'none';
  const there = new Set(events);
  if (allowed.every((name) => there.has(name))) return 'all';
  const categories = [...new Set(events.map((name) => name.split('.')[0] ?? ''))];
  return categories
    .flatMap((category) => {
      const isOf = (name: string): boolean => name.startsWith(`${category}.`);
      const own = allowed.filter(isOf);
      return own.length > 1 && own.every((name) => there.has(name)) ? [`${category}.*`] : [...there].filter(isOf);
    })
    .join(', ');
};

/** Headers by their names alone: values are secrets more often than not. */
const headerNames = ({ headers }: Webhook): string => headers.map(([name]) => name).join(', ');

const MOST_URL = 70;

/** Columns of a table whose last one takes what is left. */
const columnsOf = (rows: readonly (readonly string[])[], columns: number, gap = 2): string[] => {
  const count = rows[0]?.length ?? 0;
  const widths = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => width(row[at] ?? ''))));
  return rows.map((row) => {
    let left = columns;
    return row
      .map((text, at) => {
        if (at === count - 1) return cut(text, Math.max(10, left));
        const own = (widths[at] ?? 0) + gap;
        left -= own;
        return pad(text, own);
      })
      .join('')
      .trimEnd();
  });
};

/** A webhook of the table, with what is known of its owner. */
export interface Row {
  readonly webhook: Webhook;
  readonly note: string;
}

/** The webhooks of a channel as a table. */
export const webhookTable = (rows: readonly Row[], { paint, columns }: Layout): string[] => {
  const head = ['#', 'url', 'mode', 'headers', 'events'];
  const lines = columnsOf(
    [
      head,
      ...rows.map(({ webhook }, index) => [
        String(index + 1),
        cut(clean(webhook.url), MOST_URL),
        cut(clean(webhook.mode), 10),
        cut(clean(headerNames(webhook)) || '-', 30),
        clean(shortEvents(webhook.events)),
      ]),
    ],
    columns,
  );
  const [first = '', ...rest] = lines;
  return [
    paint.dim(first),
    ...rest.flatMap((line, index) => {
      const note = rows[index]?.note ?? '';
      return note === '' ? [line] : [line, paint.dim(`   ${clean(note)}`)];
    }),
  ];
};

/** A webhook in one line, without its position. */
export const webhookWords = (webhook: Webhook): string => {
  const names = headerNames(webhook);
  const headers = names === '' ? '' : `, headers ${names}`;
  return clean(`${webhook.url === '' ? '(no url)' : webhook.url} (mode ${webhook.mode}, events ${shortEvents(webhook.events)}${headers})`);
};

/** What differs, a line each: + for what is added, - for what is taken out. */
export const differenceLines = ({ added, removed }: Difference, { paint, columns }: Layout): string[] => [
  ...removed.map((webhook) => paint.red(cut(`  - ${webhookWords(webhook)}`, columns))),
  ...added.map((webhook) => paint.green(cut(`  + ${webhookWords(webhook)}`, columns))),
];

/** A webhook as JSON output has it: the values of its headers stay hidden. */
export const webhookJson = (webhook: Webhook): { url: string; mode: string; events: readonly string[]; headers: readonly string[] } => ({
  url: webhook.url,
  mode: webhook.mode,
  events: webhook.events,
  headers: webhook.headers.map(([name]) => name),
});
