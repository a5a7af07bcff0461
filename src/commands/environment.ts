import { type Command, InvalidArgumentError, type Option } from 'commander';
import { usageError } from '../errors.ts';

const envName = (option: Option): string => `WHAPI_HOOKS_${option.name().toUpperCase().replaceAll('-', '_')}`;

/**
 * Options that no flag gave are taken from WHAPI_HOOKS_<OPTION>.
 * @throws UserError (2) naming the variable where its value will not do
 */
export const applyEnvironment = (command: Command, env: Readonly<Record<string, string | undefined>>): void => {
  for (const option of command.options) {
    const name = option.attributeName();
    const source = command.getOptionValueSource(name);
    const text = env[envName(option)];
    if (text === undefined || text === '' || name === 'version' || (source !== undefined && source !== 'default')) continue;
    if (option.isBoolean() || option.negate) {
      if (!/^(?:1|true|yes|0|false|no)$/i.test(text)) throw usageError(`${envName(option)}: it is 1 or 0.`);
      const isSaid = /^(?:1|true|yes)$/i.test(text);
      // --no-history said no: nothing changes.
      if (isSaid || !option.negate) command.setOptionValueWithSource(name, isSaid !== option.negate, 'env');
      continue;
    }
    try {
      const value: unknown = option.parseArg === undefined ? text : option.parseArg(text, undefined as never); // a first value has none before it
      command.setOptionValueWithSource(name, value, 'env');
    } catch (error) {
      if (error instanceof InvalidArgumentError)
        throw usageError(`${envName(option)}: ${JSON.stringify(text)} will not do. ${error.message}`);
      throw error;
    }
  }
  if (command.parent !== null) applyEnvironment(command.parent, env);
};

/** Of options that say the same or contradict one another the one that counts: a flag, else the first in the environment. */
export const strongest = (command: Command, names: readonly string[]): string | undefined =>
  ['cli', 'env']
    .flatMap((source) => names.filter((name) => command.getOptionValueSource(name) === source))
    .find((name) => command.getOptionValue(name) !== false);
