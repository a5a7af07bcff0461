import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../src/io/folders.ts';

describe('the data folder', () => {
  it.each([
    ['linux', {}, '/home/ann/.local/share/whapi-hooks'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/whapi-hooks'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ann/.local/share/whapi-hooks'],
    ['linux', { XDG_DATA_HOME: '' }, '/home/ann/.local/share/whapi-hooks'],
    ['darwin', {}, '/home/ann/Library/Application Support/whapi-hooks'],
    ['darwin', { XDG_DATA_HOME: '/data' }, '/data/whapi-hooks'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/whapi-hooks'],
    ['win32', { XDG_DATA_HOME: '/data' }, '/home/ann/AppData/Local/whapi-hooks'],
  ])('on %s with %j is %s', (platform, env, folder) => {
    expect(dataFolder({ platform, env, home: '/home/ann' })).toBe(folder);
  });
});
