import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app.ts';
import { missing, openBrowser, PATIENCE } from '../support/browser.ts';
import { temporaryFolder } from '../support/folder.ts';
import { message, named } from '../support/payloads.ts';
import { run } from '../support/runtime.ts';

/** Would be an element, a script, an attribute or the end of the page, if anything let it. */
const HOSTILE = `</code></title></style><script>globalThis.hit = 1</script><img src="http://127.0.0.1:9/x" onerror="hit = 1">' onfocus='hit = 1' autofocus \u202e\u001b[31m`;

const PAYLOADS = {
  'a plain one': JSON.parse(named('hello')),
  'one that is refused': JSON.parse(named('refuse')),
  [HOSTILE]: {
    messages: [message('hostile', { type: HOSTILE })],
    event: { type: 'messages', event: 'post' },
    channel_id: 'JZGNAY-C53WG',
  },
  'أهلا وسهلا': JSON.parse(named('refuse, too')),
};

/** The page of a real run in which something of everything is found: failures, faults, kinds, a hostile name and answer. */
const makePage = async (): Promise<string> => {
  const app = await startApp((received, _index, response) => {
    const text = received.body.toString();
    response.statusCode = text.includes('refuse') ? 500 : 200;
    response.end(JSON.stringify({ ok: text.includes('hostile') ? HOSTILE : true }));
  });
  const cwd = mkdtempSync(join(tmpdir(), 'whapi-hooks-page-'));
  writeFileSync(join(cwd, 'all.json'), JSON.stringify(PAYLOADS));
  const argv = ['replay', 'all.json', 'groups', '--to', app.url, '--repeat', '3', '--seed', '7', '--duplicate', '20%', '--reorder', '4'];
  const flags = ['--expect', 'body.ok=true', '--expect', 'status=2xx', '--delay', '5ms', '--reporter', 'html=page.html'];
  const { code } = await run([...argv, ...flags], { cwd, elapsed: () => performance.now() });
  await app.close();
  expect(code).toBe(1);
  const html = readFileSync(join(cwd, 'page.html'), 'utf8');
  rmSync(cwd, { recursive: true });
  return html;
};

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

describe.skipIf(missing !== undefined)('the page of replay --reporter html, in a browser', () => {
  let browser: Browser;
  let html = '';
  beforeAll(async () => {
    html = await makePage();
    browser = await openBrowser();
  }, PATIENCE);
  afterAll(() => browser.close(), PATIENCE);

  /** Opens a page of a run, hears all that it says and asks for. */
  const open = async (
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; url: string; asked: string[]; failed: string[]; said: string[]; refused: () => Promise<string[]> }> => {
    const file = join(temporaryFolder({ 'page.html': html }), 'page.html');
    const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 900 }, ...options });
    onTestFinished(() => context.close());
    context.setDefaultTimeout(PATIENCE);
    const asked: string[] = [];
    const failed: string[] = [];
    const said: string[] = [];
    context.on('request', (request) => void asked.push(request.url()));
    context.on('requestfailed', (request) => void failed.push(`${request.url()} ${request.failure()?.errorText}`));
    context.on('console', (one) => void said.push(one.text()));
    context.on('weberror', (error) => void said.push(String(error.error())));
    await context.addInitScript(
      "globalThis.refused = []; document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => refused.push(effectiveDirective));",
    );
    const page = await context.newPage();
    const url = pathToFileURL(file).href;
    await page.goto(url);
    return { page, url, asked, failed, said, refused: () => page.evaluate<string[]>('refused') };
  };

  it('asks for nothing but itself, says nothing and breaks no rule of its own', async () => {
    const { page, url, asked, said, refused } = await open();
    expect(await page.title()).toMatch(/^\d+ of \d+ deliveries failed/);
    expect(asked).toEqual([url]);
    expect(said).toEqual([]);
    expect(await refused()).toEqual([]);
  });

  it('its rules hold: a script, a style and a picture that come in later do nothing', async () => {
    const { page, failed, refused } = await open();
    await page.evaluate(`
      const add = (name, members) => document.body.append(Object.assign(document.createElement(name), members));
      add('script', { textContent: 'globalThis.hit = 1' });
      add('style', { textContent: 'body { color: red }' });
      add('img', { src: 'http://127.0.0.1:9/x' });
    `);
    await expect.poll(refused, { timeout: PATIENCE }).toEqual(expect.arrayContaining(['script-src-elem', 'style-src-elem', 'img-src']));
    expect(await page.evaluate('globalThis.hit')).toBeUndefined();
    await expect.poll(() => failed, { timeout: PATIENCE }).toEqual(['http://127.0.0.1:9/x csp']);
  });

  it('what strangers wrote is text: no element, no script, no attribute comes of it', async () => {
    const { page } = await open();
    expect(await page.locator('script, img, iframe, object, embed, form, link, base, a, [style], [autofocus], [src], [href]').count()).toBe(
      0,
    );
    const handlers =
      "[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames()).filter((name) => name.startsWith('on'))";
    expect(await page.evaluate(handlers)).toEqual([]);
    expect(await page.evaluate('globalThis.hit')).toBeUndefined();
    const body = await page.locator('main').textContent();
    expect(body).toContain('<script>globalThis.hit = 1</script><img src="http://127.0.0.1:9/x" onerror="hit = 1">');
    expect(body).toContain('autofocus \\u202e\\x1b[31m');
  });

  it.each([
    ['light', 1280, 'screen'],
    ['dark', 1280, 'screen'],
    ['light', 360, 'screen'],
    ['dark', 360, 'screen'],
    ['dark', 794, 'print'],
  ] as const)('is accessible: %s, %d pixels wide, on %s', async (colorScheme, width, media) => {
    const { page } = await open({ colorScheme, viewport: { width, height: 800 } });
    await page.emulateMedia({ media, colorScheme });
    const before = await page.evaluate<Violation[]>(`${axe.source}; axe.run().then(({ violations }) => violations)`);
    expect(before).toEqual([]);
    await page.evaluate("document.querySelector('details').open = true");
    const opened = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
    expect(opened).toEqual([]);
    const [wide, high] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, document.documentElement.scrollHeight]',
    );
    expect(wide).toBeLessThanOrEqual(width);
    expect(high).toBeGreaterThan(800);
  });

  it('axe would see a text that is too soft and a picture without words', async () => {
    const { page } = await open();
    await page.evaluate("document.querySelector('h1').style.color = '#999'; document.querySelector('.by-time title').remove()");
    const found = await page.evaluate<Violation[]>(`${axe.source}; axe.run().then(({ violations }) => violations)`);
    expect(found.map(({ id }) => id).sort()).toEqual(['color-contrast', 'svg-img-alt']);
  });

  it('every scroller is reached with the keyboard, and scrolls where the screen is narrow', async () => {
    const { page } = await open({ viewport: { width: 360, height: 800 } });
    const reached = new Set<string>();
    const scrollers = await page.locator('[role=region]:visible').count();
    for (let press = 0; press <= scrollers + 1; press++) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate<string>("document.activeElement.getAttribute('aria-labelledby') ?? document.activeElement.tagName"));
    }
    expect([...reached]).toEqual(expect.arrayContaining(['SUMMARY', 'slowest', 'faults', 'groups']));
    const table = page.getByRole('region', { name: 'How many deliveries, and how long answers took' });
    await table.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => table.evaluate((one) => one.scrollLeft), { timeout: PATIENCE }).toBeGreaterThan(0);
  });

  it('a click selects the whole command', async () => {
    const { page } = await open();
    const command = page.locator('.command').first();
    await command.click();
    expect(await page.evaluate('String(getSelection())')).toBe(await command.textContent());
    expect(await command.textContent()).toMatch(/^whapi-hooks replay '?all\.json#/);
  });

  it.each([1280, 360])('at %d pixels the charts and their words stay within their cards', async (width) => {
    const { page } = await open({ viewport: { width, height: 800 } });
    const beyond = await page.evaluate<string[]>(`[...document.querySelectorAll('.chart text')].filter((one) => {
      const [its, card] = [one.getBoundingClientRect(), one.closest('section').getBoundingClientRect()];
      return its.left < card.left || its.right > card.right;
    }).map((one) => one.textContent)`);
    expect(beyond).toEqual([]);
    expect(await page.locator('.over-time rect.bar').count()).toBeGreaterThan(2);
    expect(await page.locator('.over-time rect.wrong').count()).toBeGreaterThan(0);
    expect(await page.locator('.by-time rect.bar').count()).toBeGreaterThan(0);
  });

  it('is printed black on white, as PDF too', async () => {
    const { page } = await open({ colorScheme: 'dark' });
    const colours = "[getComputedStyle(document.body).color, getComputedStyle(document.querySelector('section')).backgroundColor]";
    expect(await page.evaluate(colours)).toEqual(['rgb(231, 235, 240)', 'rgb(23, 27, 33)']);
    const file = join(temporaryFolder(), 'page.pdf');
    await page.pdf({ path: file });
    expect(readFileSync(file).subarray(0, 5).toString()).toBe('%PDF-');
    expect(readFileSync(file).length).toBeGreaterThan(20_000);
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate(colours)).toEqual(['rgb(0, 0, 0)', 'rgb(255, 255, 255)']);
  });
});
