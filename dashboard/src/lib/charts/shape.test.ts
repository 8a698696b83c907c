import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  lonelyRows,
  niceCeiling,
  rowAt,
  shapeRows,
  shortTick,
  spreadLabels,
  timeTicks,
  type ChartSeries,
  type KnownRows,
} from './shape.ts';

interface Point {
  t: number;
  a: number | null;
  b: number | null;
}
const A: ChartSeries<Point> = { key: 'a', label: 'A', color: 'red', value: (point) => point.a };
const B: ChartSeries<Point> = { key: 'b', label: 'B', color: 'blue', value: (point) => point.b };
const options = { stepMs: 10, until: 100, start: 0, end: 100, stacked: false, steps: false };

describe('rows', () => {
  test('a line goes through the middle of its windows', () => {
    expect(shapeRows([{ t: 0, a: 1, b: 2 }], [A, B], options)).toMatchObject([{ x: 5, values: [1, 2], tops: [1, 2] }]);
  });

  test('a missing window is a gap', () => {
    const rows = shapeRows(
      [
        { t: 0, a: 1, b: 1 },
        { t: 20, a: 1, b: 1 },
      ],
      [A],
      options,
    );
    expect(rows.map((row) => row.gap)).toEqual([false, true, false]);
  });

  test('a value without neighbours is found', () => {
    const points = [0, 20, 30, 50].map((t) => ({ t, a: t === 30 ? null : t, b: 1 }));
    expect(lonelyRows(shapeRows(points, [A], options), 0).map((row) => row.t)).toEqual([0, 20, 50]);
  });

  test('a step spans its window, and the open one ends now', () => {
    const rows = shapeRows(
      [
        { t: 80, a: 1, b: 1 },
        { t: 90, a: 2, b: 2 },
      ],
      [A],
      { ...options, steps: true, until: 96, end: 94 },
    );
    expect(rows.map((row) => row.x)).toEqual([80, 90, 90, 94]);
  });

  test('a window that began before the axis is drawn from its start', () => {
    const rows = shapeRows([{ t: 0, a: 1, b: 1 }], [A], { ...options, steps: true, start: 4 });
    expect(rows.map((row) => row.x)).toEqual([4, 10]);
  });

  test('stacked values stand on those before them', () => {
    const [row] = shapeRows([{ t: 0, a: 3, b: 4 }], [A, B], { ...options, stacked: true });
    expect(row).toMatchObject({ values: [3, 4], bottoms: [0, 3], tops: [3, 7] });
  });

  test('an open window tells how much of it has passed', () => {
    const seen: number[] = [];
    const rate: ChartSeries<Point> = { ...A, value: (point, elapsed) => (seen.push(elapsed), point.a) };
    shapeRows(
      [
        { t: 0, a: 1, b: 1 },
        { t: 10_000, a: 1, b: 1 },
        { t: 20_000, a: 1, b: 1 },
      ],
      [rate],
      { ...options, stepMs: 10_000, until: 20_001, end: 20_001 },
    );
    expect(seen).toEqual([10_000, 10_000, 2_000]);
  });

  test('rows made before are the same as rows made anew, wherever the axis has slid to', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 30 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (windows, ends, steps) => {
          const points = windows.toSorted((a, b) => a - b).map((window) => ({ t: window * 10, a: window, b: 1 }));
          const known: KnownRows<Point> = new WeakMap();
          for (const end of ends) {
            const slid = { ...options, start: end - 200, until: end, end, steps };
            const rows = shapeRows(points, [A, B], slid, known);
            expect(rows).toEqual(shapeRows(points, [A, B], slid));
          }
        },
      ),
    );
  });

  test('the window pointed at is found, and none in a gap', () => {
    const rows = shapeRows(
      [
        { t: 0, a: 1, b: 1 },
        { t: 20, a: 2, b: 1 },
      ],
      [A],
      { ...options, steps: true },
    );
    expect(rowAt(rows, 25, 10)?.values).toEqual([2]);
    expect(rowAt(rows, 9, 10)?.values).toEqual([1]);
    expect(rowAt(rows, 15, 10)).toBeNull();
    expect(rowAt([], 15, 10)).toBeNull();
  });
});

test.each([
  [0, 1],
  [0.07, 0.08],
  [1, 1],
  [141, 150],
  [8.01, 10],
  [590, 600],
  [Number.NaN, 1],
])('an axis for %d ends at %d', (max, end) => expect(niceCeiling(max)).toBeCloseTo(end, 9));

test('an axis never cuts its values off', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (max) => {
      expect(niceCeiling(max)).toBeGreaterThanOrEqual(max * 0.9998);
    }),
  );
});

test.each([
  ['7.50M', '7.5M'],
  ['15.0M', '15M'],
  ['5.0 s', '5 s'],
  ['0', '0'],
  ['100%', '100%'],
  ['1.23 s', '1.23 s'],
])('a tick of %s reads %s', (text, short) => expect(shortTick(text)).toBe(short));

test('labels keep their order and their distance', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 6 }), (positions) => {
      const spread = spreadLabels(positions, 15, 200);
      const order = positions.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
      for (let next = 1; next < order.length; next += 1) {
        const upper = spread[order[next - 1]?.index ?? 0] ?? 0;
        const lower = spread[order[next]?.index ?? 0] ?? 0;
        expect(lower - upper).toBeGreaterThanOrEqual(15);
      }
      expect(Math.min(...spread)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...spread)).toBeLessThanOrEqual(200);
    }),
  );
});

test('time ticks are few, round and in range', () => {
  const from = Date.UTC(2026, 2, 1, 9, 47, 13);
  const ticks = timeTicks(from, from + 3_600_000, 6, 0);
  expect(ticks.length).toBeLessThanOrEqual(7);
  expect(ticks.length).toBeGreaterThanOrEqual(3);
  for (const tick of ticks) {
    expect(new Date(tick).getMinutes() % 5).toBe(0);
    expect(new Date(tick).getSeconds()).toBe(0);
    expect(tick).toBeGreaterThanOrEqual(from);
  }
});
