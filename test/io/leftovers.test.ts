import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endLeftovers, noteChild } from '../../src/io/leftovers.ts';
import { hasNotes, notesFolder } from '../../src/io/notes.ts';
import { runs } from '../support/cloudflared.ts';
import { temporaryFolder } from '../support/folder.ts';
import { testRuntime } from '../support/runtime.ts';

const isLinux = process.platform === 'linux';

/** A process that sleeps, in a group of its own. */
const sleeper = async (mark: string, first = 'process.stdout.write("up");'): Promise<ChildProcess & { readonly pid: number }> => {
  const script = `${first} setInterval(() => {}, 1 << 30)`;
  const child = spawn(process.execPath, ['-e', script, mark], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  onTestFinished(() => void child.kill('SIGKILL'));
  return child as ChildProcess & { readonly pid: number };
};

/** A number of a process that has ended. */
const deadPid = async (): Promise<number> => {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  return child.pid ?? 0;
};

const scene = () => {
  const runtime = testRuntime({ env: { XDG_DATA_HOME: temporaryFolder() } });
  const folder = notesFolder(runtime);
  const noted = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.json'));
  /** Changes a note, as another life of the machine would have written it. */
  const change = (pid: number, changed: (note: Record<string, unknown>) => object): void => {
    const file = join(folder, `${pid}.json`);
    const note = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...note, ...changed(note) }));
  };
  return { runtime, folder, noted, change };
};

describe.runIf(isLinux)('programs that a killed listener has left', () => {
  it('are noted for their owner alone, and the note can be taken back', async () => {
    const { runtime, folder, noted } = scene();
    const child = await sleeper('mine');
    const forget = noteChild(runtime, { pid: child.pid, marks: ['mine'] });
    expect(statSync(join(folder, `${child.pid}.json`)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(hasNotes(runtime)).toBe(true);
    forget();
    expect(noted()).toEqual([]);
    expect(hasNotes(runtime)).toBe(false);
  });

  it('are ended where their listener is gone', async () => {
    const { runtime, noted, change } = scene();
    const child = await sleeper('mine');
    noteChild(runtime, { pid: child.pid, marks: ['mine'] });
    const dead = await deadPid();
    change(child.pid, () => ({ parent: { pid: dead, started: '1' } }));
    const gone = once(child, 'exit');
    expect(await endLeftovers(runtime)).toBe(1);
    await gone;
    expect(child.signalCode).toBe('SIGTERM');
    expect(noted()).toEqual([]);
  });

  it('are killed where SIGTERM does not end them', async () => {
    const { runtime, change } = scene();
    const child = await sleeper('mine', 'process.on("SIGTERM", () => {}); process.stdout.write("up");');
    noteChild(runtime, { pid: child.pid, marks: ['mine'] });
    change(child.pid, () => ({ parent: gone }));
    const left = once(child, 'exit');
    // The seconds that it has are over at once.
    const after = (_ms: number, action: () => void): (() => void) => {
      setImmediate(action);
      return () => {};
    };
    expect(await endLeftovers({ ...runtime, after })).toBe(1);
    await left;
    expect(child.signalCode).toBe('SIGKILL');
  });

  it.each<[string, (note: Record<string, unknown>) => object, number]>([
    ['their listener runs', () => ({}), 1],
    ['the number belongs to another process now', ({ child }) => ({ child: { ...(child as object), started: '12' }, parent: gone }), 0],
    ['another program runs under that number', () => ({ marks: ['/usr/local/bin/cloudflared'], parent: gone }), 0],
    ['no text tells it', () => ({ marks: [], parent: gone }), 0],
    ['the machine has been started since', () => ({ boot: 'of yesterday', parent: gone }), 0],
    ['the note is of another container', () => ({ space: 'pid:[1]', parent: gone }), 1],
    ['the number is none', () => ({ child: { pid: 1, started: '1' }, parent: gone }), 1],
    ['the note is of another form', () => ({ parent: 5 }), 1],
  ])('are left alone where %s', async (_what, changed, left) => {
    const { runtime, noted, change } = scene();
    const child = await sleeper('mine');
    noteChild(runtime, { pid: child.pid, marks: ['mine'] });
    change(child.pid, changed);
    expect(await endLeftovers(runtime)).toBe(0);
    expect(runs(child.pid)).toBe(true);
    expect(noted()).toHaveLength(left);
  });

  it.each(['', '{', 'null', '[]', '5', '"x"', '{"child":null}'])('a note that holds %j is passed over', async (text) => {
    const { runtime, folder } = scene();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '123.json'), text);
    writeFileSync(join(folder, 'readme.txt'), 'x');
    expect(await endLeftovers(runtime)).toBe(0);
  });

  it('nothing noted: nothing done', async () => {
    expect(await endLeftovers(scene().runtime)).toBe(0);
  });
});

/** A listener that is no more. */
const gone = { pid: 4_194_303, started: '1' };
