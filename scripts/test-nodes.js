// The tests on other Nodes: npm run test:nodes [major...]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './schemas.js';

const majors = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24'];
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
let failed = false;
const build = spawnSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'inherit' });
if (build.status !== 0) process.exit(1);
for (const major of majors) {
  console.log(`\nNode ${major}`);
  const { status } = spawnSync('npx', ['-y', '-p', `node@${major}`, 'node', vitest, 'run'], { cwd: root, stdio: 'inherit' });
  console.log(`Node ${major}: ${status === 0 ? 'passed' : 'FAILED'}`);
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
