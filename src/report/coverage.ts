import type { Mode } from '../event/mode.ts';
import type { EventName } from '../event/name.ts';
import type { Layout } from '../view/entry.ts';
import { pad, width, wrap } from '../view/text.ts';
import { PAIRS, type Pair } from './coverage/pairs.ts';
import { DIMENSIONS, type DimensionName, eventWord, itemsOf, type See, seeItem } from './coverage/seen.ts';

/** One list of the contract and how much of it was met. */
export interface Dimension {
  /** `message type`; `pair` for the pairs that matter. */
  readonly name: DimensionName | 'pair';
  /** Whether the sources could show it at all; one that is not measured counts for nothing. */
  readonly measured: boolean;
  /** The words that were met, in the order of the contract. */
  readonly covered: readonly string[];
  readonly missing: readonly string[];
}

/** Which parts of the contract were met. */
export interface Coverage {
  readonly dimensions: readonly Dimension[];
}

/** A payload as coverage reads it. */
export interface Covering {
  readonly name: EventName | null;
  readonly payload: unknown;
  /** Where its event was named; only recordings tell. */
  readonly mode?: Mode | undefined;
}

export interface CoverageCollector {
  /** Takes in a payload. Any JSON will do; what names no event counts for nothing. */
  add(reading: Covering): void;
  result(): Coverage;
}

/**
 * Collects which parts of the contract payloads exercise. Its memory does not grow with what is added: it keeps the
 * words that are still missing.
 */
export const createCoverage = (): CoverageCollector => {
  // The lists of words are wide where they are looked into: strangers' words are asked for.
  const missing = new Map<DimensionName, Set<unknown>>(
    Object.entries(DIMENSIONS).map(([name, words]) => [name as DimensionName, new Set<unknown>(words)]), // keys of a const object
  );
  const pairs = new Map<EventName, Set<Pair>>();
  for (const pair of PAIRS) for (const name of pair.events) pairs.set(name, (pairs.get(name) ?? new Set()).add(pair));
  const met = new Set<string>();
  let modes = false;
  const see: See = (dimension, word) => void missing.get(dimension)?.delete(word);

  const seePairs = (open: Set<Pair>, item: unknown, payload: unknown): void => {
    for (const pair of open) {
      if (!pair.fits(item, payload)) continue;
      met.add(pair.title);
      for (const name of pair.events) pairs.get(name)?.delete(pair);
    }
  };

  return {
    add({ name, payload, mode }) {
      if (name === null) return;
      see('event', eventWord(name));
      if (mode !== undefined) {
        modes = true;
        see('mode', mode);
      }
      const open = pairs.get(name);
      for (const item of itemsOf(name, payload)) {
        seeItem(name, item, see);
        if (open !== undefined && open.size > 0) seePairs(open, item, payload);
      }
    },
    result() {
      const dimensions = Object.entries(DIMENSIONS).map(([key, words]): Dimension => {
        const name = key as DimensionName; // keys of a const object
        const open = missing.get(name) ?? new Set();
        return {
          name,
          measured: name !== 'mode' || modes,
          covered: words.filter((word) => !open.has(word)),
          missing: words.filter((word) => open.has(word)),
        };
      });
      const titles = PAIRS.map(({ title }) => title);
      const covered = titles.filter((title) => met.has(title));
      return { dimensions: [...dimensions, { name: 'pair', measured: true, covered, missing: titles.filter((title) => !met.has(title)) }] };
    },
  };
};

/** How much was covered, and of how much; what was not measured is in neither. */
const counted = (dimensions: readonly Dimension[]): { covered: number; total: number } => {
  const measured = dimensions.filter((dimension) => dimension.measured);
  const covered = measured.reduce((sum, dimension) => sum + dimension.covered.length, 0);
  return { covered, total: measured.reduce((sum, dimension) => sum + dimension.missing.length, covered) };
};

/** In tenths, cut and not rounded: 100 is everything, and a bar that is shown as reached is reached. */
const percent = ({ covered, total }: { covered: number; total: number }): number =>
  total === 0 ? 0 : Math.floor((covered * 1000) / total) / 10;

/**
 * The share of everything measured that was met, over all dimensions and pairs alike: each word counts once.
 * @returns 0 to 100, in tenths, cut: what is printed and what `--min-coverage` compares are the same number
 */
export const coveragePercent = (coverage: Coverage): number => percent(counted(coverage.dimensions));

const NAME_COLUMNS = Math.max(...Object.keys(DIMENSIONS).map(width));
const INDENT = '  ';
/** Titles and words of ours only, so the list is as long as the contract. */
const MOST_LINES = 1000;
/** Narrower than this, a table is none. */
const LEAST_COLUMNS = 40;

/**
 * A table of the dimensions, the missing words below each, and the sum at the end.
 * @returns lines without line ends
 */
export const coverageText = (coverage: Coverage, { paint, columns }: Pick<Layout, 'paint' | 'columns'>): string[] => {
  const room = Math.max(LEAST_COLUMNS, columns) - INDENT.length;
  const row = (name: string, dimensions: readonly Dimension[]): string => {
    const counts = counted(dimensions);
    const share = percent(counts);
    const text = `${`${counts.covered}/${counts.total}`.padStart(9)}${`${share.toFixed(1)} %`.padStart(10)}`;
    return `${paint.bold(pad(name, NAME_COLUMNS))}${(counts.covered === counts.total ? paint.green : paint.yellow)(text)}`;
  };
  const lines = [paint.dim(`${pad('dimension', NAME_COLUMNS)}${'covered'.padStart(9)}${'percent'.padStart(10)}`)];
  for (const dimension of coverage.dimensions) {
    if (!dimension.measured) {
      lines.push(
        `${paint.bold(pad(dimension.name, NAME_COLUMNS))}${'-'.padStart(9)}  not measured`,
        `${INDENT}${paint.dim('only recordings tell it')}`,
      );
      continue;
    }
    lines.push(row(dimension.name, [dimension]));
    if (dimension.missing.length === 0) continue;
    const missing = dimension.name === 'pair' ? dimension.missing : wrap(dimension.missing.join(', '), room, MOST_LINES);
    lines.push(...missing.map((line) => `${INDENT}${paint.dim(line)}`));
  }
  return [...lines, row('all', coverage.dimensions)];
};

/** Coverage as one value for JSON: the sums, and each dimension with its words. */
export const coverageJson = (coverage: Coverage): { readonly [member: string]: unknown } => ({
  percent: coveragePercent(coverage),
  ...counted(coverage.dimensions),
  dimensions: coverage.dimensions.map(({ name, measured, covered, missing }) => {
    const total = covered.length + missing.length;
    const share = measured ? percent({ covered: covered.length, total }) : null;
    return { name, measured, percent: share, covered, missing };
  }),
});
