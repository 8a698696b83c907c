import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { latencyHeatmapOf } from './latency-heatmap.ts';

function windowOf(...ms: number[]): Partial {
  const window = new Partial('events');
  for (const one of ms) window.addToSketch(one * 1_000);
  return window;
}

it('counts answers by window and bucket, from the fastest to the slowest', () => {
  const { bounds, windows } = latencyHeatmapOf(
    new Map([
      [20_000, windowOf(12, 12, 110)],
      [10_000, windowOf(12)],
    ]),
  );
  expect(bounds.map(Math.round)).toEqual([10, 13, 18, 24, 32, 42, 56, 75, 100]);
  expect(windows).toEqual([
    { t: 10_000, counts: [1, 0, 0, 0, 0, 0, 0, 0, 0] },
    { t: 20_000, counts: [2, 0, 0, 0, 0, 0, 0, 0, 1] },
  ]);
});

it('is empty where nothing was timed', () => {
  expect(latencyHeatmapOf(new Map([[0, new Partial('events')]]))).toEqual({ bounds: [], windows: [] });
});

it('forgets no answer, however fast or slow, and stays small', () => {
  const times = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 86_400_000, noNaN: true })), { maxLength: 100 });
  fc.assert(
    fc.property(fc.array(times, { maxLength: 5 }), (all) => {
      const { bounds, windows } = latencyHeatmapOf(new Map(all.map((ms, index) => [index * 10_000, windowOf(...ms)])));
      expect(windows.flatMap(({ counts }) => counts).reduce((sum, n) => sum + n, 0)).toBe(all.flat().length);
      expect(bounds.length).toBeLessThan(100);
    }),
  );
});
