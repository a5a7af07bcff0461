import { proxyFor } from '../../delivery/proxy.ts';
import { environmentError, errorCode, reason, usageError } from '../../errors.ts';
import type { Executable } from '../../io/cloudflared/find.ts';
import { readBytes, resolve, sizeOf } from '../../io/files.ts';
import { hasNotes } from '../../io/notes.ts';
import type { Program } from '../../io/program.ts';
import type { Reachability } from '../../io/reachability.ts';
import type { Terminal } from '../../io/terminal.ts';
import type { Runtime } from '../../runtime.ts';
import { plural } from '../../view/text.ts';
import type { Ending } from './ending.ts';
import type { ListenOptions } from './options.ts';

/** Bytes of a token file. */
const MOST_TOKEN = 10_000;

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
  readonly answerTo: Reachability['answerTo'];
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

/** Flags that say nothing without others, and what they need; what cannot be together. @throws UserError (2) */
const checkFlags = (options: ListenOptions, env: Runtime['env']): void => {
  const { tunnel = false, tunnelCommand, tunnelTokenFile, publicUrl } = options;
  if (tunnel && tunnelCommand !== undefined)
    throw usageError('--tunnel opens a tunnel with cloudflared, --tunnel-command with another program.', 'Use one of them.');
  if (!tunnel && tunnelTokenFile !== undefined)
    throw usageError('--tunnel-token-file is for a named tunnel of cloudflared.', 'Add --tunnel and --public-url.');
  if (tunnel && tunnelTokenFile !== undefined && publicUrl === undefined)
    throw usageError(
      '--tunnel-token-file runs a named tunnel, but nothing says under which url it is known.',
      'Tell it with --public-url: the public hostname that the dashboard has for the tunnel.',
    );
  if (tunnel && publicUrl !== undefined && tunnelTokenFile === undefined && (env['TUNNEL_TOKEN'] ?? '') === '')
    throw usageError(
      '--tunnel with --public-url runs a named tunnel, but there is no token for it.',
      'Put it into a file for --tunnel-token-file, or into TUNNEL_TOKEN; without --public-url a quick tunnel is opened.',
    );
  if (options.exitOnDisconnect === true && !wantsPublicAddress(options))
    throw usageError('--exit-on-disconnect needs a public address that can be lost.', 'Add --tunnel, --tunnel-command or --public-url.');
};

/** The token of a named tunnel. @throws UserError (2), (3) */
const readToken = (file: string | undefined, runtime: Runtime): string => {
  let text = runtime.env['TUNNEL_TOKEN'] ?? '';
  const name = file === undefined ? 'TUNNEL_TOKEN' : `--tunnel-token-file: ${file}`;
  if (file !== undefined) {
    const path = resolve(runtime.cwd, file);
    try {
      // A token has some hundred characters.
      if (sizeOf(path) > MOST_TOKEN) throw new Error('it is too large for a token');
      text = new TextDecoder().decode(readBytes(path));
    } catch (error) {
      const message = `--tunnel-token-file: ${file} cannot be read: ${reason(error)}.`;
      throw errorCode(error) === 'EACCES' ? environmentError(message, undefined, error) : usageError(message);
    }
  }
  const token = text.trim();
  if (!/^[\w+/=.-]+$/.test(token))
    throw usageError(`${name} holds no token of a tunnel.`, 'It is one line of letters and digits, from the dashboard.');
  return token;
};

/** Where the listener is for a program on this machine. */
const localUrl = (host: string, port: number): string => {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
};

/** Ends what a listener that was killed has left; costs one look where there is nothing. */
const endLeft = async (runtime: Runtime, { err }: Terminal): Promise<void> => {
  if (!hasNotes(runtime)) return;
  const { endLeftovers } = await import('../../io/leftovers.ts');
  const ended = await endLeftovers(runtime);
  if (ended > 0)
    err.lines(err.paint.dim(`Ended ${plural(ended, 'tunnel program', 'tunnel programs')} that a listener which was killed had left.`));
};

/**
 * Reads the flags about the public address; nothing of it is started yet, and nothing is loaded where none is asked
 * for. What a listener that was killed has left is ended in any case: it would lead to this one.
 * @returns undefined where none is asked for
 * @throws UserError (2) for flags that cannot be, (3) where there is no cloudflared
 */
export const publicDoor = async (options: ListenOptions, runtime: Runtime, terminal: Terminal): Promise<Door | undefined> => {
  checkFlags(options, runtime.env);
  if (!wantsPublicAddress(options)) {
    await endLeft(runtime, terminal);
    return undefined;
  }
  const { publicUrl, path, host, tunnelCommand } = options;
  // A proxy that cannot be used is told before anything is open.
  proxyFor(publicUrl ?? new URL('https://trycloudflare.com'), runtime.env);
  const program = await programOf(options, runtime, terminal);
  await endLeft(runtime, terminal);
  const [{ openReachability }, { openAddress }] = await Promise.all([import('../../io/reachability.ts'), import('./address.ts')]);
  const reachability = openReachability(runtime);
  return {
    answerTo: reachability.answerTo,
    open: async (behind) => {
      if (program === undefined && publicUrl === undefined) return undefined;
      return openAddress({
        program: program?.(localUrl(host, behind.port), behind.port),
        fixed: publicUrl,
        place: (base) => publicPath(base, path),
        reachability,
        runtime,
        terminal,
        exits: options.exitOnDisconnect === true,
        behind,
        advice:
          options.tunnel === true && publicUrl !== undefined
            ? `In the dashboard the service of this hostname has to be ${localUrl('localhost', behind.port)}.`
            : publicUrl !== undefined && tunnelCommand === undefined
              ? `It has to lead to ${localUrl(host, behind.port)}.`
              : 'Names that are new need some time until they are known everywhere.',
      });
    },
  };
};

/** cloudflared, where there is none: downloaded, with consent. */
const installed = async (install: boolean, runtime: Runtime, terminal: Terminal): Promise<Executable | undefined> => {
  const { ensureCloudflared } = await import('../../io/cloudflared/install.ts');
  return ensureCloudflared({ flag: undefined, install, runtime, terminal });
};

/** The program that makes the tunnel, once the port is known; undefined where there is none. */
const programOf = async (
  options: ListenOptions,
  runtime: Runtime,
  terminal: Terminal,
): Promise<((local: string, port: number) => Program) | undefined> => {
  const { tunnelCommand, publicUrl: url } = options;
  if (tunnelCommand !== undefined) {
    const { commandProgram, splitCommand } = await import('../../io/tunnel-command.ts');
    const command = splitCommand(tunnelCommand);
    return (_local, port) => commandProgram({ command, port, url, runtime });
  }
  if (options.tunnel !== true) return undefined;
  const named = url === undefined ? undefined : { token: readToken(options.tunnelTokenFile, runtime), url };
  const [{ findCloudflared }, { cloudflaredProgram }] = await Promise.all([
    import('../../io/cloudflared/find.ts'),
    import('../../io/cloudflared/run.ts'),
  ]);
  const { cloudflared: flag, installCloudflared: install = false } = options;
  const executable = findCloudflared({ flag, runtime }) ?? (await installed(install, runtime, terminal));
  if (executable === undefined) return undefined; // the listener is being stopped
  if (named === undefined && (runtime.env['TUNNEL_TOKEN'] ?? '') !== '')
    terminal.err.lines(terminal.err.paint.dim('TUNNEL_TOKEN is set, but --public-url names no url: a quick tunnel is opened without it.'));
  return (local) => cloudflaredProgram({ path: executable.path, local, named, runtime });
};
