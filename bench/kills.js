// A listener that is killed (SIGKILL) in the middle of a burst, again and again, on one history: npm run kills [rounds]
// What was answered 200 must be there exactly once, byte for byte, and the file sound. Exits with 1 where it is not.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parts, root } from './parts.js';

const rounds = Number(process.argv[2] ?? 20);
const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-kills-'));
const { damageOf, killOnce, startKillApp, hasSqlite } = await parts('test/support/kill.ts', folder);

const app = await startKillApp();
const file = join(folder, 'history.db');
const sent = { sent: new Set(), acknowledged: new Set() };
let fine = true;
console.log(`checked with libsql${hasSqlite ? ' and sqlite3' : '; sqlite3 is not installed'}`);
for (let round = 1; round <= rounds; round++) {
  const answered = 1 + Math.floor(Math.random() * 7000);
  const { taken, others } = await killOnce(
    { bin: join(root, 'bin', 'whapi-hooks.cjs'), file, app: app.port, name: `r${round}`, answered, pause: Math.random() * 20 },
    sent,
  );
  const { lost, twice, changed, stray, unsound, stored } = await damageOf(file, sent);
  const good = others + lost + twice + changed + stray + unsound.length === 0;
  fine &&= good;
  console.log(
    `round ${round}: killed after ${taken} answers; ${sent.acknowledged.size} answered 200 in all, ${stored} stored; ` +
      `lost ${lost}, twice ${twice}, changed ${changed}, stray outcomes ${stray}, other answers ${others}, file ${unsound.join('; ') || 'ok'}`,
  );
}
app.close();
rmSync(folder, { recursive: true });
console.log(fine ? 'Nothing was lost.' : 'Something was lost.');
process.exitCode = fine ? 0 : 1;
