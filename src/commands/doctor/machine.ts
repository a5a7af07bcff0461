import { accessSync, constants, rmSync } from 'node:fs';
import { proxyFor } from '../../delivery/proxy.ts';
import { reason, UserError } from '../../errors.ts';
import { formatSize } from '../../event/summary.ts';
import { CONFIG_FILE, readConfig } from '../../io/config.ts';
import { openDatabase } from '../../io/database.ts';
import { dirname, exists, join, kindOf, readBytes, shown, sizeOf, writeNew } from '../../io/files.ts';
import { dataFolder } from '../../io/folders.ts';
import { historyPath } from '../../io/store.ts';
import type { Checked } from '../../view/doctor.ts';
import type { Check } from './check.ts';

/** A failure for people as something that was found. */
export const wrong = (name: string, error: unknown): Checked => {
  if (!(error instanceof UserError)) throw error;
  const { message, hint } = error;
  return { name, state: 'wrong', fact: message.replace(/\.$/, ''), ...(hint === undefined ? {} : { remedy: hint }) };
};

/** The version that package.json asks for, `>=20.19`. */
const wantedNode = (packageRoot: string): string => {
  const { engines } = JSON.parse(new TextDecoder().decode(readBytes(join(packageRoot, 'package.json')))) as { engines: { node: string } }; // our own
  return engines.node.replace('>=', '');
};

/** Whether one version is at least another, number by number. */
const isAtLeast = (version: string, wanted: string): boolean => {
  const [own, least] = [version, wanted].map((text) => text.split('.').map((part) => Number.parseInt(part, 10)));
  for (const [index, number] of (least ?? []).entries()) {
    const has = own?.[index] ?? 0;
    if (has !== number) return has > number;
  }
  return true;
};

export const checkNode: Check = async ({ runtime: { node, packageRoot } }) => {
  const wanted = wantedNode(packageRoot);
  if (isAtLeast(node, wanted)) return [{ name: 'Node', state: 'fine', fact: `version ${node}` }];
  return [{ name: 'Node', state: 'wrong', fact: `version ${node} is too old`, remedy: `Install Node ${wanted} or newer.` }];
};

export const checkContainer: Check = async ({ runtime }) => {
  if (!runtime.inContainer()) return [{ name: 'container', state: 'fine', fact: 'none around this program' }];
  return [
    {
      name: 'container',
      state: 'note',
      fact: 'this program runs in one, where localhost is the container itself',
      remedy: 'Apps outside are reached as host.docker.internal; listen --host 0.0.0.0 lets the outside in.',
    },
  ];
};

const PROXIES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'];

/** Without a name and password that stand in it. */
const withoutSecret = (text: string): string => text.replace(/^((?:[a-z][\w+.-]*:)?\/\/)?[^/]*@/i, '$1…@');

export const checkProxies: Check = async ({ runtime: { env } }) => {
  const set = PROXIES.filter((name) => (env[name] ?? '') !== '');
  if (set.length === 0) return [{ name: 'proxies', state: 'fine', fact: 'none in the environment' }];
  try {
    for (const scheme of ['http', 'https']) proxyFor(new URL(`${scheme}://proxied.invalid`), env);
  } catch (error) {
    return [wrong('proxies', error)];
  }
  const fact = set.map((name) => `${name}=${withoutSecret(env[name] ?? '')}`).join(', ');
  return [{ name: 'proxies', state: 'note', fact, remedy: 'They are used for what is not on this machine.' }];
};

/** The nearest folder above that is there. */
const nearestFolder = (path: string): string => (exists(path) || path === dirname(path) ? path : nearestFolder(dirname(path)));

/** Tries whether files can be made in a folder. @throws the system's error */
const tryFolder = (folder: string, id: string): void => {
  const near = nearestFolder(folder);
  accessSync(near, constants.W_OK | constants.X_OK);
  if (near !== folder) return;
  // Only a file that is written shows that there is room, and that the system means it.
  const path = join(folder, `.doctor-${id}`);
  try {
    writeNew(path, new Uint8Array([10]));
  } finally {
    rmSync(path, { force: true });
  }
};

export const checkFolders: Check = async ({ runtime, options }) => {
  const folder = dataFolder(runtime);
  const history = historyPath(options.history, runtime);
  const checked: Checked[] = [];
  const remedy = 'Make it writable for you, or name another one with XDG_DATA_HOME (LOCALAPPDATA on Windows).';
  try {
    tryFolder(folder, runtime.id());
    checked.push({ name: 'data folder', state: 'fine', fact: exists(folder) ? folder : `${folder}, which is made when it is needed` });
  } catch (error) {
    checked.push({ name: 'data folder', state: 'wrong', fact: `${folder} cannot be written: ${reason(error)}`, remedy });
  }
  const without = 'Name another file with --history, or go on without one: --no-history.';
  try {
    if (exists(history)) accessSync(history, constants.R_OK | constants.W_OK);
    else if (dirname(history) !== folder) tryFolder(dirname(history), runtime.id());
    if (kindOf(history) === 'folder') throw new Error('it is a folder');
    const database = await openDatabase(':memory:');
    database.close();
    const size = exists(history) ? formatSize(sizeOf(history)) : 'not there yet';
    checked.push({ name: 'history', state: 'fine', fact: `${history}, ${size}; kept by ${database.engine}` });
  } catch (error) {
    if (error instanceof UserError) checked.push(wrong('history', error));
    else checked.push({ name: 'history', state: 'wrong', fact: `${history} cannot be written: ${reason(error)}`, remedy: without });
  }
  return checked;
};

export const checkConfig: Check = async ({ runtime: { cwd } }) => {
  try {
    const config = readConfig(cwd);
    return [
      { name: 'config', state: 'fine', fact: config === undefined ? `no ${CONFIG_FILE}, and none is needed` : shown(config.file, cwd) },
    ];
  } catch (error) {
    return [wrong('config', error)];
  }
};

/** Milliseconds that clocks may differ; the header Date has whole seconds, and the answer took its time. */
const DRIFT = 60_000;
/** No clock that is right was earlier when this was written. */
const EARLIEST = Date.UTC(2025, 0, 1);

/** Compares the clock with the ones that were heard, so it comes last. */
export const checkClock: Check = async ({ runtime, heard }) => {
  const now = runtime.now();
  const remedy = 'Let the system set it by the network, for instance with timedatectl set-ntp true.';
  const time = `${new Date(now).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const [first] = heard.filter(({ date }) => !Number.isNaN(Date.parse(date)));
  if (first !== undefined) {
    const ahead = first.at - Date.parse(first.date);
    if (Math.abs(ahead) <= DRIFT) return [{ name: 'clock', state: 'fine', fact: `${time}, as the provider has it` }];
    const much = `${Math.round(Math.abs(ahead) / 60_000)} min ${ahead > 0 ? 'ahead of' : 'behind'} the provider's`;
    return [{ name: 'clock', state: 'wrong', fact: `${time}, ${much}`, remedy }];
  }
  if (now < EARLIEST) return [{ name: 'clock', state: 'wrong', fact: `${time} lies in the past`, remedy }];
  return [{ name: 'clock', state: 'fine', fact: `${time}; compared with no other clock` }];
};
