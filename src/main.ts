import { Command, CommanderError } from 'commander';
import { applyEnvironment } from './commands/environment.ts';
import { EXIT, environmentError, errorCode, reason, UserError } from './errors.ts';
import type { Runtime } from './runtime.ts';
import { clean, cleanLines } from './view/clean.ts';

/** Adds a command to the program; `finish` takes its exit code. */
export type AddCommand = (program: Command, runtime: Runtime, finish: (code: number) => void) => void;

/** The commands. Only the one that was called is loaded; the others are known by name. */
const COMMANDS: readonly {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<AddCommand>;
}[] = [
  {
    name: 'listen',
    summary: 'receive webhooks, show them, check them, record and forward them',
    load: async () => (await import('./commands/listen.ts')).addListen,
  },
  {
    name: 'replay',
    summary: 'send samples, fixtures and recordings to your endpoint',
    load: async () => (await import('./commands/replay.ts')).addReplay,
  },
  {
    name: 'trigger',
    summary: 'make a fresh event and send it to your endpoint',
    load: async () => (await import('./commands/trigger.ts')).addTrigger,
  },
  {
    name: 'scenario',
    summary: 'list, show and make scenarios: events that tell a story',
    load: async () => (await import('./commands/scenario.ts')).addScenario,
  },
  {
    name: 'validate',
    summary: 'check fixtures and recordings against what Whapi.Cloud sends',
    load: async () => (await import('./commands/validate.ts')).addValidate,
  },
  {
    name: 'drift',
    summary: 'report what traffic does that the schemas do not know',
    load: async () => (await import('./commands/drift.ts')).addDrift,
  },
  {
    name: 'history',
    summary: 'find, show, export and send again what listen has taken',
    load: async () => (await import('./commands/history.ts')).addHistory,
  },
  {
    name: 'webhooks',
    summary: "see and change the webhooks in the channel's settings",
    load: async () => (await import('./commands/webhooks.ts')).addWebhooks,
  },
  {
    name: 'samples',
    summary: 'list, show and copy the sample payloads',
    load: async () => (await import('./commands/samples.ts')).addSamples,
  },
  {
    name: 'schema',
    summary: 'print the JSON Schema of an event',
    load: async () => (await import('./commands/schema.ts')).addSchema,
  },
  {
    name: 'explain',
    summary: 'tell what a rule of the check means',
    load: async () => (await import('./commands/explain.ts')).addExplain,
  },
  {
    name: 'tunnel',
    summary: 'install cloudflared, which listen --tunnel runs, or tell which one is used',
    load: async () => (await import('./commands/tunnel.ts')).addTunnel,
  },
  {
    name: 'doctor',
    summary: 'look for what keeps webhooks from coming through on this machine',
    load: async () => (await import('./commands/doctor.ts')).addDoctor,
  },
];

const create = (runtime: Runtime): Command =>
  new Command('whapi-hooks')
    .description('Receive, check, record, forward and replay the webhooks of Whapi.Cloud on your own machine.')
    .version(__VERSION__, '-V, --version')
    .option('--color <when>', 'auto, always or never', 'auto')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void runtime.stdout.write(text),
      writeErr: (text) => void runtime.stderr.write(cleanLines(text)), // it repeats what was typed
      getOutHelpWidth: () => runtime.stdout.columns ?? 100,
      getErrHelpWidth: () => runtime.stderr.columns ?? 100,
    });

const EXAMPLES = `
Examples:
  $ whapi-hooks listen --forward-to 3000          show what comes in and pass it to your app
  $ whapi-hooks replay samples/groups.json        send sample events to http://localhost:3000
  $ whapi-hooks validate fixtures --strict        check your fixtures, for instance in CI

Every option can be set in the environment too: WHAPI_HOOKS_FORWARD_TO=3000.
whapi-hooks <command> --help tells more.`;

/** Which command was called, where it is not the first word; commander tells what is wrong where there is none. */
const findCalled = async (args: readonly string[], runtime: Runtime): Promise<(typeof COMMANDS)[number] | undefined> => {
  let called: (typeof COMMANDS)[number] | undefined;
  const front = create(runtime);
  for (const command of COMMANDS) {
    front
      .command(command.name)
      .summary(command.summary)
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .argument('[rest...]')
      .action(() => {
        called = command;
      });
  }
  front.addHelpText('after', EXAMPLES);
  if (args.length === 0) front.help({ error: true });
  // A first word is no command here: alone it is an error, while a --help behind it would show the program's help.
  await front.parseAsync(args[0]?.startsWith('-') === false ? args.slice(0, 1) : args, { from: 'user' });
  return called;
};

/** Errors of a file that takes no more, where a reader that goes away is none. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Loads the command that was called, and runs it. @throws UserError (3) where its answer could not be written */
const run = async (argv: readonly string[], runtime: Runtime): Promise<number> => {
  const args = argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
  const called = COMMANDS.find(({ name }) => name === args[0]) ?? (await findCalled(args, runtime));
  if (called === undefined) return EXIT.ok;
  const program = create(runtime);
  let code: number = EXIT.ok;
  program.hook('preAction', (_program, command) => {
    applyEnvironment(command, runtime.env);
  });
  const add = await called.load();
  add(program, runtime, (finished) => {
    code = finished;
  });
  await program.parseAsync(args, { from: 'user' });
  const { closed } = runtime.stdout;
  if (closed.aborted && FULL.has(errorCode(closed.reason) ?? ''))
    throw environmentError(`Standard output cannot be written: ${reason(closed.reason)}.`, 'What was printed is not whole.', closed.reason);
  return code;
};

/**
 * The program.
 * @param argv what stands behind the program's name
 * @returns the exit code: 0 fine, 1 checked and found wanting, 2 called wrongly, 3 the environment failed
 */
export const main = async (argv: readonly string[], runtime: Runtime): Promise<number> => {
  try {
    return await run(argv, runtime);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof UserError) {
      await runtime.stderr.write(`error: ${clean(error.message)}\n${error.hint === undefined ? '' : `       ${clean(error.hint)}\n`}`);
      return error.exitCode;
    }
    const told = error instanceof Error ? error.message : String(error);
    const stack = runtime.env['WHAPI_HOOKS_DEBUG'] !== undefined && error instanceof Error ? `${error.stack}\n` : '';
    await runtime.stderr.write(
      `error: whapi-hooks itself failed: ${clean(told)}\n       This is a defect; please report it. WHAPI_HOOKS_DEBUG=1 shows where.\n${stack}`,
    );
    return EXIT.environment;
  }
};
