/** What the library loads when `replay` is called. */
import { fileURLToPath } from 'node:url';
import { openRun, type Prepared, prepareRun, type Ran, withTrouble } from './commands/replay/engine.ts';
import { EXIT, UserError, usageError } from './errors.ts';
import type { ReplayCall } from './library/call.ts';
import type { Refusal } from './library/error.ts';
import { readOptions } from './library/flags.ts';
import { readPayloads } from './library/payloads.ts';
import type { ReplayedDelivery, ReplayResult } from './library/result.ts';
import { createTold, type Told } from './library/telling.ts';
import type { Result } from './replay/result.ts';
import { replayDocument } from './report/replay/json.ts';
import type { ReplayContext } from './report/replay/reporter.ts';
import { replayExitCode, resultRecord } from './report/replay.ts';
import { createSilentRuntime, type Runtime } from './runtime.ts';
import { isObject } from './schema/keywords.ts';
import { clean } from './view/clean.ts';

/** How a call was answered. A value: an error class of this file would be another one than that of `index.ts`. */
export type Answer = { readonly result: ReplayResult } | { readonly refused: Refusal };

/** All texts in a value made harmless: whoever runs tests prints what it finds, on a terminal. */
const harmless = <Value>(value: Value): Value => {
  const made: unknown =
    typeof value === 'string'
      ? clean(value)
      : Array.isArray(value)
        ? value.map(harmless)
        : isObject(value)
          ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, harmless(one)]))
          : value;
  return made as Value; // texts became texts, and all else is as it was
};

const deliveryOf = (result: Result, { command }: ReplayContext): ReplayedDelivery => {
  const { v: _, type: __, again, ...record } = resultRecord(result);
  return harmless({ ...record, ...(again === undefined ? {} : { again: command(again) }) });
};

const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

/** @throws UserError (2) */
const readSources = (sources: unknown = []): readonly string[] => {
  if (!areTexts(sources)) throw usageError('replay: sources is a list of texts.');
  if (sources.includes('-')) throw usageError('replay: standard input is not read here.', 'Hand over what it would hold as payloads.');
  return sources;
};

/** @throws UserError (2) where something of a call that is no text or number is something else */
const checkParts = ({ signal, onResult, onApi }: ReplayCall): void => {
  for (const [name, called] of Object.entries({ onResult, onApi }))
    if (called !== undefined && typeof called !== 'function') throw usageError(`replay: ${name} is a function.`);
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') throw usageError('replay: signal is an AbortSignal.');
};

const resultOf = (prepared: Prepared, ran: Ran, context: ReplayContext, results: readonly ReplayedDelivery[], told: Told): ReplayResult => {
  const { tool: _, ok: __, ...document } = replayDocument(context, ran);
  const exitCode = withTrouble(replayExitCode(ran.totals, ran.ending), prepared.trouble);
  const { trouble, notes } = told;
  return { ok: exitCode === EXIT.ok, exitCode, ending: ran.end, ...harmless(document), results, trouble, notes };
};

/** @throws what the functions of the call throw, and UserError */
const send = async (
  prepared: Prepared,
  { onResult, onApi }: ReplayCall,
  signal: AbortSignal,
  runtime: Runtime,
  told: Told,
): Promise<Answer> => {
  const code = withTrouble(EXIT.ok, prepared.trouble);
  if (code === EXIT.usage || code === EXIT.environment)
    return { refused: { message: told.trouble.join('\n'), hint: told.hint(), exitCode: code } };
  if (prepared.ahead.isAll) prepared.tellUnfit();
  const opened = await openRun(prepared, runtime);
  try {
    if (opened.api !== undefined) await onApi?.(opened.api);
    const context: ReplayContext = {
      version: __VERSION__,
      time: new Date(runtime.now()).toISOString(),
      endpoint: prepared.url.href,
      command: (again) => `whapi-hooks replay ${again}${opened.behind}`,
    };
    const results: ReplayedDelivery[] = [];
    const ran = await opened.send(signal, (result) => {
      const delivery = deliveryOf(result, context);
      results.push(delivery);
      return onResult === undefined ? undefined : Promise.resolve(onResult(delivery)).then(() => {});
    });
    for (const text of ran.notes) told.teller.warning(text);
    return { result: resultOf(prepared, ran, context, results, told) };
  } finally {
    await opened.close();
  }
};

const run = async (call: ReplayCall): Promise<Answer> => {
  checkParts(call);
  const { signal = new AbortController().signal } = call;
  const sources = readSources(call.sources);
  const options = readOptions({ ...call }, sources);
  const payloads = readPayloads(call.payloads);
  // Both in src/ and in dist/ this file lies one below the root of the package.
  const runtime = createSilentRuntime(fileURLToPath(new URL('..', import.meta.url)), signal);
  const told = createTold();
  const prepared = await prepareRun({ sources, payloads }, options, runtime, told.teller);
  try {
    return await send(prepared, call, signal, runtime, told);
  } finally {
    await prepared.close();
  }
};

/** Answers a call of `replay`. @throws what the functions of the call throw */
export const answerTo = async (call: ReplayCall): Promise<Answer> => {
  try {
    if (!isObject(call)) throw usageError('replay takes one object: { to, sources, … }.');
    return await run(call);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message, hint, exitCode } = error;
    return {
      refused: {
        message: clean(message),
        hint: hint === undefined ? undefined : clean(hint),
        exitCode: exitCode === EXIT.environment ? 3 : 2,
      },
    };
  }
};
