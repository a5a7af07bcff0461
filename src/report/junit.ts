import { plain } from '../view/paint.ts';
import { clean, plural } from '../view/text.ts';
import type { CreateReporter, ReportedRow } from './reporter.ts';
import { rowLine, rowSentence } from './row.ts';
import { summaryText } from './text.ts';
import { xml } from './xml.ts';

/*
 * The XML of Ant's JUnit task, as junit.xsd (windyroad/JUnit-Schema) describes it; that is what CI servers read. The
 * writers on npm build the whole document first and leave members out that the schema asks for, so it is written here.
 */

/** Of one file: payloads with findings that get a test case of their own, and lines of its output. */
const MOST_CASES = 10_000;
const MOST_LINES = 10_000;
/** Findings told in one test case. */
const MOST_FINDINGS = 100;

interface Case {
  readonly name: string;
  readonly failing: { readonly rule: string; readonly message: string; readonly lines: string[]; count: number } | undefined;
}

const caseXml = (file: string, { name, failing }: Case): string => {
  const start = `    <testcase name="${name}" classname="${xml(clean(file))}" time="0"`;
  if (failing === undefined) return `${start}/>\n`;
  const more = failing.count > failing.lines.length ? [`and ${plural(failing.count - failing.lines.length, 'more finding')}`] : [];
  const text = [...failing.lines, ...more].join('\n');
  return `${start}>\n      <failure type="${failing.rule}" message="${failing.message}">${text}</failure>\n    </testcase>\n`;
};

/** What is known of a file while its rows come in. */
interface Open {
  readonly file: string;
  readonly cases: { name: string; payload: string | null; failing: Case['failing'] }[];
  readonly output: string[];
  /** Payloads and lines there was no room for. */
  moreCases: number;
  moreFailures: number;
  moreLines: number;
  /** The payload whose rows are coming in, where it has no test case of its own. */
  beyond: { readonly payload: string | null; failed: boolean } | undefined;
}

/**
 * JUnit XML: a test suite for each file, in it a test case for each payload with findings, and one for all the others.
 * A failure names the rule of its first finding that counts and tells all of them; those that do not count stand in
 * the output of the suite.
 */
export const junitReporter: CreateReporter = ({ time }) => {
  let open: Open | undefined;
  let suites = 0;

  const add = (to: Open, row: ReportedRow): void => {
    if (!row.fails) {
      if (to.output.length < MOST_LINES) to.output.push(xml(rowLine(row)));
      else to.moreLines++;
    }
    const last = to.cases.at(-1);
    if (to.beyond === undefined && last !== undefined && last.payload === row.payload) {
      if (!row.fails) return;
      last.failing ??= { rule: row.finding.rule, message: xml(rowSentence(row)), lines: [], count: 0 };
      last.failing.count++;
      if (last.failing.lines.length < MOST_FINDINGS) last.failing.lines.push(xml(rowLine(row)));
    } else if (to.cases.length < MOST_CASES) {
      const { payload } = row;
      const failing = row.fails
        ? { rule: row.finding.rule, message: xml(rowSentence(row)), lines: [xml(rowLine(row))], count: 1 }
        : undefined;
      to.cases.push({ name: xml(clean(payload ?? row.file)), payload, failing });
    } else {
      if (to.beyond === undefined || to.beyond.payload !== row.payload) {
        to.moreCases++;
        to.beyond = { payload: row.payload, failed: false };
      }
      if (row.fails && !to.beyond.failed) {
        to.moreFailures++;
        to.beyond.failed = true;
      }
    }
  };

  const suite = ({ file, cases, output, moreCases, moreFailures, moreLines }: Open, clean_: number): string => {
    const all: Case[] = [...cases];
    if (moreCases > 0) {
      const message = `${plural(moreCases, 'more payload')} with findings, ${moreFailures} of them failing`;
      all.push({
        name: message,
        failing: moreFailures === 0 ? undefined : { rule: 'more-findings', message, lines: [message], count: 1 },
      });
    }
    if (clean_ > 0 || all.length === 0) all.push({ name: `${plural(clean_, 'payload')} without findings`, failing: undefined });
    const failures = all.filter(({ failing }) => failing !== undefined).length;
    const name = xml(clean(file));
    const told = moreLines > 0 ? [...output, `and ${plural(moreLines, 'more finding')} that do not count`] : output;
    return [
      `  <testsuite name="${name}" package="${name}" id="${suites++}" timestamp="${time.slice(0, 19)}" hostname="localhost" tests="${all.length}" failures="${failures}" errors="0" time="0">\n`,
      '    <properties/>\n',
      ...all.map((made) => caseXml(file, made)),
      `    <system-out>${told.join('\n')}</system-out>\n    <system-err></system-err>\n  </testsuite>\n`,
    ].join('');
  };

  const opened = (file: string): Open => {
    open ??= { file, cases: [], output: [], moreCases: 0, moreFailures: 0, moreLines: 0, beyond: undefined };
    return open;
  };

  return {
    begin: () => '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n',
    row(row) {
      add(opened(row.file), row);
      return '';
    },
    file({ file, clean: without }) {
      const text = suite(opened(file), without);
      open = undefined;
      return text;
    },
    end(totals) {
      // A run that was broken off leaves a file half told.
      const rest = open === undefined ? '' : suite(open, 0);
      open = undefined;
      return `${rest}</testsuites>\n<!-- ${xml(summaryText(totals, { paint: plain }))} -->\n`;
    },
  };
};
