import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { send } from '../support/http.ts';
import { named } from '../support/payloads.ts';
import { run, startListener } from '../support/runtime.ts';

/** A string where the schemas have a boolean, which is an error, and a word they do not know, which is a warning. */
const ODD = named('hi', { from_me: 'no', source: 'tv' });
const OVERLAY = JSON.stringify({
  v: 1,
  accept: [
    { event: 'messages.post', pointer: '/messages/*/from_me', rule: 'wrong-type', types: ['string'] },
    { event: 'messages.post', pointer: '/messages/*/source', rule: 'unknown-word', words: ['tv'] },
  ],
});
const CONFIG = JSON.stringify({ schemaOverlay: 'accepted.json' });

describe('an overlay that a project has accepted', () => {
  const files = { 'odd.json': ODD, 'accepted.json': OVERLAY };
  const inConfig = { 'whapi-hooks.config.json': CONFIG, 'accepted.json': OVERLAY, 'deep/odd.json': ODD };

  describe('validate', () => {
    it('finds what it accepts only without it', async () => {
      const cwd = temporaryFolder(files);
      expect((await run(['validate', 'odd.json'], { cwd })).code).toBe(1);
      const { code, stdout } = await run(['validate', 'odd.json', '--strict', '--schema-overlay', 'accepted.json'], { cwd });
      expect([code, stdout]).toEqual([0, expect.stringContaining('no findings')]);
    });

    it('takes it from the config, whose folder its path starts at; a flag wins', async () => {
      const root = temporaryFolder({ ...inConfig, 'deep/other.json': '{"v":1,"accept":[]}' });
      const cwd = `${root}/deep`;
      expect((await run(['validate', 'odd.json', '--strict'], { cwd })).code).toBe(0);
      expect((await run(['validate', 'odd.json', '--schema-overlay', 'other.json'], { cwd })).code).toBe(1);
      expect((await run(['validate', 'odd.json'], { cwd, env: { WHAPI_HOOKS_SCHEMA_OVERLAY: 'other.json' } })).code).toBe(1);
    });

    it('passes over overlays among the files of a folder', async () => {
      const cwd = temporaryFolder({ 'a.json': named('hi'), 'whapi-hooks.overlay.json': OVERLAY });
      expect((await run(['validate', '.'], { cwd })).stdout).toContain('1 file, 1 event');
    });
  });

  it.each([
    ['is not there', 'nothing.json', 3, /nothing\.json cannot be read: there is no such file/],
    ['is no JSON', 'broken.json', 2, /broken\.json:1:9: not JSON/],
    ['is something else', 'odd.json', 2, /odd\.json is no overlay/],
  ])('one that %s ends validate, listen and replay alike', async (_what, file, code, says) => {
    const cwd = temporaryFolder({ ...files, 'broken.json': '{"v": 1,,' });
    for (const command of [
      ['validate', 'odd.json'],
      ['listen', '--port', '0'],
      ['replay', 'odd.json', '--to', '1'],
    ]) {
      const result = await run([...command, '--schema-overlay', file], { cwd });
      expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(says)]);
    }
  });

  it('listen calls such a delivery valid', async () => {
    const cwd = temporaryFolder(files);
    for (const [flags, verdict] of [
      [[], 'invalid'],
      [['--schema-overlay', 'accepted.json'], 'valid'],
    ] as const) {
      const listener = await startListener(['--json', ...flags], { cwd });
      await send(listener.url, ODD);
      const line = await listener.runtime.stdout.line(/"type":"delivery"/);
      expect(JSON.parse(line)).toMatchObject({ verdict });
      await listener.stop();
    }
  });

  it('replay says which payloads do not fit, and sends them all the same', async () => {
    const app = await startApp();
    const cwd = temporaryFolder(files);
    const plain = await run(['replay', 'odd.json', '--to', app.url, '--json'], { cwd });
    expect(plain.stderr).toContain('1 of 1 payload does not fit the schemas; whapi-hooks validate says where.');
    expect(JSON.parse(plain.stdout.split('\n')[0] ?? '')).toMatchObject({ verdict: 'invalid', status: 200 });
    const accepted = await run(['replay', 'odd.json', '--to', app.url, '--schema-overlay', 'accepted.json'], { cwd });
    expect([accepted.code, accepted.stderr]).toEqual([0, '']);
    expect(app.received).toHaveLength(2);
    await app.close();
  });
});
