import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Executable, findCloudflared } from '../../src/io/cloudflared/find.ts';
import { packageCommand } from '../../src/io/cloudflared/packages.ts';
import { PINNED } from '../../src/io/cloudflared/release.ts';
import { temporaryFolder } from '../support/folder.ts';
import { testRuntime } from '../support/runtime.ts';

/** A machine with a cloudflared at some of its places. */
const machine = (places: readonly string[], env: Record<string, string>, platform = 'linux') => {
  const folder = temporaryFolder({ 'empty/readme.txt': '', ...Object.fromEntries(places.map((place) => [place, '#!/bin/sh\n'])) });
  for (const place of places) if (!place.includes('plain')) chmodSync(join(folder, place), 0o755);
  const inside = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replaceAll('~', folder)]));
  const data = { XDG_DATA_HOME: join(folder, 'data'), LOCALAPPDATA: join(folder, 'data') };
  return { folder, runtime: testRuntime({ cwd: folder, env: { ...data, ...inside }, platform, cloudflared: { version: '2.0.0' } }) };
};

const OWN = 'data/whapi-hooks/cloudflared/2.0.0/cloudflared';

interface Case {
  readonly title: string;
  readonly places?: readonly string[];
  readonly env?: Record<string, string>;
  readonly flag?: string;
  readonly platform?: string;
  readonly found: readonly [string, Executable['origin']] | undefined;
}

const CASES: readonly Case[] = [
  { title: 'nothing anywhere', env: { PATH: '~/empty' }, found: undefined },
  { title: 'no PATH at all', found: undefined },
  {
    title: 'the flag before all others',
    places: ['given', 'named', 'bin/cloudflared', OWN],
    env: { CLOUDFLARED_BIN: '~/named', PATH: '~/bin' },
    flag: 'given',
    found: ['given', 'flag'],
  },
  {
    title: 'CLOUDFLARED_BIN before PATH',
    places: ['named', 'bin/cloudflared', OWN],
    env: { CLOUDFLARED_BIN: 'named', PATH: '~/bin' },
    found: ['named', 'environment'],
  },
  { title: 'an empty CLOUDFLARED_BIN as none', places: [OWN], env: { CLOUDFLARED_BIN: '' }, found: [OWN, 'data folder'] },
  { title: 'PATH before the data folder', places: ['bin/cloudflared', OWN], env: { PATH: '~/bin' }, found: ['bin/cloudflared', 'PATH'] },
  {
    title: 'the first of PATH that may be run',
    places: ['plain/cloudflared', 'bin/cloudflared', 'later/cloudflared'],
    env: { PATH: '~/missing::~/plain:~/bin:~/later' },
    found: ['bin/cloudflared', 'PATH'],
  },
  { title: 'no folder as a program', places: ['bin/cloudflared/x', OWN], env: { PATH: '~/bin' }, found: [OWN, 'data folder'] },
  { title: 'nothing below a relative folder of PATH', places: ['bin/cloudflared'], env: { PATH: 'bin:.:' }, found: undefined },
  {
    title: 'nothing that npm put there: it would download by itself',
    places: ['node_modules/.bin/cloudflared', OWN],
    env: { PATH: '~/node_modules/.bin:~/node_modules/.bin/' },
    found: [OWN, 'data folder'],
  },
  { title: 'the data folder', places: [OWN], env: { PATH: '~/empty' }, found: [OWN, 'data folder'] },
  { title: 'no other version of the data folder', places: [OWN.replace('2.0.0', '1.0.0')], found: undefined },
  {
    title: 'on Windows by PATHEXT, from a quoted folder',
    places: ['bin/cloudflared.exe'],
    env: { Path: '~/empty;"~/bin"', PATHEXT: '.COM;.EXE;.BAT' },
    platform: 'win32',
    found: ['bin/cloudflared.exe', 'PATH'],
  },
  {
    title: 'on Windows nothing that needs a shell',
    places: ['bin/cloudflared.bat', 'bin/cloudflared'],
    env: { PATH: '~/bin' },
    platform: 'win32',
    found: undefined,
  },
  { title: 'on Windows the .exe of the data folder', places: [`${OWN}.exe`], platform: 'win32', found: [`${OWN}.exe`, 'data folder'] },
];

describe('cloudflared is looked for', () => {
  it.each(CASES)('and found: $title', ({ places = [], env = {}, flag, platform, found }) => {
    const { folder, runtime } = machine(places, env, platform);
    expect(findCloudflared({ flag, runtime })).toEqual(found && { path: join(folder, found[0]), origin: found[1] });
  });

  it.each([
    ['nowhere', /--cloudflared: nowhere does not exist\./],
    ['empty', /--cloudflared: empty is a folder\./],
    ['empty/readme.txt', /--cloudflared: empty\/readme\.txt may not be run\./],
    ['', /--cloudflared is empty\./],
  ])('where the flag says %j, and that is refused', (flag, says) => {
    const { runtime } = machine([OWN], {});
    expect(() => findCloudflared({ flag, runtime })).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(says) }),
    );
  });

  it.each([
    ['nowhere', /^CLOUDFLARED_BIN: nowhere does not exist\./],
    ['empty', /^CLOUDFLARED_BIN: empty is a folder\./],
    ['empty/readme.txt', /^CLOUDFLARED_BIN: empty\/readme\.txt may not be run\./],
  ])('where CLOUDFLARED_BIN says %j, and that is refused by its name', (named, says) => {
    const { runtime } = machine([OWN], { CLOUDFLARED_BIN: named });
    expect(() => findCloudflared({ flag: undefined, runtime })).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(says) }),
    );
  });
});

describe('the command of a package manager', () => {
  it.each([
    ['darwin', [], 'brew install cloudflared'],
    ['win32', [], 'winget install --id Cloudflare.cloudflared'],
    ['linux', ['bin/pacman'], 'pacman -S cloudflared'],
    ['linux', ['bin/apt-get'], /^apt-get install cloudflared, once its packages are set up as https:/],
    ['linux', ['bin/brew', 'bin/apt-get'], 'brew install cloudflared'],
    ['linux', [], 'see https://pkg.cloudflare.com'],
  ])('on %s with %j', (platform, places, command) => {
    const { runtime } = machine(places, { PATH: '~/bin' }, platform);
    expect(packageCommand(runtime)).toMatch(command);
  });
});

describe('the pinned release', () => {
  it('is encrypted on its way, has a checksum for each file, and none for macOS, where sources disagree', () => {
    expect(PINNED.base).toBe(`https://github.com/cloudflare/cloudflared/releases/download/${PINNED.version}/`);
    expect(Object.keys(PINNED.assets).sort()).toEqual(['linux-arm64', 'linux-x64', 'win32-x64']);
    for (const { name, sha256 } of Object.values(PINNED.assets)) {
      expect(name).toMatch(/^cloudflared-(?:linux|windows)-(?:amd64|arm64)(?:\.exe)?$/);
      expect(sha256).toMatch(/^[\da-f]{64}$/);
    }
  });
});
