import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { identityOf, look, runs, startOf } from '../../src/io/processes.ts';

const own = process.platform;
const hasPs = own !== 'win32' && spawnSync('ps', ['-o', 'lstart=', '-p', String(process.pid)]).status === 0;

describe('a process', () => {
  it('is told from one that gets its number later', () => {
    const { pid, started } = identityOf(process.pid, own);
    expect(runs({ pid, started }, own)).toBe(true);
    if (own !== 'win32') expect(runs({ pid, started: `${started}1` }, own)).toBe(false);
  });

  it('that has ended runs no more', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    const noted = identityOf(child.pid ?? 0, own);
    expect(runs(noted, own)).toBe(true);
    child.stdin.end();
    await once(child, 'exit');
    expect(startOf(noted.pid, own)).toBeUndefined();
    expect(runs(noted, own)).toBe(false);
  });

  it('is shown with its command line', () => {
    expect(look(process.pid, own)?.line).toContain('node');
  });

  it.runIf(hasPs)('has one start where ps tells it, whatever zone and language the one who asks has', () => {
    const before = { ...process.env };
    onTestFinished(() => {
      process.env = before;
    });
    const starts = [
      { TZ: 'Asia/Tokyo', LC_ALL: 'C' },
      { TZ: 'America/New_York', LC_ALL: 'de_DE.UTF-8' },
    ].map((env) => {
      process.env = { ...before, ...env };
      return startOf(process.pid, 'darwin');
    });
    expect(starts[0]).toMatch(/^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/);
    expect(starts[1]).toBe(starts[0]);
  });
});
