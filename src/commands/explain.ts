import { EXIT, usageError } from '../errors.ts';
import { RULES, type Rule } from '../event/finding.ts';
import { readRule } from '../io/config.ts';
import { openTerminal, type Screen } from '../io/terminal.ts';
import type { AddCommand } from '../main.ts';
import { EXPLANATIONS, type Explained, explained } from '../report/explain.ts';
import { clean, pad, wrap } from '../view/text.ts';
import { colourOf } from './flags.ts';

const NAMES = Object.keys(RULES) as Rule[]; // the keys of a const object
const NAME_COLUMNS = Math.max(...NAMES.map((name) => name.length)) + 2;
const SEVERITY_COLUMNS = 9;
/** More lines than a paragraph here ever has. */
const MOST_LINES = 40;
/** Lines of prose wider than this are hard to read. */
const WIDEST = 100;

const EXAMPLES = `
Examples:
  $ whapi-hooks explain                    every rule, its severity and what it means
  $ whapi-hooks explain odd-time           why it matters, an example, where the fact comes from
  $ whapi-hooks explain odd-time --json | jq -r .wrong`;

const coloured = ({ paint }: Screen, severity: Explained['severity']): ((text: string) => string) =>
  severity === 'error' ? paint.red : paint.yellow;

const listLines = (out: Screen): string[] =>
  NAMES.map((rule) => {
    const { severity, means } = RULES[rule];
    return `${out.paint.bold(pad(rule, NAME_COLUMNS))}${coloured(out, severity)(pad(severity, SEVERITY_COLUMNS))}${means}`;
  });

const ruleLines = (rule: Rule, out: Screen): string[] => {
  const { paint } = out;
  const { severity, means, why, wrong, right, source, silence } = explained(rule);
  const { wrong: example, right: other } = EXPLANATIONS[rule];
  const prose = (text: string): string[] => wrap(text, Math.min(WIDEST, out.columns), MOST_LINES);
  const code = (text: string): string[] => text.split('\n').map((line) => `  ${clean(line)}`);
  const title = (word: string, { request, file }: typeof example): string => {
    const with_ = request === undefined ? (file === undefined ? '' : ` (${file})`) : ` (${request.method} ${request.url})`;
    return paint.bold(`${word}${with_}:`);
  };
  return [
    `${paint.bold(rule)}  ${coloured(out, severity)(severity)}`,
    ...prose(means),
    '',
    ...prose(why),
    '',
    title('Wrong', example),
    ...code(wrong),
    title('Right', other),
    ...code(right),
    '',
    ...prose(`Source: ${source}`),
    `Leave it out: whapi-hooks validate ${silence}, or "ignore": ["${rule}"] in whapi-hooks.config.json`,
  ];
};

export const addExplain: AddCommand = (program, runtime, finish) => {
  program
    .command('explain')
    .summary('tell what a rule means')
    .description('Tell what the rules of the check mean: why they matter, an example, where the fact comes from.')
    .argument('[rule]', 'such as unknown-word; without it all are listed')
    .option('--json', 'one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const { out } = await openTerminal(runtime, colourOf(program.opts()));
      if (name === undefined) {
        if (json === true) out.write(`${JSON.stringify(NAMES.map(explained), null, 2)}\n`);
        else out.lines(...listLines(out));
      } else {
        const read = readRule(name);
        if ('error' in read) throw usageError(read.error, 'whapi-hooks explain lists the rules.');
        if (json === true) out.write(`${JSON.stringify(explained(read.rule), null, 2)}\n`);
        else out.lines(...ruleLines(read.rule, out));
      }
      await out.flush();
      finish(EXIT.ok);
    });
};
