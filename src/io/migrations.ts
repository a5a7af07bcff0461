import type { Database } from './database.ts';

/** Marks a file as a history of whapi-hooks (`PRAGMA application_id`): the letters whhk. */
export const APPLICATION_ID = 0x7768686b;

/**
 * The steps from an empty file to the present schema; the version of a file is how many of them it has seen. A step
 * that has been published never changes: what comes later is a further step.
 */
export const STEPS: readonly string[] = [
  `
  CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY, -- in order of arrival
    id TEXT NOT NULL UNIQUE,
    time INTEGER NOT NULL, -- milliseconds since 1970
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    base TEXT, -- path of the listener, where it was told
    mode TEXT NOT NULL,
    event TEXT,
    said TEXT,
    verdict TEXT NOT NULL,
    chats TEXT NOT NULL, -- ids with a space before and behind each
    senders TEXT NOT NULL,
    types TEXT NOT NULL,
    from_me INTEGER,
    size INTEGER NOT NULL, -- bytes of the body
    headers TEXT NOT NULL, -- JSON
    findings TEXT NOT NULL, -- JSON
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX deliveries_time ON deliveries (time);
  CREATE TABLE outcomes (
    seq INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL, -- seq of the delivery
    endpoint TEXT NOT NULL,
    attempt INTEGER NOT NULL, -- from 1, for each endpoint
    time INTEGER NOT NULL,
    ms REAL NOT NULL,
    status INTEGER,
    error TEXT,
    cause TEXT,
    answer BLOB,
    cut INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX outcomes_delivery ON outcomes (delivery);
  CREATE TABLE indexed (upto INTEGER NOT NULL) STRICT; -- seq of the last delivery whose text the index below has
  INSERT INTO indexed VALUES (0);
  CREATE VIRTUAL TABLE texts USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2"
  );
  `,
  `
  CREATE TABLE batches ( -- what was committed together and has no rows of its own yet
    seq INTEGER PRIMARY KEY, -- in order of arrival
    writer TEXT NOT NULL,
    count INTEGER NOT NULL, -- deliveries in it
    aside TEXT, -- why it cannot be unpacked
    rows TEXT NOT NULL, -- JSON
    bodies BLOB NOT NULL
  ) STRICT;
  CREATE TABLE renamed ( -- ids that the history had already
    seq INTEGER PRIMARY KEY,
    writer TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (writer, id)
  ) STRICT;
  `,
];

const pragma = (database: Database, name: string): number => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

/** What a file is: its version, and whether it is a history at all. */
export const identify = (database: Database): { readonly version: number; readonly isHistory: boolean; readonly isEmpty: boolean } => ({
  version: pragma(database, 'user_version'),
  isHistory: pragma(database, 'application_id') === APPLICATION_ID,
  isEmpty: Number(database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count']) === 0,
});

/**
 * Takes a file to the newest version, each step in a transaction of its own. Another process may do so at the same
 * time: the version is read again once the file is ours.
 */
export const migrate = (database: Database, steps: readonly string[] = STEPS): void => {
  for (let done = false; !done; ) {
    done = database.transaction(() => {
      const version = pragma(database, 'user_version');
      const step = steps[version];
      if (step === undefined) return true;
      database.exec(step);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1}`);
      return false;
    });
  }
};
