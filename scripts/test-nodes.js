// The tests on other Nodes: npm run test:nodes [major...]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './schemas.js';

const majors = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24'];
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
let failed = false;
const build = spawnSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'inherit' });
if (build.status !== 0) process.exit(1);
/** A package that is nothing but that Node; the package `node` fetches it by an install script, which .npmrc forbids. */
const nodeOf = (major) => ['-y', '-p', `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}@${major}`, 'node'];
for (const major of majors) {
  const version = String(spawnSync('npx', [...nodeOf(major), '-v'], { cwd: root, encoding: 'utf8' }).stdout).trim();
  console.log(`\nNode ${major}: ${version}`);
  const passed =
    version.startsWith(`v${major}.`) && spawnSync('npx', [...nodeOf(major), vitest, 'run'], { cwd: root, stdio: 'inherit' }).status === 0;
  console.log(`Node ${major}: ${passed ? 'passed' : 'FAILED'}`);
  failed ||= !passed;
}
process.exitCode = failed ? 1 : 0;
