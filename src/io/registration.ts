import { environmentError } from '../errors.ts';
import { adding, asideWith, isOursOf, type Registration, restoring } from '../provider/registration.ts';
import { type Difference, difference, entryText, type NewWebhook, readList, type Settings, sameWebhooks } from '../provider/settings.ts';
import { isRunning, type Machine, type Noted, note, sha256, strike } from './journal.ts';
import { isUnsure, type Provider, type ProviderError } from './provider.ts';

/** Times that settings are read and written before it is given up; changes of others that are followed at once. */
const TRIES = 5;
const FOLLOWED = 3;
const PAUSE = 1000;

/** Settings before and after a change. */
export interface Settled {
  readonly before: Settings;
  readonly after: Settings;
  readonly changed: boolean;
}

/**
 * Changes the list of webhooks until it is as `edit` wants it, and another look shows that it is. An answer that gets
 * lost, and another tool that writes at the same time, are seen in settings read anew: what others added or took out
 * meanwhile stays.
 * @param edit the list as it is to be, or undefined where it is so
 * @throws UserError (3)
 */
export const settle = async (provider: Provider, machine: Machine, edit: (settings: Settings) => string | undefined): Promise<Settled> => {
  let before: Settings | undefined;
  let lost: ProviderError | undefined;
  let timeouts = 0;
  for (let tried = 0; tried < TRIES; tried++) {
    const settings = await provider.settings();
    before ??= settings;
    let list = edit(settings);
    if (list === undefined) return { before, after: settings, changed: tried > 0 };
    let expected = settings;
    try {
      for (let followed = 0; followed <= FOLLOWED; followed++) {
        const found = await provider.replace(list);
        if (found === undefined || sameWebhooks(found, expected)) break;
        // Somebody wrote between our look and our change, which was made from older settings: made again from theirs.
        expected = readList(list);
        list = edit(found) ?? found.list;
        if (sameWebhooks(readList(list), expected)) break;
      }
      lost = undefined;
    } catch (error) {
      if (!isUnsure(error)) throw error;
      lost = error;
      // Each costs the whole --api-timeout.
      if (error.fault === 'timeout' && ++timeouts === 2) throw error;
      await new Promise<void>((resolve) => machine.after(PAUSE, resolve));
    }
  }
  if (lost !== undefined) throw lost;
  throw environmentError(
    'The webhooks of the channel do not stay as they are written.',
    'Does another program change them at the same time? Try again when it has ended.',
  );
};

/** Adds our entry, and keeps the journal. @returns the registration as it is noted now */
export const register = async (
  provider: Provider,
  machine: Machine,
  registration: Registration,
  headers: NewWebhook['headers'],
): Promise<{ noted: Noted; settled: Settled }> => {
  const { url, mode, events, exclusive } = registration;
  const isOurs = isOursOf(registration, sha256);
  const entry = entryText({ url, mode, events, headers });
  let noted = note(machine, registration);
  const settled = await settle(provider, machine, (settings) => {
    const list = adding(settings, entry, url, isOurs, exclusive);
    if (exclusive && list !== undefined) {
      const before = asideWith(noted.registration.before, settings, isOurs);
      if (before !== noted.registration.before) noted = note(machine, { ...noted.registration, before });
    }
    return list;
  });
  noted = note(machine, { ...noted.registration, step: 'added' });
  return { noted, settled };
};

/** What giving back found. */
export interface GivenBack {
  /** What others changed between the registration and now; it stays as they made it. */
  readonly meanwhile: Difference;
  /** Whether anything had to be written. */
  readonly changed: boolean;
}

const NOTHING: Difference = { added: [], removed: [] };

/** Takes our entry out, brings back what was set aside, and strikes the registration from the journal. @throws UserError (3) */
export const giveBack = async (provider: Provider, machine: Machine, noted: Noted): Promise<GivenBack> => {
  const { registration } = noted;
  const isOurs = isOursOf(registration, sha256);
  let isNoted = false;
  const { after, changed } = await settle(provider, machine, (settings) => {
    const list = restoring(settings, registration, isOurs);
    if (list !== undefined && !isNoted && registration.step !== 'restoring') {
      note(machine, { ...registration, step: 'restoring' });
      isNoted = true;
    }
    return list;
  });
  strike(noted);
  const found = difference(readList(registration.before), after);
  return { changed, meanwhile: found.added.length + found.removed.length === 0 ? NOTHING : found };
};

/**
 * What listeners that run no more left on this channel.
 * @param channel id of the channel; null where the provider does not tell it
 * @param settings as they are now: where the channel's id is not known, our entry in them says whose they are
 */
export const leftOn = (
  noted: readonly Noted[],
  provider: Provider,
  channel: string | null,
  settings: Settings,
  machine: Machine,
): Noted[] =>
  noted.filter((one) => {
    const { registration } = one;
    if (registration.api !== provider.api || isRunning(one, machine)) return false;
    if (registration.channel !== null && channel !== null) return registration.channel === channel;
    return settings.webhooks.some(isOursOf(registration, sha256));
  });
