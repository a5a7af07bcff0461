import { harmlessJson } from '../../delivery/recording.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { channelFolder, isRunning, type Journal, locked, type Noted, readJournal, sha256, strike } from '../../io/journal.ts';
import { type GivenBack, giveBack, leftOn } from '../../io/registration.ts';
import { isOursOf, restoring } from '../../provider/registration.ts';
import { difference, readList, type Settings } from '../../provider/settings.ts';
import { clean } from '../../view/clean.ts';
import { plural } from '../../view/text.ts';
import { differenceLines, webhookJson } from '../../view/webhooks.ts';
import { consent, DECLINED, type Work, type WorkFlags } from './work.ts';

export interface RestoreFlags extends WorkFlags {
  readonly forget?: boolean;
}

/** What giving one registration back changes, or that it changes nothing. */
const changesOf = ({ registration }: Noted, settings: Settings, layout: Parameters<typeof differenceLines>[1]): string[] => {
  const then = restoring(settings, registration, isOursOf(registration, sha256));
  return then === undefined
    ? [clean(`  nothing: ${registration.url} is not there any more`)]
    : differenceLines(difference(settings, readList(then)), layout);
};

const aboutUnread = ({ unread }: Journal): string[] => unread.map(({ path, why }) => clean(`${path} cannot be used: ${why}.`));

/** Forgets what the journal holds, whatever is in the channel. */
const forget = async (flags: RestoreFlags, journal: Journal, work: Work): Promise<ExitCode> => {
  const { runtime, terminal } = work;
  const { out } = terminal;
  const dead = journal.noted.filter((noted) => !isRunning(noted, runtime));
  const files = [...dead, ...journal.unread];
  if (files.length === 0) {
    if (flags.json === true) out.write('{\n  "forgotten": []\n}\n');
    else out.lines('The journal holds nothing.');
    return EXIT.ok;
  }
  const lines = [
    '  nothing: what was left there stays there, and only the journal forgets it:',
    ...dead.map(({ registration: { url, channel } }) => clean(`    ${url}${channel === null ? '' : ` (channel ${channel})`}`)),
    ...aboutUnread(journal).map((line) => `    ${line}`),
  ];
  if (!(await consent(flags, work, 'restore --forget', lines))) return DECLINED;
  for (const file of files) strike(file);
  if (flags.json === true) out.write(`${harmlessJson({ forgotten: files.map(({ path }) => path) }, 2)}\n`);
  else out.lines(`${plural(files.length, 'registration')} forgotten.`);
  return EXIT.ok;
};

/** Words about what others changed meanwhile. */
export const meanwhileLines = ({ meanwhile }: GivenBack, layout: Parameters<typeof differenceLines>[1]): string[] =>
  meanwhile.added.length + meanwhile.removed.length === 0
    ? []
    : ['Others changed the webhooks meanwhile; that stays as they made it:', ...differenceLines(meanwhile, layout)];

export const restore = async (flags: RestoreFlags, work: Work): Promise<ExitCode> => {
  const { provider, runtime, terminal } = work;
  const { out, err } = terminal;
  const journal = readJournal(runtime);
  if (flags.forget === true) return forget(flags, journal, work);
  for (const line of aboutUnread(journal)) err.lines(err.paint.yellow(line));
  const running = journal.noted.filter((noted) => isRunning(noted, runtime));
  if (running.length > 0) err.lines(err.paint.dim(`${plural(running.length, 'listener')} at work: what is theirs is left alone.`));
  const dead = journal.noted.filter((noted) => !running.includes(noted));
  const nothing = (): ExitCode => {
    if (flags.json === true) out.write('{\n  "restored": []\n}\n');
    else out.lines('There is nothing to restore.');
    return journal.unread.length > 0 ? EXIT.environment : EXIT.ok;
  };
  if (dead.length === 0) return nothing();

  const opened = await provider();
  const { channel } = await opened.health();
  const settings = await opened.settings();
  const own = leftOn(dead, opened, channel, settings, runtime);
  const others = dead.length - own.length;
  if (others > 0) {
    err.lines(
      err.paint.yellow(
        clean(
          `${plural(others, 'registration')} of other channels or other addresses of the API stay: they need the token of theirs (restore --forget lets go of them).`,
        ),
      ),
    );
  }
  if (own.length === 0) {
    nothing();
    return EXIT.wanting;
  }
  const changes = own.flatMap((noted) => changesOf(noted, settings, err));
  if (!(await consent(flags, work, 'restore', changes))) return DECLINED;
  const done: (GivenBack & { readonly noted: Noted })[] = [];
  for (const noted of own) {
    const { registration, path } = noted;
    const given = await locked(
      runtime,
      channelFolder(runtime, registration.api, registration.channel),
      (pid) => err.lines(err.paint.dim(`Another whapi-hooks${pid === undefined ? '' : ` (process ${pid})`} is at it; waiting.`)),
      async () => {
        // Another process may have done it while this one waited.
        const still = readJournal(runtime).noted.find((one) => one.path === path);
        return still === undefined ? undefined : giveBack(opened, runtime, still);
      },
    );
    if (given !== undefined) done.push({ noted, ...given });
  }
  if (flags.json === true) {
    const restored = done.map(({ noted: { registration }, changed, meanwhile }) => ({
      url: registration.url,
      channel: registration.channel,
      changed,
      added: meanwhile.added.map(webhookJson),
      removed: meanwhile.removed.map(webhookJson),
    }));
    out.write(`${harmlessJson({ restored }, 2)}\n`);
    return EXIT.ok;
  }
  for (const given of done) {
    const lines = meanwhileLines(given, out);
    const then = lines.length === 0 ? '; the settings are as they were' : '';
    const { url } = given.noted.registration;
    out.lines(clean(given.changed ? `${url} is taken out${then}.` : `${url} was not there any more.`));
    if (lines.length > 0) out.lines(...lines);
  }
  return EXIT.ok;
};
