import { exactText, payloadOf } from '../delivery/bytes.ts';
import { textOf } from '../delivery/facets.ts';
import { type Database, failureOf } from './database.ts';

/** Deliveries, and bytes of them, whose texts one step puts into the index: a few milliseconds. */
const MOST_AT_ONCE = 100;
const MOST_BYTES_AT_ONCE = 2_000_000;
/** Times that a step is tried while another process writes. */
const TRIES = 20;

const NEXT = `SELECT seq, CASE WHEN verdict = 'unreadable' THEN NULL ELSE body END AS body
  FROM deliveries WHERE seq > ? ORDER BY seq LIMIT 1`;

/**
 * Puts the texts of some deliveries into the full-text index, in one small transaction. Indexing costs more than all
 * else that is stored of a delivery, so its acknowledgement does not wait for it.
 * @returns whether there are more
 */
export const indexStep = (database: Database): boolean =>
  database.transaction(() => {
    const before = Number(database.prepare('SELECT upto FROM indexed').get()?.['upto']);
    const next = database.prepare(NEXT);
    let upto = before;
    let bytes = 0;
    let row = next.get(upto);
    for (let count = 0; row !== undefined && count < MOST_AT_ONCE && bytes < MOST_BYTES_AT_ONCE; count++) {
      const { body } = row;
      upto = Number(row['seq']);
      if (body instanceof Uint8Array) {
        bytes += body.byteLength;
        const text = textOf(payloadOf(exactText(body)));
        if (text !== '') database.prepare('INSERT INTO texts (rowid, text) VALUES (?, ?)').run(upto, text);
      }
      row = next.get(upto);
    }
    if (upto > before) database.prepare('UPDATE indexed SET upto = ?').run(upto);
    return row !== undefined;
  });

/** Deliveries that came since the index was last written. */
export const isBehind = (database: Database): boolean =>
  database.prepare('SELECT 1 FROM deliveries WHERE seq > (SELECT upto FROM indexed) LIMIT 1').get() !== undefined;

/**
 * Makes the index whole, before it is searched.
 * @throws the database's error where the file cannot be written
 */
export const indexAll = (database: Database): void => {
  let tries = 0;
  while (isBehind(database)) {
    try {
      indexStep(database);
      tries = 0;
    } catch (error) {
      // A listener writes at this moment; its transactions are short.
      if (failureOf(error) !== 'locked' || ++tries === TRIES) throw error;
    }
  }
};
