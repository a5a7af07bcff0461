import { type Example, type Figures, type Totals, usedBars } from '../../replay/totals.ts';
import { duration, type Layout, NO_EVENT } from '../../view/entry.ts';
import { clean, cut, pad, width } from '../../view/text.ts';

/** Runs with no more deliveries get no table: their lines say as much. */
const FEW = 10;
/** Runs with no more deliveries get neither histogram nor slowest ones. */
const SOME = 20;
/** Groups and causes that are shown; `--json` has all. */
const MOST_ROWS = 40;
const BAR_COLUMNS = 30;
const NUMBERS = ['sent', 'ok', 'failed', 'p50', 'p95', 'p99', 'max'] as const;
const NUMBER_COLUMNS = 8;

const time = (ms: number | null): string => (ms === null ? '-' : duration(ms));

const cells = ({ sent, ok, failed, p50, p95, p99, max }: Figures): string[] =>
  [String(sent), String(ok), String(failed), time(p50), time(p95), time(p99), time(max)].map((text) => text.padStart(NUMBER_COLUMNS));

const table = ({ groups }: Totals, { paint, columns }: Layout): string[] => {
  if (groups.length < 2) return [];
  const names = groups.map(({ event, type }) => clean(`${event ?? NO_EVENT}${type === null ? '' : ` ${type}`}`));
  const room = Math.max(20, Math.min(40, columns - NUMBERS.length * NUMBER_COLUMNS - 1, Math.max(...names.map(width))));
  const rows = groups.slice(0, MOST_ROWS).map((group, index) => {
    const [sent, ok, failed = '', ...times] = cells(group);
    const name = pad(names[index] ?? '', room);
    return `${paint.cyan(name)} ${sent}${ok}${group.failed > 0 ? paint.red(failed) : failed}${times.join('')}`;
  });
  const rest = groups.length - rows.length;
  return [
    '',
    paint.bold(`${' '.repeat(room)} ${NUMBERS.map((text) => text.padStart(NUMBER_COLUMNS)).join('')}`),
    ...rows,
    ...(rest > 0 ? [paint.dim(`and ${rest} more kinds; --json has all`)] : []),
  ];
};

const histogram = ({ histogram: bars }: Totals, { paint }: Layout): string[] => {
  const shown = usedBars(bars);
  const most = Math.max(...shown.map(({ count }) => count));
  if (shown.length === 0) return [];
  const digits = String(most).length;
  const rows = shown.map(({ upTo, count }) => {
    const label = upTo === null ? 'longer' : `≤ ${duration(upTo)}`;
    const bar = '█'.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * BAR_COLUMNS)));
    return `${label.padStart(9)} ${String(count).padStart(digits)} ${paint.blue(bar)}`.trimEnd();
  });
  return ['', paint.bold('Time to answer'), ...rows];
};

const what = ({ number, event, origin }: Example): string => `${number}  ${event ?? NO_EVENT}  ${origin}`;

const slowest = ({ slowest: all }: Totals, { paint, columns }: Layout): string[] =>
  all.length === 0
    ? []
    : ['', paint.bold('Slowest'), ...all.map((one) => `${duration(one.ms).padStart(9)} ${cut(clean(what(one)), columns - 10)}`)];

/** @param to what stands behind the command of an example, such as ` --to http://localhost:3000/` */
const failures = ({ failures: all }: Totals, { paint, columns }: Layout, to: string): string[] => {
  if (all.length === 0) return [];
  const rows = all.slice(0, MOST_ROWS).flatMap(({ cause, count, found, example }) => {
    const head = `${paint.red(`${count} × ${clean(cause)}`)}, first ${clean(what(example))}`;
    const told = found === cause || found.startsWith(`${cause} instead`) ? [] : [`    ${cut(clean(found), columns - 4)}`];
    // A command is never cut: it is there to be copied.
    const command = example.again === null ? [] : [`    ${paint.dim('$')} whapi-hooks replay ${clean(example.again)}${to}`];
    return [`  ${head}`, ...told, ...command];
  });
  return ['', paint.bold('Failures'), ...rows];
};

/**
 * What a run's summary says beyond its one line: a table by event and type, a histogram, the slowest ten, failures by
 * cause. A small run gets little of it.
 */
export const replayTables = (totals: Totals, layout: Layout, to: string): string[] => {
  const { sent, failed } = totals;
  const lines = [
    ...(sent > FEW ? table(totals, layout) : []),
    ...(sent > SOME ? [...histogram(totals, layout), ...slowest(totals, layout)] : []),
    ...(failed > 0 && sent > 1 && !totals.unreachable ? failures(totals, layout, to) : []),
  ];
  return lines.length === 0 ? lines : [...lines, ''];
};

/** `Faults: 3 duplicate, 2 late; the same plan comes again with --seed 7.` */
export const faultsLine = ({ faults }: Totals, seed: number | undefined): string | undefined => {
  const counts = [...faults].map(([kind, count]) => `${count} ${kind}`).join(', ');
  if (seed === undefined) return counts === '' ? undefined : `Faults: ${counts}.`;
  return `Faults: ${counts === '' ? 'none' : counts}; the same plan comes again with --seed ${seed}.`;
};
