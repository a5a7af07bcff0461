import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { damageOf, killOnce, type Sent, startKillApp } from '../support/kill.ts';
import { bin } from '../support/process.ts';

it('killed in the middle of a burst, three times on one history: what was answered 200 is there once, as it came', async () => {
  const file = join(temporaryFolder(), 'h.db');
  const app = await startKillApp();
  onTestFinished(() => app.close());
  const sent: Sent = { sent: new Set(), acknowledged: new Set() };
  for (const [name, answered, pause] of [
    ['a', 60, 0],
    ['b', 700, 3],
    ['c', 1500, 11],
  ] as const) {
    const { taken, others } = await killOnce({ bin, file, app: app.port, name, answered, pause }, sent);
    expect(taken).toBeGreaterThanOrEqual(answered);
    const damage = await damageOf(file, sent);
    expect({ others, ...damage }).toMatchObject({ others: 0, lost: 0, twice: 0, changed: 0, stray: 0, unsound: [] });
    expect(damage.stored).toBeGreaterThanOrEqual(sent.acknowledged.size);
  }
});
