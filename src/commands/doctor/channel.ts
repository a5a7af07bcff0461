import type { Checked } from '../../view/doctor.ts';
import { readChannel } from '../provider.ts';
import type { Check } from './check.ts';
import { wrong } from './machine.ts';

/** What listeners that were killed left in the settings of channels, by the journal. */
const checkLeft: Check = async ({ runtime }) => {
  try {
    const { isRunning, readJournal } = await import('../../io/journal.ts');
    const { noted, unread } = readJournal(runtime);
    const left = noted.filter((one) => !isRunning(one, runtime));
    const damaged = unread.map(
      ({ path, why }): Checked => ({
        name: 'journal',
        state: 'note',
        fact: `${path} cannot be used: ${why}`,
        remedy: 'whapi-hooks webhooks restore --forget lets go of it.',
      }),
    );
    if (left.length === 0)
      return damaged.length > 0 ? damaged : [{ name: 'journal', state: 'fine', fact: 'no settings wait to be given back' }];
    return [
      ...damaged,
      ...left.map(
        ({ registration: { url, channel } }): Checked => ({
          name: 'journal',
          state: 'wrong',
          fact: `a listener that was killed left ${url} in the settings${channel === null ? '' : ` of channel ${channel}`}`,
          remedy: 'Take it out with: whapi-hooks webhooks restore',
        }),
      ),
    ];
  } catch (error) {
    return [wrong('journal', error)];
  }
};

/** The token, whether the provider takes it, and the channel's state. Without a token nothing is called. */
export const checkChannel: Check = async (examination) => {
  const { options, runtime, heard } = examination;
  const left = await checkLeft(examination);
  if (options.tokenFile === undefined && (runtime.env['WHAPI_TOKEN'] ?? '') === '') {
    return [
      { name: 'token', state: 'note', fact: 'none', remedy: 'listen --register and webhooks need one, in WHAPI_TOKEN or --token-file.' },
      ...left,
    ];
  }
  try {
    const provider = await (await readChannel(options, runtime)).open(() => {});
    try {
      const health = await provider.health();
      const date = provider.date();
      if (date !== undefined) heard.push({ date, at: runtime.now() });
      const { isConnected } = await import('../../provider/channel.ts');
      const connected = isConnected(health);
      const fact = `${health.channel === null ? '' : `${health.channel}: `}${health.words}`;
      return [
        { name: 'token', state: 'fine', fact: `${provider.api} takes it` },
        connected
          ? { name: 'channel', state: 'fine', fact }
          : { name: 'channel', state: 'wrong', fact, remedy: "Connect it in Whapi's dashboard: until then it sends no messages." },
        ...left,
      ];
    } finally {
      await provider.close();
    }
  } catch (error) {
    return [wrong('token', error), ...left];
  }
};
