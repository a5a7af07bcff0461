import type { Command } from 'commander';
import { EXIT, environmentError } from '../errors.ts';
import { type Executable, findCloudflared } from '../io/cloudflared/find.ts';
import { packageCommand } from '../io/cloudflared/packages.ts';
import { openTerminal, type Terminal } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import type { Runtime } from '../runtime.ts';
import { clean } from '../view/text.ts';
import { colourOf } from './flags.ts';

interface FindOptions {
  readonly cloudflared?: string;
  readonly json?: boolean;
}

/** 128 + SIGINT: what a shell says of a program that was stopped. */
const STOPPED = 130;

const EXAMPLES = `
Examples:
  $ whapi-hooks tunnel install      download cloudflared, check it, and keep it in the data folder
  $ whapi-hooks tunnel path         which one listen --tunnel runs
  $ whapi-hooks tunnel version      and its version
  $ whapi-hooks tunnel uninstall    take ours away again

Looked for in this order: --cloudflared <path>, CLOUDFLARED_BIN, PATH, the data folder.
whapi-hooks listen --tunnel opens a tunnel.`;

/** @throws UserError (2) where a named one cannot be run, (3) where there is none */
const found = (flag: string | undefined, runtime: Runtime): Executable => {
  const executable = findCloudflared({ flag, runtime });
  if (executable !== undefined) return executable;
  throw environmentError(
    'There is no cloudflared: neither CLOUDFLARED_BIN, PATH nor the data folder has it.',
    `whapi-hooks tunnel install downloads it; or: ${packageCommand(runtime)}.`,
  );
};

/** What is found before an installed one; undefined where that is used. A wrong one is no failure of its installation. */
const usedBefore = (path: string, runtime: Runtime): string | undefined => {
  const named = runtime.env['CLOUDFLARED_BIN'] ?? '';
  if (named !== '') return named === path ? undefined : `${named} (CLOUDFLARED_BIN)`;
  const first = findCloudflared({ flag: undefined, runtime })?.path;
  return first === path || first === undefined ? undefined : `${first} (on PATH)`;
};

const install = async (runtime: Runtime, terminal: Terminal): Promise<number> => {
  const { installCloudflared } = await import('../io/cloudflared/install.ts');
  const { out, err } = terminal;
  try {
    const installed = await installCloudflared({ runtime, terminal });
    if (installed === undefined) {
      err.lines('Stopped; nothing was installed.');
      return STOPPED;
    }
    const { version } = runtime.cloudflared;
    const said = installed.fresh ? `cloudflared ${version} installed` : `cloudflared ${version} is installed already`;
    out.lines(`${said}: ${clean(installed.path)}`);
    const before = usedBefore(installed.path, runtime);
    if (before !== undefined) err.lines(err.paint.dim(`${clean(before)} is used before it.`));
    return EXIT.ok;
  } finally {
    await out.flush();
    await err.flush();
  }
};

export const addTunnel: AddCommand = (program, runtime, finish) => {
  const tunnel = program
    .command('tunnel')
    .summary('the cloudflared that listen --tunnel runs')
    .description('Install cloudflared, which listen --tunnel runs, or tell which one is used.')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', EXAMPLES);
  const finding = (command: Command): Command =>
    command.option('--cloudflared <path>', 'the executable to use').option('--json', 'as one JSON object');

  tunnel
    .command('install')
    .summary('download cloudflared, check it, and keep it in the data folder')
    .description(
      `Download cloudflared ${runtime.cloudflared.version}, check it by its SHA-256, and keep it in the data folder. One that is there stays.`,
    )
    .action(async () => finish(await install(runtime, await openTerminal(runtime, colourOf(program.opts())))));

  finding(tunnel.command('path').summary('print which cloudflared is used')).action(async (options: FindOptions) => {
    colourOf(program.opts()); // there is nothing to colour, but a wrong word is told
    const { path, origin } = found(options.cloudflared, runtime);
    await runtime.stdout.write(options.json === true ? `${JSON.stringify({ path, origin })}\n` : `${clean(path)}\n`);
    finish(EXIT.ok);
  });

  finding(tunnel.command('version').summary('print its version')).action(async (options: FindOptions) => {
    colourOf(program.opts());
    const { path, origin } = found(options.cloudflared, runtime);
    const { versionOf } = await import('../io/cloudflared/version.ts');
    const version = await versionOf(path, runtime);
    await runtime.stdout.write(options.json === true ? `${JSON.stringify({ path, version, origin })}\n` : `${version}\n`);
    finish(EXIT.ok);
  });

  tunnel
    .command('uninstall')
    .summary('take what was installed out of the data folder')
    .description('Take what tunnel install put into the data folder out of it; no other cloudflared is touched.')
    .action(async () => {
      colourOf(program.opts());
      const { uninstallCloudflared } = await import('../io/cloudflared/install.ts');
      const gone = uninstallCloudflared(runtime);
      const lines = gone.length === 0 ? ['Nothing was installed.'] : gone.map((path) => `Removed ${clean(path)}`);
      await runtime.stdout.write(`${lines.join('\n')}\n`);
      finish(EXIT.ok);
    });
};
