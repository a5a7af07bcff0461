import { Command, CommanderError, type Option } from 'commander';
import type { ReplayOptions } from '../commands/replay/options.ts';
import { addReplayFlags, replayOptionsOf } from '../commands/replay.ts';
import type { Headers } from '../delivery/delivery.ts';
import { type UserError, usageError } from '../errors.ts';
import { isObject, type JsonObject, nearest } from '../schema/keywords.ts';

/** Members of a call that are no flags. */
const OWN = ['sources', 'payloads', 'headers', 'signal', 'onResult', 'onApi'] as const;
/** Flags that are for a terminal, other names of flags, and the one that `headers` stands for. */
const NOT_HERE = ['dryRun', 'json', 'reporter', 'check', 'rule', 'forwardTo', 'insecure', 'header'];
/** Flags that may be repeated. */
const LISTS = ['only', 'var', 'dropHeader', 'expect', 'event', 'chat', 'from', 'type', 'status', 'verdict', 'search'];

const wrong = (name: string, what: string): UserError => usageError(`replay: ${name} is ${what}.`);

/** A value as the flag takes it: a number of milliseconds has its unit there. */
const textOf = (name: string, value: unknown, option: Option): string => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') throw wrong(name, LISTS.includes(name) ? 'a list of texts' : 'a text or a number');
  if (option.flags.endsWith('<duration>')) return `${value}ms`;
  return option.flags.endsWith('<speed>') ? `${value}x` : String(value);
};

const isTruth = (value: unknown): value is boolean => typeof value === 'boolean';

const flagOf = (name: string, value: unknown, option: Option): readonly string[] => {
  const flag = option.long ?? '';
  if (option.isBoolean() || option.negate) {
    if (!isTruth(value)) throw wrong(name, 'true or false');
    return value === option.negate ? [] : [flag];
  }
  if (option.optional && isTruth(value)) return value ? [flag] : [];
  const isList = LISTS.includes(name);
  if (isList !== Array.isArray(value)) throw wrong(name, isList ? 'a list of texts' : 'one value, not a list');
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.map((one) => `${flag}=${textOf(name, one, option)}`);
};

/** A pair for each value of each header. @throws UserError (2) */
export const headerPairs = (name: string, headers: unknown): Headers => {
  if (headers === undefined) return [];
  if (!isObject(headers)) throw wrong(name, 'an object of names and values');
  return Object.entries(headers).flatMap(([header, value]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.map((one) => {
      if (typeof one !== 'string' || header.includes(':'))
        throw wrong(`${name}[${JSON.stringify(header)}]`, 'no header: a name, and a text or a list of texts');
      return [header, one] as const;
    });
  });
};

const argumentsOf = (call: JsonObject, options: readonly Option[]): string[] => {
  const flags = new Map(options.map((option) => [option.attributeName(), option]));
  for (const name of NOT_HERE) flags.delete(name);
  const args = headerPairs('headers', call['headers']).map(([name, value]) => `--header=${name}: ${value}`);
  for (const [name, value] of Object.entries(call)) {
    if (value === undefined || OWN.some((own) => own === name)) continue;
    const option = flags.get(name);
    if (option === undefined) {
      const near = nearest(name, [...flags.keys(), ...OWN]);
      throw usageError(`replay has no option ${JSON.stringify(name)}.`, near === undefined ? undefined : `Did you mean ${near}?`);
    }
    args.push(...flagOf(name, value, option));
  }
  return args;
};

/**
 * The options of a call, read as the flags of the command are: what the command takes is taken, in its words.
 * @throws UserError (2)
 */
export const readOptions = (call: JsonObject, sources: readonly string[]): ReplayOptions => {
  const command = addReplayFlags(new Command('replay').argument('[source...]').exitOverride())
    .helpOption(false)
    .configureOutput({ writeOut: () => {}, writeErr: () => {} });
  try {
    command.parse([...argumentsOf(call, command.options), '--', ...sources], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw usageError(error.message.replace(/^error: /, ''));
    throw error;
  }
  return replayOptionsOf(command, sources);
};
