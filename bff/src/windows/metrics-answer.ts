import type { Measures, Metrics, SeriesPoint } from '@fleetbeat/contracts/api.ts';
import { measuresOf } from '@fleetbeat/infra/time-series/measures.ts';
import { mergedWindows } from '@fleetbeat/infra/time-series/merged-windows.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { WindowRange } from '../http/time-range.ts';
import type { WindowAnswer } from '@fleetbeat/infra/time-series/window-reader.ts';

export { mergedWindows };

/** The windows of a series of events in order, and its totals over the range. */
export function seriesAnswer(windows: ReadonlyMap<number, Partial> | undefined): { totals: Measures; series: SeriesPoint[] } {
  const ordered = [...(windows ?? [])].sort(([a], [b]) => a - b);
  const whole = mergedWindows(
    'fleet',
    ordered.map(([, window]) => window),
  );
  return { totals: measuresOf(whole), series: ordered.map(([t, window]) => ({ t, ...measuresOf(window) })) };
}

/** The answer for one key. */
export function metricsAnswer({ range, byKey }: WindowAnswer, key: string): Metrics {
  return { ...rangeAnswer(range), ...seriesAnswer(byKey.get(key)) };
}

/** A range as every answer echoes it. */
export function rangeAnswer({ from, to, stepMs }: WindowRange): { from: number; to: number; step_ms: number } {
  return { from, to, step_ms: stepMs };
}
