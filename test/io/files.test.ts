import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromRoot, makeFolder } from '../../src/io/files.ts';
import { temporaryFolder } from '../support/folder.ts';

describe('a folder that is to be there', () => {
  it('is made with all above it, with the mode that is asked for', () => {
    const path = join(temporaryFolder({}), 'a', 'b', 'c');
    makeFolder(path, 0o700);
    makeFolder(path, 0o700);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
  });

  it.runIf(existsSync('/proc/self'))('fails where the file system takes none, and does not try for ever', () => {
    expect(() => makeFolder('/proc/nothing/a/b')).toThrow(/ENOENT/);
  });

  it('fails where a file is in the way', () => {
    const folder = temporaryFolder({ file: '' });
    expect(() => makeFolder(join(folder, 'file', 'a'))).toThrow(/ENOTDIR|EEXIST/);
  });
});

describe('a file as the root of a repository sees it', () => {
  it.each([
    ['below a folder of it', 'fixtures/a.json', '/repo/app', '/repo', 'app/fixtures/a.json'],
    ['at the root', 'a.json', '/repo', '/repo', 'a.json'],
    ['beside it', '../other/a.json', '/repo', '/repo', '../other/a.json'],
    ['in a folder above that is in it', '../a.json', '/repo/app', '/repo', 'a.json'],
    ['without a root', 'a.json', '/repo/app', '', 'a.json'],
  ])('%s', (_what, file, folder, root, name) => {
    expect(fromRoot(file, folder, root)).toBe(name);
  });
});
