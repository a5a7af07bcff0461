import { EXIT, type ExitCode, usageError } from '../../errors.ts';
import { confirm } from '../../io/confirm.ts';
import type { Provider } from '../../io/provider.ts';
import { type ColourChoice, openTerminal, type Terminal } from '../../io/terminal.ts';
import type { Runtime } from '../../runtime.ts';
import { type ProviderFlags, readChannel } from '../provider.ts';

/** Flags of every command of webhooks. */
export interface WorkFlags extends ProviderFlags {
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** What a command of webhooks works with. */
export interface Work {
  /** Opens the API at the first call; a command that needs none asks for no token. */
  readonly provider: () => Promise<Provider>;
  readonly runtime: Runtime;
  readonly terminal: Terminal;
}

/** Runs a command; the API is closed and the output written however it ends. */
export const work = async (
  flags: WorkFlags,
  runtime: Runtime,
  colour: ColourChoice,
  run: (work: Work) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const terminal = await openTerminal(runtime, colour);
  let opened: Promise<Provider> | undefined;
  const provider = (): Promise<Provider> => {
    opened ??= readChannel(flags, runtime).then((channel) => channel.open((text) => terminal.err.lines(terminal.err.paint.dim(text))));
    return opened;
  };
  try {
    return await run({ provider, runtime, terminal });
  } finally {
    // One that could not be opened has been told.
    await (await opened?.catch(() => undefined))?.close();
    await terminal.out.flush();
    await terminal.err.flush();
  }
};

/**
 * Shows what is going to change and asks whether it may, unless --yes has said so.
 * @param command its name, for the advice
 * @throws UserError (2) where nobody can be asked
 */
export const consent = async (
  flags: WorkFlags,
  { runtime, terminal }: Work,
  command: string,
  changes: readonly string[],
): Promise<boolean> => {
  const { err } = terminal;
  err.lines("In the channel's settings:", ...changes);
  if (flags.yes === true) return true;
  const answer = await confirm(runtime, terminal, 'Make this change?');
  if (answer === undefined) {
    throw usageError(
      'This changes the settings of the channel, and nobody can be asked here.',
      `--yes says yes to it: whapi-hooks webhooks ${command} … --yes`,
    );
  }
  if (!answer) err.lines('Nothing was changed.');
  return answer;
};

/** Ends a command that was told no. */
export const DECLINED: ExitCode = EXIT.wanting;
