import { SETS, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Measures, Metrics, SeriesPoint } from '@fleetbeat/contracts/api.ts';
import { measuresOf } from '@fleetbeat/infra/time-series/measures.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { WindowRange } from '../http/time-range.ts';
import type { WindowAnswer } from './window-reader.ts';

/** Everything in some windows of a set as one. */
export function mergedWindows(set: SetName, windows: Iterable<Partial>): Partial {
  const whole = new Partial(SETS[set]);
  for (const window of windows) whole.merge(window);
  return whole;
}

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
