import { causeOf } from '../../replay/totals.ts';
import { plain } from '../../view/paint.ts';
import { clean, plural } from '../../view/text.ts';
import { replaySummary } from '../replay.ts';
import { xml } from '../xml.ts';
import type { CreateReplayReporter } from './reporter.ts';

/** Deliveries that get a test case of their own; of what comes behind them, those that fail, up to as many. */
const MOST_CASES = 10_000;

const text = (some: string): string => xml(clean(some));
const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** JUnit XML, as junit.xsd describes it: a test suite for the run, in it a test case for each delivery. */
export const junitReplayReporter: CreateReplayReporter = ({ time, endpoint, command }) => {
  const cases: string[] = [];
  let failing = 0;
  let more = 0;
  let moreFailing = 0;
  return {
    begin: () => '<?xml version="1.0" encoding="UTF-8"?>\n',
    result(result) {
      const { step, outcome, broken } = result;
      const failed = broken.length > 0;
      if (cases.length >= (failed ? 2 * MOST_CASES : MOST_CASES)) {
        more++;
        if (failed) moreFailing++;
        return '';
      }
      const name = `${step.number} ${step.origin}${step.copyOf === null ? '' : ` (copy of ${step.copyOf})`}`;
      const kind = [step.name ?? 'no event', step.type].filter((part) => part !== null).join('.');
      const start = `    <testcase name="${text(name)}" classname="${text(kind)}" time="${seconds(outcome.ms)}"`;
      if (!failed) {
        cases.push(`${start}/>\n`);
        return '';
      }
      failing++;
      const told = broken.map(({ expected, found }) => `expected ${expected}: ${found}`);
      const again = step.again === null ? [] : [`again: ${command(step.again)}`];
      cases.push(
        `${start}>\n      <failure type="${text(causeOf(result))}" message="${text(told[0] ?? '')}">${[...told, ...again].map(text).join('\n')}</failure>\n    </testcase>\n`,
      );
      return '';
    },
    end({ totals, ending, ms }) {
      if (more > 0) {
        const message = `${plural(more, 'more delivery', 'more deliveries')}, ${moreFailing} of them failing`;
        const start = `    <testcase name="${message}" classname="more" time="0"`;
        cases.push(moreFailing === 0 ? `${start}/>\n` : `${start}>\n      <failure type="more" message="${message}"/>\n    </testcase>\n`);
        if (moreFailing > 0) failing++;
      }
      if (ending.unsent > 0 || ending.more) {
        const message = `${ending.more ? 'more than ' : ''}${plural(ending.unsent, 'delivery', 'deliveries')} not sent`;
        cases.push(
          `    <testcase name="${message}" classname="unsent" time="0">\n      <failure type="unsent" message="${message}"/>\n    </testcase>\n`,
        );
        failing++;
      }
      const name = text(`replay to ${endpoint}`);
      return [
        '<testsuites>\n',
        `  <testsuite name="${name}" package="whapi-hooks" id="0" timestamp="${time.slice(0, 19)}" hostname="localhost" tests="${cases.length}" failures="${failing}" errors="0" time="${seconds(ms)}">\n`,
        '    <properties/>\n',
        ...cases,
        `    <system-out>${text(replaySummary(totals, ending, { paint: plain }))}</system-out>\n    <system-err></system-err>\n`,
        '  </testsuite>\n</testsuites>\n',
      ].join('');
    },
  };
};
