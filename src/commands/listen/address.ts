import { recordLine, type TunnelState, tunnelRecord } from '../../delivery/recording.ts';
import { environmentError, UserError } from '../../errors.ts';
import type { Program, Run, Started } from '../../io/program.ts';
import type { Reachability, Reached } from '../../io/reachability.ts';
import type { Terminal } from '../../io/terminal.ts';
import { openWaiting } from '../../io/waiting.ts';
import type { Runtime } from '../../runtime.ts';
import { clean } from '../../view/text.ts';
import { createBell, pause } from './bell.ts';
import type { Behind, PublicAddress } from './public.ts';

/** Milliseconds between registration and the first look: a name that is looked up too early is remembered as missing (FIELD.md). */
const SETTLE = 3000;
/** Milliseconds between tries to reach the listener from outside, and how long that may go on. */
const TRIES = [0, 1000, 2000, 3000, 5000, 8000, 11_000] as const;
const REACH_LIMIT = 30_000;
/** Milliseconds between two looks at an address that is up, and looks in vain after which it is down, and is started anew. */
const HEARTBEAT = 30_000;
const MISSES_DOWN = 2;
const MISSES_ANEW = 4;
/** Milliseconds a connection may be gone before that is an outage, and before the program is started anew. */
const LOST_FOR = 7000;
const RELINK = 45_000;
/** Milliseconds before each new start, the last for all further ones; after a 429 at least `RATE_LIMITED`. */
const DELAYS = [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000] as const;
const RATE_LIMITED = 300_000;

export interface AddressParts {
  /** What makes the address; undefined where it is there without us. */
  readonly program: Program | undefined;
  /** The url that was told; undefined where the program tells it. */
  readonly fixed: URL | undefined;
  /** Makes the url deliveries are sent to of the public one. */
  readonly place: (base: URL) => URL;
  readonly reachability: Reachability;
  readonly runtime: Pick<Runtime, 'after' | 'stderr' | 'env'>;
  readonly terminal: Terminal;
  /** Whether the listener ends when the address is lost. */
  readonly exits: boolean;
  readonly behind: Behind;
  /** Said behind an address that nothing comes through. */
  readonly advice?: string;
}

/** Starts a program; what is thrown for a person is a failure like any other, since later ones are no reason to end. */
const startedBy = async (program: Program, signal: AbortSignal): Promise<Started> => {
  try {
    return await program.start(signal);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { failure: { cause: 'exit', message: error.message, hint: error.hint ?? '' } };
  }
};

/**
 * Opens a public address and watches it: the program behind it, its connection, and a look from outside in.
 * @returns undefined where the listener ended before it was ready
 * @throws UserError (3) where the program makes no tunnel
 */
export const openAddress = async (parts: AddressParts): Promise<PublicAddress | undefined> => {
  const { program, fixed, place, reachability, behind, exits } = parts;
  const { after } = parts.runtime;
  const { err } = parts.terminal;
  const bell = createBell(after);
  const closing = new AbortController();
  const takers: ((url: URL) => void)[] = [];
  let run: Run | undefined;
  let url = fixed === undefined ? undefined : place(fixed);
  let reachable = false;
  let outage: string | undefined;
  let misses = 0;

  const over = (): boolean => closing.signal.aborted;
  const record = (state: TunnelState['state'], reason?: string): void => {
    if (url === undefined) return;
    behind.announce(recordLine(tunnelRecord({ url: url.href, state, reachable, ...(reason === undefined ? {} : { reason }) })));
  };
  const warn = (message: string, hint?: string): void => {
    err.lines(err.paint.yellow(`warning: ${clean(message)}`));
    if (hint !== undefined) err.lines(`         ${clean(hint)}`);
  };

  /** Looks for the url among the candidates that leads to this listener; the first one where none does. */
  const reach = async (): Promise<{ found: URL; reached: Reached } | undefined> => {
    // A program may name more of them later.
    const candidates = (): URL[] => (fixed === undefined ? (run?.candidates ?? []) : [fixed]).map(place);
    let late = false;
    const cancel = after(REACH_LIMIT, () => {
      late = true;
    });
    let reached: Reached = { ok: false, why: 'nothing was tried' };
    for (const delay of TRIES) {
      if (delay > 0) await pause(after, delay, closing.signal);
      if (over() || run?.ended !== undefined || (late && delay > 0)) break;
      for (const candidate of candidates()) {
        reached = await reachability.check(candidate, closing.signal);
        if (reached.ok) {
          cancel();
          return { found: candidate, reached };
        }
      }
    }
    cancel();
    const [found] = candidates();
    return found === undefined ? undefined : { found, reached };
  };

  /** Starts the program and waits for the address. @returns what failed; nothing where it is up or all is over */
  const bringUp = async (): Promise<{ cause: string; message: string; hint?: string } | undefined> => {
    if (program !== undefined) {
      const started = await startedBy(program, closing.signal);
      if (!('run' in started)) return started.failure;
      run = started.run;
      run.onTurn(bell.ring);
      await pause(after, SETTLE, closing.signal);
    }
    const looked = await reach();
    if (over() || looked === undefined) return undefined;
    if (run?.ended !== undefined) {
      const message = run.ended;
      await run.close();
      return { cause: 'exit', message };
    }
    const { found, reached } = looked;
    const isNew = url !== undefined && url.href !== found.href;
    url = found;
    reachable = reached.ok;
    misses = 0;
    if (!reached.ok) {
      const tried = `No request through ${found.href} has come back here: ${reached.why}.`;
      warn(`${tried} It may work from elsewhere; the listener goes on.`, parts.advice);
    }
    record('up', reached.ok ? undefined : reached.why);
    if (isNew) for (const take of takers) take(found);
    return undefined;
  };

  const down = (why: string): void => {
    if (outage !== undefined || over()) return;
    outage = why;
    reachable = false;
    record('down', why);
    if (exits) {
      err.lines(err.paint.red(clean(`The public address is lost: ${why}.`)));
      behind.end('disconnect');
      return;
    }
    warn(`The public address is down: ${why}.`, program === undefined ? undefined : 'It is being brought back; this is said once.');
  };
  const back = (): void => {
    if (outage === undefined || url === undefined) return;
    outage = undefined;
    err.lines(err.paint.green(`The public address is back: ${url.href}`));
  };

  /** Starts the program again and again, more and more slowly, until the address is there. */
  const anew = async (): Promise<void> => {
    await run?.close();
    let least = 0;
    for (let i = 0; !over(); i++) {
      await pause(after, Math.max(least, DELAYS[Math.min(i, DELAYS.length - 1)] ?? 0), closing.signal);
      if (over()) return;
      const failure = await bringUp();
      if (over()) return;
      if (failure === undefined) {
        back();
        return;
      }
      least = failure.cause === 'rate-limit' ? RATE_LIMITED : 0;
    }
  };

  /** Looks from outside in. */
  const look = async (): Promise<void> => {
    if (url === undefined) return;
    const reached = await reachability.check(url, closing.signal);
    if (over() || run?.ended !== undefined) return;
    if (!reached.ok) {
      misses++;
      // What has never come back from here says nothing about the address.
      if (reachable && misses >= MISSES_DOWN) down(`no request through it comes back (${reached.why})`);
      return;
    }
    misses = 0;
    if (reachable) return;
    reachable = true;
    record('up');
    if (outage === undefined) err.lines(`Requests through ${url.href} come back now.`);
    back();
  };

  const tend = async (): Promise<void> => {
    let cancel = (): void => {};
    let lost: 'no' | 'watched' | 'long' | 'given-up' = 'no';
    // It changes while the loop waits.
    const stage = (): typeof lost => lost;
    const settle = (): void => {
      cancel();
      lost = 'no';
    };
    for (;;) {
      await bell.wait(HEARTBEAT);
      if (over()) break;
      if (run?.ended !== undefined) {
        settle();
        down(run.ended);
        if (exits) break;
        await anew();
        continue;
      }
      if (run?.unlinked === undefined) {
        settle();
        await look();
        if (program !== undefined && outage !== undefined && misses >= MISSES_ANEW && !exits) await anew();
        continue;
      }
      if (stage() === 'no') {
        lost = 'watched';
        cancel = after(LOST_FOR, () => {
          lost = 'long';
          bell.ring();
        });
      } else if (stage() === 'long') {
        down(run.unlinked);
        if (exits) break;
        lost = 'watched';
        cancel = after(RELINK, () => {
          lost = 'given-up';
          bell.ring();
        });
      } else if (stage() === 'given-up') {
        settle();
        await anew();
      }
    }
    cancel();
  };

  let tending: Promise<void> = Promise.resolve();
  const close = async (): Promise<void> => {
    closing.abort();
    bell.ring();
    await tending;
    await run?.close();
  };
  const onEnd = (): void => closing.abort();
  if (behind.signal.aborted) return undefined;
  behind.signal.addEventListener('abort', onEnd, { once: true });
  const waiting = await openWaiting(
    parts.runtime,
    parts.terminal,
    program === undefined ? `Looking whether ${url?.href ?? ''} leads here …` : `Opening a tunnel with ${program.name} …`,
  );
  const failure = await bringUp().finally(waiting.stop);
  behind.signal.removeEventListener('abort', onEnd);
  if (over()) {
    await run?.close();
    return undefined;
  }
  if (failure !== undefined) throw environmentError(failure.message, failure.hint === '' ? undefined : failure.hint);
  const opened = url;
  if (opened === undefined) return undefined;
  err.lines(`Public address: ${err.paint.bold(opened.href)}`);
  tending = tend();
  return {
    get url() {
      return url ?? opened;
    },
    onChange: (take) => void takers.push(take),
    close,
  };
};
