import type { Command } from 'commander';
import { EXIT, environmentError, reason } from '../errors.ts';
import { entryOf, isEventName } from '../event/name.ts';
import { join, readBytes } from '../io/files.ts';
import type { AddCommand } from '../main.ts';
import { bundle, type Draft } from '../schema/bundle.ts';
import type { JsonObject } from '../schema/keywords.ts';
import { colourOf, oneOf, option, unknownEvent } from './flags.ts';

const DRAFTS = ['2020-12', '07'] as const;

const EXAMPLES = `
Examples:
  $ whapi-hooks schema groups.put > groups.put.schema.json
  $ whapi-hooks schema messages.post --draft 07           for tools that read draft 07 only`;

export const addSchema: AddCommand = (program, runtime, finish) => {
  program
    .command('schema')
    .summary('print a schema')
    .description('Print the JSON Schema of an event, complete in itself.')
    .argument('<event>', 'such as groups.put')
    .addOption(option('--draft <draft>', '2020-12 or 07', oneOf(DRAFTS), { value: '2020-12' as Draft, shown: '2020-12' }))
    .addHelpText('after', EXAMPLES)
    .action(async (event: string, _options: unknown, command: Command) => {
      colourOf(program.opts()); // there is nothing to colour, but a wrong word is told
      if (!isEventName(event)) throw unknownEvent(event);
      const load = (file: string): JsonObject => {
        try {
          return JSON.parse(new TextDecoder().decode(readBytes(join(runtime.packageRoot, 'schemas', file)))) as JsonObject; // our own schema
        } catch (error) {
          throw environmentError(`The schema ${file} cannot be read: ${reason(error)}.`, 'Is the installation complete?', error);
        }
      };
      const { draft } = command.opts<{ draft: Draft }>();
      await runtime.stdout.write(`${JSON.stringify(bundle(entryOf(event).schema, load, draft), null, 2)}\n`);
      finish(EXIT.ok);
    });
};
