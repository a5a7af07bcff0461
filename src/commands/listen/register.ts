import type { Delivery } from '../../delivery/delivery.ts';
import { recordLine, registeredRecord } from '../../delivery/recording.ts';
import { reason, UserError, usageError } from '../../errors.ts';
import { complain, type Terminal } from '../../io/terminal.ts';
import type { Runtime } from '../../runtime.ts';
import { clean } from '../../view/text.ts';
import type { Header } from '../flags.ts';
import { readChannel, restoreCommand } from '../provider.ts';
import type { ListenOptions } from './options.ts';
import type { PublicAddress } from './public.ts';
import type { Registered } from './registered.ts';

/** The header that carries the secret of a registration. */
export const SECRET_HEADER = 'X-Whapi-Hooks-Secret';

/** What a registration needs of its listener. */
export interface Listener {
  readonly address: PublicAddress;
  /** Aborts when the listener ends. */
  readonly signal: AbortSignal;
  /** Writes a line of the record stream. */
  readonly announce: (line: string) => void;
}

/** A registration that is asked for and not yet made. */
export interface Loan {
  /** The header that the provider will send, and that the listener demands. */
  readonly secret: { readonly name: string; readonly value: string };
  /** Looks at each delivery, whether it is one of `webhooks test`. */
  look(delivery: Delivery): void;
  /**
   * Adds the webhook to the channel's settings, and keeps it up to date.
   * @throws UserError where it cannot be added; then nothing is left behind, or the message says how to take it out
   */
  open(listener: Listener): Promise<void>;
  /** Gives the settings back. @returns whether that is done, or nothing had been changed */
  close(): Promise<boolean>;
}

/**
 * Reads the flags about the registration, and the token; nothing is called yet, and nothing is loaded where none is asked for.
 * @param given the secret header of --secret-header
 * @param hasAddress whether there is going to be a public address
 * @returns undefined where no registration is asked for
 * @throws UserError (2), (3)
 */
export const planRegistration = async (
  options: ListenOptions,
  runtime: Runtime,
  terminal: Terminal,
  given: { readonly name: string; readonly value: string } | undefined,
  hasAddress: boolean,
): Promise<Loan | undefined> => {
  if (options.register !== true) return undefined;
  if (!hasAddress) {
    throw usageError(
      '--register tells the provider where to send, and there is no public address.',
      'Add --tunnel, or --public-url <url> where you have one of your own.',
    );
  }
  const channel = await readChannel(options, runtime);
  const { err } = terminal;
  const secret = given ?? { name: SECRET_HEADER, value: runtime.secret() };
  const header: Header = [secret.name, secret.value];
  const told = (text: string): void => err.lines(err.paint.dim(clean(text)));
  let registered: Registered | undefined;

  const announce = (listener: Listener, { registration, aside, beside }: Registered): void => {
    const { url, mode, events, channel: id, exclusive } = registration;
    listener.announce(recordLine(registeredRecord({ url, mode, events, channel: id, exclusive })));
    const rest = exclusive ? `${aside} others set aside until the end` : `beside ${beside} others`;
    err.lines(
      `Registered at the provider: ${clean(`${events.length} events${id === null ? '' : ` of channel ${id}`}, mode ${mode}, ${rest}`)}`,
    );
  };

  return {
    secret,
    look: (delivery) => registered?.look(delivery),
    async open(listener) {
      const { register } = await import('./registered.ts');
      registered = await register({ options, runtime, channel, header, told, signal: listener.signal }, listener.address.url.href);
      announce(listener, registered);
      registered.follow(listener.address, {
        onMoved: () => {
          if (registered !== undefined) announce(listener, registered);
        },
        onFailure: (error) =>
          complain(terminal, `The provider does not know the new address yet: ${error.message}`, error.hint ?? 'It is tried again.'),
      });
    },
    async close() {
      if (registered === undefined) return true;
      told("Giving the channel's settings back; Ctrl-C leaves at once.");
      try {
        const lines = await registered.giveBack(err);
        if (lines.length > 0) err.lines(...lines);
        return true;
      } catch (error) {
        // Whatever it is: the rest of the listener has to be ended in order.
        complain(
          terminal,
          `The channel's settings could not be given back: ${error instanceof UserError ? error.message : reason(error)}`,
          `Do it later with: ${restoreCommand(options)}`,
        );
        return false;
      }
    },
  };
};
