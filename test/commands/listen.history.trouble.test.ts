import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/io/database.ts';
import { STEPS } from '../../src/io/migrations.ts';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectNoTrace } from '../support/harmless.ts';
import { fill } from '../support/history.ts';
import { send } from '../support/http.ts';
import { lookInto } from '../support/inside.ts';
import { named } from '../support/payloads.ts';
import { finished, program } from '../support/process.ts';
import { buildProgram, otherUserRuns, type Program, spawnProgram } from '../support/program.ts';

let everybodys: Program;
beforeAll(async () => {
  everybodys = await buildProgram();
});
afterAll(() => everybodys.remove());

const filled = async (count = 3): Promise<string> => {
  const file = join(temporaryFolder(), 'h.db');
  await fill(
    file,
    Array.from({ length: count }, (_, index) => ({ id: `d${index}`, body: named('x'.repeat(500)) })),
  );
  return file;
};

/** A file in which something is changed by SQL, with nothing left beside it. */
const changed = async (sql: string): Promise<string> => {
  const file = await filled();
  const database = await openDatabase(file);
  database.exec(`${sql}; PRAGMA wal_checkpoint(TRUNCATE)`);
  database.close();
  return file;
};

describe('a history that listen cannot use: one clear line, --no-history as advice, exit 3, the file as it was', () => {
  it.each<[string, () => Promise<string>, RegExp]>([
    ['of a newer version', () => changed(`PRAGMA user_version = ${STEPS.length + 1}`), /has version \d+; this whapi-hooks reads up to/],
    [
      'damaged',
      async () => {
        const file = await filled(300);
        writeFileSync(file, readFileSync(file).fill(0xa5, 100)); // all behind the header
        return file;
      },
      /is damaged; it was left as it is/,
    ],
    ['no database', async () => join(temporaryFolder({ 'h.db': 'just some notes of mine\n'.repeat(100) }), 'h.db'), /is not a database/],
    ['of another program', () => changed('PRAGMA application_id = 7'), /is a database of another program/],
  ])('%s', async (_what, make, says) => {
    const file = await make();
    const before = readFileSync(file);
    const { code, stdout, stderr } = await finished(program(['listen', '--port', '0', '--history', file]));
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
    expect(stderr).toContain('--no-history');
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr).not.toContain('Listening on');
    expectNoTrace(stderr);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('locked by another program', async () => {
    const file = await filled();
    const holder = await openDatabase(file);
    onTestFinished(() => holder.close());
    holder.exec('BEGIN EXCLUSIVE');
    const before = readFileSync(file);
    const { code, stderr } = await finished(program(['listen', '--port', '0', '--history', file]));
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: The history .* is held by another program\.$/m);
    expect(stderr).toContain('--no-history');
    expect(readFileSync(file).equals(before)).toBe(true);
    holder.exec('ROLLBACK');
  });

  it('in a folder that may not be written', async () => {
    if (!otherUserRuns('a history that may not be written')) return;
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const filledHere = join(temporaryFolder(), 'h.db');
    await fill(filledHere, [{ id: 'a', body: named('hi') }]);
    // libsql lets go of a closed file, and of what lies beside it, only when its statements are collected as garbage:
    // no process has the copy open, so nothing in its folder changes by itself.
    copyFileSync(filledHere, join(folder, 'h.db'));
    chmodSync(join(folder, 'h.db'), 0o644);
    const before = readFileSync(join(folder, 'h.db'));
    const names = readdirSync(folder);
    for (const name of ['h.db', 'new.db', 'deeper/new.db']) {
      const spawned = spawnProgram(everybodys, ['listen', '--port', '0', '--history', join(folder, name)], { uid: 65_534 });
      expect(await spawned.ended, spawned.stderr()).toBe(3);
      expect(spawned.stderr()).toMatch(/^error: .*(?:may not be written|permission denied|cannot be opened)/m);
      expect(spawned.stderr()).toContain('--no-history');
      expectNoTrace(spawned.stderr());
    }
    expect(readdirSync(folder)).toEqual(names);
    expect(readFileSync(join(folder, 'h.db')).equals(before)).toBe(true);
    // And so it goes on without.
    const without = spawnProgram(everybodys, ['listen', '--port', '0', '--no-history'], { uid: 65_534, cwd: folder });
    onTestFinished(() => void without.child.kill('SIGKILL'));
    await without.told(/Listening on/);
    without.child.kill('SIGINT');
    expect(await without.ended).toBe(0);
  });
});

it('a disk that fills up while it listens: 503, one warning, and it stores again when there is room; exit 3', async () => {
  const disk = temporaryFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]).status !== 0) {
    process.stdout.write('skipped: a small file system cannot be mounted here to fill it\n');
    return;
  }
  try {
    const file = join(disk, 'h.db');
    const app = await startApp();
    onTestFinished(() => app.close());
    const listener = program(['listen', '--port', '0', '--history', file, '-f', app.url, '--json']);
    onTestFinished(() => void listener.child.kill('SIGKILL'));
    const [, url = ''] = await listener.line(/Listening on (http:[^\s,]+)/);
    const taken: string[] = [];
    let refused = 0;
    const offer = async (body: string): Promise<void> => {
      const { status } = await send(url, body);
      if (status === 200) taken.push(body);
      else {
        expect(status).toBe(503);
        refused++;
      }
    };
    for (let number = 0; refused < 20; number++) {
      await Promise.all([0, 1, 2].map((part) => offer(named(`n ${number} ${part} ${'x'.repeat(8000)}`))));
      expect(number, 'the disk was never full').toBeLessThan(2000);
    }
    expect(taken.length).toBeGreaterThan(20);
    // What was there is there, to be read by others too.
    expect((await finished(program(['history', '--limit', '1', '--history', file]))).code).toBe(0);
    spawnSync('mount', ['-o', 'remount,size=30m', disk]);
    const full = taken.length;
    for (let number = 0; number < 10; number++) await offer(named(`again ${number}`));
    expect(taken.length - full).toBe(10);
    await app.count(taken.length);
    listener.child.kill('SIGINT');
    expect(await listener.ended, listener.stderr()).toBe(3);
    const told = listener.stderr();
    expect(told.match(/Deliveries cannot be stored: .*the disk is full\. They/g), told).toHaveLength(1);
    expect(told).toMatch(
      new RegExp(`^${taken.length} deliveries, ${taken.length} forwarded, ${refused} refused: not stored \\(503\\)$`, 'm'),
    );
    // Some outcomes may be missing; then that is told, beside all the rest.
    expect(told.match(/^error: /gm)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(listener.stdout()).toMatch(/"type":"stopped"/);
    expectNoTrace(told);
    const { deliveries, sound } = await lookInto(file);
    expect(sound.filter((line) => line !== 'ok')).toEqual([]);
    expect(deliveries.map(({ body }) => body.toString()).toSorted()).toEqual(taken.toSorted());
    expect(app.received.map(({ body }) => body.toString()).toSorted()).toEqual(taken.toSorted());
    expect(existsSync(file)).toBe(true);
  } finally {
    spawnSync('umount', ['-l', disk]);
  }
});
