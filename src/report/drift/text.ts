import { DRIFT_RULES } from '../../event/overlay.ts';
import type { Layout } from '../../view/entry.ts';
import { clean, cut, pad, plural, width } from '../../view/text.ts';
import type { Drift, DriftGroup, Sighting } from '../drift.ts';

/** Columns of an example, and of the widest pointer that others are lined up with. */
const EXAMPLE_COLUMNS = 60;
const MOST_COLUMNS = 60;

const sightingText = ({ file, line, time }: Sighting): string => {
  const date = time === undefined ? undefined : new Date(time);
  const told = date === undefined || Number.isNaN(date.getTime()) ? '' : ` at ${date.toISOString()}`;
  return `${clean(file)}:${line}${told}`;
};

const suchAs = ({ example }: DriftGroup): string =>
  example === undefined ? '' : `, such as ${cut(clean(JSON.stringify(example)), EXAMPLE_COLUMNS)}`;

/** What the traffic does there, in a few words. */
const whatOf = (group: DriftGroup): string => {
  const types = group.types.join(' or ');
  switch (group.rule) {
    case 'unknown-member':
      return `${types}${suchAs(group)}`;
    case 'unknown-word':
      return group.word === undefined ? `a text${suchAs(group)}` : clean(group.word);
    case 'missing-member':
      return 'not sent, though required';
    case 'missing-recommended':
      return 'not sent, though it nearly always is';
    case 'wrong-type':
      return `${types}, expected ${group.expected}${suchAs(group)}`;
    default:
      return `expected ${clean(group.expected)}${group.types.includes('object') || group.types.includes('array') ? '' : suchAs(group)}`;
  }
};

const whenOf = ({ count, deliveries, first, last }: DriftGroup): string => {
  const [from, to] = [sightingText(first), sightingText(last)];
  if (count === 1) return `at ${from}`;
  return `in ${plural(deliveries, 'delivery', 'deliveries')}, first ${from}${to === from ? '' : `, last ${to}`}`;
};

const summaryOf = (
  { deliveries, drifting, groups, beyond, omitted, unreadable, unknown }: Drift,
  { paint }: Pick<Layout, 'paint'>,
): string[] => {
  const seen = plural(deliveries, 'delivery', 'deliveries');
  const kinds = `${beyond > 0 ? 'more than ' : ''}${plural(groups.length, 'kind')} of drift`;
  const lines = [groups.length === 0 ? `${seen}: ${paint.green('no drift')}` : `${seen}: ${paint.yellow(kinds)} in ${drifting} of them`];
  if (deliveries === 0 && unreadable === 0) lines[0] = `${seen}: nothing was looked at`;
  if (beyond > 0) lines.push(`${plural(beyond, 'finding')} of other kinds: not listed, for they are too many.`);
  if (omitted > 0) lines.push(`At least ${plural(omitted, 'finding')} more in bodies that have very many: not looked at.`);
  const apart = [
    unreadable > 0 ? `${unreadable} that cannot be read` : '',
    unknown > 0 ? `${unknown} of no event that is known` : '',
  ].filter((part) => part !== '');
  if (apart.length > 0) lines.push(`Not looked at: ${apart.join(', ')}. whapi-hooks validate tells why.`);
  return lines;
};

/** The report for a person: a group takes two lines, what happens there and where it was met. */
export const driftText = (drift: Drift, layout: Pick<Layout, 'paint'>): string[] => {
  const { paint } = layout;
  const { groups } = drift;
  const columnsOf = (texts: readonly string[]): number =>
    texts.reduce((most, text) => Math.max(most, Math.min(MOST_COLUMNS, width(text))), 0);
  const count = ({ count: times }: DriftGroup): string => `×${times}`;
  const countColumns = columnsOf(groups.map(count));
  const eventColumns = columnsOf(groups.map(({ event }) => event));
  const pointerColumns = columnsOf(groups.map(({ pointer }) => pointer));
  const ruleColumns = columnsOf(groups.map(({ rule }) => rule));
  /** Never cut: people search for it. */
  const fill = (text: string, columns: number): string => (width(text) > columns ? text : pad(text, columns));
  const linesOf = (group: DriftGroup): string[] => [
    [
      paint.bold(count(group).padStart(countColumns)),
      paint.cyan(fill(group.event, eventColumns)),
      fill(clean(group.pointer), pointerColumns),
      paint.yellow(fill(group.rule, ruleColumns)),
      whatOf(group),
    ].join('  '),
    paint.dim(`${' '.repeat(countColumns)}  ${whenOf(group)}`),
  ];
  const isOdd = ({ rule }: DriftGroup): boolean => !(DRIFT_RULES as readonly string[]).includes(rule);
  const firstOdd = groups.findIndex(isOdd);
  const split = firstOdd === -1 ? groups.length : firstOdd;
  const odd = groups.slice(split);
  return [
    ...groups.slice(0, split).flatMap(linesOf),
    ...(odd.length === 0 ? [] : [...(split === 0 ? [] : ['']), 'Known members with odd form or content:', ...odd.flatMap(linesOf)]),
    ...(groups.length === 0 ? [] : ['']),
    ...summaryOf(drift, layout),
  ];
};
