// A run of the built program against a small handler → docs/report.png, the picture of its HTML report in the README.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { root } from './schemas.js';

/** Deliveries in the middle of the run, of which each third is refused. */
const [FROM, TO] = [300, 440];

let count = 0;
const handler = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    count++;
    response.statusCode = count > FROM && count < TO && count % 3 === 0 ? 500 : 200;
    setTimeout(() => response.end('{"ok":true}'), count % 23 === 0 ? 60 + (count % 90) : (count % 7) * 3);
  });
});
handler.listen(0, '127.0.0.1');
await once(handler, 'listening');

const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-report-'));
const flags = ['--repeat', '5', '--concurrency', '8', '--rate', '250/s', '--duplicate', '10%', '--seed', '7'];
const to = `http://127.0.0.1:${handler.address().port}/webhook`;
const page = join(folder, 'report.html');
const program = spawn(
  process.execPath,
  [join(root, 'bin', 'whapi-hooks.cjs'), 'replay', 'samples', ...flags, '--to', to, '--reporter', `html=${page}`],
  { cwd: root, stdio: 'inherit' },
);
await once(program, 'exit');
handler.close();

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const context = await browser.newContext({ offline: true, viewport: { width: 1120, height: 988 } });
const tab = await context.newPage();
await tab.goto(pathToFileURL(page).href);
await tab.screenshot({ path: join(root, 'docs', 'report.png') });
await browser.close();
rmSync(folder, { recursive: true });
