import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/io/database.ts';
import { temporaryFolder } from '../support/folder.ts';

it('two databases that are opened at once leave the warnings of the program around them as they were', async () => {
  const { emitWarning } = process;
  const file = join(temporaryFolder(), 'h.db');
  // Where this Node has no such engine, looking for it is enough.
  const opened = await Promise.allSettled([openDatabase(file, ['node:sqlite']), openDatabase(file, ['node:sqlite'])]);
  for (const one of opened) if (one.status === 'fulfilled') one.value.close();
  expect(process.emitWarning).toBe(emitWarning);
});
