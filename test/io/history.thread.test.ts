import { once } from 'node:events';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openArchive } from '../../src/io/archive.ts';
import { type Engine, openDatabase } from '../../src/io/database.ts';
import { searchExpression } from '../../src/io/filter.ts';
import { type History, type HistoryOptions, openHistory } from '../../src/io/history.ts';
import { withoutSqliteWarning } from '../../src/runtime.ts';
import { temporaryFolder } from '../support/folder.ts';
import { CAME, deliveryOf, fill, outcomeOf, readingOf } from '../support/history.ts';
import { lookInto } from '../support/inside.ts';
import { named } from '../support/payloads.ts';
import { packageRoot, testRuntime } from '../support/runtime.ts';

const program = join(packageRoot, 'dist', 'worker.cjs');
/** Written by the thread from the first delivery on. */
const thread = { program, after: 0 };

const hasNodeSqlite = await withoutSqliteWarning(() => import('node:sqlite')).then(
  () => true,
  () => false,
);
const engines: Engine[] = hasNodeSqlite ? ['libsql', 'node:sqlite'] : ['libsql'];

const open = async (options: Partial<HistoryOptions> = {}): Promise<{ history: History; file: string }> => {
  const file = options.file ?? join(temporaryFolder(), 'h.db');
  const history = await openHistory({ runtime: testRuntime(), thread, ...options, file });
  onTestFinished(() => history.close().catch(() => undefined));
  return { history, file };
};

const add = (history: History, id: string, text = 'white peonies'): Promise<void> => {
  const delivery = deliveryOf({ id, body: named(text) });
  return history.add(delivery, readingOf(delivery));
};

/** So many deliveries in one turn of the event loop. */
const crowd = async (history: History, name: string, count: number): Promise<void> => {
  await Promise.all(Array.from({ length: count }, (_, index) => add(history, `${name}${index}`)));
};

/** A program of a thread, instead of the real one. */
const pretending = (code: string): string =>
  join(temporaryFolder({ 'worker.cjs': `const { parentPort, workerData } = require('node:worker_threads');\n${code}` }), 'worker.cjs');

describe.each(engines)('a thread that writes the history with %s', (engine) => {
  it('stores deliveries and outcomes byte for byte', async () => {
    const file = join(temporaryFolder(), 'h.db');
    const bodies = [named('hi'), new Uint8Array([0, 255, 128, 10]), '', '\ufeff{"a" : 1.10}', named('nul \0 and 😀')];
    const sent = [{ status: 500, answer: new Uint8Array([9, 200]), cut: true }, {}, { error: 'refused\0!' }];
    await fill(
      file,
      bodies.map((body, index) => ({ id: `d${index}`, body, outcomes: sent })),
      { engines: [engine], base: '/hook', thread },
    );
    const archive = await openArchive({ file, runtime: testRuntime(), engines: [engine] });
    onTestFinished(() => archive.close());
    const found = [...archive.find({}).deliveries];
    expect(found).toHaveLength(bodies.length);
    for (const [index, stored] of found.entries()) {
      const delivery = deliveryOf({ id: `d${index}`, body: bodies[index] ?? '' });
      expect({ ...stored.delivery, body: Buffer.from(stored.delivery.body) }).toEqual({ ...delivery, body: Buffer.from(delivery.body) });
      expect(stored.base).toBe('/hook');
      expect(stored.outcomes).toMatchObject([
        { attempt: 1, outcome: { kind: 'answered', status: 500, ms: 12.5, answer: { cut: true } } },
        { attempt: 2, outcome: { kind: 'answered', status: 200, answer: { cut: false } } },
        { attempt: 3, outcome: { kind: 'failed', error: 'refused\ufffd!', cause: 'unreachable' } },
      ]);
      const [first] = stored.outcomes;
      expect(first?.outcome.kind === 'answered' && [...first.outcome.answer.bytes]).toEqual([9, 200]);
    }
  });

  it('has committed what is acknowledged', async () => {
    const { history, file } = await open({ engines: [engine] });
    const reader = await openDatabase(file, [engine]);
    onTestFinished(() => reader.close());
    for (let number = 1; number <= 20; number++) {
      await add(history, `d${number}`);
      expect(reader.prepare('SELECT count(*) AS n FROM deliveries').get()?.['n']).toBe(number);
    }
  });
});

describe('a thread that writes the history', () => {
  it('is the only one that writes: what it does not write is not there', async () => {
    const program = pretending(`parentPort.on('message', (order) => {
      parentPort.postMessage(order === 'close' ? 'closed' : { failed: [], lost: 0, lostBy: undefined, renamed: [] });
    });
    parentPort.postMessage('ready');`);
    const { history, file } = await open({ thread: { program, after: 0 } });
    await crowd(history, 'a', 20);
    await history.close();
    expect((await lookInto(file)).deliveries).toEqual([]);
  });

  it('gives an id that is there already a number, and its outcomes find it', async () => {
    const file = join(temporaryFolder(), 'h.db');
    await fill(file, [{ id: 'same', body: named('one'), outcomes: [{ status: 201 }] }]);
    await fill(file, [{ id: 'same', body: named('two'), outcomes: [{ status: 202 }] }], { thread });
    const { outcomes } = await lookInto(file);
    expect(outcomes).toMatchObject([
      { delivery: 'same', status: 201 },
      { delivery: 'same-2', status: 202 },
    ]);
  });

  it('is started when deliveries come in crowds, and nothing is lost or turned round on the way', async () => {
    const { history, file } = await open({ thread: { program, after: 40 } });
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    for (const name of names) {
      await crowd(history, name, 30);
      await add(history, `alone-${name}`);
      history.addOutcome(outcomeOf(`alone-${name}`, {}));
    }
    await history.close();
    const { deliveries, outcomes, sound } = await lookInto(file);
    expect(deliveries.map(({ id }) => id)).toEqual(
      names.flatMap((name) => [...Array.from({ length: 30 }, (_, index) => `${name}${index}`), `alone-${name}`]),
    );
    expect(outcomes.map(({ delivery }) => delivery)).toEqual(names.map((name) => `alone-${name}`));
    expect(new Set(sound)).toEqual(new Set(['ok']));
  });

  it('leaves a few to the other thread where it is calm, and both keep the order, the ids and the outcomes', async () => {
    const { history, file } = await open({ thread: { program, after: 1, calm: 0 } });
    const names = Array.from({ length: 30 }, (_, index) => `r${index}-`);
    for (const name of names) {
      await crowd(history, name, 20);
      await add(history, `alone-${name}`);
      history.addOutcome(outcomeOf(`alone-${name}`, {}));
      await add(history, 'same');
      history.addOutcome(outcomeOf('same', { status: 202 }));
    }
    await history.close();
    const { deliveries, outcomes, sound } = await lookInto(file);
    const same = (index: number): string => (index === 0 ? 'same' : `same-${index + 1}`);
    expect(deliveries.map(({ id }) => id)).toEqual(
      names.flatMap((name, at) => [...Array.from({ length: 20 }, (_, index) => `${name}${index}`), `alone-${name}`, same(at)]),
    );
    expect(outcomes.map(({ delivery }) => delivery)).toEqual(names.flatMap((name, index) => [`alone-${name}`, same(index)]));
    expect(new Set(sound)).toEqual(new Set(['ok']));
  });

  it('is asked for crowds only where it is calm, told to rest in between, and asked for all while it is not', async () => {
    const told = join(temporaryFolder(), 'told.txt');
    const program = pretending(`const { appendFileSync } = require('node:fs');
    parentPort.on('message', (order) => {
      appendFileSync(${JSON.stringify(told)}, (typeof order === 'string' ? order : order.deliveries) + ' ');
      if (order !== 'rest') parentPort.postMessage(order === 'close' ? 'closed' : { failed: [], lost: 0, lostBy: undefined, renamed: [] });
    });
    parentPort.postMessage('ready');`);
    const first = await open({ thread: { program, after: 1, calm: 0 } });
    // It is asked as soon as it has started.
    while (statSync(told, { throwIfNoEntry: false }) === undefined) await crowd(first.history, '', 20);
    await add(first.history, 'one');
    await add(first.history, 'two');
    await crowd(first.history, 'x', 10);
    await first.history.close();
    expect(readFileSync(told, 'utf8')).toBe('20 rest 10 close ');
    expect((await lookInto(first.file)).deliveries.map(({ id }) => id).slice(-2)).toEqual(['one', 'two']);

    rmSync(told);
    const second = await open({ thread: { program, after: 1, calm: 1e9 } });
    while (statSync(told, { throwIfNoEntry: false }) === undefined) await crowd(second.history, '', 20);
    await add(second.history, 'one');
    await second.history.close();
    expect(readFileSync(told, 'utf8')).toBe('20 1 close ');
  });

  it('may be starting still when the history is closed', async () => {
    const { history, file } = await open({ thread: { program, after: 1 } });
    await crowd(history, 'a', 50);
    await history.close();
    expect((await lookInto(file)).deliveries).toHaveLength(50);
  });

  it('lets go of what is too much, makes the full-text index and leaves no log behind', async () => {
    const { history, file } = await open({ keep: { days: 9999, deliveries: 100, bytes: 1e9 } });
    for (let round = 0; round < 12; round++) await crowd(history, `r${round}-`, 100);
    const reader = await openDatabase(file);
    onTestFinished(() => reader.close());
    const stored = (): number => Number(reader.prepare('SELECT count(*) AS n FROM deliveries').get()?.['n']);
    while (stored() > 100) await add(history, `more${stored()}`);
    reader.close();
    await history.close();
    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
    const archive = await openArchive({ file, runtime: testRuntime() });
    onTestFinished(() => archive.close());
    expect(archive.database.prepare('SELECT upto - (SELECT max(seq) FROM deliveries) AS n FROM indexed').get()?.['n']).toBe(0);
    expect([...archive.find({ search: searchExpression('peonies') ?? '' }).deliveries]).toHaveLength(100);
  });

  it('lets go of what is too old by the clock of the program', async () => {
    const { history, file } = await open({ keep: { days: 2, deliveries: 1e6, bytes: 1e9 } });
    const old = deliveryOf({ id: 'old', time: CAME - 3 * 86_400_000, body: named('old') });
    await history.add(old, readingOf(old));
    await add(history, 'new');
    const reader = await openDatabase(file);
    onTestFinished(() => reader.close());
    const stored = (): unknown[] =>
      reader
        .prepare('SELECT id FROM deliveries')
        .all()
        .map(({ id }) => id);
    while (stored().length > 1) await once(process.stdout, 'never', { signal: AbortSignal.timeout(20) }).catch(() => undefined);
    expect(stored()).toEqual(['new']);
  });

  it('waits for another program, and tells what it could not store; the same words as without it', async () => {
    const { history, file } = await open({ patience: 300 });
    await add(history, 'first');
    const holder = await openDatabase(file);
    onTestFinished(() => holder.close());
    holder.exec('BEGIN IMMEDIATE');
    history.addOutcome(outcomeOf('first', {}));
    await expect(add(history, 'second')).rejects.toMatchObject({
      name: 'UserError',
      exitCode: 3,
      message: `The history ${file} is held by another program.`,
      hint: expect.stringMatching('--no-history'),
      cause: expect.any(Error),
    });
    await expect(history.flush()).rejects.toMatchObject({
      message: expect.stringMatching(/^1 outcome is missing in the history: .* held by/),
    });
    holder.exec('ROLLBACK');
    await add(history, 'third');
    await history.close();
    expect((await lookInto(file)).deliveries.map(({ id }) => id)).toEqual(['first', 'third']);
  });
});

describe('a thread that fails', () => {
  it.each([
    ['by an error', "throw new Error('out of order')", /has ended: out of order\.$/],
    ['by ending', 'process.exit(7)', /has ended: exit code 7\.$/],
  ])('%s in the middle of a batch: what it had is refused, what comes next is stored without it', async (_how, fails, says) => {
    const { history, file } = await open({
      thread: { program: pretending(`parentPort.on('message', () => { ${fails}; }); parentPort.postMessage('ready');`), after: 0 },
    });
    const refused = await Promise.allSettled([add(history, 'a'), add(history, 'b')]);
    for (const one of refused) {
      expect(one).toMatchObject({ status: 'rejected', reason: { name: 'UserError', exitCode: 3, message: expect.stringMatching(says) } });
    }
    await add(history, 'c');
    history.addOutcome(outcomeOf('c', {}));
    await history.close();
    const { deliveries, outcomes } = await lookInto(file);
    expect(deliveries.map(({ id }) => id)).toEqual(['c']);
    expect(outcomes).toHaveLength(1);
  });

  it.each([
    ['is not there', () => join(temporaryFolder(), 'no.cjs')],
    ['throws at its start', () => pretending("throw new Error('no')")],
    ['ends at once', () => pretending('')],
  ])('at its start, since its program %s: all is stored without it', async (_why, make) => {
    const { history, file } = await open({ thread: { program: make(), after: 0 } });
    await crowd(history, 'a', 20);
    await history.close();
    expect((await lookInto(file)).deliveries).toHaveLength(20);
  });

  it('tells how many outcomes went with it', async () => {
    const { history } = await open({
      thread: { program: pretending("parentPort.on('message', () => process.exit(1)); parentPort.postMessage('ready');"), after: 0 },
    });
    history.addOutcome(outcomeOf('a', {}));
    history.addOutcome(outcomeOf('a', {}));
    await expect(history.flush()).rejects.toMatchObject({
      message: expect.stringMatching(/^2 outcomes are missing in the history: The thread/),
    });
  });
});
