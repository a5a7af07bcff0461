import { it } from 'vitest';
import { run } from './support/runtime.ts';
it('x', async () => {
  const o = await run(process.env['ARGS']!.split('|'));
  process.stdout.write(`${o.code}\n${o.stdout.slice(0, 6000)}\n--\n${o.stderr.slice(0, 3000)}\n`);
});
