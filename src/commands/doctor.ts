import { readTarget } from '../delivery/endpoint.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { findCloudflared } from '../io/cloudflared/find.ts';
import { openTerminal } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import type { Runtime } from '../runtime.ts';
import { type Checked, checkedLines } from '../view/doctor.ts';
import { plural } from '../view/text.ts';
import { checkChannel } from './doctor/channel.ts';
import type { Check, DoctorOptions, Examination } from './doctor/check.ts';
import { checkCloudflared } from './doctor/cloudflared.ts';
import { checkClock, checkConfig, checkContainer, checkFolders, checkNode, checkProxies } from './doctor/machine.ts';
import { checkApp, checkPort } from './doctor/network.ts';
import { colourOf, option, port, several } from './flags.ts';
import { addProviderFlags } from './provider.ts';

/** In the order in which they are told. The clock is last: it is compared with those that others told. */
const CHECKS: readonly Check[] = [
  checkNode,
  checkContainer,
  checkPort,
  checkApp,
  checkCloudflared,
  checkFolders,
  checkConfig,
  checkProxies,
  checkChannel,
  checkClock,
];

const EXAMPLES = `
Examples:
  $ whapi-hooks doctor                         what a listener meets on this machine
  $ whapi-hooks doctor -f 3000/webhook         and whether your app can be reached
  $ whapi-hooks doctor --json | jq .ok         for scripts

Marks: ok in order, ! worth knowing, x in the way.
Exit codes: 0 nothing is in the way; 1 something is; 2 called wrongly.`;

const examine = async (options: DoctorOptions, runtime: Runtime, color: { color?: string }): Promise<ExitCode> => {
  const { out } = await openTerminal(runtime, colourOf(color));
  // What was written wrongly on the command line is no finding about the machine.
  for (const text of options.forwardTo ?? []) readTarget(text);
  if (options.cloudflared !== undefined) findCloudflared({ flag: options.cloudflared, runtime });
  const examination: Examination = { options, runtime, heard: [] };
  const all: Checked[] = [];
  for (const check of CHECKS) {
    const checked = await check(examination);
    all.push(...checked);
    if (options.json !== true) for (const one of checked) out.lines(...checkedLines(one, out.paint));
    await out.flush();
  }
  const bad = all.filter(({ state }) => state === 'wrong').length;
  if (options.json === true) out.write(`${JSON.stringify({ ok: bad === 0, checks: all })}\n`);
  else out.lines('', bad === 0 ? 'Nothing is in the way.' : `${plural(bad, 'thing')} in the way.`);
  await out.flush();
  return bad === 0 ? EXIT.ok : EXIT.wanting;
};

export const addDoctor: AddCommand = (program, runtime, finish) => {
  const made = program
    .command('doctor')
    .summary('look for what is in the way')
    .description('Look for what keeps webhooks from coming through on this machine, and tell what to do about it.')
    .addOption(option('-p, --port <port>', 'port that will be listened on', port))
    .addOption(option<readonly string[]>('-f, --forward-to <endpoint>', 'your app; may be repeated', several))
    .option('--cloudflared <path>', 'the cloudflared executable to use')
    .option('--history <file>', 'the history (default: history.db in the data folder)')
    .option('--json', 'as one JSON document');
  addProviderFlags(made)
    .addHelpText('after', EXAMPLES)
    .action(async (options: DoctorOptions) => finish(await examine(options, runtime, program.opts())));
};
