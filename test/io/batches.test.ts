import { once } from 'node:events';
import { chmodSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openArchive } from '../../src/io/archive.ts';
import { addBatch, type Batch, type NewDelivery, type NewOutcome } from '../../src/io/batches.ts';
import { type Database, openDatabase, type Row } from '../../src/io/database.ts';
import { openHistory } from '../../src/io/history.ts';
import { migrate, STEPS } from '../../src/io/migrations.ts';
import { type Keep, measure, newHeld, pruneStep } from '../../src/io/prune.ts';
import { unpackAll, unpackStep, waitingIn } from '../../src/io/unpacking.ts';
import { temporaryFolder } from '../support/folder.ts';
import { CAME, deliveryOf, readingOf } from '../support/history.ts';
import { named } from '../support/payloads.ts';
import { finished, program } from '../support/process.ts';
import { otherUserRuns } from '../support/program.ts';
import { testRuntime } from '../support/runtime.ts';

const fresh = async (steps: readonly string[] = STEPS): Promise<Database> => {
  const database = await openDatabase(join(temporaryFolder(), 'h.db'));
  onTestFinished(() => database.close());
  migrate(database, steps);
  return database;
};

/** A history of the first version, with one delivery. */
const ofFirstVersion = async (file: string): Promise<Database> => {
  const database = await openDatabase(file);
  onTestFinished(() => database.close());
  database.exec('PRAGMA journal_mode = WAL');
  migrate(database, STEPS.slice(0, 1));
  database.exec(`INSERT INTO deliveries (id, time, method, url, mode, verdict, chats, senders, types, size, headers, findings, body)
    VALUES ('old', ${CAME}, 'POST', '/', 'body', 'valid', '', '', '', 2, '[]', '[]', x'7b7d')`);
  return database;
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const newDelivery = (
  id: string,
  { body = bytes(named(id)), headers = '[["a","b"]]', url = '/', said = null as string | null } = {},
): NewDelivery => ({
  columns: [id, CAME, 'POST', url, null, 'body', 'messages.post', said, 'valid', '[]'],
  headers,
  body,
});

const newOutcome = (
  id: string,
  { status = 200 as number | null, error = null as string | null, answer = bytes('ok') as Uint8Array | null } = {},
): NewOutcome => ({
  columns: [id, 'http://localhost:3000/', CAME, 1.5, status, error, error === null ? null : 'broken', 0],
  answer,
});

const ids = (database: Database): string[] =>
  database
    .prepare('SELECT id FROM deliveries ORDER BY seq')
    .all()
    .map(({ id }) => String(id));

const outcomes = (database: Database): string[] =>
  database
    .prepare('SELECT d.id, o.attempt, o.status FROM outcomes o JOIN deliveries d ON d.seq = o.delivery ORDER BY o.seq')
    .all()
    .map(({ id, attempt, status }) => `${String(id)} ${Number(attempt)} ${Number(status)}`);

const batch = (deliveries: readonly NewDelivery[], told: readonly NewOutcome[] = []): Batch => ({ deliveries, outcomes: told });

describe('a batch', () => {
  it('waits as it came, and has rows of its own after a step', async () => {
    const database = await fresh();
    addBatch(database, 'w', batch([newDelivery('a'), newDelivery('b')], [newOutcome('a', { status: 500 })]));
    expect([waitingIn(database), ids(database)]).toEqual([2, []]);
    expect(unpackStep(database)).toMatchObject({ more: false });
    expect([waitingIn(database), ids(database), outcomes(database)]).toEqual([0, ['a', 'b'], ['a 1 500']]);
    expect(database.prepare('SELECT chats, senders, types, from_me, size, headers FROM deliveries WHERE id = ?').get('a')).toMatchObject({
      types: ' text ',
      size: named('a').length,
      headers: '[["a","b"]]',
    });
    expect(unpackStep(database)).toEqual({ more: false, upto: 0, bytes: 0 });
  });

  it.each<[string, NewDelivery, (row: Row) => unknown, unknown]>([
    [
      'bytes that are no text',
      newDelivery('x', { body: new Uint8Array([0, 255, 128, 10]) }),
      ({ body }) => [...(body as Uint8Array)],
      [0, 255, 128, 10],
    ],
    ['an empty body', newDelivery('x', { body: new Uint8Array() }), ({ body, size }) => [(body as Uint8Array).length, size], [0, 0]],
    ['a NUL', newDelivery('x', { url: '/a\0b' }), ({ url }) => url, '/a\ufffdb'],
    ['half a surrogate pair', newDelivery('x', { url: '/a\ud800' }), ({ url }) => url, '/a\ufffd'],
    [
      'quotes and line breaks',
      newDelivery('x', { url: '/"\\\n', said: "it's.put" }),
      ({ url, said }) => [url, said],
      ['/"\\\n', "it's.put"],
    ],
    ['headers that are others than those before', newDelivery('x', { headers: '[["c","d"]]' }), ({ headers }) => headers, '[["c","d"]]'],
    ['headers as those before', newDelivery('x'), ({ headers }) => headers, '[["a","b"]]'],
  ])('keeps %s', async (_what, delivery, look, wanted) => {
    const database = await fresh();
    addBatch(database, 'w', batch([newDelivery('before'), delivery, newDelivery('behind')]));
    unpackStep(database);
    expect(look(database.prepare('SELECT * FROM deliveries WHERE id = ?').get('x') ?? {})).toEqual(wanted);
    expect(ids(database)).toEqual(['before', 'x', 'behind']);
    const { headers, body } = database.prepare('SELECT headers, body FROM deliveries WHERE id = ?').get('behind') ?? {};
    expect([headers, Buffer.from(body as Uint8Array).toString()]).toEqual(['[["a","b"]]', named('behind')]);
  });

  it('keeps outcomes with an answer, with an empty one and with none', async () => {
    const database = await fresh();
    const told = [
      newOutcome('a', { answer: bytes('yes') }),
      newOutcome('a', { answer: bytes('') }),
      newOutcome('a', { status: null, error: 'gone', answer: null }),
    ];
    addBatch(database, 'w', batch([newDelivery('a')], told));
    unpackStep(database);
    const rows = database.prepare('SELECT attempt, status, error, cause, answer FROM outcomes ORDER BY seq').all();
    expect(
      rows.map(({ answer, ...rest }) => ({ ...rest, answer: answer instanceof Uint8Array ? Buffer.from(answer).toString() : answer })),
    ).toEqual([
      { attempt: 1, status: 200, error: null, cause: null, answer: 'yes' },
      { attempt: 2, status: 200, error: null, cause: null, answer: '' },
      { attempt: 3, status: null, error: 'gone', cause: 'broken', answer: null },
    ]);
  });

  it.each([
    ['of many', Array.from({ length: 1001 }, (_, index) => newDelivery(`d${index}`))],
    ['of large ones', Array.from({ length: 9 }, (_, index) => newDelivery(`d${index}`, { body: new Uint8Array(1_500_000).fill(index) }))],
  ])('%s is unpacked in several steps, in order', async (_what, deliveries) => {
    const database = await fresh();
    addBatch(
      database,
      'w',
      batch(
        deliveries,
        deliveries.map(({ columns }) => newOutcome(String(columns[0]))),
      ),
    );
    const all = deliveries.map(({ columns }) => String(columns[0]));
    let steps = 1;
    for (; unpackStep(database).more; steps++) expect(ids(database)).toEqual(all.slice(0, deliveries.length - waitingIn(database)));
    expect(steps).toBeGreaterThan(2);
    expect(ids(database)).toEqual(all);
    expect(outcomes(database)).toEqual(all.map((id) => `${id} 1 200`));
  });

  it('of an id that the history has gets another, and later outcomes of its writer find it', async () => {
    const database = await fresh();
    addBatch(database, 'one', batch([newDelivery('same')]));
    addBatch(database, 'two', batch([newDelivery('same')]));
    unpackStep(database);
    addBatch(database, 'two', batch([], [newOutcome('same', { status: 202 })]));
    addBatch(database, 'one', batch([newDelivery('other')], [newOutcome('same', { status: 201 })]));
    unpackStep(database);
    expect(ids(database)).toEqual(['same', 'same-2', 'other']);
    expect(outcomes(database)).toEqual(['same-2 1 202', 'same 1 201']);
  });

  it('that cannot be unpacked now stays as it is', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const [database, other] = [await openDatabase(file), await openDatabase(file)];
    onTestFinished(() => database.close());
    onTestFinished(() => other.close());
    database.exec('PRAGMA journal_mode = WAL');
    migrate(database);
    addBatch(database, 'w', batch([newDelivery('a')]));
    other.exec('BEGIN IMMEDIATE');
    expect(() => unpackStep(database)).toThrow(/locked/);
    other.exec('ROLLBACK');
    expect([waitingIn(database), ids(database)]).toEqual([1, []]);
    await unpackAll(database);
    expect(ids(database)).toEqual(['a']);
  });

  it('that comes while another program reads is not waited for', async () => {
    const database = await fresh();
    let number = 0;
    const flood = (): void => {
      // More than a step unpacks.
      addBatch(database, 'w', batch(Array.from({ length: 300 }, () => newDelivery(`d${number++}`))));
    };
    flood();
    flood();
    const goOn = (): void => {
      flood();
      flooding = setImmediate(goOn);
    };
    let flooding = setImmediate(goOn);
    onTestFinished(() => clearImmediate(flooding));
    await unpackAll(database);
    expect(ids(database).slice(0, 600)).toEqual(Array.from({ length: 600 }, (_, index) => `d${index}`));
    expect(waitingIn(database)).toBeGreaterThan(0);
  });

  it('comes behind the deliveries of a history of the first version', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const database = await ofFirstVersion(file);
    const history = await openHistory({ file, runtime: testRuntime() });
    const delivery = deliveryOf({ id: 'new', body: named('hi') });
    await history.add(delivery, readingOf(delivery));
    await history.close();
    expect(ids(database)).toEqual(['old', 'new']);
  });
});

describe('batches that are too many', () => {
  const keeping = (deliveries: number, bytes = 1e9): Keep => ({ days: 30, deliveries, bytes });
  const pruned = (database: Database, keep: Keep): number => {
    const held = newHeld();
    let all = 0;
    for (let more = true; more; ) {
      const step = pruneStep(database, keep, CAME, held);
      all += step.gone;
      ({ more } = step);
    }
    return all;
  };

  it('go whole, once all rows have gone, and what is kept is the newest', async () => {
    const database = await fresh();
    for (let round = 0; round < 10; round++) {
      addBatch(database, 'w', batch(Array.from({ length: 10 }, (_, index) => newDelivery(`r${round}-${index}`))));
      if (round === 1) await unpackAll(database);
    }
    expect(pruned(database, keeping(45))).toBe(50);
    expect([ids(database), waitingIn(database)]).toEqual([[], 50]);
    await unpackAll(database);
    expect(ids(database)).toEqual([5, 6, 7, 8, 9].flatMap((round) => Array.from({ length: 10 }, (_, index) => `r${round}-${index}`)));
    expect(pruned(database, keeping(45))).toBe(5);
    expect(ids(database)).toHaveLength(45);
  });

  it.each([3, 300_000])('go only as far as the file is larger than its bound: bodies of %i bytes', async (size) => {
    const database = await fresh();
    const number = size > 1000 ? 200 : 40_000;
    for (let at = 0; at < number; at += 20) {
      const body = new Uint8Array(size);
      addBatch(database, 'w', batch(Array.from({ length: 20 }, (_, index) => newDelivery(`d${at + index}`, { body }))));
    }
    const { bytes } = measure(database);
    const bound = Math.round(bytes / 2);
    pruned(database, keeping(1e9, bound));
    const left = measure(database);
    expect(left.bytes).toBeLessThanOrEqual(bound);
    expect(left.bytes).toBeGreaterThan(0.7 * bound); // a batch is no small part of it
    expect(left.deliveries).toBeGreaterThan(0.4 * number);
  });

  it('go though there are many before them that hold outcomes alone', async () => {
    const database = await fresh();
    for (let round = 0; round < 120; round++) addBatch(database, 'w', batch([], [newOutcome('gone')]));
    for (let round = 0; round < 3; round++) addBatch(database, 'w', batch([newDelivery(`d${round}`)]));
    expect(pruned(database, keeping(1))).toBe(2);
    await unpackAll(database);
    expect(ids(database)).toEqual(['d2']);
  });

  it('leave nothing for their outcomes to belong to', async () => {
    const database = await fresh();
    addBatch(database, 'w', batch([newDelivery('a')]));
    addBatch(database, 'w', batch([newDelivery('b')], [newOutcome('a'), newOutcome('b')]));
    pruneStep(database, keeping(1), CAME, newHeld());
    await unpackAll(database);
    expect([ids(database), outcomes(database)]).toEqual([['b'], ['b 1 200']]);
    expect(database.prepare('SELECT count(*) AS n FROM outcomes').get()?.['n']).toBe(1);
  });
});

describe('a history with batches that wait', () => {
  const waiting = async (file: string): Promise<Database> => {
    const database = await openDatabase(file);
    database.exec('PRAGMA journal_mode = WAL');
    migrate(database);
    addBatch(database, 'w', batch([newDelivery('a'), newDelivery('b')], [newOutcome('b')]));
    return database;
  };

  it('is put in order by the next listener', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const database = await waiting(file);
    onTestFinished(() => database.close());
    const history = await openHistory({ file, runtime: testRuntime() });
    while (waitingIn(database) > 0) await once(process.stdout, 'never', { signal: AbortSignal.timeout(20) }).catch(() => undefined);
    expect([ids(database), outcomes(database)]).toEqual([['a', 'b'], ['b 1 200']]);
    await history.close();
  });

  it('is put in order before it is read', async () => {
    const file = join(temporaryFolder(), 'h.db');
    (await waiting(file)).close();
    const archive = await openArchive({ file, runtime: testRuntime() });
    onTestFinished(() => archive.close());
    expect([...archive.find({}).deliveries].map(({ delivery, outcomes: told }) => [delivery.id, told.length])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    expect(archive.one('latest').delivery.id).toBe('b');
  });

  it.each([
    ['is no JSON any more', 'UPDATE batches SET rows = substr(rows, 2) WHERE seq = 2', /JSON/],
    ['has another shape', "UPDATE batches SET rows = '{}' WHERE seq = 2", /no batch/],
    ['has fewer bytes', "UPDATE batches SET bodies = x'00' WHERE seq = 2", /1 bytes in place of/],
    ['has a value that is no column', "UPDATE batches SET rows = replace(rows, '\"valid\"', 'true') WHERE seq = 2", /no batch/],
    [
      'has a size that is no number',
      `UPDATE batches SET rows = replace(rows, ',${named('too').length},', ',"9",') WHERE seq = 2`,
      /no batch/,
    ],
    ['has a column too many', 'UPDATE batches SET rows = replace(rows, \'"valid"\', \'"valid",1\') WHERE seq = 2', /no batch/],
    ['breaks a rule of the table', "UPDATE batches SET rows = replace(rows, '\"valid\"', 'null') WHERE seq = 2", /NOT NULL/],
  ])('holds up nobody with one that %s: it is set aside, and told', async (_what, change, why) => {
    const file = join(temporaryFolder(), 'h.db');
    const database = await waiting(file);
    onTestFinished(() => database.close());
    addBatch(database, 'w', batch([newDelivery('changed'), newDelivery('too')]));
    addBatch(database, 'w', batch([newDelivery('behind')]));
    database.exec(change);
    const { stdout, stderr, code } = await finished(program(['history', '--json', '--history', file]));
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id),
    ).toEqual(['a', 'b', 'behind']);
    expect([code, stderr]).toEqual([0, expect.stringMatching(why)]);
    expect(stderr).toMatch('2 deliveries of the history cannot be read: somebody has changed the file');
    expect(database.prepare('SELECT seq, count FROM batches').all()).toMatchObject([{ seq: 2, count: 2 }]);
    for (const command of [
      ['validate', 'history:'],
      ['replay', 'history:', '--dry-run'],
    ]) {
      const told = await finished(program([...command, '--history', file]));
      expect([told.code, told.stdout + told.stderr]).toEqual([1, expect.stringMatching(/2 deliveries of the history cannot be read/)]);
    }
    const history = await openHistory({ file, runtime: testRuntime() });
    const delivery = deliveryOf({ id: 'later', body: named('hi') });
    await history.add(delivery, readingOf(delivery));
    await history.close();
    expect(ids(database)).toEqual(['a', 'b', 'behind', 'later']);
  });

  it('is pruned by age too', async () => {
    const file = join(temporaryFolder(), 'h.db');
    (await waiting(file)).close();
    const { stdout, code } = await finished(program(['history', 'prune', '--keep-days', '1', '--history', file]));
    expect([stdout, code]).toEqual([expect.stringMatching(/^2 deliveries pruned .*; 0 left/), 0]);
  });

  const listed = (stdout: string): unknown[] =>
    stdout
      .trim()
      .split('\n')
      .map((line) => {
        const { id, outcomes: told } = JSON.parse(line) as { id: string; outcomes: { attempt: number }[] };
        return [id, told.map(({ attempt }) => attempt)];
      });

  it('is read by somebody who may not write it, and left as it is', async () => {
    if (!otherUserRuns('a history that may only be read')) return;
    const folder = temporaryFolder();
    const file = join(folder, 'h.db');
    const database = await waiting(file);
    onTestFinished(() => database.close());
    await unpackAll(database);
    addBatch(database, 'w', batch([newDelivery('c'), newDelivery('a')], [newOutcome('b'), newOutcome('c'), newOutcome('a')]));
    chmodSync(folder, 0o755);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
    const { stdout, stderr, code } = await finished(program(['history', '--json', '--history', file], { uid: 65_534, cwd: tmpdir() }));
    expect(code, stderr).toBe(0);
    expect(listed(stdout)).toEqual([
      ['a', []],
      ['b', [1, 2]],
      ['c', [1]],
      ['a-2', [1]],
    ]);
    expect(waitingIn(database)).toBe(2);
  });

  it('is read while another program holds it, and left as it is', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const database = await waiting(file);
    onTestFinished(() => database.close());
    await unpackAll(database);
    addBatch(
      database,
      'w',
      batch([newDelivery('c'), newDelivery('a'), newDelivery('d')], [newOutcome('b'), newOutcome('c'), newOutcome('a')]),
    );
    addBatch(database, 'x', batch([newDelivery('changed')]));
    database.exec(`UPDATE batches SET rows = '{}' WHERE writer = 'x'`);
    const looked = async (...args: string[]): Promise<readonly [unknown, string]> => {
      const { stdout, stderr, code } = await finished(program([...args, '--json', '--history', file]));
      expect(code, stderr).toBe(0);
      return [listed(stdout), stderr];
    };
    const all = async (): Promise<unknown> => [
      await looked('history'),
      await looked('history', '--search', 'c'),
      await looked('history', '--status', '200', '--limit', '2'),
      await looked('history', '--status', 'none'),
      (await finished(program(['history', 'show', 'latest~1', '--json', '--history', file]))).stdout,
    ];
    const indexed = (): unknown[] => [database.prepare('SELECT upto FROM indexed').get()?.['upto'], waitingIn(database), ids(database)];
    const before = indexed();
    database.exec('BEGIN IMMEDIATE');
    const held = await all();
    expect(indexed()).toEqual(before);
    database.exec('ROLLBACK');
    expect(held).toEqual(await all());
    expect(held).toMatchObject([
      [
        [
          ['a', []],
          ['b', [1, 2]],
          ['c', [1]],
          ['a-2', [1]],
          ['d', []],
        ],
        expect.stringMatching('1 delivery of the history cannot be read'),
      ],
      [[['c', [1]]], expect.anything()],
      [
        [
          ['c', [1]],
          ['a-2', [1]],
        ],
        expect.anything(),
      ],
      [
        [
          ['a', []],
          ['d', []],
        ],
        expect.anything(),
      ],
      expect.stringContaining('"a-2"'),
    ]);
  });

  it('of the first version is read by somebody who may not write it', async () => {
    if (!otherUserRuns('a history of the first version that may only be read')) return;
    const folder = temporaryFolder();
    const file = join(folder, 'h.db');
    await ofFirstVersion(file);
    chmodSync(folder, 0o755);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
    const { stdout, stderr, code } = await finished(program(['history', '--json', '--history', file], { uid: 65_534, cwd: tmpdir() }));
    expect(code, stderr).toBe(0);
    expect(listed(stdout)).toEqual([['old', []]]);
  });
});
