import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bin, finished, program, start } from './support/process.ts';
import { packageRoot } from './support/runtime.ts';

const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-bin-'));
const shell = (command: string): Promise<{ code: number | string; stdout: string; stderr: string }> =>
  finished(start('bash', ['-o', 'pipefail', '-c', command.replaceAll('whapi-hooks', `"${process.execPath}" "${bin}"`)], { cwd: folder }));

describe('the built program', () => {
  it('tells its version', async () => {
    expect(await finished(program(['--version']))).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('says what it can do when called without a command, on standard error', async () => {
    const { code, stdout, stderr } = await finished(program([]));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/Usage: whapi-hooks/);
  });

  it('ends a listener with 0 on Ctrl-C', async () => {
    const listener = program(['listen', '--port', '0']);
    await listener.line(/Listening on/);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);
    expect(listener.stderr()).toMatch(/^0 deliveries$/m);
  });

  it('leaves at once on a second Ctrl-C, with 130', async () => {
    // An app that takes the connection and never answers keeps the first Ctrl-C waiting.
    const app = createServer();
    const asked = new Promise<void>((resolve) => {
      app.on('connection', (socket) => {
        socket.on('error', () => {});
        socket.on('data', () => resolve());
      });
    });
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    const address = app.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const listener = program(['listen', '--port', '0', '-f', `127.0.0.1:${port}`]);
    const [url] = await listener.line(/http:\/\/127\.0\.0\.1:\d+\//);
    await fetch(url, { method: 'POST', body: '{}' });
    await asked;
    listener.child.kill('SIGINT');
    await listener.line(/Waiting for/);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(130);
    app.close();
  });

  it('ends quietly when its reader goes away', async () => {
    const { code, stdout, stderr } = await shell('(whapi-hooks samples; echo "code $?" >&2) | head -1');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toBe('code 0\n');
  });

  it.skipIf(!existsSync('/dev/full'))('says that its answer could not be written, and ends with 3', async () => {
    const { code, stderr } = await shell('whapi-hooks samples > /dev/full');
    expect(code).toBe(3);
    expect(stderr).toBe('error: Standard output cannot be written: the disk is full.\n       What was printed is not whole.\n');
  });

  it('ends a listener whose reader has gone away', async () => {
    const listener = start('bash', ['-c', `"${process.execPath}" "${bin}" listen --port 0 --json | head -2`]);
    const [url] = await listener.line(/http:\/\/127\.0\.0\.1:\d+\//);
    let isOver = false;
    const ended = listener.ended.finally(() => {
      isOver = true;
    });
    // When the reader goes is its own affair; the listener hears of it with what it writes next.
    while (!isOver) await fetch(url, { method: 'POST', body: '{}' }).catch(() => undefined);
    expect(await ended).toBe(0);
  });

  it('checks what comes through a pipe', async () => {
    writeFileSync(
      join(folder, 'body.json'),
      '{"user":{"id":"99900011122","name":"Ann"},"event":{"type":"users","event":"post"},"channel_id":"ABCDEF-A1B2C"}',
    );
    const { code, stdout } = await shell('cat body.json | whapi-hooks validate - --json');
    expect({ code, report: JSON.parse(stdout) as unknown }).toEqual({
      code: 0,
      report: { files: 1, events: 1, errors: 0, warnings: 0, findings: [] },
    });
  });

  it('runs under another name and through a link', () => {
    const link = join(folder, 'link.cjs');
    execFileSync('ln', ['-sf', bin, link]);
    expect(execFileSync(process.execPath, [link, 'samples', 'calls'], { encoding: 'utf8' })).toMatch(/call ringing/);
  });
});
