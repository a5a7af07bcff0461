import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { openProbe } from '../../src/io/probe.ts';
import { temporaryFolder } from '../support/folder.ts';
import { closedPort } from '../support/http.ts';

const serve = async (status: number, body: string): Promise<string> => {
  const server = createServer((_request, response) => void response.writeHead(status, { location: '/elsewhere' }).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/count`;
};

const failure = async (text: string, cwd = '/'): Promise<UserError> => {
  const error: unknown = await openProbe(text, cwd)().catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw new Error('it did not fail');
  return error;
};

describe('a probe', () => {
  it('is the body of a url, without white space around it', async () => {
    expect(await openProbe(await serve(200, ' 42\n'), '/')()).toBe('42');
  });

  it('is what a command prints, in the folder it is started in', async () => {
    const cwd = temporaryFolder({ 'count.txt': '7\n' });
    const script = "process.stdout.write(require('fs').readFileSync('count.txt'))";
    expect(await openProbe(`${process.execPath} -e "${script}"`, cwd)()).toBe('7');
  });

  it('is read without a shell: nothing in a command means anything but quotes', async () => {
    const command = `${process.execPath} -p "process.argv.slice(1).join('|')" 'a b' $HOME ; * > x`;
    expect(await openProbe(command, temporaryFolder())()).toBe('a b|$HOME|;|*|>|x');
  });

  it.each<[name: string, probe: () => Promise<string>, message: RegExp]>([
    ['a url that answers 500', () => serve(500, 'no'), /status 500/],
    ['a url that leads elsewhere', () => serve(302, ''), /cannot be read/],
    ['a url with more than a megabyte', () => serve(200, 'x'.repeat(1_000_001)), /larger than 1 MB/],
    ['a port where nothing listens', async () => `http://127.0.0.1:${await closedPort()}`, /connection refused/],
    ['a command that is not there', async () => 'no-such-command-here', /there is no such file/],
    ['a command that fails', async () => `${process.execPath} -e "process.exit(7)"`, /ended with 7/],
    ['a command that says too much', async () => `${process.execPath} -e "process.stdout.write('x'.repeat(1100000))"`, /more than 1 MB/],
  ])('fails with 3 for %s, and says why', async (_name, probe, message) => {
    const { exitCode, message: told } = await failure(await probe());
    expect([exitCode, told]).toEqual([3, expect.stringMatching(message)]);
  });

  it.each(['', '"', 'http://'])('refuses %j as called wrongly', (text) => {
    expect(() => openProbe(text, '/')).toThrow(UserError);
  });
});
