import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RULES } from '../src/event/finding.ts';
import { type App, startApp } from './support/app.ts';
import { EDGE_CERTIFICATE, makeCloudflared, startEdgeProxy } from './support/cloudflared.ts';
import { openGateway, type Payload, TOKEN } from './support/gateway.ts';
import { bin, finished, type Running, start } from './support/process.ts';
import { packageRoot } from './support/runtime.ts';

const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');

interface Block {
  readonly listens: boolean;
  readonly commands: readonly { readonly command: string; readonly output: string }[];
}

/** The transcripts of the README: each command with what is shown below it. */
const blocks: Block[] = [...readme.matchAll(/```console( listen)?\n([\s\S]*?)```/g)].map(([, listens, text = '']) => ({
  listens: listens !== undefined,
  commands: text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { command: part.slice(0, end), output: part.slice(end + 1) };
    }),
}));

const hasJq = spawnSync('jq', ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-readme-'));
const sample = (category: string, name: string): unknown =>
  (JSON.parse(readFileSync(join(packageRoot, 'samples', `${category}.json`), 'utf8')) as Record<string, unknown>)[name];

let app: App;
beforeAll(async () => {
  app = await startApp();
  const call = sample('calls', 'video call ringing');
  writeFileSync(join(folder, 'call.json'), JSON.stringify(call, null, 2));
  // The file that the README shows.
  const broken = /\$ cat broken\.json\n([\s\S]*?)\$ /.exec(readme)?.[1] ?? '';
  writeFileSync(join(folder, 'broken.json'), broken);
});
afterAll(() => app.close());

/** Clock times, ids, milliseconds, ports and trailing space differ from run to run. */
const steady = (text: string): string =>
  text
    .replaceAll(/\d\d:\d\d:\d\d/g, 'TIME')
    .replaceAll(/^\d{4}-\d\d-\d\d$/gm, 'DATE')
    .replaceAll(/ +\d+(?:\.\d)? m?s\b */g, ' N ms ')
    .replaceAll(/((?:127\.0\.0\.1|localhost):)\d+/g, '$1PORT')
    .replaceAll(/\b[0-9a-hjkmnp-tv-z]{8}\b/g, 'ID')
    .replaceAll(/ +\d+(?:\.\d)? k?B /g, ' SIZE ')
    .trimEnd();

/** What a tunnel in the README needs: a stand-in for cloudflared, and the way to its edge. */
let edge: Record<string, string> = {};
/** And what a registration needs: a stand-in for the provider. */
let provider: Record<string, string> = {};

const shell = (command: string, listenPort: string): Running => {
  const real = command
    .replaceAll('--to 4545', `--to ${listenPort}`)
    .replaceAll('3000/webhook', `${app.port}/webhook`)
    .replaceAll(
      /whapi-hooks (listen)?/g,
      (_all, listen?: string) => `"${process.execPath}" "${bin}" ${listen === undefined ? '' : 'listen --port 0 '}`,
    );
  return start('bash', ['-c', real], {
    cwd: folder,
    env: {
      COLUMNS: '100',
      WHAPI_HOOKS_NO_HISTORY: undefined,
      XDG_DATA_HOME: join(folder, 'data'),
      ...(command.includes('--tunnel') ? edge : {}),
      ...(/--register|webhooks/.test(command) ? provider : {}),
    },
  });
};

describe('the README', () => {
  it('shows real output: every transcript comes out as it stands there', async () => {
    expect(blocks.length).toBeGreaterThan(8);
    const standIn = makeCloudflared();
    const proxy = await startEdgeProxy(standIn.folder);
    edge = { CLOUDFLARED_BIN: standIn.path, HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: EDGE_CERTIFICATE };
    const gateway = await openGateway({ proxy: proxy.url, ca: readFileSync(EDGE_CERTIFICATE, 'utf8') });
    onTestFinished(() => gateway.close());
    provider = { WHAPI_TOKEN: TOKEN, WHAPI_API_URL: gateway.url };
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index] as Block;
      if (!hasJq && block.commands.some(({ command }) => command.includes('| jq'))) {
        process.stdout.write('skipped: jq is needed for one transcript of the README\n');
        continue;
      }
      let listenPort = '0';
      let listener: { running: Running; expected: string } | undefined;
      if (block.listens) {
        const { command, output } = block.commands[0] ?? { command: '', output: '' };
        const running = shell(command, listenPort);
        listenPort = (await running.line(/127\.0\.0\.1:(\d+)/))[1] ?? '';
        if (output.includes('Public address')) await running.line(/Public address/);
        if (output.includes('Registered')) await running.line(/Registered/);
        listener = { running, expected: output };
      }
      const next = blocks[index + 1];
      const feeds = block.listens && next?.commands.some(({ command }) => command.includes('--to 4545')) === true;
      if (feeds) index++;
      else if (listener?.expected.includes('Registered') === true) {
        expect(await gateway.deliver(sample('calls', 'video call ringing') as Payload)).toEqual([200]);
      } else if (listener !== undefined) expect((await finished(shell('whapi-hooks replay call.json --to 4545', listenPort))).code).toBe(0);
      for (const { command, output } of feeds ? next.commands : block.listens ? [] : block.commands) {
        const { stdout, stderr } = await finished(shell(command, listenPort));
        const heard = stderr.replace(/^.*taken from the installed whapi-hooks\.\n/m, '');
        expect(steady(`${stdout}${heard}`), command).toBe(steady(output));
      }
      if (listener !== undefined) {
        const { stdout, stderr } = await finished(listener.running);
        // What is said before the first delivery stands above it.
        const lines = stderr.split('\n');
        const said = lines.findLastIndex((line) => /^(?:Listening|Public address|Anybody|Registered)/.test(line)) + 1;
        expect(steady(`${lines.slice(0, said).join('\n')}\n${stdout}${lines.slice(said).join('\n')}`)).toBe(steady(listener.expected));
      }
    }
  });

  it('lists every rule with its severity and meaning', () => {
    const rows = [...readme.matchAll(/^\| `([\w-]+)` +\| (error|warning) +\| (.+?) +\|$/gm)].map(([, rule, severity, means]) => [
      rule,
      { severity, means: means?.replaceAll('`', '') },
    ]);
    expect(Object.fromEntries(rows)).toEqual(RULES);
  });

  it('names files and sections that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(5);
    const anchors = [...readme.matchAll(/^## (.+)$/gm)].map(
      ([, title = '']) =>
        `#${title
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-')}`,
    );
    for (const path of links) {
      if (path.startsWith('#')) expect(anchors).toContain(path);
      else expect(() => readFileSync(join(packageRoot, path)), path).not.toThrow(/ENOENT/);
    }
  });
});
