import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { checkedRecords } from '../support/records.ts';
import { startListener } from '../support/runtime.ts';
import { keptIn, orderOf, pour, startBadApp } from '../support/soak.ts';

it('3,000 deliveries for an app that is slow, fails and is restarted: none lost, none stored twice, order kept, each attempt an outcome', async () => {
  const total = 3000;
  const app = await startBadApp(3, 600);
  const history = join(temporaryFolder(), 'h.db');
  const listener = await startListener(
    [
      '-f',
      `127.0.0.1:${app.port}`,
      '--retry',
      '--concurrency',
      '8',
      '--max-waiting',
      '3000',
      '--json',
      '--count',
      String(total),
      '--history',
      history,
    ],
    {
      after: (ms, action) => {
        const timer = setTimeout(action, ms > 30_000 ? ms : ms / 50);
        return () => clearTimeout(timer);
      },
    },
  );
  expect(await pour(listener.url, total, 20)).toBe(total);
  expect(await listener.ended).toBe(0);
  await app.close();
  expect(orderOf(app.taken)).toEqual({ arrived: total, disorder: 0 });
  const records = checkedRecords(listener.runtime.stdout.text);
  const ids = records.filter(({ type }) => type === 'delivery').map(({ id }) => id);
  expect(new Set(ids).size).toBe(total);
  // Attempts are numbered without a gap, and the last one of each was taken.
  const attempts = new Map<unknown, Record<string, unknown>[]>();
  for (const record of records.filter(({ type }) => type === 'outcome')) {
    attempts.set(record['delivery'], [...(attempts.get(record['delivery']) ?? []), record]);
  }
  expect(attempts.size).toBe(total);
  let again = 0;
  for (const tries of attempts.values()) {
    expect(tries.map(({ attempt }) => attempt)).toEqual(tries.map((_, index) => index + 1));
    expect(tries.at(-1)?.['status']).toBe(200);
    expect(tries.slice(0, -1).every(({ status }) => status !== 200)).toBe(true);
    again += tries.length - 1;
  }
  expect(again).toBeGreaterThan(50); // the app was bad enough for this to mean something
  expect(records.at(-1)).toMatchObject({ type: 'stopped', reason: 'count', deliveries: total, forwarded: total, failed: 0, left: 0 });
  const kept = await keptIn(history);
  expect(kept).toMatchObject({ stored: total, twice: 0, disorder: 0, unsound: [] });
  // The history tells of the same attempts, in the same order.
  expect(kept.attempts.size).toBe(total);
  for (const [id, tries] of attempts) {
    expect(kept.attempts.get(String(id))).toEqual(tries.map(({ attempt, status }) => ({ attempt, status: status ?? null })));
  }
});
