import { expect, it } from 'vitest';
import { bucketWords, durationTicks, SHADES, shadeColor, shadeOf, windowSummaries } from './heat-cells.ts';

it('shades none as nothing, a single one already, and the most fully', () => {
  expect([0, 1, 1_000].map((count) => shadeOf(count, 1_000))).toEqual([0, 2, SHADES]);
  expect(shadeOf(1, 1_000_000)).toBeGreaterThan(0);
});

it('goes from shade to shade in equal steps of lightness, away from the ground', () => {
  const lightness = (shade: number, isDark: boolean) => Number(/oklch\((\S+)/.exec(shadeColor(shade, isDark))?.[1]);
  for (const isDark of [false, true]) {
    const steps = Array.from({ length: SHADES }, (_, n) => lightness(n + 1, isDark) - lightness(n, isDark));
    for (const step of steps) expect(step).toBeCloseTo(isDark ? 0.026 : -0.026, 2);
  }
});

it('has round durations on the axis', () => {
  const bounds = Array.from({ length: 12 }, (_, n) => 10 ** ((n + 8) / 8));
  expect(durationTicks(bounds).map(({ label }) => label)).toEqual(['10 ms', '20 ms', '50 ms', '100 ms', '200 ms']);
  expect(durationTicks(bounds)[3]?.row).toBeCloseTo(8);
});

it('says of each window where the most are, and how slow the slowest', () => {
  const bounds = [10, 100, 1_000];
  const heatmap = { from: 0, to: 10_000, step_ms: 10_000, bounds, windows: [{ t: 0, counts: [3, 1, 0] }] };
  expect(bucketWords(100)).toBe('100 ms to 133 ms');
  expect(windowSummaries(heatmap)).toEqual([{ t: 0, answers: 4, most: `${bucketWords(10)} (75%)`, slowest: bucketWords(100) }]);
});
