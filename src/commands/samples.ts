import { EXIT, type ExitCode, environmentError, reason, usageError } from '../errors.ts';
import { CATEGORIES, isCategory, isEventName } from '../event/name.ts';
import { join, readBytes, resolve, shown, writeNew } from '../io/files.ts';
import { readSamples, type Sample } from '../io/samples.ts';
import { openTerminal } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import type { Runtime } from '../runtime.ts';
import { nearest } from '../schema/keywords.ts';
import { clean } from '../view/clean.ts';
import { colourOf, unknownEvent } from './flags.ts';

const list = async (what: string | undefined, runtime: Runtime, colour: Parameters<typeof openTerminal>[1]): Promise<ExitCode> => {
  const { out } = await openTerminal(runtime, colour);
  const [category = ''] = what?.split('.') ?? [];
  if (what !== undefined && !isCategory(what) && !isEventName(what)) throw unknownEvent(what);
  for (const { event, name } of readSamples(runtime, what === undefined ? CATEGORIES : [category])) {
    if (what === undefined || what === category || what === event) out.lines(`${out.paint.cyan(event.padEnd(16))} ${name}`);
  }
  await out.flush();
  return EXIT.ok;
};

/** The samples of an event, or one of them: JSON as it stands in the file. */
const show = async (event: string, name: string | undefined, runtime: Runtime): Promise<ExitCode> => {
  if (!isEventName(event)) throw unknownEvent(event);
  const samples = readSamples(runtime, [event.split('.')[0] ?? '']).filter((sample) => sample.event === event);
  const found = name === undefined ? samples : samples.filter((sample) => sample.name === name);
  const text = ({ entry }: Sample): string => new TextDecoder().decode(entry.body);
  const first = found[0];
  if (first === undefined) {
    const names = samples.map((sample) => sample.name);
    const near = name === undefined ? undefined : nearest(name, names);
    throw usageError(
      name === undefined ? `There is no sample of ${event}.` : `${event} has no sample ${JSON.stringify(name)}.`,
      near === undefined ? `whapi-hooks samples ${event.split('.')[0]} lists them.` : `Did you mean ${JSON.stringify(near)}?`,
    );
  }
  // A payload in the file stands two columns to the right.
  const dedent = (json: string): string => json.replaceAll('\n  ', '\n');
  const document =
    found.length === 1
      ? dedent(text(first))
      : `{\n${found.map((sample) => `  ${JSON.stringify(sample.name)}: ${text(sample)}`).join(',\n')}\n}`;
  await runtime.stdout.write(`${document}\n`);
  return EXIT.ok;
};

const copy = async (folder: string, runtime: Runtime, colour: Parameters<typeof openTerminal>[1]): Promise<ExitCode> => {
  const { out, err } = await openTerminal(runtime, colour);
  let written = 0;
  for (const category of CATEGORIES) {
    const target = resolve(runtime.cwd, folder, `${category}.json`);
    try {
      if (writeNew(target, readBytes(join(runtime.packageRoot, 'samples', `${category}.json`)))) {
        written++;
        out.lines(clean(shown(target, runtime.cwd)));
      } else err.lines(err.paint.yellow(`${clean(shown(target, runtime.cwd))} is there already and stays as it is.`));
    } catch (error) {
      throw environmentError(`${shown(target, runtime.cwd)} cannot be written: ${reason(error)}.`, undefined, error);
    }
  }
  if (written > 0) err.lines(err.paint.dim(`Check them with: whapi-hooks validate ${clean(folder)}`));
  await out.flush();
  await err.flush();
  return EXIT.ok;
};

const EXAMPLES = `
Examples:
  $ whapi-hooks samples                                   every sample by event and name
  $ whapi-hooks samples groups                            those of one category
  $ whapi-hooks samples show groups.put                   the payloads of an event
  $ whapi-hooks samples show groups.put "participant added"
  $ whapi-hooks samples copy fixtures                     as first fixtures of a project; nothing is overwritten`;

export const addSamples: AddCommand = (program, runtime, finish) => {
  const samples = program
    .command('samples')
    .summary('list, show and copy samples')
    .description('List the sample payloads that come with whapi-hooks.')
    .argument('[category|event]', 'such as groups or groups.put')
    .addHelpText('after', EXAMPLES)
    .action(async (what: string | undefined) => {
      finish(await list(what, runtime, colourOf(program.opts())));
    });
  samples
    .command('show')
    .description('print the payloads of an event as JSON')
    .argument('<event>', 'such as groups.put')
    .argument('[name]', 'of one sample')
    .action(async (event: string, name: string | undefined) => {
      colourOf(program.opts()); // there is nothing to colour, but a wrong word is told
      finish(await show(event, name, runtime));
    });
  samples
    .command('copy')
    .description('copy all samples into a folder; files that are there stay as they are')
    .argument('[folder]', 'where to', 'fixtures')
    .action(async (folder: string) => {
      finish(await copy(folder, runtime, colourOf(program.opts())));
    });
};
