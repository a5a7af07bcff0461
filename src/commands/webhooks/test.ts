import { harmlessJson } from '../../delivery/recording.ts';
import { EXIT, type ExitCode, usageError } from '../../errors.ts';
import type { Category } from '../../event/name.ts';
import { lastTest } from '../../io/journal.ts';
import type { Settings, Webhook } from '../../provider/settings.ts';
import type { Runtime } from '../../runtime.ts';
import { clean } from '../../view/clean.ts';
import type { WebhookMode } from './modes.ts';
import { ownersOf, type Whose } from './reading.ts';
import type { Work, WorkFlags } from './work.ts';
import { findWebhook, MOST_HEADERS, readWebhookUrl } from './writing.ts';

export interface TestFlags extends WorkFlags {
  readonly url?: string;
  readonly category: Category;
  readonly mode?: WebhookMode;
}

/** Marks a test delivery, so that the listener that takes it can say so. */
export const TEST_HEADER = 'X-Whapi-Hooks-Test';

/** Milliseconds that a listener gets to note a test, and between two looks. */
const PATIENCE = 3000;
const PAUSE = 100;

/** What is tested: a url, and the webhook that has it. */
interface Tested {
  readonly url: string;
  readonly webhook: Webhook | undefined;
}

const choose = (settings: Settings, { url }: TestFlags, whose: (webhook: Webhook) => Whose): Tested => {
  const { webhooks } = settings;
  if (url !== undefined && (/^\d+$/.test(url) || webhooks.some((webhook) => webhook.url === url))) {
    const webhook = webhooks[findWebhook(settings, url)];
    return { url: webhook?.url ?? url, webhook };
  }
  if (url !== undefined) return { url: readWebhookUrl(url), webhook: undefined };
  const running = webhooks.filter((webhook) => whose(webhook)?.of === 'listener');
  const webhook = running.length > 0 ? running.at(-1) : webhooks.length === 1 ? webhooks[0] : undefined;
  if (webhook === undefined)
    throw usageError(
      `The channel has ${webhooks.length === 0 ? 'no webhooks' : `${webhooks.length} webhooks, and no listener runs here`}.`,
      'Say what to test: --url <url|number>.',
    );
  return { url: webhook.url, webhook };
};

const arrived = async (path: string, nonce: string, runtime: Runtime): Promise<boolean> => {
  for (let waited = 0; waited <= PATIENCE; waited += PAUSE) {
    if (lastTest(path) === nonce) return true;
    await new Promise<void>((resolve) => runtime.after(PAUSE, resolve));
  }
  return false;
};

const ARRIVED = new Map<boolean | undefined, string>([
  [true, 'It arrived at the listener that runs here.'],
  [false, 'It did not arrive at the listener that runs here: something else answers at this url.'],
]);

export const test = async (flags: TestFlags, { provider, runtime, terminal }: Work): Promise<ExitCode> => {
  const { out } = terminal;
  const opened = await provider();
  const whose = ownersOf(runtime);
  const { url, webhook } = choose(await opened.settings(), flags, whose);
  const mode = flags.mode ?? webhook?.mode ?? 'body';
  const owner = webhook === undefined ? undefined : whose(webhook);
  const own = webhook?.headers ?? [];
  const nonce = runtime.secret();
  const isMarked = owner?.of === 'listener' && own.length < MOST_HEADERS;
  const headers = Object.fromEntries([...own, ...(isMarked ? [[TEST_HEADER, nonce] as const] : [])]);
  const result = await opened.test({ url, type: flags.category, mode, headers });
  const known = isMarked && result.ok ? await arrived(owner.path, nonce, runtime) : undefined;
  if (flags.json === true) {
    const told = result.ok ? {} : { status: result.status, told: result.told };
    out.write(`${harmlessJson({ url, type: flags.category, mode, ok: result.ok, ...told, arrived: known ?? null }, 2)}\n`);
  } else if (result.ok) {
    out.lines(clean(`The provider called ${url} (${flags.category}, mode ${mode}) and was answered with success.`));
    out.lines(ARRIVED.get(known) ?? 'No listener that runs here is known to take this url, so nobody here can say whether it arrived.');
  } else
    out.lines(
      clean(`The provider called ${url} (${flags.category}, mode ${mode}) without success (${result.status}). It got: ${result.told}`),
    );
  return result.ok && known !== false ? EXIT.ok : EXIT.wanting;
};
