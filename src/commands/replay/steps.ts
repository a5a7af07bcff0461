import type { Headers } from '../../delivery/delivery.ts';
import type { Entry, Part } from '../../delivery/entry.ts';
import { planShipment } from '../../delivery/shipments.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { MODES, type Mode } from '../../event/mode.ts';
import { projectOverlay } from '../../io/overlay.ts';
import type { Quick } from '../../io/quick.ts';
import { type DocumentSource, HISTORY, readSources, type Source } from '../../io/sources.ts';
import { readExpectation } from '../../replay/expect.ts';
import { createPlan } from '../../replay/plan.ts';
import { createRandom } from '../../replay/random.ts';
import type { Step } from '../../replay/step.ts';
import type { Runtime } from '../../runtime.ts';
import { clean } from '../../view/text.ts';
import { readFilter } from '../choose.ts';
import { readAt, readEvents, readHeader, readSecret } from '../flags.ts';
import { readDropped, readExtra } from '../reaching.ts';
import { faultsOf, type ReplayOptions } from './options.ts';
import type { Teller } from './telling.ts';

/** What the sources gave, as far as they have been read. */
export interface Reading {
  /** Exit codes that what could not be read or sent asks for. */
  readonly trouble: ExitCode[];
  /** Payloads that are sent, without what the plan adds; and those of them that do not fit the schemas. */
  payloads: number;
  unfit: number;
  /** Whether any of it came of a scenario. */
  tells: boolean;
}

/** What is sent: sources by their names, and behind them payloads that have none. */
export interface Wanted {
  readonly sources: readonly string[];
  readonly payloads?: readonly Part[];
}

export interface StepSource {
  readonly reading: Reading;
  /** What is to be sent, in its order, some at once, read as it is asked for. Trouble is told as it is met. */
  readonly steps: AsyncGenerator<readonly Step[]>;
  /** Looks whether all sources are there, without reading them, and tells which are not. */
  check(): Promise<void>;
}

const NONE: readonly never[] = [];

/** Steps that are handed on together. */
const BATCH = 64;

const SAFE = /^[\w@%+=:,./-][\w@%+=:,./#~-]*$/;

/** A word as a shell takes it; null where it holds what cannot be typed. */
export const shellWord = (text: string): string | null => {
  if (SAFE.test(text)) return text;
  return clean(text) !== text ? null : `'${text.replaceAll("'", "'\\''")}'`;
};

/** What stands behind `whapi-hooks replay` to send one payload again. */
const againOf = (
  { file, path, unnamed }: DocumentSource,
  { name, scenario }: Entry,
  mode: Mode | undefined,
  { history, at, var: variables = [] }: ReplayOptions,
  seed: number,
): string | null => {
  if (file === '-' || unnamed === true) return null;
  const isStored = file === 'history' && path === undefined;
  const word = shellWord(isStored ? `${HISTORY}${name}` : name === null ? file : `${file}#${name}`);
  if (word === null) return null;
  const kept = isStored && history !== undefined ? shellWord(history) : null;
  const begins = at === undefined ? '' : ` --at ${shellWord(at) ?? '…'}`;
  const told =
    scenario === undefined ? '' : ` --seed ${seed}${begins}${variables.map((text) => ` --var ${shellWord(text) ?? '…'}`).join('')}`;
  return `${word}${mode === undefined ? '' : ` --mode ${mode}`}${kept === null ? '' : ` --history ${kept}`}${told}`;
};

/** Headers that are sent along and that are left out. @throws UserError (2) */
const readHeaders = (options: ReplayOptions, runtime: Runtime): { extra: Headers; dropped: readonly string[] } => {
  const extra = (options.header ?? []).map(readExtra);
  const dropped = (options.dropHeader ?? []).map(readDropped);
  if (options.secretHeader === undefined) return { extra, dropped };
  if (options.expectUnauthorized === true) {
    // It is the secret that is missing: its value is not needed.
    const [name] = readHeader(`${options.secretHeader.split(':')[0]}: x`, '--secret-header');
    return { extra, dropped: [...dropped, name.toLowerCase()] };
  }
  const { name, value } = readSecret(options.secretHeader, runtime.env);
  return { extra: [...extra, [name, value]], dropped };
};

/** Tells when a recorded delivery is due, in milliseconds after the first one of its source. */
const recordedClock = (speed: ReplayOptions['speed']): ((entry: Entry) => number) => {
  let first: number | undefined;
  return ({ recorded }) => {
    const time = recorded?.delivery.time ?? Number.NaN;
    if (speed === 'max' || Number.isNaN(time)) return 0;
    first ??= time;
    return (time - first) / speed;
  };
};

/** Payloads that a program hands over, as a file of its own. */
const handedOver = (payloads: readonly Part[]): readonly Source[] =>
  payloads.length === 0 ? NONE : [{ kind: 'document', file: 'payloads', unnamed: true, size: 0, parts: payloads, close: () => {} }];

/**
 * The deliveries that the sources and flags of `replay` name, as steps of a run.
 * @param teller is told of what cannot be read or sent
 * @throws UserError (2) for flags that cannot be read
 */
export const openSteps = (
  { sources, payloads = NONE }: Wanted,
  options: ReplayOptions,
  seed: number,
  runtime: Runtime,
  teller: Teller,
): StepSource => {
  const chosen = readEvents(options.only, '--only');
  const { extra, dropped } = readHeaders(options, runtime);
  const overlay = projectOverlay(options.schemaOverlay, runtime.cwd);
  const history = { file: options.history, filter: readFilter(options, runtime), limit: options.limit };
  const scenario = { random: createRandom(seed), at: readAt(options.at, runtime), variables: options.var ?? [] };
  const reading: Reading = { trouble: [], unfit: 0, payloads: 0, tells: false };
  const modes: readonly (Mode | undefined)[] = options.mode === 'all' ? MODES : [options.mode];
  // Standard input is there once, and is perhaps asked for again.
  let stdin: Promise<Uint8Array> | undefined;
  const readStdin = (): Promise<Uint8Array> => {
    stdin ??= runtime.readStdin();
    return stdin;
  };
  const again: Runtime = { ...runtime, readStdin };

  /** Worth its start for more than a few. */
  let isSound: Quick['isSound'] | undefined;
  let number = 0;
  let due = 0;
  function* ofDocument(source: DocumentSource, isFirst: boolean): Generator<Step> {
    const { file, parts } = source;
    const begin = due;
    const dueOf = recordedClock(options.speed);
    /** The step of a scenario that has to be answered before the next one. */
    let before: readonly number[] = NONE;
    for (const part of parts) {
      if ('problem' in part) {
        if (!isFirst) continue;
        const { line, column, finding } = part.problem;
        if (finding.severity === 'error') reading.trouble.push(EXIT.wanting);
        teller.problem({ file, line, column, event: null, finding });
        continue;
      }
      const { entry } = part;
      const origin = entry.name === null ? file : `${file} > ${entry.name}`;
      const { scenario: told } = entry;
      if (told !== undefined) reading.tells = true;
      if (told !== undefined && options.scenarioSpeed !== 'max') due += told.delay / options.scenarioSpeed;
      const expects = told?.expect.map(readExpectation) ?? NONE;
      for (const mode of modes) {
        const planned = planShipment(entry, mode, extra, runtime.id, overlay, dropped, isSound);
        if (typeof planned === 'string') {
          if (isFirst) {
            reading.trouble.push(EXIT.wanting);
            teller.trouble(`${origin}: ${planned}.`);
          }
          break;
        }
        const { name, verdict, type, shipment } = planned;
        if (!chosen(name)) break;
        reading.payloads++;
        if (verdict !== 'valid') reading.unfit++;
        // The clock that recorded it may have been put back.
        due = Math.max(due, begin + dueOf(entry));
        yield {
          name,
          verdict,
          type,
          shipment,
          number: ++number,
          origin,
          again: againOf(source, entry, mode, options, seed),
          due,
          after: before,
          copyOf: null,
          faults: NONE,
          expects,
        };
        if (told !== undefined) before = [number];
      }
    }
  }

  const plan = createPlan({
    seed,
    shuffle: options.shuffle,
    every: options.rate === undefined ? options.delay : 1000 / options.rate,
    faults: faultsOf(options),
  });
  async function* all(): AsyncGenerator<Iterable<Source>> {
    yield* readSources(sources, again, history, scenario);
    yield handedOver(payloads);
  }
  async function* steps(): AsyncGenerator<readonly Step[]> {
    let batch: Step[] = [];
    for (let round = 0; round < options.repeat; round++) {
      for await (const some of all()) {
        for (const source of some) {
          if (source.kind === 'document') {
            try {
              for (const step of ofDocument(source, round === 0)) {
                batch.push(...plan.push(step));
                if (batch.length < BATCH) continue;
                yield batch;
                batch = [];
                isSound ??= (await import('../../io/quick.ts')).createQuick().isSound;
              }
            } finally {
              source.close();
            }
          } else if (round > 0) continue;
          else if (source.kind === 'note') teller.note(source.message);
          else {
            reading.trouble.push(source.exitCode);
            teller.trouble(source.message, source.hint);
          }
        }
      }
    }
    yield [...batch, ...plan.end()];
  }

  return {
    reading,
    steps: steps(),
    async check() {
      const files = sources.filter((source) => source !== '-' && !source.startsWith(HISTORY));
      for await (const some of readSources(files, again, undefined, { ...scenario, random: createRandom(seed) })) {
        for (const source of some) {
          if (source.kind === 'document') source.close();
          else if (source.kind === 'trouble' && source.exitCode === EXIT.usage) {
            reading.trouble.push(source.exitCode);
            teller.trouble(source.message, source.hint);
          }
        }
      }
    },
  };
};
