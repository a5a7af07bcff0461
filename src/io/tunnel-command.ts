import { environmentError, errorCode, reason } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type Child, cleanEnvironment, startChild } from './child.ts';
import { type Ended, endedText } from './cloudflared/failures.ts';
import type { Failure, Program, Run, Started } from './program.ts';
import { commandWords } from './words.ts';

/** Milliseconds for the first url in the output. */
const COMMAND_URL_LIMIT = 30_000;
/** Urls of the output that may be the public one. */
const MOST_URLS = 10;
/** Characters of output in which a url is looked for, and that are kept for a person. */
const MOST = 8192;

/** The command in words, {port} as it stands. @throws UserError (2) */
export const splitCommand = (text: string): string[] =>
  commandWords(text, '--tunnel-command', 'For instance: --tunnel-command "ngrok http {port} --log stdout".');

/** Takes https urls out of text that comes in pieces, each once, those of this machine left out. */
export const createUrlReader = (): { add(text: string): void; readonly urls: readonly URL[]; readonly last: string } => {
  const urls: URL[] = [];
  let rest = '';
  return {
    add(text) {
      const known = (rest + text).slice(-Math.max(MOST, text.length));
      // The last one may go on in the next piece.
      const whole = known.slice(0, Math.max(0, /\S*$/.exec(known)?.index ?? 0));
      for (const [found] of whole.matchAll(/https:\/\/[\w.~:/?#[\]@!$&()*+,;=%-]+/g)) {
        if (urls.length >= MOST_URLS || !URL.canParse(found)) continue;
        const url = new URL(found.replace(/[).,;:\]]+$/, ''));
        url.search = '';
        url.hash = '';
        if (url.username === '' && /\./.test(url.hostname) && !urls.some(({ href }) => href === url.href)) urls.push(url);
      }
      rest = known.slice(-MOST);
    },
    urls,
    get last() {
      return rest.trimEnd().split('\n').at(-1)?.slice(0, 300) ?? '';
    },
  };
};

export interface CommandOptions {
  /** As it was given, with {port}. */
  readonly command: readonly string[];
  readonly port: number;
  /** The url, where it was told. */
  readonly url: URL | undefined;
  readonly runtime: Runtime;
}

/** Any program whose output holds its url; what of several urls leads here is found by a look from outside. */
export const commandProgram = ({ command, port, url, runtime }: CommandOptions): Program => {
  const [program = '', ...args] = command.map((word) => word.replaceAll('{port}', String(port)));
  const start = async (signal: AbortSignal): Promise<Started> => {
    const reader = createUrlReader();
    let ended: Ended | undefined;
    let turn = (): void => {};
    let child: Child;
    try {
      child = await startChild({
        command: program,
        args,
        env: cleanEnvironment(runtime.env),
        onText: (text) => {
          reader.add(text);
          if (reader.urls.length > 0) turn();
        },
        runtime,
      });
    } catch (error) {
      if (error instanceof Error && error.name === 'UserError') throw error;
      const what = errorCode(error) === 'ENOENT' ? 'there is no such program' : reason(error);
      throw environmentError(
        `--tunnel-command: ${program} cannot be started: ${what}.`,
        'It is started without a shell: aliases and pipes do not work.',
      );
    }
    void child.ended.then((how) => {
      reader.add('\n');
      ended = how;
      turn();
    });
    const told = (): string => (reader.last === '' ? ' It wrote nothing.' : ` It said: ${reader.last}`);
    const failure = await new Promise<Failure | undefined>((resolve) => {
      const cancel = runtime.after(COMMAND_URL_LIMIT, () =>
        resolve({
          cause: 'silent',
          message: `${program} has named no https url in time.${told()}`,
          hint: 'Its output has to hold the url; or tell it with --public-url.',
        }),
      );
      const look = (): void => {
        if (signal.aborted) resolve({ cause: 'aborted', message: 'The listener ended before the tunnel was open.', hint: '' });
        else if (ended !== undefined)
          resolve({
            cause: 'exit',
            message: `${endedText(program, ended)} before it named its url.${told()}`,
            hint: 'Run it by hand to see what it does.',
          });
        else if (url !== undefined || reader.urls.length > 0) resolve(undefined);
        else return;
        cancel();
      };
      turn = look;
      signal.addEventListener('abort', look, { once: true });
      look();
    });
    turn = () => {};
    if (failure !== undefined) {
      await child.end();
      return { failure };
    }
    const run: Run = {
      get candidates() {
        return url === undefined ? reader.urls : [url];
      },
      get ended() {
        return ended === undefined ? undefined : endedText(program, ended);
      },
      unlinked: undefined,
      onTurn(given) {
        turn = given;
      },
      close: () => child.end(),
    };
    return { run };
  };
  return { name: program, start };
};
