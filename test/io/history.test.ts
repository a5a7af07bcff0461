import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openArchive } from '../../src/io/archive.ts';
import { type Engine, openDatabase } from '../../src/io/database.ts';
import { searchExpression } from '../../src/io/filter.ts';
import { openHistory } from '../../src/io/history.ts';
import { migrate, STEPS } from '../../src/io/migrations.ts';
import { measure } from '../../src/io/prune.ts';
import { unpackAll } from '../../src/io/unpacking.ts';
import { withoutSqliteWarning } from '../../src/runtime.ts';
import { bundle } from '../support/bundle.ts';
import { temporaryFolder } from '../support/folder.ts';
import { CAME, deliveryOf, fill, outcomeOf, readingOf } from '../support/history.ts';
import { named } from '../support/payloads.ts';
import { finished, program, start } from '../support/process.ts';
import { otherUserRuns } from '../support/program.ts';
import { testRuntime } from '../support/runtime.ts';

let folder = '';
let writer = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-writer-'));
  chmodSync(folder, 0o755);
  writer = await bundle('test/support/writer.ts', folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process that writes a history: file, name, number of deliveries, … (test/support/writer.ts). */
const writing = (args: readonly (string | number)[], options: Parameters<typeof start>[2] = {}): ReturnType<typeof start> =>
  start(process.execPath, [writer, ...args.map(String)], options);

const ids = (text: string): string[] => text.split('\n').filter((line) => /^[0-9a-z]{8}$/.test(line));

/** Ids in a history, and what SQLite says about the file. */
const inside = async (file: string): Promise<{ ids: string[]; sound: unknown }> => {
  const database = await openDatabase(file);
  onTestFinished(() => database.close());
  await unpackAll(database);
  const found = database.prepare('SELECT id FROM deliveries ORDER BY seq').all();
  return { ids: found.map(({ id }) => String(id)), sound: database.prepare('PRAGMA integrity_check').all()[0]?.['integrity_check'] };
};

const hasNodeSqlite = await withoutSqliteWarning(() => import('node:sqlite')).then(
  () => true,
  () => false,
);
const engines: Engine[] = hasNodeSqlite ? ['libsql', 'node:sqlite'] : ['libsql'];
if (!hasNodeSqlite) process.stdout.write('skipped: this Node has no node:sqlite; the history is tested with libsql alone\n');

describe.each(engines)('the history with %s', (engine) => {
  it('gives back what it was given, byte for byte', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const bodies = [named('hi'), new Uint8Array([0, 255, 128, 10]), '', '\ufeff{"a" : 1.10}', named('nul \0 and 😀')];
    await fill(
      file,
      bodies.map((body, index) => ({
        id: `d${index}`,
        body,
        outcomes: [{ status: 500, answer: new Uint8Array([9, 200]), cut: true }, {}, { error: 'refused\0!' }],
      })),
      { engines: [engine], base: '/hook' },
    );
    const archive = await openArchive({ file, runtime: testRuntime(), engines: [engine] });
    onTestFinished(() => archive.close());
    const found = [...archive.find({}).deliveries];
    expect(found).toHaveLength(bodies.length);
    for (const [index, stored] of found.entries()) {
      const delivery = deliveryOf({ id: `d${index}`, body: bodies[index] ?? '' });
      const { payload, ...reading } = readingOf(delivery);
      expect({ ...stored.delivery, body: Buffer.from(stored.delivery.body) }).toEqual({ ...delivery, body: Buffer.from(delivery.body) });
      expect(stored.reading).toMatchObject(reading);
      expect(stored.reading.payload ?? undefined).toEqual(payload ?? undefined);
      expect(stored.base).toBe('/hook');
      expect(stored.outcomes).toMatchObject([
        { attempt: 1, outcome: { kind: 'answered', status: 500, ms: 12.5, endpoint: 'http://localhost:3000/', answer: { cut: true } } },
        { attempt: 2, outcome: { kind: 'answered', status: 200, answer: { cut: false } } },
        { attempt: 3, outcome: { kind: 'failed', error: 'refused\ufffd!', cause: 'unreachable' } },
      ]);
      const [first] = stored.outcomes;
      expect(first?.outcome.kind === 'answered' && [...first.outcome.answer.bytes]).toEqual([9, 200]);
    }
  });

  it('keeps two deliveries of the same id, and gives each its outcomes', async () => {
    const file = join(temporaryFolder(), 'h.db');
    await fill(file, [{ id: 'same', body: named('one'), outcomes: [{ status: 201 }] }], { engines: [engine] });
    await fill(file, [{ id: 'same', body: named('two'), outcomes: [{ status: 202 }] }], { engines: [engine] });
    const history = await openHistory({ file, runtime: testRuntime(), engines: [engine] });
    const both = ['three', 'four'].map((text) => deliveryOf({ id: 'same', body: named(text) }));
    await Promise.all(both.map((delivery) => history.add(delivery, readingOf(delivery))));
    await history.close();
    const archive = await openArchive({ file, runtime: testRuntime(), engines: [engine] });
    onTestFinished(() => archive.close());
    const found = [...archive.find({}).deliveries];
    expect(found.map(({ delivery }) => delivery.id)).toEqual(['same', 'same-2', 'same-3', 'same-4']);
    expect(found.map(({ outcomes }) => outcomes.map(({ outcome }) => outcome.kind === 'answered' && outcome.status))).toEqual([
      [201],
      [202],
      [],
      [],
    ]);
  });

  it('is one transaction for all that comes in one turn of the event loop', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const history = await openHistory({ file, runtime: testRuntime(), engines: [engine] });
    const commits: string[] = [];
    const adds = ['a1', 'a2', 'a3'].map((id) => {
      const delivery = deliveryOf({ id, body: named(id) });
      return history.add(delivery, readingOf(delivery)).then(() => commits.push(id));
    });
    const reader = await openDatabase(file, [engine]);
    onTestFinished(() => reader.close());
    await Promise.race(adds);
    await unpackAll(reader);
    expect(reader.prepare('SELECT count(*) AS n FROM deliveries').get()?.['n']).toBe(3);
    await history.flush();
    expect(commits).toEqual(['a1', 'a2', 'a3']);
    await history.close();
  });
});

describe('a history file', () => {
  it('may be read by its owner only, and so may what lies beside it', async () => {
    const data = temporaryFolder();
    const history = await openHistory({ file: undefined, runtime: testRuntime({ env: { XDG_DATA_HOME: data } }) });
    const delivery = deliveryOf({ id: 'a', body: named('hi') });
    await history.add(delivery, readingOf(delivery));
    expect(history.path).toBe(join(data, 'whapi-hooks', 'history.db'));
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    expect(mode(join(data, 'whapi-hooks'))).toBe('700');
    expect(['', '-wal', '-shm'].map((end) => mode(history.path + end))).toEqual(['600', '600', '600']);
    await history.close();
  });

  it('of a newer version is named with both versions, and left as it is', async () => {
    const file = join(temporaryFolder(), 'h.db');
    await fill(file, [{ id: 'a', body: named('hi') }]);
    const database = await openDatabase(file);
    database.exec(`PRAGMA user_version = ${STEPS.length + 3}; PRAGMA wal_checkpoint(TRUNCATE)`);
    database.close();
    const before = readFileSync(file);
    await expect(openHistory({ file, runtime: testRuntime() })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(`has version ${STEPS.length + 3}; this whapi-hooks reads up to version ${STEPS.length}`),
      hint: expect.stringMatching('--no-history'),
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it.each([
    [
      'no database',
      Buffer.from('just some notes of mine, which are long enough to be a header of something\n'.repeat(3)),
      /not a database/,
    ],
    ['shorter than a header', Buffer.from('notes'), /not a database/],
  ])('that is %s is left as it is', async (_what, bytes, message) => {
    const file = join(temporaryFolder({ 'h.db': bytes }), 'h.db');
    await expect(openHistory({ file, runtime: testRuntime() })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(message),
    });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('of another program is left as it is', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const database = await openDatabase(file);
    database.exec('CREATE TABLE recipes (name TEXT)');
    database.close();
    await expect(openHistory({ file, runtime: testRuntime() })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/of another program/),
    });
  });

  it('that is damaged is told, and left as it is', async () => {
    const file = join(temporaryFolder(), 'h.db');
    await fill(
      file,
      Array.from({ length: 300 }, (_, index) => ({ id: `d${index}`, body: named('x'.repeat(500)) })),
    );
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 100); // all behind the header
    writeFileSync(file, bytes);
    await expect(openHistory({ file, runtime: testRuntime() })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/is damaged/),
    });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('cannot be a folder', async () => {
    const file = temporaryFolder();
    await expect(openHistory({ file, runtime: testRuntime() })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/is a folder/),
    });
  });

  it('held by another program is waited for, then told; what is there can be read all the while', async () => {
    const file = join(temporaryFolder(), 'h.db');
    await fill(file, [{ id: 'first', body: named('hi') }]);
    const history = await openHistory({ file, runtime: testRuntime(), patience: 300 });
    const holder = await openDatabase(file);
    holder.exec('BEGIN EXCLUSIVE');
    const refused = deliveryOf({ id: 'second', body: named('ho') });
    history.addOutcome(outcomeOf('first', {}));
    await expect(history.add(refused, readingOf(refused))).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/held by another program/),
      cause: expect.any(Error),
    });
    await expect(history.flush()).rejects.toMatchObject({ message: expect.stringMatching(/^1 outcome is missing in the history/) });
    await expect(openHistory({ file, runtime: testRuntime(), patience: 300 })).rejects.toMatchObject({ exitCode: 3 });
    const archive = await openArchive({ file, runtime: testRuntime() });
    expect([...archive.find({}).deliveries].map(({ delivery }) => delivery.id)).toEqual(['first']);
    archive.close();
    // Let go in time, nothing is lost.
    const waited = deliveryOf({ id: 'third', body: named('hm') });
    const adding = history.add(waited, readingOf(waited));
    setTimeout(() => holder.exec('ROLLBACK'), 50);
    await adding;
    await history.close();
    holder.close();
    expect((await inside(file)).ids).toEqual(['first', 'third']);
  });

  it('needs an engine, and says what to do without one', async () => {
    const file = join(temporaryFolder(), 'h.db');
    await expect(openHistory({ file, runtime: testRuntime(), engines: [] })).rejects.toMatchObject({
      exitCode: 3,
      hint: expect.stringMatching('--no-history'),
    });
  });

  it('takes nothing once it is closed', async () => {
    const history = await openHistory({ file: join(temporaryFolder(), 'h.db'), runtime: testRuntime() });
    await history.close();
    await history.close();
    const delivery = deliveryOf({ id: 'a', body: '' });
    await expect(history.add(delivery, readingOf(delivery))).rejects.toMatchObject({ message: expect.stringMatching(/is closed/) });
  });

  it('that may not be written is told at the start', async () => {
    if (!otherUserRuns('a history that may not be written')) return;
    const home = temporaryFolder();
    mkdirSync(join(home, 'own'));
    chmodSync(join(home, 'own'), 0o755);
    chmodSync(home, 0o755);
    await fill(join(home, 'own', 'h.db'), [{ id: 'a', body: named('hi') }]);
    chmodSync(join(home, 'own', 'h.db'), 0o644);
    for (const name of ['h.db', 'new.db', 'deeper/new.db']) {
      const { stdout, stderr } = await finished(writing([join(home, 'own', name), 'x', 1], { uid: 65_534, cwd: tmpdir() }));
      expect(stdout).toBe('');
      expect(stderr).toMatch(/UserError: .*(?:may not be written|permission denied|cannot be opened)/);
    }
    expect((await inside(join(home, 'own', 'h.db'))).ids).toEqual(['a']);
    expect(existsSync(join(home, 'own', 'new.db'))).toBe(false);
  });

  it('on a disk that is full refuses what is new and keeps what is there', async () => {
    const disk = temporaryFolder();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]).status !== 0) {
      process.stdout.write('skipped: a small file system cannot be mounted here to fill it\n');
      return;
    }
    try {
      const file = join(disk, 'h.db');
      const { code, stdout } = await finished(writing([file, 'full', 10_000, 3000]));
      expect(code).toBe(3);
      expect(stdout).toMatch(/failed: The history .* cannot be written: the disk is full\./);
      const stored = ids(stdout);
      expect(stored.length).toBeGreaterThan(50);
      const check = await openDatabase(file);
      expect(check.prepare('PRAGMA integrity_check').all()[0]?.['integrity_check']).toBe('ok');
      check.close();
      // There is no room either to put in order what came last; it can be read all the same, and not pruned.
      const archive = await openArchive({ file, runtime: testRuntime() });
      const found = [...archive.find({}).deliveries].map(({ delivery }) => delivery.id);
      archive.close();
      expect(found).toEqual(expect.arrayContaining(stored));
      const prune = await finished(program(['history', 'prune', '--keep-deliveries', '1', '--history', file]));
      expect([prune.code, prune.stderr]).toEqual([3, expect.stringMatching(/cannot be pruned: the disk is full/)]);
      // With room again it goes on.
      spawnSync('mount', ['-o', 'remount,size=20m', disk]);
      expect((await finished(writing([file, 'again', 5]))).code).toBe(0);
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });
});

describe('migrations', () => {
  it('run each step once, whoever comes first', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const steps = ['CREATE TABLE one (a)', 'CREATE TABLE two (b); INSERT INTO one VALUES (1)', 'INSERT INTO one VALUES (2)'];
    const [first, second] = [await openDatabase(file), await openDatabase(file)];
    migrate(first, steps.slice(0, 2));
    migrate(second, steps);
    migrate(first, steps);
    expect(first.prepare('SELECT a FROM one').all()).toMatchObject([{ a: 1 }, { a: 2 }]);
    expect(first.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 3 });
    first.close();
    second.close();
  });

  it('leave a file as it was where a step fails', async () => {
    const database = await openDatabase(join(temporaryFolder(), 'h.db'));
    onTestFinished(() => database.close());
    expect(() => migrate(database, ['CREATE TABLE one (a)', 'CREATE TABLE two (b); INSERT INTO nowhere VALUES (1)'])).toThrow(/nowhere/);
    expect(database.prepare('SELECT name FROM sqlite_schema').all()).toMatchObject([{ name: 'one' }]);
    expect(database.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 1 });
  });

  // The schema as it was published: a step that changes would leave files behind that say one thing and are another.
  it.each(STEPS.map((step, index) => [index + 1, step] as const))('step %i is as it was published', (_version, step) => {
    expect(step).toMatchSnapshot();
  });
});

describe('what is too old or too much', () => {
  const until = async (file: string, wanted: (ids: string[]) => boolean): Promise<string[]> => {
    for (;;) {
      const { ids: found } = await inside(file);
      if (wanted(found)) return found;
      await once(process.stdout, 'never', { signal: AbortSignal.timeout(20) }).catch(() => undefined);
    }
  };
  it.each([
    ['age', { days: 2, deliveries: 1000, bytes: 1e9 }, ['new1', 'new2']],
    ['number', { days: 9999, deliveries: 1, bytes: 1e9 }, ['new2']],
    ['size', { days: 9999, deliveries: 1000, bytes: 1 }, []],
  ])('goes by %s, in the background', async (_by, keep, left) => {
    const file = join(temporaryFolder(), 'h.db');
    const day = 86_400_000;
    await fill(file, [
      { id: 'old1', body: named('old'), time: CAME - 9 * day, outcomes: [{}] },
      { id: 'old2', body: named('old'), time: CAME - 3 * day },
      { id: 'new1', body: named('new'), outcomes: [{}] },
      { id: 'new2', body: named('new') },
    ]);
    const history = await openHistory({ file, runtime: testRuntime(), keep });
    expect(await until(file, (found) => found.length === left.length)).toEqual(left);
    await history.close();
    const database = await openDatabase(file);
    onTestFinished(() => database.close());
    const count = (sql: string): number => Number(database.prepare(sql).get()?.['n']);
    expect(count('SELECT count(*) AS n FROM outcomes WHERE delivery NOT IN (SELECT seq FROM deliveries)')).toBe(0);
    expect(count("SELECT count(*) AS n FROM texts WHERE texts MATCH 'old'")).toBe(0);
    expect(count("SELECT count(*) AS n FROM texts WHERE texts MATCH 'new'")).toBe(left.length);
  });

  it('keeps the file within bounds while deliveries come in without end', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const { code, stdout } = await finished(writing([file, 'flood', 6000, 500, 400]));
    expect(code, stdout.slice(-300)).toBe(0);
    const database = await openDatabase(file);
    onTestFinished(() => database.close());
    expect(measure(database).deliveries).toBeLessThan(2500);
    expect(measure(database).deliveries).toBeGreaterThanOrEqual(400);
    expect(database.prepare('PRAGMA integrity_check').all()[0]?.['integrity_check']).toBe('ok');
  });
});

describe('what a person looks for', () => {
  it('is never a syntax error, whatever it is', async () => {
    const file = join(temporaryFolder(), 'h.db');
    await fill(file, [{ id: 'a', body: named('one "two" three-four') }]);
    const archive = await openArchive({ file, runtime: testRuntime() });
    onTestFinished(() => archive.close());
    const signs = [
      '"',
      "'",
      '*',
      '(',
      ')',
      ':',
      '^',
      '-',
      '+',
      '{',
      '}',
      '\\',
      '\0',
      ' ',
      'one',
      'AND',
      'OR',
      'NOT',
      'NEAR',
      'ü',
      '😀',
      '\ud800',
      '%',
      ';',
      '--',
      '?',
      '1',
    ];
    // A fixed sequence: the same words at every run.
    let state = 1;
    const next = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    for (let round = 0; round < 2000; round++) {
      const text = Array.from({ length: 1 + next(8) }, () => signs[next(signs.length)]).join('');
      const search = searchExpression(text);
      if (search !== undefined) expect(() => [...archive.find({ search }).deliveries], JSON.stringify(text)).not.toThrow();
    }
    for (const [text, found] of [
      ['two one', 1],
      ['"two three"', 1],
      ['three-fo', 1],
      ['"three-fo"', 0],
    ] as const) {
      expect([...archive.find({ search: searchExpression(text) ?? '' }).deliveries], text).toHaveLength(found);
    }
  });
});

describe('several processes', () => {
  it('write one new file at once, and each delivery is there once', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const writers = [writing([file, 'one', 1500]), writing([file, 'two', 1500]), writing([file, 'three', 1500])];
    await writers[0]?.line(/[0-9a-z]{8}\n/);
    // And another program reads meanwhile.
    const reading = await finished(program(['history', '--json', '--limit', '10', '--history', file]));
    expect(reading.code, reading.stderr).toBe(0);
    expect(reading.stdout).toMatch('"type":"delivery"');
    const ended = await Promise.all(writers.map(finished));
    for (const { code, stderr } of ended) expect(code, stderr).toBe(0);
    const printed = ended.flatMap(({ stdout }) => ids(stdout));
    const { ids: found, sound } = await inside(file);
    expect(found.toSorted()).toEqual(printed.toSorted());
    expect(sound).toBe('ok');
  });

  it.each([1, 2, 3])('killed in the middle of a burst lose nothing that was acknowledged (round %i)', async (round) => {
    const file = join(temporaryFolder(), 'h.db');
    const running = writing([file, 'burst', 1_000_000]);
    await running.line(new RegExp(`(?:[0-9a-z]{8}\\n){${round * 300}}`));
    running.child.kill('SIGKILL');
    expect(await running.ended).toBe('SIGKILL');
    const acknowledged = ids(running.stdout().replace(/[^\n]*$/, ''));
    const { ids: found, sound } = await inside(file);
    expect(acknowledged.length).toBeGreaterThanOrEqual(round * 300);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(expect.arrayContaining(acknowledged));
    expect(sound).toBe('ok');
  });
});

describe('the full-text index, which acknowledgements do not wait for', () => {
  const waiting = (database: { prepare(sql: string): { get(): Readonly<Record<string, unknown>> | undefined } }): number =>
    Number(database.prepare('SELECT count(*) AS n FROM deliveries WHERE seq > (SELECT upto FROM indexed)').get()?.['n']);

  it('is made whole before a search, whatever a listener has left or is writing', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const runtime = testRuntime();
    const history = await openHistory({ file, runtime });
    for (let i = 0; i < 450; i++) {
      const delivery = deliveryOf({ id: `d${i}`, body: named(i % 2 === 0 ? 'white peonies' : 'tulips') });
      await history.add(delivery, readingOf(delivery));
    }
    const archive = await openArchive({ file, runtime });
    onTestFinished(() => archive.close());
    const database = await openDatabase(file);
    onTestFinished(() => database.close());
    expect(waiting(database)).toBeGreaterThan(0);
    expect([...archive.find({ search: searchExpression('peon') ?? '' }).deliveries]).toHaveLength(225);
    expect(waiting(database)).toBe(0);
    const late = deliveryOf({ id: 'late', body: named('peonies again') });
    await history.add(late, readingOf(late));
    const again = await openArchive({ file, runtime });
    onTestFinished(() => again.close());
    expect([...again.find({ search: searchExpression('peonies') ?? '' }).deliveries]).toHaveLength(226);
    await history.close();
  });

  it('is made whole at the end, and by the next listener where one was killed', async () => {
    const file = join(temporaryFolder(), 'h.db');
    await fill(file, [{ id: 'one', body: named('white peonies') }]);
    const database = await openDatabase(file);
    onTestFinished(() => database.close());
    expect(waiting(database)).toBe(0);
    // As a listener leaves it that was killed at once.
    database.prepare("INSERT INTO texts (texts) VALUES ('delete-all')").run();
    database.prepare('UPDATE indexed SET upto = 0').run();
    const history = await openHistory({ file, runtime: testRuntime() });
    while (waiting(database) > 0) await once(process.stdout, 'never', { signal: AbortSignal.timeout(20) }).catch(() => undefined);
    expect(database.prepare("SELECT count(*) AS n FROM texts WHERE texts MATCH 'peonies'").get()?.['n']).toBe(1);
    await history.close();
  });
});
