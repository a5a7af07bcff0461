import { readFileSync } from 'node:fs';
import { build_options } from 'cloudflared';
import { errorCode, reason } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { type Child, cleanEnvironment, startChild } from '../child.ts';
import { replaceSynced } from '../durable.ts';
import { exists, join, makeFolder } from '../files.ts';
import { notesFolder } from '../notes.ts';
import type { Failure, Program, Run, Started } from '../program.ts';
import { causeOfSpawn, type Ended, endedText, failureOf } from './failures.ts';
import { madeOf } from './machine.ts';
import { createOutputReader, type Said } from './output.ts';

/** Milliseconds for the url: cloudflared itself gives up after 15 s. */
const URL_LIMIT = 20_000;
/** Milliseconds for the connection, over QUIC and then over HTTP/2. */
const QUIC_LIMIT = 10_000;
const HTTP2_LIMIT = 15_000;

export interface CloudflaredOptions {
  /** The executable. */
  readonly path: string;
  /** Where the listener is, on this machine: `http://127.0.0.1:4545`. */
  readonly local: string;
  /** A named tunnel: its token, and the url it is known by. */
  readonly named: { readonly token: string; readonly url: URL } | undefined;
  readonly runtime: Runtime;
}

/** An environment without what is meant for another cloudflared: its flags are read from variables too. */
const withoutTunnels = (env: ReturnType<typeof cleanEnvironment>): ReturnType<typeof cleanEnvironment> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^TUNNEL_/i.test(name)));

const EMPTY = '{}\n';

/** A config that says nothing, so that no config in a default folder is read. @throws the system's error */
const emptyConfig = (runtime: Runtime): string => {
  const folder = notesFolder(runtime);
  makeFolder(folder, 0o700);
  const file = join(folder, 'empty.yml');
  if (exists(file) && readFileSync(file, 'utf8') === EMPTY) return file;
  // Another listener may read it at this moment.
  replaceSynced(file, EMPTY, runtime.id());
  return file;
};

/** The command line, without the executable; the token is in no argument. */
export const cloudflaredArguments = (options: { config: string; local: string; named: boolean; http2: boolean }): string[] => {
  const flags = build_options({
    '--no-autoupdate': true,
    '--config': options.config,
    '--metrics': '127.0.0.1:0',
    ...(options.http2 ? { '--protocol': 'http2' } : {}),
  });
  return ['tunnel', ...flags, ...(options.named ? ['run'] : []), '--url', options.local];
};

/** cloudflared, as a quick tunnel or a named one. Its output is read by our own reader: a line may come in pieces. */
export const cloudflaredProgram = ({ path, local, named, runtime }: CloudflaredOptions): Program => {
  const { after } = runtime;
  /** Once QUIC was in vain, it is not tried again. */
  let http2 = false;

  const attempt = async (signal: AbortSignal): Promise<Started> => {
    let config: string;
    try {
      config = emptyConfig(runtime);
    } catch (error) {
      const message = `The empty config for cloudflared cannot be written to ${notesFolder(runtime)}: ${reason(error)}.`;
      return { failure: { cause: 'config', message, hint: 'XDG_DATA_HOME names another folder for data.' } };
    }
    const reader = createOutputReader();
    const links = new Set<number>();
    let url = named?.url;
    /** Of what went wrong the most telling. */
    let worst: (Said & { type: 'failure' }) | undefined;
    let ended: Ended | undefined;
    let unlinked: string | undefined;
    let turn = (): void => {};
    const take = (said: readonly Said[]): void => {
      for (const one of said) {
        if (one.type === 'url') url ??= new URL(one.url);
        else if (one.type === 'registered') {
          links.add(one.connection);
          unlinked = undefined;
        } else if (one.type === 'lost') {
          if (links.delete(one.connection) && links.size === 0) unlinked = 'cloudflared has lost its connection to Cloudflare';
        } else if (worst === undefined || one.rank <= worst.rank) worst = one;
      }
      if (said.length > 0) turn();
    };
    const made = madeOf(path, runtime);
    if (made.isForeign) return { failure: failureOf('architecture', { what: path }) };
    let child: Child;
    try {
      child = await startChild({
        command: path,
        args: cloudflaredArguments({ config, local, named: named !== undefined, http2 }),
        env: { ...withoutTunnels(cleanEnvironment(runtime.env)), ...(named === undefined ? {} : { TUNNEL_TOKEN: named.token }) },
        onText: (text) => take(reader.add(text)),
        runtime,
        mark: config,
      });
    } catch (error) {
      const spawned = causeOfSpawn(errorCode(error));
      if (spawned !== undefined) return { failure: failureOf(spawned, { what: path }) };
      if (error instanceof Error && errorCode(error)?.startsWith('E') === true)
        return { failure: failureOf('exit', { what: `${path}: ${reason(error)}` }) };
      throw error;
    }
    void child.ended.then((how) => {
      take(reader.end());
      ended = how;
      turn();
    });
    const why = (given: Failure['cause']): Failure => {
      const isStranger = !reader.isCloudflared && reader.last.length > 0;
      // A shell has got it, and its words are none of ours.
      if (!reader.isCloudflared && runtime.platform === 'linux' && !made.isProgram) return failureOf('architecture', { what: path });
      return failureOf(worst?.cause ?? (isStranger ? 'not-cloudflared' : given), {
        line: worst?.line ?? reader.last.at(-1),
        ...(ended === undefined ? {} : { ended }),
      });
    };
    const failure = await new Promise<Failure | undefined>((settle) => {
      const resolve = (given: Failure | undefined): void => {
        cancel();
        signal.removeEventListener('abort', look);
        settle(given);
      };
      let cancel = after(URL_LIMIT, () => resolve(why('silent')));
      let waitsForLink = false;
      const look = (): void => {
        if (signal.aborted) resolve(failureOf('aborted'));
        else if (ended !== undefined) resolve(why('exit'));
        else if (url !== undefined && links.size > 0) resolve(undefined);
        else if (url !== undefined && !waitsForLink) {
          waitsForLink = true;
          cancel();
          cancel = after(http2 ? HTTP2_LIMIT : QUIC_LIMIT, () => resolve(why('unregistered')));
        }
      };
      turn = look;
      signal.addEventListener('abort', look, { once: true });
      look();
    });
    turn = () => {};
    if (failure !== undefined || url === undefined) {
      await child.end();
      return { failure: failure ?? failureOf('silent') };
    }
    // From now on only what comes later explains an end.
    worst = undefined;
    const run: Run = {
      candidates: [url],
      get ended() {
        if (ended === undefined) return undefined;
        return `${endedText('cloudflared', ended)}${worst === undefined ? '' : `; it said: ${worst.line.slice(0, 300)}`}`;
      },
      get unlinked() {
        return unlinked;
      },
      onTurn(given) {
        turn = given;
      },
      close: () => child.end(),
    };
    return { run };
  };

  return {
    name: 'cloudflared',
    async start(signal) {
      const first = await attempt(signal);
      if (http2 || 'run' in first || first.failure.cause !== 'unregistered' || signal.aborted) return first;
      // Where UDP is blocked, QUIC gets no answer at all.
      http2 = true;
      return attempt(signal);
    },
  };
};
