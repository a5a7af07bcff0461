import { describe, expect, it, onTestFinished } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startRaw } from '../support/http.ts';
import { named } from '../support/payloads.ts';
import { checkedRecords } from '../support/records.ts';
import { jumpingClock } from '../support/run.ts';
import { run } from '../support/runtime.ts';

const LETTERS = 'abcdefghijklmnopqrst';
const files = { 'a.json': `[${[...LETTERS].map((letter) => named(letter)).join(',')}]` };
const texts = (app: App): string => app.received.map(({ body }) => /"body":"(\w+)"/.exec(body.toString())?.[1] ?? '?').join('');

/** What an app gets of twenty deliveries, and what is told of them; the clock jumps. */
const disturbed = async (
  flags: readonly string[],
  answer?: Parameters<typeof startApp>[0],
): Promise<{ got: string; at: number[]; code: number; stdout: string; app: App }> => {
  const clock = jumpingClock();
  const at: number[] = [];
  const app = await startApp((received, index, response) => {
    at.push(clock.elapsed());
    if (answer === undefined) response.end();
    else answer(received, index, response);
  });
  onTestFinished(() => app.close());
  const { code, stdout } = await run(['replay', 'a.json', '--to', app.url, ...flags], {
    cwd: temporaryFolder(files),
    elapsed: clock.elapsed,
    after: clock.after,
  });
  return { got: texts(app), at, code, stdout, app };
};

describe('faults', () => {
  it('--duplicate: the copies come right behind, byte for byte, and say what they are', async () => {
    const { got, code, stdout, app } = await disturbed(['--duplicate', '25%', '--seed', '1']);
    expect(code).toBe(0);
    const copies = [...got].filter((letter, index) => got[index - 1] === letter);
    expect(copies.length).toBeGreaterThan(1);
    expect(got.replace(/(.)\1/g, '$1')).toBe(LETTERS);
    const [first] = copies;
    const [one, two] = app.received.filter(({ body }) => body.toString() === named(first ?? ''));
    expect(two?.body.equals(one?.body ?? Buffer.alloc(0))).toBe(true);
    expect(two?.headers).toEqual(one?.headers);
    expect(stdout.match(/^ +copy of \d+; duplicate at once$/gm)).toHaveLength(copies.length);
    expect(stdout).toContain(`Faults: ${copies.length} duplicate; the same plan comes again with --seed 1.`);
  });

  it('--duplicate with a time: the copies come that much later', async () => {
    const { got, at } = await disturbed(['--duplicate', '100%:5s', '--rate', '1/s']);
    expect(got).toHaveLength(40);
    for (const letter of LETTERS) expect((at[got.lastIndexOf(letter)] ?? 0) - (at[got.indexOf(letter)] ?? 0)).toBe(5000);
  });

  it('--late: some come that much later, behind what came meanwhile', async () => {
    const { got, at, stdout } = await disturbed(['--late', '20%:3s', '--rate', '1/s', '--seed', '5']);
    expect([...got].sort().join('')).toBe(LETTERS);
    expect(got).not.toBe(LETTERS);
    const late = [...LETTERS].filter((letter, index) => (at[got.indexOf(letter)] ?? 0) === (index + 3) * 1000);
    const others = [...LETTERS].filter((letter, index) => (at[got.indexOf(letter)] ?? 0) === index * 1000);
    expect(late.length).toBeGreaterThan(0);
    expect(late.length + others.length).toBe(20);
    expect(stdout.match(/^ +late by 3 s$/gm)).toHaveLength(late.length);
  });

  it('--reorder: the order changes within so many', async () => {
    const { got, stdout } = await disturbed(['--reorder', '4', '--seed', '2']);
    expect(got).not.toBe(LETTERS);
    for (let at = 0; at < 20; at += 4) expect([...got.slice(at, at + 4)].sort().join('')).toBe(LETTERS.slice(at, at + 4));
    expect(stdout).toMatch(/^ +reorder \d places? (later|earlier)$/m);
  });

  it('--drop-connection: cut in the middle of the body, then sent again', async () => {
    const raw = await startRaw((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const { code, stdout } = await run(['replay', '-', '--to', raw.url, '--drop-connection', '100%'], { stdin: named('x') });
    expect(code).toBe(0);
    expect(raw.received).toHaveLength(2);
    const [cut = '', whole = ''] = raw.received.map((text) => text.slice(text.indexOf('\r\n\r\n') + 4));
    expect(whole).toBe(named('x'));
    expect(cut.length).toBeGreaterThan(0);
    expect(cut.length).toBeLessThan(whole.length);
    expect(whole.startsWith(cut)).toBe(true);
    expect(stdout).toContain(`drop-connection after ${cut.length} of ${whole.length} bytes`);
  });

  it('--slow-body: the body trickles, and the endpoint is not blamed for it', async () => {
    const { got, at, code, stdout } = await disturbed(['--slow-body', '100%:90s']);
    expect(code).toBe(0);
    expect(got).toBe(LETTERS);
    expect(at).toEqual([...LETTERS].map((_, index) => (index + 1) * 90_000));
    expect(stdout.match(/^ +slow-body over 1\.5 min$/gm)).toHaveLength(20);
    expect(stdout).toMatch(/max 0 ms$/m);
  });

  it('--retry: what was not answered 200 comes again, later each time, before the next', async () => {
    const { got, at, code, stdout } = await disturbed(['--retry'], (_received, index, response) => {
      response.statusCode = index < 2 ? 503 : 200;
      response.end();
    });
    expect(code).toBe(0);
    expect(got).toBe(`aaa${LETTERS.slice(1)}`);
    expect(at.slice(0, 4)).toEqual([0, 3000, 9000, 9000]);
    expect(stdout).toContain('retry sent 3 times');
    expect(stdout).toContain('Faults: 1 retry.');
  });

  it('--retry 1 tries once more and then tells', async () => {
    const { got, code, stdout } = await disturbed(
      ['--retry', '1', '--fail-fast'],
      (_received, _index, response) => void response.writeHead(500).end(),
    );
    expect(got).toBe('aa');
    expect(code).toBe(1);
    expect(stdout).toMatch(/1 failed \(1 × status 500\), 19 not sent/);
  });
});

describe('the same seed', () => {
  const flags = ['--duplicate', '30%:2s', '--reorder', '3', '--late', '20%:4s', '--drop-connection', '20%', '--slow-body', '20%:1s'];

  it('makes the same plan, another seed another, and a run without one tells its own', async () => {
    const cwd = temporaryFolder(files);
    const plan = async (...seed: string[]): Promise<string> => {
      const { stdout } = await run(['replay', 'a.json', '--dry-run', '--json', '--rate', '2/s', ...flags, ...seed], { cwd });
      expect(checkedRecords(stdout).length).toBeGreaterThan(20);
      return stdout;
    };
    expect(await plan('--seed', '11')).toBe(await plan('--seed', '11'));
    expect(await plan('--seed', '11')).not.toBe(await plan('--seed', '12'));
    const first = await disturbed(['--reorder', '5']);
    const seed = /--seed (\d+)\./.exec(first.stdout)?.[1] ?? '';
    expect((await disturbed(['--reorder', '5', '--seed', seed])).got).toBe(first.got);
  });

  it('makes the same recording at the endpoint, with all faults at once', async () => {
    const once = async (): Promise<string[]> => {
      const { app, stdout } = await disturbed([...flags, '--seed', '11']);
      for (const kind of ['duplicate', 'reorder', 'late', 'drop-connection', 'slow-body']) expect(stdout).toContain(kind);
      return app.received.map(
        ({ method, url, headers, body }) => `${method} ${url} ${headers.filter((text) => !text.startsWith('127.')).join('|')} ${body}`,
      );
    };
    const first = await once();
    expect(first.length).toBeGreaterThan(20);
    expect(await once()).toEqual(first);
  });
});
