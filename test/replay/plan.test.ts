import { describe, expect, it } from 'vitest';
import type { FaultPlan } from '../../src/replay/faults.ts';
import { createPlan, type PlanOptions } from '../../src/replay/plan.ts';
import type { Step } from '../../src/replay/step.ts';
import { stepOf } from '../support/run.ts';

const planned = (steps: readonly Step[], options: Partial<PlanOptions> = {}): Step[] => {
  const plan = createPlan({ seed: 7, ...options });
  return [...steps.flatMap((step) => plan.push(step)), ...plan.end()];
};
const some = (count: number, due: (index: number) => number = () => 0): Step[] =>
  Array.from({ length: count }, (_, index) => stepOf(index + 1, { due: due(index) }));
const ids = (steps: readonly Step[]): string[] => steps.map(({ shipment }) => shipment.id);
const places = (steps: readonly Step[]): number[] => ids(steps).map((id) => Number(id.slice(1)));

const ALL: FaultPlan = {
  duplicate: { share: 0.3, ms: 500 },
  reorder: 4,
  late: { share: 0.2, ms: 2000 },
  dropConnection: 0.2,
  slowBody: { share: 0.2, ms: 900 },
};

describe('a plan', () => {
  it('without anything to do lets the very same steps through', () => {
    const steps = some(3);
    expect(planned(steps)).toEqual(steps);
    expect(planned(steps)[0]).toBe(steps[0]);
  });

  it('gives steps their places and due times that never go back', () => {
    const steps = planned(some(200), { every: 100, faults: ALL, shuffle: true });
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, index) => index + 1));
    expect(steps.map(({ due }) => due)).toEqual(steps.map(({ due }) => due).sort((a, b) => a - b));
  });

  it.each([
    ['shuffle', { shuffle: true }],
    ['duplicate', { faults: { duplicate: { share: 0.3, ms: 0 } } }],
    ['reorder', { faults: { reorder: 5 } }],
    ['late', { faults: { late: { share: 0.3, ms: 100 } } }],
    ['drop-connection', { faults: { dropConnection: 0.3 } }],
    ['slow-body', { faults: { slowBody: { share: 0.3, ms: 100 } } }],
    ['all of them', { faults: ALL, shuffle: true, every: 20 }],
  ] as [string, Partial<PlanOptions>][])('is the same for the same seed and another for another: %s', (_what, options) => {
    const shape = (seed: number): string =>
      JSON.stringify(
        planned(some(100), { ...options, seed }).map(({ number, due, faults, treatment, copyOf, shipment }) => [
          number,
          due,
          faults,
          treatment,
          copyOf,
          shipment.id,
        ]),
      );
    expect(shape(7)).toBe(shape(7));
    expect(shape(7)).not.toBe(shape(8));
  });

  it('touches the same deliveries whatever else is done', () => {
    const late = (steps: readonly Step[]): string[] =>
      ids(steps.filter(({ faults, copyOf }) => copyOf === null && faults.some(({ kind }) => kind === 'late'))).sort();
    const alone = planned(some(200), { faults: { late: { share: 0.2, ms: 2000 } } });
    const more = planned(some(200), { faults: { late: { share: 0.2, ms: 2000 }, dropConnection: 0.5, duplicate: { share: 0.5, ms: 0 } } });
    expect(late(alone).length).toBeGreaterThan(20);
    expect(late(more)).toEqual(late(alone));
  });

  it('keeps what comes after another step behind it, by its new number', () => {
    const steps = planned([stepOf(1), stepOf(2, { after: [1] }), stepOf(3, { after: [1, 2] })], {
      faults: { duplicate: { share: 1, ms: 0 } },
    });
    expect(steps.map(({ number, after, copyOf }) => [number, after, copyOf])).toEqual([
      [1, [], null],
      [2, [], 1],
      [3, [1], null],
      [4, [1], 3],
      [5, [1, 3], null],
      [6, [1, 3], 5],
    ]);
  });
});

describe('faults', () => {
  it('a share of deliveries is touched, about as large as asked for', () => {
    for (const share of [0, 0.1, 0.5, 1]) {
      const count = planned(some(2000), { faults: { duplicate: { share, ms: 0 } } }).length - 2000;
      expect(Math.abs(count - 2000 * share)).toBeLessThan(80);
    }
  });

  it('a copy has the same bytes, headers and id, right behind or so much later', () => {
    const [first, copy] = planned(some(1), { faults: { duplicate: { share: 1, ms: 0 } } });
    expect(copy?.shipment).toEqual(first?.shipment);
    expect([first?.faults, copy?.faults]).toEqual([[], [{ kind: 'duplicate', detail: 'at once' }]]);
    const later = planned(some(4), { every: 1000, faults: { duplicate: { share: 1, ms: 1500 } } });
    expect(later.map(({ shipment, due, copyOf }) => [shipment.id, due, copyOf])).toEqual([
      ['d1', 0, null],
      ['d2', 1000, null],
      ['d1', 1500, 1],
      ['d3', 2000, null],
      ['d2', 2500, 2],
      ['d4', 3000, null],
      ['d3', 3500, 4],
      ['d4', 4500, 6],
    ]);
  });

  it('what is late comes when it is due, and what is not keeps its time', () => {
    const steps = planned(
      some(50, (index) => index * 1000),
      { faults: { late: { share: 0.2, ms: 2500 } } },
    );
    const late = steps.filter(({ faults }) => faults.length > 0);
    expect(late.length).toBeGreaterThan(3);
    for (const { shipment, due, faults } of steps) {
      expect(due).toBe((Number(shipment.id.slice(1)) - 1) * 1000 + (faults.length > 0 ? 2500 : 0));
    }
    expect(late[0]?.faults).toEqual([{ kind: 'late', detail: 'by 2.5 s' }]);
  });

  it('without a pace what is late comes behind all that is not', () => {
    const steps = planned(some(50), { faults: { late: { share: 0.2, ms: 2500 } } });
    const first = steps.findIndex(({ due }) => due > 0);
    expect(steps.slice(first).every(({ due }) => due === 2500)).toBe(true);
    expect(places(steps.slice(0, first))).toEqual([...places(steps.slice(0, first))].sort((a, b) => a - b));
  });

  it('the order changes within a window only, and who moved says how far', () => {
    const steps = planned(
      some(40, (index) => index * 10),
      { faults: { reorder: 5 } },
    );
    expect(places(steps)).not.toEqual(some(40).map(({ number }) => number));
    for (const [index, { shipment, due, faults }] of steps.entries()) {
      const from = Number(shipment.id.slice(1)) - 1;
      expect(Math.floor(from / 5)).toBe(Math.floor(index / 5));
      expect(due).toBe(index * 10);
      const far = Math.abs(index - from);
      const detail = `${far} ${far === 1 ? 'place' : 'places'} ${index > from ? 'later' : 'earlier'}`;
      expect(faults).toEqual(far === 0 ? [] : [{ kind: 'reorder', detail }]);
    }
  });

  it('a connection is cut within the body; what has no body to cut is left alone', () => {
    const [long, short, empty] = planned([stepOf(1, { body: 'x'.repeat(100) }), stepOf(2, { body: 'x' }), stepOf(3, { body: '' })], {
      faults: { dropConnection: 1 },
    });
    const at = long?.treatment?.cutAt ?? 0;
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(100);
    expect(long?.faults).toEqual([{ kind: 'drop-connection', detail: `after ${at} of 100 bytes` }]);
    expect([short?.treatment, empty?.treatment]).toEqual([undefined, undefined]);
  });

  it('a slow body takes so long in ten pieces', () => {
    const [step] = planned(some(1), { faults: { slowBody: { share: 1, ms: 900 } } });
    expect(step?.treatment).toEqual({ slow: { pieces: 10, every: 100 } });
    expect(step?.faults).toEqual([{ kind: 'slow-body', detail: 'over 900 ms' }]);
  });

  it('hold no more than they have to', () => {
    const plan = createPlan({ seed: 1, every: 1, faults: { ...ALL, late: { share: 0.2, ms: 50 } } });
    let out = 0;
    let most = 0;
    for (let n = 1; n <= 5000; n++) {
      out += plan.push(stepOf(n)).filter(({ copyOf }) => copyOf === null).length;
      most = Math.max(most, n - out);
    }
    expect(most).toBeLessThan(50);
  });
});
