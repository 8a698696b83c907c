import { SETS, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Measures, Metrics, SeriesPoint } from '@fleetbeat/contracts/api.ts';
import { measuresOf } from '@fleetbeat/infra/time-series/measures.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { WindowRange } from '../http/time-range.ts';

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

export function metricsAnswer(range: WindowRange, windows: ReadonlyMap<number, Partial> | undefined): Metrics {
  return { from: range.from, to: range.to, step_ms: range.stepMs, ...seriesAnswer(windows) };
}
