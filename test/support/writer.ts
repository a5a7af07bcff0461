// A process that writes a history as a listener does: file, name and number of deliveries. It prints each id once it
// is stored, and `full` or what went wrong where it is not.

import { join } from 'node:path';
import { openHistory } from '../../src/io/history.ts';
import { randomId } from '../../src/runtime.ts';
import { deliveryOf, outcomeOf, readingOf } from './history.ts';
import { named } from './payloads.ts';
import { packageRoot, testRuntime } from './runtime.ts';

const [file = '', name = '', count = '0', padding = '0', keep = '1000000'] = process.argv.slice(2);
const runtime = { ...testRuntime(), now: () => Date.now() };
const history = await openHistory({
  file,
  runtime,
  keep: { days: 30, deliveries: Number(keep), bytes: 1e9 },
  // The log is emptied all the time.
  program: join(packageRoot, 'dist', 'worker.cjs'),
  after: 200_000,
});
process.stdout.write('open\n');
const filler = 'x'.repeat(Number(padding));
const one = async (number: number): Promise<void> => {
  const delivery = deliveryOf({ id: randomId(), time: Date.now(), body: named(`${name} ${number} ${filler}`) });
  try {
    await history.add(delivery, readingOf(delivery));
    process.stdout.write(`${delivery.id}\n`);
    history.addOutcome(outcomeOf(delivery.id, { status: 200 }));
  } catch (error) {
    process.stdout.write(`failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(3);
  }
};
for (let number = 0; number < Number(count); ) {
  const together = 1 + (number % 40);
  await Promise.all(Array.from({ length: together }, (_, index) => one(number + index)));
  number += together;
}
await history.close();
process.stdout.write('closed\n');
