import type { Delivery } from '../../delivery/delivery.ts';
import { environmentError, reason, UserError, usageError } from '../../errors.ts';
import { channelFolder, isRunning, locked, type Noted, noteTest, readJournal, sha256, strike, thisProcess } from '../../io/journal.ts';
import type { Provider } from '../../io/provider.ts';
import { register as add, giveBack, leftOn } from '../../io/registration.ts';
import { isConnected } from '../../provider/channel.ts';
import { isOursOf, type Registration } from '../../provider/registration.ts';
import type { Settings, Webhook } from '../../provider/settings.ts';
import type { Runtime } from '../../runtime.ts';
import { clean } from '../../view/text.ts';
import type { differenceLines } from '../../view/webhooks.ts';
import type { Header } from '../flags.ts';
import { type Channel, restoreCommand } from '../provider.ts';
import { meanwhileLines } from '../webhooks/restore.ts';
import { TEST_HEADER } from '../webhooks/test.ts';
import { chooseEvents } from '../webhooks/writing.ts';
import { pause } from './bell.ts';
import type { ListenOptions } from './options.ts';
import type { PublicAddress } from './public.ts';
import { SECRET_HEADER } from './register.ts';

/** A webhook that the channel has because of this listener. */
export interface Registered {
  readonly registration: Registration;
  /** Webhooks that were set aside, and that stand beside ours. */
  readonly aside: number;
  readonly beside: number;
  look(delivery: Delivery): void;
  /** Registers anew whenever the address has another url. */
  follow(address: PublicAddress, told: { readonly onMoved: () => void; readonly onFailure: (error: UserError) => void }): void;
  /** @returns lines about what others changed meanwhile. @throws UserError (3) where it cannot be done now */
  giveBack(layout: Parameters<typeof differenceLines>[1]): Promise<string[]>;
}

export interface Wanted {
  readonly options: ListenOptions;
  readonly runtime: Runtime;
  readonly channel: Channel;
  /** The secret header. */
  readonly header: Header;
  /** Says something on standard error. */
  readonly told: (text: string) => void;
  /** Aborts when the listener ends. */
  readonly signal: AbortSignal;
}

/** Milliseconds until a new address is told again to a provider that could not be reached. */
const AGAIN = 30_000;

const hasSecret = ({ headers }: Webhook, secret: string): boolean => headers.some(([, value]) => value === secret);

/** Refuses what would end in confusion. @throws UserError (2) */
const check = ({ options, runtime, header }: Wanted, url: string, settings: Settings, running: readonly Noted[]): void => {
  const twin = settings.webhooks.findIndex((webhook) => webhook.url === url && hasSecret(webhook, header[1]));
  if (twin !== -1) {
    throw usageError(
      `The channel has a webhook with this url and secret already: number ${twin + 1}.`,
      `Leave --register out, or take it out first: whapi-hooks webhooks remove ${twin + 1}`,
    );
  }
  if (options.exclusive !== true) return;
  const [other] = running;
  if (other !== undefined) {
    throw usageError(
      `--exclusive would set aside the webhook of another listener (process ${other.registration.owner.pid}).`,
      'End that one first, or leave --exclusive out.',
    );
  }
  const marked = settings.webhooks.findIndex(({ headers }) => headers.some(([name]) => name.toLowerCase() === SECRET_HEADER.toLowerCase()));
  if (marked !== -1) {
    throw usageError(
      `--exclusive would set aside the webhook of a listener on another machine: number ${marked + 1}.`,
      `End that one first. If it is dead: whapi-hooks webhooks remove ${marked + 1}${runtime.interactive ? '' : ' --yes'}`,
    );
  }
};

/** Takes out what listeners left that were killed. @returns whether there was anything */
const workOff = async (wanted: Wanted, provider: Provider, left: readonly Noted[]): Promise<boolean> => {
  for (const noted of left) {
    const { changed } = await giveBack(provider, wanted.runtime, noted);
    wanted.told(
      changed
        ? `A listener that was killed had left ${noted.registration.url} in the channel's settings; it is taken out.`
        : `A listener that was killed had left nothing but a note in the journal; it is struck out.`,
    );
  }
  return left.length > 0;
};

/**
 * Adds our webhook to the channel: what dead listeners left is taken out first, and the journal is written before anything is changed.
 * @throws UserError (2), (3)
 */
export const register = async (wanted: Wanted, url: string): Promise<Registered> => {
  const { options, runtime, channel, header, told, signal } = wanted;
  const onLock = (pid: number | undefined): void =>
    told(`Another whapi-hooks${pid === undefined ? '' : ` (process ${pid})`} is changing this channel's settings; waiting.`);
  let noted: Noted | undefined;
  let settings: Settings | undefined;

  /** Adds our entry under the lock; where that fails, what may have been written is taken out again. */
  const put = async (provider: Provider, registration: Registration): Promise<Noted> => {
    try {
      return (await add(provider, runtime, registration, [header])).noted;
    } catch (error) {
      const journaled = readJournal(runtime).noted.find((one) => one.registration.id === registration.id);
      if (journaled === undefined || registration.step === 'added') throw error;
      const again = await channel.open(told);
      try {
        await giveBack(again, runtime, journaled);
      } catch {
        if (!(error instanceof UserError)) throw error;
        throw environmentError(
          `${error.message} Whether the webhook was added is not known.`,
          `${error.hint === undefined ? '' : `${error.hint} `}Take it out with: ${restoreCommand(options)}`,
          error,
        );
      } finally {
        await again.close();
      }
      throw error;
    }
  };

  const provider = await channel.open(told, signal);
  try {
    const health = await provider.health();
    if (!isConnected(health)) told(`The ${health.words}: it sends nothing before it is connected.`);
    const events = chooseEvents(await provider.events(), options.events);
    noted = await locked(runtime, channelFolder(runtime, provider.api, health.channel), onLock, async () => {
      const journal = readJournal(runtime);
      for (const { path, why } of journal.unread)
        told(`${path} cannot be used: ${why}. whapi-hooks webhooks restore --forget lets go of it.`);
      const first = await provider.settings();
      const isLeft = await workOff(wanted, provider, leftOn(journal.noted, provider, health.channel, first, runtime));
      const before = isLeft ? await provider.settings() : first;
      settings = before;
      const running = journal.noted.filter(
        (one) => one.registration.api === provider.api && one.registration.channel === health.channel && isRunning(one, runtime),
      );
      check(wanted, url, before, running);
      if (before.member !== 'list') told('The settings hold no list of webhooks; they will come back with an empty one.');
      return put(provider, {
        id: sha256(`${header[1]}\n${url}\n${runtime.now()}`).slice(0, 16),
        api: provider.api,
        channel: health.channel,
        before: before.list,
        member: before.member,
        exclusive: options.exclusive === true,
        step: 'adding',
        url,
        mode: options.mode,
        events,
        secretHash: sha256(header[1]),
        urls: options.secretHeader === undefined ? null : [url],
        owner: thisProcess(runtime),
        since: runtime.now(),
      });
    });
  } finally {
    await provider.close();
  }

  let current: Noted = noted;
  let following: Promise<void> = Promise.resolve();
  const inChannel = async (run: (provider: Provider) => Promise<void>, ends?: AbortSignal): Promise<void> => {
    const { api, channel: id } = current.registration;
    const opened = await channel.open(told, ends);
    try {
      await locked(runtime, channelFolder(runtime, api, id), onLock, () => run(opened));
    } finally {
      await opened.close();
    }
  };

  const count = settings?.webhooks.length ?? 0;
  const isOurs = isOursOf(noted.registration, sha256);
  return {
    get registration() {
      return current.registration;
    },
    aside: options.exclusive === true ? count : 0,
    beside: settings?.webhooks.filter((webhook) => !isOurs(webhook)).length ?? 0,
    look({ headers }) {
      const nonce = headers.find(([name]) => name.toLowerCase() === TEST_HEADER.toLowerCase())?.[1];
      if (nonce !== undefined && /^[\w-]{1,64}$/.test(nonce)) noteTest(current.path, nonce);
    },
    follow(address, { onMoved, onFailure }) {
      const move = async (): Promise<void> => {
        for (let failed = false; !signal.aborted; ) {
          const { href } = address.url;
          if (href === current.registration.url) return;
          try {
            await inChannel(async (opened) => {
              const { urls } = current.registration;
              current = await put(opened, { ...current.registration, url: href, urls: urls && [...urls, href], step: 'added' });
            }, signal);
            onMoved();
          } catch (error) {
            if (!failed) onFailure(error instanceof UserError ? error : environmentError(reason(error)));
            failed = true;
            await pause(runtime.after, AGAIN, signal);
          }
        }
      };
      address.onChange(() => {
        following = following.then(move);
      });
      // It may have changed while it was registered.
      following = following.then(move);
    },
    async giveBack(layout) {
      await following;
      let lines: string[] = [];
      await inChannel(async (opened) => {
        const journaled = readJournal(runtime).noted.find(({ path }) => path === current.path);
        // Somebody has worked the journal off: nothing of ours is left.
        if (journaled === undefined) strike(current);
        else lines = meanwhileLines(await giveBack(opened, runtime, journaled), layout);
      });
      return lines.map((line, index) => (index === 0 ? clean(line) : line));
    },
  };
};
