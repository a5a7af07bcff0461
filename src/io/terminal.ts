import type { Output, Runtime } from '../runtime.ts';
import type { Layout } from '../view/entry.ts';
import { type Painter, plain } from '../view/paint.ts';
import { clean } from '../view/text.ts';

export type ColourChoice = 'auto' | 'always' | 'never';

/** One stream: colour and width are decided once. */
export interface Screen extends Layout {
  readonly isTTY: boolean;
  /** Adds lines; they leave together at the end of the turn of the event loop. */
  lines(...lines: readonly string[]): void;
  /** Adds text as it is. */
  write(text: string): void;
  /** Resolves when all that was added has left. */
  flush(): Promise<void>;
  /** Aborts when the reader has gone away. */
  readonly closed: AbortSignal;
}

export interface Terminal {
  /** The answer. */
  readonly out: Screen;
  /** The conversation. */
  readonly err: Screen;
}

/** Columns where nobody says how wide it is: a file or a pipe, read later and elsewhere. */
const DEFAULT_COLUMNS = 160;
/** An entry needs so many; a terminal that has less breaks the lines itself. */
const NARROWEST = 76;

/** Whether a stream gets colour: the flag, then NO_COLOR and FORCE_COLOR (no-color.org, force-color.org), then the terminal. */
const wantsColour = (stream: Output, env: Runtime['env'], choice: ColourChoice): boolean => {
  if (choice !== 'auto') return choice === 'always';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return stream.isTTY && env['TERM'] !== 'dumb';
};

/** Columns where the stream does not know them. */
const otherColumns = (env: Runtime['env']): number => {
  const asked = Number(env['COLUMNS']);
  return Number.isInteger(asked) && asked > 0 ? asked : DEFAULT_COLUMNS;
};

/** chalk is loaded only where there is colour. */
const painter = async (): Promise<Painter> => {
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  const by = (name: keyof Painter) => {
    const paint = chalk[name];
    // chalk would join whatever else it is given, as `map` does.
    return (text: string): string => paint(text);
  };
  return {
    ...{ dim: by('dim'), bold: by('bold'), red: by('red'), yellow: by('yellow') },
    ...{ green: by('green'), blue: by('blue'), cyan: by('cyan'), magenta: by('magenta') },
  };
};

const screen = async (stream: Output, runtime: Runtime, choice: ColourChoice): Promise<Screen> => {
  const paint = wantsColour(stream, runtime.env, choice) ? await painter() : plain;
  const columns = otherColumns(runtime.env);
  let waiting = '';
  let leaving: Promise<void> = Promise.resolve();
  let scheduled = false;
  const leave = (): void => {
    scheduled = false;
    if (waiting === '') return;
    const text = waiting;
    waiting = '';
    leaving = stream.write(text);
  };
  const write = (text: string): void => {
    waiting += text;
    if (waiting.length > 65_536) leave();
    else if (!scheduled) {
      scheduled = true;
      setImmediate(leave);
    }
  };
  return {
    isTTY: stream.isTTY,
    paint,
    get columns() {
      return Math.min(400, Math.max(NARROWEST, stream.columns ?? columns));
    },
    offset: runtime.offset,
    lines: (...lines) => write(`${lines.join('\n')}\n`),
    write,
    async flush() {
      leave();
      await leaving;
    },
    closed: stream.closed,
  };
};

/** Says on standard error what went wrong, and what to do. */
export const complain = ({ err }: Terminal, message: string, hint?: string): void => {
  err.lines(`${err.paint.red('error:')} ${clean(message)}`);
  if (hint !== undefined) err.lines(`       ${clean(hint)}`);
};

export const openTerminal = async (runtime: Runtime, choice: ColourChoice): Promise<Terminal> => ({
  out: await screen(runtime.stdout, runtime, choice),
  err: await screen(runtime.stderr, runtime, choice),
});
