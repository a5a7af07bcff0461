import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Engine, openDatabase } from '../../src/io/database.ts';
import { type History, type HistoryOptions, openHistory } from '../../src/io/history.ts';
import { withoutSqliteWarning } from '../../src/runtime.ts';
import { temporaryFolder } from '../support/folder.ts';
import { deliveryOf, outcomeOf, readingOf } from '../support/history.ts';
import { lookInto } from '../support/inside.ts';
import { named } from '../support/payloads.ts';
import { packageRoot, testRuntime } from '../support/runtime.ts';

const program = join(packageRoot, 'dist', 'worker.cjs');

const hasNodeSqlite = await withoutSqliteWarning(() => import('node:sqlite')).then(
  () => true,
  () => false,
);
const engines: Engine[] = hasNodeSqlite ? ['libsql', 'node:sqlite'] : ['libsql'];

const open = async (options: Partial<HistoryOptions> = {}): Promise<{ history: History; file: string }> => {
  const file = join(temporaryFolder(), 'h.db');
  const history = await openHistory({ runtime: testRuntime(), file, program, ...options });
  onTestFinished(() => history.close().catch(() => undefined));
  return { history, file };
};

const TEXT = 'white peonies '.repeat(100);

/** So many deliveries, each with an outcome, in one turn of the event loop. */
const crowd = async (history: History, name: string, count = 20): Promise<string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  await Promise.all(
    ids.map((id) => {
      const delivery = deliveryOf({ id, body: named(TEXT) });
      const stored = history.add(delivery, readingOf(delivery));
      history.addOutcome(outcomeOf(id, {}));
      return stored;
    }),
  );
  return ids;
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** How often the log has begun anew (sqlite.org/fileformat2.html, the header of the log). */
const beginningsOf = (file: string): number => (sizeOf(`${file}-wal`) < 16 ? -1 : readFileSync(`${file}-wal`).readUInt32BE(12));

/** Writes without a pause for as long as a look at the file says so. */
const writeWhile = async (history: History, isWanted: (stored: number) => boolean, name = ''): Promise<string[]> => {
  const ids: string[] = [];
  for (let round = 0; isWanted(ids.length); round++) ids.push(...(await crowd(history, `${name}r${round}`)));
  return ids;
};

const rowsIn = async (file: string): Promise<number> => {
  const database = await openDatabase(file);
  try {
    return Number(database.prepare('SELECT count(*) AS n FROM deliveries').get()?.['n']);
  } finally {
    database.close();
  }
};

const expectAllOf = async (file: string, ids: readonly string[]): Promise<void> => {
  const { deliveries, outcomes, sound } = await lookInto(file);
  expect(deliveries.map(({ id }) => id)).toEqual(ids);
  expect(new Set(deliveries.map(({ body }) => body.toString()))).toEqual(new Set([named(TEXT)]));
  expect(outcomes.map(({ delivery }) => delivery)).toEqual(ids);
  expect(new Set(sound)).toEqual(new Set(['ok']));
};

/** A program of a thread, instead of the real one. */
const pretending = (code: string): string =>
  join(temporaryFolder({ 'worker.cjs': `const { parentPort } = require('node:worker_threads');\n${code}` }), 'worker.cjs');

/** Bytes of rows that are many times what the log may hold here. */
const MANY = 12_000;
const after = 1_000_000;

describe.each(engines)('the log of a history, with %s', (engine) => {
  it('is emptied long before SQLite would do it by itself, and begins anew', async () => {
    const { history, file } = await open({ engines: [engine], after });
    const ids: string[] = [];
    for (let round = 0; round < 5; round++) {
      const before = beginningsOf(file);
      // 5 MB; SQLite by itself would begin anew after 16.
      ids.push(...(await writeWhile(history, (stored) => stored < 2000, `${round}`)));
      await vi.waitFor(
        async () => {
          ids.push(...(await crowd(history, `more${ids.length}`, 1)));
          expect(beginningsOf(file)).toBeGreaterThan(before);
        },
        { timeout: 100_000 },
      );
    }
    await history.close();
    expect(sizeOf(`${file}-wal`)).toBe(0);
    await expectAllOf(file, ids);
  });

  it('grows further where no thread is to be had, and then goes into the file all the same', async () => {
    const { history, file } = await open({ engines: [engine], program: undefined });
    const ids = await writeWhile(history, (stored) => stored < MANY);
    expect(sizeOf(`${file}-wal`)).toBeGreaterThan(12_000_000);
    expect(sizeOf(file)).toBeGreaterThan(1_000_000);
    await history.close();
    await expectAllOf(file, ids);
  });

  it('keeps what somebody still reads; nothing waits for the reader', async () => {
    const { history, file } = await open({ engines: [engine], after });
    const before = await crowd(history, 'before');
    const reader = await openDatabase(file, [engine]);
    onTestFinished(() => reader.close());
    reader.exec('BEGIN');
    const count = (): unknown =>
      reader.prepare('SELECT (SELECT count(*) FROM deliveries) + (SELECT ifnull(sum(count), 0) FROM batches) AS n').get()?.['n'];
    expect(count()).toBe(before.length);
    const ids = await writeWhile(history, (stored) => stored < 2000);
    expect(count()).toBe(before.length);
    reader.exec('COMMIT');
    expect(count()).toBe(before.length + ids.length);
    await history.close();
    await expectAllOf(file, [...before, ...ids]);
  });
});

describe('a thread that empties the log', () => {
  it('may be starting still when the history is closed', async () => {
    const { history, file } = await open({ after: 1 });
    const ids = await crowd(history, 'a');
    await history.close();
    await expectAllOf(file, ids);
  });

  it('is asked for nothing more once the history is being closed, whatever is still put in order', async () => {
    for (let round = 0; round < 3; round++) {
      const { history, file } = await open({ after: 20_000 });
      const ids = await writeWhile(history, (stored) => stored < 3000);
      // Batches are put in order from then on, one step after the other.
      await vi.waitFor(async () => expect(await rowsIn(file)).toBeGreaterThan(0), { timeout: 100_000 });
      await history.close();
      await expectAllOf(file, ids);
    }
  });

  it('and takes nothing into the file: the log is bounded all the same', async () => {
    const idle = pretending(`parentPort.on('message', (order) => {
      require('node:fs').writeFileSync(__filename + '.asked', '');
      parentPort.postMessage(order === 'close' ? 'closed' : 1);
    });
    parentPort.postMessage('ready');`);
    const { history, file } = await open({ program: idle, after: 1 });
    const body = named('x'.repeat(1_000_000));
    const store = async (from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number++) {
        const delivery = deliveryOf({ id: `d${number}`, body });
        await history.add(delivery, readingOf(delivery));
      }
    };
    await store(0, 1);
    await vi.waitFor(() => statSync(`${idle}.asked`), { timeout: 100_000 });
    // More than SQLite by itself would leave in the log.
    await store(1, 30);
    expect(sizeOf(file)).toBeLessThan(1_000_000);
    await store(30, 100);
    expect(sizeOf(file)).toBeGreaterThan(30_000_000);
    expect(sizeOf(`${file}-wal`)).toBeLessThan(80_000_000);
  });

  it.each([
    ['is not there', () => join(temporaryFolder(), 'no.cjs')],
    ['throws at its start', () => pretending("throw new Error('no')")],
    ['ends at once', () => pretending('')],
    [
      'fails at its first step',
      () => pretending("parentPort.on('message', () => { throw new Error('no'); }); parentPort.postMessage('ready');"),
    ],
    ['ends at its first step', () => pretending("parentPort.on('message', () => process.exit(7)); parentPort.postMessage('ready');")],
    [
      'ends while the next transaction waits for it',
      () =>
        pretending(
          "let asked = 0; parentPort.on('message', () => { if (++asked > 1) process.exit(7); parentPort.postMessage(1); }); parentPort.postMessage('ready');",
        ),
    ],
  ])('and %s: the log is emptied without it', async (_why, make) => {
    const { history, file } = await open({ program: make(), after });
    const ids = await writeWhile(history, (stored) => stored < MANY);
    expect(sizeOf(file)).toBeGreaterThan(1_000_000);
    await history.close();
    await expectAllOf(file, ids);
  });
});
