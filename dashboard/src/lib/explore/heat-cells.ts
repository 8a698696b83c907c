import { shortTick } from '@fleetbeat/contracts/chart-axis.ts';
import { formatDuration } from '@fleetbeat/contracts/format-duration.ts';
import { formatShare } from '@fleetbeat/contracts/format-number.ts';
import { BUCKETS_PER_DECADE, type LatencyHeatmap } from '@fleetbeat/contracts/latency-heatmap.ts';

/** From counts to colours and words. Pure. */

/** Shades that are told apart. */
export const SHADES = 24;

/** The shade of a count, 0 for none to `SHADES` for the most; logarithmic, so that a few slow answers are seen beside many quick ones. */
export function shadeOf(count: number, most: number): number {
  if (count <= 0 || most <= 0) return 0;
  return Math.max(1, Math.round((Math.log1p(count) / Math.log1p(most)) * SHADES));
}

/** A colour of a perceptually uniform scale: equal steps of lightness, one hue turning a little. CSS. */
export function shadeColor(shade: number, isDark: boolean): string {
  const share = shade / SHADES;
  const lightness = isDark ? 0.3 + 0.62 * share : 0.92 - 0.62 * share;
  const chroma = 0.04 + 0.16 * Math.sin(Math.PI * Math.min(1, share * 0.85 + 0.1));
  const hue = isDark ? 285 - 190 * share : 250 + 40 * share;
  return `oklch(${lightness.toFixed(3)} ${chroma.toFixed(3)} ${hue.toFixed(1)})`;
}

export function mostOf({ windows }: LatencyHeatmap): number {
  return windows.reduce((most, { counts }) => counts.reduce((a, b) => Math.max(a, b), most), 0);
}

/** Where a bucket ends, in milliseconds. */
export function endOf(bound: number): number {
  return bound * 10 ** (1 / BUCKETS_PER_DECADE);
}

/** "100 ms to 133 ms" */
export function bucketWords(bound: number): string {
  return `${formatDuration(bound)} to ${formatDuration(endOf(bound))}`;
}

/** Ends of the axis and round durations on it: a tick for each decade, and halves where there are few. */
export function durationTicks(bounds: readonly number[]): { row: number; label: string }[] {
  const first = Math.round(Math.log10(bounds[0] ?? 1) * BUCKETS_PER_DECADE);
  const factors = bounds.length <= 3 * BUCKETS_PER_DECADE ? [1, 2, 5] : [1];
  const ticks: { row: number; label: string }[] = [];
  const decades = Math.ceil(bounds.length / BUCKETS_PER_DECADE) + 1;
  for (let decade = Math.floor(first / BUCKETS_PER_DECADE), n = 0; n <= decades; decade += 1, n += 1) {
    for (const factor of factors) {
      const row = (decade + Math.log10(factor)) * BUCKETS_PER_DECADE - first;
      if (row >= -0.001 && row <= bounds.length) ticks.push({ row, label: shortTick(formatDuration(factor * 10 ** decade)) });
    }
  }
  return ticks;
}

export interface WindowSummary {
  readonly t: number;
  readonly answers: number;
  /** Where the most answers are, and the slowest bucket with any. */
  readonly most: string;
  readonly slowest: string;
}

/** Each window in words, for those who do not see colours. */
export function windowSummaries({ bounds, windows }: LatencyHeatmap): WindowSummary[] {
  return windows.map(({ t, counts }) => {
    const answers = counts.reduce((sum, n) => sum + n, 0);
    const at = counts.indexOf(Math.max(...counts));
    const slowest = counts.findLastIndex((n) => n > 0);
    return {
      t,
      answers,
      most: `${bucketWords(bounds[at] ?? 0)} (${formatShare(answers === 0 ? null : (counts[at] ?? 0) / answers)})`,
      slowest: bucketWords(bounds[slowest] ?? 0),
    };
  });
}
