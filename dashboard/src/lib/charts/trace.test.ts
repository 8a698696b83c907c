import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shapeRows, type ChartRow, type ChartSeries } from './shape.ts';
import { stepsOf, traceArea, traceEdge, traceLine, type Pen, type Plot } from './trace.ts';

interface Point {
  readonly t: number;
  readonly value: number | null;
}
const SERIES: readonly ChartSeries<Point>[] = [{ key: 'v', label: 'V', color: 'red', value: (point) => point.value }];

function pointsOf(values: readonly (number | null)[]): Point[] {
  return values.map((value, index) => ({ t: index * 10, value }));
}

function rowsOf(values: readonly (number | null)[], steps = false): ChartRow[] {
  const end = values.length * 10;
  return shapeRows(pointsOf(values), SERIES, { stepMs: 10, until: end, start: 0, end, stacked: false, steps });
}

/** A plot of the values: 100 px high for 100 units. */
function plotOf(values: readonly unknown[], width: number): Plot {
  return { from: 0, to: values.length * 10, top: 100, width, height: 100 };
}

interface Stroke {
  x: number;
  y: number;
}
/** Remembers the strokes between two lifts of the pen. */
function recorder(): Pen & { strokes: Stroke[][] } {
  const strokes: Stroke[][] = [];
  return {
    strokes,
    moveTo: (x, y) => strokes.push([{ x, y }]),
    lineTo: (x, y) => strokes.at(-1)?.push({ x, y }),
    closePath: () => undefined,
  };
}

const manyValues = fc.array(fc.option(fc.integer({ min: 0, max: 100 }), { freq: 10 }), { minLength: 1, maxLength: 400 });

describe('a line', () => {
  test('goes through every point where each has a pixel of its own', () => {
    const values = [10, 40, 20];
    const pen = recorder();
    traceLine(pen, rowsOf(values), 0, plotOf(values, 300));
    expect(pen.strokes).toEqual([
      [
        { x: 50, y: 90 },
        { x: 150, y: 60 },
        { x: 250, y: 80 },
      ],
    ]);
  });

  test('is lifted where a value is missing', () => {
    const values = [10, null, 20, 30];
    const pen = recorder();
    traceLine(pen, rowsOf(values), 0, plotOf(values, 400));
    expect(pen.strokes.map((stroke) => stroke.length)).toEqual([1, 2]);
  });

  test('has at most four points to a pixel, and shows the highest and the lowest of each', () => {
    fc.assert(
      fc.property(manyValues, fc.integer({ min: 1, max: 60 }), (values, width) => {
        const pen = recorder();
        const plot = plotOf(values, width);
        traceLine(pen, rowsOf(values), 0, plot);
        const drawn = pen.strokes.flat();
        const gaps = values.filter((value) => value === null).length;
        expect(drawn.length).toBeLessThanOrEqual(4 * (width + gaps));
        for (let pixel = 0; pixel < width; pixel += 1) {
          const within = values.flatMap((value, index) =>
            value !== null && Math.floor((index * 10 + 5) * (width / (values.length * 10))) === pixel ? [100 - value] : [],
          );
          const shown = drawn.filter(({ x }) => Math.floor(x) === pixel).map(({ y }) => y);
          if (within.length === 0) continue;
          expect(Math.min(...shown)).toBeCloseTo(Math.min(...within));
          expect(Math.max(...shown)).toBeCloseTo(Math.max(...within));
        }
      }),
    );
  });
});

describe('steps', () => {
  test('span their windows', () => {
    const values = [10, 40];
    expect(stepsOf(rowsOf(values, true), 0, plotOf(values, 200))).toEqual([
      { x: [0, 100], tops: [90, 60], bottoms: [100, 100], end: 200 },
    ]);
  });

  test('are apart where a value is missing', () => {
    const values = [10, null, 40];
    expect(stepsOf(rowsOf(values, true), 0, plotOf(values, 300)).map(({ x, end }) => [x, end])).toEqual([
      [[0], 100],
      [[200], 300],
    ]);
  });

  test('of a pixel become one, and no peak is lost', () => {
    fc.assert(
      fc.property(manyValues, fc.integer({ min: 1, max: 60 }), (values, width) => {
        const groups = stepsOf(rowsOf(values, true), 0, plotOf(values, width));
        const gaps = values.filter((value) => value === null).length;
        expect(groups.flatMap(({ x }) => x).length).toBeLessThanOrEqual(width + gaps + 1);
        const highest = Math.max(0, ...values.map((value) => value ?? 0));
        if (groups.length > 0) expect(Math.min(...groups.flatMap(({ tops }) => tops))).toBeCloseTo(100 - highest);
      }),
    );
  });

  test('are outlined along their tops and back along their bottoms', () => {
    const steps = { x: [0, 10], tops: [5, 3], bottoms: [9, 9], end: 20 };
    const [edge, area] = [recorder(), recorder()];
    traceEdge(edge, steps);
    traceArea(area, steps);
    const top = [
      { x: 0, y: 5 },
      { x: 10, y: 5 },
      { x: 10, y: 3 },
      { x: 20, y: 3 },
    ];
    expect(edge.strokes).toEqual([top]);
    expect(area.strokes).toEqual([[...top, { x: 20, y: 9 }, { x: 10, y: 9 }, { x: 10, y: 9 }, { x: 0, y: 9 }]]);
  });
});
