import { describe, expect, it } from 'vitest';
import { coarser, createTimeline, type Timeline } from '../../src/replay/timeline.ts';
import { result } from '../support/results.ts';

const timelineOf = (started: Iterable<number>, isFailed: (started: number) => boolean = () => false): Timeline => {
  const collector = createTimeline();
  for (const at of started) collector.add(result(1, { started: at, ...(isFailed(at) ? { status: 500 } : {}) }));
  return collector.timeline();
};
const sums = ({ stretches }: Timeline): [ok: number, failed: number] => [
  stretches.reduce((all, { ok }) => all + ok, 0),
  stretches.reduce((all, { failed }) => all + failed, 0),
];

describe('the timeline of a run', () => {
  it.each<[string, number[], Timeline]>([
    ['nothing', [], { width: 10, stretches: [] }],
    ['one', [3], { width: 10, stretches: [{ ok: 1, failed: 0 }] }],
    [
      'several, one of them failed, in the order of their answers',
      [25, 0, 9.9, 10],
      {
        width: 10,
        stretches: [
          { ok: 2, failed: 0 },
          { ok: 1, failed: 0 },
          { ok: 0, failed: 1 },
        ],
      },
    ],
  ])('counts %s by the time they were sent', (_name, started, expected) => {
    expect(timelineOf(started, (at) => at === 25)).toEqual(expected);
  });

  it.each([
    [1199, 10, 120],
    [1200, 20, 61],
    [2399, 20, 120],
    [2400, 40, 61],
    [86_400_000, 10 * 2 ** 17, 66],
  ])('a delivery after %d ms: stretches of %d ms, %d of them', (last, width, count) => {
    const timeline = timelineOf([0, last]);
    expect([timeline.width, timeline.stretches.length]).toEqual([width, count]);
    expect(timeline.stretches[0]).toEqual({ ok: 1, failed: 0 });
    expect(timeline.stretches.at(-1)).toEqual({ ok: 1, failed: 0 });
  });

  it('loses none of 100,000 deliveries, and keeps no more for them', () => {
    const timeline = timelineOf(
      Array.from({ length: 100_000 }, (_, n) => n * 3),
      (at) => at % 10 === 0,
    );
    expect(sums(timeline)).toEqual([90_000, 10_000]);
    expect(timeline.stretches.length).toBeGreaterThan(60);
    expect(timeline.stretches.length).toBeLessThanOrEqual(120);
    const [first, second] = timeline.stretches;
    expect(first?.ok).toBeCloseTo(second?.ok ?? 0, -3);
  });

  it('a coarser one has half as many stretches, an odd one at the end among them', () => {
    const stretches = [1, 2, 3].map((ok) => ({ ok, failed: ok * 10 }));
    expect(coarser({ width: 10, stretches })).toEqual({
      width: 20,
      stretches: [
        { ok: 3, failed: 30 },
        { ok: 3, failed: 30 },
      ],
    });
  });
});
