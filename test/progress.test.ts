import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { progressText } from '../src/io/progress.ts';
import { startApp } from './support/app.ts';
import { temporaryFolder } from './support/folder.ts';
import { named } from './support/payloads.ts';
import { bin, start } from './support/process.ts';

describe('the progress of a long run', () => {
  it.each([
    ['no estimate at first', [3, 10, 1999, 'count'], '3 of 10'],
    ['then one', [3, 10, 6000, 'count'], '3 of 10, about 14 s left'],
    ['of bytes', [250_000_000, 1_000_000_000, 5000, 'bytes'], '250.0 MB of 1.0 GB, about 15 s left'],
    ['in minutes where it is long', [1, 100, 10_000, 'count'], '1 of 100, about 17 min left'],
    ['none where nothing is done yet', [0, 10, 9000, 'count'], '0 of 10'],
    ['none at the end', [10, 10, 9000, 'count'], '10 of 10'],
    ['never more than all', [12, 10, 9000, 'count'], '12 of 12'],
    ['only what is done where nobody knows how much there is', [5_000_000, 0, 9000, 'bytes'], '5.0 MB'],
  ] as const)('%s', (_what, [done, total, ms, unit], text) => {
    expect(progressText(done, total, ms, unit)).toBe(text);
  });

  const hasTerminal = spawnSync('script', ['--version']).status === 0;

  it('stands on a terminal while it lasts, and nothing of it stays', async () => {
    if (!hasTerminal) {
      process.stdout.write('skipped: the program script is needed to make a terminal\n');
      return;
    }
    // The second delivery is answered when the progress of the first has been seen.
    let answer = (): void => {};
    const app = await startApp((_received, index, response) => {
      if (index === 0) response.end('ok');
      else answer = () => void response.end('ok');
    });
    const cwd = temporaryFolder({});
    writeFileSync(join(cwd, 'a.json'), `[${named('one')},${named('two')}]`);
    const command = `stty cols 100; "${process.execPath}" "${bin}" replay a.json --to ${app.port}`;
    const running = start('script', ['-qefc', command, '/dev/null'], { cwd, env: { TERM: 'xterm', COLUMNS: '100', CI: undefined } });
    await running.line(/1 of 2/);
    answer();
    expect(await running.ended).toBe(0);
    expect(running.stdout()).toContain('2 deliveries');
    expect(running.stdout().lastIndexOf('1 of 2')).toBeLessThan(running.stdout().lastIndexOf('\u001b[0K'));
    await app.close();
  });

  it('is left out on a terminal that does not say how wide it is', async () => {
    if (!hasTerminal) return;
    const app = await startApp((_received, _index, response) => void setTimeout(() => response.end('ok'), 1500));
    const cwd = temporaryFolder({ 'a.json': named('one') });
    const command = `stty cols 0; "${process.execPath}" "${bin}" replay a.json --to ${app.port}`;
    const running = start('script', ['-qefc', command, '/dev/null'], { cwd, env: { TERM: 'xterm', CI: undefined } });
    expect(await running.ended).toBe(0);
    expect(running.stdout()).toContain('1 delivery');
    expect(running.stdout()).not.toContain('0 of 1');
    await app.close();
  });
});
