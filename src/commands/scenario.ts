import type { Command } from 'commander';
import type { Entry } from '../delivery/entry.ts';
import { readDelivery, recordedWords } from '../delivery/reading.ts';
import { EXIT, type ExitCode, usageError } from '../errors.ts';
import { parseBody } from '../event/parse.ts';
import { tellScenario } from '../io/scenario-source.ts';
import { findScenario, openScenario, shippedScenarios } from '../io/scenarios.ts';
import { readSources } from '../io/sources.ts';
import { complain, openTerminal, type Terminal } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import { createRandom, seedOf } from '../replay/random.ts';
import { MOST_STEPS } from '../replay/scenario.ts';
import { scenarioFrom, type Told } from '../replay/scenario-from.ts';
import { findingText } from '../report/text.ts';
import type { Runtime } from '../runtime.ts';
import { isObject } from '../schema/keywords.ts';
import { clean, plural } from '../view/text.ts';
import { addChoosing, type ChoosingOptions, checkChoosing, readFilter } from './choose.ts';
import { colourOf, option, readAt, several } from './flags.ts';
import { seed } from './replay/options.ts';

interface ListOptions {
  readonly json?: boolean;
}

/** The scenarios of the package: name, number of steps, what happens. */
const list = async ({ json }: ListOptions, runtime: Runtime, terminal: Terminal): Promise<ExitCode> => {
  const { out } = terminal;
  const rows = [];
  for (const short of shippedScenarios(runtime)) {
    const name = `scenarios/${short}`;
    const found = findScenario(`samples/${name}.yaml`, { ...runtime, cwd: runtime.packageRoot });
    const opened = found === undefined ? undefined : await openScenario(found);
    if (opened === undefined || 'problems' in opened) continue; // a test holds all of ours to being right
    const { scenario } = opened;
    rows.push({
      name,
      title: scenario.name,
      description: scenario.description ?? null,
      steps: scenario.steps.length,
      variables: scenario.variables,
    });
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  if (json === true) out.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  else for (const { name, title } of rows) out.lines(`${out.paint.cyan(name.padEnd(width))} ${title}`);
  await out.flush();
  return EXIT.ok;
};

interface ShowOptions {
  readonly payloads?: boolean;
  readonly var?: readonly string[];
  readonly seed?: number;
  readonly at?: string;
}

/** A scenario as it is written, or the payloads that it makes. */
const show = async (text: string, options: ShowOptions, runtime: Runtime, terminal: Terminal): Promise<ExitCode> => {
  const found = findScenario(text, runtime) ?? findScenario(`scenarios/${text}`, runtime);
  if (found === undefined) throw usageError(`There is no scenario ${text}.`, 'whapi-hooks scenario list names those that there are.');
  const opened = await openScenario(found);
  if ('problems' in opened) {
    for (const problem of opened.problems) complain(terminal, problem);
    await terminal.err.flush();
    return EXIT.usage;
  }
  if (options.payloads === true) {
    const choice = {
      random: createRandom(options.seed ?? seedOf(runtime.id())),
      at: readAt(options.at, runtime),
      variables: options.var ?? [],
    };
    const payloads = tellScenario(opened, choice, runtime).map(({ payload }) => payload);
    await runtime.stdout.write(`${JSON.stringify(payloads, undefined, 2)}\n`);
  } else await runtime.stdout.write(opened.text);
  return EXIT.ok;
};

/** What a payload of a recording tells; undefined where it is no JSON object. */
const toldBy = (entry: Entry): Told | undefined => {
  const { recorded } = entry;
  const { name, payload } = recorded === undefined ? parseBody(entry.body).parsed : readDelivery(recorded.delivery, recordedWords(entry));
  return isObject(payload) ? { event: name, payload, time: recorded?.delivery.time } : undefined;
};

interface FromOptions extends ChoosingOptions {
  readonly name?: string;
  readonly json?: boolean;
  readonly limit?: number;
}

const from = async (source: string, options: FromOptions, runtime: Runtime, terminal: Terminal): Promise<ExitCode> => {
  const { out, err } = terminal;
  const told: Told[] = [];
  let code: ExitCode = EXIT.ok;
  const choice = { file: options.history, filter: readFilter(options, runtime), limit: options.limit };
  for await (const some of readSources([source], runtime, choice)) {
    for (const one of some) {
      if (one.kind === 'note') err.lines(err.paint.dim(clean(one.message)));
      else if (one.kind === 'trouble') {
        code = one.exitCode;
        complain(terminal, one.message, one.hint);
      } else {
        for (const part of one.parts) {
          if ('problem' in part) {
            const { line, column, finding } = part.problem;
            code = EXIT.wanting;
            err.lines(findingText({ file: one.file, line, column, event: null, finding }, err));
            continue;
          }
          const found = toldBy(part.entry);
          if (found !== undefined) told.push(found);
          else {
            code = EXIT.wanting;
            complain(terminal, `${one.file}:${part.entry.line}: it is no JSON object and is left out.`);
          }
          if (told.length > MOST_STEPS)
            throw usageError(
              `${source} has more than ${plural(MOST_STEPS, 'delivery', 'deliveries')}.`,
              'A recording of that size is sent as it is: whapi-hooks replay.',
            );
        }
      }
    }
  }
  if (told.length > 0) {
    const scenario = scenarioFrom(options.name ?? `From ${source}`, told);
    if (options.json === true) out.write(`${JSON.stringify(scenario, undefined, 2)}\n`);
    else {
      const { writeText } = await import('../replay/scenario-text.ts');
      out.write(writeText(scenario));
    }
  } else if (code === EXIT.ok) {
    code = EXIT.usage;
    complain(terminal, `${source} holds no delivery.`);
  }
  await out.flush();
  await err.flush();
  return code;
};

const EXAMPLES = `
Examples:
  $ whapi-hooks scenario list                             those that come along
  $ whapi-hooks scenario show scenarios/poll > mine.yaml  one as a beginning for your own
  $ whapi-hooks replay mine.yaml --var title=Roses?       tells it to http://localhost:3000
  $ whapi-hooks scenario from today.jsonl > today.yaml    a recording, to be changed and told again`;

export const addScenario: AddCommand = (program, runtime, finish) => {
  const scenario = program
    .command('scenario')
    .summary('list, show and make scenarios: events that tell a story')
    .description('Scenarios are events that follow one another and speak of the same people, chats and messages; replay tells them.')
    .addHelpText('after', EXAMPLES);
  const terminal = (): Promise<Terminal> => openTerminal(runtime, colourOf(program.opts()));
  scenario
    .command('list', { isDefault: true })
    .description('the scenarios that come with whapi-hooks')
    .option('--json', 'one document')
    .action(async (options: ListOptions) => finish(await list(options, runtime, await terminal())));
  scenario
    .command('show')
    .description('print a scenario as it is written')
    .argument('<scenario>', 'a file, or one of whapi-hooks: scenarios/poll')
    .option('--payloads', 'the payloads that it makes instead, as a JSON list')
    .addOption(option<readonly string[]>('--var <name=value>', 'a variable; may be repeated', several))
    .addOption(option('--seed <n>', 'makes the same ids again', seed))
    .option('--at <time>', 'when it begins: 2026-03-01T14:30, 14:30, 2h (ago); default: now')
    .action(async (text: string, options: ShowOptions) => finish(await show(text, options, runtime, await terminal())));
  const command: Command = scenario
    .command('from')
    .description('print a scenario that tells the events of a recording again')
    .argument('<recording>', 'a .jsonl file of listen --record, history:<id>, or history: with flags that choose from it')
    .option('--name <name>', 'what the scenario is called')
    .option('--json', 'as JSON instead of YAML')
    .option('--history <file>', 'the history that history: reads');
  addChoosing(command, {});
  command.action(async (source: string) => {
    checkChoosing(command, [source]);
    finish(await from(source, command.opts<FromOptions>(), runtime, await terminal()));
  });
};
