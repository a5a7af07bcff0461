import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** Chromium of the machine: CHROMIUM may name another. */
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Why pages cannot be looked at here; undefined where they can. */
export const missing =
  spawnSync(CHROMIUM, ['--version'], { stdio: 'ignore' }).status === 0
    ? undefined
    : `there is no ${CHROMIUM} (Debian: chromium); CHROMIUM names another`;
if (missing !== undefined) process.stdout.write(`skipped: pages are not looked at in a browser: ${missing}\n`);

/** What a slow machine may take for one thing. */
export const PATIENCE = 120_000;

/** A browser that calls nobody by itself. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    timeout: PATIENCE,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
