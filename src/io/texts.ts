import { type Database, failureOf } from './database.ts';

/** Texts that one step moves into the index: a few milliseconds. */
const AT_ONCE = 200;
/** Times that a step is tried while another process writes. */
const TRIES = 20;

/**
 * Moves some texts into the full-text index, in one small transaction. Indexing costs more than all else that is done
 * for a delivery, so its acknowledgement does not wait for it.
 * @returns whether there are more
 */
export const indexStep = (database: Database): boolean =>
  database.transaction(() => {
    const rows = database.prepare('SELECT seq, text FROM unindexed ORDER BY seq LIMIT ?').all(AT_ONCE);
    const insert = database.prepare('INSERT INTO texts (rowid, text) VALUES (?, ?)');
    for (const { seq, text } of rows) insert.run(seq ?? null, text ?? null);
    database.prepare('DELETE FROM unindexed WHERE seq <= ?').run(rows.at(-1)?.['seq'] ?? -1);
    return rows.length === AT_ONCE;
  });

/** Whether something is not in the index yet. */
export const hasUnindexed = (database: Database): boolean => database.prepare('SELECT 1 FROM unindexed LIMIT 1').get() !== undefined;

/**
 * Moves all texts into the index, before it is searched.
 * @throws the database's error where the file cannot be written
 */
export const indexAll = (database: Database): void => {
  let tries = 0;
  while (hasUnindexed(database)) {
    try {
      indexStep(database);
      tries = 0;
    } catch (error) {
      // A listener writes at this moment; its transactions are short.
      if (failureOf(error) !== 'locked' || ++tries === TRIES) throw error;
    }
  }
};
