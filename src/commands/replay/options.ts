import { InvalidArgumentError } from 'commander';
import { usageError } from '../../errors.ts';
import { MODES, type Mode } from '../../event/mode.ts';
import type { CheckRule } from '../../replay/check-rules.ts';
import { EXPECTATION_FORMS, type Expectation, ExpectationError, readExpectation } from '../../replay/expect.ts';
import type { FaultPlan, Share } from '../../replay/faults.ts';
import { SEEDS } from '../../replay/random.ts';
import { readDuration } from '../../units.ts';
import type { ChoosingOptions } from '../choose.ts';
import type { TlsOptions } from '../reaching.ts';
import type { ReporterChoice } from '../reporting.ts';

/** The formats that the report of a run comes in. */
export const REPLAY_FORMATS = ['text', 'json', 'junit', 'github', 'html'] as const;
export type ReplayFormat = (typeof REPLAY_FORMATS)[number];

export const REPLAY_MODES = [...MODES, 'all'] as const;

/** The flags about what the handler does beside answering. */
export interface DeedOptions {
  readonly apiPort?: number | undefined;
  readonly settle?: number | undefined;
  readonly probe?: string | undefined;
  readonly forbidEcho?: boolean | undefined;
  readonly checkIdempotent?: boolean | undefined;
}

export interface ReplayOptions extends ChoosingOptions, TlsOptions, DeedOptions {
  readonly to?: string;
  readonly mode?: Mode | 'all' | undefined;
  readonly only?: readonly string[];
  readonly repeat: number;
  readonly shuffle?: boolean;
  /** How many times as fast as it was recorded; `max`: as fast as it goes. */
  readonly speed: number | 'max';
  /** Deliveries a second. */
  readonly rate?: number;
  readonly delay?: number;
  readonly concurrency: number;
  readonly timeout: number;
  readonly keepAlive: boolean;
  readonly header?: readonly string[];
  readonly dropHeader?: readonly string[];
  readonly secretHeader?: string;
  readonly seed?: number;
  readonly duplicate?: Share;
  readonly reorder?: number;
  readonly late?: Share;
  readonly dropConnection?: Share;
  readonly slowBody?: Share;
  readonly retry?: number | true;
  /** `name=value` for scenarios. */
  readonly var?: readonly string[];
  /** When scenarios begin, as it was typed. */
  readonly at?: string;
  /** How many times as fast scenarios are told as they say. */
  readonly scenarioSpeed: number | 'max';
  readonly expect?: readonly string[];
  readonly expectUnauthorized?: boolean;
  readonly check?: boolean;
  readonly rule?: readonly CheckRule[];
  readonly failFast?: boolean;
  readonly maxFailures?: number;
  readonly limit?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly reporter?: readonly ReporterChoice<ReplayFormat>[];
  readonly schemaOverlay?: string;
}

/** Milliseconds after an answer in which calls still belong to it, unless --settle says otherwise. */
export const SETTLE = 200;

/** Milliseconds that the endpoint has to answer, unless --timeout says otherwise. */
export const TIMEOUT = 30_000;

/** Times that a delivery is sent again where `--retry` says no number. */
export const RETRIES = 3;
const LONGEST = 86_400_000;

/** `original`, `2x`, `0.5x`, `max`. */
export const speed = (text: string): number | 'max' => {
  if (text === 'max') return 'max';
  if (text === 'original') return 1;
  const times = Number(/^(\d{1,6}(?:\.\d{1,3})?)x$/i.exec(text)?.[1]);
  if (!(times > 0)) throw new InvalidArgumentError('It is original, max, or how many times as fast, such as 2x.');
  return times;
};

/** `50/s`, `50`, `300/m` → deliveries a second. */
export const rate = (text: string): number => {
  const [, number, unit = 's'] = /^(\d{1,7}(?:\.\d{1,3})?)(?:\/(s|m|min|h))?$/.exec(text) ?? [];
  const each = Number(number) / ({ s: 1, m: 60, min: 60, h: 3600 }[unit] ?? 1);
  if (!(each > 0)) throw new InvalidArgumentError('A rate is written 50/s or 300/m.');
  return each;
};

export const seed = (text: string): number => {
  const number = Number(text);
  if (!/^\d{1,10}$/.test(text) || number >= SEEDS) throw new InvalidArgumentError(`It is a whole number from 0 to ${SEEDS - 1}.`);
  return number;
};

export const window = (text: string): number => {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < 2) throw new InvalidArgumentError('It is a whole number from 2 to 99999.');
  return number;
};

/** @param time whether a time behind the share is refused, needed, or so many milliseconds where none is given */
const share =
  (time: 'none' | 'needed' | number) =>
  (text: string): Share => {
    const [, part = '', behind] = /^([^:]*)(?::(.*))?$/s.exec(text.trim()) ?? [];
    const isPercent = /^\d{1,3}(?:\.\d+)?%$/.test(part);
    const number = isPercent ? Number(part.slice(0, -1)) / 100 : /^[01](?:\.\d+)?$/.test(part) ? Number(part) : Number.NaN;
    if (!(number <= 1)) throw new InvalidArgumentError('A share is written 10% or 0.1.');
    if (behind === undefined) {
      if (time === 'needed') throw new InvalidArgumentError('How late has to follow: 10%:5s.');
      return { share: number, ms: time === 'none' ? 0 : time };
    }
    const ms = readDuration(behind);
    if (time === 'none') throw new InvalidArgumentError('It is a share alone, such as 10%.');
    if (ms === undefined || ms <= 0 || ms > LONGEST) throw new InvalidArgumentError('Behind the share stands a duration: 10%:5s.');
    return { share: number, ms };
  };

export const duplicateShare = share(0);
export const lateShare = share('needed');
export const dropShare = share('none');
export const slowShare = share(2000);

/** What the flags do to deliveries. */
export const faultsOf = ({ duplicate, reorder, late, dropConnection, slowBody }: ReplayOptions): FaultPlan => ({
  ...(duplicate === undefined ? {} : { duplicate }),
  ...(reorder === undefined ? {} : { reorder }),
  ...(late === undefined ? {} : { late }),
  ...(dropConnection === undefined ? {} : { dropConnection: dropConnection.share }),
  ...(slowBody === undefined ? {} : { slowBody }),
});

/** Whether the plan follows random numbers, so that their seed is worth telling. */
export const isRandom = (options: ReplayOptions): boolean => options.shuffle === true || Object.keys(faultsOf(options)).length > 0;

/** What the flags expect. @throws UserError (2) naming the place that cannot be read */
export const readExpects = ({ expect = [], expectUnauthorized }: ReplayOptions): Expectation[] => {
  const read = expect.map((text) => {
    try {
      return readExpectation(text);
    } catch (error) {
      if (error instanceof ExpectationError) throw usageError(`--expect: ${error.message}.`, EXPECTATION_FORMS);
      throw error;
    }
  });
  if (expectUnauthorized !== true) return read;
  if (read.some(({ subject }) => subject === 'status'))
    throw usageError('--expect-unauthorized expects status 401 or 403, and --expect another one.', 'Use one of them.');
  return [...read, readExpectation('status=401,403')];
};

/** @throws UserError (2) where two flags say when deliveries are sent */
export const checkPace = ({ speed: told, rate: perSecond, delay }: ReplayOptions): void => {
  const given = [
    told === 'max' ? [] : ['--speed'],
    perSecond === undefined ? [] : ['--rate'],
    delay === undefined ? [] : ['--delay'],
  ].flat();
  if (given.length > 1) throw usageError(`${given.join(' and ')} both say when deliveries are sent.`, 'Use one of them.');
};

/** Whether any of these flags is given, or calls are expected. */
export const wantsDeeds = (options: DeedOptions, expects: readonly Expectation[]): boolean =>
  options.apiPort !== undefined ||
  options.probe !== undefined ||
  options.settle !== undefined ||
  options.forbidEcho === true ||
  options.checkIdempotent === true ||
  expects.some(({ subject }) => subject === 'calls');
