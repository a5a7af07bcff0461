import type { Choice } from '../event/choice.ts';
import type { Verdict } from '../event/finding.ts';
import { EVENT_NAMES } from '../event/name.ts';
import type { Value } from './database.ts';

/** Statuses that an outcome is looked for by: 404, 2xx, `failed` (no answer) or `none` (never sent). */
export type StatusChoice = { readonly from: number; readonly to: number } | 'failed' | 'none';

/** What is looked for. Values of one kind are alternatives, kinds come together. */
export interface Filter {
  readonly events?: Choice;
  /** Chat ids, or the number before the @ of one. */
  readonly chats?: readonly string[];
  readonly senders?: readonly string[];
  readonly types?: readonly string[];
  /** Looked for in the last outcome at each endpoint. */
  readonly statuses?: readonly StatusChoice[];
  readonly verdicts?: readonly Verdict[];
  /** Milliseconds since 1970, from here on. */
  readonly since?: number;
  /** Milliseconds since 1970, up to here and not with it. */
  readonly until?: number;
  /** Words that the texts of its messages must hold, as an expression of FTS5 (`searchExpression`). */
  readonly search?: string;
}

interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

const any = (conditions: readonly Condition[]): Condition => ({
  sql: `(${conditions.map(({ sql }) => sql).join(' OR ')})`,
  values: conditions.flatMap(({ values }) => values),
});

const events = (chosen: Choice): Condition => {
  const names = EVENT_NAMES.filter(chosen);
  const named = names.length === 0 ? '0' : `event IN (${names.map(() => '?').join(', ')})`;
  return { sql: `(${named}${chosen(null) ? ' OR event IS NULL' : ''})`, values: names };
};

/** Ids stand with a space before and behind each; without an @ the number before it is enough. */
const word = (column: string, id: string): Condition => ({
  sql: id.includes('@') ? `instr(${column}, ?) > 0` : `(instr(${column}, ?) > 0 OR instr(${column}, ?) > 0)`,
  values: id.includes('@') ? [` ${id} `] : [` ${id} `, ` ${id}@`],
});

const LAST = `SELECT 1 FROM outcomes o WHERE o.delivery = d.seq AND o.seq =
  (SELECT max(seq) FROM outcomes p WHERE p.delivery = o.delivery AND p.endpoint = o.endpoint)`;

const status = (choice: StatusChoice): Condition => {
  if (choice === 'none') return { sql: 'NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.delivery = d.seq)', values: [] };
  if (choice === 'failed') return { sql: `EXISTS (${LAST} AND o.status IS NULL)`, values: [] };
  return { sql: `EXISTS (${LAST} AND o.status BETWEEN ? AND ?)`, values: [choice.from, choice.to] };
};

/** The condition of a filter, for the table `deliveries` under the name `d`. */
export const where = (filter: Filter): Condition => {
  const conditions: Condition[] = [];
  if (filter.events !== undefined) conditions.push(events(filter.events));
  if (filter.chats !== undefined) conditions.push(any(filter.chats.map((id) => word('chats', id))));
  if (filter.senders !== undefined) conditions.push(any(filter.senders.map((id) => word('senders', id))));
  if (filter.types !== undefined) conditions.push(any(filter.types.map((type) => ({ sql: 'instr(types, ?) > 0', values: [` ${type} `] }))));
  if (filter.statuses !== undefined) conditions.push(any(filter.statuses.map(status)));
  if (filter.verdicts !== undefined) conditions.push(any(filter.verdicts.map((verdict) => ({ sql: 'verdict = ?', values: [verdict] }))));
  if (filter.since !== undefined) conditions.push({ sql: 'time >= ?', values: [filter.since] });
  if (filter.until !== undefined) conditions.push({ sql: 'time < ?', values: [filter.until] });
  if (filter.search !== undefined) {
    conditions.push({ sql: 'd.seq IN (SELECT rowid FROM texts WHERE texts MATCH ?)', values: [filter.search] });
  }
  if (conditions.length === 0) return { sql: '1', values: [] };
  return { sql: conditions.map(({ sql }) => sql).join(' AND '), values: conditions.flatMap(({ values }) => values) };
};

/**
 * What a person looks for as an expression of FTS5: every word must be there, perhaps as the beginning of one; what
 * stands in double quotes as it is. Whatever is typed, it is no syntax error.
 * @returns undefined where it holds no letter and no digit
 */
export const searchExpression = (text: string): string | undefined => {
  const terms: string[] = [];
  for (const [, phrase, single] of text.replaceAll('\0', ' ').matchAll(/"([^"]*)"|([^\s"]+)/g)) {
    const term = phrase ?? single ?? '';
    if (!/[\p{L}\p{N}\p{Co}]/u.test(term)) continue;
    terms.push(phrase === undefined ? `"${term}"*` : `"${term}"`);
  }
  return terms.length === 0 ? undefined : terms.join(' AND ');
};
