import { proxyFor } from '../../delivery/proxy.ts';
import type { Probe } from '../../io/probe.ts';
import type { Terminal } from '../../io/terminal.ts';
import type { Runtime } from '../../runtime.ts';
import type { Ending } from './ending.ts';
import type { ListenOptions } from './options.ts';

/** The address under which the outside reaches a listener. */
export interface PublicAddress {
  /** Where deliveries are to be sent now, with the listener's path. */
  readonly url: URL;
  /** Calls back with each later url, when the tunnel has come back under another name. */
  onChange(take: (url: URL) => void): void;
  /** Ends the watch, and the program behind the address; resolves when that has ended. */
  close(): Promise<void>;
}

/** What a public address needs of its listener. */
export interface Behind {
  /** The port that was had. */
  readonly port: number;
  /** Aborts when the listener ends. */
  readonly signal: AbortSignal;
  /** Writes a line of the record stream. */
  readonly announce: (line: string) => void;
  readonly end: Ending['end'];
}

/** A public address that is asked for and not yet open. */
export interface Door {
  /** For the server: it answers our own checks. */
  readonly answerTo: Probe['answerTo'];
  /**
   * Opens it, and waits until it is ready.
   * @returns undefined where the listener ended before
   * @throws UserError (3) where there can be none
   */
  open(behind: Behind): Promise<PublicAddress | undefined>;
}

export const wantsPublicAddress = ({ tunnel, publicUrl, tunnelCommand }: ListenOptions): boolean =>
  tunnel === true || publicUrl !== undefined || tunnelCommand !== undefined;

/** The public url with the listener's path. */
export const publicPath = (base: URL, path: string): URL => {
  const url = new URL(base);
  const below = url.pathname.replace(/\/+$/, '');
  url.pathname = path === '/' ? below || '/' : below + path;
  return url;
};

/**
 * Reads the flags about the public address; nothing is started yet, and nothing is loaded where none is asked for.
 * @returns undefined where none is asked for
 * @throws UserError (2) for flags that cannot be
 */
export const publicDoor = async (options: ListenOptions, runtime: Runtime, terminal: Terminal): Promise<Door | undefined> => {
  if (!wantsPublicAddress(options)) return undefined;
  const { publicUrl, path } = options;
  // A proxy that cannot be used is told before anything is open.
  proxyFor(publicUrl ?? new URL('https://trycloudflare.com'), runtime.env);
  const [{ openProbe }, { openAddress }] = await Promise.all([import('../../io/probe.ts'), import('./address.ts')]);
  const probe = openProbe(runtime);
  return {
    answerTo: probe.answerTo,
    open: (behind) =>
      openAddress({
        program: undefined,
        fixed: publicUrl,
        place: (base) => publicPath(base, path),
        probe,
        runtime,
        terminal,
        exits: options.exitOnDisconnect === true,
        behind,
      }),
  };
};
