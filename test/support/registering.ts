import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { channelFolder, sha256, thisProcess } from '../../src/io/journal.ts';
import { type Registration, registrationText } from '../../src/provider/registration.ts';
import { entryText } from '../../src/provider/settings.ts';
import { temporaryFolder } from './folder.ts';
import { CHANNEL, type Gateway, type GatewayOptions, memberText, openGateway, TOKEN, withMember } from './gateway.ts';
import { testRuntime } from './runtime.ts';

/** Time that runs a hundred times as fast. */
export const quick = (ms: number, action: () => void): (() => void) => {
  const timer = setTimeout(action, ms / 100);
  return () => clearTimeout(timer);
};

/** A gateway, and the environment in which the program speaks to it; both go when the test ends. */
export const startGateway = async (
  options: GatewayOptions = {},
): Promise<{ gateway: Gateway; env: Record<string, string>; data: string }> => {
  const gateway = await openGateway(options);
  onTestFinished(() => gateway.close());
  const data = temporaryFolder();
  return { gateway, data, env: { WHAPI_TOKEN: TOKEN, WHAPI_API_URL: gateway.url, XDG_DATA_HOME: data } };
};

/** All files below a folder, with their texts. */
export const filesIn = (folder: string): { path: string; text: string }[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => ({ path, text: readFileSync(path, 'latin1') }))
    : [];

/** The files of the journal. */
export const journalOf = (data: string): { path: string; text: string }[] =>
  filesIn(join(data, 'whapi-hooks', 'registrations')).filter(({ path }) => path.endsWith('.json'));

/** The secret of the webhook that a dead listener left. */
export const LEFT_SECRET = 'secret-of-the-dead';
export const LEFT_URL = 'https://left.example.com/';

/** A listener that was killed left its webhook in the settings and a note in the journal; `more` changes the note. */
export const leaveBehind = (
  { gateway, env }: { gateway: Gateway; env: Record<string, string> },
  more: Partial<Registration> = {},
): void => {
  const runtime = testRuntime({ env });
  const before = memberText(gateway.settings, 'webhooks') ?? '[]';
  const entry = entryText({ url: LEFT_URL, mode: 'body', events: ['messages.post'], headers: [['X-Whapi-Hooks-Secret', LEFT_SECRET]] });
  const registration: Registration = {
    id: 'left1',
    api: gateway.url,
    channel: CHANNEL,
    before,
    member: 'list',
    exclusive: false,
    step: 'added',
    url: LEFT_URL,
    mode: 'body',
    events: ['messages.post'],
    secretHash: sha256(LEFT_SECRET),
    urls: null,
    // This process's number, started at another time: the number has gone to somebody else since.
    owner: { pid: process.pid, started: 'long ago' },
    since: 1,
    ...more,
  };
  const path = join(channelFolder(runtime, registration.api, registration.channel), `${registration.id}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, registrationText(registration));
  const list = registration.exclusive
    ? `[${entry}]`
    : `${before.slice(0, before.lastIndexOf(']')).trimEnd()}${before.length > 3 ? ',' : ''}${entry} ]`;
  gateway.settings = withMember(gateway.settings, 'webhooks', list);
};

/** The owner that says that this very process runs. */
export const living = (env: Record<string, string>): Registration['owner'] => thisProcess(testRuntime({ env }));
